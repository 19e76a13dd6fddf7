"""Which personas to ask beside a design, so that countries are known better.

A persona weighs in a country as the survey's answers there tell (`lenses.weights`). Asked, it adds
no error any more; so those are worth most that stand for much of a country. No answer decides who
they are: only the design does, how countries are made up, and how far answers hang on the
configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def country_errors(
    weights: Array, columns: NDArray[np.float32], prior: Array, ids: NDArray[np.int64]
) -> Array:
    """Return the variance of the error of each country's mean, if these personas are asked.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_countries, n_configurations)
        By persona id; a row sums to 1.
    columns : ndarray of float32, shape (n_configurations, n_columns)
        Main effects and pairs of every configuration.
    prior : ndarray of float64, shape (n_columns,)
        Variance of each coefficient, as a multiple of that of residuals.
    ids : ndarray of int64, shape (n,)
        The personas that are asked.

    Returns
    -------
    ndarray of float64, shape (n_countries,)
        As a multiple of the variance of residuals: what the coefficients leave open, and the
        residuals of all who are not asked.
    """
    known = prior > 0
    design = np.column_stack([np.ones(len(ids)), columns[ids][:, known]])
    precision = design.T @ design + np.diag(np.r_[0.0, 1 / prior[known]])
    left = weights.copy()
    left[:, ids] = 0.0
    means = np.column_stack([left.sum(axis=1), left @ columns[:, known]])
    of_effects = np.einsum("cj,jc->c", means, np.linalg.solve(precision, means.T))
    return np.asarray(of_effects + (left**2).sum(axis=1))


def worth_asking(
    weights: Array, errors: Array, ids: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """Return the personas that take most error off the countries, each country counted alike.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_countries, n_configurations)
        As in `country_errors`.
    errors : ndarray of float64, shape (n_countries,)
        From there, with the personas asked so far.
    ids : ndarray of int64
        Those.
    n : int
        How many more.

    Returns
    -------
    ndarray of int64, shape (n,)
        Ids, rising: those whose own residuals make up most of the countries' errors.
    """
    worth = (weights**2 / errors[:, None]).sum(axis=0)
    worth[ids] = -1.0
    return np.sort(np.argsort(-worth, kind="stable")[:n])
