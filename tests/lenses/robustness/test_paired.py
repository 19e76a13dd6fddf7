"""Paired answers: distances and shifts by hand, and against scipy; swaps as the null."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from valuescape.lenses.robustness.orders import recencies
from valuescape.lenses.robustness.paired import Paired, distances
from valuescape.stats.resampling import Draws

VALUES = np.array([1.0, 2.0, 4.0])


def drawn(n: int, shares, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.eye(3)[rng.choice(3, n, p=shares)]


def test_distances_are_those_of_scipy():
    first, second = drawn(50, [0.5, 0.3, 0.2], 1), drawn(50, [0.2, 0.2, 0.6], 2)
    first[7] = np.nan
    pair = Paired(first, second, VALUES)
    found = distances([pair], Draws(50, 1), "test")
    known = pair.known
    assert found.n.tolist() == [49]
    expected = wasserstein_distance(
        first[known] @ VALUES, second[known] @ VALUES
    ) / 3  # fmt: skip
    assert found.estimates[0] == pytest.approx(expected)
    apart = np.abs(first[known] @ VALUES - second[known] @ VALUES).mean() / 3
    assert found.of_personas[0] == pytest.approx(apart)
    low, high = pair.means()
    assert pair.shifts.sum() / 49 == pytest.approx(high - low)


def test_ways_that_differ_by_luck_alone_lie_within_the_null():
    beyond = [
        bool(found.estimates[0] > found.null_95[0])
        for seed in range(60)
        for found in [
            distances(
                [Paired(drawn(80, [0.5, 0.3, 0.2], seed), drawn(80, [0.5, 0.3, 0.2], 99 + seed),
                        VALUES)],
                Draws(60, seed), "test",
            )
        ]
    ]  # fmt: skip
    assert np.mean(beyond) <= 0.15  # one in twenty, of 60


def test_recency_is_free_of_what_options_say():
    # everybody holds the first option; in both orders a tenth slips to what is listed last
    forward = np.tile([0.9, 0.0, 0.1], (4, 1))
    backward = np.tile([1.0, 0.0, 0.0], (4, 1))
    assert recencies(Paired(forward, backward, VALUES)) == pytest.approx(np.full(4, 0.1))
    same = np.tile([0.6, 0.3, 0.1], (4, 1))
    assert recencies(Paired(same, same, VALUES)) == pytest.approx(np.zeros(4))
