"""Trends: lines, bends and mutual information of scores whose course is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from conftest import ROOT
from made_up_effects import cube
from valuescape.core import tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality import trends
from valuescape.lenses.morality.noise import noise_of
from valuescape.stats.level_effects import fit_additive, membership
from valuescape.study.designs import persona_ids
from valuescape.study.space import read_space


def test_a_line_and_a_bend_are_separated():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    n = np.full(4, 25.0)
    assert trends.contrast_shares(values * 2, n, values) == pytest.approx((1, 0))
    bend = (values - 2.5) ** 2
    assert trends.contrast_shares(bend, n, values) == pytest.approx((0, 1), abs=1e-12)
    assert trends.contrast_shares(values[:2], n[:2], values[:2]) == pytest.approx((1, 0))
    assert np.isnan(trends.contrast_shares(np.ones(4), n, values)).all()


def test_shapes_are_named_where_there_is_evidence():
    reach, values = np.full((3, 3), 0.01), np.array([10.0, 5.0, 1.0])  # the value falls by level
    up, down = np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0])
    assert trends.shape(down, reach, values, -0.2, sure=True) == "falling"
    assert trends.shape(up, reach, values, 0.2, sure=True) == "rising"
    assert trends.shape(up, reach, values, 0.2, sure=False) == "undecided"
    bent = np.array([1.0, 2.0, 1.0])
    assert trends.shape(bent, reach, values, 0.0, sure=False) == "not monotone"
    assert trends.shape(np.array([1.0, 2.0, 1.995]), reach, values, -0.1, sure=True) == "falling"
    assert trends.shape(np.ones(3), reach, values, 0.0, sure=False) == "flat"
    assert trends.shape(np.array([1.0, np.nan, 2.0]), reach, values, 0.1, sure=True) is None


def table_of(scores, levels, space, **keys):
    fit = fit_additive(scores, membership(space, levels))
    noise = noise_of(fit, **({"full": False, "drawn": False} | keys))
    return trends.trend_table(scores, levels, space, fit, noise)


def test_noise_has_no_trend():
    """Referee A7: noise alone was called rising or falling for every variable of two levels."""
    space = read_space(ROOT / "config/persona_space.yaml")
    levels = space.levels_of(persona_ids(space, "oa144"))
    rng = np.random.default_rng(3)
    labels = []
    for _ in range(20):
        found = table_of(rng.normal(3, 0.3, (144, 6)), levels, space)
        labels += found["shape"].to_list()
    assert np.mean(np.array(labels) != "undecided") < 0.01


def test_mutual_information_is_one_if_the_level_decides_and_none_by_chance():
    level = np.tile(np.arange(4, dtype=np.int8), 500)
    found, null = trends.mutual_information(1.0 + level, level)
    assert found == pytest.approx(1, abs=0.01)
    assert null < 0.02
    # a bend has no slope, but is seen
    bend = np.abs(level - 1.5)
    assert trends.mutual_information(bend, level)[0] > 0.99
    rng = np.random.default_rng(1)
    above = 0
    for _ in range(400):
        found, null = trends.mutual_information(rng.integers(6, 30, 2000) / 6, level)
        above += found > null
    assert above / 400 == pytest.approx(0.05, abs=0.035)


def test_slopes_are_those_of_least_squares_whoever_refuses():
    space = cube(4, 3)
    levels = space.levels_of(np.tile(np.arange(12), 20))
    rng = np.random.default_rng(1)
    scores = 3 + 0.2 * levels[:, [0]] - 0.1 * levels[:, [1]] + rng.normal(0, 0.3, (240, 6))
    refused = (levels[:, 0] == 3) & (levels[:, 1] > 0) & (rng.random(240) < 0.8)
    scores[refused] = np.nan
    found = table_of(scores, levels, space).filter(variable="v1", foundation="care")
    frame = pd.DataFrame({"y": scores[:, 0], "a": levels[:, 0], "b": levels[:, 1]}).dropna()
    ols = smf.ols("y ~ C(a) + C(b)", frame).fit()
    # of three levels equally apart the slope is half of the last against the first
    contrast = ols.t_test("0.5 * C(b)[T.2] = 0")
    row = found.row(0, named=True)
    assert row["slope"] == pytest.approx(contrast.effect.item())
    assert (row["slope_ci_low"], row["slope_ci_high"]) == pytest.approx(contrast.conf_int()[0])
    assert row["shape"] == "falling"


def test_the_table_has_a_row_for_each_variable_and_foundation():
    space = cube(3, 2)
    levels = space.levels_of(np.tile(np.arange(6), 20))
    scores = np.tile(2.0 + levels[:, [0]], (1, 6))
    scores[:, 4] = 3.0
    scores[levels[:, 1] == 1, 5] = np.nan
    found = table_of(scores, levels, space, full=True)
    tables.check(found, moral_tables.TRENDS, "the test")
    care = found.filter(variable="v0", foundation="care").row(0, named=True)
    assert (care["linear_share"], care["slope"]) == pytest.approx((1, 1))
    assert care["shape"] == "rising"
    assert care["slope_ci_low"] is None  # nothing was drawn
    # one level of v1 has no score of purity, and authority does not vary
    for foundation, words in (("purity", "do not separate"), ("authority", "the same for all")):
        row = found.filter(variable="v1", foundation=foundation).row(0, named=True)
        assert {row[name] for name in ("slope", "p_holm", "shape", "mutual_information")} == {None}
        assert words in row["interval_from"]
