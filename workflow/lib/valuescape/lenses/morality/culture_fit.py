"""How well culture predicts foundations: map place, variables, their pairs; of people, too."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import betaincinv as beta_quantile
from scipy.special import ndtri as normal_quantile

from valuescape.lenses.cultural_map.tables import AXES
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
COUNTRY_PLACE = "place of the country"
COUNTRY_MEANS = "country means"


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
    half = normal_quantile(0.975) * np.sqrt(spread)
    return np.clip(share - half, 0, 1), np.clip(share + half, 0, 1)


def fit_table(
    readings: Mapping[str, NDArray[np.float64]],
    places: Mapping[str, NDArray[np.float64]],
    levels: Membership,
    humans: pl.DataFrame,
) -> pl.DataFrame:
    """Return how well a foundation is predicted by the culture of a persona, or of a country.

    Parameters
    ----------
    readings : mapping of str to ndarray of float64, shape (n_readings, n_personas, 6)
        Foundation scores by readout; nan where not known.
    places : mapping of str to ndarray of float64, shape (n_personas, 2)
        Places on the map, by how they were found; nan where not known.
    levels : Membership
        Of the same personas.
    humans : DataFrame
        Places and mean foundation scores of countries that have both.

    Returns
    -------
    DataFrame
        Table CULTURE_FIT.
    """
    pairs = pair_columns(levels)
    ones = np.ones(len(pairs))
    n_mains = 1 + len(levels.level) - len(levels.variables)
    designs = {name: np.column_stack([ones, place]) for name, place in places.items()}
    designs |= {"ten variables": pairs[:, :n_mains], "all pairs of variables": pairs}
    rows: list[tuple[str | float | int, ...]] = []
    for readout, scores in readings.items():
        for name, design in designs.items():
            placed = np.isfinite(design).all(axis=1)
            for f, foundation in enumerate(FOUNDATIONS):
                known = placed & np.isfinite(scores[0, :, f])
                fit = _fit(scores[:, known, f].T, design[known])
                rows.append((foundation, name, readout, *fit))
    design = np.column_stack([np.ones(humans.height), humans.select(AXES).to_numpy()])
    for foundation in FOUNDATIONS:
        fit = _fit(humans.select(foundation).to_numpy(), design)
        rows.append((foundation, COUNTRY_PLACE, COUNTRY_MEANS, *fit))
    schema = dict(moral_tables.CULTURE_FIT.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _fit(
    scores: NDArray[np.float64], design: NDArray[np.float64]
) -> tuple[float, float, float, float, float, int, int, str]:
    """Return what a row of CULTURE_FIT says of a score, shape (n, n_readings)."""
    n, df = len(scores), design.shape[1] - 1
    if n <= df + 1:
        why = f"not defined: {n} with place and score for {df} degrees of freedom"
        return (*[np.nan] * 5, df, n, why)
    shares, _ = r_squared(scores, design)
    if np.isnan(shares).any():
        why = "not defined: the score is the same for all, or the predictors are not separated"
        return (*[np.nan] * 5, df, n, why)
    share = shares.mean(keepdims=True)
    low, high = fit_interval(share, df, n)
    adjusted = 1 - (1 - share) * (n - 1) / (n - df - 1)
    null = float(beta_quantile(df / 2, (n - df - 1) / 2, 0.95))
    return (*(float(part[0]) for part in (share, low, high, adjusted)), null, df, n, "")
