"""Nearness: means of what is known, and correlations with and without what questions differ in."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr, zscore

from valuescape.lenses.languages import nearness

RNG = np.random.default_rng(5)
PEOPLE = RNG.uniform(0, 1, (6, 8))
PERSONAS = PEOPLE + RNG.normal(0, 0.3, (6, 8))


def test_a_mean_is_of_what_is_known_and_of_nothing_there_is_none():
    values = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]])
    known = np.array([[True, False, True], [False, False, False]])
    found = nearness.mean_over(values, known)
    assert found[0] == 2
    assert np.isnan(found[1])


def test_the_raw_correlation_is_that_of_scipy_over_all_cells():
    expected = pearsonr(PERSONAS.ravel(), PEOPLE.ravel()).statistic
    assert nearness.correlate(PERSONAS, PEOPLE, within=False) == pytest.approx(expected)


def test_the_correlation_within_questions_is_the_mean_of_theirs():
    by_question = pearsonr(PERSONAS, PEOPLE, axis=0).statistic
    found = nearness.correlate(PERSONAS, PEOPLE, within=True)
    assert found == pytest.approx(by_question.mean())
    np.testing.assert_allclose(nearness.standardised(PEOPLE), zscore(PEOPLE, axis=0))


def test_a_question_in_which_countries_do_not_differ_tells_nothing():
    flat = PERSONAS.copy()
    flat[:, 0] = 0.5
    others = nearness.correlate(PERSONAS[:, 1:], PEOPLE[:, 1:], within=True)
    assert nearness.correlate(flat, PEOPLE, within=True) == pytest.approx(others)


def test_draws_are_correlated_one_by_one():
    drawn = np.stack([PERSONAS, PEOPLE])
    found = nearness.correlate(drawn, PEOPLE, within=True)
    assert found.shape == (2,)
    assert found[1] == pytest.approx(1)
