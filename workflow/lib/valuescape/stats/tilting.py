"""Exponential tilting: the weights nearest to given ones under which means are as wanted.

Weights proportional to ``start * exp(features @ tilt)`` have, of all weights with the same means,
the least Kullback-Leibler divergence from the start (Csiszar 1975, Annals of Probability
3:146-158); from equal ones they are of maximum entropy. The tilt is the least point of a convex
function, found by Newton's method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# A mean is met if it is off by no more than this.
MET = 1e-11
# Newton's steps, their least size, and the least curvature where a single row has all the weight.
MOST_STEPS = 60
LEAST_STEP = 1e-6
LEAST_CURVE = 1e-12
# A tilt beyond this, on features from -1 to 1, leaves one row alone: no weights have such means.
MOST_TILT = 300.0


def tilted(start: Array, features: Array, wanted: Array, softness: float = 0.0) -> Array:
    """Tilt weights until features have the wanted means.

    Parameters
    ----------
    start : ndarray of float64, shape (n,)
        Positive weights.
    features : ndarray of float64, shape (n, k)
        Values on a scale of about 1.
    wanted : ndarray of float64, shape (k,)
        Their means. What no weights of these rows have is approached.
    softness : float
        0: means are met exactly. Else a mean may be missed: the square of by how much, over twice
        the softness, is added to the divergence that is made least.

    Returns
    -------
    ndarray of float64, shape (n,)
        They sum to 1.

    Examples
    --------
    A coin of mean 0.8:

    >>> coin = np.array([[0.0], [1.0]])
    >>> tilted(np.array([0.5, 0.5]), coin, np.array([0.8])).round(3).tolist()
    [0.2, 0.8]
    """
    tilt = np.zeros(len(wanted))
    found, value = _tilted_by(tilt, start, features)
    for _ in range(MOST_STEPS):
        mean = found @ features
        slope = mean - wanted + softness * tilt
        if np.abs(slope).max(initial=0.0) < MET:
            break
        spread = features.T @ (found[:, None] * features) - np.outer(mean, mean)
        step = np.linalg.solve(spread + (softness + LEAST_CURVE) * np.eye(len(wanted)), slope)
        size, before = 1.0, value - tilt @ wanted + softness / 2 * tilt @ tilt
        while size > LEAST_STEP:
            ahead = tilt - size * step
            found, value = _tilted_by(ahead, start, features)
            after = value - ahead @ wanted + softness / 2 * ahead @ ahead
            if after <= before - 1e-4 * size * float(slope @ step):
                break
            size /= 2
        tilt = ahead
        if size <= LEAST_STEP or np.abs(tilt).max() > MOST_TILT:
            break
    return found


def _tilted_by(tilt: Array, start: Array, features: Array) -> tuple[Array, float]:
    """Return the weights under a tilt, and the logarithm of what they are divided by."""
    powers = features @ tilt
    most = float(powers.max())
    raised = start * np.exp(powers - most)
    total = float(raised.sum())
    return raised / total, most + float(np.log(total))


def tilted_to(
    levels: NDArray[np.int8],
    parts: Sequence[tuple[int, Array, Array]],
    softness: float,
    *,
    complete: bool,
) -> Array:
    """Tilt equal weights of configurations until features of single variables have wanted means.

    Parameters
    ----------
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.
    parts : sequence of (column, features, wanted)
        By variable, none twice: features of its levels, shape (n_levels, k), and their means.
    softness : float
        As for `tilted`.
    complete : bool
        Whether every configuration is there, once: then variables do not disturb each other.

    Returns
    -------
    ndarray of float64, shape (n,)
        They sum to 1.
    """
    n = len(levels)
    if complete:
        weights = np.ones(n)
        for column, features, wanted in parts:
            even = np.full(len(features), 1 / len(features))
            weights *= tilted(even, features, wanted, softness)[levels[:, column]]
        return np.asarray(weights / weights.sum())
    stacked = np.concatenate([features[levels[:, column]] for column, features, _ in parts], axis=1)
    wanted = np.concatenate([each for _, _, each in parts])
    return tilted(np.full(n, 1 / n), stacked, wanted, softness)
