"""Tables of a comparison: models and conditions beside each other, one set of tables a study."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table

SECTION = "comparison"
"""Section of what is made once a study; the reports of its models and conditions leave it out."""
NEEDS = "runs"
ESTIMATE = {"estimate": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64}
ALL = "all"
"""In a column `group`: everybody as one group."""


def by_adjusted_p(differences: pl.DataFrame) -> pl.DataFrame:
    """Return COMPARISON_DIFFERENCES as its page prints it: the surest first, one study unnamed."""
    found = differences.sort("p_holm", "p_value", "first", "second", nulls_last=True)
    pairs = found.select("first", "second")
    studies = {name.split("/")[0] for pair in pairs.rows() for name in pair}
    if len(studies) > 1:
        return found
    return found.with_columns(pairs.select(pl.all().str.replace(r"^[^/]*/", "")))


COMPARISON_HEADLINES = Table(
    "comparison_headlines",
    {
        "run": pl.String,
        "lens": pl.String,
        "study": pl.String,
        "model": pl.String,
        "condition": pl.String,
        "measure": pl.String,
        **ESTIMATE,
        "baseline": pl.Float64,
        "ceiling": pl.Float64,
        "reason": pl.String,
    },
    ("run", "lens"),
    path="comparison/headlines.parquet",
    title="Headline numbers of every model and condition",
    section=SECTION,
    needs=NEEDS,
    note=(
        "The headline numbers of the reports, beside their no-skill baselines and ceilings. Their "
        "intervals are each run's own: what two runs differ by stands in the next table."
    ),
    folded=True,
)
"""`run`: study/model/condition, the folders of its results. `measure`: what the number is, over
which cells. `reason`: when there is no estimate.
"""

COMPARISON_DIFFERENCES = Table(
    "comparison_differences",
    {
        "first": pl.String,
        "second": pl.String,
        "measure": pl.String,
        "difference": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "p_value": pl.Float64,
        "p_holm": pl.Float64,
        "basis": pl.String,
        "n_personas": pl.Int64,
        "n_cells": pl.Int64,
        "reason": pl.String,
    },
    ("first", "second", "measure"),
    {"p_value": SHARE, "p_holm": SHARE},
    path="comparison/differences.parquet",
    title="What runs differ by: second less first, with 95 % intervals",
    section=SECTION,
    needs=NEEDS,
    note=(
        "Compared are two models asked in the same way, and two conditions of one model. paired: "
        "over the same personas, configurations drawn anew in both at once; independent intervals: "
        "from the two intervals, as no persona has this number by itself, so that the interval is "
        "wider than it need be; each run's number is over the groups and questions that count in "
        "that run. p holm: that there is no difference, adjusted for all rows. "
        "Personas of one model are not independent witnesses: a sure difference is one between "
        "these runs, not between all that a model might say."
    ),
    excerpt=by_adjusted_p,
)
"""`measure`: self_expression and secular (map units), within_hull (share of personas by expected
answers), the six foundations (scale points), alignment over groups and of all personas as one
(1 - EMD, not weighted, without the questions that configured the personas, the humans as they are),
and the lenses of COMPARISON_HEADLINES. `n_personas`: with a valid answer in both runs. `n_cells`:
questions of groups that count in both. `p_value`: two-sided, difference over its bootstrap standard
error, normal. `reason`: why a number is missing.
"""

COMPARISON_POSITIONS = Table(
    "comparison_positions",
    {"run": pl.String, "object": pl.String, "measure": pl.String, **ESTIMATE},
    ("run", "object", "measure"),
    path="comparison/positions.parquet",
    title="Clouds of all runs on the Inglehart-Welzel map, in map units",
    section=SECTION,
    needs=NEEDS,
)
"""The rows persona, persona_drawn and design of MAP_SUMMARY, of every run."""

COMPARISON_ALIGNMENT = Table(
    "comparison_alignment",
    {
        "run": pl.String,
        "group": pl.String,
        "alignment": pl.Float64,
        "ceiling": pl.Float64,
        "uniform": pl.Float64,
        "n_questions": pl.Int64,
        "n_personas": pl.Int64,
        "reason": pl.String,
    },
    ("run", "group"),
    {"alignment": SHARE, "ceiling": SHARE, "uniform": SHARE},
    path="comparison/alignment.parquet",
    title="Alignment (1 - EMD) of every run by group, over the same questions",
    section=SECTION,
    needs=NEEDS,
)
"""Means over the questions that count for the group in every run that has personas there, without
those that configured the personas. `ceiling`: another draw of the same humans; `uniform`: every
option equally likely; `n_personas`: most that answer a question. `group` all: everybody as one.
"""

COMPARISON_FOUNDATIONS = Table(
    "comparison_foundations",
    {
        "run": pl.String,
        "foundation": pl.String,
        **ESTIMATE,
        "persona_sd": pl.Float64,
        "human_mean": pl.Float64,
        "human_country_min": pl.Float64,
        "human_country_max": pl.Float64,
    },
    ("run", "foundation"),
    path="comparison/foundations.parquet",
    title="Moral foundations of every run (scale 1 to 5)",
    section=SECTION,
    needs=NEEDS,
)
"""The personas' means of FOUNDATION_PROFILES, of every run."""

COMPARISON_COSTS = Table(
    "comparison_costs",
    {
        "run": pl.String,
        "n_answers": pl.Int64,
        "tokens": pl.Int64,
        "tokens_per_answer": pl.Float64,
        "seconds": pl.Float64,
        "seconds_per_answer": pl.Float64,
        "devices": pl.String,
        "skill": pl.Float64,
        "skill_low": pl.Float64,
        "skill_high": pl.Float64,
    },
    ("run",),
    path="comparison/costs.parquet",
    title="What answers cost in every run, and the alignment that they reach",
    section=SECTION,
    needs=NEEDS,
    note=(
        "Cost of asking, without biographies, start-up and what an earlier job had finished. "
        "tokens: computed, of prompts that the prefix cache did not hold and of output. skill: "
        "alignment from that of uniform answers (0) to the most that noise allows (1)."
    ),
)
"""`seconds` are summed over shards, on the devices named. Null for conditions that are the mean of
others, which asked nothing themselves, and for answers given elsewhere.
"""
