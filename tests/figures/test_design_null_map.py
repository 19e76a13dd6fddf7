"""The map without an LLM draws every configuration once."""

from __future__ import annotations

import polars as pl
import pytest

from drawn_figures import drawn, inputs_of
from valuescape.figures import design_null_map


def test_the_design_null_map_draws_every_configuration_once():
    inputs = inputs_of("design_null_map", 144)
    marks = design_null_map.plotted(**inputs)
    assert marks.filter(pl.col("layer") == "hexagon")["n"].sum() == inputs["space"].n_personas
    centre = marks.filter(pl.col("layer") == "centre").row(0, named=True)
    assert (centre["self_expression"], centre["secular"]) == pytest.approx((0.19, 1.84), abs=0.01)
    share = marks.filter(pl.col("layer") == "hull")["share"][0]
    assert 0 < share < 1
    legend = [
        text.get_text()
        for axes in drawn("design_null_map", 144).axes
        if axes.get_legend()
        for text in axes.get_legend().get_texts()
    ]
    assert f"Countries' hull: {100 * share:.1f} % inside" in legend
