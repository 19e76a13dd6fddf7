"""Core cultural variables: which of the ten moves morality most, and how sure that order is.

Variables are ranked by the share of variance that each explains alone, less what noise gives:
variables with more levels would else stand higher. A setting is a model under a condition; where
there are several, the intervals resample settings and, within each, configurations.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import rankdata

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.morality import inputs as moral_inputs
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import level_effects, resampling
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import LevelMoments, Membership

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Of the draws behind an interval, 2.5 % lie on either side.
TAIL = 0.025


def corrected_shares(moments: LevelMoments, levels: Membership) -> Array:
    """Return first-order shares less what noise alone would give (omega squared; Hays 1963).

    Parameters
    ----------
    moments : LevelMoments
        Moments of the scores.
    levels : Membership
        What the levels are.

    Returns
    -------
    ndarray of float64, shape (..., n_scores + 1, n_variables)
        At most 1, may be below 0; the last score is the mean of all. 0 for a score that does not
        vary, nan for one without a value.
    """
    first = levels.variable == 0
    n = moments.n[..., first].sum(axis=-1)[..., None]
    shares = level_effects.variance_shares(moments, levels)
    shares = np.where(np.isnan(shares) & (n > 0), 0.0, shares)
    df = np.bincount(levels.variable) - 1
    spare = np.maximum(n - 1 - df.sum(), 1)
    noise = np.maximum(1 - shares.sum(axis=-1, keepdims=True), 0.0) / spare
    found = (shares - df * noise) / (1 + noise)
    return np.concatenate([found, found.mean(axis=-2, keepdims=True)], axis=-2)


@dataclass(frozen=True)
class Setting:
    """Shares of the variables under one model and condition, each row a foundation or `all`.

    Attributes
    ----------
    shares : ndarray of float64, shape (7, n_variables)
        Shares less noise.
    drawn : ndarray of float64, shape (n_replicates, 7, n_variables)
        Those of bootstrap draws, moved to lie about the shares: noise pushes each of them up twice.
    null : ndarray of float64, shape (7, n_variables)
        95th percentile of the shares when nothing depends on culture.
    """

    shares: Array
    drawn: Array
    null: Array


def measure_setting(scores: Array, levels: Membership, draws: Draws) -> Setting:
    """Return the shares of one setting.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    levels : Membership
        Which persona has which level.
    draws : Draws
        Bootstrap draws and shuffles; all settings draw the same configurations.

    Returns
    -------
    Setting
        Shares, draws and null.
    """
    purpose = "core variables/personas"
    moments, drawn_moments = level_effects.moments_and_draws(scores, levels, draws, purpose)
    found, drawn = corrected_shares(moments, levels), corrected_shares(drawn_moments, levels)
    null = level_effects.null_shares(scores, levels, draws, "core variables/shuffles")
    # Shuffled shares hold what noise gives, which is taken off the shares.
    null -= (np.bincount(levels.variable) - 1) / max(len(scores) - 1, 1)
    null = np.concatenate([null, null.mean(axis=0, keepdims=True)])
    return Setting(found, drawn - drawn.mean(axis=0) + found, null)


def ranking(shares: Array) -> NDArray[np.int64]:
    """Return ranks along the last axis, 1 the greatest share; equal ones take the better rank."""
    ranks = rankdata(-np.round(np.nan_to_num(shares), 12), method="min", axis=-1)
    return np.asarray(ranks, dtype=np.int64)


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
    drawn = [setting.drawn for setting in settings]
    shares, pooled = stacked.mean(axis=0), resampling.over_clusters(drawn, draws, "core variables")
    known = np.isfinite(shares).all(axis=-1)
    low, high = resampling.interval(shares, pooled, bounds=(-1, 1))
    ranks, of_draws = ranking(shares), ranking(pooled)
    ends = np.quantile(of_draws, [TAIL, 1 - TAIL], axis=0, method="nearest").astype(int)
    n = len(settings)
    source = "configurations within one setting: there are no other models and conditions"
    if n > 1:
        source = f"{n} settings, and configurations within each"
    rows: list[tuple[object, ...]] = []
    for f, foundation in enumerate((*FOUNDATIONS, moral_tables.ALL)):
        for v, variable in enumerate(variables):
            rank = (ranks[f, v], ends[0, f, v], ends[1, f, v]) if known[f] else (None,) * 3
            own = stacked[:, f, v]
            rows.append(
                (foundation, variable, *rank, shares[f, v], low[f, v], high[f, v], own.min(),
                 own.max(), null[f, v], shapley.get((foundation, variable)), n, source)
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
    seed: int,
    replicates: int,
    core_variables: Path,
) -> None:
    """Read the scores of all settings, write the ranking."""
    read = moral_inputs.read_scored(space, personas, scores)
    levels, names = read.membership, [variable.name for variable in read.space.variables]
    draws = Draws(replicates, seed)
    found = [measure_setting(each, levels, draws) for each in read.scores]
    shapley = mean_shapley([tables.read(path, moral_tables.ANOVA_SHARES) for path in anova_shares])
    table = core_table(found, shapley, names, draws)
    logger.info("core variables of %d settings", len(found))
    provenance = tables.joined_provenance([personas, *scores])
    tables.write(table, core_variables, moral_tables.CORE_VARIABLES, provenance)


if __name__ == "__main__":
    run(main)
