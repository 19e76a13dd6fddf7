"""Agreement of the oracle with the measured level effects."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from made_up_effects import cube, oracle_table
from valuescape.core.errors import UserError
from valuescape.lenses.morality.oracle_agreement import (
    agreement,
    mean_ratings,
    null_correlations,
    oracle_ratings,
    rank_correlation,
)
from valuescape.stats.level_effects import membership
from valuescape.stats.resampling import Draws


def test_ties_are_not_broken_by_rounding():
    exact = np.array([1.0, 1.0, 2.0, 2.0, 3.0])
    noisy = exact + np.array([1, -1, 1, -1, 0]) * 1e-14
    effects = np.array([0.0, 1.0, 1.0, 2.0, 5.0])
    expected = spearmanr(exact, effects).statistic
    assert rank_correlation(noisy, effects) == pytest.approx(expected)


def test_missing_ratings_count_as_the_variables_mean():
    space = cube(3, 2)
    levels = membership(space, space.levels_of([0]))
    table = oracle_table(space, np.tile([1.0, 2.0, 5.0, 2.0, 4.0], (6, 1))).with_columns(
        rating=pl.when((pl.col("variable") == "v0") & (pl.col("level") == 2))
        .then(None)
        .otherwise("rating")
    )
    assert oracle_ratings(table, levels)[0].tolist() == [-0.5, 0.5, 0.0, -1.0, 1.0]
    with pytest.raises(UserError, match="no rating of variable, level, foundation"):
        oracle_ratings(table.filter(pl.col("level") == 0), levels)


def test_ratings_are_the_mean_of_the_wordings():
    one = oracle_table(cube(2), np.full((6, 2), 2.0))
    other = oracle_table(cube(2), np.full((6, 2), 5.0)).with_columns(wording=pl.lit("other"))
    drawn = one.with_columns(draw=pl.lit("drawn_1"), rating=pl.lit(1.0))
    found = mean_ratings(pl.concat([one, other, drawn]))
    assert found.height == 12
    assert set(found["rating"]) == {3.5}


def test_shuffled_levels_of_two_leave_the_size_of_a_correlation():
    # within one variable of two levels a shuffle turns the sign at most
    ratings = np.tile([-1.0, 1.0], (6, 1))
    found = null_correlations(ratings, 0.3 * ratings, np.array([0, 0]), Draws(20, 1), "the test")
    assert found[:6] == pytest.approx(np.ones(6))


def test_agreement_by_hand():
    ratings = np.tile([-1.0, 0.0, 1.0], (6, 1))
    measured = np.tile([-0.4, 0.1, 0.3], (6, 1))
    measured[5] = [0.4, -0.1, -0.3]
    found = agreement(ratings, measured, np.stack([measured] * 5), np.zeros(7))
    assert found["slope"] == pytest.approx([*[0.35] * 5, -0.35, 0.35 * 4 / 6])
    r = np.corrcoef(ratings[0], measured[0])[0, 1]
    assert found["pearson"][:6] == pytest.approx([*[r] * 5, -r])
    assert found["ci_low"] == pytest.approx(found["pearson"])
    assert found["spearman"][:6].tolist() == [*[1.0] * 5, -1.0]
