"""Tables of the response surface: columns, dtypes, keys, and their place in the report."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table

NEEDS = "answers=surface"
# A CRPS below this is rounding: everybody answers alike.
ROUNDING = 1e-12
# Fewer personas check nothing.
FEWEST_CHECKED = 10

SURFACE_QUESTIONS = Table(
    "surface_questions",
    {
        "instrument": pl.String,
        "question": pl.String,
        "checked_on": pl.String,
        "n_personas": pl.Int64,
        "form": pl.String,
        "r2": pl.Float64,
        "emd": pl.Float64,
        "emd_mean_alone": pl.Float64,
        "crps": pl.Float64,
        "crps_mean_alone": pl.Float64,
        "log_score": pl.Float64,
        "log_score_mean_alone": pl.Float64,
        "gain": pl.Float64,
        "gain_low": pl.Float64,
        "gain_high": pl.Float64,
        "half_width": pl.Float64,
        "coverage": pl.Float64,
        "verdict": pl.String,
    },
    ("instrument", "question", "checked_on"),
    {"emd": SHARE, "emd_mean_alone": SHARE, "coverage": SHARE},
    path="{model}/{condition}/surface/questions.parquet",
    title="How well the response surface predicts personas that it has not seen, by question",
    section="surface",
    needs=NEEDS,
    note=(
        "checked on: personas left out one by one, within the design; or the holdout, personas "
        "drawn at random and asked as a check, which alone shows what a balanced fraction hides. "
        "emd: mean distance of the predicted answers from a persona's own (0 best), beside that of "
        "the mean of all others. crps and log score: proper scores (least is best). gain: how much "
        "of the crps of the mean alone the surface takes off, with its 95 % interval. half width: "
        "of the interval of a single persona's expected answer, on a scale from 0 to 1; coverage: "
        "how many of the holdout lie within it (0.95 is right)."
    ),
    folded=True,
)
"""`form`: what the surface is made of, chosen by the least crps of personas left out. `verdict`:
whether the surface predicts; else it is no better than the mean, and shows nothing of how answers
hang on the configuration. `coverage` is null where the intervals were made of the same personas.
"""

SURFACE_QUANTITIES = Table(
    "surface_quantities",
    {
        "lens": pl.String,
        "object": pl.String,
        "measure": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "asked_estimate": pl.Float64,
        "asked_low": pl.Float64,
        "asked_high": pl.Float64,
        "remark": pl.String,
    },
    ("lens", "object", "measure"),
    path="{model}/{condition}/surface/quantities.parquet",
    title="What the lenses would find in all configurations, with the error of the surface",
    section="surface",
    needs=NEEDS,
    note=(
        "estimate: mean over draws of all configurations, in which the surface and what it leaves "
        "of each persona vary as far as they are unknown; ci: 95 % of the draws. Asked personas "
        "keep their answers. asked: the same of them alone, with an interval over them. "
        "The lenses' own tables read one predicted cube, and their intervals do not hold the error "
        "of the surface: these do, and the headlines take them."
    ),
)
"""`remark`: why a number is missing, or what the surface cannot know of it."""

SURFACE_ERROR = Table(
    "surface_error",
    {
        "n_personas": pl.Int64,
        "instrument": pl.String,
        "predictor": pl.String,
        "emd": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "share_of_cube": pl.Float64,
        "answers": pl.Int64,
    },
    ("n_personas", "instrument", "predictor"),
    {"emd": SHARE, "share_of_cube": SHARE},
    path="{model}/{condition}/surface/error.parquet",
    title="Error of the response surface by the number of personas asked",
    section="surface",
    needs=NEEDS,
)
"""`emd`: mean over questions, of personas that the surface was not fitted to. `predictor`: surface,
or mean_alone. `ci_low` and `ci_high`: 95 % over these personas. `answers`: how many answers that
number of personas gives. The last point leaves each persona out once, all others take part of them.
"""
