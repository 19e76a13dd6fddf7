"""Iterative proportional fitting: weights of personas that meet human shares, and little else.

Of all weights that meet what is given, those found are the nearest to where the fitting starts
(least Kullback-Leibler divergence; Ireland & Kullback 1968, Biometrika 55:179-188). With the ten
one-way margins it is raking (Deming & Stephan 1940, Annals of Mathematical Statistics 11:427-444),
with all 45 two-way margins the log-linear model of all pairs. Where of a variable only the mean is
known, or mean and SD, its levels are tilted to meet that: the same nearest weights, for that is a
linear condition, too (Csiszar 1975, Annals of Probability 3:146-158), of maximum entropy if the
fitting starts from equal weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from valuescape.stats.tilting import tilted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# A margin is met if no share is off by more than this; survey shares are known to 1e-4 at best.
MET = 1e-10
MOST_SWEEPS = 200
LEAST_SHARE = 1e-6
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

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of levels of each variable."""
        return self.shares.shape

    def nearest(self, found: Array) -> Array:  # noqa: ARG002
        """Return the shares that meet it, shape (n_cells,), nearest to those found."""
        return self.shares.ravel()

    def features(self, kept: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return what has the wanted means: features of the kept cells, and the means."""
        own = self.shares.ravel()[kept]
        return np.eye(len(own))[:, 1:], own[1:]

    def off(self, found: Array) -> float:
        """Return the largest difference of shares found, shape (n_cells,), from it."""
        return float(np.abs(found - self.shares.ravel()).max())


@dataclass(frozen=True)
class Moments:
    """Mean of the human answers to one variable, and their SD where that is known.

    Attributes
    ----------
    variables : (int,)
        Column of the variable.
    values : ndarray of float64, shape (n_levels,)
        Of its levels, ascending or descending.
    mean : float
        Within the values.
    sd : float or None
        None where it is not known.
    """

    variables: tuple[int]
    values: Array
    mean: float
    sd: float | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of levels of the variable."""
        return self.values.shape

    def nearest(self, found: Array) -> Array:
        """Return the shares that meet it, shape (n_levels,), nearest to those found."""
        kept = found > 0
        features, wanted = self.features(kept)
        shares = np.zeros(len(found))
        shares[kept] = tilted(found[kept], features, wanted)
        return np.asarray(shares / shares.sum())

    def features(self, kept: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return what has the wanted means: features of the kept levels, and the means.

        On a scale from -1 to 1 between the outermost kept levels: their values, and where the SD
        is known the squares. A mean beyond these levels is taken for the nearest of them.
        """
        values = self.values[kept]
        middle, half = (values.max() + values.min()) / 2, (values.max() - values.min()) / 2
        half = half or 1.0
        x = (values - middle) / half
        mean = float(np.clip((self.mean - middle) / half, x.min(), x.max()))
        if self.sd is None:
            return x[:, None], np.array([mean])
        return np.column_stack([x, x**2]), np.array([mean, mean**2 + (self.sd / half) ** 2])

    def off(self, found: Array) -> float:
        """Return by how much its shares, nearest to those found, differ from them at most."""
        return float(np.abs(found - self.nearest(found)).max())


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


Condition = Margin | Moments
"""What weights are to meet."""


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


def residual(levels: NDArray[np.int8], weights: Array, margins: Sequence[Condition]) -> float:
    """Return the largest difference between a share of the weights and of what they are to meet.

    Parameters
    ----------
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.
    weights : ndarray of float64, shape (n,)
        They sum to 1.
    margins : sequence of Margin or Moments
        Human shares, or moments.

    Returns
    -------
    float
        In [0, 1].
    """
    return max(margin.off(_shares(levels, weights, margin)) for margin in margins)


def _shares(levels: NDArray[np.int8], weights: Array, margin: Condition) -> Array:
    return _counted(cells(levels[:, margin.variables], margin.shape), weights, margin)


def _counted(places: NDArray[np.intp], weights: Array, margin: Condition) -> Array:
    return np.asarray(np.bincount(places, weights, math.prod(margin.shape)), dtype=np.float64)


def fit(
    levels: NDArray[np.int8], margins: Sequence[Condition], start: Array | None = None
) -> Fitted:
    """Scale weights to each margin in turn until all are met.

    Where a human share falls on levels that no persona has, or margins contradict each other, they
    cannot all be met: the weights then go round in a circle (Gietl & Reffel 2017, Journal of
    Mathematical Analysis and Applications 447:1-20), whose mean is taken. The residual tells by how
    much a margin is missed.

    Parameters
    ----------
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations of the personas.
    margins : sequence of Margin or Moments
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
    indexed = [(cells(levels[:, each.variables], each.shape), each) for each in margins]
    sweeps, off = 0, np.inf
    while off > MET and sweeps < MOST_SWEEPS:
        sweeps, before = sweeps + 1, off
        off = 0.0
        middle = np.zeros(n)
        for places, margin in indexed:
            found = _counted(places, weights, margin)
            shares = margin.nearest(found)
            off = max(off, float(np.abs(found - shares).max()))
            factor = np.divide(shares, found, out=np.zeros(len(shares)), where=found > 0)
            scaled = weights * factor[places]
            if scaled.any():  # else no persona that is left has a level that people have
                weights = scaled
            middle += weights
        if abs(before - off) <= STUCK * off:
            break  # these margins cannot all be met
    middle /= middle.sum()
    return Fitted(middle, residual(levels, middle, margins), sweeps)


def consistent(pairs: Sequence[Margin], margins: Sequence[Condition]) -> list[Margin]:
    """Bring margins of pairs to the same margins of single variables, their odds ratios kept.

    Who answered two questions is not quite who answered two others, so that published pairs
    contradict each other by some points; no weights then meet them all.

    Parameters
    ----------
    pairs : sequence of Margin
        Of two variables each.
    margins : sequence of Margin or Moments
        Of single variables. A variable without shares takes the mean over its pairs.

    Returns
    -------
    list of Margin
        Of the same pairs.
    """
    single = {each.variables[0]: each.shares for each in margins if isinstance(each, Margin)}
    own: dict[int, list[Array]] = {}
    for pair in pairs:
        for axis, column in enumerate(pair.variables):
            own.setdefault(column, []).append(pair.shares.sum(axis=1 - axis))
    for column, shares in own.items():
        single.setdefault(column, np.mean(shares, axis=0))
    found = []
    for pair in pairs:
        shape = pair.shape
        places = np.indices(shape).reshape(2, -1).T.astype(np.int8)
        sides = [Margin((axis,), single[column]) for axis, column in enumerate(pair.variables)]
        # a pair of levels that nobody of a sample has is rare, not impossible
        start = np.maximum(pair.shares.ravel(), LEAST_SHARE)
        found.append(Margin(pair.variables, fit(places, sides, start).weights.reshape(shape)))
    return found
