"""Scales lens: a small questionnaire by hand, from its own file, and one without scales."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from made_up_answers import instrument, question, responses
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.scales import summarise
from valuescape.lenses.scales.tables import SCALE_SUMMARY
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Scale
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE = CONFIG / "persona_space.yaml"
QUESTIONS = """\
name: {name}
title: Small
source: made up
licence: none
instruction: ""
{scales}questions:
"""
QUESTION = """\
  - id: {id}
    text: What of {id}?
    options:
"""
OPTION = '      - {{value: {value}, label: "{value}"}}\n'
SCALES = """\
scales:
  warmth: {items: [A, B], reversed: [B]}
  cold: {items: [C]}
"""
# Both items of warmth by persona, B turned round: (4, 4), (2, 3), (1, 2); the last refused A.
ANSWERS = {"A": [4, 2, 1, None], "B": [1, 2, 3, 1], "C": [3, 3, 1, 1]}


@pytest.fixture
def study(tmp_path):
    """Write personas, a questionnaire and its responses; return what the command is given."""

    def write(name="small", scales=SCALES, ids=(0, 1, 2, 3)):
        variables = [variable.name for variable in read_space(SPACE).variables]
        personas = pl.DataFrame(
            {"persona_id": [0, 1, 2, 3]} | {variable: [0, 1, 0, 1] for variable in variables},
            schema={"persona_id": pl.UInt32} | dict.fromkeys(variables, pl.Int8),
        )
        tables.write(personas, tmp_path / "personas.parquet", study_tables.PERSONAS, {})
        options = "".join(OPTION.format(value=value) for value in (1, 2, 3, 4))
        (tmp_path / f"{name}.yaml").write_text(
            QUESTIONS.format(name=name, scales=scales)
            + "".join(QUESTION.format(id=question) + options for question in ANSWERS)
        )
        columns = {"persona_id": pl.Series(ids, dtype=pl.UInt32)}
        for asked, values in ANSWERS.items():
            columns[asked] = pl.Series(values, dtype=pl.Int8)
            columns[f"{asked}_status"] = ["valid" if value else "refused" for value in values]
        tables.write(
            pl.DataFrame(columns),
            tmp_path / "responses.parquet",
            study_tables.RESPONSES,
            {"engine": "vllm"},
        )
        return {
            "space": SPACE,
            "personas": tmp_path / "personas.parquet",
            "responses": [tmp_path / "responses.parquet"],
            "instruments": [tmp_path / f"{name}.yaml"],
            "readout": "modal",
            "seed": 1,
            "replicates": 200,
            "summary": tmp_path / "summary.parquet",
        }

    return write


def test_scales_of_a_questionnaire_by_hand(study):
    given = study()
    summarise.main(**given)
    cold, warmth = tables.read(given["summary"], SCALE_SUMMARY).iter_rows(named=True)
    assert (warmth["instrument"], warmth["scale"]) == ("small", "warmth")
    assert (warmth["n_items"], warmth["n_personas"]) == (2, 3)
    # scores 4, 2.5, 1.5; items vary by 7/3 and 1, their sum 8, 5, 3 by 19/3
    assert warmth["mean"] == pytest.approx(8 / 3)
    assert warmth["sd"] == pytest.approx((19 / 12) ** 0.5)
    assert warmth["alpha"] == pytest.approx(2 * (1 - (7 / 3 + 1) / (19 / 3)))
    assert 1 <= warmth["ci_low"] < 8 / 3 < warmth["ci_high"] <= 4
    # a single item has a mean and a spread, but no reliability
    assert (cold["n_items"], cold["n_personas"], cold["mean"]) == (1, 4, 2.0)
    assert cold["alpha"] is None
    assert tables.provenance(given["summary"]) == {"engine": "vllm"}


@pytest.mark.parametrize(("name", "scales"), [("plain", ""), ("mfq2", SCALES)])
def test_without_scales_of_other_questionnaires_the_table_is_empty_and_the_log_says_why(
    study, caplog, name, scales
):
    given = study(name, scales)
    with caplog.at_level(logging.INFO):
        summarise.main(**given)
    assert tables.read(given["summary"], SCALE_SUMMARY).is_empty()
    assert f"no scales to summarise: {name}" in caplog.text


def test_responses_of_other_personas_are_refused(study):
    with pytest.raises(UserError):
        summarise.main(**study(ids=(0, 1, 2, 9)))


def test_a_scale_that_nobody_answered_has_no_numbers(study):
    given = study()
    frame = tables.read(given["responses"][0], study_tables.RESPONSES)
    silent = frame.with_columns(
        pl.lit(None, pl.Int8).alias("C"), pl.lit("refused").alias("C_status")
    )
    tables.write(silent, given["responses"][0], study_tables.RESPONSES, {})
    summarise.main(**given)
    cold = tables.read(given["summary"], SCALE_SUMMARY).row(0, named=True)
    assert (cold["scale"], cold["n_personas"], cold["mean"]) == ("cold", 0, None)


def test_what_does_not_vary_has_a_mean_and_nothing_else():
    row = summarise.summary_row(np.full((1, 9, 3), 2.0), (1, 4), Draws(20, 1), "the test")
    assert row[:3] == (3, 9, 2.0)
    assert np.isnan(row[3:5]).all()
    assert row[5] == 0
    assert np.isnan(row[6])
    assert "the same for all" in row[7]
    alone = summarise.summary_row(np.full((1, 1, 3), 2.0), (1, 4), Draws(20, 1), "the test")
    assert np.isnan(alone[3:7]).all()
    assert "one persona" in alone[7]


def test_beside_expected_answers_stand_those_of_individuals():
    """Referee B2: spread and alpha of expected answers are not those of anybody who chooses."""
    rng = np.random.default_rng(1)
    asked = instrument(question("A", (1, 2, 3, 4, 5)), question("B", (1, 2, 3, 4, 5)))
    asked = replace(asked, scales={"both": Scale("both", ("A", "B"))})
    mean = 3 + rng.normal(0, 0.1, 300)
    shares = {q.id: binom.pmf(np.arange(5), 4, ((mean - 1) / 4)[:, None]) for q in asked.questions}
    found = summarise.summarise_scales([(asked, responses(asked, shares))], "probabilities",
                                       Draws(50, 1))  # fmt: skip
    tables.check(found.sort(SCALE_SUMMARY.key), SCALE_SUMMARY, "the test")
    rows = {row["readout"]: row for row in found.iter_rows(named=True)}
    assert rows["probabilities"]["sd"] == pytest.approx(0.1, rel=0.1)
    assert rows["probabilities"]["alpha"] > 0.99
    # each answer varies by 4 p (1 - p) = 1, the mean of two by half of it
    assert rows["drawn"]["sd"] == pytest.approx(np.sqrt(0.5 + 0.01), rel=0.05)
    assert rows["drawn"]["alpha"] < 0.2
    assert rows["drawn"]["mean"] == pytest.approx(rows["probabilities"]["mean"], abs=0.03)
