"""Functional ANOVA: its effects are those of least squares, and sum to the variance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from made_up_effects import (
    PLANTED_PAIR,
    cube,
    main_effects,
    pair_effect,
    planted_scores,
    planted_variances,
)
from valuescape.core.errors import UserError
from valuescape.lenses.morality.anova import MEASURES
from valuescape.lenses.morality.functional_anova import (
    decompose,
    effect,
    effect_variances,
    filled,
    shares,
)
from valuescape.lenses.morality.noise import replicate_noise
from valuescape.stats.level_effects import membership
from valuescape.study.designs import persona_ids
from valuescape.study.space import PersonaSpace, read_space

SPACE_FILE = Path(__file__).parents[3] / "config/persona_space.yaml"


@pytest.fixture(scope="module")
def space() -> PersonaSpace:
    return read_space(SPACE_FILE)


@pytest.fixture(scope="module")
def mains(space):
    return main_effects(space)


@pytest.fixture(scope="module")
def pair():
    return pair_effect()


def test_effects_come_back_from_the_full_cube(space, mains, pair):
    levels, scores = planted_scores(space, persona_ids(space, "full"), mains, pair)
    grid = np.empty((*space.radices, 6))
    grid[tuple(levels.T)] = scores
    assert effect(grid, PLANTED_PAIR)[..., 2] == pytest.approx(pair)
    assert effect(grid, [3]).T.reshape(6, 3) == pytest.approx(mains[:, 9:12])


def test_a_fraction_of_strength_three_parts_main_effects_from_a_pair(space, mains, pair):
    wanted = planted_variances(space, mains, pair)[PLANTED_PAIR[0]]
    levels, scores = planted_scores(space, persona_ids(space, "oa5184"), mains, pair)
    parts = decompose(scores, levels, space, None)
    assert parts.variances[PLANTED_PAIR[0]] == pytest.approx(wanted)


def test_an_unbalanced_design_is_refused(space, mains, pair):
    levels, scores = planted_scores(space, persona_ids(space, "handful"), mains, pair)
    with pytest.raises(UserError, match="does not part the effects"):
        decompose(scores, levels, space, None)


def test_effects_agree_with_least_squares():
    small = cube(2, 3, 4)
    levels = small.levels_of(np.arange(24))
    scores = np.random.default_rng(4).normal(3, 1, (24, 1)) + levels[:, [1]]
    parts = decompose(scores, levels, small, None)
    frame = pd.DataFrame(levels, columns=["a", "b", "c"]).assign(y=scores[:, 0])
    table = anova_lm(smf.ols("y ~ C(a) * C(b) + C(a) * C(c) + C(b) * C(c)", frame).fit())
    names = ["C(a)", "C(b)", "C(a):C(b)", "C(c)", "C(a):C(c)", "C(b):C(c)", "Residual"]
    assert 24 * parts.variances[:, 0] == pytest.approx(table["sum_sq"][names].to_numpy())
    assert parts.df[:, 0].tolist() == table["df"][names].tolist()
    # the residual is the one effect of three variables: it measures the noise
    assert parts.noise[0] == pytest.approx(table["mean_sq"]["Residual"])
    squares, noise = table["sum_sq"], table["mean_sq"]["Residual"]
    found = shares(parts, parts.weights("first_order", 1))
    omega = (squares["C(b)"] - 2 * noise) / (squares.sum() + noise)
    assert found.omega_squared[0] == pytest.approx(omega)


def test_squares_sum_to_the_variance():
    grid = np.random.default_rng(0).normal(size=(3, 2, 4, 3, 2))
    found = effect_variances(grid)
    assert found.shape == (16, 2)
    assert found.sum(axis=0) == pytest.approx(grid.reshape(-1, 2).var(axis=0))


def test_noise_alone_reaches_its_null_one_time_in_twenty():
    small = cube(3, 2, 3, 2)
    levels = small.levels_of(np.arange(36))
    scores = np.random.default_rng(2).normal(0, 1, (36, 4000))
    parts = decompose(scores, levels, small, np.ones(4000))
    for measure in MEASURES:
        found = shares(parts, parts.weights(measure, 0))
        assert np.mean(found.share > found.null_95_share) == pytest.approx(0.05, abs=0.015)
        assert abs(found.omega_squared.mean()) < 0.05 < found.share.mean()


def test_replicates_measure_the_noise():
    rng = np.random.default_rng(6)
    truth = rng.normal(3, 1, (4000, 2))
    replicates = [truth + rng.normal(0, 0.3, truth.shape) for _ in range(3)]
    found = replicate_noise(replicates)
    assert found.mean_square == pytest.approx(np.full(2, 0.09), rel=0.05)
    assert found.covariance[0, 1] == pytest.approx(0, abs=0.005)
    assert found.df.tolist() == [8000, 8000]
    assert replicate_noise(replicates[:1]) is None


def test_replicates_that_cannot_differ_measure_no_noise():
    """Referee A10: mode single gives the same probabilities again; that is no noise of 0."""
    truth = np.random.default_rng(6).normal(3, 1, (40, 2))
    truth[3, 1] = np.nan
    assert replicate_noise([truth, truth.copy(), truth.copy()]) is None


def test_a_score_that_nobody_or_everybody_alike_has_divides_by_nothing():
    small = cube(3, 2, 3, 2)
    levels = small.levels_of(np.arange(36))
    scores = np.random.default_rng(2).normal(0, 1, (36, 3))
    scores[:, 0], scores[:, 1] = 3.0, np.nan
    parts = decompose(scores, levels, small, None)
    for measure in MEASURES:
        found = shares(parts, parts.weights(measure, 0))
        assert np.isnan(found.share).tolist() == [True, True, False]
        assert np.isnan(found.null_95_share).tolist() == [True, True, False]


def test_missing_scores_are_filled_additively_unless_too_many():
    small = cube(2, 5)
    levels = membership(small, small.levels_of(np.arange(10)))
    additive = levels.matrix @ np.arange(7.0)[:, None] * [1, 1]
    scores = additive.copy()
    scores[3, 0] = np.nan
    scores[:2, 1] = np.nan
    found = filled(scores, levels.matrix)
    assert found[:, 0] == pytest.approx(additive[:, 0])
    assert np.isnan(found[:, 1]).all()
