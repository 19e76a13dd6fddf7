"""Effects of the levels of cultural variables on scores, by least squares on valid answers.

In a balanced design that lacks no answer, the mean at a level minus the mean of all is the level's
effect in the additive model. Once answers are missing it is not: who refuses has other levels of
the other variables too. Least squares on the answers that there are needs no balance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from valuescape.stats import resampling
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


# Eigenvalues of the normal equations below this share of the greatest are zero.
SINGULAR = 1e-10
# A contrast of levels is known if it lies so near to what the personas span.
SEPARATED = 1e-6
# A sum of squares below this share of that about zero is rounding: the score does not vary.
ROUNDING = 1e-9


@dataclass(frozen=True)
class AdditiveFit:
    """The additive model of the levels, fitted to each score by itself.

    Attributes
    ----------
    levels : Membership
        Which persona has which level.
    effects : ndarray of float64, shape (n_scores, n_levels)
        In scale points; they sum to zero within a variable. nan where the valid answers do not
        separate the levels of a variable from those of others; 0 if a score does not vary.
    unit_covariance : ndarray of float64, shape (n_scores, n_levels, n_levels)
        Covariance of the effects under noise of mean square 1.
    mean : ndarray of float64, shape (n_scores,)
        Mean over all personas of the design, those without the score by their levels.
    unit_mean_variance : ndarray of float64, shape (n_scores,)
        Variance of that mean under noise of mean square 1.
    n : ndarray of int64, shape (n_scores,)
        Personas with the score.
    n_at_level : ndarray of int64, shape (n_scores, n_levels)
        Of them, those at a level.
    df : ndarray of int64, shape (n_scores,)
        Degrees of freedom that the model leaves.
    residual_covariance : ndarray of float64, shape (n_scores, n_scores)
        Of what the model leaves, divided by degrees of freedom; nan where it leaves none.
    total : ndarray of float64, shape (n_scores,)
        Variance over all personas of the design: of the model, and what it leaves.
    varies : ndarray of bool, shape (n_scores,)
        Whether the score differs between personas at all.
    """

    levels: Membership
    effects: NDArray[np.float64]
    unit_covariance: NDArray[np.float64]
    mean: NDArray[np.float64]
    unit_mean_variance: NDArray[np.float64]
    n: NDArray[np.int64]
    n_at_level: NDArray[np.int64]
    df: NDArray[np.int64]
    residual_covariance: NDArray[np.float64]
    total: NDArray[np.float64]
    varies: NDArray[np.bool_]

    @property
    def residual(self) -> NDArray[np.float64]:
        """Mean square of what the model leaves, shape (n_scores,); nan where it leaves none."""
        return np.diag(self.residual_covariance)

    def variances(self, effects: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far the levels of each variable spread the personas of the design.

        Parameters
        ----------
        effects : ndarray of float64, shape (..., n_levels)
            Level effects: those of the fit, or draws of them.

        Returns
        -------
        ndarray of float64, shape (..., n_variables)
            Variance of a variable's effects over the personas; nan where one is not known.
        """
        weights = self.levels.matrix.mean(axis=0)
        own = self.levels.variable == np.arange(len(self.levels.variables))[:, None]
        weighted = own * weights
        # Where levels are equally frequent, effects have the mean 0 already.
        return np.asarray(effects**2 @ weighted.T - (effects @ weighted.T) ** 2)

    def noise_in_variances(self) -> NDArray[np.float64]:
        """Return what noise of mean square 1 adds to `variances`, shape (n_scores, n_variables)."""
        weights = self.levels.matrix.mean(axis=0)
        own = self.levels.variable == np.arange(len(self.levels.variables))[:, None]
        weighted = own * weights
        squares = np.einsum("sll->sl", self.unit_covariance) @ weighted.T
        of_mean = np.einsum("vl,slm,vm->sv", weighted, self.unit_covariance, weighted)
        return np.asarray(squares - of_mean)

    def drawn_effects(
        self, noise: NDArray[np.float64], draws: resampling.Draws, purpose: str
    ) -> NDArray[np.float64]:
        """Return what effects another measurement with this noise would give.

        The configurations stay as they are: they were chosen, not drawn.

        Parameters
        ----------
        noise : ndarray of float64, shape (n_scores, n_scores)
            Covariance of the noise of the scores of one persona; nan where it is not known.
        draws : Draws
            How many, and their seed.
        purpose : str
            What they are for; equal purposes draw the same noise.

        Returns
        -------
        ndarray of float64, shape (n_draws, n_scores, n_levels)
            Effects of the fit plus normal noise; nan where either is not known.
        """
        shape = (draws.n, *self.effects.shape)
        unit = draws.generator(purpose).standard_normal(shape)
        together = np.einsum("fg,dgl->dfl", _root(np.nan_to_num(noise)), unit)
        roots = np.stack([_root(np.nan_to_num(each)) for each in self.unit_covariance])
        unknown = np.isnan(np.diag(noise))[:, None] & np.ones(self.effects.shape, dtype=bool)
        moved = self.effects + np.einsum("flm,dfm->dfl", roots, together)
        return np.where(unknown, np.nan, moved)


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the symmetric root of a covariance, of whatever rank."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _centring(levels: Membership) -> NDArray[np.float64]:
    """Return the contrasts of each level with the mean of its variable, one a row."""
    same = (levels.variable[:, None] == levels.variable).astype(np.float64)
    return np.asarray(np.eye(len(levels.variable)) - same / same.sum(axis=1, keepdims=True))


def same_personas(
    scores: NDArray[np.float64],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Yield scores that the same personas have, and who these are.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_scores)
        nan where there is none.

    Yields
    ------
    (ndarray of int64, ndarray of bool, shape (n_personas,))
        Numbers of the scores, and the personas that have them.
    """
    known = np.isfinite(scores)
    # `unique` along an axis makes a record of 93,312 fields of each column: seconds instead of one
    alike: dict[bytes, list[int]] = {}
    for number in range(known.shape[1]):
        alike.setdefault(known[:, number].tobytes(), []).append(number)
    for _, columns in sorted(alike.items()):
        yield np.array(columns), known[:, columns[0]]


def fit_additive(scores: NDArray[np.float64], levels: Membership) -> AdditiveFit:
    """Fit the additive model of the levels to scores, by least squares on the valid ones.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_scores)
        Scores; nan where there is none.
    levels : Membership
        Which persona has which level.

    Returns
    -------
    AdditiveFit
        Of each score.
    """
    n_personas, n_scores = scores.shape
    n_levels = len(levels.level)
    contrasts, everyone = _centring(levels), levels.matrix.mean(axis=0)
    effects = np.full((n_scores, n_levels), np.nan)
    covariance = np.full((n_scores, n_levels, n_levels), np.nan)
    mean, mean_variance, total = np.full((3, n_scores), np.nan)
    n, df = np.zeros((2, n_scores), dtype=np.int64)
    n_at_level = np.zeros((n_scores, n_levels), dtype=np.int64)
    varies = np.zeros(n_scores, dtype=bool)
    left = np.zeros((n_personas, n_scores))
    for columns, known in same_personas(scores):
        design, y = levels.matrix[known], scores[np.ix_(known, columns)]
        n[columns], n_at_level[columns] = len(y), np.rint(design.sum(axis=0)).astype(np.int64)
        if not len(y):
            continue
        gram = design.T @ design
        # Levels of a variable sum to one column of ones: the pseudoinverse takes the redundancy.
        inverse = np.linalg.pinv(gram, rcond=SINGULAR, hermitian=True)
        spanned = inverse @ gram
        centred = y - y.mean(axis=0)
        varies[columns] = (centred**2).sum(axis=0) > ROUNDING * (y**2).sum(axis=0)
        found = inverse @ (design.T @ np.where(varies[columns], centred, 0.0))
        apart = np.abs(contrasts @ spanned - contrasts).max(axis=1) < SEPARATED
        effects[columns] = np.where(apart, (contrasts @ found).T, np.nan)
        both = apart[:, None] & apart
        covariance[columns] = np.where(both, contrasts @ inverse @ contrasts.T, np.nan)
        df[columns] = len(y) - int(np.rint(np.trace(spanned)))
        rest = np.where(varies[columns], centred, 0.0) - design @ found
        left[np.ix_(known, columns)] = rest
        if (np.abs(everyone @ spanned - everyone) < SEPARATED).all():
            mean[columns] = y.mean(axis=0) + everyone @ found
            mean_variance[columns] = everyone @ inverse @ everyone
            modelled = levels.matrix @ found
            total[columns] = modelled.var(axis=0) + (rest**2).mean(axis=0)
    freedom = np.where(df > 0, df, np.nan)
    residual = left.T @ left / np.sqrt(np.outer(freedom, freedom))
    return AdditiveFit(
        levels, effects, covariance, mean, mean_variance, n, n_at_level, df, residual, total, varies
    )


def cross_validated_r_squared(
    scores: NDArray[np.float64], levels: Membership
) -> NDArray[np.float64]:
    """Return how well the additive model predicts the scores of configurations it has not seen.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_scores)
        Scores; nan where there is none.
    levels : Membership
        Which persona has which level.

    Returns
    -------
    ndarray of float64, shape (n_scores,)
        1 - PRESS / squares about the mean, each persona predicted by all others (Allen 1974,
        Technometrics 16:125); at most 1, below 0 if the mean of the others predicts better. nan
        if a score does not vary, or a persona is the only one of a level.
    """
    result = np.full(scores.shape[1], np.nan)
    for columns, known in same_personas(scores):
        design, y = levels.matrix[known], scores[np.ix_(known, columns)]
        if len(y) <= 1:
            continue
        centred = y - y.mean(axis=0)
        inverse = np.linalg.pinv(design.T @ design, rcond=SINGULAR, hermitian=True)
        leverage = np.einsum("nl,lm,nm->n", design, inverse, design, optimize=True)
        if leverage.max() > 1 - SEPARATED:
            continue
        rest = (centred - design @ (inverse @ (design.T @ centred))) / (1 - leverage)[:, None]
        about_mean = (centred * len(y) / (len(y) - 1)) ** 2
        varies = (centred**2).sum(axis=0) > ROUNDING * (y**2).sum(axis=0)
        share = 1 - (rest**2).sum(axis=0) / np.where(varies, about_mean.sum(axis=0), np.nan)
        result[columns] = share
    return result
