"""Intervals and null distributions: seeded bootstraps over personas, shuffles, Wilson intervals."""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri as normal_quantile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

CONFIDENCE = 0.95
# Elements of one block of bootstrap weights: 4 million float64 are 32 MB.
BLOCK_ELEMENTS = 4_000_000
# Bytes of weights that are kept for the next who asks for the same: all personas, 1,000 times.
KEPT_WEIGHTS = 100_000_000
# Rows from which a sum over a random order is normal to three digits.
MANY = 10_000


@dataclass(frozen=True)
class Draws:
    """How many random draws stand behind an interval or a null, and from which seed.

    Attributes
    ----------
    n : int
        Bootstrap replicates, or shuffles.
    seed : int
        Seed of the study, not negative.
    """

    n: int
    seed: int

    def generator(self, purpose: str) -> np.random.Generator:
        """Return the random numbers of one purpose; other purposes do not disturb them.

        Parameters
        ----------
        purpose : str
            What the numbers are drawn for, for instance ``alignment/personas``.

        Returns
        -------
        Generator
            The same for the same seed and purpose on every machine.
        """
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])


def resampled_sums(columns: NDArray[np.float64], draws: Draws, purpose: str) -> NDArray[np.float64]:
    """Return column sums over bootstrap draws of the rows.

    Drawing n of n rows with replacement gives row i a multinomial weight w_i, so a replicate's
    sums are ``w @ columns``: every statistic that is a function of sums needs no second pass.

    Parameters
    ----------
    columns : ndarray of float64, shape (n, n_columns)
        One row a persona.
    draws : Draws
        How many draws, and their seed.
    purpose : str
        What they are for; equal purposes draw the same rows.

    Returns
    -------
    ndarray of float64, shape (n_replicates, n_columns)
        Sums of each draw; zeros if there are no rows.
    """
    n, width = columns.shape
    sums = np.zeros((draws.n, width))
    exact = _exact(columns)
    for block, weights in resampled_weights(n, draws, purpose, exact.dtype):
        sums[block] = weights @ exact
    return sums


def resampled_weights(
    n: int, draws: Draws, purpose: str, dtype: np.dtype[Any] | type = np.float64
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield how often each row stands in bootstrap draws, in blocks that fit the memory.

    Parameters
    ----------
    n : int
        Rows, drawn n times with replacement.
    draws : Draws
        How many draws, and their seed.
    purpose : str
        What they are for; equal purposes draw the same of as many rows.
    dtype : dtype
        Of the weights.

    Yields
    ------
    slice
        Numbers of the draws of a block.
    ndarray, shape (draws in the block, n)
        Whole numbers; each row sums to n. There is no block if there are no rows.
    """
    step = max(1, BLOCK_ELEMENTS // max(n, 1))
    kept = _all_weights(n, draws, purpose) if n * draws.n <= KEPT_WEIGHTS else None
    rng = draws.generator(purpose)
    for start in range(0, draws.n if n else 0, step):
        block = slice(start, min(start + step, draws.n))
        counts = _weights(rng, block.stop - start, n) if kept is None else kept[block]
        yield block, counts.astype(dtype)


@lru_cache(maxsize=1)
def _all_weights(n: int, draws: Draws, purpose: str) -> NDArray[np.uint8]:
    """Return the weights of all draws: drawing them takes longer than most of what they are for."""
    return _weights(draws.generator(purpose), draws.n, n)


def _weights(rng: np.random.Generator, n_draws: int, n: int) -> NDArray[np.uint8]:
    """Return how often each of n rows is drawn; 255 times is beyond all chance."""
    weights = np.empty((n_draws, n), dtype=np.uint8)
    for row in weights:
        row[:] = np.bincount(rng.integers(0, n, n), minlength=n)
    return weights


def _exact(columns: Array) -> Array | NDArray[np.float32]:
    """Return small whole numbers, such as chosen options, in half the width; others as they are.

    No sum over a draw then exceeds what float32 holds without rounding, so that the product takes
    half the time and comes out the same.
    """
    small = len(columns) * np.abs(columns).max(initial=0.0) < 2**24
    return columns.astype(np.float32) if small and (columns == np.rint(columns)).all() else columns


def shuffled_products(
    shuffled: NDArray[np.float64], kept: NDArray[np.float64], draws: Draws, purpose: str
) -> NDArray[np.float64]:
    """Return sums of the products of two columns, the rows of the first in random orders.

    Parameters
    ----------
    shuffled, kept : ndarray of float64, shape (n, k)
        Pairs of columns.
    draws : Draws
        How many orders, and their seed.
    purpose : str
        What they are for.

    Returns
    -------
    ndarray of float64, shape (n_replicates, k)
        Of few rows by shuffling them; of `MANY` drawn from the normal law that such sums then
        follow, whose mean and variance are known (Hoeffding 1951, Ann. Math. Stat. 22:558).
    """
    n = len(shuffled)
    rng = draws.generator(purpose)
    if n >= MANY:
        squares = [((each - each.mean(axis=0)) ** 2).sum(axis=0) for each in (shuffled, kept)]
        spread = np.sqrt(squares[0] * squares[1] / (n - 1))
        drawn = rng.standard_normal((draws.n, shuffled.shape[1]))
        return np.asarray(n * shuffled.mean(axis=0) * kept.mean(axis=0) + spread * drawn)
    whole_rows = np.ascontiguousarray(shuffled)
    order = np.empty_like(whole_rows)
    found = np.empty((draws.n, shuffled.shape[1]))
    for row in found:
        # Without its check of bounds, `take` into an array is nine times as fast as an index.
        whole_rows.take(rng.permutation(n), axis=0, out=order, mode="clip")
        np.einsum("ij,ij->j", order, kept, out=row)
    return found


def interval(
    estimate: NDArray[np.float64] | float,
    replicates: NDArray[np.float64],
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the 95 % percentile interval of the replicates, moved to lie about the estimate.

    EMDs and variance shares cannot be negative, so noise pushes them up: an estimate by its bias,
    a replicate by about twice that. Without the move the interval of a small study would miss its
    own estimate. The bias itself is not taken off; the floor or null beside the estimate shows it.

    Parameters
    ----------
    estimate : ndarray of float64, shape (...)
        The statistic of the study.
    replicates : ndarray of float64, shape (n_replicates, ...)
        The statistic of each draw; nan where a draw does not define it.
    bounds : (float, float)
        Least and greatest possible value of the statistic.

    Returns
    -------
    (ndarray, ndarray), each of shape (...)
        Lower and upper end; nan where no replicate is defined.
    """
    tail = (1 - CONFIDENCE) / 2
    with warnings.catch_warnings():
        # An answer that is never valid has no replicate; its interval is nan, which is meant.
        warnings.simplefilter("ignore", RuntimeWarning)
        low, high = np.nanquantile(replicates, [tail, 1 - tail], axis=0)
        move = np.asarray(estimate) - np.nanmean(replicates, axis=0)
    return np.clip(low + move, *bounds), np.clip(high + move, *bounds)


def over_clusters(by_cluster: Sequence[NDArray[np.float64]], draws: Draws, purpose: str) -> Array:
    """Return bootstrap draws that also draw the clusters: conditions, models, seeds.

    Parameters
    ----------
    by_cluster : sequence of ndarray of float64, each of shape (n_replicates, ...)
        Bootstrap draws within each cluster, the same configurations drawn in all of them.
    draws : Draws
        How the clusters are drawn.
    purpose : str
        What they are drawn for.

    Returns
    -------
    ndarray of float64, shape (n_replicates, ...)
        Means over clusters. With n of them, deviations between clusters are stretched by
        sqrt(n / (n - 1)): resampled means of few clusters vary too little (Rao & Wu 1988, JASA
        83:231).
    """
    stacked = np.stack(by_cluster)
    n = len(stacked)
    if n == 1:
        return np.asarray(stacked[0])
    chosen = draws.generator(purpose).integers(0, n, (draws.n, n))
    centres = stacked.mean(axis=1)
    between = (centres[chosen].mean(axis=1) - centres.mean(axis=0)) * np.sqrt(n / (n - 1))
    return np.asarray(stacked.mean(axis=0) + between)


def null_95(replicates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 95th percentile of a statistic under its null hypothesis.

    Parameters
    ----------
    replicates : ndarray of float64, shape (n_replicates, ...)
        The statistic of each shuffle, larger for a stronger effect.

    Returns
    -------
    ndarray of float64, shape (...)
        What one shuffle in twenty exceeds; nan where a shuffle leaves it undefined.
    """
    return np.asarray(np.quantile(replicates, CONFIDENCE, axis=0))


def wilson(counts: NDArray[np.int64], n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Wilson's 95 % interval of shares (Wilson 1927, JASA 22:209-212).

    Parameters
    ----------
    counts : ndarray of int64, shape (k,)
        Successes.
    n : int
        Trials, the same for all.

    Returns
    -------
    (ndarray, ndarray), each of shape (k,)
        Lower and upper end, in [0, 1]; nan if there were no trials.
    """
    if n == 0:
        undefined = np.full(len(counts), np.nan)
        return undefined, undefined
    z = float(normal_quantile((1 + CONFIDENCE) / 2))
    share = counts / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Pearson's correlation along the last axis.

    Parameters
    ----------
    first, second : ndarray of float64, shapes that broadcast to (..., m)
        Paired values, without nan.

    Returns
    -------
    ndarray of float64, shape (...)
        In [-1, 1]; nan where either side does not vary.
    """
    a = first - first.mean(axis=-1, keepdims=True)
    b = second - second.mean(axis=-1, keepdims=True)
    squares = (a**2).sum(axis=-1) * (b**2).sum(axis=-1)
    product = np.asarray((a * b).sum(axis=-1))
    varies = vary(a, first) & vary(b, second)
    undefined = np.full(product.shape, np.nan)
    found = np.divide(product, np.sqrt(squares), out=undefined, where=varies)
    # rounding may carry a full correlation a little beyond 1
    return np.asarray(np.clip(found, -1.0, 1.0))


def correlation_interval(r: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of Pearson's correlation, by Fisher's transformation.

    Parameters
    ----------
    r : float
        The correlation, in [-1, 1].
    n : int
        Pairs, four or more.

    Returns
    -------
    (float, float)
        Lower and upper end; both are r where it is -1 or 1.
    """
    half = float(normal_quantile((1 + CONFIDENCE) / 2)) / np.sqrt(n - 3)
    with np.errstate(divide="ignore"):
        place = np.arctanh(r)
    return float(np.tanh(place - half)), float(np.tanh(place + half))


def vary(centred: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether values differ by more than rounding, along the last axis.

    Parameters
    ----------
    centred, values : ndarray of float64, shape (..., m)
        Values with and without their mean taken off, in units of about 1.

    Returns
    -------
    ndarray of bool, shape (...)
        False for nan.
    """
    least = np.maximum((values**2).sum(axis=-1), 1.0) * 1e-24
    return np.asarray((centred**2).sum(axis=-1) > least)
