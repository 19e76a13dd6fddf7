"""Comparators: each curve has its own colour and dashes, and a legend entry."""

from __future__ import annotations

from valuescape.figures.comparators import LINES, handles


def test_comparators_differ_in_colour_and_in_dashes():
    assert len({str(line.dashes) for line in LINES.values()}) == len(LINES)
    assert len({line.colour for line in LINES.values()}) == len(LINES)


def test_the_legend_names_every_comparator():
    assert [handle.get_label() for handle in handles()] == [line.label for line in LINES.values()]
