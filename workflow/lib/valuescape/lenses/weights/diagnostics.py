"""Diagnostics of weights: how many personas count, what is met, what respondents held out say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from valuescape.lenses.weights.schemes import SCHEMES, from_respondents
from valuescape.stats import raking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.humans.margins import Respondents
    from valuescape.lenses.weights.schemes import Smoothing
    from valuescape.stats.raking import Condition
    from valuescape.stats.resampling import Draws
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]


def split_in_halves(humans: Respondents, draws: Draws) -> tuple[Respondents, Respondents]:
    """Return two random halves of the respondents."""
    order = draws.generator("weights/halves").permutation(len(humans.levels))
    middle = len(order) // 2
    return humans.taken(order[:middle]), humans.taken(order[middle:])


def total_variation(first: Array, second: Array) -> float:
    """Return half the sum of absolute differences, 0 for equal shares and 1 for disjoint ones."""
    return float(np.abs(first - second).sum() / 2)


def kish(weights: Array) -> float:
    """Return the effective number: (sum w)^2 / sum w^2 (Kish 1965, Survey Sampling)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def pair_variation(space: PersonaSpace, first: Array, second: Array) -> float:
    """Return the mean total variation over all pairs of variables.

    Parameters
    ----------
    space : PersonaSpace
        The configurations.
    first, second : ndarray of float64, shape (space.n_personas,)
        Shares that sum to 1.

    Returns
    -------
    float
        In [0, 1].
    """
    levels = space.levels_of(np.arange(space.n_personas))
    margins = (raking.margins_of(levels, each, space.radices, 2) for each in (first, second))
    return float(
        np.mean([total_variation(a.shares, b.shares) for a, b in zip(*margins, strict=True)])
    )


def compare_held_out(
    ids: NDArray[np.uint32],
    halves: tuple[Respondents, Respondents],
    smoothing: Smoothing,
    draws: Draws,
) -> dict[tuple[str, str], tuple[float, float]]:
    """Compare weights fitted to one half of the respondents with the other half.

    Parameters
    ----------
    ids : ndarray of uint32, shape (n_personas,)
        The personas of the design.
    halves : (Respondents, Respondents)
        Each is held out once.
    smoothing : Smoothing
        How far shares are smoothed.
    draws : Draws
        Seed of the floor.

    Returns
    -------
    dict of (scheme, measure) to (value, floor)
        Means over both halves; the floor is what as many respondents drawn from the weights show.
    """
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    rng = draws.generator("weights/floor")
    space = halves[0].space
    for first, second in (halves, halves[::-1]):
        held_out = second.shares
        n = round(kish(second.weights))
        for scheme, weights in from_respondents(ids, first, smoothing).items():
            fitted = np.zeros(space.n_personas)
            fitted[ids] = weights
            drawn = rng.multinomial(n, fitted / fitted.sum()) / n
            for measure, distance in (
                ("held_out_configurations", total_variation),
                ("held_out_pairs", lambda a, b: pair_variation(space, a, b)),
            ):
                values = (distance(fitted, held_out), distance(fitted, drawn))
                found.setdefault((scheme, measure), []).append(values)
    return {
        key: (float(np.mean([v for v, _ in each])), float(np.mean([f for _, f in each])))
        for key, each in found.items()
    }


def diagnose_weights(
    space: PersonaSpace,
    ids: NDArray[np.uint32],
    schemes: Mapping[str, Array],
    conditions: Sequence[Condition],
    humans: Respondents | None = None,
) -> dict[tuple[str, str], float | None]:
    """Return diagnostics of weights that need no respondents held out.

    Parameters
    ----------
    space : PersonaSpace
        The configurations.
    ids : ndarray of uint32, shape (n_personas,)
        The personas of the design.
    schemes : mapping of str to ndarray of float64, shape (n_personas,)
        Weights by scheme.
    conditions : sequence of Margin or Moments
        Human shares of levels (or moments), and of pairs of levels as far as known.
    humans : Respondents or None
        None where only margins are known.

    Returns
    -------
    dict of (scheme, measure) to value
        None where single respondents would be needed, or the scheme is not possible.
    """
    levels = space.levels_of(ids)
    margins = [each for each in conditions if len(each.variables) == 1]
    pairs = [each for each in conditions if len(each.variables) > 1]
    found: dict[tuple[str, str], float | None] = {
        ("humans", "n_variables"): float(len(margins)),
        ("humans", "n_respondents"): None if humans is None else float(humans.n_asked),
        ("humans", "n_complete"): None if humans is None else float(len(humans.levels)),
    }
    if humans is not None:
        shares = humans.shares[ids]
        found["humans", "covered_share"] = float(shares.sum())
    for scheme in SCHEMES:
        if scheme not in schemes:
            found[scheme, "kish_effective_n"] = None
            continue
        weights = schemes[scheme]
        found[scheme, "kish_effective_n"] = kish(weights)
        found[scheme, "largest_weight"] = float(weights.max())
        found[scheme, "residual_levels"] = raking.residual(levels, weights, margins)
        for margin in margins:
            name = space.variables[margin.variables[0]].name
            found[scheme, f"residual_{name}"] = raking.residual(levels, weights, [margin])
        if pairs:
            found[scheme, "residual_pairs"] = raking.residual(levels, weights, pairs)
        if humans is not None:
            found[scheme, "weight_where_no_human"] = float(weights[shares == 0].sum())
    return found
