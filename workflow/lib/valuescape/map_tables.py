"""Tables of the cultural map beyond positions and their summary: columns, dtypes and keys."""

from __future__ import annotations

import polars as pl

from valuescape.tables import Table

SHARE = (0.0, 1.0)
ESTIMATE = {"estimate": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64}

RECOVERY_MATRIX = Table(
    "recovery_matrix",
    {
        "variable": pl.String,
        "configured": pl.Int8,
        "answered": pl.Int8,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "share_of_all": pl.Float64,
        "n_personas": pl.Int64,
    },
    ("variable", "configured", "answered"),
    {"share": SHARE, "share_of_all": SHARE},
)
"""P(answered level | configured level); `share_of_all` is P(answered level) over all personas:
what is seen in every row if personas ignore their configuration.
"""

RECOVERY = Table(
    "recovery",
    {
        "variable": pl.String,
        "weighted_kappa": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_kappa": pl.Float64,
        "agreement": pl.Float64,
        "agreement_by_chance": pl.Float64,
    },
    ("variable",),
    {"agreement": SHARE, "agreement_by_chance": SHARE},
)
"""Agreement of answered with configured levels: Cohen's kappa with quadratic weights (1 best, 0
chance), `null_kappa` the 95th percentile with shuffled personas; `agreement` is the probability
that the levels are the same, `agreement_by_chance` that of independent levels with these margins.
"""

MAP_RECOVERY = Table(
    "map_recovery",
    {"axis": pl.String, "measure": pl.String, **ESTIMATE, "null": pl.Float64},
    ("axis", "measure"),
)
"""Answered against configured place. By axis: slope, r2, shrinkage (1 - slope), sd_ratio, offset
(mean answered minus mean configured, map units). `axis` all: midpoint_distance (0: all answers at
the middle of their scales, 1: all at an end), configured_distance (of the answers from the
configuration, same unit), at_midpoint_share (of personas whose answers lie no farther from the
middles than the configuration nearest to them) and midpoint_flag (1 if that share lies above one
half with its whole interval). `null`: of r2 the 95th percentile with shuffled personas; of
midpoint_distance and at_midpoint_share what the configurations themselves have.
"""
