"""Quality: demographics, every answer accounted for, adherence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.proportion import proportion_confint

from made_up_answers import instrument, probabilities_about, question, responses
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.measure import (
    adherence,
    configured_and_answered,
    demographics,
    human_margins,
    main,
    top_above_bottom,
    validity,
)
from valuescape.stats.resampling import Draws, wilson
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE_FILE = CONFIG / "persona_space.yaml"
INSTRUMENT_FILE = CONFIG / "instruments/iw.yaml"
COUNTRIES = pl.DataFrame(
    {"country": ["Japan", "Chile", "Malta"], "continent": ["Asia", "South America", "Europe"]}
)
RESPONDENTS = pl.DataFrame({"country": ["Japan", "Chile"], "n": [300, 100]})


def lives(n: int) -> pl.DataFrame:
    """Return n biographies, the first of them malformed."""
    rows = [
        (i, "valid" if i else "malformed", "Ada", 17 + i % 60, "female", "Japan", "Asia", "urban",
         "tertiary", f" Teacher{'' if i % 2 else i}", "married", None, "I live.", 12, 1)
        for i in range(n)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=study_tables.BIOGRAPHIES.columns, orient="row")


def test_demographics_count_valid_biographies():
    found = demographics(lives(81), human_margins(COUNTRIES, RESPONDENTS))
    tables.check(found, quality_tables.DEMOGRAPHICS, "the test")
    of = {row[:2]: row[2:] for row in found.iter_rows()}
    assert of["country", "Japan"][:2] == (80, 1.0)
    assert of["country", "Japan"][4] == 0.75
    # a continent without a persona stands there; of a country without respondents nothing is known
    assert of["continent", "South America"] == (0, 0.0, 0.0, pytest.approx(0.0458, abs=1e-3), 0.25)
    assert ("country", "Malta") not in of
    # ages 18 .. 76, then 17 .. 37 again
    assert of["age", "under 18"][0] == 1
    assert of["age", "18-29"][0] == 24
    assert of["religion", "not stated"][0] == 80
    assert of["occupation", "Teacher"][0] == 40
    # 40 teachers of their own kind: 19 of them listed
    assert of["occupation", "other"][0] == 21
    by_attribute = found.group_by("attribute").agg(pl.col("share").sum())
    assert by_attribute["share"].to_numpy() == pytest.approx(1)


def test_no_valid_biography_gives_no_row():
    found = demographics(lives(1), human_margins(COUNTRIES, RESPONDENTS))
    assert tables.check(found, quality_tables.DEMOGRAPHICS, "the test").is_empty()


def test_wilson_agrees_with_statsmodels():
    counts = np.array([0, 7, 50])
    expected = proportion_confint(counts, 50, method="wilson")
    assert np.array(wilson(counts, 50)) == pytest.approx(np.array(expected), abs=1e-12)


def test_every_answer_is_accounted_for():
    asked = instrument(question("Q1", (1, 2)), question("Q2", (1, 2)))
    outcomes = ["valid", "refused", "malformed", "truncated", "out_of_range", "valid"]
    answered = responses(asked, dict.fromkeys(("Q1", "Q2"), np.full((6, 2), 0.5)), {"Q2": outcomes})
    found = validity(lives(6), [(asked, answered)])
    tables.check(found, quality_tables.VALIDITY, "the test")
    assert found.select("stage", "question", "asked", "valid").rows() == [
        ("biographies", "biography", 6, 5), ("made_up", "Q1", 6, 6), ("made_up", "Q2", 6, 2)
    ]  # fmt: skip
    outcome = found.filter(pl.col("question") == "Q2").row(0, named=True)
    assert outcome["out_of_range"] == 1
    assert outcome["option_mass"] == pytest.approx(0.9)
    assert found["option_mass"][0] is None


def test_adherence_recovers_slopes():
    rng = np.random.default_rng(6)
    configured = np.tile(np.arange(1.0, 5.0), 500)[:, None].repeat(3, axis=1)
    answered = np.column_stack(
        [
            1 + 0.5 * configured[:, 0] + rng.normal(0, 0.2, 2000),
            rng.normal(2.5, 0.5, 2000),
            np.full(2000, 2.0),
        ]
    )
    answered[:50, 0] = np.nan
    found = adherence(["held", "ignored", "constant"], configured, answered, Draws(400, 1))
    tables.check(found, quality_tables.ADHERENCE, "the test")
    of = {row["variable"]: row for row in found.iter_rows(named=True)}
    held = of["held"]
    assert held["ci_low"] < 0.5 < held["ci_high"]
    assert held["slope"] == pytest.approx(0.5, abs=0.02)
    known = ~np.isnan(answered[:, 0])
    r = np.corrcoef(configured[known, 0], answered[known, 0])[0, 1]
    assert held["correlation"] == pytest.approx(r)
    assert held["top_above_bottom"] > 0.99
    assert abs(of["ignored"]["correlation"]) < 2 * of["ignored"]["null_correlation"]
    assert of["ignored"]["null_correlation"] == pytest.approx(1.96 / np.sqrt(2000), rel=0.15)
    assert of["constant"]["slope"] == 0
    assert of["constant"]["correlation"] is None
    assert of["constant"]["top_above_bottom"] == 0.5


def test_top_above_bottom_by_hand():
    configured = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 3.0])
    answered = np.array([1.0, 2.0, 9.0, 2.0, 5.0, np.nan])
    # pairs of top and bottom: 2>1, 2=2, 5>1, 5>2
    assert top_above_bottom(configured, answered) == 3.5 / 4


def test_unknown_variable_is_refused():
    space = read_space(SPACE_FILE)
    asked = instrument(question("Q1", (1, 2), variable="thrift"))
    personas = pl.DataFrame({v.name: [0] for v in space.variables}, schema_overrides={})
    with pytest.raises(UserError, match="Q1: no variable 'thrift'"):
        configured_and_answered(space, personas, [(asked, pl.DataFrame())], "chosen")


def test_whole_lens_from_files(tmp_path):
    space, asked = read_space(SPACE_FILE), read_instrument(INSTRUMENT_FILE)
    ids = np.arange(0, space.n_personas, 1301, dtype=np.uint32)
    grid = space.levels_of(ids)
    values = dict(zip((v.name for v in space.variables), space.values_of(grid).T, strict=True))
    answered = responses(
        asked,
        {q.id: probabilities_about(q, values[q.variable]) for q in asked.questions},
        persona_ids=ids,
    )
    personas = pl.DataFrame({"persona_id": ids, **dict(zip(values, grid.T, strict=True))})
    frames = {
        "personas": (personas, study_tables.PERSONAS), "responses": (answered, study_tables.RESPONSES),
        "biographies": (lives(len(ids)).with_columns(persona_id=ids), study_tables.BIOGRAPHIES),
    }  # fmt: skip
    for name, (frame, table) in frames.items():
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic"})
    results = ("demographics", "validity", "adherence")
    files = {name: tmp_path / name for name in (*frames, *results)} | {
        "space": SPACE_FILE, "instruments": INSTRUMENT_FILE,
        "countries": CONFIG / "reference/countries.csv",
        "respondents": CONFIG / "reference/wvs7_respondents.csv",
    }  # fmt: skip
    arguments = [x for name, path in files.items() for x in (f"--{name}", str(path))]
    main([*arguments, "--answers", "probabilities", "--seed", "1", "--replicates", "30"])
    held = tables.read(tmp_path / "adherence", quality_tables.ADHERENCE)
    assert held.height == 10
    assert held["slope"].to_numpy() == pytest.approx(1, abs=1e-3)
    human = tables.read(tmp_path / "demographics", quality_tables.DEMOGRAPHICS)
    margins = human.group_by("attribute").agg(pl.col("human_share").sum())
    of = dict(margins.rows())
    assert of["country"] == pytest.approx(1)
    assert of["continent"] == pytest.approx(1)
