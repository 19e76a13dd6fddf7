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

from valuescape.cultural_map import Projection
from valuescape.errors import UserError
from valuescape.map_rotation import pinned, procrustes, varimax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from valuescape.resampling import Draws

    Array = NDArray[np.float64]

Rotation = Literal["varimax_kaiser", "varimax", "scores_varimax", "procrustes_target"]

# Least and greatest valid code of each indicator; what lies outside is a sentinel (-1 don't know,
# -5 missing, 5 of national pride "I am not of that nation") and never counts. For Y003 -1 and -2
# are answers, so that only its own range can tell.
VALID = {
    "A008": (1, 4), "A165": (1, 2), "E018": (1, 3), "E025": (1, 3), "F063": (1, 10),
    "F118": (1, 10), "F120": (1, 10), "G006": (1, 4), "Y002": (1, 3), "Y003": (-2, 2),
}  # fmt: skip
MATERIALIST, POSTMATERIALIST = (1, 3), (2, 4)
N_COMPONENTS = 2


def valid_answers(values: Array, codes: Sequence[str]) -> Array:
    """Return answers with all sentinels made nan.

    Parameters
    ----------
    values : ndarray of float64, shape (n, n_indicators)
        Survey codes.
    codes : sequence of str
        The indicator in each column.

    Returns
    -------
    ndarray of float64, shape (n, n_indicators)
        nan outside the valid range.
    """
    low, high = np.array([VALID[code] for code in codes], dtype=np.float64).T
    return np.where((values >= low) & (values <= high), values, np.nan)


def postmaterialism(first: Array, second: Array) -> Array:
    """Return Y002 from the two most important aims of the country (WVS-7 Q154, Q155).

    Parameters
    ----------
    first, second : ndarray of float64, shape (n,)
        1 order, 2 more say, 3 prices, 4 free speech; anything else is missing.

    Returns
    -------
    ndarray of float64, shape (n,)
        1 if both are order and prices, 3 if both are say and speech, else 2; nan if one is
        missing.
    """
    answered = np.isin(first, (1, 2, 3, 4)) & np.isin(second, (1, 2, 3, 4))
    low = np.isin(first, MATERIALIST) & np.isin(second, MATERIALIST)
    high = np.isin(first, POSTMATERIALIST) & np.isin(second, POSTMATERIALIST)
    return np.where(answered, np.where(low, 1.0, np.where(high, 3.0, 2.0)), np.nan)


def autonomy(independence: Array, determination: Array, faith: Array, obedience: Array) -> Array:
    """Return Y003 from four qualities of children (WVS-7 Q8, Q14, Q15, Q17).

    Parameters
    ----------
    independence, determination, faith, obedience : ndarray of float64, shape (n,)
        1 mentioned; 2 (wave file) or 0 (trend file) not mentioned; anything else is missing.

    Returns
    -------
    ndarray of float64, shape (n,)
        Independence and determination less faith and obedience, from -2 to 2; nan unless all
        four are valid.
    """
    total = np.zeros(len(independence))
    for answer, sign in ((independence, 1), (determination, 1), (faith, -1), (obedience, -1)):
        known = np.isin(answer, (0, 1, 2))
        total += sign * np.where(known, answer == 1, np.nan)
    return total


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
    """What a refit reads of the people: their answers and what was made of them.

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


def refit(
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
    """Return case weights that let every country count alike (as S018 does with S017).

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
    """Return where the people of each country lie on average.

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
        nan where nobody answered all ten.
    """
    places = projection.positions(humans.values, humans.codes, "the microdata")
    known = ~np.isnan(places).any(axis=1)
    at, weights, n = countries[known], humans.weights[known], int(countries.max()) + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.bincount(at, weights, minlength=n)
        columns = [np.bincount(at, weights * axis, minlength=n) / total for axis in places[known].T]
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
