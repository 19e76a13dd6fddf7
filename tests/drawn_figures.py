"""Figures drawn from made-up results: what each is given, and where its texts lie."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

import polars as pl

import made_up_results as made_up
from valuescape.core.tables import Table
from valuescape.figures import style
from valuescape.figures.catalogue import FIGURES
from valuescape.figures.draw import READERS, call_with

CONFIG = Path(__file__).parents[1] / "config"
SPACE = CONFIG / "persona_space.yaml"
WVB = CONFIG / "instruments/wvb_probe.yaml"
FILES = {
    "space": SPACE,
    "wvb_probe": WVB,
    "projection": CONFIG / "reference/iw_projection.csv",
    "centroids": CONFIG / "reference/iw_country_centroids.csv",
    "norms": CONFIG / "reference/mfq2_country_norms.csv",
}
# The smaller of the two sizes that figures are drawn for.
FEW = 144
# The entries that `valuescape.figures.draw` draws, by name.
DRAWN = {figure.name: figure for figure in FIGURES if "pdf" in figure.suffixes}


@cache
def read(source):
    """Return what one of the catalogue's files says."""
    return READERS[source](FILES[source])


@cache
def inputs_of(name, n):
    """Return what a figure's functions are given, from made-up tables of n personas."""
    return {
        parameter: made_up.make(source, n) if isinstance(source, Table) else read(source)
        for parameter, source in DRAWN[name].inputs.items()
    }


@cache
def drawn(name, n):
    """Return a figure of made-up tables of n personas, laid out.

    Many tables are the same for every n: their figure is drawn once.
    """
    inputs = inputs_of(name, n)
    if n != FEW and all(same(inputs[each], few) for each, few in inputs_of(name, FEW).items()):
        return drawn(name, FEW)
    figure = call_with(import_module(f"valuescape.figures.{name}").draw, inputs)
    style.lay_out(figure)
    figure.draw_without_rendering()
    return figure


def same(one, other):
    """Return whether two inputs of a figure are equal: tables, or what is read from files."""
    return one.equals(other) if isinstance(one, pl.DataFrame) else one is other


def texts(figure):
    """Return every text of a figure by the mark that it carries."""
    return {text.get_gid(): text.get_text() for text in figure.texts}


def boxes(figure):
    """Return the boxes of all visible texts outside legends, in pixels; the figure is laid out."""
    found = []
    for axes in figure.axes:
        printed = [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
        for axis, place in ((axes.xaxis, 0), (axes.yaxis, 1)):
            low, high = sorted(axis.get_view_interval())
            # Matplotlib keeps ticks beyond the limits, which are not drawn.
            printed += [
                text for text in axis.get_ticklabels() if low <= text.get_position()[place] <= high
            ]
        if not axes.axison:
            continue
        found += [
            (text.get_text(), text.get_window_extent())
            for text in printed
            if text.get_text() and text.get_visible()
        ]
    return found


def overlaps(one, other):
    """Return whether two boxes share more than a pixel's breadth."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > 1.5 and high > 1.5
