"""Moral foundations: the scores of personas, and what the cultural variables do to them.

Effects are those of least squares on the valid answers. Their intervals say what another
measurement of the same configurations would change under this LLM and condition, not how other
LLMs, prompts or people would answer.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, n_readings, require_same_personas
from valuescape.answers.inputs import read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.lenses.morality import noise as moral_noise
from valuescape.lenses.morality import oracle_agreement
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import (
    drawn_foundation_scores,
    foundation_scores,
    read_norms,
)
from valuescape.lenses.morality.oracle_stability import stability_table
from valuescape.lenses.morality.variation import ipsatised
from valuescape.stats import level_effects
from valuescape.stats.multiplicity import holm
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.lenses.morality.noise import Noise
    from valuescape.stats.level_effects import AdditiveFit, Membership

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


def drawn_table(persona_ids: pl.Series, readings: NDArray[np.float64]) -> pl.DataFrame:
    """Return the scores of personas read as individuals as rows.

    Parameters
    ----------
    persona_ids : Series of uint32, length n
        The personas.
    readings : ndarray of float64, shape (n_readings, n, 6)
        Foundation scores.

    Returns
    -------
    DataFrame
        Table DRAWN_SCORES.
    """
    return pl.concat(
        score_table(persona_ids, scores).select(
            pl.lit(number).cast(pl.Int16).alias("reading"), pl.all()
        )
        for number, scores in enumerate(readings)
    )


def effect_table(raw: MeasuredEffects, own: MeasuredEffects) -> pl.DataFrame:
    """Return the level effects with intervals.

    Parameters
    ----------
    raw, own : MeasuredEffects
        Of the scores, and of the ipsatised scores.

    Returns
    -------
    DataFrame
        Table LEVEL_EFFECTS.
    """
    fit = raw.fit
    variables = np.asarray(fit.levels.variables)[fit.levels.variable]
    columns: dict[str, NDArray[np.float64]] = {}
    for measured, prefix in ((raw, ""), (own, "ipsatised_")):
        low, high, p = measured.intervals()
        columns |= {
            f"{prefix}effect": measured.fit.effects,
            f"{prefix}ci_low": low,
            f"{prefix}ci_high": high,
            f"{prefix}p_holm": holm(p),
        }
    remarks = [why or raw.noise.source for why in moral_noise.why_undefined(fit)]
    frames = [
        pl.DataFrame(
            {
                "variable": variables,
                "level": fit.levels.level,
                "foundation": [foundation] * len(variables),
                "n_personas": fit.n_at_level[row],
                "interval_from": [remarks[row]] * len(variables),
                **{name: values[row] for name, values in columns.items()},
            }
        ).cast(dict(moral_tables.LEVEL_EFFECTS.columns))  # type: ignore[arg-type]
        for row, foundation in enumerate(FOUNDATIONS)
    ]
    return pl.concat(frames).select(*moral_tables.LEVEL_EFFECTS.columns).fill_nan(None)


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
    measured: MeasuredEffects, readings: NDArray[np.float64], norms: pl.DataFrame
) -> pl.DataFrame:
    """Compare persona scores with human ones.

    Parameters
    ----------
    measured : MeasuredEffects
        Of the scores.
    readings : ndarray of float64, shape (n_readings, n_personas, 6)
        Scores of the same personas read as individuals.
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
    fit = measured.fit
    low, high, _ = moral_noise.interval(fit.mean, fit.unit_mean_variance, measured.noise)
    personas = pl.DataFrame(
        {
            "foundation": FOUNDATIONS,
            "persona_mean": fit.mean,
            "ci_low": np.where(fit.varies, low, np.nan),
            "ci_high": np.where(fit.varies, high, np.nan),
            "persona_sd": standard_deviations(measured.scores[None]),
            "drawn_sd": standard_deviations(readings),
        }
    )
    joined = personas.join(human_profiles(norms), on="foundation")
    return joined.select(*moral_tables.FOUNDATION_PROFILES.columns).fill_nan(None)


def standard_deviations(readings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation of each score over personas, the mean over readings.

    Parameters
    ----------
    readings : ndarray of float64, shape (n_readings, n_personas, n_scores)
        nan where not known, the same in every reading.

    Returns
    -------
    ndarray of float64, shape (n_scores,)
        Divided by n - 1, as of humans; nan with fewer than two personas.
    """
    known = np.isfinite(readings)
    n = known[0].sum(axis=0)
    values = np.where(known, readings, 0.0)
    centred = np.where(known, values - values.sum(axis=1, keepdims=True) / np.maximum(n, 1), 0.0)
    squares = (centred**2).sum(axis=1) / np.where(n > 1, n - 1, np.nan)
    return np.asarray(np.sqrt(squares).mean(axis=0))


@dataclass(frozen=True)
class MeasuredEffects:
    """What the levels do to the scores, and the noise of that.

    Attributes
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    fit : AdditiveFit
        The additive model of the levels.
    noise : Noise
        Of the scores.
    """

    scores: NDArray[np.float64]
    fit: AdditiveFit
    noise: Noise

    def intervals(
        self,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return ends of the intervals of the effects and their p, each of shape (6, n_levels).

        Nothing is said of what does not vary.
        """
        variances = np.einsum("fll->fl", self.fit.unit_covariance)
        found = moral_noise.interval(self.fit.effects, variances, self.noise)
        varies = self.fit.varies[:, None]
        low, high, p = (np.where(varies, each, np.nan) for each in found)
        return low, high, p

    def agreement_table(self, oracle: pl.DataFrame, draws: Draws) -> pl.DataFrame:
        """Return table ORACLE_AGREEMENT."""
        levels = self.fit.levels
        ratings = oracle_agreement.oracle_ratings(oracle, levels)
        null = oracle_agreement.null_correlations(
            ratings, self.fit.effects, levels.variable, draws, "morality/shuffled levels"
        )
        drawn = self.fit.drawn_effects(self.noise.covariance, draws, "morality/noise")
        return oracle_agreement.agreement_table(
            oracle_agreement.agreement(ratings, self.fit.effects, drawn, null),
            oracle_agreement.persona_predictions(self.scores, ratings, levels),
            level_effects.cross_validated_r_squared(self.scores, levels),
            np.where(self.fit.varies, self.fit.total, np.nan),
        )


def measure_effects(
    scores: NDArray[np.float64],
    levels: Membership,
    *,
    full: bool,
    drawn: bool,
    replicates: Sequence[NDArray[np.float64]] = (),
) -> MeasuredEffects:
    """Measure what the levels do to the scores.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    levels : Membership
        Which persona has which level.
    full, drawn, replicates
        As in `noise.noise_of`; `replicates` without these scores.

    Returns
    -------
    MeasuredEffects
        All that the tables need.
    """
    fit = level_effects.fit_additive(scores, levels)
    noise = moral_noise.noise_of(fit, full=full, drawn=drawn, replicates=[scores, *replicates])
    return MeasuredEffects(scores, fit, noise)


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    replicate_responses: list[Path],
    instrument: Path,
    oracle: Path,
    norms: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    scores: Path,
    drawn_scores: Path,
    effects: Path,
    profiles: Path,
    oracle_agreement: Path,
    oracle_stability: Path,
) -> None:
    """Read answers, oracle and norms, write the tables of the lens."""
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
    repeated = []
    for path in replicate_responses:
        again = tables.read(path, study_tables.RESPONSES)
        require_same_personas(answered.responses, again, f"{responses} and {path}")
        repeated.append(foundation_scores(again, answered.instrument, readout))
    full, drawn = len(found) == answered.space.n_personas, readout == "drawn"
    raw = measure_effects(found, levels, full=full, drawn=drawn, replicates=repeated)
    own = measure_effects(
        ipsatised(found),
        levels,
        full=full,
        drawn=drawn,
        replicates=[ipsatised(each) for each in repeated],
    )
    logger.info("noise of the effects: %s", raw.noise.source)
    readings = drawn_foundation_scores(
        answered.responses, answered.instrument, readout, Draws(n_readings(len(found)), seed)
    )
    ids, draws = answered.personas["persona_id"], Draws(replicates, seed)
    provenance = tables.joined_provenance([personas, responses, *replicate_responses, oracle])
    for frame, path, table in (
        (score_table(ids, found), scores, moral_tables.FOUNDATION_SCORES),
        (drawn_table(ids, readings), drawn_scores, moral_tables.DRAWN_SCORES),
        (effect_table(raw, own), effects, moral_tables.LEVEL_EFFECTS),
        (profile_table(raw, readings, human), profiles, moral_tables.FOUNDATION_PROFILES),
        (raw.agreement_table(rated, draws), oracle_agreement, moral_tables.ORACLE_AGREEMENT),
        (
            stability_table(rated, levels, raw.fit.effects),
            oracle_stability,
            moral_tables.ORACLE_STABILITY,
        ),
    ):
        tables.write(frame, path, table, provenance)


if __name__ == "__main__":
    run(main)
