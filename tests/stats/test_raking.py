"""Iterative proportional fitting: margins met, and the nearest to uniform of all that meet them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

import made_up_survey as survey
from valuescape.humans.margins import select_complete
from valuescape.stats import raking
from valuescape.stats.raking import Margin

SPACE, SMALL = survey.SPACE, survey.SMALL
WHOLE = SPACE.levels_of(np.arange(SPACE.n_personas))
SMALL_LEVELS = SMALL.levels_of(np.arange(SMALL.n_personas))


def test_all_45_pairs_of_margins_are_met_on_the_whole_space():
    humans = select_complete(survey.world()[0], SPACE)
    margins = humans.pair_margins
    assert len(margins) == 45
    fitted = raking.fit(WHOLE, margins)
    assert fitted.residual < 1e-9
    assert raking.residual(WHOLE, fitted.weights, margins) == fitted.residual


def test_raking_is_the_nearest_to_uniform_of_all_weights_that_meet_the_margins():
    levels = SMALL_LEVELS[[0, 2, 3, 7, 8, 10, 13, 14, 15, 17]]  # a part of the space
    target = np.random.default_rng(3).dirichlet(np.ones(len(levels)))
    margins = raking.margins_of(levels, target, SMALL.radices, 1)
    fitted = raking.fit(levels, margins)
    constraints = [
        {"type": "eq", "fun": lambda w, k=k, v=v, m=m: w[levels[:, v] == k].sum() - m.shares[k]}
        for m in margins
        for v in m.variables
        for k in range(len(m.shares) - (v > 0))
    ]
    oracle = minimize(
        lambda w: (w * np.log(w * len(w))).sum(),
        np.full(len(levels), 1 / len(levels)),
        bounds=[(1e-9, 1)] * len(levels),
        constraints=constraints,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert oracle.success
    np.testing.assert_allclose(fitted.weights, oracle.x, atol=1e-5)


@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1, 2]))
def test_fitted_weights_are_shares_that_meet_what_can_be_met(seed, size):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(SMALL.n_personas, 0.5))
    margins = raking.margins_of(SMALL_LEVELS, shares, SMALL.radices, size)
    fitted = raking.fit(SMALL_LEVELS, margins)
    assert (fitted.weights >= 0).all()
    assert fitted.weights.sum() == pytest.approx(1)
    assert fitted.residual < 1e-3  # shares near 0 are met slowly


def test_margins_that_no_persona_can_meet_leave_a_residual():
    levels = np.array([[0, 0], [1, 1]], dtype=np.int8)
    margins = [Margin((0,), np.array([0.5, 0.5])), Margin((1,), np.array([0.2, 0.8]))]
    fitted = raking.fit(levels, margins)
    # the first persona is to have 0.5 and 0.2: half way between, both are missed by 0.15
    assert fitted.weights == pytest.approx([0.35, 0.65])
    assert fitted.residual == pytest.approx(0.15)


def test_moments_are_met_beside_margins():
    """Referee B10: pride and autonomy are known by mean and SD alone (maximum entropy)."""
    levels = np.indices((4, 3, 2)).reshape(3, -1).T.astype(np.int8)
    pride = raking.Moments((0,), np.array([1.0, 2.0, 3.0, 4.0]), 1.600, 0.755)
    autonomy = raking.Moments((1,), np.array([-2.0, 0.0, 2.0]), 0.161)
    trust = raking.Margin((2,), np.array([0.25, 0.75]))
    found = raking.fit(levels, [pride, autonomy, trust])
    assert found.residual < 1e-9
    values = pride.values[levels[:, 0]]
    mean = found.weights @ values
    assert mean == pytest.approx(1.600)
    assert np.sqrt(found.weights @ (values - mean) ** 2) == pytest.approx(0.755)
    assert found.weights @ autonomy.values[levels[:, 1]] == pytest.approx(0.161)
    assert found.weights @ (levels[:, 2] == 0) == pytest.approx(0.25)


@pytest.mark.parametrize(("mean", "sd"), [(5.0, None), (2.5, 0.1), (2.5, 9.0), (1.0, 0.0)])
def test_moments_that_no_levels_have_are_approached(mean, sd):
    wanted = raking.Moments((0,), np.array([1.0, 2.0, 3.0, 4.0]), mean, sd)
    shares = wanted.nearest(np.full(4, 0.25))
    assert shares.sum() == pytest.approx(1)
    assert shares @ wanted.values == pytest.approx(min(mean, 4.0), abs=0.01)
    # no level is left but one
    assert wanted.nearest(np.array([0.0, 1.0, 0.0, 0.0])).tolist() == [0, 1, 0, 0]


def test_pairs_of_different_people_are_brought_together():
    """Pairs that contradict each other cannot be met; with one margin each, they can."""
    rng = np.random.default_rng(8)
    whole = rng.dirichlet(np.ones(SMALL.n_personas))
    pairs = raking.margins_of(SMALL_LEVELS, whole, SMALL.radices, 2)
    noisy = [
        Margin(p.variables, rng.dirichlet(400 * p.shares.ravel()).reshape(p.shape)) for p in pairs
    ]
    assert raking.fit(SMALL_LEVELS, noisy).residual > 1e-3
    first = Margin((0,), np.array([0.35, 0.65]))
    found = raking.consistent(noisy, [first])
    assert raking.fit(SMALL_LEVELS, found).residual < 1e-8
    assert found[0].shares.sum(axis=1) == pytest.approx(first.shares)
    odds = [
        p.shares[0, 0] * p.shares[1, 1] / p.shares[0, 1] / p.shares[1, 0]
        for p in (noisy[0], found[0])
    ]
    assert odds[1] == pytest.approx(odds[0])
