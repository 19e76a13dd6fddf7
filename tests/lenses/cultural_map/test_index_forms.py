"""Index forms: both readings of the map are the projection's, and their difference is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from made_up_answers import probabilities_about, responses
from valuescape.core import tables
from valuescape.lenses.cultural_map import index_forms
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.index_forms import compare_forms
from valuescape.lenses.cultural_map.positions import read_projection
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.designs import persona_ids, persona_table
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
PROJECTION = CONFIG / "reference/iw_projection.csv"
IDS = persona_ids(SPACE, "oa144")
VALUES = dict(zip((v.ivs for v in SPACE.variables),
                  SPACE.values_of(SPACE.levels_of(IDS)).T, strict=True))  # fmt: skip


def written(folder: Path, name: str, moved: float) -> Path:
    """Write responses as configured, those to Y003 moved along its scale."""
    instrument = read_instrument(CONFIG / f"instruments/{name}.yaml")
    meant = VALUES | {"Y003": np.clip(VALUES["Y003"] + moved, -2, 2)}
    shares = {q.id: probabilities_about(q, meant[q.id]) for q in instrument.questions}
    path = folder / name
    tables.write(responses(instrument, shares, persona_ids=IDS), path, study_tables.RESPONSES, {})
    return path


@pytest.fixture
def given(tmp_path) -> dict[str, object]:
    personas = tmp_path / "personas"
    tables.write(persona_table(SPACE, IDS), personas, study_tables.PERSONAS, {})
    return {
        "space": CONFIG / "persona_space.yaml",
        "personas": personas,
        "responses": written(tmp_path, "iw", 0),
        "instrument": CONFIG / "instruments/iw.yaml",
        "condensed_instrument": CONFIG / "instruments/iw_condensed.yaml",
        "projection": PROJECTION,
        "readout": "probabilities",
        "seed": 1,
        "replicates": 50,
        "index_forms": tmp_path / "forms",
    }


def test_a_form_that_moves_an_index_moves_the_map_by_its_weight(given, tmp_path):
    index_forms.main(**given, condensed=written(tmp_path, "iw_condensed", 1))
    found = tables.read(tmp_path / "forms", map_tables.INDEX_FORMS)
    of = {row["quantity"]: row for row in found.iter_rows(named=True)}
    # of three levels alike, -2 and 0 move by one, and 2 stays at the end of the scale
    moved = 2 / 3
    assert of["mean Y003"]["difference"] == pytest.approx(moved, abs=1e-3)
    assert of["mean Y002"]["difference"] == pytest.approx(0, abs=1e-9)
    frozen = read_projection(PROJECTION)
    place = frozen.codes.index("Y003")
    weights = frozen.weights[place] / frozen.sds[place] * [1.81, 1.61]
    for axis, weight in zip(("self_expression", "secular"), weights, strict=True):
        row = of[f"mean {axis}"]
        assert row["difference"] == pytest.approx(moved * weight, abs=1e-3)
        assert row["ci_low"] < row["difference"] < row["ci_high"]
    assert of["mean Y002"]["correlation"] == pytest.approx(1)
    configured = of["correlation of Y003 with the configured level"]
    assert configured["battery"] == pytest.approx(1, abs=1e-4)
    expected = np.corrcoef(VALUES["Y003"], np.clip(VALUES["Y003"] + 1, -2, 2))[0, 1]
    assert configured["one_question"] == pytest.approx(expected, abs=1e-3)
    axes = of["correlation of the axes"]["battery"]
    places = frozen.positions(np.column_stack([*VALUES.values()]), list(VALUES), "the test")
    assert axes == pytest.approx(np.corrcoef(places.T)[0, 1], abs=1e-3)
    assert set(found["n_personas"]) == {144}


def test_without_the_condensed_form_the_table_says_so(given, tmp_path):
    index_forms.main(**given)
    found = tables.read(tmp_path / "forms", map_tables.INDEX_FORMS)
    assert found["difference"].null_count() == found.height == 11
    assert set(found["remark"]) == {index_forms.NOT_ASKED}


def test_what_does_not_vary_or_is_not_answered_has_no_correlation():
    axes = {name: (np.zeros(3), np.zeros(3)) for name in ("self_expression", "secular")}
    forms = {"Y002": (np.full(3, 2.0), np.array([1.0, 2.0, 3.0])), **axes}
    configured = {"Y002": np.array([1.0, 2.0, 3.0])}
    found = tables.check(compare_forms(forms, configured, Draws(20, 1)), map_tables.INDEX_FORMS, "")
    of = {row["quantity"]: row for row in found.iter_rows(named=True)}
    row = of["correlation of Y002 with the configured level"]
    assert (row["battery"], row["one_question"]) == (None, pytest.approx(1))
    assert row["remark"] == index_forms.CONSTANT
    assert of["mean Y002"]["correlation"] is None
    nobody = {name: (np.full(3, np.nan), np.zeros(3)) for name in forms}
    empty = compare_forms(nobody, configured, Draws(20, 1))
    assert set(tables.check(empty, map_tables.INDEX_FORMS, "")["remark"]) == {
        index_forms.NO_PERSONA
    }
