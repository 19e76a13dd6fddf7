"""Weighting schemes: from shares of single levels to smoothed shares of whole configurations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from valuescape.stats import raking
from valuescape.stats import semi_relaxed_ot as semi_relaxed
from valuescape.stats.tilting import tilted_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.humans.margins import Respondents
    from valuescape.stats.raking import Condition, Margin

    Array = NDArray[np.float64]

SCHEMES = ("uniform", "raking", "ipf_pairs", "joint", "semi_relaxed_ot")
"""From coarse to fine."""
# Margins that are off by more than half a per cent are not met.
TOLERATED = 0.005
# How softly personas come near margins that they cannot meet, as in `tilting.tilted`: shares are
# then missed by a few points, and the weights do not rest on a handful.
SOFTNESS = 0.01
# The joint scheme needs the configurations of at least half of the humans among the personas.
LEAST_COVERED = 0.5
# What is tried on held-out respondents: how many respondents the smooth shares of pairs count as,
# and how far transport spreads humans (a step between neighbouring levels costs 0.03 to 0.1).
PRIOR_RESPONDENTS = (300.0, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5)
SPREADS = (0.005, 0.01, 0.02)


@dataclass(frozen=True)
class Smoothing:
    """How far sparse human answers are smoothed; chosen on respondents held out.

    Attributes
    ----------
    prior_respondents : float
        How many respondents the shares of all pairs count as in the joint scheme.
    spread : float
        Strength of the regularisation of the transport.
    """

    prior_respondents: float
    spread: float


def from_margins(
    levels: NDArray[np.int8],
    margins: Sequence[Condition],
    pairs: Sequence[Margin] = (),
) -> dict[str, Array]:
    """Return the schemes that margins of single variables, and of pairs of them, allow.

    Parameters
    ----------
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations of the personas.
    margins : sequence of Margin or Moments
        Shares of levels, or moments where no more is known.
    pairs : sequence of Margin
        Shares of pairs of levels; none if they are not known.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_personas,)
        `uniform`; `raking`, which comes near what these personas cannot meet; `ipf_pairs` if they
        can meet the pairs.
    """
    found = {"uniform": np.full(len(levels), 1 / len(levels)), "raking": rake(levels, margins)}
    if pairs:
        fitted = raking.fit(levels, pairs)
        if fitted.residual <= TOLERATED:
            found["ipf_pairs"] = fitted.weights
    return found


def rake(levels: NDArray[np.int8], margins: Sequence[Condition]) -> Array:
    """Return weights that meet margins of single variables, or come near them.

    A fraction of the configurations cannot meet all at once: then what is missed is traded against
    weights that rest on few personas.

    Parameters
    ----------
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations of the personas.
    margins : sequence of Margin or Moments
        Of single variables.

    Returns
    -------
    ndarray of float64, shape (n_personas,)
        They sum to 1.
    """
    fitted = raking.fit(levels, margins)
    if fitted.residual <= TOLERATED:
        return fitted.weights
    parts = [
        (each.variables[0], *each.features(np.ones(each.shape, dtype=np.bool_))) for each in margins
    ]
    return tilted_to(levels, parts, SOFTNESS, complete=False)


def from_respondents(
    ids: NDArray[np.uint32], humans: Respondents, smoothing: Smoothing
) -> dict[str, Array]:
    """Return the schemes that single respondents allow.

    Parameters
    ----------
    ids : ndarray of uint32, shape (n_personas,)
        The personas of the design.
    humans : Respondents
        Whom they are to stand for.
    smoothing : Smoothing
        How far their shares are smoothed.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_personas,)
        By scheme; without those that these personas cannot meet.
    """
    space, shares = humans.space, humans.shares
    levels = space.levels_of(ids)
    found = from_margins(levels, humans.margins, humans.pair_margins)
    if "ipf_pairs" in found and shares[ids].sum() >= LEAST_COVERED:
        mixed = smoothed(
            shares[ids], found["ipf_pairs"], len(humans.levels), smoothing.prior_respondents
        )
        found["joint"] = mixed / mixed.sum()
    member = np.zeros(space.n_personas, dtype=np.bool_)
    member[ids] = True
    moved = semi_relaxed.weights(shares, member, space.radices, smoothing.spread)
    found["semi_relaxed_ot"] = moved[ids]
    return found


def smoothed(shares: Array, prior: Array, n: float, prior_respondents: float) -> Array:
    """Return (n shares + m prior) / (n + m) for n respondents and a prior that counts as m."""
    return np.asarray((n * shares + prior_respondents * prior) / (n + prior_respondents))


def choose_smoothing(halves: tuple[Respondents, Respondents]) -> Smoothing:
    """Choose the smoothing that makes respondents held out most probable.

    Parameters
    ----------
    halves : (Respondents, Respondents)
        Each is held out once; all configurations of their space count, whatever the design.

    Returns
    -------
    Smoothing
        Of the values tried, those of the greatest mean log-likelihood.
    """
    space = halves[0].space
    levels = space.levels_of(np.arange(space.n_personas))
    everyone = np.ones(space.n_personas, dtype=np.bool_)
    joint, moved = np.zeros(len(PRIOR_RESPONDENTS)), np.zeros(len(SPREADS))
    for first, second in (halves, halves[::-1]):
        shares, held_out = first.shares, second.shares
        prior = raking.fit(levels, first.pair_margins).weights
        joint += [
            log_likelihood(smoothed(shares, prior, len(first.levels), m), held_out)
            for m in PRIOR_RESPONDENTS
        ]
        moved += [
            log_likelihood(semi_relaxed.weights(shares, everyone, space.radices, eps), held_out)
            for eps in SPREADS
        ]
    return Smoothing(PRIOR_RESPONDENTS[joint.argmax()], SPREADS[moved.argmax()])


def log_likelihood(weights: Array, held_out: Array) -> float:
    """Return the mean logarithm of the weights of humans held out; floor 1e-12 a configuration.

    A pair of levels that none of the other half has gets weight 0; without the floor one
    respondent alone would rule out every smoothing.
    """
    seen = held_out > 0
    return float(held_out[seen] @ np.log(np.maximum(weights[seen], 1e-12)))
