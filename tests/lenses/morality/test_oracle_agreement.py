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
    persona_predictions,
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
    assert found[:, :6] == pytest.approx(np.ones((20, 6)))


def test_agreement_by_hand():
    ratings = np.tile([-1.0, 0.0, 1.0], (6, 1))
    measured = np.tile([-0.4, 0.1, 0.3], (6, 1))
    measured[5] = [0.4, -0.1, -0.3]
    found = agreement(ratings, measured, np.stack([measured] * 5), np.full((4, 7), 0.5))
    assert found["slope"] == pytest.approx([*[0.35] * 5, -0.35, 0.35 * 4 / 6])
    r = np.corrcoef(ratings[0], measured[0])[0, 1]
    assert found["pearson"][:6] == pytest.approx([*[r] * 5, -r])
    assert found["ci_low"] == pytest.approx(found["pearson"])
    assert found["null_95_pearson"] == pytest.approx(0.5)
    assert found["null_percentile"] == pytest.approx(1.0)
    assert found["spearman"][:6].tolist() == [*[1.0] * 5, -1.0]


def test_an_oracle_that_points_the_wrong_way_earns_nothing():
    """Referee B9: r squared rewarded an oracle that correlates negatively."""
    space = cube(2, 3)
    levels = membership(space, space.levels_of(np.tile(np.arange(6), 10)))
    ratings = np.tile([-1.0, 1.0, -1.0, 0.0, 1.0], (6, 1))
    scores = 3 - levels.matrix @ ratings.T + np.random.default_rng(1).normal(0, 0.1, (60, 6))
    found = persona_predictions(scores, ratings, levels)
    assert (found["r2_personas"] < -0.9).all()
    assert found["r2_personas"] == pytest.approx(-(found["r_personas"] ** 2))


def test_the_percentile_says_how_many_shuffles_do_worse():
    """Referee B9: an interval may exclude 0 while the estimate lies under its own null."""
    rng = np.random.default_rng(3)
    variable = np.repeat(np.arange(5), 4)
    ratings, measured = rng.normal(0, 1, (2, 6, 20))
    null = null_correlations(ratings, measured, variable, Draws(500, 1), "the test")
    found = agreement(ratings, measured, measured[None] + np.zeros((3, 6, 20)), null)
    expected = (null < abs(found["pearson"])).mean(axis=0)
    assert found["null_percentile"] == pytest.approx(expected)
    assert found["null_95_pearson"] == pytest.approx(np.quantile(null, 0.95, axis=0))
