"""Tables of the scales lens: columns, dtypes, keys, and their place in the report."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import Table

SCALE_SUMMARY = Table(
    "scale_summary",
    {
        "instrument": pl.String,
        "scale": pl.String,
        "readout": pl.String,
        "n_items": pl.Int32,
        "n_personas": pl.Int64,
        "mean": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "sd": pl.Float64,
        "alpha": pl.Float64,
        "remark": pl.String,
    },
    ("instrument", "scale", "readout"),
    path="{model}/{condition}/scales/summary.parquet",
    title="Scales of other questionnaires: mean, spread and reliability, by questionnaire",
    of="anyone",
    section="scales",
    note=(
        "A persona's score is the mean of a scale's items, on the scale of their answers. mean and "
        "sd: of the scores over the personas who answered all items (n personas), with 95 % "
        "intervals over configurations. alpha: Cronbach's reliability (at most 1). readout drawn: "
        "personas read as individuals, one option drawn an item, to be set beside people; expected "
        "answers hold no draw and hang together for that. remark: why a number is missing."
    ),
)
"""`n_personas`: those who answered all items; mean, intervals and sd are of them. `alpha` is null
for a scale of one item, or where nothing varies (`remark`). `readout` drawn: means over readings in
which each item is answered by one draw.
"""
