"""Manipulation check by level: how often personas answer at the level they were configured to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.core.errors import UserError
from valuescape.stats import resampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws
    from valuescape.study.instruments import Question
    from valuescape.study.space import Variable

    Array = NDArray[np.float64]

# Below this a variance is rounding: no agreement can be measured.
LEAST_VARIANCE = 1e-12


def level_probabilities(shares: Array, question: Question, variable: Variable) -> Array:
    """Sum option probabilities over the survey codes of each level.

    Parameters
    ----------
    shares : ndarray of float64, shape (n, n_options)
        Option probabilities; nan where the answer is not valid.
    question : Question
        The options.
    variable : Variable
        The levels and their codes.

    Returns
    -------
    ndarray of float64, shape (n, n_levels)
        A row sums to 1, or is nan.

    Raises
    ------
    UserError
        If an option falls in no level.
    """
    found = np.zeros((len(shares), len(variable.levels)))
    for column, option in enumerate(question.options):
        level = [k for k, each in enumerate(variable.levels) if option.value in each.codes]
        if not level:
            msg = f"{question.id}: the option {option.value} is in no level of {variable.name!r}"
            raise UserError(msg, hint="add its code to a level in the persona space")
        found[:, level[0]] += shares[:, column]
    return found


def tabulate_levels(
    variable: str, configured: NDArray[np.int8], answered: Array, draws: Draws
) -> pl.DataFrame:
    """Return how personas of each configured level answer.

    Parameters
    ----------
    variable : str
        Its name.
    configured : ndarray of int8, shape (n,)
        Configured levels.
    answered : ndarray of float64, shape (n, n_levels)
        Probability of each level; nan where the answer is not valid.
    draws : Draws
        Bootstrap draws, over personas.

    Returns
    -------
    DataFrame
        Table MANIPULATION_CHECK_MATRIX, for this variable; null where no persona has the level.
    """
    known = ~np.isnan(answered).any(axis=1)
    n_levels = answered.shape[1]
    of_level = np.eye(n_levels)[configured[known]]
    joint = of_level[:, :, None] * answered[known][:, None, :]
    columns = np.concatenate([joint.reshape(-1, n_levels**2), of_level], axis=1)
    sums = columns.sum(axis=0)
    drawn = resampling.resampled_sums(columns, draws, "map_recovery/personas")

    def conditional(totals: Array) -> Array:
        table = totals[..., : n_levels**2].reshape(*totals.shape[:-1], n_levels, n_levels)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(table / totals[..., n_levels**2 :, None])

    share = conditional(sums)
    low, high = resampling.interval(share, conditional(drawn), (0.0, 1.0))
    overall = answered[known].mean(axis=0) if known.any() else np.full(n_levels, np.nan)
    rows, cells = np.divmod(np.arange(n_levels**2), n_levels)
    frame = pl.DataFrame(
        {
            "variable": np.full(n_levels**2, variable),
            "configured": rows.astype(np.int8),
            "answered": cells.astype(np.int8),
            "share": np.clip(share.ravel(), 0.0, 1.0),
            "ci_low": low.ravel(),
            "ci_high": high.ravel(),
            "share_of_all": np.clip(overall[cells], 0.0, 1.0),
            "n_personas": sums[n_levels**2 :][rows].astype(np.int64),
        }
    )
    return frame.fill_nan(None)


def _kappa(sums: Array) -> Array:
    """Quadratic kappa from sums of (1, i, j, i^2, j^2, i j), shape (..., 6).

    With disagreement (i - j)^2, 1 - observed / expected is
    2 cov(i, j) / (var(i) + var(j) + (mean i - mean j)^2).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        i, j, ii, jj, ij = np.moveaxis(sums[..., 1:], -1, 0) / sums[..., 0]
        expected = ii + jj - 2 * i * j
        return np.where(expected > LEAST_VARIANCE, 2 * (ij - i * j) / expected, np.nan)


def measure_agreement(
    variable: str, configured: NDArray[np.int8], answered: Array, draws: Draws
) -> dict[str, str | float]:
    """Measure the agreement of answered with configured levels.

    Parameters
    ----------
    variable : str
        Its name.
    configured : ndarray of int8, shape (n,)
        Configured levels.
    answered : ndarray of float64, shape (n, n_levels)
        Probability of each level; nan where the answer is not valid.
    draws : Draws
        Bootstrap draws, and shuffles of the personas.

    Returns
    -------
    dict of str to str or float
        A row of table MANIPULATION_CHECK_LEVELS; nan where not defined.
    """
    known = ~np.isnan(answered).any(axis=1)
    of_level = np.eye(answered.shape[1])[configured[known]]
    answered = answered[known]
    grades = np.arange(answered.shape[1], dtype=np.float64)
    i, j, jj = configured[known].astype(np.float64), answered @ grades, answered @ grades**2
    columns = np.column_stack([np.ones_like(i), i, j, i * i, jj, i * j])
    sums = columns.sum(axis=0)
    estimate = _kappa(sums)
    drawn = _kappa(resampling.resampled_sums(columns, draws, "map_recovery/personas"))
    low, high = resampling.interval(estimate, drawn, (-1.0, 1.0))
    shuffled = np.tile(sums, (draws.n, 1))
    pair = i[:, None], j[:, None]
    shuffled[:, 5:] = resampling.shuffled_products(*pair, draws, "map_recovery/shuffles")
    some = bool(known.any())
    chance = float(of_level.mean(axis=0) @ answered.mean(axis=0)) if some else np.nan
    return {
        "variable": variable,
        "weighted_kappa": float(estimate),
        "ci_low": float(low),
        "ci_high": float(high),
        "null_95_kappa": float(resampling.null_95(_kappa(shuffled))),
        "agreement": float((of_level * answered).sum(axis=1).mean()) if some else np.nan,
        "agreement_by_chance": chance,
    }
