"""Contradictions: what biographies state is set against what was assigned."""

from __future__ import annotations

import polars as pl
import pytest

from valuescape.core import tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.contradictions import (
    ANY,
    IN_TEXT,
    NONE_STATES_IT,
    count_contradictions,
    nothing_assigned,
    told_by_words,
)
from valuescape.lenses.quality.demographics import age_band
from valuescape.study import tables as study_tables

ASSIGNED = {
    "country": "Kenya", "continent": "Africa", "settlement": "rural", "sex": "female", "age": 33,
    "education": "Tertiary",
}  # fmt: skip
TEXTS = [IN_TEXT.format(name) for name in ("country", "sex", "settlement", "age")]
COUNTRY = TEXTS[0]
AGREEING = {f"stated_{name}": value for name, value in ASSIGNED.items() if name != "continent"}


def biographies(*changes: dict[str, object]) -> pl.DataFrame:
    rows = [
        {"persona_id": number, "status": "valid", **ASSIGNED, **AGREEING, **change}
        for number, change in enumerate(changes)
    ]
    return pl.DataFrame(rows, schema=study_tables.BIOGRAPHIES.columns)


def age_of(years: int) -> str:
    return pl.select(age=pl.lit(years)).select(age_band()).item()


def counted(*changes: dict[str, object]) -> dict[str, dict[str, object]]:
    found = count_contradictions(biographies(*changes), ["Kenya", "Chile", "Northern Cyprus"])
    checked = tables.check(found, quality_tables.CONTRADICTIONS, "the test")
    return {row["attribute"]: row for row in checked.iter_rows(named=True)}


def test_contradictions_by_hand():
    of = counted(
        {},
        {"stated_country": "Chile", "stated_sex": "male"},
        {"stated_age": 41},  # the same band
        {"stated_age": 52, "stated_education": "Lower Secondary"},
        {"status": "truncated", "stated_country": None},
    )
    numbers = {name: (row["n_stated"], row["n_contradictions"]) for name, row in of.items()}
    assert numbers == {
        "country": (4, 1), "sex": (4, 1), "age": (4, 1), "settlement": (4, 0), "education": (4, 1),
        ANY: (4, 2), **dict.fromkeys(TEXTS, (0, None)),
    }  # fmt: skip
    assert of["country"]["share"] == 0.25
    assert of["country"]["ci_low"] < 0.25 < of["country"]["ci_high"]
    assert all(of[name]["remark"] == NONE_STATES_IT for name in TEXTS)


def test_a_writer_that_does_not_listen_contradicts_as_chance_has_it():
    """Half the personas are assigned Chile, and three in four texts say so, whoever is meant."""
    changes = [
        {"country": "Chile" if number % 2 else "Kenya",
         "stated_country": "Chile" if number // 2 % 4 else "Kenya"}
        for number in range(400)
    ]  # fmt: skip
    row = counted(*changes)["country"]
    assert row["by_chance"] == pytest.approx(0.5)
    assert row["share"] == pytest.approx(0.5)


def test_a_text_contradicts_if_it_names_other_countries_alone():
    of = counted(
        {"biography": "You are a nurse in Kenya. Once you went to Chile."},
        {"biography": "You are a nurse in Northern Cyprus."},
        {"biography": "You are a nurse by the lake."},
    )
    assert (of[COUNTRY]["n_stated"], of[COUNTRY]["n_contradictions"]) == (2, 1)


def test_a_text_tells_sex_settlement_and_age_of_its_persona_and_of_nobody_else():
    told = {
        "You are Amina Said, a 44-year-old Kenyan woman of the city.": ("female", "urban", "30-44"),
        "You are a nurse and a mother of three. You like the village.": ("female", "rural", None),
        "You are a farmer. Your wife and your mother live with you.": (None, None, None),
        "You are a man who trusts no woman. You are 61.": ("male", None, "60+"),
        "You are a clerk who thinks that a woman should obey.": (None, None, None),
        "You are happy. As a father, you left your village for the city.": ("male", None, None),
        "You are Ben, aged 23, a widower, in a small town.": ("male", None, "18-29"),
    }
    found = told_by_words(pl.Series([*told]))
    bands = found["age"].to_list()
    assert found.select("sex", "settlement").rows() == [each[:2] for each in told.values()]
    assert [band is None for band in bands] == [each[2] is None for each in told.values()]
    assert bands[0] == age_of(44)
    assert (bands[3], bands[6]) == (age_of(61), age_of(23))


def test_a_share_of_texts_of_the_other_sex_is_found_with_what_chance_gives():
    texts = ["You are a woman of the village."] * 30 + ["You are a man of the city."] * 10
    of = counted(*({"biography": text} for text in texts))
    row = of[IN_TEXT.format("sex")]
    assert (row["n_stated"], row["share"], row["by_chance"]) == (40, 0.25, 0.25)
    assert of[IN_TEXT.format("settlement")]["n_contradictions"] == 10


@pytest.mark.parametrize("found", [nothing_assigned(), count_contradictions(biographies(), ["a"])])
def test_without_anything_assigned_or_stated_the_table_says_so(found):
    checked = tables.check(found, quality_tables.CONTRADICTIONS, "the test")
    assert checked["share"].null_count() == checked.height == 10
    assert checked["remark"].str.starts_with("not defined").all()
