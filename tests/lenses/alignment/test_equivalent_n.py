"""Equivalent human sample size: a planted number of humans comes back."""

from __future__ import annotations

import numpy as np
import pytest

import made_up_groups as groups
from valuescape.answers.distributions import HumanAnswers
from valuescape.core import tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.equivalent_n import equivalent_n, equivalent_n_table
from valuescape.stats.emd import emd


@pytest.mark.parametrize("k", [3, 20, 100])
def test_as_many_humans_as_were_drawn_come_back(k):
    rng = np.random.default_rng(k)
    truth = rng.dirichlet(np.full(groups.K, 3.0), (groups.G, groups.Q))
    size = np.full((groups.G, groups.Q), 2000.0)
    shares = groups.drawn_shares(rng, truth, 2000)
    humans = HumanAnswers(tuple("abcdefg"), shares, size, size, np.ones_like(size))
    drawn = np.stack([groups.drawn_shares(rng, truth, k) for _ in range(20)])
    distance = emd(drawn, humans.shares, groups.DRAWN_GRID.gaps)
    found = equivalent_n_table(
        {"persona": distance.mean(axis=0)}, {"persona": distance}, humans,
        np.ones(size.shape, dtype=bool), groups.DRAWN_GRID,
    )  # fmt: skip
    tables.check(found, alignment_tables.EQUIVALENT_N, "the test")
    row = found.filter(group="all").row(0, named=True)
    # the formula of the floor is 6 % too large for draws of five, so k 12 % too large
    assert row["n_equivalent"] == pytest.approx(k, rel=0.2)
    assert row["ci_low"] <= row["n_equivalent"] <= row["ci_high"]


def test_the_number_by_hand():
    single, n, weights = np.array([0.2]), np.array([100.0]), np.ones(1)
    distance = np.array(0.2 * np.sqrt(1 / 16 + 1 / 100))
    assert equivalent_n(distance, single, n, weights) == pytest.approx(16)
    # nearer than noise: no number of humans would be expected so near
    assert equivalent_n(np.array(0.001), single, n, weights) == np.inf
    assert np.isnan(equivalent_n(np.array(np.nan), single, n, weights))
