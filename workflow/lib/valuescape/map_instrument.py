"""The map's instrument, refitted from microdata of humans by the official procedure.

Individual answers, correlations over pairs of valid answers, case weights, two principal
components, a rotation, regression scores of unit variance. The axes are named by two indicators:
justifying homosexuality (F118) lies high on self-expression, God's importance (F063) low on
secular. Nothing here reads an answer of an LLM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from valuescape.cultural_map import Projection
from valuescape.errors import UserError
from valuescape.map_rotation import pinned, procrustes, varimax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

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


def refit(
    values: Array,
    codes: Sequence[str],
    weights: Array,
    target: Array,
    rotation: Rotation = "varimax_kaiser",
) -> Projection:
    """Fit the map to humans.

    Parameters
    ----------
    values : ndarray of float64, shape (n, n_indicators)
        Answers by `valid_answers`.
    codes : sequence of str
        The indicator in each column; F118 and F063 among them.
    weights : ndarray of float64, shape (n,)
        Case weights, not negative.
    target : ndarray of float64, shape (n_indicators, 2)
        1 or -1 where an indicator belongs to an axis; read by `procrustes_target`.
    rotation : {"varimax_kaiser", "varimax", "scores_varimax", "procrustes_target"}
        The published map has the first.

    Returns
    -------
    Projection
        Weights of unit-variance scores, to be used as the published ones are.

    Raises
    ------
    UserError
        If a question was not answered, or no two answers vary together.
    """
    correlation, means, sds = pairwise_correlation(values, weights)
    if not np.isfinite(correlation).all():
        place = int(np.argmin(np.isfinite(correlation).all(axis=1)))
        msg = f"the microdata have no two varying answers for {codes[place]} and another indicator"
        raise UserError(msg, hint="use a file in which all ten indicators were asked")
    eigenvalues, vectors = np.linalg.eigh(correlation)
    eigenvalues = eigenvalues[::-1][:N_COMPONENTS]
    unrotated = vectors[:, ::-1][:, :N_COMPONENTS]
    loadings = unrotated * np.sqrt(eigenvalues)
    if rotation == "procrustes_target":
        turn = procrustes(loadings, target)
    elif rotation == "scores_varimax":
        standard = np.nan_to_num((values - means) / sds)
        turn = varimax(standard @ (unrotated / np.sqrt(eigenvalues)))
    else:
        turn = varimax(loadings, kaiser=rotation == "varimax_kaiser")
    turn @= pinned(loadings @ turn, list(codes).index("F118"), list(codes).index("F063"))
    return Projection(tuple(codes), unrotated / np.sqrt(eigenvalues) @ turn, means, sds)
