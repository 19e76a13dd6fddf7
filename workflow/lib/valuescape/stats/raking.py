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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# A margin is met if no share is off by more than this; survey shares are known to 1e-4 at best.
MET = 1e-10
MOST_SWEEPS = 200
# A sweep that changes the largest difference by less than this part of it will not mend it.
STUCK = 1e-4
# Newton's method for the tilt of one variable's levels: steps, their least size, and the least
# curvature where one level has all the weight. A tilt beyond the most leaves one level alone.
MOST_STEPS = 60
LEAST_STEP = 1e-6
LEAST_CURVE = 1e-12
MOST_TILT = 300.0


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
        return tilted(found, self.values, self.mean, self.sd)

    def off(self, found: Array) -> float:
        """Return by how much its shares, nearest to those found, differ from them at most."""
        return float(np.abs(found - self.nearest(found)).max())


def tilted(shares: Array, values: Array, mean: float, sd: float | None = None) -> Array:
    """Tilt shares of levels until they have a mean, and an SD where one is given.

    Of all shares with these moments they are the nearest to the given ones (least
    Kullback-Leibler divergence; from equal shares, of maximum entropy): proportional to
    share * exp(a value + b value^2).

    Parameters
    ----------
    shares : ndarray of float64, shape (n_levels,)
        Not negative.
    values : ndarray of float64, shape (n_levels,)
        Of the levels.
    mean : float
        Wanted; what lies beyond the levels that have a share is taken for their nearest end.
    sd : float or None
        Wanted. What the levels cannot have beside the mean is approached as far as they can.

    Returns
    -------
    ndarray of float64, shape (n_levels,)
        They sum to 1.
    """
    kept = shares > 0
    low, high = values[kept].min(), values[kept].max()
    if high - low <= 0:
        return np.asarray(shares / shares.sum())
    # On a scale from -1 to 1, so that both moments weigh about the same.
    x = (2 * values[kept] - low - high) / (high - low)
    centre = float(np.clip((2 * mean - low - high) / (high - low), -1.0, 1.0))
    features = x[:, None]
    wanted = np.array([centre])
    if sd is not None:
        features = np.column_stack([x, x**2])
        wanted = np.array([centre, centre**2 + (2 * sd / (high - low)) ** 2])
    given = shares[kept]
    tilt = np.zeros(len(wanted))
    own, value = _tilted_by(tilt, given, features)
    for _ in range(MOST_STEPS):
        slope = own @ features - wanted
        if np.abs(slope).max() < MET / 10:
            break
        centred = features - own @ features
        curve = centred.T @ (own[:, None] * centred) + LEAST_CURVE * np.eye(len(wanted))
        step = np.linalg.solve(curve, slope)
        size, before = 1.0, value - tilt @ wanted
        while size > LEAST_STEP:
            ahead = tilt - size * step
            own, value = _tilted_by(ahead, given, features)
            if value - ahead @ wanted <= before - 1e-4 * size * float(slope @ step):
                break
            size /= 2
        tilt = ahead
        if size <= LEAST_STEP or np.abs(tilt).max() > MOST_TILT:
            break  # moments that no shares of these levels have
    found = np.zeros(len(shares))
    found[kept] = own
    return found


def _tilted_by(tilt: Array, shares: Array, features: Array) -> tuple[Array, float]:
    """Return the shares under a tilt, and the logarithm of what they are divided by."""
    powers = features @ tilt
    most = float(powers.max())
    raised = shares * np.exp(powers - most)
    total = float(raised.sum())
    return raised / total, most + float(np.log(total))


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
            weights *= factor[places]
            middle += weights
        if abs(before - off) <= STUCK * off:
            break  # these margins cannot all be met
    middle /= middle.sum()
    return Fitted(middle, residual(levels, middle, margins), sweeps)
