"""Threshold curves are drawn empty where no cell is complete."""

from __future__ import annotations

import polars as pl

from valuescape.figures import alignment_threshold_curve
from valuescape.lenses.alignment import tables as alignment_tables


def test_without_any_complete_cell_curves_are_drawn_empty():
    empty = pl.DataFrame(schema=dict(alignment_tables.THRESHOLDS.columns))
    assert alignment_threshold_curve.draw(empty).axes
