"""Functional ANOVA: what share of a moral foundation each cultural variable moves, and together.

On the full cube of configurations the variance of a score is the sum of the mean squares of 1,023
effects (Hoeffding 1948; Sobol 1993), found exactly by recursive means. A balanced fraction gives
the main effects alone, by least squares on the valid answers, mixed with interactions; what it
cannot estimate is left empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv as gamma_quantile

from valuescape.core.errors import UserError
from valuescape.stats.level_effects import fit_additive, membership
from valuescape.study.designs import strength

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import AdditiveFit
    from valuescape.study.space import PersonaSpace

EXACT = "exact"
MIXED = {
    2: "mixed with interactions of two variables",
    3: "mixed with interactions of three variables",
}
# With more missing scores than this, what is filled in would show in the shares.
MOST_FILLED = 0.1
# A variance below this is rounding.
LEAST_VARIANCE = 1e-18
PAIR = 2
# Two-sided 95 %.
Z = 1.959964


@dataclass(frozen=True)
class Decomposition:
    """The variance of scores as a sum of independent components.

    Attributes
    ----------
    variances : ndarray of float64, shape (n_components, n_scores)
        Mean square of each component over the personas; they sum to the variance.
    df : ndarray of int64, shape (n_components, n_scores)
        Degrees of freedom.
    members : ndarray of bool, shape (n_components, n_variables)
        Variables that interact in a component; none in the residual of a fraction.
    noise : ndarray of float64, shape (n_scores,)
        Mean square of the noise; nan if it is not known.
    noise_from : str
        What it is measured by.
    n : ndarray of int64, shape (n_scores,)
        Number of personas with the score.
    estimable : str
        `EXACT`, or what the main effects are mixed with.
    """

    variances: NDArray[np.float64]
    df: NDArray[np.int64]
    members: NDArray[np.bool_]
    noise: NDArray[np.float64]
    noise_from: str
    n: NDArray[np.int64]
    estimable: str

    def weights(self, measure: str, variable: int) -> NDArray[np.float64] | None:
        """Return how much of each component a measure gives to a variable.

        Parameters
        ----------
        measure : {"first_order", "total", "shapley"}
            The measure.
        variable : int
            Number of the variable.

        Returns
        -------
        ndarray of float64, shape (n_components,), or None
            In [0, 1]; None if this design cannot estimate it.
        """
        order = self.members.sum(axis=1)
        own = self.members[:, variable]
        if measure == "first_order":
            return np.asarray(own & (order == 1), dtype=np.float64)
        if self.estimable != EXACT:
            return None
        return np.where(own, 1.0 if measure == "total" else 1 / np.maximum(order, 1), 0.0)


@dataclass(frozen=True)
class Shares:
    """A weighted sum of components over the variance, each field of shape (n_scores,)."""

    share: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    ci_high: NDArray[np.float64]
    null_95_share: NDArray[np.float64]
    omega_squared: NDArray[np.float64]


def effect_variances(cube: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean square of every effect of a full factorial.

    The variance of the means over all variables but those of u is the sum of the mean squares of
    the effects within u; Moebius inversion over the subsets parts them.

    Parameters
    ----------
    cube : ndarray of float64, shape (*radices, n_scores)
        One score a cell.

    Returns
    -------
    ndarray of float64, shape (2 ** n_variables, n_scores)
        Row u holds the effect of the variables whose bit is set in u (variable 0 the lowest); row
        0, the mean, is 0. The rows sum to the variance.
    """
    n_variables = cube.ndim - 1
    found = np.empty((2**n_variables, cube.shape[-1]))

    def visit(means: NDArray[np.float64], variable: int, subset: int) -> None:
        if variable < 0:
            found[subset] = (means**2).reshape(-1, means.shape[-1]).mean(axis=0)
            return
        visit(means, variable - 1, subset | 1 << variable)
        visit(means.mean(axis=variable), variable - 1, subset)

    visit(cube - cube.mean(axis=tuple(range(n_variables))), n_variables - 1, 0)
    for bit in range(n_variables):
        pairs = found.reshape(-1, 2, 2**bit, cube.shape[-1])
        pairs[:, 1] -= pairs[:, 0]
    return np.maximum(found, 0.0)


def effect(cube: NDArray[np.float64], variables: Sequence[int]) -> NDArray[np.float64]:
    """Return one effect of a full factorial: main or interaction.

    Parameters
    ----------
    cube : ndarray of float64, shape (*radices, n_scores)
        One score a cell.
    variables : sequence of int
        Those that take part.

    Returns
    -------
    ndarray of float64, shape (*their radices, n_scores)
        In scale points; sums to zero over each variable.
    """
    others = tuple(v for v in range(cube.ndim - 1) if v not in variables)
    means = cube.mean(axis=others)
    for axis in range(len(variables)):
        means -= means.mean(axis=axis, keepdims=True)
    return np.asarray(means)


def filled(scores: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill missing scores with the additive prediction, which adds no interaction.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_scores)
        nan where missing.
    matrix : ndarray of float64, shape (n_personas, n_levels)
        Which persona has which level.

    Returns
    -------
    ndarray of float64, same shape
        All nan for a score of which more than a tenth is missing.
    """
    result = scores.copy()
    for column in result.T:
        missing = np.isnan(column)
        if missing.mean() > MOST_FILLED:
            column[:] = np.nan
        elif missing.any():
            known = matrix[~missing]
            right = known.T @ column[~missing]
            column[missing] = matrix[missing] @ (np.linalg.pinv(known.T @ known) @ right)
    return result


def all_effects(
    scores: NDArray[np.float64], levels: NDArray[np.int8], radices: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the mean squares of all effects of the full cube, and the variables of each.

    Parameters
    ----------
    scores, levels, radices
        As in `decompose`; every configuration once.

    Returns
    -------
    (ndarray of float64, ndarray of bool)
        Of shape (n_effects, n_scores) and (n_effects, n_variables).
    """
    cube = np.empty((*radices, scores.shape[1]))
    cube[tuple(levels.T)] = scores
    subsets = np.arange(1, 2 ** len(radices))
    members = (subsets[:, None] >> np.arange(len(radices)) & 1).astype(bool)
    return effect_variances(cube)[1:], members


def main_effects(fit: AdditiveFit) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the mean squares of the main effects of a balanced fraction and of its residual.

    Parameters
    ----------
    fit : AdditiveFit
        Of the scores.

    Returns
    -------
    (ndarray of float64, ndarray of bool)
        As from `all_effects`; the residual, in the last row, has no variable.
    """
    variances = fit.variances(fit.effects)
    rest = np.maximum(fit.total - variances.sum(axis=1), 0.0)
    n_variables = len(fit.levels.variables)
    members = np.vstack([np.eye(n_variables), np.zeros(n_variables)]).astype(bool)
    return np.vstack([variances.T, rest]), members


def decompose(
    scores: NDArray[np.float64],
    levels: NDArray[np.int8],
    space: PersonaSpace,
    noise: NDArray[np.float64] | None,
) -> Decomposition:
    """Part the variance of scores as far as the design allows.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_scores)
        nan where missing; on the full cube `filled`.
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations, each once.
    space : PersonaSpace
        The cultural variables.
    noise : ndarray of float64, shape (n_scores,), or None
        Mean square of the noise, from replicates.

    Returns
    -------
    Decomposition
        All effects on the full cube, on a balanced fraction main effects and a residual.

    Raises
    ------
    UserError
        If the design is not even balanced over pairs of levels.
    """
    radices = space.radices
    n = np.isfinite(scores).sum(axis=0)
    if len(levels) == int(np.prod(radices)):
        variances, members = all_effects(scores, levels, radices)
        high, estimable = members.sum(axis=1) > PAIR, EXACT
        noise_from = "effects of three and more variables, an upper bound"
    else:
        reached = strength(levels, radices)
        if reached not in MIXED:
            msg = f"a design of strength {reached} does not part the effects of variables"
            raise UserError(msg, hint="set `design` to full or to a balanced fraction (oa...)")
        variances, members = main_effects(fit_additive(scores, membership(space, levels)))
        high, estimable = ~members.any(axis=1), MIXED[reached]
        noise_from = "residual of the main effects, an upper bound"
    df = np.prod(np.where(members, radices - 1, 1), axis=1)[:, None] * np.ones_like(n)
    df[~members.any(axis=1)] = np.maximum(n - 1 - (radices - 1).sum(), 0)
    if noise is None:
        spare = df[high].sum(axis=0)
        # Too few variables leave nothing to measure the noise by.
        noise = n * variances[high].sum(axis=0) / np.where(spare > 0, spare, np.nan)
    else:
        noise_from = "replicates"
    return Decomposition(variances, df, members, noise, noise_from, n, estimable)


def shares(parts: Decomposition, weights: NDArray[np.float64]) -> Shares:
    """Return a weighted sum of components over the variance, with interval and null.

    Components are independent. Under normal noise of mean square s2 the mean square V of one with
    d degrees of freedom varies by 4 V s2 / n + 2 d s2^2 / n^2 (noncentral chi squared); the
    interval follows by the delta method. Under the null these components are noise alone, and the
    weighted sum of chi squareds is taken as a gamma of the same mean and variance (Satterthwaite
    1946).

    Parameters
    ----------
    parts : Decomposition
        The components.
    weights : ndarray of float64, shape (n_components,)
        As from `Decomposition.weights`.

    Returns
    -------
    Shares
        nan where a score does not vary or is missing.
    """
    total = parts.variances.sum(axis=0)
    total = np.where(total > LEAST_VARIANCE, total, np.nan)
    n = np.where(parts.n > 0, parts.n, np.nan)
    share = weights @ parts.variances / total
    error = 4 * parts.variances * parts.noise / n
    error += 2 * parts.df * (parts.noise / n) ** 2
    half = Z * np.sqrt(((weights[:, None] - share) ** 2 * error).sum(axis=0)) / total
    unit = parts.noise / n / total
    expected, spread = weights @ parts.df, 2 * weights**2 @ parts.df
    # Without degrees of freedom, where hardly anybody answered, there is no null.
    known = np.where(expected > 0, expected, np.nan), np.where(spread > 0, spread, np.nan)
    null = unit * known[1] / known[0] * gamma_quantile(known[0] ** 2 / known[1], 0.95)
    squares, mean_square = n * parts.variances, parts.noise
    freed = weights @ (squares - parts.df * mean_square)
    whole = np.where(np.isnan(total), np.nan, squares.sum(axis=0) + mean_square)
    return Shares(
        np.clip(share, 0, 1),
        np.clip(share - half, 0, 1),
        np.clip(share + half, 0, 1),
        np.minimum(null, 1.0),
        freed / whole,
    )
