"""Demographics: biographies are counted, beside the survey's respondents."""

from __future__ import annotations

import polars as pl
import pytest

from valuescape.core import tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.demographics import count_demographics, human_margins
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
    assert of["continent", "South America"] == (
        0, 0.0, 0.0, pytest.approx(0.0458, abs=1e-3), 0.25, None,
    )  # fmt: skip
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
    shares = {row[:2]: (row[3], row[7]) for row in found.iter_rows()}
    assert shares["country", "Chile"] == (1.0, None)
    assert shares["country", "Japan"] == (0.0, 1.0)
    assert shares["continent", "South America"] == (1.0, None)
    assert shares["sex", "male"] == (1.0, None)
    assert shares["age", "30-44"] == (1.0, 15 / 40)


def test_no_valid_biography_gives_no_row():
    found = count_demographics(made_up_biographies(1), human_margins(COUNTRIES, RESPONDENTS))
    assert tables.check(found, quality_tables.DEMOGRAPHICS, "the test").is_empty()
