"""Tilting: means are met, and nothing else is told."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from valuescape.stats.tilting import tilted, tilted_to

DIE = np.arange(1.0, 7.0)[:, None]


def test_a_loaded_die():
    """Jaynes's die of mean 4.5 (1962, Brandeis lectures): .054, .079, .114, .165, .240, .347."""
    found = tilted(np.full(6, 1 / 6), DIE / 6, np.array([4.5 / 6]))
    assert found == pytest.approx([0.0543, 0.0788, 0.1142, 0.1654, 0.2398, 0.3475], abs=1e-4)


def test_weights_are_the_nearest_with_these_means():
    rng = np.random.default_rng(2)
    start = rng.dirichlet(np.ones(30))
    features = rng.normal(size=(30, 3))
    wanted = rng.dirichlet(np.ones(30)) @ features
    for softness in (0.0, 0.05):
        found = tilted(start, features, wanted, softness)
        off = found @ features - wanted
        assert np.abs(off).max() < (1e-9 if softness == 0 else 0.3)
        if softness:
            # SciPy on the primal: divergence plus the squares of what is missed
            def loss(logits, softness=softness):
                own = np.exp(logits - logits.max())
                own /= own.sum()
                missed = own @ features - wanted
                return own @ np.log(own / start) + missed @ missed / (2 * softness)

            best = minimize(loss, np.log(start), method="BFGS", options={"gtol": 1e-9})
            assert loss(np.log(found)) == pytest.approx(best.fun, abs=1e-7)


def test_means_out_of_reach_are_approached():
    found = tilted(np.full(6, 1 / 6), DIE / 6, np.array([2.0]))
    assert found[-1] == pytest.approx(1, abs=1e-6)
    assert tilted(np.full(6, 1 / 6), DIE / 6, np.array([2.0]), 0.1) @ DIE[:, 0] > 5


def test_variables_of_a_whole_cube_do_not_disturb_each_other():
    levels = np.indices((2, 3, 4)).reshape(3, -1).T.astype(np.int8)
    parts = [
        (0, np.array([[0.0], [1.0]]), np.array([0.7])),
        (2, np.linspace(-1, 1, 4)[:, None], np.array([0.25])),
    ]
    for softness in (0.0, 0.02):
        apart = tilted_to(levels, parts, softness, complete=True)
        together = tilted_to(levels, parts, softness, complete=False)
        assert apart == pytest.approx(together, abs=1e-9)
