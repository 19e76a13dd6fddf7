"""Distances less the bias that noise puts on them.

Noise can only add to a distance: where two cumulative shares differ by d, and the difference is
known with variance v, its absolute value is E|N(d, v)| in expectation, not |d|.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erf

from valuescape.answers.distributions import shares_of
from valuescape.lenses.alignment.distances import in_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray


def folded_mean(
    difference: NDArray[np.float64], variance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean of the absolute value of a normal variable (Leone et al. 1961, eq. 5).

    Parameters
    ----------
    difference, variance : ndarray of float64, shapes that broadcast
        Mean and variance.

    Returns
    -------
    ndarray of float64
        At least the absolute mean; nan where either is.
    """
    spread = np.sqrt(2 * variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(spread > 0, difference / spread, np.inf * np.sign(difference))
        ratio = np.where((spread == 0) & (difference == 0), 0.0, ratio)
    return np.asarray(difference * erf(ratio) + spread / np.sqrt(np.pi) * np.exp(-(ratio**2)))


def corrected_distances(
    answered: tuple[NDArray[np.float64], NDArray[np.float64]],
    humans: tuple[NDArray[np.float64], NDArray[np.float64]],
    gaps: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances less their bias, and the same of every draw.

    The bias is taken as E|N(d, v)| - |d| at the observed differences, with the variance of the
    draws, which countries and conditions as clusters enter. Draws are corrected as the estimate
    is, because the correction itself is uncertain.

    Parameters
    ----------
    answered : (ndarray, ndarray)
        Counts of personas, shape (n_groups, n_questions, most_options), and their bootstrap
        draws, shape (n_replicates, n_groups, n_questions, most_options).
    humans : (ndarray, ndarray), of the same shapes
        Shares among humans, and their draws.
    gaps : ndarray of float64, shape (n_questions, most_options - 1)
        Distance from each option to the next.

    Returns
    -------
    (ndarray, ndarray)
        Distances, shape (n_groups, n_questions), and those of the draws; may be negative; nan
        where a side did not answer. Next to perfect agreement six tenths of the floor remain.
    """

    def steps(counts: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.cumsum(shares_of(counts) - shares, axis=-1)[..., :-1])

    observed = steps(answered[0], humans[0])
    sums, squares, n = (np.zeros(observed.shape) for _ in range(3))
    blocks = list(in_blocks(len(answered[1])))
    for block in blocks:
        drawn = steps(answered[1][block], humans[1][block])
        known = np.isfinite(drawn)
        n += known.sum(axis=0)
        sums += np.where(known, drawn, 0.0).sum(axis=0)
        squares += np.where(known, drawn**2, 0.0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.clip(squares / n - (sums / n) ** 2, 0, None)

    def corrected(differences: NDArray[np.float64]) -> NDArray[np.float64]:
        less = 2 * np.abs(differences) - folded_mean(differences, variance)
        return np.asarray((less * gaps).sum(axis=-1))

    replicates = [corrected(steps(answered[1][block], humans[1][block])) for block in blocks]
    return corrected(observed), np.concatenate(replicates)
