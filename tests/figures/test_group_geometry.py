"""The geometry of groups is drawn also where a measure is not defined."""

from __future__ import annotations

import polars as pl
import pytest

import made_up_results as made_up
from valuescape.figures import group_geometry
from valuescape.lenses.alignment import tables as alignment_tables


def test_without_any_complete_cell_groups_are_drawn_empty():
    contracts = (alignment_tables.GROUP_POSITIONS, alignment_tables.GROUP_GEOMETRY)
    empty = [pl.DataFrame(schema=dict(each.columns)) for each in contracts]
    assert group_geometry.draw(*empty).axes


@pytest.mark.parametrize("undefined", ["null_95", "ceiling", "ci_low"])
def test_measures_of_groups_without_a_null_or_interval_are_drawn(undefined):
    geometry = made_up.group_geometry().with_columns(pl.lit(None, pl.Float64).alias(undefined))
    positions = made_up.group_positions(("Africa", "Asia", "Europe"))
    assert group_geometry.draw(positions, geometry).axes
