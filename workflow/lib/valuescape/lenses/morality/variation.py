"""How far culture moves a moral foundation in all, in personas and between human countries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import betaincinv as beta_quantile

from valuescape.lenses.morality import noise as moral_noise
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.tables import SCORINGS
from valuescape.stats import level_effects, resampling
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.lenses.morality.inputs import ReadCondition
    from valuescape.stats.level_effects import AdditiveFit, Membership
    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]


def ipsatised(scores: Array) -> Array:
    """Subtract each row's mean: what is left is free of saying yes to everything.

    Parameters
    ----------
    scores : ndarray of float64, shape (..., 6)
        Foundation scores; each foundation has as many items, so that the mean is that of all.

    Returns
    -------
    ndarray of float64, same shape
        Rows sum to zero.
    """
    return np.asarray(scores - scores.mean(axis=-1, keepdims=True))


def human_eta_squared(norms: pl.DataFrame) -> dict[str, float]:
    """Return the share of human variance that lies between countries.

    Parameters
    ----------
    norms : DataFrame
        As from `inputs.read_norms`.

    Returns
    -------
    dict of str to float
        By foundation, in [0, 1], from the numbers, means and SDs of countries.
    """
    n, mean, sd = (pl.col(name).cast(pl.Float64) for name in ("n", "mean", "sd"))
    between = (n * (mean - (mean * n).sum() / n.sum()) ** 2).sum()
    within = ((n - 1) * sd**2).sum()
    found = norms.group_by("foundation").agg(share=between / (between + within))
    return dict(found.iter_rows())


def human_between(norms: pl.DataFrame, scoring: str) -> Array:
    """Return the SD of country means.

    Parameters
    ----------
    norms : DataFrame
        As from `inputs.read_norms`.
    scoring : str
        ``raw``, or ``ipsatised``: each country's mean over the six foundations taken off.

    Returns
    -------
    ndarray of float64, shape (6,)
        In scale points.
    """
    wide = norms.pivot("foundation", index="country", values="mean").select(FOUNDATIONS).to_numpy()
    return np.asarray((ipsatised(wide) if scoring == "ipsatised" else wide).std(axis=0, ddof=1))


def culture_variance(fit: AdditiveFit, effects: Array) -> Array:
    """Return the variance that the levels add up to, less what noise gives.

    Parameters
    ----------
    fit : AdditiveFit
        Of the scores.
    effects : ndarray of float64, shape (..., n_scores, n_levels)
        Its effects, or draws of them.

    Returns
    -------
    ndarray of float64, shape (..., n_scores)
        In squared scale points; may be below 0.
    """
    noise = fit.residual * fit.noise_in_variances().sum(axis=1)
    return np.asarray(fit.variances(effects).sum(axis=-1) - noise)


@dataclass(frozen=True)
class CultureVariance:
    """What the levels add up to under one condition, in squared scale points.

    Attributes
    ----------
    variance : ndarray of float64, shape (6,)
        As from `culture_variance`.
    drawn : ndarray of float64, shape (n_draws, 6)
        That of other measurements with the noise of the scores, moved to lie about it: noise
        pushes every draw up once more. nan where the noise is not known.
    total : ndarray of float64, shape (6,)
        Variance of the scores.
    null_95 : ndarray of float64, shape (6,)
        95th percentile when nothing depends on the levels.
    """

    variance: Array
    drawn: Array
    total: Array
    null_95: Array


def measure_variance(
    scores: Array, levels: Membership, draws: Draws, *, full: bool, drawn: bool
) -> CultureVariance:
    """Measure how far the levels move the scores of one condition.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores, raw or ipsatised; nan where not known.
    levels : Membership
        Which persona has which level.
    draws : Draws
        Draws of noise.
    full, drawn : bool
        As in `noise.noise_of`.

    Returns
    -------
    CultureVariance
        With draws and null; nan for what does not vary.
    """
    fit = level_effects.fit_additive(scores, levels)
    noise = moral_noise.noise_of(fit, full=full, drawn=drawn)
    variance = np.where(fit.varies, culture_variance(fit, fit.effects), np.nan)
    moved = culture_variance(fit, fit.drawn_effects(noise.covariance, draws, "variation/noise"))
    total = np.where(fit.varies, fit.total, np.nan)
    df = len(levels.level) - len(levels.variables)
    spare = np.where(fit.df > 0, fit.df, np.nan)
    chance = beta_quantile(df / 2, spare / 2, 0.95) - df / (df + spare)
    return CultureVariance(variance, moved - moved.mean(axis=0) + variance, total, chance * total)


def explained_share(readings: Array, levels: Membership) -> Array:
    """Return the share of the variance that the levels explain, less noise, over readings.

    Parameters
    ----------
    readings : ndarray of float64, shape (n_readings, n_personas, n_scores)
        Scores, each reading once; nan where not known.
    levels : Membership
        Which persona has which level.

    Returns
    -------
    ndarray of float64, shape (n_scores,)
        Mean over readings, at least 0; nan for what does not vary.
    """
    shares = []
    for scores in readings:
        fit = level_effects.fit_additive(scores, levels)
        total = np.where(fit.varies, fit.total, np.nan)
        shares.append(culture_variance(fit, fit.effects) / total)
    return np.asarray(np.maximum(np.mean(shares, axis=0), 0.0))


def variation_table(
    conditions: Sequence[ReadCondition],
    levels: Membership,
    norms: pl.DataFrame,
    draws: Draws,
    *,
    full: bool,
) -> pl.DataFrame:
    """Compare what culture moves in personas with what differs between countries.

    Parameters
    ----------
    conditions : sequence of ReadCondition
        Scores under each condition.
    levels : Membership
        Which persona has which level.
    norms : DataFrame
        As from `inputs.read_norms`.
    draws : Draws
        Draws of noise, and of conditions.
    full : bool
        Whether every configuration of the space takes part.

    Returns
    -------
    DataFrame
        Table FOUNDATION_VARIATION.
    """
    rows: list[tuple[str | float | int | None, ...]] = []
    eta, n = human_eta_squared(norms), len(conditions)
    for scoring in SCORINGS:
        found, shares, drawn_shares = [], [], []
        for each in conditions:
            scores, readings = (
                ipsatised(array) if scoring == "ipsatised" else array
                for array in (each.scores, each.readings)
            )
            found.append(measure_variance(scores, levels, draws, full=full, drawn=each.drawn))
            shares.append(explained_share(scores[None], levels))
            drawn_shares.append(explained_share(readings, levels))
        variance = np.mean([each.variance for each in found], axis=0)
        drawn = [
            np.where(np.isnan(each.drawn), each.variance, each.drawn) if n > 1 else each.drawn
            for each in found
        ]
        pooled = resampling.over_clusters(drawn, draws, "variation/conditions")
        ends = resampling.interval(variance, pooled, bounds=(0, np.inf))
        sd, low, high = (np.sqrt(np.maximum(part, 0.0)) for part in (variance, *ends))
        null = np.sqrt(np.mean([each.null_95 for each in found], axis=0))
        human = human_between(norms, scoring)
        eta_squared = [np.mean(part, axis=0) for part in (shares, drawn_shares)]
        for f, foundation in enumerate(FOUNDATIONS):
            own_sds = [float(part[f]) for part in (sd, low, high, null)]
            ratios = [float(part[f] / human[f]) for part in (sd, low, high)]
            people = eta[foundation] if scoring == "raw" else None
            own = [float(part[f]) for part in eta_squared]
            rows.append((foundation, scoring, *own_sds, float(human[f]), *ratios, people, *own, n))
    schema = dict(moral_tables.FOUNDATION_VARIATION.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)
