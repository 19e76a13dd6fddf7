"""Tables of the lens: what the report prints of them."""

from __future__ import annotations

import polars as pl

from valuescape.lenses.alignment.tables import ALIGNMENT_SUMMARY


def test_the_report_prints_the_nearest_to_humans_first():
    rows = [
        ("null_prompt", "cell_mean", 36, None),
        ("uniform", "cell_mean", 36, 0.7),
        ("persona", "cell_mean", 36, 0.9),
        ("persona", "cell_mean", 31, 0.95),
    ]
    summary = pl.DataFrame(
        [(*row, *[None] * 8, "measured") for row in rows],
        schema=ALIGNMENT_SUMMARY.columns,
        orient="row",
    )
    assert ALIGNMENT_SUMMARY.excerpt is not None
    printed = ALIGNMENT_SUMMARY.excerpt(summary)
    assert printed.columns[:4] == ["question_set", "aggregate", "comparator", "alignment"]
    assert printed.select("question_set", "comparator").rows() == [
        (36, "persona"), (36, "uniform"), (36, "null_prompt"), (31, "persona")
    ]  # fmt: skip
