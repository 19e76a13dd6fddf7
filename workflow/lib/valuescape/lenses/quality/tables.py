"""Tables of the quality lens: columns, dtypes and keys."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table

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
    },
    ("attribute", "category"),
    {"share": SHARE},
)
"""What the biographies say: shares of each category; `human_share` where a human margin is known,
else null.
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
        "option_mass": pl.Float64,
    },
    ("stage", "question"),
)
"""Every answer accounted for: asked = the sum of the five outcomes. `stage`: biographies or an
instrument.
"""

ADHERENCE = Table(
    "adherence",
    {
        "variable": pl.String,
        "slope": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "correlation": pl.Float64,
        "null_correlation": pl.Float64,
        "top_above_bottom": pl.Float64,
    },
    ("variable",),
)
"""Does a persona answer as configured? Slope and correlation of the answered on the configured
survey value; `null_correlation`: 95th percentile of |r| with shuffled personas;
`top_above_bottom`: probability that a persona of the top level answers higher than one of the
bottom level (0.5 = no skill).
"""
