"""Acquiescence: planted yes-saying comes back, and content is free of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from made_up_answers import probabilities_about, responses
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.morality import acquiescence
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument

CONFIG = Path(__file__).parents[3] / "config/instruments"
ITEMS, NEGATED = (read_instrument(CONFIG / f"{n}.yaml") for n in ("mfq2", "mfq2_inverted"))


def test_every_item_is_negated_in_its_order():
    assert acquiescence.middle_of(ITEMS, NEGATED) == 3
    assert len(NEGATED.questions) == 36
    assert not {q.text for q in ITEMS.questions} & {q.text for q in NEGATED.questions}
    negations = ("not ", "n't", "no ", "Nobody", "need")
    for item, negation in zip(ITEMS.questions, NEGATED.questions, strict=True):
        assert negation.id == item.id.replace("MFQ", "INV")
        assert any(word in negation.text for word in negations), negation.text
    with pytest.raises(UserError, match="does not negate mfq2 item by item"):
        acquiescence.middle_of(ITEMS, read_instrument(CONFIG / "iw.yaml"))


def test_planted_yes_saying_comes_back():
    rng = np.random.default_rng(1)
    content = rng.normal(0, 0.5, (3000, 6))
    yes = 0.4 + rng.normal(0, 0.1, (3000, 1))
    table = acquiescence.acquiescence_table(
        3 + content + yes, 3 - content + yes, 3.0, Draws(100, 1)
    )
    tables.check(table, moral_tables.ACQUIESCENCE, "the test")
    found = {(row["foundation"], row["measure"]): row for row in table.iter_rows(named=True)}
    for foundation, column in zip(
        (*FOUNDATIONS, "all"), (*content.T, content.mean(axis=1)), strict=True
    ):
        row = found[foundation, "acquiescence"]
        assert row["estimate"] == pytest.approx(0.4, abs=0.01)
        assert row["ci_low"] < 0.4 < row["ci_high"]
        balanced = found[foundation, "balanced"]["estimate"]
        assert balanced == pytest.approx(3 + column.mean())
        r = found[foundation, "correlation"]["estimate"]
        expected = np.corrcoef(3 + column + yes[:, 0], 3 - column + yes[:, 0])[0, 1]
        assert r == pytest.approx(expected)
        assert r < -0.6
    # who overlooks the negation answers both alike
    blind = acquiescence.acquiescence_table(3 + content, 3 + content, 3.0, Draws(20, 1))
    correlation = blind.filter(measure="correlation", foundation="care")
    assert correlation["estimate"].item() == pytest.approx(1)


def test_without_negations_the_mean_alone_is_known(tmp_path):
    ids = np.arange(20, dtype=np.uint32)
    for name, instrument, mean in (("items", ITEMS, 4.0), ("negated", NEGATED, 3.0)):
        answered = responses(
            instrument,
            {q.id: probabilities_about(q, np.full(20, mean)) for q in instrument.questions},
            persona_ids=ids,
        )
        tables.write(answered, tmp_path / name, study_tables.RESPONSES, {"engine": "synthetic"})
    output = tmp_path / "acquiescence"
    given = {
        "responses": tmp_path / "items",
        "instrument": CONFIG / "mfq2.yaml",
        "inverted_instrument": CONFIG / "mfq2_inverted.yaml",
        "readout": "probabilities",
        "seed": 1,
        "replicates": 20,
        "acquiescence": output,
    }
    acquiescence.main(**given)
    table = tables.read(output, moral_tables.ACQUIESCENCE)
    assert table.filter(measure="mean")["estimate"].to_list() == pytest.approx([4.0] * 7, abs=1e-3)
    rest = table.filter(measure="acquiescence")
    assert rest["estimate"].null_count() == 7
    assert set(rest["remark"]) == {acquiescence.NO_NEGATIONS}
    acquiescence.main(**given, inverted=tmp_path / "negated")
    table = tables.read(output, moral_tables.ACQUIESCENCE)
    # half of 4 + 3, less 3
    found = table.filter(measure="acquiescence")["estimate"].to_list()
    assert found == pytest.approx([0.5] * 7, abs=1e-3)
