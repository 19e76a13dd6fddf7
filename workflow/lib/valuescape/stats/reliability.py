"""Reliability of a scale: Cronbach's alpha and its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import fdtri as f_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_VARIANCE = 1e-12
"""A total variance up to this is rounding: the scale does not vary."""


def cronbach_alpha(covariance: NDArray[np.float64]) -> float:
    """Return Cronbach's alpha (1951, Psychometrika 16:297).

    Parameters
    ----------
    covariance : ndarray of float64, shape (k, k)
        Of the items of one scale.

    Returns
    -------
    float
        At most 1; nan for a single item, or if the scale does not vary.
    """
    k, total = len(covariance), float(covariance.sum())
    if k == 1 or total <= LEAST_VARIANCE:
        return np.nan
    return float(k / (k - 1) * (1 - np.trace(covariance) / total))


def cronbach_alpha_interval(found: float, n: int, k: int) -> tuple[float, float]:
    """Return the 95 % interval of alpha (Feldt 1965, Psychometrika 30:357).

    Parameters
    ----------
    found : float
        Alpha.
    n, k : int
        Number of personas and of items.

    Returns
    -------
    (float, float)
        Lower and upper end.
    """
    ends = f_quantile(n - 1, (n - 1) * (k - 1), [0.975, 0.025])
    low, high = 1 - (1 - found) * np.array([ends[0], ends[1]])
    return float(low), float(high)
