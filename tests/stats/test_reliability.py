"""Cronbach's alpha: items whose correlation is known, and another library's numbers."""

from __future__ import annotations

import numpy as np
import pytest

from valuescape.stats.reliability import cronbach_alpha, cronbach_alpha_interval


def test_alpha_of_parallel_items_follows_from_their_correlation():
    covariance = np.full((6, 6), 0.4) + 0.6 * np.eye(6)
    spearman_brown = 6 * 0.4 / (1 + 5 * 0.4)
    assert cronbach_alpha(covariance) == pytest.approx(spearman_brown)


def test_alpha_is_that_of_the_psychometrics_library():
    # pingouin 0.7: cronbach_alpha gives 0.643552 [0.398, 0.8] for these items
    rng = np.random.default_rng(0)
    items = rng.normal(size=(40, 1)) + rng.normal(size=(40, 3))
    found = cronbach_alpha(np.cov(items.T))
    assert found == pytest.approx(0.643552, abs=1e-6)
    assert cronbach_alpha_interval(found, 40, 3) == pytest.approx((0.398, 0.8), abs=0.001)


def test_the_interval_is_that_of_feldt():
    # f(0.975; 99, 495) and f(0.025; 99, 495) of the F distribution
    low, high = cronbach_alpha_interval(0.8, 100, 6)
    assert (low, high) == pytest.approx((0.7321, 0.8558), abs=0.002)


@pytest.mark.parametrize("covariance", [[[2.0]], [[0.0, 0.0], [0.0, 0.0]]])
def test_alpha_of_one_item_or_of_no_variance_is_not_defined(covariance):
    assert np.isnan(cronbach_alpha(np.array(covariance)))
