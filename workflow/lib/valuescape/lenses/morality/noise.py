"""Noise of foundation scores: what another measurement of the same study would change.

The configurations of a design are chosen, not drawn. In a fraction, what the additive model leaves
stands for the noise and for the interactions that the fraction cannot tell from main effects. On
the full cube nothing is left out: only answers that come out otherwise when asked again are noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr as t_below
from scipy.special import stdtrit as t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import AdditiveFit

    Array = NDArray[np.float64]

RESIDUAL = "what the additive model leaves"
BOUND = "what the additive model leaves, interactions among it: an upper bound"
REPLICATES = "replicates"
NONE = "none: every configuration was asked, and asked again it answers the same"
DOES_NOT_VARY = "not defined: the score is the same for all personas"
# Replicates that differ by less differ by rounding.
ROUNDING = 1e-12
ONE_SCORE = "not defined: one persona alone has the score"
NO_SCORES = "not defined: no persona has the score"
NOT_SEPARATED = "not defined: the valid answers do not separate the variables"


@dataclass(frozen=True)
class Noise:
    """Noise of the scores of one persona.

    Attributes
    ----------
    covariance : ndarray of float64, shape (n_scores, n_scores)
        In squared scale points; nan where it is not known.
    df : ndarray of int64, shape (n_scores,)
        Degrees of freedom behind it.
    source : str
        What it is measured by.
    """

    covariance: Array
    df: NDArray[np.int64]
    source: str

    @property
    def mean_square(self) -> Array:
        """Variance of each score, shape (n_scores,)."""
        return np.diag(self.covariance)


def noise_of(
    fit: AdditiveFit, *, full: bool, drawn: bool, replicates: Sequence[Array] = ()
) -> Noise:
    """Return the noise of scores.

    Parameters
    ----------
    fit : AdditiveFit
        Of the scores.
    full : bool
        Whether every configuration of the space takes part.
    drawn : bool
        Whether scores are of options that were drawn, not of probabilities.
    replicates : sequence of ndarray of float64, each of shape (n_personas, n_scores)
        The same scores, these among them, in several replicates; used on the full cube.

    Returns
    -------
    Noise
        With its source, one of the constants above.
    """
    if not full:
        return Noise(fit.residual_covariance, fit.df, RESIDUAL)
    repeated = replicate_noise(replicates)
    if repeated is not None:
        return repeated
    if drawn:
        return Noise(fit.residual_covariance, fit.df, BOUND)
    return Noise(np.full(fit.residual_covariance.shape, np.nan), np.zeros_like(fit.df), NONE)


def replicate_noise(scores: Sequence[Array]) -> Noise | None:
    """Return how the scores of the same persona differ between replicates.

    Parameters
    ----------
    scores : sequence of ndarray of float64, each of shape (n_personas, n_scores)
        The same personas in each; nan where not known.

    Returns
    -------
    Noise or None
        None without a second replicate, or if no replicate differs: asked for probabilities, a
        model gives the same ones each time, which says nothing of noise.
    """
    if len(scores) <= 1:
        return None
    stacked = np.stack(scores)
    known = np.isfinite(stacked).all(axis=0)
    apart = np.where(known, stacked - stacked.mean(axis=0), 0.0)
    if not np.abs(apart).max(initial=0.0) > ROUNDING:
        return None
    df = known.sum(axis=0) * (len(scores) - 1)
    free = np.where(df > 0, df, np.nan)
    square = np.einsum("rnf,rng->fg", apart, apart)
    return Noise(square / np.sqrt(np.outer(free, free)), df, REPLICATES)


def interval(estimate: Array, unit_variance: Array, noise: Noise, tail: float = 0.025) -> tuple[
    Array, Array, Array
]:  # fmt: skip
    """Return the interval of estimates that are linear in scores, and the test against zero.

    Parameters
    ----------
    estimate, unit_variance : ndarray of float64, shape (n_scores, ...)
        Estimates, and their variances under noise of mean square 1.
    noise : Noise
        Of the scores.
    tail : float
        Probability beyond either end.

    Returns
    -------
    (ndarray, ndarray, ndarray)
        Lower and upper end by Student's t, and the two-sided p; nan where noise or estimate is
        not known.
    """
    shape = (-1, *[1] * (estimate.ndim - 1))
    df = np.where(noise.df > 0, noise.df, np.nan).reshape(shape)
    error = np.sqrt(np.maximum(noise.mean_square.reshape(shape) * unit_variance, 0.0))
    half = t_quantile(df, 1 - tail) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        # 0 / 0: an effect of nothing, without noise; there is nothing to test.
        p = 2 * t_below(df, -np.abs(estimate) / error)
    return estimate - half, estimate + half, np.asarray(p)


def why_undefined(fit: AdditiveFit) -> list[str]:
    """Return for each score why nothing is said of it, in words; empty if something is."""
    reasons = []
    for n, varies, effects in zip(fit.n, fit.varies, fit.effects, strict=True):
        if not n:
            reasons.append(NO_SCORES)
        elif n == 1:
            reasons.append(ONE_SCORE)
        elif not varies:
            reasons.append(DOES_NOT_VARY)
        else:
            reasons.append(NOT_SEPARATED if np.isnan(effects).any() else "")
    return reasons
