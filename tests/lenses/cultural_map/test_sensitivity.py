"""Sensitivity: only what is varied moves the mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import probabilities_about, responses
from valuescape.answers.inputs import PersonaResponses
from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.positions import read_projection
from valuescape.lenses.cultural_map.rotation import component_loadings, rotated_loadings
from valuescape.lenses.cultural_map.sensitivity import (
    code_answers,
    code_configurations,
    compare_variants,
    human_spectrum,
    place_on_variants,
    rotate_projection,
)
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
PROJECTION = read_projection(CONFIG / "reference/iw_projection.csv")
SPACE = read_space(CONFIG / "persona_space.yaml")
IW = read_instrument(CONFIG / "instruments/iw.yaml")
VARIANTS = rotate_projection(PROJECTION, "published", {v.ivs: v.axis for v in SPACE.variables})
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
    found = place_on_variants("persona", {"survey_value": values}, VARIANTS, "published", DRAWS)
    tables.check(found, map_tables.SENSITIVITY, "the test")
    of = {row[2:5]: row for row in found.iter_rows()}
    base = of["as_fitted", "complete", "wvs"]
    assert base[6] == 250
    assert base[9] == 0
    assert base[7:9] == pytest.approx(
        np.nanmean(PROJECTION.positions(values, PROJECTION.codes, "test"), axis=0)
    )
    assert of["as_fitted", "complete", "tao_misprint"][9] == pytest.approx(np.hypot(0.342, 0.09))
    assert of["as_fitted", "six_of_ten", "wvs"][6] == 300
    assert of["varimax_kaiser", "complete", "wvs"][9] < 0.01


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
    found = compare_variants(asked, coded, VARIANTS, "published", DRAWS)
    tables.check(found, map_tables.SENSITIVITY, "the test")
    standing = found.filter(
        rotation="as_fitted", missing="complete", constants="wvs", coding="survey_value"
    )
    assert standing["object"].to_list() == ["persona", "design"]
    assert standing["displacement"].to_list() == [0, 0]
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
