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
)
from valuescape.study import tables as study_tables

ASSIGNED = {
    "country": "Kenya", "continent": "Africa", "settlement": "rural", "sex": "female", "age": 33,
    "education": "Tertiary",
}  # fmt: skip
AGREEING = {f"stated_{name}": value for name, value in ASSIGNED.items() if name != "continent"}


def biographies(*changes: dict[str, object]) -> pl.DataFrame:
    rows = [
        {"persona_id": number, "status": "valid", **ASSIGNED, **AGREEING, **change}
        for number, change in enumerate(changes)
    ]
    return pl.DataFrame(rows, schema=study_tables.BIOGRAPHIES.columns)


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
        ANY: (4, 2), IN_TEXT: (0, None),
    }  # fmt: skip
    assert of["country"]["share"] == 0.25
    assert of["country"]["ci_low"] < 0.25 < of["country"]["ci_high"]
    assert of[IN_TEXT]["remark"] == NONE_STATES_IT


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
    assert (of[IN_TEXT]["n_stated"], of[IN_TEXT]["n_contradictions"]) == (2, 1)


@pytest.mark.parametrize("found", [nothing_assigned(), count_contradictions(biographies(), ["a"])])
def test_without_anything_assigned_or_stated_the_table_says_so(found):
    checked = tables.check(found, quality_tables.CONTRADICTIONS, "the test")
    assert checked["share"].null_count() == checked.height == 7
    assert checked["remark"].str.starts_with("not defined").all()
