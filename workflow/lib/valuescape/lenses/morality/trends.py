"""Trends: how a moral foundation runs over the graded levels of a cultural variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import chdtri as chi2_quantile_above
from scipy.special import stdtrit as t_quantile

from valuescape.lenses.morality import noise as moral_noise
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats.multiplicity import holm
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.lenses.morality.noise import Noise
    from valuescape.stats.level_effects import AdditiveFit
    from valuescape.study.space import PersonaSpace

# A foundation is the mean of six answers from 1 to 5: 25 possible scores.
BINS_PER_POINT = 6
ROUNDING = 1e-12
# Labels hold for the whole family of trends at 95 %.
SURE = 0.05


def contrast_shares(
    effects: NDArray[np.float64], weights: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[float, float]:
    """Split what differs between levels into a straight line and a bend.

    Parameters
    ----------
    effects : ndarray of float64, shape (n_levels,)
        Effect of each level.
    weights : ndarray of float64, shape (n_levels,)
        How often the design has each level.
    values : ndarray of float64, shape (n_levels,)
        Place of each level on the survey's scale.

    Returns
    -------
    (float, float)
        Linear and quadratic share of the sum of squares between levels, in [0, 1]; the rest is
        cubic. nan where the effects do not differ; the second 0 with two levels.
    """
    centred = effects - np.average(effects, weights=weights)
    between = float(weights @ centred**2)
    if not between > ROUNDING**2 * float(weights.sum()):
        return np.nan, np.nan
    powers = np.vander(values - values.mean(), min(len(values), 3), increasing=True)
    root = np.sqrt(weights)
    basis, _ = np.linalg.qr(powers * root[:, None])
    squares = (basis[:, 1:].T @ (root * centred)) ** 2 / between
    padded = np.append(np.clip(squares, 0, 1), 0.0)
    return float(padded[0]), float(padded[1])


def slope_weights(weights: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each level's effect counts in the slope on the survey's value.

    Parameters
    ----------
    weights, values : ndarray of float64, shape (n_levels,)
        As in `contrast_shares`.

    Returns
    -------
    ndarray of float64, shape (n_levels,)
        Their product with the effects is the slope in scale points per unit of the survey.
    """
    x = values - np.average(values, weights=weights)
    return np.asarray(weights * x / (weights @ x**2))


def shape(
    effects: NDArray[np.float64],
    errors: NDArray[np.float64],
    values: NDArray[np.float64],
    slope: float,
    *,
    sure: bool,
) -> str | None:
    """Say whether a score rises or falls with the survey's value, if there is evidence.

    Parameters
    ----------
    effects : ndarray of float64, shape (n_levels,)
        Effect of each level.
    errors : ndarray of float64, shape (n_levels, n_levels)
        Half of the 95 % interval of the difference of two levels, Bonferroni over the steps; 0
        if effects are exact.
    values : ndarray of float64, shape (n_levels,)
        Place of each level.
    slope : float
        On the survey's value.
    sure : bool
        Whether the slope differs from 0 beyond chance, in the whole family.

    Returns
    -------
    str or None
        rising or falling (the slope differs from zero, and no step runs against it for sure), not
        monotone (steps up and steps down, both for sure), flat (exactly), undecided; None where an
        effect is not known.
    """
    order = np.argsort(values)
    steps = np.diff(effects[order])
    reach = errors[order[1:], order[:-1]]
    if np.isnan(steps).any():
        return None
    if (np.abs(steps) < ROUNDING).all():
        return "flat"
    up, down = (steps > reach + ROUNDING).any(), (-steps > reach + ROUNDING).any()
    if up and down:
        return "not monotone"
    if not sure or (down if slope > 0 else up):
        return "undecided"
    return "rising" if slope > 0 else "falling"


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
    null = float(chi2_quantile_above(df, 0.05)) / (2 * n) - bias
    return float(np.clip((shared - bias) / entropy, 0, 1)), float(np.clip(null / entropy, 0, 1))


def trend_table(
    scores: NDArray[np.float64],
    levels: NDArray[np.int8],
    space: PersonaSpace,
    fit: AdditiveFit,
    noise: Noise,
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
    fit : AdditiveFit
        Of the scores.
    noise : Noise
        Of the scores.

    Returns
    -------
    DataFrame
        Table TRENDS.
    """
    n_variables = len(space.variables)
    slopes, unit = np.full((2, len(FOUNDATIONS), n_variables), np.nan)
    own_levels, shares = [], fit.levels.matrix.mean(axis=0)
    for number, variable in enumerate(space.variables):
        own = np.flatnonzero(fit.levels.variable == number)
        values = np.array([level.value for level in variable.levels], dtype=np.float64)
        own_levels.append((own, values))
        if not (shares[own] > 0).all():
            continue
        weights = slope_weights(shares[own], values)
        slopes[:, number] = fit.effects[:, own] @ weights
        unit[:, number] = weights @ fit.unit_covariance[:, own][:, :, own] @ weights
    low, high, p = moral_noise.interval(slopes, unit, noise)
    # Nothing is tested of what does not vary.
    low, high, p = (np.where(fit.varies[:, None], each, np.nan) for each in (low, high, p))
    adjusted = holm(p)
    exact = np.isnan(noise.mean_square)
    remarks = [why or noise.source for why in moral_noise.why_undefined(fit)]
    rows: list[tuple[str | float | None, ...]] = []
    for number, variable in enumerate(space.variables):
        own, values = own_levels[number]
        for f, foundation in enumerate(FOUNDATIONS):
            known = ~np.isnan(scores[:, f])
            effects, varies = fit.effects[f, own], bool(fit.varies[f])
            split: tuple[float, float] = (np.nan, np.nan)
            label, information = None, (np.nan, np.nan)
            if varies and np.isfinite(effects).all():
                split = contrast_shares(effects, shares[own], values)
                errors = _reach(fit.unit_covariance[f][np.ix_(own, own)], noise, f)
                sure = bool(exact[f] or adjusted[f, number] < SURE)
                label = shape(effects, errors, values, float(slopes[f, number]), sure=sure)
                information = mutual_information(scores[known, f], levels[known, number])
            found = (slopes[f, number] if varies else np.nan, low[f, number], high[f, number])
            rows.append((variable.name, foundation, *split, *map(float, found),
                         float(adjusted[f, number]), label, *information, remarks[f]))  # fmt: skip
    return pl.DataFrame(rows, schema=dict(moral_tables.TRENDS.columns), orient="row").fill_nan(None)


def _reach(covariance: NDArray[np.float64], noise: Noise, f: int) -> NDArray[np.float64]:
    """Half of the interval of the difference of two levels; 0 where effects are exact."""
    variances = np.diag(covariance)
    unit = np.maximum(variances[:, None] + variances - 2 * covariance, 0.0)
    if np.isnan(noise.mean_square[f]):
        return np.zeros_like(unit)
    quantile = t_quantile(max(int(noise.df[f]), 1), 1 - SURE / 2 / max(len(unit) - 1, 1))
    return np.asarray(quantile * np.sqrt(noise.mean_square[f] * unit))
