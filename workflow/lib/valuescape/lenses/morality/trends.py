"""Trends: how a moral foundation runs over the graded levels of a cultural variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import chi2

from valuescape.lenses.morality import tables as moral_tables
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace

# A foundation is the mean of six answers from 1 to 5: 25 possible scores.
BINS_PER_POINT = 6
ROUNDING = 1e-12
# Two-sided 95 %.
Z = 1.959964


def contrast_shares(
    means: NDArray[np.float64], n: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[float, float]:
    """Split what differs between levels into a straight line and a bend.

    Parameters
    ----------
    means : ndarray of float64, shape (n_levels,)
        Mean score at each level.
    n : ndarray of float64, shape (n_levels,)
        Personas at each level.
    values : ndarray of float64, shape (n_levels,)
        Place of each level on the survey's scale.

    Returns
    -------
    (float, float)
        Linear and quadratic share of the sum of squares between levels, in [0, 1]; the rest is
        cubic. nan where the means do not differ; the second 0 with two levels.
    """
    centred = means - np.average(means, weights=n)
    between = float(n @ centred**2)
    if not between > 1e-18 * float(n.sum()):
        return np.nan, np.nan
    powers = np.vander(values - values.mean(), min(len(values), 3), increasing=True)
    root = np.sqrt(n)
    basis, _ = np.linalg.qr(powers * root[:, None])
    squares = (basis[:, 1:].T @ (root * centred)) ** 2 / between
    padded = np.append(np.clip(squares, 0, 1), 0.0)
    return float(padded[0]), float(padded[1])


def slope(score: NDArray[np.float64], value: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the least-squares slope of a score on a value, and its 95 % interval.

    Parameters
    ----------
    score, value : ndarray of float64, shape (n,)
        Paired, none missing.

    Returns
    -------
    (float, float, float)
        Slope, lower and upper end; the standard error allows for unequal variances (HC0).
    """
    x = value - value.mean()
    square = float(x @ x)
    if not square > 0:
        return np.nan, np.nan, np.nan
    found = float(x @ score) / square
    residual = score - score.mean() - found * x
    half = Z * float(np.sqrt(((x * residual) ** 2).sum())) / square
    return found, found - half, found + half


def shape(
    means: NDArray[np.float64], errors: NDArray[np.float64], values: NDArray[np.float64]
) -> str:
    """Say whether a score rises or falls throughout with the survey's value.

    Parameters
    ----------
    means, errors : ndarray of float64, shape (n_levels,)
        Mean score at each level and its standard error.
    values : ndarray of float64, shape (n_levels,)
        Place of each level.

    Returns
    -------
    str
        rising, falling, flat, not monotone (steps up and steps down both beyond their 95 %
        intervals), or undecided.
    """
    order = np.argsort(values)
    steps = np.diff(means[order])
    errors = errors[order]
    reach = Z * np.sqrt(errors[1:] ** 2 + errors[:-1] ** 2)
    if np.isnan(steps).any():
        return "undecided"
    if (np.abs(steps) < ROUNDING).all():
        return "flat"
    if (steps > 0).all():
        return "rising"
    if (steps < 0).all():
        return "falling"
    return "not monotone" if (steps > reach).any() and (steps < -reach).any() else "undecided"


def mutual_information(score: NDArray[np.float64], level: NDArray[np.int8]) -> tuple[float, float]:
    """Return the mutual information of a score and a level over the entropy of the score.

    Scores are taken in sixths of a point; the bias of a finite number of personas is taken off
    (Miller 1955). The null: 2 n I of independent tables is about chi squared.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        Foundation scores, none missing.
    level : ndarray of int8, shape (n,)
        Levels, from 0.

    Returns
    -------
    (float, float)
        In [0, 1], and the 95th percentile of it when nothing depends on the level; nan if all
        scores fall in one bin.
    """
    bins = np.rint(score * BINS_PER_POINT).astype(np.int64)
    bins -= bins.min()
    counts = np.zeros((int(level.max()) + 1, int(bins.max()) + 1))
    np.add.at(counts, (level, bins), 1)
    counts = counts[:, counts.sum(axis=0) > 0]
    n = counts.sum()
    share = counts / n
    expected = share.sum(axis=1, keepdims=True) * share.sum(axis=0)
    seen = share > 0
    shared = float((share[seen] * np.log(share[seen] / expected[seen])).sum())
    margin = share.sum(axis=0)
    entropy = float(-(margin * np.log(margin)).sum())
    if not entropy > 0:
        return np.nan, np.nan
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    bias = df / (2 * n)
    null = float(chi2.ppf(0.95, df)) / (2 * n) - bias
    return float(np.clip((shared - bias) / entropy, 0, 1)), float(np.clip(null / entropy, 0, 1))


def trend_table(
    scores: NDArray[np.float64], levels: NDArray[np.int8], space: PersonaSpace
) -> pl.DataFrame:
    """Return how each foundation runs over the levels of each variable.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations.
    space : PersonaSpace
        Gives each level its place on the survey's scale.

    Returns
    -------
    DataFrame
        Table TRENDS.
    """
    placed = space.values_of(levels)
    rows: list[tuple[str | float | None, ...]] = []
    for number, variable in enumerate(space.variables):
        values = np.array([level.value for level in variable.levels])
        for foundation, score in zip(FOUNDATIONS, scores.T, strict=True):
            known = ~np.isnan(score)
            level, own = levels[known, number], score[known]
            n = np.bincount(level, minlength=len(values)).astype(float)
            if (n <= 1).any():
                rows.append((variable.name, foundation, *[None] * 5, "undecided", None, None))
                continue
            means = np.bincount(level, own, len(values)) / n
            spread = np.bincount(level, (own - means[level]) ** 2, len(values))
            rows.append(
                (
                    variable.name,
                    foundation,
                    *contrast_shares(means, n, values),
                    *slope(own, placed[known, number]),
                    shape(means, np.sqrt(spread / (n - 1) / n), values),
                    *mutual_information(own, level),
                )
            )
    return pl.DataFrame(rows, schema=dict(moral_tables.TRENDS.columns), orient="row").fill_nan(None)
