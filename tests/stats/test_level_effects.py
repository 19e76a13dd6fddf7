"""Effects of levels: as least squares has them, whoever refused; and beside noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.anova import anova_lm

from conftest import ROOT
from made_up_effects import cube
from valuescape.stats.level_effects import (
    cross_validated_r_squared,
    fit_additive,
    membership,
)
from valuescape.stats.resampling import Draws
from valuescape.study.designs import persona_ids
from valuescape.study.space import read_space

SPACE = ROOT / "config/persona_space.yaml"


def test_a_whole_design_gives_marginal_means_and_the_squares_of_anova():
    space = cube(2, 3, 4)
    grid = space.levels_of(np.arange(24))
    levels = membership(space, grid)
    scores = np.random.default_rng(4).normal(3, 1, (24, 1)) + grid[:, [1]]
    fit = fit_additive(scores, levels)
    at_level = levels.matrix.T @ scores[:, 0] / levels.matrix.sum(axis=0)
    assert fit.effects[0] == pytest.approx(at_level - scores.mean())
    frame = pd.DataFrame(grid, columns=["a", "b", "c"]).assign(y=scores[:, 0])
    ols = smf.ols("y ~ C(a, Sum) + C(b, Sum) + C(c, Sum)", frame).fit()
    squares = anova_lm(ols)["sum_sq"]
    assert 24 * fit.variances(fit.effects)[0] == pytest.approx(squares.iloc[:3].to_numpy())
    assert fit.residual[0] == pytest.approx(ols.mse_resid)
    assert fit.df[0] == ols.df_resid
    assert fit.total[0] == pytest.approx(scores.var())
    errors = np.sqrt(np.diag(fit.unit_covariance[0]) * fit.residual[0])
    assert errors[0] == pytest.approx(ols.bse["C(a, Sum)[S.0]"])
    assert errors[2] == pytest.approx(ols.bse["C(b, Sum)[S.0]"])


@pytest.mark.parametrize("design", ["oa144", "full"])
def test_effects_are_those_planted_whoever_refuses(design):
    """Referee A3: 15 % refused because homosexuality = never and God is high: +.300 and -.300."""
    space = read_space(SPACE)
    grid = space.levels_of(persona_ids(space, design))
    levels = membership(space, grid)
    names = [variable.name for variable in space.variables]
    never, god = grid[:, names.index("homosexuality")] == 0, grid[:, names.index("god")]
    god_high = god >= 2
    planted = np.zeros(len(levels.level))
    planted[levels.variable == names.index("homosexuality")] = [0.3, 0.0, -0.3]
    planted[levels.variable == names.index("god")] = [-0.45, -0.15, 0.15, 0.45]
    scores = 3 + levels.matrix @ planted[:, None]
    refused = never & god_high
    assert refused.mean() == pytest.approx(1 / 6, abs=0.01)
    known = np.where(refused, np.nan, scores[:, 0])[:, None]
    fit = fit_additive(known, levels)
    assert fit.effects[0] == pytest.approx(planted, abs=1e-9)
    assert fit.mean[0] == pytest.approx(scores.mean())
    assert fit.total[0] == pytest.approx(scores.var())
    # what marginal means would say of the same answers
    own = (levels.matrix * ~refused[:, None]).T
    marginal = own @ np.nan_to_num(known[:, 0]) / own.sum(axis=1) - np.nanmean(known)
    assert abs(marginal - planted).max() > 0.1


def test_intervals_under_noise_cover_as_often_as_they_say():
    space = cube(2, 3, 4)
    levels = membership(space, space.levels_of(np.tile(np.arange(24), 2)))
    rng = np.random.default_rng(8)
    planted = np.array([0.1, -0.1, 0.2, 0.0, -0.2, 0.3, 0.1, -0.1, -0.3])
    scores = 3 + (levels.matrix @ planted)[:, None] + rng.normal(0, 0.4, (48, 2000))
    scores[:5] = np.nan
    fit = fit_additive(scores, levels)
    half = 2.02 * np.sqrt(fit.residual[:, None] * np.diagonal(fit.unit_covariance, 0, 1, 2))
    assert (np.abs(fit.effects - planted) < half).mean() == pytest.approx(0.95, abs=0.01)
    drawn = fit_additive(scores[:, :2], levels).drawn_effects(np.eye(2) * 0.16, Draws(4000, 1), "t")
    spread = 0.4 * np.sqrt(np.diagonal(fit.unit_covariance[:2], 0, 1, 2))
    assert drawn.std(axis=0) == pytest.approx(spread, rel=0.05)
    noise = fit.noise_in_variances()[0] * 0.16
    assert fit.variances(fit.effects).mean(axis=0) == pytest.approx(
        fit.variances(planted) + noise, rel=0.1
    )


def test_with_no_noise_there_is_none_in_the_effects():
    """Referee B7: with zero noise the width of an interval is 0, not .295."""
    space = read_space(SPACE)
    levels = membership(space, space.levels_of(persona_ids(space, "oa144")))
    planted = np.random.default_rng(1).normal(0, 0.2, 32)
    fit = fit_additive(3 + (levels.matrix @ planted)[:, None], levels)
    assert fit.residual == pytest.approx(0, abs=1e-20)


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.floats(0.01, 100))
def test_effects_sum_to_zero_and_parts_to_the_whole(seed, scale):
    space = cube(3, 2, 3)
    levels = membership(space, space.levels_of(np.arange(18)))
    scores = np.random.default_rng(seed).normal(0, scale, (18, 2))
    fit = fit_additive(scores, levels)
    for number in range(3):
        own = fit.effects[:, levels.variable == number]
        assert own.sum(axis=1) == pytest.approx(0, abs=1e-9 * scale)
    explained = fit.variances(fit.effects).sum(axis=1)
    assert explained + fit.residual * fit.df / fit.n == pytest.approx(scores.var(axis=0))


def test_scores_that_do_not_vary_have_effects_of_exactly_zero():
    space = cube(2, 3)
    levels = membership(space, space.levels_of(np.arange(6)))
    fit = fit_additive(np.full((6, 1), 3.7), levels)
    assert not fit.varies.any()
    assert (fit.effects == 0).all()
    assert fit.residual.tolist() == [0]
    assert np.isnan(cross_validated_r_squared(np.full((6, 1), 3.7), levels)).all()


def test_what_the_answers_do_not_separate_is_not_known():
    space = cube(2, 3)
    levels = membership(space, np.array([[0, 0], [1, 1], [0, 0], [0, 2]], dtype=np.int8))
    scores = np.array([[1.0, np.nan], [3.0, np.nan], [2.0, np.nan], [4.0, np.nan]])
    fit = fit_additive(scores, levels)
    # only the second level of either variable occurs with the other's second: all is confounded
    assert np.isnan(fit.effects).all()
    assert fit.n.tolist() == [4, 0]
    assert fit.mean[0] == pytest.approx(2.5)
    assert np.isnan(fit.mean[1])
    alone = fit_additive(np.array([[2.0]]), membership(space, np.array([[0, 1]], dtype=np.int8)))
    assert np.isnan(alone.effects).all()
    assert alone.df.tolist() == [0]
    assert np.isnan(alone.residual).all()


def test_the_ceiling_is_of_configurations_that_were_not_fitted():
    """Referee B9: noise gives .154 with 22 df at n = 144 in the sample, nothing beyond."""
    space = read_space(SPACE)
    levels = membership(space, space.levels_of(persona_ids(space, "oa144")))
    scores = np.random.default_rng(3).normal(3, 0.1, (144, 300))
    fit = fit_additive(scores, levels)
    inside = fit.variances(fit.effects).sum(axis=1) / fit.total
    assert inside.mean() == pytest.approx(22 / 143, abs=0.01)
    beyond = cross_validated_r_squared(scores, levels)
    assert beyond.mean() < 0
    frame = pd.DataFrame(space.levels_of(persona_ids(space, "oa144"))[:, :2], columns=["a", "b"])
    two = membership(cube(4, 2), frame.to_numpy().astype(np.int8))
    influence = smf.ols("y ~ C(a) + C(b)", frame.assign(y=scores[:, 0])).fit().get_influence()
    about_mean = (scores[:, 0] - scores[:, 0].mean()) * 144 / 143
    expected = 1 - (influence.resid_press**2).sum() / (about_mean**2).sum()
    assert cross_validated_r_squared(scores[:, :1], two)[0] == pytest.approx(expected)
