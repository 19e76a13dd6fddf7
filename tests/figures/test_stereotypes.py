"""Stereotypes: known distances are drawn, and pairs beyond chance are marked."""

from __future__ import annotations

from drawn_figures import drawn, inputs_of
from valuescape.figures import stereotypes
from valuescape.figures.draw import call_with


def test_what_is_known_of_humans_has_a_panel_of_its_own():
    assert len([axes for axes in drawn("stereotypes", 144).figure.axes if axes.axison]) == 4
    assert len([axes for axes in drawn("stereotypes", 2000).figure.axes if axes.axison]) == 5


def test_rows_are_attributes_and_columns_variables():
    marks = call_with(stereotypes.plotted, inputs_of("stereotypes", 144))
    assert set(marks["row"]) == set(range(len(stereotypes.ORDER)))
    assert marks.filter(panel="dependence")["column"].n_unique() == 10
    assert marks.filter(panel="divergence", attribute="country")["floor"].item() == 0.12
