"""Trends: lines, bends and mutual information of scores whose course is known."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from made_up_effects import cube
from valuescape.core import tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality import trends


def test_a_line_and_a_bend_are_separated():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    n = np.full(4, 25.0)
    assert trends.contrast_shares(values * 2, n, values) == pytest.approx((1, 0))
    bend = (values - 2.5) ** 2
    assert trends.contrast_shares(bend, n, values) == pytest.approx((0, 1), abs=1e-12)
    assert trends.contrast_shares(values[:2], n[:2], values[:2]) == pytest.approx((1, 0))
    assert np.isnan(trends.contrast_shares(np.ones(4), n, values)).all()


def test_shapes_are_named_by_firm_steps():
    errors, values = np.full(3, 0.01), np.array([10.0, 5.0, 1.0])  # the value falls by level
    assert trends.shape(np.array([1.0, 2.0, 3.0]), errors, values) == "falling"
    assert trends.shape(np.array([3.0, 2.0, 1.0]), errors, values) == "rising"
    assert trends.shape(np.array([1.0, 2.0, 1.0]), errors, values) == "not monotone"
    assert trends.shape(np.array([1.0, 2.0, 1.99]), errors, values) == "undecided"
    assert trends.shape(np.ones(3), errors, values) == "flat"


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


def test_slopes_are_those_of_least_squares():
    rng = np.random.default_rng(1)
    value = rng.integers(0, 4, 200).astype(float)
    score = 3 + 0.2 * value + rng.normal(0, 0.1 + 0.2 * value)
    fit = sm.OLS(score, sm.add_constant(value)).fit(cov_type="HC0")
    assert trends.slope(score, value) == pytest.approx((fit.params[1], *fit.conf_int()[1]))
    assert np.isnan(trends.slope(score, np.ones(200))).all()


def test_the_table_has_a_row_for_each_variable_and_foundation():
    space = cube(3, 2)
    levels = space.levels_of(np.tile(np.arange(6), 20))
    scores = np.tile(2.0 + levels[:, [0]], (1, 6))
    scores[levels[:, 1] == 1, 5] = np.nan
    found = trends.trend_table(scores, levels, space)
    tables.check(found, moral_tables.TRENDS, "the test")
    care = found.filter(variable="v0", foundation="care").row(0, named=True)
    assert (care["linear_share"], care["slope"]) == pytest.approx((1, 1))
    assert care["shape"] == "rising"
    # one level of v1 has no score of purity
    assert found.filter(variable="v1", foundation="purity").row(0)[2:] == (
        *[None] * 5, "undecided", None, None,
    )  # fmt: skip
