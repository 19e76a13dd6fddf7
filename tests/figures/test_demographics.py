"""Demographics show the most frequent categories and grade ages."""

from __future__ import annotations

import polars as pl

import made_up_results as made_up
from valuescape.figures import demographics
from valuescape.lenses.quality import tables as quality_tables


def test_demographics_show_the_most_frequent_and_grade_ages():
    marks = demographics.plotted(made_up.demographics())
    assert marks.filter(pl.col("attribute") == "country").height == demographics.MOST_CATEGORIES
    ages = marks.filter(pl.col("attribute") == "age").sort("row")["category"].to_list()
    assert ages == ["under 18", "18-29", "30-44", "45-59", "60 and older"]
    religions = marks.filter(pl.col("attribute") == "religion").sort("row")["category"]
    assert religions[-1] == "not stated"


def test_without_any_valid_biography_demographics_are_drawn_empty():
    empty = pl.DataFrame(schema=dict(quality_tables.DEMOGRAPHICS.columns))
    assert demographics.draw(empty).axes
