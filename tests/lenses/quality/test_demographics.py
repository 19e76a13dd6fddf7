"""Demographics: biographies are counted, beside the survey's respondents."""

from __future__ import annotations

import polars as pl
import pytest

from valuescape.core import tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.demographics import (
    count_demographics,
    human_margins,
    override_margins,
    same_countries_margins,
)
from valuescape.study import tables as study_tables

COUNTRIES = pl.DataFrame(
    {"country": ["Japan", "Chile", "Malta"], "continent": ["Asia", "South America", "Europe"]}
)
RESPONDENTS = pl.DataFrame({"country": ["Japan", "Chile"], "n": [300, 100]})


def made_up_biographies(n: int) -> pl.DataFrame:
    """Return n biographies, the first of them malformed."""
    rows = [
        (i, "valid" if i else "malformed", "Ada", 17 + i % 60, "female", "Japan", "Asia", "urban",
         "tertiary", f" Teacher{'' if i % 2 else i}", "married", None, "I live.", 12, 1,
         *[None] * 5)
        for i in range(n)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=study_tables.BIOGRAPHIES.columns, orient="row")


def test_demographics_count_valid_biographies():
    found = count_demographics(made_up_biographies(81), human_margins(COUNTRIES, RESPONDENTS))
    tables.check(found, quality_tables.DEMOGRAPHICS, "the test")
    of = {row[:2]: row[2:] for row in found.iter_rows()}
    assert of["country", "Japan"][:2] == (80, 1.0)
    assert of["country", "Japan"][4] == 0.75
    # a continent without a persona stands there; of a country without respondents nothing is known
    of_none = (0, 0.0, 0.0, pytest.approx(0.0458, abs=1e-3), 0.25, 400, None)
    assert of["continent", "South America"] == of_none
    assert ("country", "Malta") not in of
    # ages 18 .. 76, then 17 .. 37 again
    assert of["age", "under 18"][0] == 1
    assert of["age", "18-29"][0] == 24
    assert of["religion", "not stated"][0] == 80
    assert of["occupation", "Teacher"][0] == 40
    # 40 teachers, each with an own title: 19 of them listed
    assert of["occupation", "other"][0] == 21
    by_attribute = found.group_by("attribute").agg(pl.col("share").sum())
    assert by_attribute["share"].to_numpy() == pytest.approx(1)


def test_what_is_stated_stands_beside_what_was_assigned():
    biographies = made_up_biographies(41).with_columns(
        stated_country=pl.lit("Chile"), stated_sex=pl.lit("male"), stated_age=pl.lit(40, pl.Int16),
        stated_settlement=pl.lit("urban"), stated_education=pl.lit("Tertiary"),
    )  # fmt: skip
    continents = dict(COUNTRIES.iter_rows())
    found = count_demographics(biographies, human_margins(COUNTRIES, RESPONDENTS), continents)
    tables.check(found, quality_tables.DEMOGRAPHICS, "the test")
    shares = {row[:2]: (row[3], row[8]) for row in found.iter_rows()}
    assert shares["country", "Chile"] == (1.0, None)
    assert shares["country", "Japan"] == (0.0, 1.0)
    assert shares["continent", "South America"] == (1.0, None)
    assert shares["sex", "male"] == (1.0, None)
    assert shares["age", "30-44"] == (1.0, 15 / 40)


def test_people_of_the_countries_that_personas_state_stand_beside():
    """Two personas of three countries are of Japan, one of Chile; Malta has no margins."""
    biographies = made_up_biographies(5).with_columns(
        country=pl.Series(["Chile", "Japan", "Japan", "Chile", "Malta"]),
        occupation=pl.Series([None, "Professionals", None, None, None], dtype=pl.String),
    )
    joined = "Professionals + Technicians and associate professionals"
    rows = [
        ("Japan", "sex", "female", 60.0, 1000), ("Japan", "sex", "male", 40.0, 1000),
        ("Chile", "sex", "female", 30.0, 500), ("Chile", "sex", "male", 70.0, 500),
        ("Peru", "sex", "female", 100.0, 900),
        ("Chile", "occupation", joined, 20.0, 400),
        ("Chile", "occupation", "Elementary occupations", 50.0, 400),
        ("Chile", "occupation", "Elementary occupations (farm worker)", 30.0, 400),
        ("Chile", "employment", "retired", 100.0, 500),
    ]  # fmt: skip
    margins = pl.DataFrame(
        rows, schema=["country", "attribute", "category", "share_percent", "n"], orient="row"
    )
    found = same_countries_margins(biographies, margins)
    of = {(a, c): (share, n) for c, share, n, a in found.iter_rows()}
    # the first biography, of Chile, is malformed: two of Japan, one of Chile
    assert of["sex", "female"] == (pytest.approx((2 * 60 + 30) / 300), 1500)
    assert of["occupation", joined] == (pytest.approx(0.2), 400)
    assert of["occupation", "Elementary occupations"] == (pytest.approx(0.8), 400)
    assert not any(attribute == "employment" for attribute, _ in of)
    described = count_demographics(biographies, found)
    beside = {row[:2]: row[2:] for row in described.iter_rows()}
    assert beside["occupation", joined][0] == 1
    assert beside["occupation", joined][4] == pytest.approx(0.2)


def test_ones_own_respondents_override_the_public_margins():
    public = pl.DataFrame(
        [("Chile", "sex", "female", 30.0, 500), ("Chile", "religion", "none", 40.0, 500)],
        schema=["country", "attribute", "category", "share_percent", "n"], orient="row",
        schema_overrides={"n": pl.Int32},
    )  # fmt: skip
    own = pl.DataFrame(
        {"country": ["Chile"] * 3, "sex": ["female", "female", "male"], "age": [17, 30, 70],
         "settlement": ["urban"] * 3, "education": [None] * 3, "weight": [1.0, 1.0, 2.0]},
        schema_overrides={"education": pl.String},
    )  # fmt: skip
    found = override_margins(public, own)
    of = {row[:3]: row[3:] for row in found.iter_rows()}
    assert of["Chile", "sex", "female"] == (50.0, 3)  # by weight
    assert of["Chile", "age", "60 and older"] == (pytest.approx(66.67), 2)
    assert of["Chile", "religion", "none"] == (40.0, 500)
    assert not any(attribute == "education" for _, attribute, _ in of)


def test_no_valid_biography_gives_no_row():
    found = count_demographics(made_up_biographies(1), human_margins(COUNTRIES, RESPONDENTS))
    assert tables.check(found, quality_tables.DEMOGRAPHICS, "the test").is_empty()
