"""Manipulation check on the map: planted slopes come back, answers at the midpoints are flagged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import probabilities_about, responses
from valuescape.answers.inputs import PersonaResponses
from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.axis_recovery import (
    main,
    measure_midpoint,
    regress_on_configured,
    responses_by_variable,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
IW = read_instrument(CONFIG / "instruments/iw.yaml")
IDS = np.arange(0, SPACE.n_personas, 997, dtype=np.uint32)
LEVELS = SPACE.levels_of(IDS)
PERSONAS = pl.DataFrame(
    {"persona_id": IDS, **{v.name: LEVELS[:, k] for k, v in enumerate(SPACE.variables)}}
)
DRAWS = Draws(200, 1)


def test_a_planted_shift_and_shrinkage_are_recovered():
    rng = np.random.default_rng(2)
    x = rng.normal(0.2, 1.7, 2000)
    found = regress_on_configured("secular", x, 0.4 * x + 1.0 + rng.normal(0, 0.3, 2000), DRAWS)
    of = {row["measure"]: row for row in found.iter_rows(named=True)}
    offset = 1.0 - 0.6 * x.mean()
    for measure, value in (("slope", 0.4), ("shrinkage", 0.6), ("offset", offset)):
        assert of[measure]["ci_low"] < value < of[measure]["ci_high"]
    assert of["r2"]["null_95"] < 0.01 < of["r2"]["estimate"]


def answered(answer):
    """Return responses of personas that answer `answer(configured, question)`."""
    values = dict(zip((v.ivs for v in SPACE.variables), SPACE.values_of(LEVELS).T, strict=True))
    shares = {q.id: probabilities_about(q, answer(values[q.id], q)) for q in IW.questions}
    return responses(IW, shares, persona_ids=IDS)


def midpoint(answer):
    """Return the measures of the midpoint, by name."""
    asked = PersonaResponses(SPACE, PERSONAS, IW, answered(answer), "probabilities")
    found = measure_midpoint(responses_by_variable(asked), DRAWS)
    return {row["measure"]: row for row in found.iter_rows(named=True)}


def test_answers_at_the_midpoints_are_flagged_and_others_are_not():
    def middle(configured, question):
        return np.full(len(configured), (question.values[0] + question.values[-1]) / 2)

    flagged = midpoint(middle)
    assert flagged["midpoint_flag"]["estimate"] == 1
    assert flagged["at_midpoint_share"]["estimate"] == 1
    assert flagged["midpoint_distance"]["estimate"] < 1e-3
    follows = midpoint(lambda configured, question: configured)
    assert follows["midpoint_flag"]["estimate"] == 0
    assert follows["configured_distance"]["estimate"] < 1e-3
    extreme = midpoint(lambda configured, question: np.full(len(configured), question.values[-1]))
    assert extreme["midpoint_flag"]["estimate"] == 0
    assert extreme["midpoint_distance"]["estimate"] == pytest.approx(1)


def test_personas_who_answer_as_configured_pass_every_check(tmp_path):
    places = np.random.default_rng(4).normal(size=(len(IDS), 2))
    positions = pl.DataFrame({"persona_id": IDS}).with_columns(
        country=pl.lit(None, pl.String),
        **{axis: places[:, k] for k, axis in enumerate(AXES)},
        **{f"design_{axis}": places[:, k] for k, axis in enumerate(AXES)},
    )
    frames = {
        "personas": (PERSONAS, study_tables.PERSONAS),
        "responses": (answered(lambda configured, _: configured), study_tables.RESPONSES),
        "positions": (positions, map_tables.POSITIONS),
    }
    for name, (frame, table) in frames.items():
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic"})
    main(
        space=CONFIG / "persona_space.yaml",
        instrument=CONFIG / "instruments/iw.yaml",
        **{name: tmp_path / name for name in (*frames, "matrix", "levels", "axes")},
        readout="probabilities",
        seed=1,
        replicates=20,
    )
    axes = tables.read(tmp_path / "axes", map_tables.MANIPULATION_CHECK_AXES)
    assert axes.filter(measure="slope")["estimate"].to_list() == pytest.approx([1, 1])
    matrix = tables.read(tmp_path / "matrix", map_tables.MANIPULATION_CHECK_MATRIX)
    assert matrix.height == (SPACE.radices**2).sum()
    levels = tables.read(tmp_path / "levels", map_tables.MANIPULATION_CHECK_LEVELS)
    assert (levels["weighted_kappa"] > 0.8).all()
    assert tables.provenance(tmp_path / "axes")["engine"] == "synthetic"
