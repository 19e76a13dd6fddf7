"""Sensitivity: only what is varied moves the mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import probabilities_about, responses
from valuescape.answers.inputs import PersonaResponses
from valuescape.core import tables
from valuescape.humans.published import read_waves
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.positions import read_projection
from valuescape.lenses.cultural_map.rotation import component_loadings, rotated_loadings
from valuescape.lenses.cultural_map.sensitivity import (
    Versions,
    code_answers,
    code_configurations,
    compare_variants,
    human_spectrum,
    latest_means,
    place_on_variants,
    rotate_projection,
    turn_to,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
PROJECTION = read_projection(CONFIG / "reference/iw_projection.csv")
SPACE = read_space(CONFIG / "persona_space.yaml")
IW = read_instrument(CONFIG / "instruments/iw.yaml")
KEY = ("rotation", "missing", "constants")
WAVES = read_waves(CONFIG / "reference/iw_waves.csv")
VARIANTS = rotate_projection(PROJECTION, "published", {v.ivs: v.axis for v in SPACE.variables})
VERSIONS = Versions(VARIANTS, "published", latest_means(WAVES, PROJECTION.codes))
DRAWS = Draws(50, 1)


def test_the_published_rotation_is_kaiser_varimax():
    kaiser = VARIANTS["published", "varimax_kaiser"]
    assert kaiser.weights == pytest.approx(PROJECTION.weights, abs=0.001)
    homosexuality, god = PROJECTION.codes.index("F118"), PROJECTION.codes.index("F063")
    for found in VARIANTS.values():
        score = rotated_loadings(found.weights)
        assert score[homosexuality, 0] > 0 > score[god, 1]


def test_only_what_is_varied_moves_the_mean():
    rng = np.random.default_rng(1)
    values = PROJECTION.means + rng.normal(0, 1, (300, 10)) * PROJECTION.sds
    values[:50, 0] = np.nan
    found = place_on_variants("persona", {"survey_value": values}, VERSIONS, DRAWS)
    tables.check(found, map_tables.SENSITIVITY, "the test")
    of = {tuple(row[k] for k in KEY): row for row in found.iter_rows(named=True)}
    base = of["as_fitted", "complete", "wvs"]
    assert base["n"] == 250
    assert base["displacement"] == pytest.approx(0, abs=1e-12)
    assert [base[f"mean_{axis}"] for axis in AXES] == pytest.approx(
        np.nanmean(PROJECTION.positions(values, PROJECTION.codes, "test"), axis=0)
    )
    # other constants move the countries, too: nobody lies elsewhere among them
    misprint = of["as_fitted", "complete", "tao_misprint"]
    assert misprint["displacement"] == pytest.approx(0, abs=1e-12)
    moved = misprint["mean_self_expression"] - base["mean_self_expression"]
    assert moved == pytest.approx(0.342)
    assert of["as_fitted", "six_of_ten", "wvs"]["n"] == 300
    assert of["varimax_kaiser", "complete", "wvs"]["displacement"] < 0.01


def test_claims_of_the_design_that_hang_on_one_rotation():
    """Referee B4, B5: turned together with the countries, the design keeps its share between them.

    Its correlation and its place above every country do not hold under other rotations.
    """
    levels = SPACE.levels_of(np.arange(SPACE.n_personas))
    order = [[v.ivs for v in SPACE.variables].index(code) for code in PROJECTION.codes]
    values = {"survey_value": SPACE.values_of(levels)[:, order]}
    found = place_on_variants("design", values, VERSIONS, None)
    rows = found.filter(missing="complete", constants="wvs")
    of = {row["rotation"]: row for row in rows.iter_rows(named=True)}
    assert len(of) == 5
    assert rows["hull_share"].max() == pytest.approx(rows["hull_share"].min(), abs=1e-12)
    assert of["as_fitted"]["correlation"] == pytest.approx(-0.45, abs=0.005)
    assert of["varimax"]["correlation"] == pytest.approx(-0.02, abs=0.005)
    highest = {name: row["most_secular_country"] for name, row in of.items()}
    above = {name: row["mean_secular"] > highest[name] for name, row in of.items()}
    assert (above["as_fitted"], above["procrustes_target"]) == (True, False)
    assert of["procrustes_target"]["mean_secular"] == pytest.approx(1.78, abs=0.005)
    assert highest["procrustes_target"] == pytest.approx(1.83, abs=0.005)
    # personas alone would be moved by .83 to 1.57; among the countries they hardly move
    assert rows["displacement"].max() < 0.22
    assert rows["nearest_country"].n_unique() == 1
    assert rows["nearest_distance"].max() - rows["nearest_distance"].min() < 0.07


def test_countries_turned_back_are_where_they_were():
    rng = np.random.default_rng(2)
    standing = rng.normal(size=(9, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    found, shift = turn_to(standing @ turn.T + [1.0, -2.0], standing)
    assert found == pytest.approx(turn)
    assert (standing @ turn.T + [1.0, -2.0]) @ found + shift == pytest.approx(standing)


def test_answers_as_configured_lie_where_the_design_lies():
    ids = np.arange(0, SPACE.n_personas, 997, dtype=np.uint32)
    levels = SPACE.levels_of(ids)
    values = dict(zip((v.ivs for v in SPACE.variables), SPACE.values_of(levels).T, strict=True))
    shares = {q.id: probabilities_about(q, values[q.id]) for q in IW.questions}
    names = [variable.name for variable in SPACE.variables]
    personas = pl.DataFrame({"persona_id": ids, **dict(zip(names, levels.T, strict=True))})
    frame = responses(IW, shares, persona_ids=ids)
    asked = PersonaResponses(SPACE, personas, IW, frame, "probabilities")
    coded = code_answers(asked)
    configured = code_configurations(SPACE, levels)["survey_value"]
    order = [[q.id for q in IW.questions].index(variable.ivs) for variable in SPACE.variables]
    assert coded["survey_value"][:, order] == pytest.approx(configured, abs=1e-3)
    found = compare_variants(asked, coded, VERSIONS, DRAWS)
    tables.check(found, map_tables.SENSITIVITY, "the test")
    standing = found.filter(
        rotation="as_fitted", missing="complete", constants="wvs", coding="survey_value"
    )
    assert standing["object"].to_list() == ["persona", "design"]
    assert standing["displacement"].to_numpy() == pytest.approx([0, 0], abs=1e-12)
    assert standing["n"].to_list() == [len(ids), SPACE.n_personas]


def test_the_published_weights_tell_two_eigenvalues_and_a_refit_all():
    known = human_spectrum(PROJECTION, None)
    assert known == pytest.approx(component_loadings(PROJECTION.weights)[1])
    refit = pl.DataFrame(
        {
            "measure": ["n_respondents", "eigenvalue_02", "eigenvalue_01"],
            "estimate": [9.0, 1.0, 2.0],
        }
    )
    assert human_spectrum(PROJECTION, refit).tolist() == [2.0, 1.0]
