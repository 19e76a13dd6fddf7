"""Polychoric correlations: of the normal variables that ordered answers are cut from.

Pearson's correlation of answers in two to ten grades is smaller than that of what lies behind
them, and the coarser the grades the more. Two steps (Olsson 1979, Psychometrika 44:443-460):
thresholds from the margins, then the correlation of greatest likelihood. The libraries that have
it take no case weights; so here scipy's bivariate normal law stands behind it.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import ndtri as normal_quantile
from scipy.stats import multivariate_normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# The likelihood is not defined at 1; closer than this no table of survey answers tells apart.
LARGEST = 0.999
TOLERANCE = 1e-4
# Beyond this the normal law holds less than 1e-15.
INFINITE = 8.0
LEAST_PROBABILITY = 1e-12


def weighted_table(first: Array, second: Array, weights: Array) -> Array:
    """Return the weighted cross-table of two questions.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n,)
        Answers; nan where there is none.
    weights : ndarray of float64, shape (n,)
        Case weights.

    Returns
    -------
    ndarray of float64, shape (n_grades, n_grades of the second)
        Grades that somebody gave who answered both, in rising order.
    """
    known = ~np.isnan(first + second)
    rows, row = np.unique(first[known], return_inverse=True)
    columns, column = np.unique(second[known], return_inverse=True)
    cell = row * len(columns) + column
    counts = np.bincount(cell, weights[known], minlength=len(rows) * len(columns))
    return np.asarray(counts.reshape(len(rows), len(columns)))


def polychoric(table: Array) -> float:
    """Return the polychoric correlation of a cross-table.

    Parameters
    ----------
    table : ndarray of float64, shape (n_rows, n_columns)
        Counts or sums of weights, grades in order.

    Returns
    -------
    float
        Between -1 and 1; nan where a question has one grade only.
    """
    shares = table / table.sum()
    if min(shares.shape) < 2:  # noqa: PLR2004
        return float("nan")
    cuts = [_thresholds(shares.sum(axis=axis)) for axis in (1, 0)]
    corners = np.stack(np.meshgrid(*cuts, indexing="ij"), axis=-1)

    def misfit(correlation: float) -> float:
        law = multivariate_normal(np.zeros(2), [[1.0, correlation], [correlation, 1.0]])
        below = np.asarray(law.cdf(corners)).reshape(corners.shape[:2])
        cells = np.diff(np.diff(below, axis=0), axis=1)
        return -float((shares * np.log(np.maximum(cells, LEAST_PROBABILITY))).sum())

    found = minimize_scalar(
        misfit, bounds=(-LARGEST, LARGEST), method="bounded", options={"xatol": TOLERANCE}
    )
    return float(found.x)


def _thresholds(shares: Array) -> Array:
    """Cuts of a standard normal law into these shares, both ends included."""
    inner = normal_quantile(np.cumsum(shares)[:-1])
    cuts = np.concatenate([[-INFINITE], inner, [INFINITE]])
    return np.asarray(np.clip(cuts, -INFINITE, INFINITE))


def polychoric_matrix(values: Array, weights: Array) -> Array:
    """Return polychoric correlations of all pairs, each over those who answered both.

    Parameters
    ----------
    values : ndarray of float64, shape (n, n_questions)
        Answers; nan where there is none.
    weights : ndarray of float64, shape (n,)
        Case weights.

    Returns
    -------
    ndarray of float64, shape (n_questions, n_questions)
        1 on the diagonal.
    """
    found = np.eye(values.shape[1])
    for i, j in combinations(range(values.shape[1]), 2):
        table = weighted_table(values[:, i], values[:, j], weights)
        found[i, j] = found[j, i] = polychoric(table)
    return found
