"""The map's instrument, refitted from microdata of humans by the official procedure.

Individual answers, correlations over pairs of valid answers, case weights, two principal
components, a rotation, regression scores of unit variance. The axes are named by two indicators:
justifying homosexuality (F118) lies high on self-expression, God's importance (F063) low on
secular. Nothing here reads an answer of an LLM.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from valuescape.core.errors import UserError
from valuescape.lenses.cultural_map.positions import Projection
from valuescape.lenses.cultural_map.rotation import pinned, procrustes, varimax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

Rotation = Literal["varimax_kaiser", "varimax", "scores_varimax", "procrustes_target"]

N_COMPONENTS = 2


def pairwise_correlation(values: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Return weighted correlations, each over those who answered both questions.

    Parameters
    ----------
    values : ndarray of float64, shape (n, n_indicators)
        Answers; nan where there is none.
    weights : ndarray of float64, shape (n,)
        Case weights, such as S017.

    Returns
    -------
    (ndarray, ndarray, ndarray) of shapes (n_indicators, n_indicators), (n_indicators,) twice
        Correlations; means and SDs over those who answered the question.
    """
    known = (~np.isnan(values)).astype(np.float64)
    filled = np.nan_to_num(values)
    total = known.T @ (weights[:, None] * known)
    weighted = weights[:, None] * filled
    # [i, j] is of question i over those who answered i and j.
    mean = (weighted.T @ known) / total
    square = ((weights[:, None] * filled**2).T @ known) / total
    variance = square - mean**2
    covariance = (weighted.T @ filled) / total - mean * mean.T
    correlation = covariance / np.sqrt(variance * variance.T)
    return correlation, np.diagonal(mean).copy(), np.sqrt(np.diagonal(variance))


@dataclass(frozen=True)
class Humans:
    """What a refit reads of single respondents.

    Attributes
    ----------
    codes : tuple of str
        The indicator in each column; F118 and F063 among them.
    values : ndarray of float64, shape (n, n_indicators)
        Answers on the survey's scales; nan where there is none.
    weights : ndarray of float64, shape (n,)
        Case weights, not negative.
    """

    codes: tuple[str, ...]
    values: Array
    weights: Array


def fit_map(
    humans: Humans,
    target: Array,
    rotation: Rotation = "varimax_kaiser",
    correlation: Array | None = None,
) -> Projection:
    """Fit the map to humans.

    Parameters
    ----------
    humans : Humans
        Answers, codes and case weights.
    target : ndarray of float64, shape (n_indicators, 2)
        1 or -1 where an indicator belongs to an axis, or loadings to turn to; read by
        `procrustes_target` alone.
    rotation : {"varimax_kaiser", "varimax", "scores_varimax", "procrustes_target"}
        The published map has the first.
    correlation : ndarray of float64, shape (n_indicators, n_indicators), optional
        Another correlation matrix to take the components from, such as polychoric ones.

    Returns
    -------
    Projection
        Weights of unit-variance scores, to be used as the published ones are.

    Raises
    ------
    UserError
        If a question was not answered, or no two answers vary together.
    """
    pearson, means, sds = pairwise_correlation(humans.values, humans.weights)
    if not np.isfinite(pearson).all():
        place = int(np.argmin(np.isfinite(pearson).all(axis=1)))
        msg = (
            f"the microdata have no two varying answers for {humans.codes[place]} and another "
            "indicator"
        )
        raise UserError(msg, hint="use a file in which all ten indicators were asked")
    eigenvalues, vectors = np.linalg.eigh(pearson if correlation is None else correlation)
    eigenvalues = eigenvalues[::-1][:N_COMPONENTS]
    unrotated = vectors[:, ::-1][:, :N_COMPONENTS]
    loadings = unrotated * np.sqrt(eigenvalues)
    if rotation == "procrustes_target":
        turn = procrustes(loadings, target)
    elif rotation == "scores_varimax":
        standard = np.nan_to_num((humans.values - means) / sds)
        turn = varimax(standard @ (unrotated / np.sqrt(eigenvalues)))
    else:
        turn = varimax(loadings, kaiser=rotation == "varimax_kaiser")
    first, second = humans.codes.index("F118"), humans.codes.index("F063")
    turn @= pinned(loadings @ turn, first, second)
    weights = unrotated / np.sqrt(eigenvalues) @ turn
    # The constants presuppose scores of unit variance, which only Pearson's own components have.
    weights /= np.sqrt(np.diagonal(weights.T @ pearson @ weights))
    return Projection(humans.codes, weights, means, sds)


def equal_countries(weights: Array, countries: NDArray[np.int64]) -> Array:
    """Return case weights under which every country counts the same (as S018 does with S017).

    Parameters
    ----------
    weights : ndarray of float64, shape (n,)
        Case weights.
    countries : ndarray of int64, shape (n,)
        Number of each respondent's country, from 0.

    Returns
    -------
    ndarray of float64, shape (n,)
        They sum to 1,000 in each country.
    """
    return np.asarray(1000.0 * weights / np.bincount(countries, weights)[countries])


def country_means(projection: Projection, humans: Humans, countries: NDArray[np.int64]) -> Array:
    """Return the mean position of each country's people.

    Parameters
    ----------
    projection : Projection
        The map.
    humans : Humans
        Those who answered all ten count.
    countries : ndarray of int64, shape (n,)
        Number of each respondent's country, from 0.

    Returns
    -------
    ndarray of float64, shape (n_countries, 2)
        nan where no respondent answered all ten.
    """
    positions = projection.positions(humans.values, humans.codes, "the microdata")
    known = ~np.isnan(positions).any(axis=1)
    at, weights, n = countries[known], humans.weights[known], int(countries.max()) + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.bincount(at, weights, minlength=n)
        columns = [
            np.bincount(at, weights * axis, minlength=n) / total for axis in positions[known].T
        ]
    return np.column_stack(columns)


def resampled_within(
    countries: NDArray[np.int64], draws: Draws, purpose: str
) -> Iterator[NDArray[np.int64]]:
    """Yield how often each respondent is drawn, when each country's are drawn anew.

    Parameters
    ----------
    countries : ndarray of int64, shape (n,)
        Number of each respondent's country, from 0.
    draws : Draws
        How many draws, and their seed.
    purpose : str
        What they are for.

    Yields
    ------
    ndarray of int64, shape (n,)
        Counts; those of a country sum to its number of respondents.
    """
    rng = draws.generator(purpose)
    order = np.argsort(countries, kind="stable")
    size = np.bincount(countries)
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    own = countries[order]
    for _ in range(draws.n):
        picked = start[own] + (rng.random(len(own)) * size[own]).astype(np.int64)
        yield np.bincount(order[picked], minlength=len(own))
