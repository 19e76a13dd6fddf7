"""Semi-relaxed transport: as POT has it, and as the linear program without spread."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.optimize import linprog

import made_up_survey as survey
from valuescape.stats import semi_relaxed_ot as semi_relaxed

SMALL = survey.SMALL


def _costs(space) -> np.ndarray:
    level = survey.scaled(space, space.levels_of(np.arange(space.n_personas)))
    return np.abs(level[:, None] - level[None]).mean(axis=-1)


def test_transport_is_that_of_pot():
    with warnings.catch_warnings():  # POT's own source has an invalid escape
        warnings.simplefilter("ignore")
        import ot  # noqa: PLC0415
    rng = np.random.default_rng(2)
    humans = rng.dirichlet(np.full(SMALL.n_personas, 0.3))
    member = rng.random(SMALL.n_personas) < 0.6
    prior, eps = member / member.sum(), 0.05
    plan = ot.unbalanced.sinkhorn_unbalanced(
        prior[member], humans, _costs(SMALL)[member], eps, (eps, np.inf),
        numItermax=5000, stopThr=1e-13,
    )  # fmt: skip
    np.testing.assert_allclose(plan.sum(axis=0), humans, rtol=1e-6)
    found = semi_relaxed.weights(humans, member, SMALL.radices, eps)
    np.testing.assert_allclose(found[member], plan.sum(axis=1), atol=1e-7)
    assert (found[~member] == 0).all()


def test_transport_with_little_spread_moves_humans_as_the_linear_program_does():
    # without the pull to the prior each human goes to the nearest persona: a linear program
    member = np.zeros(SMALL.n_personas, dtype=bool)
    member[[0, 5, 16]] = True
    humans = np.zeros(SMALL.n_personas)
    humans[[1, 4, 17]] = 0.5, 0.2, 0.3  # nearest: 0, 5, 16, each without a tie
    costs = _costs(SMALL)[member]
    n, m = costs.shape
    columns = np.kron(np.ones((1, n)), np.eye(m))
    program = linprog(costs.ravel(), A_eq=columns, b_eq=humans)
    best = program.x.reshape(n, m).sum(axis=1)
    found = semi_relaxed.weights(humans, member, SMALL.radices, 0.01)
    np.testing.assert_allclose(found[member], best, atol=1e-3)
