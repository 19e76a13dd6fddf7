"""Lens 3: what the cultural variables do to the six moral foundations.

    python -m valuescape.lenses.morality.measure --space F --personas F --responses F --instrument F \
        --oracle F --norms F --answers KIND --seed N --replicates N --scores F --effects F \
        --shares F --profiles F --oracle-agreement F --oracle-stability F

Intervals resample personas: they say how firmly this LLM, asked in this way, would give the same
numbers again, not how other LLMs, prompts or people would answer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.inputs import ASKED, parser_of_answers, read_asked
from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.lenses.morality import oracle_agreement, oracle_stability
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.variation import read_norms
from valuescape.stats import level_effects, resampling
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, Instrument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import LevelMoments, Membership
    from valuescape.stats.resampling import Draws

logger = logging.getLogger(__name__)

RESULTS = ("scores", "effects", "shares", "profiles", "oracle-agreement", "oracle-stability")


def foundation_scores(expected: NDArray[np.float64], instrument: Instrument) -> NDArray[np.float64]:
    """Return the mean of a foundation's items (Atari et al. 2023: six items, none reversed).

    Parameters
    ----------
    expected : ndarray of float64, shape (n_personas, n_items)
        Answers, 1 to 5; nan where not valid.
    instrument : Instrument
        The items and their foundations.

    Returns
    -------
    ndarray of float64, shape (n_personas, 6)
        In the order of `FOUNDATIONS`; nan where any item of the foundation is not valid.

    Raises
    ------
    UserError
        If a foundation has no item.
    """
    items = np.array([question.foundation for question in instrument.questions])
    empty = [foundation for foundation in FOUNDATIONS if foundation not in items]
    if empty:
        msg = f"the instrument {instrument.name!r} has no item of the foundation {empty[0]!r}"
        raise UserError(msg, hint="give its questions the key `foundation`")
    return np.column_stack([expected[:, items == name].mean(axis=1) for name in FOUNDATIONS])


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
                "null_share": null[row],
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
    """Lay persona scores beside human ones.

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


def analyse(
    scores: NDArray[np.float64],
    levels: Membership,
    oracle: pl.DataFrame,
    norms: pl.DataFrame,
    draws: Draws,
) -> dict[str, pl.DataFrame]:
    """Return every table of the lens but the scores.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    levels : Membership
        Which persona has which level.
    oracle : DataFrame
        Table ORACLE.
    norms : DataFrame
        As in `human_profiles`.
    draws : Draws
        Bootstrap draws, and shuffles of each null.

    Returns
    -------
    dict of str to DataFrame
        effects, shares, profiles, oracle_agreement, oracle_stability.
    """
    moments, drawn = level_effects.moments_and_draws(scores, levels, draws, "morality/personas")
    drawn_effects = level_effects.effects(drawn, levels)
    measured = level_effects.effects(moments, levels)
    null = level_effects.null_shares(scores, levels, draws, "morality/shuffled personas")
    ratings = oracle_agreement.oracle_ratings(oracle, levels)
    null_correlations = oracle_agreement.null_correlations(
        ratings, measured, levels.variable, draws, "morality/shuffled levels"
    )
    return {
        "effects": effect_table(moments, drawn_effects, levels),
        "shares": share_table(
            level_effects.variance_shares(moments, levels),
            level_effects.variance_shares(drawn, levels),
            null,
            levels.variables,
        ),
        "profiles": profile_table(moments, drawn, levels, norms),
        "oracle_agreement": oracle_agreement.agreement_table(
            oracle_agreement.agreement(ratings, measured, drawn_effects, null_correlations),
            oracle_agreement.persona_predictions(scores, ratings, levels),
            level_effects.additive_ceiling(scores, levels),
            moments.whole(levels.variable == 0)[1],
        ),
        "oracle_stability": oracle_stability.stability_table(oracle, levels, measured),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Read answers, oracle and norms, write the six tables of the lens.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    args = parser_of_answers(__doc__, (*ASKED, "oracle", "norms", *RESULTS)).parse_args(argv)
    asked = read_asked(args)
    oracle = tables.read(args.oracle, study_tables.ORACLE)
    norms = read_norms(args.norms)
    levels = level_effects.membership(asked.space, asked.levels)
    expected = answers.expected_values(asked.responses, asked.instrument, asked.kind)
    scores = foundation_scores(expected, asked.instrument)
    known = ~np.isnan(scores)
    logger.info("%d of %d personas have all six scores", known.all(axis=1).sum(), len(scores))
    unrated = oracle["rating"].null_count()
    if unrated:
        logger.warning("%d oracle ratings are missing, taken as their variable's mean", unrated)
    results = analyse(scores, levels, oracle, norms, asked.draws)
    provenance = tables.joined_provenance([args.personas, args.responses, args.oracle])
    scored = score_table(asked.personas["persona_id"], scores)
    tables.write(scored, args.scores, moral_tables.FOUNDATION_SCORES, provenance)
    for name, path, table in (
        ("effects", args.effects, moral_tables.LEVEL_EFFECTS),
        ("shares", args.shares, moral_tables.VARIANCE_SHARES),
        ("profiles", args.profiles, moral_tables.FOUNDATION_PROFILES),
        ("oracle_agreement", args.oracle_agreement, moral_tables.ORACLE_AGREEMENT),
        ("oracle_stability", args.oracle_stability, moral_tables.ORACLE_STABILITY),
    ):
        tables.write(results[name], path, table, provenance)


if __name__ == "__main__":
    run(main)
