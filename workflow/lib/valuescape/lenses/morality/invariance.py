"""Invariance as a claim: that what a cultural variable does to a foundation is negligible.

With many personas every effect differs from zero. Therefore two margins are taken from humans, and
a foundation is invariant under a variable only if the interval of its range over the levels lies
below the margin (equivalence testing; Schuirmann 1987).

Personas of one LLM are not independent draws. Where several conditions give them the same context
(other replicates, option orders, wordings), their scores are pooled: effects are the mean, and the
bootstrap draws conditions as well as configurations.
"""

from __future__ import annotations

import logging
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import norm

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.morality import inputs as moral_inputs
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.variation import variation_table
from valuescape.stats import level_effects, resampling
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import Membership

logger = logging.getLogger(__name__)

INVARIANT, VARIES, UNDECIDED = "invariant", "varies", "undecided"
# A fifth of the SD of people within a country is a small effect; half the SD between countries is
# what moves a country by half its usual distance from the others.
OF_WITHIN, OF_BETWEEN = 0.2, 0.5
# Two one-sided tests at 5 % are an interval of 90 %.
TAIL = 0.05


def level_ranges(effects: NDArray[np.float64], variable: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the greatest less the least level effect of each variable.

    Parameters
    ----------
    effects : ndarray of float64, shape (..., n_levels)
        Level effects.
    variable : ndarray of int64, shape (n_levels,)
        Variable of each level; levels of a variable stand together.

    Returns
    -------
    ndarray of float64, shape (..., n_variables)
        Not negative; nan where a level has no score.
    """
    starts = np.flatnonzero(np.diff(variable, prepend=-1))
    highest = np.maximum.reduceat(effects, starts, axis=-1)
    return np.asarray(highest - np.minimum.reduceat(effects, starts, axis=-1))


def range_interval(
    effects: NDArray[np.float64], drawn: NDArray[np.float64], variable: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the 90 % interval of the ranges, from the differences of all pairs of levels.

    A range is below a margin if every difference is, so that the upper end is the greatest upper
    end of them, each a one-sided test at 5 % (intersection-union; Berger 1982). It is above if
    any one is: the lower end is the greatest lower end at 5 % over the number of pairs. Quantiles
    of resampled ranges would not do, as a range cannot fall below zero.

    Parameters
    ----------
    effects : ndarray of float64, shape (n_scores, n_levels)
        Level effects.
    drawn : ndarray of float64, shape (n_replicates, n_scores, n_levels)
        Those of bootstrap draws; nan where a draw has no persona at a level.
    variable : ndarray of int64, shape (n_levels,)
        Variable of each level.

    Returns
    -------
    (ndarray, ndarray), each of shape (n_scores, n_variables)
        Lower and upper end, not negative; nan where a level has no score.
    """
    ends = np.full((2, len(effects), int(variable[-1]) + 1), np.nan)
    for number in np.unique(variable):
        pairs = np.array(list(combinations(np.flatnonzero(variable == number), 2)))
        if not len(pairs):
            continue
        apart = np.abs(effects[:, pairs[:, 0]] - effects[:, pairs[:, 1]])
        gaps = drawn[..., pairs[:, 0]] - drawn[..., pairs[:, 1]]
        error = np.nan_to_num(gaps).std(axis=0, ddof=1)
        ends[0, :, number] = (apart - norm.ppf(1 - TAIL / len(pairs)) * error).max(axis=1)
        ends[1, :, number] = (apart + norm.ppf(1 - TAIL) * error).max(axis=1)
    return np.maximum(ends[0], 0.0), ends[1]


def verdict(low: float, high: float, margin: float) -> str:
    """Say whether a range is negligible.

    Parameters
    ----------
    low, high : float
        90 % interval of the range.
    margin : float
        Greatest negligible range.

    Returns
    -------
    str
        invariant if the interval lies below the margin, varies if above, else undecided.
    """
    if high < margin:
        return INVARIANT
    return VARIES if low > margin else UNDECIDED


def pooled_effects(
    scores: Sequence[NDArray[np.float64]], levels: Membership, draws: Draws
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return level effects over conditions, and how far they spread the scores.

    Parameters
    ----------
    scores, levels, draws
        As in `invariance_table`.

    Returns
    -------
    (ndarray, ndarray, ndarray) of float64
        Mean level effects, shape (6, n_levels); those of bootstrap draws, shape (n_replicates, 6,
        n_levels); SD of the level means of each variable, shape (6, n_variables). In scale points.
    """
    effects, of_draws, variances = [], [], []
    for each in scores:
        # The draws of the lens morality, so that both intervals are of the same personas.
        moments, drawn_moments = level_effects.moments_and_draws(
            each, levels, draws, "morality/personas"
        )
        of_draws.append(level_effects.effects(drawn_moments, levels))
        effects.append(level_effects.effects(moments, levels))
        shares = np.nan_to_num(level_effects.variance_shares(moments, levels))
        variances.append(shares * moments.whole(levels.variable == 0)[1][:, None])
    drawn = resampling.over_clusters(of_draws, draws, "invariance/conditions")
    return np.mean(effects, axis=0), drawn, np.sqrt(np.mean(variances, axis=0))


def invariance_table(
    scores: Sequence[NDArray[np.float64]],
    levels: Membership,
    profiles: pl.DataFrame,
    draws: Draws,
) -> pl.DataFrame:
    """Judge every variable and foundation.

    Parameters
    ----------
    scores : sequence of ndarray of float64, each of shape (n_personas, 6)
        Foundation scores, one a condition; nan where not known.
    levels : Membership
        Which persona has which level.
    profiles : DataFrame
        Table FOUNDATION_PROFILES: how much humans vary.
    draws : Draws
        Bootstrap draws; a configuration is drawn as a whole.

    Returns
    -------
    DataFrame
        Table INVARIANCE.
    """
    measured, drawn, spread = pooled_effects(scores, levels, draws)
    ranges = level_ranges(measured, levels.variable)
    low, high = range_interval(measured, drawn, levels.variable)
    human = {row["foundation"]: row for row in profiles.iter_rows(named=True)}
    rows: list[tuple[object, ...]] = []
    for f, foundation in enumerate(FOUNDATIONS):
        within = float(human[foundation]["human_sd_within"])
        between = float(human[foundation]["human_sd_between"])
        margins = (OF_WITHIN * within, OF_BETWEEN * between)
        for v, variable in enumerate(levels.variables):
            ends = (float(low[f, v]), float(high[f, v]))
            verdicts = [verdict(*ends, margin) for margin in margins]
            ratio = float(spread[f, v]) / between
            found = (float(ranges[f, v]), *ends, *margins, *verdicts, ratio, len(scores))
            rows.append((variable, foundation, *found))
    frame = pl.DataFrame(rows, schema=dict(moral_tables.INVARIANCE.columns), orient="row")
    return frame.fill_nan(None)


@command
def main(
    *,
    space: Path,
    personas: Path,
    scores: list[Path],
    profiles: Path,
    norms: Path,
    seed: int,
    replicates: int,
    invariance: Path,
    variation: Path,
) -> None:
    """Read scores and human spreads, write verdicts and variation."""
    read = moral_inputs.read_scored(space, personas, scores)
    profiled = tables.read(profiles, moral_tables.FOUNDATION_PROFILES)
    levels, draws = read.membership, Draws(replicates, seed)
    found = invariance_table(read.scores, levels, profiled, draws)
    for margin in ("within", "between"):
        counts = dict(found[f"verdict_{margin}"].value_counts().iter_rows())
        logger.info("margin from the human SD %s countries: %s", margin, counts)
    provenance = tables.joined_provenance([personas, *scores])
    tables.write(found, invariance, moral_tables.INVARIANCE, provenance)
    varied = variation_table(read.scores, levels, moral_inputs.read_norms(norms), draws)
    tables.write(varied, variation, moral_tables.FOUNDATION_VARIATION, provenance)


if __name__ == "__main__":
    run(main)
