"""Quantile curves are drawn empty where no cell is complete."""

from __future__ import annotations

import polars as pl

from valuescape.figures import quantile_curve
from valuescape.lenses.alignment import tables as alignment_tables


def test_without_any_complete_cell_quantiles_are_drawn_empty():
    empty = pl.DataFrame(schema=dict(alignment_tables.QUANTILES.columns))
    assert quantile_curve.draw(empty).axes
