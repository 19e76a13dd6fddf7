"""Interviews: people of a SYNTHETIC survey by language, against counting by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import survey_fixture
from survey_cuts import COUNTRIES, PROBE, SPACE, made_up
from valuescape.core import tables
from valuescape.lenses.languages import interviews
from valuescape.lenses.languages import tables as language_tables

PROJECTION = COUNTRIES.parent / "iw_projection.csv"


def cut(rows, folder, least=20):
    output = folder / "interviews.parquet"
    interviews.main(
        survey=survey_fixture.write(rows, folder / "SYNTHETIC_wvs7.csv"),
        space=SPACE,
        instrument=PROBE,
        countries=COUNTRIES,
        projection=PROJECTION,
        least=least,
        seed=1,
        replicates=100,
        interviews=output,
    )
    return tables.read(output, language_tables.INTERVIEW_LANGUAGES), tables.provenance(output)


def test_people_differ_where_it_was_planted_and_as_counted_by_hand(tmp_path):
    rows = made_up("wvs7")
    found, provenance = cut(rows, tmp_path)
    assert "SYNTHETIC" in provenance["wvs7 version"]
    assert set(found["country"]) <= set(survey_fixture.LANGUAGES)
    canada = found.filter(country="Canada")
    assert set(canada["language"]) == {"fr"}
    assert set(canada["from_language"]) == {"en"}
    iso = pl.read_csv(COUNTRIES, comment_prefix="#").filter(country="Canada")["iso_numeric"][0]
    people = rows.filter((pl.col("B_COUNTRY") == iso) & (pl.col("Q164") > 0))
    means = {
        language: np.average((own["Q164"] - 1) / 9, weights=own["W_WEIGHT"])
        for (language,), own in people.group_by("LNGE_ISO")
    }
    (row,) = canada.filter(measure="Q164").iter_rows(named=True)
    assert row["estimate"] == pytest.approx(means["fr"] - means["en"])
    # God is less important to who is interviewed in the second language
    assert row["ci_high"] < 0
    (distance,) = canada.filter(measure="emd").iter_rows(named=True)
    assert 0.5 < distance["estimate"] / distance["floor"] < 2
    (length,) = canada.filter(measure="length").iter_rows(named=True)
    (secular,) = canada.filter(measure="secular").iter_rows(named=True)
    assert secular["estimate"] > 0
    assert length["estimate"] >= secular["estimate"]
    assert set(language_tables.without_questions(found)["measure"]) == {
        "self_expression", "secular", "length", "emd"
    }  # fmt: skip


def test_numbers_stand_in_for_codes_and_no_column_gives_an_empty_table(tmp_path):
    rows = made_up("wvs7").head(400)
    found, provenance = cut(rows.drop("LNGE_ISO", "S_INTLANGUAGE"), tmp_path)
    assert found.is_empty()
    assert provenance["not defined"] == interviews.NO_COLUMN
    frame = pl.DataFrame(
        {"LNGE_ISO": ["ES", " de-AT", "-4", None, "99"], "S_INTLANGUAGE": [1.0, 2, 1240, -4, None]}
    )
    languages = interviews.interview_languages(frame).to_list()
    assert languages == ["es", "de-at", "S_INTLANGUAGE 1240", None, None]
