"""Tables of the scales lens: columns, dtypes, keys, and their place in the report."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import Table

SCALE_SUMMARY = Table(
    "scale_summary",
    {
        "instrument": pl.String,
        "scale": pl.String,
        "n_items": pl.Int32,
        "n_personas": pl.Int64,
        "mean": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "sd": pl.Float64,
        "alpha": pl.Float64,
    },
    ("instrument", "scale"),
    path="{model}/{condition}/scales/summary.parquet",
    title="Scales of other questionnaires: mean, spread and reliability, by questionnaire",
    section="scales",
    note=(
        "A persona's score is the mean of a scale's items, on the scale of their answers. mean and "
        "sd: of the scores over the personas who answered all items (n personas), with 95 % "
        "intervals over configurations. alpha: Cronbach's reliability (at most 1). A model that "
        "repeats itself has a high alpha too."
    ),
)
"""`n_personas`: those who answered all items; mean, intervals and sd are of them. `alpha` is null
for a scale of one item, or where nothing varies.
"""
