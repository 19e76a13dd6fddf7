"""Excerpts: what the report prints of long tables."""

from __future__ import annotations

import polars as pl

from valuescape.lenses.cultural_map import tables as map_tables


def test_of_the_nearest_countries_and_regions_the_most_frequent_are_kept():
    rows = [("country", f"C{k}", 0.1 + 0.01 * k) for k in range(7)] + [("region", "r", 0.9)]
    frame = pl.DataFrame(rows, schema=["unit", "name", "share"], orient="row")
    found = map_tables.NEAREST.excerpt(frame)
    assert found["name"].to_list() == ["r", "C6", "C5", "C4", "C3", "C2"]


def test_of_the_variants_those_that_move_the_personas_most_are_kept():
    frame = pl.DataFrame(
        {"object": ["persona"] * 9 + ["design"], "displacement": [None, *range(8), 99]}
    )
    found = map_tables.SENSITIVITY.excerpt(frame)
    assert found["displacement"].to_list() == [7, 6, 5, 4, 3, 2, 1, 0]


def test_of_weighted_positions_the_main_measures_are_kept():
    frame = pl.DataFrame({"measure": ["n_effective", "sd_secular"], "name": [None, None]})
    found = map_tables.WEIGHTED_POSITIONS.excerpt(frame)
    assert found.to_dict(as_series=False) == {"measure": ["n_effective"]}
