"""Noise of scores: its source, replicates by hand, intervals as scipy has them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from valuescape.lenses.morality import noise


def test_replicates_by_hand():
    """Two replicates that differ by 2 leave squares of 1 and 1 around their mean, with one df."""
    first = np.array([[1.0], [3.0], [np.nan]])
    found = noise.replicate_noise([first, first + 2])
    assert found.source == noise.REPLICATES
    assert found.df.tolist() == [2]
    assert found.mean_square.tolist() == [2.0]


def test_replicates_that_cannot_differ_say_nothing():
    """Referee A10: asked for probabilities, a model gives the same ones each time."""
    scores = np.arange(6.0).reshape(3, 2)
    assert noise.replicate_noise([scores, scores.copy()]) is None
    assert noise.replicate_noise([scores]) is None


def test_an_interval_is_students():
    known = noise.Noise(np.array([[0.04]]), np.array([10]), noise.RESIDUAL)
    low, high, p = noise.interval(np.array([[0.5]]), np.array([[0.25]]), known)
    wanted = stats.t.interval(0.95, 10, loc=0.5, scale=0.1)
    assert (low.item(), high.item()) == pytest.approx(wanted)
    assert p.item() == pytest.approx(2 * stats.t.sf(5, 10))
