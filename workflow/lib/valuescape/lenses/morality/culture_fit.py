"""How well a persona's culture predicts its foundations: map place, variables, their pairs."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import beta, norm

from valuescape.lenses.morality import tables as moral_tables
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import Membership

# Below this ratio of eigenvalues a fraction mixes effects.
SINGULAR = 1e-9
# A variance below this is rounding.
LEAST_VARIANCE = 1e-12


def pair_columns(levels: Membership) -> NDArray[np.float64]:
    """Return a full-rank design of all main effects and all pairs of levels.

    Parameters
    ----------
    levels : Membership
        Which persona has which level.

    Returns
    -------
    ndarray of float64, shape (n_personas, 1 + df)
        A column of ones, levels less the last of their variable, products of two variables.
    """
    own = [
        levels.matrix[:, np.flatnonzero(levels.variable == number)[:-1]]
        for number in range(len(levels.variables))
    ]
    products = [
        (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)
        for first, second in combinations(own, 2)
    ]
    return np.column_stack([np.ones(len(levels.matrix)), *own, *products])


def r_squared(
    scores: NDArray[np.float64], design: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int]:
    """Return how much of the variance of scores least squares explains.

    Parameters
    ----------
    scores : ndarray of float64, shape (n, n_scores)
        None missing.
    design : ndarray of float64, shape (n, n_columns)
        With a column of ones in its span.

    Returns
    -------
    (ndarray of float64, shape (n_scores,), int)
        In [0, 1], and the degrees of freedom of the design; nan if the design is not of full rank,
        leaves nothing over, or a score does not vary.
    """
    n, width = design.shape
    gram = design.T @ design
    values = np.linalg.eigvalsh(gram)
    df = width - 1
    centred = scores - scores.mean(axis=0)
    total = (centred**2).sum(axis=0)
    if n <= width or values[0] < SINGULAR * values[-1]:
        return np.full(scores.shape[1], np.nan), df
    right = design.T @ centred
    explained = (right * np.linalg.solve(gram, right)).sum(axis=0)
    varies = total > LEAST_VARIANCE * n
    shares = np.divide(explained, total, out=np.full(len(total), np.nan), where=varies)
    return np.clip(shares, 0, 1), df


def fit_interval(
    share: NDArray[np.float64], df: int, n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the 95 % interval of R squared (Olkin & Finn 1995, Psychological Bulletin 118:155).

    Parameters
    ----------
    share : ndarray of float64
        R squared.
    df : int
        Degrees of freedom of the model.
    n : int
        Number of personas.

    Returns
    -------
    (ndarray, ndarray)
        In [0, 1].
    """
    spread = 4 * share * (1 - share) ** 2 * max(n - df - 1, 0) ** 2 / ((n**2 - 1) * (n + 3))
    half = norm.ppf(0.975) * np.sqrt(spread)
    return np.clip(share - half, 0, 1), np.clip(share + half, 0, 1)


def fit_table(
    scores: NDArray[np.float64], places: Mapping[str, NDArray[np.float64]], levels: Membership
) -> pl.DataFrame:
    """Return how well a foundation is predicted by the persona's culture.

    Parameters
    ----------
    scores : ndarray of float64, shape (n, 6)
        Foundation scores, none missing.
    places : mapping of str to ndarray of float64, shape (n, 2)
        Places on the map, by how they were found; none missing.
    levels : Membership
        Of the same personas.

    Returns
    -------
    DataFrame
        Table CULTURE_FIT.
    """
    n = len(scores)
    pairs = pair_columns(levels)
    n_mains = 1 + len(levels.level) - len(levels.variables)
    designs = {name: np.column_stack([np.ones(n), place]) for name, place in places.items()}
    designs |= {"ten variables": pairs[:, :n_mains], "all pairs of variables": pairs}
    rows = []
    for name, design in designs.items():
        found, df = r_squared(scores, design)
        low, high = fit_interval(found, df, n)
        null = beta.ppf(0.95, df / 2, (n - df - 1) / 2) if n > df + 1 else np.nan
        for f, foundation in enumerate(FOUNDATIONS):
            bound = null if np.isfinite(found[f]) else np.nan
            rows.append((foundation, name, found[f], low[f], high[f], bound, df, n))
    schema = dict(moral_tables.CULTURE_FIT.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)
