"""Indicators of the trend file: waves 5 to 7, indices from their parts."""

from __future__ import annotations

import pytest

import survey_fixture
from survey_cuts import cut_trend, cut_wvs7, few, made_up
from valuescape.core.errors import UserError


def test_autonomy_below_nought_is_an_answer_and_evs_follows_from_its_parts(tmp_path):
    rows = few(
        made_up("trend"), "trend",
        Y003=[-2, -1, 0, 2, -3, -5, -3], A029=[0, 0, 0, 1, 1, -1, 0], A039=[0, 0, 0, 1, 1, 1, 0],
        A040=[1, 1, 0, 0, 0, 0, 1], A042=[1, 0, 0, 0, 0, 0, 1], Y002=[1, 2, 3, -4, -4, 1, 1],
        E003=[1, 1, 2, 2, -1, 1, 1], E004=[3, 2, 4, 4, 4, 3, 3], G006=[1, 5, 4, -2, 1, 1, 1],
        s002vs=[5, 6, 7, 7, 7, 5, 4],
    )  # fmt: skip
    found = cut_trend(
        survey_fixture.write(rows, tmp_path / "SYNTHETIC.sav"), tmp_path / "few.parquet"
    ).to_dict(as_series=False)
    assert found["wave"] == [5, 6, 7, 7, 7, 5]  # wave 4 is left out
    assert found["Y003"] == [-2, -1, 0, 2, 2, None]
    assert found["autonomy"] == [0, 0, 1, 2, 2, None]
    assert found["Y002"] == [1, 2, 3, 3, None, 1]
    assert found["G006"] == [1, None, 4, None, 1, 1]


def test_a_file_of_another_survey_is_told(tmp_path):
    wvs7 = survey_fixture.write(made_up("wvs7"), tmp_path / "SYNTHETIC_wvs7.sav")
    with pytest.raises(UserError, match="no column 'S003', 'S020', 'S017', 'A008'"):
        cut_trend(wvs7, tmp_path / "cut.parquet")
    trend = survey_fixture.write(made_up("trend"), tmp_path / "SYNTHETIC_trend.dta")
    with pytest.raises(UserError, match="no column 'B_COUNTRY'"):
        cut_wvs7(trend, tmp_path / "cut.parquet")
    no_index = made_up("trend").drop("Y003", "A042")
    path = survey_fixture.write(no_index, tmp_path / "SYNTHETIC_index.zip")
    with pytest.raises(UserError, match="neither a column 'Y003' nor its parts A029"):
        cut_trend(path, tmp_path / "cut.parquet")
