"""Shift: a planted displacement comes back, beside floors by the same estimator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from made_up_languages import BASE, Study
from valuescape.core import tables
from valuescape.lenses.cultural_map.positions import FACTOR_TO_MAP, read_projection
from valuescape.lenses.languages import shift
from valuescape.lenses.languages import tables as language_tables
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import read_instrument

CONFIG = Path(__file__).parents[3] / "config"
IW = read_instrument(CONFIG / "instruments/iw.yaml")
PROJECTION = read_projection(CONFIG / "reference/iw_projection.csv")
TURKISH = replace(BASE, name="tr", language="tr")
AGAIN = replace(BASE, name="again", replicate=1)
REVERSED = replace(BASE, name="reversed", option_order="reversed")
WORDED = replace(BASE, name="evs", wording="evs")
DRAWS = Draws(200, 1)


def made(shifts, **keys):
    study = Study(IW, shifts, **keys)
    table = shift.shift_table(study.gathered(), PROJECTION, ["en"], DRAWS)
    return tables.check(table, language_tables.LANGUAGE_SHIFT, "the test")


def measures(table, condition):
    return {row["measure"]: row for row in table.filter(condition=condition).iter_rows(named=True)}


def test_places_over_all_indicators_are_the_places_on_the_map():
    values = np.random.default_rng(1).uniform(1, 3, (5, 10))
    codes = list(PROJECTION.codes)
    np.testing.assert_allclose(
        shift.partial_places(values, codes, PROJECTION),
        PROJECTION.positions(values, codes, "the test"),
    )


def test_one_answer_moved_by_hand():
    # homosexuality justifiable, 1 to 10: a shift of 0.1 of the scale is 0.9 points
    exact = replace(BASE, readout="probabilities")
    turkish = replace(TURKISH, readout="probabilities")
    table = made({exact: {}, turkish: {"F118": 0.1}})
    found = measures(table, "tr")
    row = PROJECTION.codes.index("F118")
    by_hand = FACTOR_TO_MAP * 0.9 / PROJECTION.sds[row] * PROJECTION.weights[row]
    assert found["self_expression"]["estimate"] == pytest.approx(by_hand[0], abs=1e-3)
    assert found["secular"]["estimate"] == pytest.approx(by_hand[1], abs=1e-3)
    assert found["length"]["estimate"] == pytest.approx(np.hypot(*by_hand), abs=1e-3)
    assert found["length"]["model_knows"] is False
    assert found["length"]["beyond_floors"] is None
    remark = found["length"]["remark"]
    assert "no floor_replicate: needs `readout: drawn`" in remark
    assert "no floor_wording: needs conditions that differ in `wording`" in remark
    assert found[shift.SHARE_BEYOND]["estimate"] is None
    assert found["rank_correlation_secular"]["estimate"] == pytest.approx(1, abs=0.01)


def test_the_language_passes_the_floors_and_nothing_else_does():
    table = made({BASE: {}, TURKISH: {"F118": 0.25, "A165": -0.25}, AGAIN: {}, REVERSED: {}})
    found = measures(table, "tr")
    assert found["length"]["ci_low"] > found["length"]["floor_replicate"] > 0
    assert found["length"]["beyond_floors"]
    assert found["length"]["floor_wording"] is None
    assert found["length"]["n_personas"] == 200
    assert 0 < found[shift.SHARE_BEYOND]["estimate"] < 0.3
    # one drawn answer a question agrees with another only so far: that is the ceiling
    ranks = found["rank_correlation_secular"]
    assert ranks["floor_replicate"] == pytest.approx(ranks["estimate"], abs=0.15)
    for name in ("again", "reversed"):
        assert measures(table, name)["length"]["ci_low"] == 0
        assert measures(table, name)["length"]["beyond_floors"] is None


def test_without_a_planted_shift_a_language_stays_within_the_floors():
    table = made({BASE: {}, TURKISH: {}, AGAIN: {}, REVERSED: {}, WORDED: {}})
    found = measures(table, "tr")
    assert found["length"]["ci_low"] == 0
    for measure in ("self_expression", "secular", "length", "mean_length"):
        assert found[measure]["beyond_floors"] is False, measure
    assert found[shift.SHARE_BEYOND]["estimate"] == pytest.approx(0.05, abs=0.04)
    assert found["length"]["remark"] == ""


@pytest.mark.long
def test_the_interval_of_a_length_holds_zero_at_its_rate():
    rng = np.random.default_rng(3)
    held = []
    for _ in range(200):
        places = rng.normal(0, 1, (2, 40, 2))
        found = shift.measure_shift(shift.Moved(*places), np.nan, Draws(100, 1))
        held.append(found["length"][1] == 0)
    assert 0.9 <= np.mean(held) <= 0.99


def test_what_a_language_lacks_is_left_out_on_both_sides_and_named():
    table = made({BASE: {}, TURKISH: {"E025": 0.3}}, missing={"tr": {"E025", "Y003"}})
    found = measures(table, "tr")
    assert "E025" not in found["length"]["items"]
    assert len(found["length"]["items"].split()) == 8
    assert "without Y003 E025: not asked in both" in found["length"]["remark"]
    assert found["length"]["ci_low"] == 0
    everything = {question.id for question in IW.questions}
    table = made({BASE: {}, TURKISH: {}}, missing={"tr": everything})
    assert shift.NO_ITEMS in measures(table, "tr")["length"]["remark"]
    assert table["estimate"].null_count() == table.height


def test_conditions_that_cannot_differ_are_no_floor():
    base, turkish, again = (
        replace(each, readout="probabilities") for each in (BASE, TURKISH, AGAIN)
    )
    table = made({base: {}, turkish: {"F118": 0.1}, again: {}})
    row = measures(table, "tr")["length"]
    assert row["floor_replicate"] is None
    assert "no floor_replicate: the very same answers" in row["remark"]
    assert "the very same answers" in measures(table, "again")["length"]["remark"]


def test_ranks_are_those_of_scipy():
    rng = np.random.default_rng(2)
    before = rng.integers(0, 5, (60, 2)).astype(float)
    after = before + rng.normal(0, 1, (60, 2))
    found = shift.measure_shift(shift.Moved(before, after), np.nan, DRAWS)
    for axis, name in enumerate(shift.RANKS):
        value, low, high = found[name]
        assert value == pytest.approx(spearmanr(before[:, axis], after[:, axis]).statistic)
        assert low < value < high
    flat = shift.measure_shift(shift.Moved(np.ones((9, 2)), after[:9]), np.nan, DRAWS)
    assert np.isnan(flat[shift.RANKS[0]]).all()


def test_a_study_without_languages_has_an_empty_table():
    assert made({BASE: {}, AGAIN: {}}).is_empty()
    assert isinstance(made({BASE: {}}), pl.DataFrame)
