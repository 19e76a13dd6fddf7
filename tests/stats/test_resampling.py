"""What all intervals and correlations rest on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr

from valuescape.stats.resampling import correlation


def test_correlation_agrees_with_scipy_and_never_leaves_its_range():
    for seed in range(40):
        values = np.random.default_rng(seed).normal(size=(2, 9))
        assert correlation(*values) == pytest.approx(pearsonr(*values).statistic)
        # of some of these, rounding alone would make more than 1
        assert -1 <= correlation(values[0], -3 * values[0]) <= correlation(*values) <= 1
        assert correlation(values[0], 3 * values[0]) <= 1
