"""The cultural map plots every persona once, and is drawn whatever the answers."""

from __future__ import annotations

import polars as pl
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.figures import cultural_map
from valuescape.lenses.cultural_map import tables as map_tables


def test_the_map_plots_every_persona_once():
    for n, layer in ((144, "persona"), (5_000, "persona_hexagon")):
        where = made_up.positions(n)
        marks = cultural_map.plotted(
            where, made_up.map_summary(where), made_up.map_uncertainty(), made_up.centroids()
        )
        shown = marks.filter(pl.col("layer") == layer)
        assert shown["n"].sum() == n - made_up.REFUSED
        assert marks.filter(pl.col("layer") == "country").height == len(made_up.COUNTRIES)
        mean = marks.filter(pl.col("layer") == "persona_mean")
        expected = where["self_expression"].drop_nulls().to_numpy().mean()
        assert mean["self_expression"][0] == pytest.approx(expected)


def test_a_map_without_any_valid_answer_still_shows_design_and_countries():
    where = made_up.positions(144).with_columns(
        pl.lit(None, pl.Float64).alias("self_expression"), pl.lit(None, pl.Float64).alias("secular")
    )
    summary = tables.check(
        pl.DataFrame(schema=dict(map_tables.MAP_SUMMARY.columns)),
        map_tables.MAP_SUMMARY,
        "made up",
    )
    nothing = made_up.map_uncertainty().clear()
    marks = cultural_map.plotted(where, summary, nothing, made_up.centroids())
    assert set(marks["layer"]) == {"design_ellipse", "country"}
    assert cultural_map.draw(where, summary, nothing, made_up.centroids()).axes


def test_a_map_of_personas_in_one_place_is_drawn():
    where = made_up.positions(144).with_columns(
        pl.lit(0.19).alias("self_expression"), pl.lit(1.84).alias("secular")
    )
    uncertain, summary = made_up.map_uncertainty(), made_up.map_summary(where)
    assert cultural_map.draw(where, summary, uncertain, made_up.centroids()).axes
