"""Core cultural variables: which of the ten moves morality most, and how sure that order is.

Variables are ranked by the share of variance that each explains alone, less what noise gives:
variables with more levels would else stand higher. A setting is a model under a condition; where
there are several, the intervals resample settings and, within each, hold the noise of its scores.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.morality import inputs as moral_inputs
from valuescape.lenses.morality import noise as moral_noise
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import level_effects, resampling
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import AdditiveFit, Membership

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Of the draws behind an interval, 2.5 % lie on either side.
TAIL = 0.025
NOT_RANKED = "not ranked: the score is the same for all personas, or too few have it"


def corrected_shares(fit: AdditiveFit, effects: Array) -> Array:
    """Return first-order shares less what noise alone would give (omega squared; Hays 1963).

    Parameters
    ----------
    fit : AdditiveFit
        Of the scores.
    effects : ndarray of float64, shape (..., n_scores, n_levels)
        Its effects, or draws of them.

    Returns
    -------
    ndarray of float64, shape (..., n_scores + 1, n_variables)
        At most 1, may be below 0; the last is the mean over the scores that have shares. 0 for a
        score that does not vary, nan for one whose variables are not separated.
    """
    noise = fit.residual[:, None]
    variances = fit.variances(effects) - noise * fit.noise_in_variances()
    total = variances.sum(axis=-1, keepdims=True) + noise
    known = np.where(np.isnan(total), np.nan, 0.0) + np.zeros(variances.shape)
    shares = np.divide(variances, total, out=known, where=total > 0)
    return np.concatenate([shares, _mean_of_known(shares)[..., None, :]], axis=-2)


def _mean_of_known(shares: Array) -> Array:
    """Return the mean over foundations that have shares, nan if none has."""
    known = np.isfinite(shares)
    total = np.where(known, shares, 0.0).sum(axis=-2)
    n = known.sum(axis=-2)
    return np.asarray(np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0))


@dataclass(frozen=True)
class Setting:
    """Shares of the variables under one model and condition, each row a foundation or `all`.

    Attributes
    ----------
    shares : ndarray of float64, shape (7, n_variables)
        Shares less noise.
    drawn : ndarray of float64, shape (n_draws, 7, n_variables)
        Those of other measurements with this noise, moved to lie about the shares: noise pushes
        each of them up once more. nan where the noise is not known.
    null : ndarray of float64, shape (7, n_variables)
        95th percentile of the shares when nothing depends on culture; of the mean over
        foundations for `all`.
    ranked : ndarray of bool, shape (7,)
        Whether there is anything to rank: a score that varies.
    noise : str
        What the noise is measured by.
    """

    shares: Array
    drawn: Array
    null: Array
    ranked: NDArray[np.bool_]
    noise: str


def measure_setting(
    scores: Array, levels: Membership, draws: Draws, *, full: bool, drawn: bool
) -> Setting:
    """Return the shares of one setting.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    levels : Membership
        Which persona has which level.
    draws : Draws
        Draws of noise, the same in all settings.
    full, drawn : bool
        As in `noise.noise_of`.

    Returns
    -------
    Setting
        Shares, draws and null.
    """
    fit = level_effects.fit_additive(scores, levels)
    noise = moral_noise.noise_of(fit, full=full, drawn=drawn)
    found = corrected_shares(fit, fit.effects)
    moved = fit.drawn_effects(noise.covariance, draws, "core variables/noise")
    others = corrected_shares(fit, moved)
    null = resampling.null_95(_null_shares(fit, scores, draws))
    ranked = fit.varies & np.isfinite(found[:-1]).all(axis=1)
    return Setting(
        found,
        others - others.mean(axis=0) + found,
        null,
        np.append(ranked, ranked.any()),
        noise.source,
    )


def _null_shares(fit: AdditiveFit, scores: Array, draws: Draws) -> Array:
    """Return shares of scores with these variances that depend on nothing, as `corrected_shares`.

    Foundations keep their correlation, so that the row `all` has the spread of their mean.
    """
    known = np.isfinite(scores)
    n = known.sum(axis=0)
    filled = np.where(known, scores, 0.0)
    centred = np.where(known, filled - filled.sum(axis=0) / np.maximum(n, 1), 0.0)
    free = np.where(n > 1, n - 1, np.nan)
    total = centred.T @ centred / np.sqrt(np.outer(free, free))
    nothing = replace(fit, effects=fit.effects * 0.0)
    chance = nothing.drawn_effects(total, draws, "core variables/null")
    variance = np.where(fit.varies, np.diag(total), np.nan)[:, None]
    shares = nothing.variances(chance) / variance - nothing.noise_in_variances()
    return np.concatenate([shares, _mean_of_known(shares)[:, None]], axis=1)


def ranking(shares: Array) -> NDArray[np.int64]:
    """Return ranks along the last axis, 1 the greatest share; equal ones take the better rank."""
    known = np.round(np.nan_to_num(shares), 12)
    return np.asarray(1 + (known[..., None, :] > known[..., :, None]).sum(axis=-1))


def core_table(
    settings: Sequence[Setting],
    shapley: dict[tuple[str, str], float | None],
    variables: Sequence[str],
    draws: Draws,
) -> pl.DataFrame:
    """Return the ranking with its intervals.

    Parameters
    ----------
    settings : sequence of Setting
        Shares by setting.
    shapley : dict of (foundation, variable) to float or None
        Mean Shapley shares; empty unless every setting is the full cube.
    variables : sequence of str
        Names.
    draws : Draws
        How settings are drawn.

    Returns
    -------
    DataFrame
        Table CORE_VARIABLES.
    """
    stacked = np.stack([setting.shares for setting in settings])
    null = np.mean([setting.null for setting in settings], axis=0)
    n = len(settings)
    # Exact within a setting: with several, settings alone are drawn.
    drawn = [
        np.where(np.isnan(each.drawn), each.shares, each.drawn) if n > 1 else each.drawn
        for each in settings
    ]
    shares, pooled = stacked.mean(axis=0), resampling.over_clusters(drawn, draws, "core variables")
    ranked = np.all([setting.ranked for setting in settings], axis=0)
    ranked &= np.isfinite(shares).all(axis=-1)
    low, high = resampling.interval(shares, pooled, bounds=(-1, 1))
    low, high = (np.where(ranked[:, None], end, np.nan) for end in (low, high))
    ranks, of_draws = ranking(shares), ranking(pooled)
    ends = np.quantile(of_draws, [TAIL, 1 - TAIL], axis=0, method="nearest").astype(int)
    sure = np.isfinite(pooled.sum(axis=(0, -1)))
    noise = "; ".join(dict.fromkeys(setting.noise for setting in settings))
    source = f"noise within one setting ({noise}): there are no other models and conditions"
    if n > 1:
        source = f"{n} settings, and the noise within each ({noise})"
    rows: list[tuple[object, ...]] = []
    for f, foundation in enumerate((*FOUNDATIONS, moral_tables.ALL)):
        for v, variable in enumerate(variables):
            between = (ends[0, f, v], ends[1, f, v]) if ranked[f] and sure[f] else (None, None)
            rank = (ranks[f, v] if ranked[f] else None, *between)
            own, said = stacked[:, f, v], source if ranked[f] else NOT_RANKED
            rows.append(
                (foundation, variable, *rank, shares[f, v], low[f, v], high[f, v], own.min(),
                 own.max(), null[f, v], shapley.get((foundation, variable)), n, said)
            )  # fmt: skip
    schema = dict(moral_tables.CORE_VARIABLES.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def mean_shapley(frames: Sequence[pl.DataFrame]) -> dict[tuple[str, str], float | None]:
    """Return the mean Shapley shares over settings, and over foundations for `all`.

    Parameters
    ----------
    frames : sequence of DataFrame
        Tables ANOVA_SHARES.

    Returns
    -------
    dict of (foundation, variable) to float or None
        Empty where a design cannot estimate them.
    """
    known = pl.concat(frames).filter(pl.col("measure") == "shapley")
    if known["share"].null_count():
        return {}
    whole = known.with_columns(foundation=pl.lit(moral_tables.ALL))
    means = pl.concat([known, whole]).group_by("foundation", "variable").agg(pl.col("share").mean())
    return {(foundation, variable): share for foundation, variable, share in means.iter_rows()}


@command
def main(
    *,
    space: Path,
    personas: Path,
    scores: list[Path],
    anova_shares: list[Path],
    readouts: list[Readout],
    seed: int,
    replicates: int,
    core_variables: Path,
) -> None:
    """Read the scores of all settings, write the ranking."""
    read = moral_inputs.read_scored(space, personas, scores)
    levels, names = read.membership, [variable.name for variable in read.space.variables]
    draws = Draws(replicates, seed)
    found = [
        measure_setting(each, levels, draws, full=read.full, drawn=readout == "drawn")
        for each, readout in zip(read.scores, readouts, strict=True)
    ]
    shapley = mean_shapley([tables.read(path, moral_tables.ANOVA_SHARES) for path in anova_shares])
    table = core_table(found, shapley, names, draws)
    logger.info("core variables of %d settings", len(found))
    provenance = tables.joined_provenance([personas, *scores])
    tables.write(table, core_variables, moral_tables.CORE_VARIABLES, provenance)


if __name__ == "__main__":
    run(main)
