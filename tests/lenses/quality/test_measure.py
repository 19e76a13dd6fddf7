"""Quality: every answer has one outcome, and the command writes its tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import instrument, probabilities_about, question, responses
from valuescape.core import tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.measure import main, validity_table
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE_FILE = CONFIG / "persona_space.yaml"
INSTRUMENT_FILE = CONFIG / "instruments/iw.yaml"


def biographies(ids) -> pl.DataFrame:
    """Return biographies of which the first is malformed."""
    valid = {"status": "valid", "country": "Japan", "continent": "Asia", "attempts": 1}
    rows = [{"persona_id": i, **valid} for i in ids]
    rows[0]["status"] = "malformed"
    return pl.DataFrame(rows, schema=study_tables.BIOGRAPHIES.columns)


def test_every_answer_is_accounted_for():
    asked = instrument(question("Q1", (1, 2)), question("Q2", (1, 2)))
    outcomes = ["valid", "refused", "malformed", "truncated", "out_of_range", "valid"]
    answered = responses(asked, dict.fromkeys(("Q1", "Q2"), np.full((6, 2), 0.5)), {"Q2": outcomes})
    found = validity_table(biographies(range(6)), [(asked, answered)])
    tables.check(found, quality_tables.VALIDITY, "the test")
    assert found.select("stage", "question", "asked", "valid").rows() == [
        ("biographies", "biography", 6, 5), ("made_up", "Q1", 6, 6), ("made_up", "Q2", 6, 2)
    ]  # fmt: skip
    outcome = found.filter(pl.col("question") == "Q2").row(0, named=True)
    assert outcome["out_of_range"] == 1
    assert outcome["option_mass"] == pytest.approx(0.9)
    assert found["option_mass"][0] is None


def test_the_report_sums_the_outcomes_of_each_stage():
    asked = instrument(question("Q1", (1, 2)), question("Q2", (1, 2)))
    shares = dict.fromkeys(("Q1", "Q2"), np.full((6, 2), 0.5))
    answered = responses(asked, shares, {"Q2": ["valid"] * 2 + ["refused"] * 4})
    found = quality_tables.VALIDITY.excerpt(
        validity_table(biographies(range(6)), [(asked, answered)])
    )
    of = {row["stage"]: row for row in found.iter_rows(named=True)}
    assert of["made_up"]["questions"] == 2
    assert (of["made_up"]["asked"], of["made_up"]["valid"], of["made_up"]["refused"]) == (12, 8, 4)
    assert of["made_up"]["valid_share"] == pytest.approx(2 / 3)
    assert of["biographies"]["adds_up"] == "yes"
    lost = validity_table(biographies(range(6)), []).with_columns(valid=pl.lit(4, pl.Int64))
    assert quality_tables.VALIDITY.excerpt(lost)["adds_up"].item() == "NO"


@pytest.mark.parametrize(
    ("form", "remark"),
    [
        ("label_token", quality_tables.LOW_MASS),
        ("", quality_tables.LOW_MASS),
        ("option_text", quality_tables.WHOLE_TEXTS),
    ],
)
def test_a_low_option_mass_is_told_and_of_whole_texts_it_is_nothing_strange(form, remark):
    asked = instrument(question("Q1", (1, 2)), question("Q2", (1, 2)))
    answered = responses(asked, dict.fromkeys(("Q1", "Q2"), np.full((5, 2), 0.5)))
    # the median is read: one answer that is as it should be makes no good question
    answered = answered.with_columns(
        Q2_mass=pl.Series([0.01, 0.02, 0.03, 0.04, 1.0], dtype=pl.Float32)
    )
    found = validity_table(biographies(range(5)), [(asked, answered)], form)
    assert found["option_mass"].to_list() == [None, pytest.approx(0.9), pytest.approx(0.03)]
    assert found["remark"].to_list() == [None, None, remark]
    shown = quality_tables.VALIDITY.excerpt(found)["remark"].to_list()
    assert shown[0] is None
    low = remark == quality_tables.LOW_MASS
    assert shown[1] == (f"1 of 2 questions: {remark}" if low else remark)
    assert [*quality_tables.low_mass(found)] == low * ["LOW OPTION MASS - the model hardly answers"]
    as_it_should_be = found.with_columns(remark=None)
    assert quality_tables.low_mass(as_it_should_be) == {}


def test_the_command_writes_all_tables(tmp_path):
    space, asked = read_space(SPACE_FILE), read_instrument(INSTRUMENT_FILE)
    ids = np.arange(0, space.n_personas, 1301, dtype=np.uint32)
    grid = space.levels_of(ids)
    values = dict(zip((v.name for v in space.variables), space.values_of(grid).T, strict=True))
    answered = responses(
        asked,
        {q.id: probabilities_about(q, values[q.variable]) for q in asked.questions},
        persona_ids=ids,
    )
    personas = pl.DataFrame({"persona_id": ids, **dict(zip(values, grid.T, strict=True))})
    frames = {
        "personas": (personas, study_tables.PERSONAS),
        "responses": (answered, study_tables.RESPONSES),
        "biographies": (biographies(ids), study_tables.BIOGRAPHIES),
    }
    for name, (frame, table) in frames.items():
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic"})
    results = ("demographics", "contradictions", "validity", "manipulation_check")
    main(
        space=SPACE_FILE,
        countries=CONFIG / "reference/countries.csv",
        respondents=CONFIG / "reference/wvs7_respondents.csv",
        margins=CONFIG / "reference/wvs7_country_margins.csv",
        personas=tmp_path / "personas",
        biographies=tmp_path / "biographies",
        responses=[tmp_path / "responses"],
        instruments=[INSTRUMENT_FILE],
        demographics_from="written",
        readout="probabilities",
        seed=1,
        replicates=30,
        **{name: tmp_path / name for name in results},
    )
    checked = tables.read(tmp_path / "manipulation_check", quality_tables.MANIPULATION_CHECK)
    assert checked.height == 10
    assert checked["slope"].to_numpy() == pytest.approx(1, abs=1e-3)
    human = tables.read(tmp_path / "demographics", quality_tables.DEMOGRAPHICS)
    margins = human.group_by("attribute").agg(pl.col("human_share").sum())
    of = dict(margins.rows())
    assert of["country"] == pytest.approx(1)
    assert of["continent"] == pytest.approx(1)
