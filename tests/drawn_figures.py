"""Figures drawn from made-up results: what each is given, and where its texts lie."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

import made_up_results as made_up
from valuescape.core.tables import Table
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
# The entries that `valuescape.figures.draw` draws, by name.
DRAWN = {figure.name: figure for figure in FIGURES if "pdf" in figure.suffixes}


@cache
def inputs_of(name, n):
    """Return what a figure's functions are given, from made-up tables of n personas."""
    return {
        parameter: made_up.make(source, n)
        if isinstance(source, Table)
        else READERS[source](FILES[source])
        for parameter, source in DRAWN[name].inputs.items()
    }


@cache
def drawn(name, n):
    """Return a figure of made-up tables of n personas."""
    return call_with(import_module(f"valuescape.figures.{name}").draw, inputs_of(name, n))


def texts(figure):
    """Return every text of a figure by the mark that it carries."""
    return {text.get_gid(): text.get_text() for text in figure.texts}


def boxes(figure):
    """Return the boxes of all visible texts outside legends, in pixels."""
    figure.draw_without_rendering()
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
