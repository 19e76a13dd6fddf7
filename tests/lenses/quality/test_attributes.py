"""Attributes: categories of what is told, in one order, and null where nothing is."""

from __future__ import annotations

import polars as pl

from valuescape.lenses.quality.attributes import (
    AGE_OF_PAPER,
    ATTRIBUTES,
    attributes_of,
    of_personas,
)


def test_ages_are_bands_with_their_ends():
    found = attributes_of(pl.DataFrame({"age": [29, 30, 49, 50, None]}))
    assert found.columns == ["age", AGE_OF_PAPER]
    assert found[AGE_OF_PAPER].to_list() == ["other ages", "30-49", "30-49", "other ages", None]
    assert found["age"].to_list()[4] is None
    assert found["age"][1] == "30-44"


def test_assigned_personas_count_by_what_their_biographies_state():
    people = pl.DataFrame(
        {
            "persona_id": [1, 2, 3],
            "age": [30, 30, 30], "sex": ["female"] * 3,
            "country": ["Kenya", "Kenya", "Japan"], "continent": ["Africa", "Africa", "Asia"],
            "settlement": ["city"] * 3, "education": ["low"] * 3,
            "stated_age": [30, 80, None], "stated_sex": ["female", "male", None],
            "stated_country": ["Kenya", "Japan", None], "stated_settlement": ["city"] * 3,
            "stated_education": ["low"] * 3,
        }
    )  # fmt: skip
    stated = of_personas(people, "assigned")
    assert stated["sex"].to_list() == ["female", "male", None]
    # the continent is that of the country which is stated
    assert stated["continent"].to_list() == ["Africa", "Asia", None]
    assert of_personas(people, "written")["sex"].to_list() == ["female"] * 3
    assert stated.columns == [name for name in ATTRIBUTES if name in stated.columns]
