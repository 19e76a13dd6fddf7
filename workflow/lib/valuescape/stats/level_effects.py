"""Effects of the levels of cultural variables on scores: means, variance shares, draws, nulls.

In a balanced design the mean at a level minus the mean of all is the level's effect in the
additive model, and a variable's first-order share of the variance is its eta squared; the shares
of the variables then sum to the share that any additive model can explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from valuescape.stats import resampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace


@dataclass(frozen=True)
class Membership:
    """Which persona has which level, all variables side by side.

    Attributes
    ----------
    variables : tuple of str
        Names of the variables.
    variable : ndarray of int64, shape (n_levels,)
        Number of the variable of each level.
    level : ndarray of int64, shape (n_levels,)
        Its number within the variable, from 0.
    matrix : ndarray of float64, shape (n_personas, n_levels)
        1 where a persona has the level, else 0; a row sums to the number of variables.
    """

    variables: tuple[str, ...]
    variable: NDArray[np.int64]
    level: NDArray[np.int64]
    matrix: NDArray[np.float64]


def membership(space: PersonaSpace, levels: NDArray[np.int8]) -> Membership:
    """Return which persona has which level.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations.

    Returns
    -------
    Membership
        Levels in the order of the space.
    """
    variable = np.repeat(np.arange(len(space.variables)), space.radices)
    level = np.concatenate([np.arange(radix) for radix in space.radices])
    names = tuple(v.name for v in space.variables)
    return Membership(names, variable, level, (levels[:, variable] == level).astype(np.float64))


@dataclass(frozen=True)
class LevelMoments:
    """Numbers, means and squares of scores by level; leading axes are bootstrap draws.

    Attributes
    ----------
    n : ndarray of float64, shape (..., n_scores, n_levels)
        How many personas at a level have the score.
    total : ndarray of float64, same shape
        Sum of their scores.
    square : ndarray of float64, shape (..., n_scores)
        Sum of squares over all personas.
    """

    n: NDArray[np.float64]
    total: NDArray[np.float64]
    square: NDArray[np.float64]

    def whole(self, first: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and variance over all personas.

        Parameters
        ----------
        first : ndarray of bool, shape (n_levels,)
            The levels of any one variable: each persona has just one of them.

        Returns
        -------
        (ndarray, ndarray), each of shape (..., n_scores)
            Mean and variance (divided by n); nan without personas.
        """
        n = self.n[..., first].sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = self.total[..., first].sum(axis=-1) / n
            return mean, np.maximum(self.square / n - mean**2, 0)


def moment_columns(scores: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the columns whose sums are the moments, for bootstraps by weights.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_scores)
        Scores; nan where there is none.
    matrix : ndarray of float64, shape (n_personas, n_levels)
        As in `Membership`.

    Returns
    -------
    ndarray of float64, shape (n_personas, n_scores * (2 * n_levels + 1))
        For each score its known rows by level, its values by level, its squares.
    """
    n, n_levels = matrix.shape
    columns = np.empty((n, scores.shape[1], 2 * n_levels + 1))
    known = ~np.isnan(scores)
    filled = np.where(known, scores, 0.0)
    np.multiply(known[:, :, None], matrix[:, None, :], out=columns[:, :, :n_levels])
    np.multiply(filled[:, :, None], matrix[:, None, :], out=columns[:, :, n_levels:-1])
    np.multiply(filled, filled, out=columns[:, :, -1])
    return columns.reshape(n, -1)


def moments_from_sums(sums: NDArray[np.float64], n_scores: int) -> LevelMoments:
    """Return the moments from sums of `moment_columns`.

    Parameters
    ----------
    sums : ndarray of float64, shape (..., n_scores * (2 * n_levels + 1))
        Column sums.
    n_scores : int
        Number of scores.

    Returns
    -------
    LevelMoments
        With the leading axes of `sums`.
    """
    table = sums.reshape(*sums.shape[:-1], n_scores, -1)
    n_levels = (table.shape[-1] - 1) // 2
    return LevelMoments(table[..., :n_levels], table[..., n_levels:-1], table[..., -1])


def moments_and_draws(
    scores: NDArray[np.float64], levels: Membership, draws: resampling.Draws, purpose: str
) -> tuple[LevelMoments, LevelMoments]:
    """Return the moments of the scores, and those of bootstrap draws of the personas.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_scores)
        Scores; nan where there is none.
    levels : Membership
        Which persona has which level.
    draws : Draws
        Bootstrap draws.
    purpose : str
        What they are for; equal purposes draw the same personas.

    Returns
    -------
    (LevelMoments, LevelMoments)
        The second with the draws as leading axis.
    """
    columns = moment_columns(scores, levels.matrix)
    drawn = resampling.resampled_sums(columns, draws, purpose)
    n_scores = scores.shape[1]
    return moments_from_sums(columns.sum(axis=0), n_scores), moments_from_sums(drawn, n_scores)


def effects(moments: LevelMoments, levels: Membership) -> NDArray[np.float64]:
    """Return the mean at each level minus the mean of all.

    Parameters
    ----------
    moments : LevelMoments
        Moments of the scores.
    levels : Membership
        What the levels are.

    Returns
    -------
    ndarray of float64, shape (..., n_scores, n_levels)
        In scale points; nan at a level without a score.
    """
    mean, _ = moments.whole(levels.variable == 0)
    at_level = np.divide(
        moments.total, moments.n, out=np.full(moments.n.shape, np.nan), where=moments.n > 0
    )
    return np.asarray(at_level - mean[..., None])


def variance_shares(moments: LevelMoments, levels: Membership) -> NDArray[np.float64]:
    """Return the first-order share of each variable in the variance of each score.

    Parameters
    ----------
    moments : LevelMoments
        Moments of the scores.
    levels : Membership
        What the levels are.

    Returns
    -------
    ndarray of float64, shape (..., n_scores, n_variables)
        Between-level over total sum of squares (eta squared), in [0, 1]; nan if the score does
        not vary.
    """
    first = levels.variable == 0
    _, variance = moments.whole(first)
    n = moments.n[..., first].sum(axis=-1)
    squares = moments.n * np.nan_to_num(effects(moments, levels)) ** 2
    between = np.stack(
        [
            squares[..., levels.variable == number].sum(axis=-1)
            for number in range(len(levels.variables))
        ],
        axis=-1,
    )
    total = np.broadcast_to((n * variance)[..., None], between.shape)
    # A score that does not vary leaves a rounding error of about 1e-12 of its squares.
    varies = total > 1e-9 * moments.square[..., None]
    undefined = np.full(between.shape, np.nan)
    shares = np.divide(between, total, out=undefined, where=varies)
    return np.asarray(np.clip(shares, 0, 1))


def null_shares(
    scores: NDArray[np.float64], levels: Membership, draws: resampling.Draws, purpose: str
) -> NDArray[np.float64]:
    """Return what variance shares chance gives: scores shuffled over personas.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_scores)
        Scores; nan where there is none.
    levels : Membership
        Which persona has which level.
    draws : Draws
        The shuffles.
    purpose : str
        What they are for.

    Returns
    -------
    ndarray of float64, shape (n_scores, n_variables)
        95th percentile of the shares.
    """
    known = ~np.isnan(scores)
    filled = np.where(known, scores, 0.0)
    square = (filled**2).sum(axis=0)
    n_scores = scores.shape[1]
    rows = np.column_stack([filled, known])
    sums = np.stack(
        [shuffled.T @ levels.matrix for shuffled in resampling.shuffles(rows, draws, purpose)]
    )
    squares = np.broadcast_to(square, (draws.n, n_scores))
    moments = LevelMoments(sums[:, n_scores:], sums[:, :n_scores], squares)
    return resampling.null_95(variance_shares(moments, levels))


def additive_ceiling(scores: NDArray[np.float64], levels: Membership) -> NDArray[np.float64]:
    """Return the share of the variance that the best additive model of the levels explains.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_scores)
        Scores; nan where there is none.
    levels : Membership
        Which persona has which level.

    Returns
    -------
    ndarray of float64, shape (n_scores,)
        R squared of least squares; in a balanced design the sum of the first-order shares. nan
        if a score does not vary.
    """
    result = np.full(scores.shape[1], np.nan)
    for number, score in enumerate(scores.T):
        known = ~np.isnan(score)
        if not known.any():
            continue
        centred = score[known] - score[known].mean()
        total = centred @ centred
        if total <= 1e-9 * (score[known] @ score[known]):
            continue
        design = levels.matrix[known]
        # Levels of a variable sum to one column of ones: the pseudoinverse takes the redundancy.
        right = design.T @ centred
        explained = right @ np.linalg.pinv(design.T @ design, hermitian=True) @ right
        result[number] = min(max(explained / total, 0.0), 1.0)
    return result
