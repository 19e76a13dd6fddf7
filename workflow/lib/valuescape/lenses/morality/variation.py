"""How far culture moves a moral foundation in all, in personas and between human countries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import beta

from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.tables import SCORINGS
from valuescape.stats import level_effects, resampling
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import LevelMoments, Membership
    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]


def ipsatised(scores: Array) -> Array:
    """Subtract each row's mean: what is left is free of saying yes to everything.

    Parameters
    ----------
    scores : ndarray of float64, shape (n, 6)
        Foundation scores; each foundation has as many items, so that the mean is that of all.

    Returns
    -------
    ndarray of float64, shape (n, 6)
        Rows sum to zero.
    """
    return np.asarray(scores - scores.mean(axis=1, keepdims=True))


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


def culture_variance(moments: LevelMoments, levels: Membership) -> Array:
    """Return the variance that the levels add up to, less what noise gives.

    Parameters
    ----------
    moments : LevelMoments
        Moments of the scores.
    levels : Membership
        What the levels are.

    Returns
    -------
    ndarray of float64, shape (..., n_scores)
        In squared scale points; may be below 0.
    """
    first = levels.variable == 0
    n = moments.n[..., first].sum(axis=-1)
    explained = np.nan_to_num(level_effects.variance_shares(moments, levels)).sum(axis=-1)
    df = len(levels.level) - len(levels.variables)
    noise = np.maximum(1 - explained, 0.0) / np.maximum(n - 1 - df, 1)
    return np.asarray((explained - df * noise) * moments.whole(first)[1])


@dataclass(frozen=True)
class CultureVariance:
    """What the levels add up to under one condition, in squared scale points.

    Attributes
    ----------
    variance : ndarray of float64, shape (6,)
        As from `culture_variance`.
    drawn : ndarray of float64, shape (n_replicates, 6)
        That of bootstrap draws, moved to lie about it: noise pushes every draw up once more.
    total : ndarray of float64, shape (6,)
        Variance of the scores.
    null_95 : ndarray of float64, shape (6,)
        95th percentile when nothing depends on the levels.
    """

    variance: Array
    drawn: Array
    total: Array
    null_95: Array


def measure_variance(scores: Array, levels: Membership, draws: Draws) -> CultureVariance:
    """Measure how far the levels move the scores of one condition.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores, raw or ipsatised; nan where not known.
    levels : Membership
        Which persona has which level.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    CultureVariance
        With draws and null.
    """
    moments, drawn_moments = level_effects.moments_and_draws(
        scores, levels, draws, "morality/personas"
    )
    found, drawn = culture_variance(moments, levels), culture_variance(drawn_moments, levels)
    total = moments.whole(levels.variable == 0)[1]
    df = len(levels.level) - len(levels.variables)
    spare = len(scores) - 1 - df
    chance = beta.ppf(0.95, df / 2, spare / 2) - df / (len(scores) - 1) if spare > 0 else np.nan
    return CultureVariance(found, drawn - drawn.mean(axis=0) + found, total, chance * total)


def variation_table(
    scores: Sequence[Array], levels: Membership, norms: pl.DataFrame, draws: Draws
) -> pl.DataFrame:
    """Compare what culture moves in personas with what differs between countries.

    Parameters
    ----------
    scores : sequence of ndarray of float64, each of shape (n_personas, 6)
        Foundation scores, one a condition; nan where not known.
    levels : Membership
        Which persona has which level.
    norms : DataFrame
        As from `inputs.read_norms`.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    DataFrame
        Table FOUNDATION_VARIATION.
    """
    rows: list[tuple[str | float | int | None, ...]] = []
    eta = human_eta_squared(norms)
    for scoring in SCORINGS:
        found = [
            measure_variance(ipsatised(each) if scoring == "ipsatised" else each, levels, draws)
            for each in scores
        ]
        variance = np.mean([each.variance for each in found], axis=0)
        drawn = [each.drawn for each in found]
        pooled = resampling.over_clusters(drawn, draws, "variation/conditions")
        ends = resampling.interval(variance, pooled, bounds=(0, np.inf))
        sd, low, high = (np.sqrt(np.maximum(part, 0.0)) for part in (variance, *ends))
        null = np.sqrt(np.mean([each.null_95 for each in found], axis=0))
        total = np.mean([each.total for each in found], axis=0)
        human = human_between(norms, scoring)
        for f, foundation in enumerate(FOUNDATIONS):
            own_sds = [float(part[f]) for part in (sd, low, high, null)]
            ratios = [float(part[f] / human[f]) for part in (sd, low, high)]
            share = float(sd[f] ** 2 / total[f]) if total[f] > 0 else np.nan
            people = eta[foundation] if scoring == "raw" else None
            rows.append((foundation, scoring, *own_sds, float(human[f]), *ratios, people, share,
                         len(scores)))  # fmt: skip
    schema = dict(moral_tables.FOUNDATION_VARIATION.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)
