"""Effective dependence: by hand, and one form for every lens."""

from __future__ import annotations

import numpy as np
import pytest

from valuescape.stats.dependence import effective_dependence


def test_the_root_is_that_of_one_variable_less():
    """Referee A12: of ten variables, .173 by det(R)^(1 / p) is .190 by Pena and Rodriguez."""
    determinant = (1 - 0.173) ** 10
    eigenvalues = np.append(np.ones(9), determinant)
    assert effective_dependence(eigenvalues) == pytest.approx(0.190, abs=5e-4)


def test_two_variables_by_hand_and_the_ends():
    # det of [[1, .6], [.6, 1]] is .64
    assert effective_dependence(np.array([1.6, 0.4])) == pytest.approx(0.36)
    assert effective_dependence(np.ones((3, 4))) == pytest.approx(np.zeros(3))
    assert effective_dependence(np.array([2.0, 0.0])) == pytest.approx(1.0)
    assert np.isnan(effective_dependence(np.array([[1.0], [np.nan]]))).all()
    assert np.isnan(effective_dependence(np.array([np.nan, np.nan])))
