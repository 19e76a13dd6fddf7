"""Invariance: the layout holds whichever verdicts there are, and none."""

from __future__ import annotations

import warnings

import polars as pl
import pytest

import made_up_results as made_up
from drawn_figures import SPACE, boxes
from valuescape.figures import mft_invariance
from valuescape.study.space import read_space


@pytest.mark.parametrize("verdict", ["varies", None])
def test_row_labels_stay_on_the_page_whatever_the_verdicts(verdict):
    """An empty mark that is not clipped cut the labels and laid the axis over the legend."""
    table = made_up.invariance().with_columns(verdict_within=pl.lit(verdict, pl.String))
    if verdict is None:
        numbers = ("range", "ci90_low", "ci90_high", "possible_range")
        table = table.with_columns(pl.lit(None, pl.Float64).alias(name) for name in numbers)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = mft_invariance.draw(table, read_space(SPACE))
        figure.draw_without_rendering()
        places = boxes(figure)
    assert min(box.x0 for _, box in places) >= 0
    bottom = min(box.y0 for _, box in places)
    legend = figure.axes[-1].get_legend().get_window_extent()
    assert legend.y1 <= bottom + 1
    assert legend.y0 > 0


def test_individuals_are_judged_where_there_are_any():
    space, table = read_space(SPACE), made_up.invariance()
    assert set(mft_invariance.plotted(table, space)["readout"]) == {"drawn"}
    alone = table.filter(readout="probabilities").with_columns(readout=pl.lit("modal"))
    assert mft_invariance.plotted(alone, space).height == 60
    assert "readout of the personas: modal" in mft_invariance.footer(alone)
