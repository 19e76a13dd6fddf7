"""Moral foundations: the scores of personas, and what the cultural variables do to them.

Intervals resample personas: they say how firmly this LLM under this condition would give the
same numbers again, not how other LLMs, prompts or people would answer.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout
from valuescape.answers.inputs import read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.lenses.morality import oracle_agreement
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import foundation_scores, read_norms
from valuescape.lenses.morality.oracle_stability import stability_table
from valuescape.stats import level_effects, resampling
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import LevelMoments, Membership

logger = logging.getLogger(__name__)


def score_table(persona_ids: pl.Series, scores: NDArray[np.float64]) -> pl.DataFrame:
    """Return the scores as rows.

    Parameters
    ----------
    persona_ids : Series of uint32, length n
        The personas.
    scores : ndarray of float64, shape (n, 6)
        Foundation scores.

    Returns
    -------
    DataFrame
        Table FOUNDATION_SCORES.
    """
    # The mean of six fives may round to a hair above 5.
    clipped = np.clip(scores, 1.0, 5.0)
    return pl.DataFrame(
        {"persona_id": persona_ids, **dict(zip(FOUNDATIONS, clipped.T, strict=True))}
    ).fill_nan(None)


def effect_table(
    moments: LevelMoments, drawn: NDArray[np.float64], levels: Membership
) -> pl.DataFrame:
    """Return the level effects with intervals.

    Parameters
    ----------
    moments : LevelMoments
        Moments of the scores.
    drawn : ndarray of float64, shape (n_replicates, 6, n_levels)
        Level effects of bootstrap draws.
    levels : Membership
        What the levels are.

    Returns
    -------
    DataFrame
        Table LEVEL_EFFECTS.
    """
    measured = level_effects.effects(moments, levels)
    low, high = resampling.interval(measured, drawn)
    # Ipsatising is linear: the effect on a score less the mean is the effect less their mean.
    own, own_drawn = (e - e.mean(axis=-2, keepdims=True) for e in (measured, drawn))
    own_low, own_high = resampling.interval(own, own_drawn)
    variables = np.asarray(levels.variables)[levels.variable]
    frames = [
        pl.DataFrame(
            {
                "variable": variables,
                "level": levels.level,
                "foundation": [foundation] * len(levels.level),
                "effect": measured[row],
                "ci_low": low[row],
                "ci_high": high[row],
                "n_personas": np.rint(moments.n[row]).astype(np.int64),
                "ipsatised_effect": own[row],
                "ipsatised_ci_low": own_low[row],
                "ipsatised_ci_high": own_high[row],
            },
            schema=moral_tables.LEVEL_EFFECTS.columns,
        )
        for row, foundation in enumerate(FOUNDATIONS)
    ]
    return pl.concat(frames).fill_nan(None)


def share_table(
    shares: NDArray[np.float64],
    drawn: NDArray[np.float64],
    null: NDArray[np.float64],
    variables: Sequence[str],
) -> pl.DataFrame:
    """Return the variance shares with intervals and nulls.

    Parameters
    ----------
    shares, null : ndarray of float64, shape (6, n_variables)
        First-order shares; what shuffled personas get.
    drawn : ndarray of float64, shape (n_replicates, 6, n_variables)
        Shares of bootstrap draws.
    variables : sequence of str
        Names.

    Returns
    -------
    DataFrame
        Table VARIANCE_SHARES.
    """
    low, high = resampling.interval(shares, drawn, bounds=(0, 1))
    frames = [
        pl.DataFrame(
            {
                "variable": variables,
                "foundation": [foundation] * len(variables),
                "share": shares[row],
                "ci_low": low[row],
                "ci_high": high[row],
                "null_95_share": null[row],
            },
            schema=moral_tables.VARIANCE_SHARES.columns,
        )
        for row, foundation in enumerate(FOUNDATIONS)
    ]
    return pl.concat(frames).fill_nan(None)


def human_profiles(norms: pl.DataFrame) -> pl.DataFrame:
    """Summarise human foundation scores over countries.

    Parameters
    ----------
    norms : DataFrame with country, n, foundation, mean, sd
        Human scores by country.

    Returns
    -------
    DataFrame with foundation and the human columns of FOUNDATION_PROFILES
        The mean weights countries by n; the SD within is pooled over countries (each with n - 1
        degrees of freedom), the SD between is that of the country means, unweighted.
    """
    n = pl.col("n").cast(pl.Float64)
    return norms.group_by("foundation").agg(
        human_mean=(pl.col("mean") * n).sum() / n.sum(),
        human_sd_within=((n - 1) * pl.col("sd") ** 2).sum().truediv((n - 1).sum()).sqrt(),
        human_sd_between=pl.col("mean").std(),
        human_country_min=pl.col("mean").min(),
        human_country_max=pl.col("mean").max(),
    )


def profile_table(
    moments: LevelMoments, drawn: LevelMoments, levels: Membership, norms: pl.DataFrame
) -> pl.DataFrame:
    """Compare persona scores with human ones.

    Parameters
    ----------
    moments, drawn : LevelMoments
        Moments of the scores, and those of bootstrap draws.
    levels : Membership
        What the levels are.
    norms : DataFrame
        As in `human_profiles`.

    Returns
    -------
    DataFrame
        Table FOUNDATION_PROFILES.

    Raises
    ------
    UserError
        If the norms lack a foundation.
    """
    missing = [name for name in FOUNDATIONS if name not in set(norms["foundation"])]
    if missing:
        msg = f"the human norms have no foundation {missing[0]!r}"
        raise UserError(msg, hint="the norms need a row for each country and foundation")
    first = levels.variable == 0
    mean, variance = moments.whole(first)
    low, high = resampling.interval(mean, drawn.whole(first)[0])
    personas = pl.DataFrame(
        {
            "foundation": FOUNDATIONS,
            "persona_mean": mean,
            "ci_low": low,
            "ci_high": high,
            "persona_sd": np.sqrt(variance),
        }
    )
    joined = personas.join(human_profiles(norms), on="foundation")
    return joined.select(*moral_tables.FOUNDATION_PROFILES.columns).fill_nan(None)


@dataclass(frozen=True)
class MeasuredEffects:
    """What the levels do to the scores, with draws and nulls; each table follows from it.

    Attributes
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    levels : Membership
        Which persona has which level.
    moments, drawn : LevelMoments
        Moments of the scores by level, and those of bootstrap draws.
    effects, drawn_effects : ndarray of float64
        Level effects, and those of the draws.
    draws : Draws
        Bootstrap draws, and shuffles of each null.
    """

    scores: NDArray[np.float64]
    levels: Membership
    moments: LevelMoments
    drawn: LevelMoments
    effects: NDArray[np.float64]
    drawn_effects: NDArray[np.float64]
    draws: Draws

    def effect_table(self) -> pl.DataFrame:
        """Return table LEVEL_EFFECTS."""
        return effect_table(self.moments, self.drawn_effects, self.levels)

    def share_table(self) -> pl.DataFrame:
        """Return table VARIANCE_SHARES."""
        null = level_effects.null_shares(
            self.scores, self.levels, self.draws, "morality/shuffled personas"
        )
        return share_table(
            level_effects.variance_shares(self.moments, self.levels),
            level_effects.variance_shares(self.drawn, self.levels),
            null,
            self.levels.variables,
        )

    def profile_table(self, norms: pl.DataFrame) -> pl.DataFrame:
        """Return table FOUNDATION_PROFILES."""
        return profile_table(self.moments, self.drawn, self.levels, norms)

    def agreement_table(self, oracle: pl.DataFrame) -> pl.DataFrame:
        """Return table ORACLE_AGREEMENT."""
        ratings = oracle_agreement.oracle_ratings(oracle, self.levels)
        null = oracle_agreement.null_correlations(
            ratings, self.effects, self.levels.variable, self.draws, "morality/shuffled levels"
        )
        return oracle_agreement.agreement_table(
            oracle_agreement.agreement(ratings, self.effects, self.drawn_effects, null),
            oracle_agreement.persona_predictions(self.scores, ratings, self.levels),
            level_effects.additive_ceiling(self.scores, self.levels),
            self.moments.whole(self.levels.variable == 0)[1],
        )


def measure_effects(
    scores: NDArray[np.float64], levels: Membership, draws: Draws
) -> MeasuredEffects:
    """Measure what the levels do to the scores, with bootstrap draws.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    levels : Membership
        Which persona has which level.
    draws : Draws
        Bootstrap draws, and shuffles of each null.

    Returns
    -------
    MeasuredEffects
        All that the tables need.
    """
    moments, drawn = level_effects.moments_and_draws(scores, levels, draws, "morality/personas")
    return MeasuredEffects(
        scores,
        levels,
        moments,
        drawn,
        level_effects.effects(moments, levels),
        level_effects.effects(drawn, levels),
        draws,
    )


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    oracle: Path,
    norms: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    scores: Path,
    effects: Path,
    shares: Path,
    profiles: Path,
    oracle_agreement: Path,
    oracle_stability: Path,
) -> None:
    """Read answers, oracle and norms, write the six tables of the lens."""
    answered = read_persona_responses(space, personas, instrument, responses, readout)
    rated = tables.read(oracle, study_tables.ORACLE)
    human = read_norms(norms)
    levels = level_effects.membership(answered.space, answered.levels)
    found = foundation_scores(answered.responses, answered.instrument, readout)
    known = ~np.isnan(found)
    logger.info("%d of %d personas have all six scores", known.all(axis=1).sum(), len(found))
    unrated = rated["rating"].null_count()
    if unrated:
        logger.warning("%d oracle ratings are missing, taken as their variable's mean", unrated)
    measured = measure_effects(found, levels, Draws(replicates, seed))
    provenance = tables.joined_provenance([personas, responses, oracle])
    for frame, path, table in (
        (
            score_table(answered.personas["persona_id"], found),
            scores,
            moral_tables.FOUNDATION_SCORES,
        ),
        (measured.effect_table(), effects, moral_tables.LEVEL_EFFECTS),
        (measured.share_table(), shares, moral_tables.VARIANCE_SHARES),
        (measured.profile_table(human), profiles, moral_tables.FOUNDATION_PROFILES),
        (measured.agreement_table(rated), oracle_agreement, moral_tables.ORACLE_AGREEMENT),
        (
            stability_table(rated, levels, measured.effects),
            oracle_stability,
            moral_tables.ORACLE_STABILITY,
        ),
    ):
        tables.write(frame, path, table, provenance)


if __name__ == "__main__":
    run(main)
