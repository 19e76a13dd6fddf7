"""Coverage: humans and countries behind each question, and what chance alone leaves."""

from __future__ import annotations

from math import pi, sqrt

import polars as pl
import pytest

import public_tables
import survey_fixture
from made_up_answers import instrument, question
from survey_cuts import PROBE, cut_wvs7, made_up
from valuescape.core import tables
from valuescape.humans import coverage, distributions
from valuescape.humans import tables as human_tables
from valuescape.stats.emd import grid_of

QUESTIONS = instrument(question("Q1", (0, 1)), question("Q2", (0, 1)))


def humans(rows):
    return pl.DataFrame(rows, schema=dict(human_tables.HUMANS.columns), orient="row")


def test_every_group_has_a_row_for_every_question():
    table = humans(
        [
            ("continent", group, q, option, share, 200.0, n, 3)
            for group, q, share_of_0, n in (
                ("Asia", "Q1", 0.5, 100.0), ("Asia", "Q2", 1.0, 100.0), ("Africa", "Q1", 0.2, 50.0)
            )
            for option, share in ((0, share_of_0), (1, 1 - share_of_0))
        ]
    )  # fmt: skip
    found = coverage.count_humans(table, "continent", grid_of(QUESTIONS), 30)
    rows = {
        (row["group"], row["question"]): row
        for row in tables.check(found, human_tables.COVERAGE, "made up").iter_rows(named=True)
    }
    assert len(rows) == 4
    # two draws of 100 people differ as one draw of 50 does from the truth: sqrt(2 p (1 - p) / pi n)
    assert rows["Asia", "Q1"]["emd_floor"] == pytest.approx(sqrt(2 * 0.25 / (pi * 50)))
    assert rows["Asia", "Q1"]["n_respondents"] == 200
    assert rows["Asia", "Q2"]["emd_floor"] == 0
    assert rows["Africa", "Q2"]["n_countries"] == rows["Africa", "Q2"]["n_effective"] == 0
    assert rows["Africa", "Q2"]["emd_floor"] is None


def test_a19_so_few_respondents_that_a_floor_would_mislead_have_none():
    table = humans(
        [
            ("continent", "Asia", "Q1", option, share, 1.0, 1.0, 1)
            for option, share in ((0, 1.0), (1, 0.0))
        ]
    )
    found = coverage.count_humans(table, "continent", grid_of(QUESTIONS), 30)
    assert found.filter(question="Q1")["n_respondents"].item() == 1
    assert found["emd_floor"].null_count() == found.height


def test_the_command_counts_all_and_the_groups_of_the_study(tmp_path):
    survey = survey_fixture.write(made_up("wvs7"), tmp_path / "SYNTHETIC.csv")
    people = cut_wvs7(survey, tmp_path / "respondents.parquet")
    distributions.main(
        **public_tables.HUMANS, instrument=PROBE,
        survey=tmp_path / "respondents.parquet", grouping=["continent", "sex"],
        humans=tmp_path / "humans.parquet",
    )  # fmt: skip
    output = tmp_path / "coverage.parquet"
    coverage.main(
        humans=tmp_path / "humans.parquet", instrument=PROBE, grouping=["continent", "sex"],
        least=30, coverage=output,
    )  # fmt: skip
    found = tables.read(output, human_tables.COVERAGE)
    assert set(found["grouping"]) == {"all", "continent+sex"}
    everyone = found.filter(grouping="all", question="Q46").row(0, named=True)
    assert everyone["n_respondents"] == people["Q46"].drop_nulls().len()
    assert "SYNTHETIC" in tables.provenance(output)["wvs7 version"]
