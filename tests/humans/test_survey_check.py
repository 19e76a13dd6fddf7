"""Survey files and public tables: looked at before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import changed_study
import survey_fixture
from survey_cuts import made_up
from valuescape.cluster.checks import FURTHER_CHECKS
from valuescape.study.check import read_study


@pytest.fixture(autouse=True)
def _in_a_study(tmp_path, monkeypatch):
    changed_study.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_a_sound_file_passes_and_a_tilde_is_the_home():
    survey_fixture.write(made_up("wvs7").head(5), Path("SYNTHETIC.csv"))
    file = changed_study.write_study(survey={"wvs7": "~/SYNTHETIC.csv", "trend": None})
    config = read_study([file], FURTHER_CHECKS)
    assert config["survey"]["wvs7"] == str(Path("SYNTHETIC.csv").absolute())


@pytest.mark.parametrize("name", ["wvs7", "trend"])
@pytest.mark.parametrize(
    ("file", "message"),
    [("mine.xlsx", ".xlsx is no survey file"), ("mine.csv", "no column "), ("mine.sav", "of SPSS")],
)
def test_what_cannot_be_that_survey_is_told(name, file, message):
    Path(file).write_text("A_STUDY,Q1\n2,1\n", encoding="utf-8")
    said = changed_study.refusal(survey={"wvs7": None, "trend": None} | {name: file})
    assert said.startswith(f"survey.{name}: {file}")
    assert message in said


def test_a_public_table_of_another_form_is_told():
    file = "config/reference/wvs7_n.csv"
    changed_study.change(file, "question,country,n,", "question,country,m,")
    said = changed_study.refusal()
    assert said.startswith(f"reference.answered: {file}")
    assert "no column 'n'" in said
