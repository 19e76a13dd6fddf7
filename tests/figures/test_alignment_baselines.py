"""The baselines keep every number of the summary, and name every comparator."""

from __future__ import annotations

import polars as pl

import made_up_results as made_up
from valuescape.figures import alignment_baselines
from valuescape.lenses.alignment import tables as alignment_tables


def test_the_baselines_keep_every_number_of_the_summary():
    summary = made_up.alignment_summary()
    marks = alignment_baselines.plotted(summary)
    assert marks.drop("height").sort(summary.columns).equals(summary.sort(summary.columns))
    assert marks.select("aggregate", "height").is_duplicated().sum() == 0


def test_an_alignment_without_any_complete_cell_is_drawn_empty():
    summary = pl.DataFrame(schema=dict(alignment_tables.ALIGNMENT_SUMMARY.columns))
    assert alignment_baselines.draw(summary).axes
