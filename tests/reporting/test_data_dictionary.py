"""Data dictionary and codebook: all that contracts and instruments say, column by column."""

from __future__ import annotations

import polars as pl
import pytest

from made_up_answers import instrument, question
from valuescape.core.tables import Table
from valuescape.lenses.morality import tables as moral_tables
from valuescape.reporting import data_dictionary
from valuescape.reporting.catalogue import result_tables


def test_what_stands_below_an_entry_is_about_it():
    about = data_dictionary.written_about([moral_tables])
    assert set(about) <= {
        each.name for each in vars(moral_tables).values() if isinstance(each, Table)
    }
    assert "one draw" in about[moral_tables.FOUNDATION_PROFILES.name]
    assert not [text for text in about.values() if "\n" in text]


def test_a_column_is_told_with_its_bounds_and_key():
    table = Table("made_up", {"who": pl.String, "share": pl.Float64}, ("who",), {"share": (0, 1)},
                  title="Made up")  # fmt: skip
    found = data_dictionary.dictionary([table], {"made_up": "about it"})
    assert found.rows() == [
        ("made_up", "who", "String", "yes", None, None, "Made up", "about it"),
        ("made_up", "share", "Float64", "no", 0.0, 1.0, "Made up", "about it"),
    ]
    (untold, _) = data_dictionary.dictionary([table], {})["about"]
    assert untold is None


def test_a_bundle_tells_of_every_result(made):
    words = pl.read_csv(made / "data_dictionary.csv")
    assert not words.select("table", "column").is_duplicated().any()
    assert {entry.name for entry in result_tables()} <= set(words["table"])
    told = words.filter(table="foundation_profiles", column="drawn_sd")["about"].item()
    assert "one draw" in told


@pytest.mark.parametrize("values", [[1, 2, 3], [-1, 7]])
def test_every_option_stands_in_the_codebook(values):
    found = data_dictionary.codebook([instrument(question("Q1", values))])
    assert found.rows() == [("made_up", "Q1", "What of Q1?", v, str(v)) for v in values]
