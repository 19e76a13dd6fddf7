"""Main effects and interactions of categorical variables, as orthonormal columns and as kernels.

Over all configurations every column has mean 0 and mean square 1, and any two columns are
orthogonal: a coefficient's square is the variance that it adds (Hoeffding 1948; Sobol 1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


# Rows of a kernel that are made at once.
BLOCK = 512


@dataclass(frozen=True)
class EffectColumns:
    """Columns of main effects and of interactions of two variables.

    Attributes
    ----------
    matrix : ndarray of float64, shape (n, n_columns)
        One row a configuration.
    pair : ndarray of bool, shape (n_columns,)
        Whether a column belongs to an interaction.
    """

    matrix: Array
    pair: NDArray[np.bool_]


def contrasts(n_levels: int) -> Array:
    """Return orthonormal contrasts of the levels of a variable (Helmert's).

    Parameters
    ----------
    n_levels : int
        At least 2.

    Returns
    -------
    ndarray of float64, shape (n_levels, n_levels - 1)
        Columns of sum 0 and mean square 1.
    """
    found = np.zeros((n_levels, n_levels - 1))
    for column in range(n_levels - 1):
        found[: column + 1, column] = -1.0
        found[column + 1, column] = column + 1.0
    return np.asarray(found / np.sqrt((found**2).mean(axis=0)))


def effect_columns(levels: NDArray[np.int8], radices: NDArray[np.int64]) -> EffectColumns:
    """Return the columns of all main effects and interactions of two variables.

    Parameters
    ----------
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.
    radices : ndarray of int64, shape (n_variables,)
        Number of levels of each variable.

    Returns
    -------
    EffectColumns
        Main effects first: 22 and 216 columns for the ten variables with 32 levels.
    """
    main = [contrasts(count)[levels[:, k]] for k, count in enumerate(radices.tolist())]
    pairs = [
        (first[:, :, None] * second[:, None, :]).reshape(len(levels), -1)
        for first, second in combinations(main, 2)
    ]
    matrix = np.column_stack([*main, *pairs])
    return EffectColumns(matrix, np.arange(matrix.shape[1]) >= int((radices - 1).sum()))


def three_way_kernel(levels: NDArray[np.int8], radices: NDArray[np.int64]) -> Array:
    """Return how alike two configurations are in what three variables do together.

    It is the covariance of a sum of all interactions of three variables, every coefficient alike:
    the elementary symmetric polynomial of the kernels of single variables.

    Parameters
    ----------
    levels, radices
        As in `effect_columns`.

    Returns
    -------
    ndarray of float64, shape (n, n)
        1 on the diagonal; 0 everywhere for fewer than three variables.
    """
    n, most = len(levels), 3
    kernel = np.empty((n, n))
    for start in range(0, n, BLOCK):
        rows = levels[start : start + BLOCK]
        sums = [np.ones((len(rows), n)), *(np.zeros((len(rows), n)) for _ in range(most))]
        for k, count in enumerate(radices.tolist()):
            same = np.where(rows[:, [k]] == levels[:, k], count - 1.0, -1.0)
            for order in range(most, 0, -1):
                sums[order] += same * sums[order - 1]
        kernel[start : start + BLOCK] = sums[most]
    df = sum(prod(each) for each in combinations((radices - 1).tolist(), most))
    return np.asarray(kernel / max(df, 1))


def drawn_interactions(
    radices: NDArray[np.int64], n_variables: int, n_draws: int, rng: np.random.Generator
) -> Array:
    """Return random sums of all interactions of so many variables, at every configuration.

    Every coefficient is standard normal, so that the covariance over configurations is the
    kernel of these interactions. Effects are added variable by variable, from small arrays to
    large ones.

    Parameters
    ----------
    radices : ndarray of int64, shape (n_variables,)
        Number of levels of each variable.
    n_variables : int
        How many interact: 3 for `three_way_kernel`.
    n_draws : int
        How many sums.
    rng : Generator
        Draws the coefficients.

    Returns
    -------
    ndarray of float64, shape (n_configurations, n_draws)
        By persona id, of mean square 1 on average; 0 for fewer variables.
    """
    counts = radices.tolist()
    tables = [contrasts(count) for count in counts]

    def grown(among: int, order: int) -> Array:
        if order == 0:
            return rng.standard_normal((1, n_draws))
        if among < order:
            return np.zeros((1, n_draws))
        count, size = counts[among - 1], prod(counts[: among - 1])
        found = np.empty((size, count, n_draws))
        found[:] = grown(among - 1, order)[:, None]
        for column in tables[among - 1].T:
            found += grown(among - 1, order - 1)[:, None] * column[:, None]
        return found.reshape(size * count, n_draws)

    df = sum(prod(each) for each in combinations((radices - 1).tolist(), n_variables))
    return np.asarray(grown(len(counts), n_variables) / np.sqrt(max(df, 1)))


def drawn_interaction(
    radices: NDArray[np.int64], n_variables: int, n_draws: int, rng: np.random.Generator
) -> Array:
    """Return a random interaction of so many variables, the same ones in every draw.

    Parameters
    ----------
    radices, n_variables, rng
        As in `drawn_interactions`; at least so many variables.
    n_draws : int
        How many interactions of these variables.

    Returns
    -------
    ndarray of float64, shape (n_configurations, n_draws)
        By persona id, of mean square 1.
    """
    counts = radices.tolist()
    chosen = sorted(rng.choice(len(counts), n_variables, replace=False).tolist())
    found = rng.standard_normal((*(counts[k] - 1 for k in chosen), n_draws))
    for axis, k in enumerate(chosen):
        found = np.moveaxis(np.tensordot(contrasts(counts[k]), found, (1, axis)), 0, axis)
    found /= np.sqrt((found**2).mean(axis=tuple(range(n_variables))))
    shape = [count if k in chosen else 1 for k, count in enumerate(counts)]
    return np.broadcast_to(found.reshape(*shape, n_draws), (*counts, n_draws)).reshape(-1, n_draws)
