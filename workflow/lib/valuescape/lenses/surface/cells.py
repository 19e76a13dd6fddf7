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
    drawn_interaction,
    drawn_interactions,
    effect_columns,
    three_way_kernel,
)
from valuescape.stats.ridge_surface import (
    CANDIDATES,
    MEAN,
    Candidate,
    Surface,
    fit_surface,
    log_evidence,
    root,
    solve,
    three_way_share,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from valuescape.lenses.surface.fit import QuestionSurface
    from valuescape.stats.resampling import Draws
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

THREE = 3
EVEN = 0.5
FINER = 10.0 ** np.linspace(-1 / 3, 1 / 3, 17)
"""Between one strength of the ridge and the next, as factors."""
FEATURES, AT_ONCE = 400, 100
"""Random interactions that stand for all of three variables, and how many are made at once."""
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
    are that a fraction cannot show, and errors hang on that. So do spreads, and with them the share
    between the countries, which is why the strength is chosen more finely.
    """
    varying = scores.std(axis=0) > 0
    if not varying.any():
        return CANDIDATES[0]
    coarse = _most_probable(columns, scores[:, varying], CANDIDATES)
    if coarse.form == MEAN:
        return coarse
    near = [replace(coarse, penalty=coarse.penalty * float(step)) for step in FINER]
    return _most_probable(columns, scores[:, varying], near)


def _most_probable(
    columns: EffectColumns, scores: Array, candidates: Sequence[Candidate]
) -> Candidate:
    return candidates[int(np.argmax(log_evidence(columns, scores, candidates)))]


def fit_scores(space: PersonaSpace, ids: NDArray[np.uint32], scores: Array) -> ScoreSurface | None:
    """Fit one surface to several scores of the asked personas.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    ids : ndarray of uint32, shape (n,)
        The asked personas.
    scores : ndarray of float64, shape (n, n_scores)
        nan where not known.

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
    kernel = three_way_kernel(levels, space.radices)
    surface = fit_surface(columns, scores[known], choose(columns, scores[known]), kernel)
    own = ids[known].astype(np.int64)
    return ScoreSurface(space, own, scores[known], surface, own)


@cache
def cube_columns(space: PersonaSpace) -> NDArray[np.float32]:
    """Return the columns of every configuration, by persona id.

    In half the width: products of so many rows take half the time, and keep six digits.
    """
    levels = space.levels_of(np.arange(space.n_personas))
    return effect_columns(levels, space.radices).matrix.astype(np.float32)


def pairs_of(space: PersonaSpace) -> NDArray[np.bool_]:
    """Return which of the columns are of pairs of variables, shape (n_columns,)."""
    return effect_columns(space.levels_of([0]), space.radices).pair


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
    spread = np.sqrt(np.r_[0.0, surface.candidate.prior(pairs_of(space))])[:, None]
    n, n_scores = surface.residuals.shape
    free = max(round(surface.freedom), FEWEST)
    for _ in range(draws.n):
        # how far residuals scatter is itself known from so many of them only
        pool = surface.residuals[rng.integers(0, n, free)]
        pool = pool - pool.mean(axis=0)
        across = root(pool.T @ pool / free)
        share = drawn_share(surface.three_way, rng)
        effects = spread * rng.standard_normal((len(spread), n_scores)) @ across
        noise = rng.standard_normal((len(asked), n_scores)) @ across
        answers = asked @ effects + np.sqrt(1 - share) * noise
        beside = np.zeros((1, n_scores))
        if share > 0:
            # whether many triples of variables hold it or a single one, a fraction hardly tells
            drawn = drawn_interactions if rng.random() < EVEN else drawn_interaction
            beside = np.sqrt(share) * drawn(space.radices, THREE, n_scores, rng) @ across
            answers += beside[fitted.design]
        missed = effects - surface.smoother @ answers
        coefficients = surface.coefficients + missed
        cells = matrix @ coefficients[1:].astype(np.float32) + coefficients[0] + beside
        cells += np.sqrt(1 - share) * pool[rng.integers(0, free, len(cells))]
        cells[fitted.ids] = fitted.scores
        yield cells


def drawn_share(share: float | None, rng: np.random.Generator) -> float:
    """Return how much of residuals three variables do together; where not known, all or nothing."""
    return float(rng.random() < EVEN) if share is None else share


@dataclass(frozen=True)
class WeightedMeans:
    """Weighted means over all configurations, and what decides the error of predicting them.

    Attributes
    ----------
    columns : ndarray of float64, shape (n_means, n_columns)
        Weighted means of the columns of main effects and pairs.
    kept : ndarray of float64, shape (n_means, n_means)
        Sums over configurations of products of two means' weights: how far independent residuals
        average out.
    of_three : ndarray of float64, shape (n_means, FEATURES)
        Weighted means of random interactions of three variables.
    pair : ndarray of bool, shape (n_columns,)
        Which columns are of pairs.
    asked_columns, asked_three : ndarray of float64, shapes (n, n_columns), (n, FEATURES)
        Columns and random interactions of the asked personas.
    share : float or None
        Of residuals, how much three variables do together; None if not known.
    """

    columns: Array
    kept: Array
    of_three: Array
    pair: NDArray[np.bool_]
    asked_columns: Array
    asked_three: Array
    share: float | None


def weighted_means(
    space: PersonaSpace,
    ids: NDArray[np.uint32],
    weights: Array,
    scores: Array,
    rng: np.random.Generator,
) -> WeightedMeans:
    """Return what the error of weighted means hangs on.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    ids : ndarray of uint32, shape (n,)
        The asked personas.
    weights : ndarray of float64, shape (n_means, n_configurations)
        By persona id; a row sums to 1.
    scores : ndarray of float64, shape (n, n_scores)
        Answers that show how much three variables do together; rows with nan do not count.
    rng : Generator
        Draws the interactions.

    Returns
    -------
    WeightedMeans
        For all questions of an instrument.
    """
    rows = ids.astype(np.int64)
    matrix = cube_columns(space)
    asked = matrix[rows].astype(np.float64)
    known = np.isfinite(scores).all(axis=1)
    levels = space.levels_of(ids[known])
    kernel = three_way_kernel(levels, space.radices)
    share = three_way_share(asked[known], scores[known], kernel)
    of_three, asked_three = [], []
    for _ in range(FEATURES // AT_ONCE):
        drawn = drawn_interactions(space.radices, THREE, AT_ONCE, rng) / np.sqrt(FEATURES)
        of_three.append(weights @ drawn)
        asked_three.append(drawn[rows])
    return WeightedMeans(
        weights @ matrix,
        weights @ weights.T,
        np.concatenate(of_three, axis=1),
        pairs_of(space),
        asked,
        np.concatenate(asked_three, axis=1),
        share,
    )


def drawn_means(
    fitted: QuestionSurface, means: WeightedMeans, n_draws: int, rng: np.random.Generator
) -> Array:
    """Return draws of the answers of weighted means to a question, as `drawn_cells` makes them.

    Parameters
    ----------
    fitted : QuestionSurface
        Of the question.
    means : WeightedMeans
        The means, and the asked personas.
    n_draws : int
        How many.
    rng : Generator
        Draws them.

    Returns
    -------
    ndarray of float64, shape (n_draws, n_means, n_options)
        Shares, before any is cut at 0.
    """
    surface, rows = fitted.surface, fitted.rows
    columns = means.asked_columns[rows]
    three, asked = means.asked_three[rows], np.column_stack([np.ones(len(columns)), columns])
    spread = np.sqrt(np.r_[0.0, surface.candidate.prior(means.pair)])[:, None]
    across, apart = root(surface.residual_covariance), root(means.kept)
    n_options = surface.residuals.shape[1]
    found = np.empty((n_draws, len(means.columns), n_options))
    for number in range(n_draws):
        share = drawn_share(means.share, rng)
        effects = spread * rng.standard_normal((len(spread), n_options)) @ across
        together = np.sqrt(share) * rng.standard_normal((three.shape[1], n_options)) @ across
        noise = rng.standard_normal((len(asked) + len(apart), n_options)) @ across
        noise *= np.sqrt(1 - share)
        answers = asked @ effects + three @ together + noise[: len(asked)]
        coefficients = surface.coefficients + effects - surface.smoother @ answers
        mean = coefficients[0] + means.columns @ coefficients[1:]
        found[number] = mean + means.of_three @ together + apart @ noise[len(asked) :]
    return found


def ends(drawn: Sequence[object] | Array) -> tuple[Array, Array]:
    """Return the ends between which one more draw lies in 95 of 100 cases.

    Parameters
    ----------
    drawn : array_like of float, shape (n_draws, ...)
        Draws. Of n of them the k-th lies at the share k / (n + 1) (Weibull 1939): plain percentiles
        of few draws lie too near to each other.

    Returns
    -------
    (ndarray, ndarray), each of shape (...)
        Lower and upper end.
    """
    low, high = np.quantile(np.asarray(drawn), [0.025, 0.975], axis=0, method="weibull")
    return low, high


def quantiles(values: Sequence[float] | Array) -> tuple[float, float, float]:
    """Return mean and 95 % interval of draws; nan where a draw is not defined."""
    found = np.asarray(values, dtype=np.float64)
    if not np.isfinite(found).all():
        return np.nan, np.nan, np.nan
    low, high = ends(found)
    return float(found.mean()), float(low), float(high)
