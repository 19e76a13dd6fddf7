"""How far an oracle's ratings depend on the wording and on the draw of an answer.

Intraclass correlations of the two-way model with fixed raters (ICC(3,1) and ICC(3,k); Shrout &
Fleiss 1979, Psychological Bulletin 86:420; intervals of McGraw & Wong 1996, Psychological Methods
1:30). The well-kept library that has them (pingouin 0.7) rounds its intervals to two digits, takes
eight seconds to import, and brings pandas, statsmodels, seaborn and xarray for two ratios of mean
squares: they stand here, and its numbers in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import fdtri as f_quantile

from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.oracle_agreement import EXPECTED, oracle_ratings
from valuescape.stats import resampling
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.stats.level_effects import Membership

    Array = NDArray[np.float64]

DRAWN = "drawn_"
# Two-sided 95 %.
TAIL = 0.025
ROUNDING = 1e-12


@dataclass(frozen=True)
class Intraclass:
    """Agreement of raters; nan where there is one rater, or nothing varies.

    Attributes
    ----------
    single, ci_low, ci_high : float
        ICC(3,1), at most 1: of one rater; with its 95 % interval.
    mean : float
        ICC(3,k), at most 1: of the mean of all raters.
    """

    single: float
    ci_low: float
    ci_high: float
    mean: float


def intraclass(ratings: NDArray[np.float64], df: int | None = None) -> Intraclass:
    """Return how well raters agree on the differences between targets.

    Parameters
    ----------
    ratings : ndarray of float64, shape (n_raters, n_targets)
        None missing.
    df : int, optional
        Degrees of freedom of the targets; n_targets - 1 if None. Ratings that were centred within
        variables have one less for each variable.

    Returns
    -------
    Intraclass
        Consistency: that one rater is higher throughout counts as agreement.
    """
    k, n = ratings.shape
    df = n - 1 if df is None else df
    centred = ratings - ratings.mean(axis=1, keepdims=True)
    target = centred.mean(axis=0)
    between = k * float(target @ target) / df
    if k == 1 or not float((centred**2).sum()) > ROUNDING * n:
        return Intraclass(*[np.nan] * 4)
    rest = df * (k - 1)
    error = float(((centred - target) ** 2).sum()) / rest
    if error < ROUNDING * between:
        return Intraclass(1.0, 1.0, 1.0, 1.0)
    ratio = between / error
    low = ratio / f_quantile(df, rest, 1 - TAIL)
    high = ratio * f_quantile(rest, df, 1 - TAIL)
    single, ci_low, ci_high = ((x - 1) / (x + k - 1) for x in (ratio, float(low), float(high)))
    return Intraclass(single, ci_low, ci_high, 1 - 1 / ratio)


def ratings_by_rater(oracle: pl.DataFrame, levels: Membership) -> dict[str, Array]:
    """Return the ratings of each rater, by what the raters are.

    Parameters
    ----------
    oracle : DataFrame
        Table ORACLE.
    levels : Membership
        Levels wanted.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_raters, 6, n_beside, n_levels)
        Centred. `wordings`: each rates once, by its expected rating (n_beside 1). `draws`: the
        drawn ratings, if there are any, the wordings beside each other.
    """
    wordings = sorted(oracle["wording"].unique())
    drawn = sorted(draw for draw in oracle["draw"].unique() if draw.startswith(DRAWN))
    apart = {
        (wording, draw): oracle_ratings(
            oracle.filter(pl.col("wording") == wording, pl.col("draw") == draw), levels, draw
        )
        for wording in wordings
        for draw in (EXPECTED, *drawn)
    }
    raters = {"wordings": np.stack([apart[wording, EXPECTED] for wording in wordings])[:, :, None]}
    if drawn:
        raters["draws"] = np.stack(
            [np.stack([apart[w, s] for w in wordings], axis=1) for s in drawn]
        )
    return raters


def _agreement(ratings: Array, measured: Array, free: int) -> tuple[float | int, ...]:
    """Return what a row of ORACLE_STABILITY says of some foundations together.

    `free` are the degrees of freedom of the levels of one foundation in one wording.
    """
    k, n_foundations, n_beside, _ = ratings.shape
    flat = ratings.reshape(k, -1)
    agreed = (np.nan,) * 4
    if np.isfinite(flat).all():
        found = intraclass(flat, free * n_foundations * n_beside)
        agreed = (found.single, found.ci_low, found.ci_high, found.mean)
    target = np.broadcast_to(measured[None, :, None], ratings.shape).reshape(k, -1)
    r = resampling.correlation(flat, target)
    return (*agreed, float(np.min(r)), float(np.max(r)), k, flat.shape[1])


def stability_table(
    oracle: pl.DataFrame, levels: Membership, measured: NDArray[np.float64]
) -> pl.DataFrame:
    """Return how stable the ratings are over wordings and over drawn answers.

    Parameters
    ----------
    oracle : DataFrame
        Table ORACLE.
    levels : Membership
        Levels wanted.
    measured : ndarray of float64, shape (6, n_levels)
        Level effects, against which each rater is correlated alone.

    Returns
    -------
    DataFrame
        Table ORACLE_STABILITY.
    """
    free = len(levels.level) - len(levels.variables)
    rows: list[tuple[str | float | int, ...]] = []
    for over, ratings in ratings_by_rater(oracle, levels).items():
        for f, foundation in enumerate(FOUNDATIONS):
            rows.append((over, foundation, *_agreement(ratings[:, [f]], measured[[f]], free)))
        rows.append((over, moral_tables.ALL, *_agreement(ratings, measured, free)))
    schema = dict(moral_tables.ORACLE_STABILITY.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)
