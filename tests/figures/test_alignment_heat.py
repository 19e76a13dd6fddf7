"""The heat map shows EMD above the floor, also where there is none."""

from __future__ import annotations

import polars as pl
import pytest

import made_up_results as made_up
from drawn_figures import WVB
from valuescape.figures import alignment_heat
from valuescape.study.instruments import read_instrument


def test_the_heat_map_shows_emd_above_the_floor():
    cells = made_up.alignment_cells(("Africa", "all"))
    marks = alignment_heat.plotted(cells, read_instrument(WVB))
    expected = (cells["emd"] - cells["emd_floor"]).sum()
    assert marks["emd_above_floor"].sum() == pytest.approx(expected)
    assert marks.filter(pl.col("group") == "all")["column"].unique().to_list() == [1]
    starred = set(marks.filter(pl.col("label").str.ends_with("*"))["question"])
    assert starred == {"Q46", "Q57", "Q164"}


def test_cells_without_answers_are_drawn():
    silent = made_up.alignment_cells(("Africa", "all")).with_columns(
        pl.lit(None, pl.Float64).alias("emd")
    )
    assert alignment_heat.draw(silent, read_instrument(WVB)).axes
