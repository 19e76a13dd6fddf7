"""Families of tests: p-values that hold for all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values adjusted for a family of tests (Holm 1979, Scand. J. Statistics 6:65).

    Parameters
    ----------
    p : ndarray of float64, any shape
        One test each; nan where there is none, which does not count.

    Returns
    -------
    ndarray of float64, same shape
        In [0, 1], not below p. That any true hypothesis among those below .05 is refused has a
        probability of at most .05, however the tests depend on each other.
    """
    flat = p.ravel()
    found = np.full(flat.shape, np.nan)
    order = np.argsort(flat)[: np.isfinite(flat).sum()]
    factors = len(order) - np.arange(len(order))
    found[order] = np.minimum(np.maximum.accumulate(flat[order] * factors), 1.0)
    return found.reshape(p.shape)
