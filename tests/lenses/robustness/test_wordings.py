"""Headlines over wordings: few clusters, the personas' own noise, and what is not defined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from valuescape.lenses.robustness.wordings import over_wordings


def about(values, half=0.0):
    """Return an interval about each number."""
    return [None if value is None else (value - half, value + half) for value in values]


def pooled(wordings, estimates, half=0.0, **bounds):
    return over_wordings(wordings, estimates, about(estimates, half), **bounds)


def test_an_interval_over_wordings_is_students_by_hand():
    found = pooled(["a", "b", "c"], [0.2, 0.3, 0.4])
    half = t.ppf(0.975, 2) * 0.1 / 3**0.5
    assert (found.estimate, found.sd, found.n) == (pytest.approx(0.3), pytest.approx(0.1), 3)
    assert (found.low, found.high) == (pytest.approx(0.3 - half), pytest.approx(0.3 + half))


def test_replicates_of_a_wording_count_as_one():
    once = pooled(["a", "b", "c"], [0.2, 0.3, 0.4])
    twice = pooled(["a", "a", "b", "c"], [0.1, 0.3, 0.3, 0.4])
    assert twice == once


def test_alike_wordings_leave_the_interval_of_the_personas():
    found = pooled(["a", "b", "c"], [0.3] * 3, 0.05)
    assert (found.low, found.high) == (pytest.approx(0.25), pytest.approx(0.35))
    own = 0.05 / norm.ppf(0.975)
    wide = pooled(["a", "b", "c"], [0.2, 0.3, 0.4], 0.05)
    variance = own**2 + 0.1**2 / 3
    freedom = 2 * (variance / (0.1**2 / 3)) ** 2
    assert wide.high == pytest.approx(0.3 + t.ppf(0.975, freedom) * variance**0.5)


def test_an_interval_that_lies_askew_stays_so():
    found = over_wordings(["a", "b", "c"], [0.3] * 3, [(0.1, 0.35)] * 3)
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.35))
    wide = over_wordings(["a", "b", "c"], [0.2, 0.3, 0.4], [(0.0, 0.25), (0.1, 0.35), (0.2, 0.45)])
    assert wide.low < 0.1
    assert wide.high > 0.35
    assert 0.3 - wide.low > wide.high - 0.3


def test_few_wordings_and_bounds():
    assert pooled(["a"], [0.3], 0.1).low is None
    two = pooled(["a", "b", "c"], [0.3, 0.5, None], 0.1)
    assert (two.estimate, two.low, two.n) == (pytest.approx(0.4), None, 2)
    assert pooled(["a"], [None]).estimate is None
    assert pooled(["a", "b", "c"], [0.0, 0.0, 0.9], bounds=(0, 1)).low == 0


def test_intervals_cover_the_mean_over_all_wordings():
    """Three to five wordings of a population, personas shared by the conditions: 95 % or more."""
    rng = np.random.default_rng(7)
    for n, sd in ((3, 0.05), (5, 0.1), (5, 0.01)):
        inside = []
        for _ in range(250):
            personas = rng.normal(0, 0.03)
            estimates = 0.4 + personas + rng.normal(0, sd, n)
            names = [str(k) for k in range(n)]
            found = pooled(names, estimates.tolist(), 0.03 * norm.ppf(0.975))
            inside.append(found.low <= 0.4 <= found.high)
        # four standard errors of a share of 0.95 over 250 studies
        assert abs(np.mean(inside) - 0.95) < 0.055, (n, sd)
