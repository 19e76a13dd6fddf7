"""Effects of levels: as analysis of variance has them, in bounds, and beside chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.anova import anova_lm

from valuescape.stats.level_effects import (
    additive_ceiling,
    effects,
    membership,
    moment_columns,
    moments_from_sums,
    null_shares,
    variance_shares,
)
from valuescape.stats.resampling import Draws
from valuescape.study.space import Level, PersonaSpace, Variable


def cube(*sizes: int) -> PersonaSpace:
    return PersonaSpace(
        "cube",
        "made up",
        tuple(
            Variable(
                f"v{number}", f"V{number}", f"X{number}", (), "secular",
                tuple(Level(k, f"level {k} of {number}", (k,)) for k in range(size)),
            )
            for number, size in enumerate(sizes)
        ),
    )  # fmt: skip


def moments(scores, levels):
    return moments_from_sums(moment_columns(scores, levels.matrix).sum(axis=0), scores.shape[1])


def test_shares_agree_with_anova_and_sum_below_one():
    space = cube(2, 3, 4)
    grid = space.levels_of(np.arange(24))
    levels = membership(space, grid)
    scores = np.random.default_rng(4).normal(3, 1, (24, 1)) + grid[:, [1]]
    found = variance_shares(moments(scores, levels), levels)[0]
    frame = pd.DataFrame(grid, columns=["a", "b", "c"]).assign(y=scores[:, 0])
    fit = smf.ols("y ~ C(a) + C(b) + C(c)", frame).fit()
    squares = anova_lm(fit)["sum_sq"]
    assert found == pytest.approx((squares.iloc[:3] / squares.sum()).to_numpy())
    assert found.sum() == pytest.approx(additive_ceiling(scores, levels)[0])
    assert found.sum() == pytest.approx(fit.rsquared)


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.floats(0.01, 100))
def test_shares_lie_in_bounds_whatever_the_scores(seed, scale):
    space = cube(3, 2, 3)
    levels = membership(space, space.levels_of(np.arange(18)))
    scores = np.random.default_rng(seed).normal(0, scale, (18, 2))
    found = variance_shares(moments(scores, levels), levels)
    assert (found >= 0).all()
    assert (found.sum(axis=1) <= 1 + 1e-9).all()
    centred = effects(moments(scores, levels), levels)
    for number in range(3):
        assert centred[:, levels.variable == number].sum(axis=1) == pytest.approx(
            0, abs=1e-9 * scale
        )


def test_scores_that_do_not_vary_have_no_shares():
    space = cube(2, 3)
    levels = membership(space, space.levels_of(np.arange(6)))
    constant = np.full((6, 1), 3.7)
    assert np.isnan(variance_shares(moments(constant, levels), levels)).all()
    assert np.isnan(additive_ceiling(constant, levels)).all()


def test_missing_scores_are_left_out_of_their_column_alone():
    space = cube(2)
    levels = membership(space, np.array([[0], [0], [1], [1]], dtype=np.int8))
    scores = np.array([[1.0, 1.0], [3.0, np.nan], [5.0, 5.0], [np.nan, 4.0]])
    found = effects(moments(scores, levels), levels)
    # first: means 2 and 5 about 3; second: 1 and 4.5 about 10 / 3
    assert found == pytest.approx(np.array([[-1, 2], [1 - 10 / 3, 4.5 - 10 / 3]]))


def test_null_share_is_what_chance_gives():
    space = cube(3, 2)
    levels = membership(space, space.levels_of(np.tile(np.arange(6), 50)))
    scores = np.random.default_rng(2).normal(0, 1, (300, 1))
    found = null_shares(scores, levels, Draws(2000, 5), "the test")
    # shares of shuffled scores are Beta(df / 2, (n - 1 - df) / 2), nearly chi2(df) / n
    assert found == pytest.approx(np.array([[5.99 / 299, 3.84 / 299]]), rel=0.12)
