"""Iterative proportional fitting: weights of personas that meet human shares, and little else.

Of all weights that meet the given margins, those found are the nearest to where the fitting starts
(least Kullback-Leibler divergence; Ireland & Kullback 1968, Biometrika 55:179-188). With the ten
one-way margins it is raking (Deming & Stephan 1940, Annals of Mathematical Statistics 11:427-444),
with all 45 two-way margins the log-linear model of all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# A margin is met if no share is off by more than this; survey shares are known to 1e-4 at best.
MET = 1e-10
MOST_SWEEPS = 200
# A sweep that changes the largest difference by less than this part of it will not mend it.
STUCK = 1e-4


@dataclass(frozen=True)
class Margin:
    """Human shares of the levels of one variable, or of the combinations of several.

    Attributes
    ----------
    variables : tuple of int
        Columns of the variables.
    shares : ndarray of float64, shape (levels of the first, levels of the second, ...)
        Not negative, sum 1.
    """

    variables: tuple[int, ...]
    shares: Array


@dataclass(frozen=True)
class Fitted:
    """Weights, and how well they meet what they were fitted to.

    Attributes
    ----------
    weights : ndarray of float64, shape (n_personas,)
        Not negative, sum 1.
    residual : float
        Largest difference from a share of a margin.
    sweeps : int
        How often all margins were gone through.
    """

    weights: Array
    residual: float
    sweeps: int


def cells(levels: NDArray[np.int8], shape: Sequence[int]) -> NDArray[np.intp]:
    """Return the place of each configuration in a flattened margin.

    Parameters
    ----------
    levels : ndarray of int8, shape (n, n_variables)
        Levels of just the margin's variables.
    shape : sequence of int
        Their numbers of levels.

    Returns
    -------
    ndarray of intp, shape (n,)
        Row-major.
    """
    columns = tuple(levels.T.astype(np.intp))
    return np.asarray(np.ravel_multi_index(columns, tuple(shape)), dtype=np.intp)


def margins_of(
    levels: NDArray[np.int8], weights: Array, radices: NDArray[np.int64], size: int
) -> list[Margin]:
    """Return all margins of `size` variables of weighted configurations.

    Parameters
    ----------
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.
    weights : ndarray of float64, shape (n,)
        Not negative, not all 0.
    radices : ndarray of int64, shape (n_variables,)
        Number of levels of each variable.
    size : int
        1 for single variables, 2 for all pairs.

    Returns
    -------
    list of Margin
        In the order of the variables.
    """
    total = weights.sum()
    found = []
    for chosen in combinations(range(levels.shape[1]), size):
        shape = tuple(int(radices[column]) for column in chosen)
        places = cells(levels[:, chosen], shape)
        shares = np.bincount(places, weights, int(np.prod(shape))) / total
        found.append(Margin(chosen, shares.reshape(shape)))
    return found


def residual(levels: NDArray[np.int8], weights: Array, margins: Sequence[Margin]) -> float:
    """Return the largest difference between a share of the weights and of the margins.

    Parameters
    ----------
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.
    weights : ndarray of float64, shape (n,)
        They sum to 1.
    margins : sequence of Margin
        Human shares.

    Returns
    -------
    float
        In [0, 1].
    """
    return max(
        float(np.abs(_shares(levels, weights, margin) - margin.shares).max()) for margin in margins
    )


def _shares(levels: NDArray[np.int8], weights: Array, margin: Margin) -> Array:
    places = cells(levels[:, margin.variables], margin.shares.shape)
    counted = np.bincount(places, weights, margin.shares.size)
    return np.asarray(counted.reshape(margin.shares.shape), dtype=np.float64)


def fit(levels: NDArray[np.int8], margins: Sequence[Margin], start: Array | None = None) -> Fitted:
    """Scale weights to each margin in turn until all are met.

    Where a human share falls on levels that no persona has, or margins contradict each other, they
    cannot all be met: the weights then go round in a circle (Gietl & Reffel 2017, Journal of
    Mathematical Analysis and Applications 447:1-20), whose mean is taken. The residual tells by how
    much a margin is missed.

    Parameters
    ----------
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations of the personas.
    margins : sequence of Margin
        What the weights are to meet; at least one.
    start : ndarray of float64, shape (n_personas,), optional
        Positive weights that they stay nearest to; uniform if None.

    Returns
    -------
    Fitted
        The mean weights of the last sweep.

    Examples
    --------
    Two variables of two levels, 30 % and 60 % at the first: independent shares.

    >>> space = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.int8)
    >>> margins = [Margin((0,), np.array([0.3, 0.7])), Margin((1,), np.array([0.6, 0.4]))]
    >>> fit(space, margins).weights.round(2).tolist()
    [0.18, 0.12, 0.42, 0.28]
    """
    n = len(levels)
    weights = np.full(n, 1 / n) if start is None else start / start.sum()
    indexed = [
        (cells(levels[:, margin.variables], margin.shares.shape), margin.shares.ravel())
        for margin in margins
    ]
    sweeps, off = 0, np.inf
    while off > MET and sweeps < MOST_SWEEPS:
        sweeps, before = sweeps + 1, off
        off = 0.0
        middle = np.zeros(n)
        for places, shares in indexed:
            found = np.bincount(places, weights, len(shares))
            off = max(off, float(np.abs(found - shares).max()))
            factor = np.divide(shares, found, out=np.zeros(len(shares)), where=found > 0)
            weights *= factor[places]
            middle += weights
        if abs(before - off) <= STUCK * off:
            break  # these margins cannot all be met
    middle /= middle.sum()
    return Fitted(middle, residual(levels, middle, margins), sweeps)
