"""Survey codes: an answer, a missing code, or an error."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from valuescape.core.errors import UserError
from valuescape.humans import codes as survey_codes
from valuescape.study.space import read_space

SPACE = read_space(Path(__file__).parents[2] / "config/persona_space.yaml")
FILE = Path("mine.csv")


def test_an_index_by_the_definitions_of_the_survey():
    aims = [pl.Series([1, 1, 2, None]), pl.Series([3, 2, 4, 1])]
    assert survey_codes.postmaterialism(*aims).to_list() == [1, 2, 3, None]
    qualities = [pl.Series(q) for q in ([1, 2], [1, 2], [2, 1], [2, 1])]
    assert survey_codes.autonomy(*qualities).to_list() == [2, -2]


def test_a_code_is_an_answer_or_missing_or_an_error():
    column = pl.Series("Q1", [1.0, -2.0, None, 4.0])
    found = survey_codes.checked_codes(column, range(1, 5), survey_codes.MISSING, FILE)
    assert found.to_list() == [1, None, None, 4]
    with pytest.raises(
        UserError, match=r"mine.csv: column 'Q1', respondent 4: 4 is none"
    ) as caught:
        survey_codes.checked_codes(column, (1, 2), survey_codes.MISSING, FILE)
    assert "its codes are 1 to 2, and -5 to -1 for no answer" in caught.value.hint


def test_codes_fall_in_levels_and_another_nationality_in_none():
    pride = next(variable for variable in SPACE.variables if variable.ivs == "G006")
    assert survey_codes.answer_codes(pride) == {1, 2, 3, 4, 5}
    levels = survey_codes.levels_of(pl.Series([1, 4, 5, None]), pride)
    assert levels.to_list() == [0, 3, None, None]
    assert levels.name == "pride"


def test_countries_are_named_by_their_numbers():
    countries = pl.DataFrame({"country": ["India", "Peru"], "iso_numeric": [356, 604]})
    found = survey_codes.country_names(pl.Series("C", [604.0, 356.0]), countries, FILE)
    assert found.to_list() == ["Peru", "India"]
    with pytest.raises(UserError, match="'C', respondent 1: nothing is no known country"):
        survey_codes.country_names(pl.Series("C", [None, 356.0]), countries, FILE)
