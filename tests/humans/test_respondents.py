"""Respondents of WVS wave 7: read as the codebook says, missing codes never counted."""

from __future__ import annotations

import pytest

import survey_fixture
from survey_cuts import CUT, PROBE, cut_wvs7, few, made_up
from valuescape.core.errors import UserError
from valuescape.study.instruments import read_instrument


def test_codes_of_the_survey_are_read_as_its_codebook_says(tmp_path):
    rows = few(
        made_up("wvs7"), "wvs7",
        Q275=[0, 2, 4, 7, 8, -2], H_URBRURAL=[1, 2, 1, -5, 2, 1], Q260=[1, 2, 1, 2, -2, 1],
        Q262=[18, 90, -1, 40, 40, 40],
        Q122=[0, 1, 2, -1, -4, -5], Q254=[1, 4, 5, -1, 2, 3],
        Q154=[1, 2, 1, 3, -1, 4], Q155=[3, 4, 2, 2, 2, -3],
        Q8=[2, 1, 1, 2, 1, -1], Q14=[2, 1, 1, 2, 2, 1], Q15=[1, 2, 1, 1, 2, 1],
        Q17=[1, 2, 1, 2, 2, 1],
        W_WEIGHT=[1.0, 0.5, 2.0, 1.0, 1.0, 1.0],
    )  # fmt: skip
    found = cut_wvs7(
        survey_fixture.write(rows, tmp_path / "SYNTHETIC.csv"), tmp_path / "few.parquet"
    )
    columns = found.to_dict(as_series=False)
    assert columns["country"] == ["India"] * 6
    assert columns["continent"] == ["Asia"] * 6
    assert columns["education"] == [
        "Primary or No Education", "Lower Secondary", "Upper to Post Secondary",
        "Tertiary",  # ISCED 7, a master, which WorldValuesBench loses
        "Tertiary", None,
    ]  # fmt: skip
    assert columns["settlement"] == ["urban", "rural", "urban", None, "rural", "urban"]
    assert columns["sex"] == ["male", "female", "male", "female", None, "male"]
    assert columns["age"] == [18, 90, None, 40, 40, 40]
    assert columns["Q122"] == [0, 1, 2, None, None, None]  # 0 is an answer
    assert columns["pride"] == [0, 3, None, None, 1, 2]  # 5: of another nationality
    # {1, 3} materialist, {2, 4} post-materialist, one of each mixed
    assert columns["postmaterialism"] == [0, 2, 1, 1, None, None]
    # -2, 2, 0, -1, 1: below, above and at the middle
    assert columns["autonomy"] == [0, 2, 1, 0, 2, None]


def test_a17_short_cycle_tertiary_is_upper_to_post_secondary_as_in_worldvaluesbench(tmp_path):
    rows = few(made_up("wvs7"), "wvs7", Q275=[float(code) for code in range(9)])
    survey = survey_fixture.write(rows, tmp_path / "SYNTHETIC.csv")
    found = cut_wvs7(survey, tmp_path / "few.parquet")["education"].to_list()
    upper = "Upper to Post Secondary"
    assert found[:3] == ["Primary or No Education"] * 2 + ["Lower Secondary"]
    assert found[3:] == [upper] * 3 + ["Tertiary"] * 3


def test_no_missing_code_is_ever_counted(tmp_path):
    frame = made_up("wvs7")
    found = cut_wvs7(
        survey_fixture.write(frame, tmp_path / "SYNTHETIC.zip"), tmp_path / "all.parquet"
    )
    for question in read_instrument(PROBE).questions:
        values = frame[question.id].to_numpy()
        assert (values < 0).any()
        assert found[question.id].null_count() == (values < 0).sum()
        assert found[question.id].drop_nulls().to_list() == values[values >= 0].tolist()


def test_respondents_without_a_weight_are_left_out_and_told(tmp_path, caplog):
    rows = few(made_up("wvs7"), "wvs7", W_WEIGHT=[1.0, 0.0, -4.0, 0.5])
    path = survey_fixture.write(rows, tmp_path / "SYNTHETIC.dta")
    found = cut_wvs7(path, tmp_path / "few.parquet")
    assert found["respondent_id"].to_list() == [0, 3]
    assert "left out: 2 respondents without a weight" in caplog.text


@pytest.mark.parametrize(
    ("survey", "cells", "message", "hint"),
    [
        ("wvs7", {"A_WAVE": [7, 6]}, r"column 'A_WAVE', respondent 2: 6, not 7", "WVS wave 7"),
        ("wvs7", {"Q46": [1, 9]}, r"column 'Q46', respondent 2: 9 is none of its codes", "1 to 4"),
        ("wvs7", {"Q46": ["1", "often"]}, r"'Q46', respondent 2: 'often' is no number", "codes"),
        ("wvs7", {"B_COUNTRY": [4, 8]}, r"'B_COUNTRY', respondent 1: 4 is no", "countries.csv"),
        ("wvs7", {"W_WEIGHT": [1.0, -0.3]}, r"respondent 2: a weight of -0.3", "above 0"),
        ("wvs7", {"W_WEIGHT": [0.0, 0.0]}, r"'W_WEIGHT' holds no weight", "official"),
        ("wvs7", {"Q262": [18.5, 20]}, r"respondent 1: 18.5 is none of its codes", "-5 to -1"),
        ("trend", {"s002vs": [4, 3]}, r"no respondent of waves 5 to 7 in column 'S002VS'", "1981"),
        ("trend", {"Y003": [3, 0]}, r"'Y003', respondent 1: 3 is none of its codes", "-2 to 2"),
        ("trend", {"S003": [999, 8]}, r"'S003', respondent 1: 999 is no known", "countries"),
    ],
)  # fmt: skip
def test_what_no_codebook_knows_is_told(survey, cells, message, hint, tmp_path):
    path = tmp_path / "SYNTHETIC.csv"
    survey_fixture.write(few(made_up(survey), survey, **cells), path)
    output = tmp_path / "cut.parquet"
    with pytest.raises(UserError, match=message) as caught:
        CUT[survey](path, output)
    assert str(path) in caught.value.message
    assert hint in caught.value.hint
    assert not list(tmp_path.glob("*.parquet*"))
    assert not list(tmp_path.glob(".*"))
