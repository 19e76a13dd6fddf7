"""Draws of the scores of all configurations, as far as those of the asked personas leave them open.

A draw makes up effects, what three variables do together, and noise, all as strong as the scores
show them to be; asks the same personas about these; and adds what a surface fitted to their answers
would have missed to the surface of the scores. Whatever a lens finds in a draw is what it may find
in all configurations; how much it differs between draws is its error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from valuescape.lenses.surface.fit import FEWEST
from valuescape.stats.interactions import (
    EffectColumns,
    drawn_interactions,
    effect_columns,
    three_way_kernel,
)
from valuescape.stats.ridge_surface import (
    CANDIDATES,
    Candidate,
    Surface,
    fit_surface,
    log_evidence,
    root,
    solve,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

THREE = 3
MOST_DRAWS = 100
"""Of all configurations; they fix an interval of 95 % to about a seventh of its width."""


@dataclass(frozen=True)
class ScoreSurface:
    """The surface of scores that one lens reads together.

    Attributes
    ----------
    space : PersonaSpace
        The cultural variables.
    ids : ndarray of int64, shape (n,)
        Asked personas with all of these scores.
    scores : ndarray of float64, shape (n, n_scores)
        Theirs.
    surface : Surface
        Fitted to them.
    design : ndarray of int64, shape (m,)
        The personas that its errors follow from: these, or those of a design to come.
    """

    space: PersonaSpace
    ids: NDArray[np.int64]
    scores: Array
    surface: Surface
    design: NDArray[np.int64]


def as_if_asked(fitted: ScoreSurface, ids: NDArray[np.uint32]) -> ScoreSurface:
    """Return the surface with the errors that it would have if other personas had been asked.

    Parameters
    ----------
    fitted : ScoreSurface
        Of a pilot: its effects and residuals are taken as they are.
    ids : ndarray of uint32, shape (m,)
        The personas of a design.

    Returns
    -------
    ScoreSurface
        Errors follow from the design alone, before it is asked.
    """
    space, surface = fitted.space, fitted.surface
    levels = space.levels_of(ids)
    columns = effect_columns(levels, space.radices)
    kernel = three_way_kernel(levels, space.radices) if surface.three_way else None
    smoother, _ = solve(columns, surface.candidate, kernel, surface.three_way)
    return replace(fitted, surface=replace(surface, smoother=smoother), design=ids.astype(np.int64))


def choose(columns: EffectColumns, scores: Array) -> Candidate:
    """Return the candidate under whose variances the scores are most probable.

    It is not chosen by scores left out, as for questions: these hardly tell how large the effects
    are that a fraction cannot show, and errors hang on that.
    """
    varying = scores.std(axis=0) > 0
    if not varying.any():
        return CANDIDATES[0]
    return CANDIDATES[int(np.argmax(log_evidence(columns, scores[:, varying])))]


def fit_scores(
    space: PersonaSpace, ids: NDArray[np.uint32], scores: Array, candidate: Candidate | None = None
) -> ScoreSurface | None:
    """Fit one surface to several scores of the asked personas.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    ids : ndarray of uint32, shape (n,)
        The asked personas.
    scores : ndarray of float64, shape (n, n_scores)
        nan where not known.
    candidate : Candidate, optional
        Strength of the ridge; chosen by scores left out unless given.

    Returns
    -------
    ScoreSurface or None
        None if fewer than `fit.FEWEST` personas have all scores.
    """
    known = np.isfinite(scores).all(axis=1)
    if known.sum() < FEWEST:
        return None
    levels = space.levels_of(ids[known])
    columns = effect_columns(levels, space.radices)
    chosen = candidate or choose(columns, scores[known])
    kernel = three_way_kernel(levels, space.radices)
    surface = fit_surface(columns, scores[known], chosen, kernel)
    own = ids[known].astype(np.int64)
    return ScoreSurface(space, own, scores[known], surface, own)


@cache
def cube_columns(space: PersonaSpace) -> NDArray[np.float32]:
    """Return the columns of every configuration, by persona id.

    In half the width: products of so many rows take half the time, and keep six digits.
    """
    levels = space.levels_of(np.arange(space.n_personas))
    return effect_columns(levels, space.radices).matrix.astype(np.float32)


def drawn_cells(fitted: ScoreSurface, draws: Draws, purpose: str) -> Iterator[Array]:
    """Yield draws of the scores of every configuration.

    Parameters
    ----------
    fitted : ScoreSurface
        Of the scores.
    draws : Draws
        How many, and the study's seed.
    purpose : str
        What they are drawn for.

    Yields
    ------
    ndarray of float64, shape (n_configurations, n_scores)
        By persona id. Asked personas have their own scores in each draw.
    """
    space, surface = fitted.space, fitted.surface
    rng = draws.generator(f"surface/{purpose}")
    matrix = cube_columns(space)
    asked = np.column_stack([np.ones(len(fitted.design)), matrix[fitted.design]])
    pair = np.arange(matrix.shape[1]) >= int((space.radices - 1).sum())
    spread = np.sqrt(np.r_[0.0, surface.candidate.prior(pair)])[:, None]
    across = root(surface.residual_covariance)
    n, n_scores = surface.residuals.shape
    for _ in range(draws.n):
        share = rng.random() if surface.three_way is None else surface.three_way
        effects = spread * rng.standard_normal((len(spread), n_scores)) @ across
        beside = np.zeros((1, n_scores))
        if share > 0:
            drawn = drawn_interactions(space.radices, THREE, n_scores, rng)
            beside = np.sqrt(share) * drawn @ across
        noise = rng.standard_normal((len(asked), n_scores)) @ across
        answers = asked @ effects + np.sqrt(1 - share) * noise
        answers += beside[fitted.design] if share > 0 else 0.0
        missed = effects - surface.smoother @ answers
        coefficients = surface.coefficients + missed
        # how far residuals scatter is itself known from n of them only
        pool = surface.residuals[rng.integers(0, n, n)]
        centred = np.sqrt(1 - share) * (pool - pool.mean(axis=0))
        cells = matrix @ coefficients[1:].astype(np.float32) + coefficients[0] + beside
        cells += centred[rng.integers(0, n, len(cells))]
        cells[fitted.ids] = fitted.scores
        yield cells


def drawn_means(
    surface: Surface, weighted: Array, kept: Array, draws: Draws, purpose: str
) -> Array:
    """Return draws of weighted means over configurations.

    Parameters
    ----------
    surface : Surface
        Of answers.
    weighted : ndarray of float64, shape (n_means, n_columns)
        Weighted means of the columns over configurations.
    kept : ndarray of float64, shape (n_means, n_means)
        Sums over configurations of products of two means' weights: how far their residuals average
        out.
    draws : Draws
        How many, and the study's seed.
    purpose : str
        What they are drawn for.

    Returns
    -------
    ndarray of float64, shape (n_draws, n_means, n_answers)
        The means.
    """
    rng = draws.generator(f"surface/{purpose}")
    coefficients = surface.drawn_coefficients(draws.n, rng)
    means = coefficients[:, :1] + np.einsum("mc,dca->dma", weighted, coefficients[:, 1:])
    noise = rng.standard_normal(means.shape)
    residuals = np.einsum("mk,dka->dma", root(kept), noise) @ root(surface.residual_covariance)
    return np.asarray(means + residuals)


def quantiles(values: Sequence[float] | Array) -> tuple[float, float, float]:
    """Return mean and 95 % interval of draws; nan where a draw is not defined."""
    found = np.asarray(values, dtype=np.float64)
    if not np.isfinite(found).all():
        return np.nan, np.nan, np.nan
    low, high = np.quantile(found, [0.025, 0.975])
    return float(found.mean()), float(low), float(high)
