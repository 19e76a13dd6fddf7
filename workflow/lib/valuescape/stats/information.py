"""Information in bits: entropy, divergence, what one attribute tells of another.

All are functions of shares along the last axes, so that many draws are measured at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import xlogy
from scipy.stats import random_table

from valuescape.stats import resampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

LN2 = float(np.log(2))
# Below this an attribute, or what chance leaves of it, does not vary.
LEAST_BITS = 1e-9


def entropy_bits(shares: Array) -> Array:
    """Return the entropy of distributions along the last axis.

    Parameters
    ----------
    shares : ndarray of float64, shape (..., k)
        Sum 1.

    Returns
    -------
    ndarray of float64, shape (...)
        From 0 to log2(k).
    """
    return np.asarray(-xlogy(shares, shares).sum(axis=-1) / LN2)


def corrected_entropy_bits(counts: Array) -> Array:
    """Return the entropy of what was counted, less its bias.

    Parameters
    ----------
    counts : ndarray of float64, shape (..., k)
        At least 1 in all.

    Returns
    -------
    ndarray of float64, shape (...)
        Entropy of the shares plus (m - 1) / 2n, of m categories that occur (Miller 1955, in
        Quastler, Information Theory in Psychology): few are less varied than those they come from.
    """
    n = counts.sum(axis=-1)
    occurring = (counts > 0).sum(axis=-1)
    return np.asarray(entropy_bits(counts / n[..., None]) + (occurring - 1) / (2 * n * LN2))


def divergence_bits(first: Array, second: Array) -> Array:
    """Return the Jensen-Shannon divergence (Lin 1991, IEEE Trans. Information Theory 37:145).

    Parameters
    ----------
    first, second : ndarray of float64, shapes that broadcast to (..., k)
        Shares; sum 1.

    Returns
    -------
    ndarray of float64, shape (...)
        In [0, 1] bits: 0 if alike, 1 if nothing is common.
    """
    middle = entropy_bits((first + second) / 2)
    found = middle - (entropy_bits(first) + entropy_bits(second)) / 2
    return np.asarray(np.clip(found, 0.0, 1.0))


def mutual_information_bits(counts: Array) -> Array:
    """Return what rows tell of columns.

    Parameters
    ----------
    counts : ndarray of float64, shape (..., rows, columns)
        Cells of contingency tables, at least 1 in all.

    Returns
    -------
    ndarray of float64, shape (...)
        From 0 to the smaller of both entropies.
    """
    shares = counts / counts.sum(axis=(-2, -1), keepdims=True)
    flat = shares.reshape(*shares.shape[:-2], -1)
    of_sides = entropy_bits(shares.sum(axis=-1)) + entropy_bits(shares.sum(axis=-2))
    return np.asarray(np.clip(of_sides - entropy_bits(flat), 0.0, None))


class Told(NamedTuple):
    """What one attribute tells of another, set beside chance.

    Attributes
    ----------
    bits, by_chance : float
        Mutual information, and its mean over tables of random cells with the same margins.
    adjusted, ci_low, ci_high : float
        (bits - by chance) / (smaller entropy - by chance), with its 95 % interval: 0 by chance, 1
        if one follows from the other. nan if a side does not vary, or chance alone tells all.
    null_95, p : float
        What one random table in twenty exceeds, and the share of tables, this one among them,
        that tell as much.
    """

    bits: float
    by_chance: float
    adjusted: float
    ci_low: float
    ci_high: float
    null_95: float
    p: float


def told(counts: NDArray[np.int64], draws: Draws, purpose: str) -> Told:
    """Return what rows tell of columns, corrected for chance.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows, columns)
        A contingency table.
    draws : Draws
        How many tables of random cells, and bootstrap draws.
    purpose : str
        What they are drawn for.

    Returns
    -------
    Told
        Adjusted mutual information (Vinh, Epps & Bailey 2010, JMLR 11:2837), over the smaller of
        both entropies. Random tables with the margins of this one are what shuffles of the
        persons would give (Patefield 1981, Applied Statistics 30:91).
    """
    kept = counts[counts.any(axis=1)][:, counts.any(axis=0)]
    n = int(kept.sum())
    nothing = Told(*[float("nan")] * len(Told._fields))
    if min(kept.shape, default=0) < 2:  # noqa: PLR2004 - one category does not vary
        return nothing
    rng = draws.generator(purpose)
    rows, columns = kept.sum(axis=1), kept.sum(axis=0)
    bits = float(mutual_information_bits(kept.astype(np.float64)))
    chance = mutual_information_bits(random_table(rows, columns).rvs(draws.n, random_state=rng))
    expected = float(chance.mean())
    room = float(min(entropy_bits(rows / n), entropy_bits(columns / n))) - expected
    if room < LEAST_BITS:
        return nothing
    drawn = rng.multinomial(n, (kept / n).ravel(), draws.n).reshape(-1, *kept.shape)
    replicates = (mutual_information_bits(drawn.astype(np.float64)) - expected) / room
    # rounding, and a room that is hardly any, lead beyond the range
    adjusted = float(np.clip((bits - expected) / room, -1.0, 1.0))
    low, high = resampling.interval(adjusted, replicates, (-1.0, 1.0))
    p = (1 + int((chance >= bits - LEAST_BITS).sum())) / (1 + draws.n)
    null = float(np.clip(resampling.null_95((chance - expected) / room), -1.0, 1.0))
    return Told(bits, expected, adjusted, float(low), float(high), null, p)
