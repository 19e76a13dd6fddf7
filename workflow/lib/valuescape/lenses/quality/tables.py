"""Tables of the quality lens: columns, dtypes and keys."""

from __future__ import annotations

import polars as pl

from valuescape.answers.expected import NOT_ASKED, STATUSES
from valuescape.core.tables import SHARE, Table


def outcomes_by_stage(validity: pl.DataFrame) -> pl.DataFrame:
    """Sum the outcomes of each stage.

    Parameters
    ----------
    validity : DataFrame
        Table VALIDITY.

    Returns
    -------
    DataFrame
        Counts by stage, share of valid ones, mean probability on the options, and ``adds_up``:
        whether asked is the sum of the outcomes for every question.
    """
    adds_up = (pl.sum_horizontal(STATUSES) == pl.col("asked")).all()
    return validity.group_by("stage", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("questions"),
        pl.col("asked", *STATUSES, NOT_ASKED).sum(),
        pl.col("option_mass").mean(),
        pl.when(adds_up).then(pl.lit("yes")).otherwise(pl.lit("NO")).alias("adds_up"),
        pl.when(pl.col("asked").sum() > 0)
        .then(pl.col("valid").sum() / pl.col("asked").sum())
        .alias("valid_share"),
    )


DEMOGRAPHICS = Table(
    "demographics",
    {
        "attribute": pl.String,
        "category": pl.String,
        "n_personas": pl.Int64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "human_share": pl.Float64,
        "human_n": pl.Int64,
        "assigned_share": pl.Float64,
    },
    ("attribute", "category"),
    {"share": SHARE, "assigned_share": SHARE},
    path="{model}/{condition}/quality/demographics.parquet",
    title="What the biographies say of the personas, beside shares of survey respondents",
    section="personas",
)
"""What the biographies say: shares of each category; `human_share` where a human margin is known,
else null: of countries and continents among all respondents of WVS-7, of other attributes in the
countries that personas state. `human_n`: respondents behind it. `assigned_share`: of the
same personas, as the design has it; null where that is left to the writer.
"""

CONTRADICTIONS = Table(
    "contradictions",
    {
        "attribute": pl.String,
        "n_stated": pl.Int64,
        "n_contradictions": pl.Int64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "by_chance": pl.Float64,
        "remark": pl.String,
    },
    ("attribute",),
    dict.fromkeys(("share", "ci_low", "ci_high", "by_chance"), SHARE),
    path="{model}/{condition}/quality/contradictions.parquet",
    title="Biographies that contradict the demographics assigned to their persona",
    section="personas",
    note=(
        "Of the valid biographies that state the attribute (age: its band), how many state another "
        "value than the one assigned; by chance: the share if what is stated had nothing to do "
        "with what was assigned. Groups are made of the assigned values in any case."
    ),
)
"""Stated against assigned; `n_stated`: valid biographies that state the attribute, for the country
in the text those whose text names one. All but `remark` is null where nothing was assigned.
"""

VALIDITY = Table(
    "validity",
    {
        "stage": pl.String,
        "question": pl.String,
        "asked": pl.Int64,
        "valid": pl.Int64,
        "refused": pl.Int64,
        "malformed": pl.Int64,
        "truncated": pl.Int64,
        "out_of_range": pl.Int64,
        "not_asked": pl.Int64,
        "option_mass": pl.Float64,
    },
    ("stage", "question"),
    path="{model}/{condition}/quality/validity.parquet",
    title="What became of every biography and question",
    section="validity",
    note=(
        "Every request has one outcome: asked is the sum of valid, refused, malformed, truncated "
        "and out of range. not asked: persons to whom a question was not put, since the language "
        "of the condition does not have it; they are none of those asked. option mass: mean "
        "probability that fell on any of the options."
    ),
    excerpt=outcomes_by_stage,
)
"""Every answer accounted for: asked = the sum of the five outcomes. `stage`: biographies or an
instrument.
"""

MANIPULATION_CHECK = Table(
    "manipulation_check",
    {
        "variable": pl.String,
        "slope": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "correlation": pl.Float64,
        "null_95_correlation": pl.Float64,
        "top_above_bottom": pl.Float64,
        "n_personas": pl.Int64,
        "remark": pl.String,
    },
    ("variable",),
    path="{model}/{condition}/quality/manipulation_check.parquet",
    title="Do personas answer as configured?",
    section="map",
    note=(
        "The answered survey value regressed on the configured one, by cultural variable. null 95 "
        "correlation: 95th percentile of |r| with shuffled personas. top above bottom: probability "
        "that a persona of the highest level answers higher than one of the lowest (0.5 is the "
        "no-skill baseline). remark: why a number is missing."
    ),
)
"""Does a persona answer as configured? Slope and correlation of the answered on the configured
survey value; `null_95_correlation`: 95th percentile of |r| with shuffled personas;
`top_above_bottom`: probability that a persona of the top level answers higher than one of the
bottom level (0.5 is the no-skill baseline).
"""
