"""Invariance as a claim: that what a cultural variable does to a foundation is negligible.

With many personas every effect differs from zero. Therefore two margins are taken from humans, and
a foundation is invariant under a variable only if its range over the levels lies below the margin
beyond chance (equivalence testing; Schuirmann 1987), in the whole family of variables and
foundations (Holm).

The margins are those of people who chose one option an item. Expected scores of personas are
compressed, and would be invariant whatever culture does to them: personas read as individuals
stand beside. Where several conditions give personas the same context (other replicates, option
orders, wordings), effects are the mean over them, and what differs between them is noise too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import stdtr as t_below
from scipy.special import stdtrit as t_quantile

from valuescape.answers.expected import Readout
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.morality import inputs as moral_inputs
from valuescape.lenses.morality import noise as moral_noise
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import ReadCondition
from valuescape.lenses.morality.variation import variation_table
from valuescape.stats import level_effects
from valuescape.stats.multiplicity import holm
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import Membership

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

INVARIANT, VARIES, UNDECIDED = "invariant", "varies", "undecided"
# A fifth of the SD of people within a country is a small effect; half the SD between countries is
# what moves a country by half its usual distance from the others.
OF_WITHIN, OF_BETWEEN = 0.2, 0.5
# Two one-sided tests at 5 % are an interval of 90 %.
TAIL = 0.05
PAIR = 2


@dataclass(frozen=True)
class PooledEffects:
    """Level effects over conditions, and the noise in the differences of levels.

    Attributes
    ----------
    effects : ndarray of float64, shape (6, n_levels)
        Mean over conditions and readings, in scale points.
    variances : ndarray of float64, shape (6, n_levels, n_levels)
        Of the difference of two levels; nan where the noise is not known.
    df : ndarray of float64, same shape
        Degrees of freedom behind them (Satterthwaite 1946).
    spread : ndarray of float64, shape (6, n_variables)
        SD of the effects of each variable over the personas.
    sd : ndarray of float64, shape (6,)
        SD of the scores over the personas of one condition in one reading.
    remarks : list of str
        For each foundation what the noise is measured by, or why nothing is said.
    varies : ndarray of bool, shape (6,)
        Whether the score differs between personas.
    """

    effects: Array
    variances: Array
    df: Array
    spread: Array
    sd: Array
    remarks: list[str]
    varies: NDArray[np.bool_]


def pooled_effects(
    readings: Sequence[Array], levels: Membership, *, full: bool, drawn: bool
) -> PooledEffects:
    """Return level effects over conditions.

    Parameters
    ----------
    readings : sequence of ndarray of float64, each of shape (n_readings, n_personas, 6)
        Foundation scores, one array a condition; nan where not known.
    levels : Membership
        Which persona has which level.
    full, drawn : bool
        As in `noise.noise_of`.

    Returns
    -------
    PooledEffects
        The noise is that of one reading: readings are averaged to tell the effect, not to
        make personas more certain than individuals.
    """
    effects, within, sources = [], [], []
    spread, squares, df = [], [], []
    fit = level_effects.fit_additive(readings[0][0], levels)
    for condition in readings:
        fits = [level_effects.fit_additive(scores, levels) for scores in condition]
        noises = [moral_noise.noise_of(each, full=full, drawn=drawn) for each in fits]
        effects.append(np.mean([each.effects for each in fits], axis=0))
        mean_square = np.mean([each.mean_square for each in noises], axis=0)
        within.append(mean_square[:, None, None] * _of_differences(fits[0].unit_covariance))
        spread.append(np.mean([each.variances(each.effects) for each in fits], axis=0))
        squares.append(np.mean([each.total for each in fits], axis=0))
        df.append(noises[0].df)
        sources.append(noises[0].source)
    mean = np.mean(effects, axis=0)
    variances, freedom = np.mean(within, axis=0), np.mean(df, axis=0)[:, None, None]
    freedom = np.where(freedom > 0, freedom, np.nan) + np.zeros_like(variances)
    n = len(effects)
    if n > 1:
        apart = np.stack([each[:, :, None] - each[:, None, :] for each in effects])
        between = apart.var(axis=0, ddof=1) / n
        inner = np.nan_to_num(variances)
        inner_df = np.where(np.isnan(freedom), 1.0, freedom)
        variances = inner + between
        parts = inner**2 / inner_df + between**2 / (n - 1)
        freedom = np.divide(variances**2, parts, out=np.full(parts.shape, np.inf), where=parts > 0)
        sources.append(f"{n} conditions")
    said = "; ".join(dict.fromkeys(sources))
    return PooledEffects(
        mean,
        variances,
        freedom,
        np.sqrt(np.mean(spread, axis=0)),
        np.sqrt(np.mean(squares, axis=0)),
        [why or said for why in moral_noise.why_undefined(fit)],
        fit.varies,
    )


def _of_differences(covariance: Array) -> Array:
    """Return the variance of the difference of any two levels, from their covariance."""
    own = np.diagonal(covariance, axis1=1, axis2=2)
    return np.maximum(own[:, :, None] + own[:, None, :] - 2 * covariance, 0.0)


@dataclass(frozen=True)
class Range:
    """The range of one foundation over the levels of one variable, in scale points.

    Attributes
    ----------
    range : float
        The greatest less the least effect.
    low, high : float
        Its 90 % interval; nan where the noise is not known.
    differences, errors, df : ndarray of float64, shape (n_pairs,)
        Size of the difference of every pair of levels, its standard error (0 if it is exact), and
        degrees of freedom.
    """

    range: float
    low: float
    high: float
    differences: Array
    errors: Array
    df: Array

    def p_invariant(self, margin: float) -> float:
        """Return p of the claim that every difference lies below the margin.

        Each is a one-sided test, and all must hold (intersection-union; Berger 1982).
        """
        return float(_tail(margin - self.differences, self.errors, self.df).max())

    def p_varies(self, margin: float) -> float:
        """Return p of the claim that any difference lies above the margin (Bonferroni)."""
        p = _tail(self.differences - margin, self.errors, self.df)
        return float(min(p.min() * len(p), 1.0))


def _tail(distance: Array, error: Array, df: Array) -> Array:
    """One-sided p of a distance; 0 or 1 where it is exact."""
    exact = np.where(distance > 0, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(error > 0, t_below(df, -distance / error), exact)


def level_range(effects: Array, variances: Array, df: Array) -> Range | None:
    """Return the range of effects with its interval, from the differences of all pairs of levels.

    A range is below a margin if every difference is, so that the upper end is the greatest upper
    end of them. It is above if any one is: the lower end is the greatest lower end at 5 % over the
    number of pairs.

    Parameters
    ----------
    effects : ndarray of float64, shape (n_levels,)
        Of the levels of one variable.
    variances, df : ndarray of float64, shape (n_levels, n_levels)
        Of the differences of levels; nan where not known.

    Returns
    -------
    Range or None
        None where an effect is not known, or the variable has one level.
    """
    pairs = np.array(list(combinations(range(len(effects)), PAIR)))
    if not len(pairs) or np.isnan(effects).any():
        return None
    first, second = pairs.T
    apart = np.abs(effects[first] - effects[second])
    error, free = np.sqrt(variances[first, second]), df[first, second]
    low = (apart - t_quantile(free, 1 - TAIL / len(pairs)) * error).max()
    high = (apart + t_quantile(free, 1 - TAIL) * error).max()
    return Range(float(apart.max()), max(float(low), 0.0), float(high), apart,
                 np.nan_to_num(error), np.where(np.isnan(free), np.inf, free))  # fmt: skip


def possible_range(sd: float, frequencies: Array) -> float:
    """Return the greatest range that scores of this SD could show over the levels of a variable.

    Parameters
    ----------
    sd : float
        Standard deviation of the scores.
    frequencies : ndarray of float64, shape (n_levels,)
        How often the design has each level.

    Returns
    -------
    float
        If all that varies were the difference of its two rarest levels; at most 4, the scale's.
    """
    rarest = np.sort(frequencies)[:PAIR]
    if len(rarest) < PAIR or rarest[0] <= 0:
        return np.nan
    return float(min(sd * np.sqrt((1 / rarest).sum()), 4.0))


def verdicts(ranges: Sequence[Range | None], margins: Sequence[float]) -> list[str | None]:
    """Judge a family of ranges.

    Parameters
    ----------
    ranges : sequence of Range or None
        Of every variable and foundation.
    margins : sequence of float
        The greatest negligible range of each.

    Returns
    -------
    list of str or None
        invariant or varies, where that holds at 5 % in the whole family (Holm), else undecided;
        None without a range.
    """
    pairs = list(zip(ranges, margins, strict=True))
    below = holm(np.array([each.p_invariant(m) if each else np.nan for each, m in pairs]))
    above = holm(np.array([each.p_varies(m) if each else np.nan for each, m in pairs]))
    return [
        None if each is None else INVARIANT if b < TAIL else VARIES if a < TAIL else UNDECIDED
        for each, b, a in zip(ranges, below, above, strict=True)
    ]


def invariance_rows(
    readings: Sequence[Array],
    levels: Membership,
    profiles: pl.DataFrame,
    readout: Readout,
    *,
    full: bool,
) -> list[tuple[object, ...]]:
    """Judge every variable and foundation in one reading of the personas.

    Parameters
    ----------
    readings : sequence of ndarray of float64, each of shape (n_readings, n_personas, 6)
        One array a condition.
    levels : Membership
        Which persona has which level.
    profiles : DataFrame
        Table FOUNDATION_PROFILES: how much humans vary.
    readout : {"probabilities", "modal", "drawn"}
        What the scores are made of.
    full : bool
        Whether every configuration of the space takes part.

    Returns
    -------
    list of tuple
        Rows of INVARIANCE.
    """
    pooled = pooled_effects(readings, levels, full=full, drawn=readout == "drawn")
    frequencies = levels.matrix.mean(axis=0)
    human = {row["foundation"]: row for row in profiles.iter_rows(named=True)}
    cells = [(f, v) for f in range(len(FOUNDATIONS)) for v in range(len(levels.variables))]
    own_levels = [np.flatnonzero(levels.variable == v) for v in range(len(levels.variables))]
    ranges = []
    for f, v in cells:
        own = own_levels[v]
        block = np.ix_(own, own)
        # Nothing is judged that does not vary.
        ranges.append(
            level_range(pooled.effects[f, own], pooled.variances[f][block], pooled.df[f][block])
            if pooled.varies[f]
            else None
        )
    between = [float(human[FOUNDATIONS[f]]["human_sd_between"]) for f, _ in cells]
    margins = {
        "within": [OF_WITHIN * float(human[FOUNDATIONS[f]]["human_sd_within"]) for f, _ in cells],
        "between": [OF_BETWEEN * each for each in between],
    }
    said = {name: verdicts(ranges, own) for name, own in margins.items()}
    rows: list[tuple[object, ...]] = []
    for cell, (f, v) in enumerate(cells):
        found, sd = ranges[cell], float(pooled.sd[f])
        ends = (found.range, found.low, found.high) if found else (np.nan,) * 3
        beside = (np.nan,) * 3
        if found:
            beside = (
                possible_range(sd, frequencies[own_levels[v]]),
                found.range / sd,
                float(pooled.spread[f, v]) / between[cell],
            )
        rows.append(
            (levels.variables[v], FOUNDATIONS[f], readout, *ends,
             margins["within"][cell], margins["between"][cell], said["within"][cell],
             said["between"][cell], *beside, len(readings), pooled.remarks[f])
        )  # fmt: skip
    return rows


def invariance_table(
    conditions: Sequence[ReadCondition],
    levels: Membership,
    profiles: pl.DataFrame,
    *,
    full: bool,
) -> pl.DataFrame:
    """Judge every variable and foundation, by the scores and by those of individuals.

    Parameters
    ----------
    conditions : sequence of ReadCondition
        Scores under each condition, all read alike.
    levels, profiles, full
        As in `invariance_rows`.

    Returns
    -------
    DataFrame
        Table INVARIANCE.
    """
    readout = conditions[0].readout
    rows = invariance_rows(
        [each.scores[None] for each in conditions], levels, profiles, readout, full=full
    )
    if readout == "probabilities":
        drawn = [each.readings for each in conditions]
        rows += invariance_rows(drawn, levels, profiles, "drawn", full=full)
    frame = pl.DataFrame(rows, schema=dict(moral_tables.INVARIANCE.columns), orient="row")
    return frame.fill_nan(None)


@command
def main(
    *,
    space: Path,
    personas: Path,
    scores: list[Path],
    drawn_scores: list[Path],
    profiles: Path,
    norms: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    invariance: Path,
    variation: Path,
) -> None:
    """Read scores and human spreads, write verdicts and variation."""
    read = moral_inputs.read_scored(space, personas, scores)
    profiled = tables.read(profiles, moral_tables.FOUNDATION_PROFILES)
    conditions = [
        ReadCondition(each, moral_inputs.read_drawn_scores(path, read.personas), readout)
        for each, path in zip(read.scores, drawn_scores, strict=True)
    ]
    levels = read.membership
    found = invariance_table(conditions, levels, profiled, full=read.full)
    for margin in ("within", "between"):
        counts = found.group_by("readout", f"verdict_{margin}", maintain_order=True).len()
        logger.info("margin from the human SD %s countries: %s", margin, counts.rows())
    provenance = tables.joined_provenance([personas, *scores])
    tables.write(found, invariance, moral_tables.INVARIANCE, provenance)
    varied = variation_table(
        conditions, levels, moral_inputs.read_norms(norms), Draws(replicates, seed), full=read.full
    )
    tables.write(varied, variation, moral_tables.FOUNDATION_VARIATION, provenance)


if __name__ == "__main__":
    run(main)
