"""Ranks of countries: Spearman's correlation, its null, and ties by rounding."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from made_up_answers import instrument, question
from valuescape.answers.distributions import HumanAnswers
from valuescape.core import tables
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.country_ranks import rank_countries, spearman
from valuescape.stats.emd import grid_of
from valuescape.stats.resampling import Draws

GRID = grid_of(instrument(question("Q1", (0, 1)), question("Q2", (0, 1))))


def test_rank_correlation_is_that_of_scipy():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5, (2, 30)).astype(float)
    assert spearman(first, second) == pytest.approx(spearmanr(first, second)[0])


def answers(*means):
    """Return shares of countries with these mean answers, shape (n_countries, 2, 2)."""
    shares = np.array(means).T
    return np.stack([1 - shares, shares], axis=-1)


def test_personas_that_rank_as_humans_do_exceed_the_null():
    rising = np.linspace(0.1, 0.9, 20)
    human = answers(rising, np.where(np.arange(20) < 2, rising, np.nan))
    ones = np.ones((20, 2))
    humans = HumanAnswers(tuple("ABCDEFGHIJKLMNOPQRST"), human, ones, ones, ones)
    own, surface = answers(rising**2, rising), answers(-rising, rising) + 0
    found = rank_countries(own, surface, humans, GRID, Draws(200, 1))
    tables.check(found, weight_tables.COUNTRY_RANKS, "made up")
    # the second question was asked in two countries
    (row,) = found.iter_rows(named=True)
    assert (row["question"], row["n_countries"]) == ("Q1", 20)
    assert row["rank_correlation"] == pytest.approx(1)
    assert row["surface"] == pytest.approx(-1)
    assert 0.2 < row["null_95"] < 0.6
    assert row["ci_low"] <= row["rank_correlation"] <= row["ci_high"]


def test_differences_of_rounding_are_ties():
    human = answers([0.1, 0.5, 0.9], [0.1, 0.5, 0.9])
    own = answers(0.3 + np.array([0, 1e-15, 2e-15]), [0.1, 0.5, 0.9])
    ones = np.ones((3, 2))
    humans = HumanAnswers(("A", "B", "C"), human, ones, ones, ones)
    found = rank_countries(own, own, humans, GRID, Draws(20, 1))
    assert found["rank_correlation"].to_list() == [None, pytest.approx(1)]
