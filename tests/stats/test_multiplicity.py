"""Holm's adjustment: by hand, and as statsmodels has it."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from valuescape.stats.multiplicity import holm


def test_by_hand_and_as_statsmodels():
    # .01 * 3; .03 * 2; .04 * 1, but not below the one before
    assert holm(np.array([0.04, 0.01, np.nan, 0.03]))[[0, 1, 3]] == pytest.approx(
        [0.06, 0.03, 0.06]
    )
    assert np.isnan(holm(np.array([np.nan, 0.2]))[0])
    p = np.random.default_rng(1).uniform(0, 0.2, (5, 4))
    assert holm(p).ravel() == pytest.approx(multipletests(p.ravel(), method="holm")[1])
    assert holm(np.empty(0)).shape == (0,)
