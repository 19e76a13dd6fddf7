"""Headline numbers that only some studies have: beside those of every condition."""

from __future__ import annotations

import math

import polars as pl

from valuescape.lenses.comparison.headlines import Headline, by_key


def extremes_headline(extremes: pl.DataFrame) -> Headline:
    """Return how far out extreme configurations answer.

    Parameters
    ----------
    extremes : DataFrame
        `lenses.robustness.tables.EXTREMES`.

    Returns
    -------
    Headline
        A ratio, 0 or more.
    """
    rows = by_key(extremes.filter(set="corner"), "measure")
    answered = rows.get("distance_from_mean", {})
    configured = rows.get("configured_distance_from_mean", {}).get("estimate")
    ends = (answered.get(key) for key in ("estimate", "ci_low", "ci_high"))
    estimate, low, high = (
        end / configured if end is not None and configured else None for end in ends
    )
    return Headline(
        "Extreme configurations",
        "How far from the middle of the map personas with every variable at an end answer, over "
        "how far they are configured to (1: just as far)",
        estimate,
        low,
        high,
        0.0,
        "everybody answers alike",
        1.0,
        "answers just as configured",
        undefined_because="no persona is a corner, or none has a valid answer to all ten questions",
        name="extremes",
        bounds=(0.0, math.inf),
    )


def invariance_headline(invariance: pl.DataFrame) -> Headline:
    """Return how many effects of variables on foundations are negligible by human margins.

    Parameters
    ----------
    invariance : DataFrame
        `lenses.morality.tables.INVARIANCE`.

    Returns
    -------
    Headline
        A share, in [0, 1], without an interval: each verdict is a test by itself.
    """
    drawn = invariance.filter(readout="drawn").drop_nulls("verdict_within")
    invariant = drawn.filter(verdict_within="invariant").height
    share = invariant / drawn.height if drawn.height else None
    return Headline(
        "Invariance",
        "Share of the effects of a variable on a foundation that are negligible by the margin of "
        "people within a country (0 to 1)",
        share,
        None,
        None,
        None,
        "none: a model without any effect has 1",
        None,
        "none",
        undefined_because="nothing varies",
        name="invariant_share",
    )


def respondents_headline(respondent_personas: pl.DataFrame) -> Headline:
    """Return how near human-derived personas come to the respondents with their configuration.

    Parameters
    ----------
    respondent_personas : DataFrame
        `lenses.weights.tables.RESPONDENT_PERSONAS`.

    Returns
    -------
    Headline
        From anyone (0) to another respondent with the same configuration (1).
    """
    rows = respondent_personas.filter(comparator="persona", measure="share_of_ceiling")
    means = rows.filter(pl.col("question").str.contains(r"^\d+$")).sort(
        pl.col("question").cast(pl.Int64, strict=False), descending=True
    )
    row = means.row(min(1, means.height - 1), named=True) if means.height else {}
    return Headline(
        "Human-derived personas",
        "How often a persona chooses as the respondents with its configuration, from anyone (0) to "
        f"another respondent with the same one (1), {row.get('question', 'no')} questions",
        row.get("estimate"),
        row.get("ci_low"),
        row.get("ci_high"),
        0.0,
        "anyone",
        1.0,
        "another respondent with the same configuration",
        undefined_because="no respondent has the configuration of a persona",
        name="respondents",
        bounds=(-math.inf, math.inf),
    )
