"""Generalisability: planted variance components come back; what is not known has a remark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import probabilities_about, responses
from made_up_scores import PLANTED, planted
from valuescape.core import tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.robustness import gstudy
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.decision_study import UNKNOWN
from valuescape.stats import variance_components
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import FOUNDATIONS, read_instrument

CONFIG = Path(__file__).parents[3] / "config"
MFQ2 = CONFIG / "instruments/mfq2.yaml"


def studied(scores: np.ndarray, draws: Draws) -> tuple[gstudy.Study, dict[str, gstudy.Study]]:
    return gstudy.Study.of(variance_components.Crossed(scores), draws), {}


def test_intervals_hold_what_was_planted_and_coefficients_follow():
    draws = Draws(200, 1)
    found = studied(planted(300, 2, 2, 2, w=3), draws)
    table = gstudy.gstudy_table(*found, np.zeros(6), "modal", draws)
    tables.check(table, robustness_tables.GSTUDY, "the test")
    # orders and wordings are the very ones that were planted: nothing of them is drawn
    inside = [
        row["ci_low"] <= PLANTED[row["component"]] <= row["ci_high"]
        for row in table.iter_rows(named=True)
        if row["component"] in PLANTED.keys() - {"order", "wording"}
    ]
    assert np.mean(inside) >= 0.8  # 95 % of 36, give or take
    by = {row["component"]: row for row in table.filter(foundation="care").iter_rows(named=True)}
    assert by["explainable_share"]["estimate"] == pytest.approx(0.5 / 1.27, abs=0.08)
    expected = 0.5 / (0.5 + 0.2 / 2 + 0.1 / 2 + 0.12 / 3 + 0.05 / 4 + 0.3 / 24)
    assert by["g_coefficient"]["estimate"] == pytest.approx(expected, abs=0.08)
    assert sum(row["share"] or 0 for row in by.values()) == pytest.approx(1)
    assert by["wording"]["estimate"] == pytest.approx(0.09, abs=0.03)  # of three over 0.6


def test_a_study_of_one_condition_says_what_it_needs():
    draws = Draws(20, 1)
    found = studied(planted(50, 1, 1, 1), draws)
    table = gstudy.gstudy_table(*found, np.ones(6), "modal", draws)
    of_care = table.filter(foundation="care").iter_rows(named=True)
    found = {row["component"]: row for row in of_care}
    assert found["configuration"]["remark"].startswith("holds everything")
    assert found["g_coefficient"]["estimate"] is None
    for name in variance_components.COMPONENTS[1:]:
        assert found[name]["estimate"] is None
        assert found[name]["remark"].startswith("needs conditions that differ in")


@pytest.mark.parametrize("readout", ["probabilities", "modal"])
def test_one_condition_bounds_what_is_explainable(readout):
    # true scores vary by 0.25; one draw an item adds 1.0
    rng = np.random.default_rng(5)
    scores = rng.normal(3, 0.5 if readout == "probabilities" else np.sqrt(1.25), (4000, 6))
    (variance, *_), (bound, low, high) = gstudy.one_condition(
        scores, np.ones(6), readout, Draws(100, 1)
    )
    assert variance == pytest.approx(scores.var(axis=0, ddof=1))
    assert bound == pytest.approx(np.full(6, 0.2), abs=0.03)
    assert ((low < bound) & (bound < high)).all()


def test_drawing_an_option_adds_the_variance_of_its_distribution():
    mfq2 = read_instrument(MFQ2)
    answered = responses(
        mfq2, {q.id: probabilities_about(q, np.full(4, 3.5)) for q in mfq2.questions}
    )
    found = gstudy.draw_variance(answered, mfq2, 6)
    written = answered.with_columns(pl.lit(None, pl.UInt16).alias(c) for c in answered.columns
                                    if "_p" in c)  # fmt: skip
    assert np.isnan(gstudy.draw_variance(written, mfq2, 6)).all()
    # 3 and 4 with probability one half: a variance of 1/4, the mean of six items 1/24
    assert found == pytest.approx(np.full(6, 0.25 / 6), abs=1e-3)


def test_the_command_reads_conditions(tmp_path):
    mfq2 = read_instrument(MFQ2)
    ids = np.arange(40, dtype=np.uint32)
    answered = responses(
        mfq2, {q.id: probabilities_about(q, np.full(40, 3.0)) for q in mfq2.questions},
        persona_ids=ids,
    )  # fmt: skip
    tables.write(answered, tmp_path / "responses", study_tables.RESPONSES, {"engine": "synthetic"})
    scores = np.clip(planted(40, 1, 2, 1)[:, 0, :, 0, 0, 0], 1, 5)
    files = []
    for place in range(2):
        columns = dict(zip(FOUNDATIONS, scores[:, place].T, strict=True))
        files.append(tmp_path / f"scores{place}")
        frame = pl.DataFrame({"persona_id": ids, **columns})
        tables.write(frame, files[-1], moral_tables.FOUNDATION_SCORES, {"engine": "synthetic"})
    gstudy.main(
        space=CONFIG / "persona_space.yaml",
        scores=files,
        responses=tmp_path / "responses",
        instrument=MFQ2,
        conditions=[Condition(order, option_order=order) for order in ("forward", "reversed")],
        readout="probabilities",
        seed=1,
        replicates=20,
        gstudy=tmp_path / "gstudy",
        decision_study=tmp_path / "decision_study",
    )
    proposed = tables.read(tmp_path / "decision_study", robustness_tables.DECISION_STUDY)
    assert set(proposed["remark"]) == {UNKNOWN}  # one wording
    table = tables.read(tmp_path / "gstudy", robustness_tables.GSTUDY)
    assert set(table["n_orders"]) == {2}
    assert table.filter(component="order")["estimate"].null_count() == 0
    assert table.filter(component="biography")["estimate"].null_count() == 6
    assert tables.provenance(tmp_path / "gstudy")["engine"] == "synthetic"


def test_replicates_that_cannot_differ_are_no_noise_of_zero():
    """Referee A10: in mode single, read by probabilities, a replicate answers the same."""
    draws = Draws(20, 1)
    found = studied(np.repeat(planted(50, 2, 1, 1), 2, axis=5), draws)
    table = gstudy.gstudy_table(*found, np.ones(6), "probabilities", draws)
    tables.check(table, robustness_tables.GSTUDY, "the test")
    # what the biographies differ by is not called free of the noise of answers
    answer = table.filter(component="answer")
    assert set(answer["remark"]) == {f"not separated from biography; {gstudy.CANNOT_DIFFER}"}
    assert set(table["n_answers"]) == {1}
    assert table.filter(component="biography")["estimate"].null_count() == 6


@pytest.mark.parametrize("n", [0, 1])
def test_without_two_personas_nothing_is_defined(n):
    draws = Draws(20, 1)
    found = studied(planted(n, 2, 1, 1), draws)
    table = gstudy.gstudy_table(*found, np.full(6, np.nan), "modal", draws)
    assert table["estimate"].null_count() == table.height
    assert set(table["remark"]) == {gstudy.NO_PERSONAS}


def test_facets_that_were_not_crossed_have_a_study_of_their_own():
    """One condition each: base, three other wordings, the other order; nothing is repeated."""
    scores = planted(400, 1, 2, 1, w=4)
    conditions = [Condition("base"), *(Condition(f"w{k}", wording=f"w{k}") for k in (1, 2, 3)),
                  Condition("reversed", option_order="reversed")]  # fmt: skip
    given = [*(scores[:, 0, 0, k, 0, 0] for k in range(4)), scores[:, 0, 1, 0, 0, 0]]
    draws = Draws(20, 1)
    whole, apart = gstudy.studies(given, [gstudy.facets_of(each) for each in conditions], draws)
    assert (whole.found.sizes["wording"], [*apart]) == (4, ["order"])
    table = gstudy.gstudy_table(whole, apart, np.full(6, np.nan), "modal", draws)
    tables.check(table, robustness_tables.GSTUDY, "the test")
    order = table.filter(component="order", foundation="care").row(0, named=True)
    assert order["remark"] == "from conditions that differ in `option_order` alone"
    assert (order["n_orders"], order["n_wordings"]) == (2, 1)
    wording = table.filter(component="wording")
    assert wording["estimate"].to_list() == pytest.approx([0.2 / 3] * 6, abs=0.03)
    assert set(wording["n_wordings"]) == {4}
    parts = gstudy.known_parts(whole, apart)
    assert {"wording", "order", "configuration x order"} <= {*parts}
