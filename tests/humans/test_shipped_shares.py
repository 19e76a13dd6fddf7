"""Shipped shares: a question that counts from the other end is told by its name."""

from __future__ import annotations

import polars as pl

from survey_cuts import CONFIG, cut_wvs7, made_up
from survey_fixture import write
from valuescape.humans.published import read_country_distributions
from valuescape.humans.shipped_shares import in_words, questions_off


def test_a_reversed_question_is_the_one_that_is_off():
    shipped = pl.DataFrame(
        {
            "question": ["Q1"] * 2 + ["Q2"] * 2,
            "country": ["India"] * 4,
            "code": [1, 2, 1, 2],
            "share_percent": [80.0, 20.0, 50.0, 50.0],
        }
    )
    people = pl.DataFrame(
        {"country": ["India"] * 400, "Q1": [2] * 320 + [1] * 80, "Q2": [1, 2] * 200}
    )
    off = questions_off(people, shipped)
    assert off.rows() == [("Q1", 1, 1, 60.0)]
    assert in_words(off) == "Q1 (1 of 1 countries, up to 60 points)"
    assert questions_off(people.head(50), shipped).is_empty()


def test_a_file_of_few_countries_is_told_and_one_like_its_shares_is_not(tmp_path, caplog):
    frame = made_up("wvs7")
    found = cut_wvs7(write(frame, tmp_path / "SYNTHETIC.csv"), tmp_path / "cut.parquet")
    assert "alone stand for all humans" not in caplog.text
    distributions = read_country_distributions(CONFIG / "reference/wvs7_country_distributions.csv")
    assert questions_off(found, distributions).height < 10
    one = frame.filter(pl.col("B_COUNTRY") == frame["B_COUNTRY"][0])
    cut_wvs7(write(one, tmp_path / "SYNTHETIC_one.csv"), tmp_path / "one.parquet")
    assert "alone stand for all humans" in caplog.text
