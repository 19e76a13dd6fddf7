"""Human-derived personas: the truth reaches the ceiling, a stranger does not, and noise is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import made_up_survey as survey
from valuescape.answers.expected import probabilities
from valuescape.core import tables
from valuescape.humans import tables as human_tables
from valuescape.lenses.weights import respondent_personas
from valuescape.lenses.weights import tables as weight_tables
from valuescape.stats.resampling import Draws
from valuescape.study import designs
from valuescape.study import tables as study_tables

CONFIG = Path(__file__).parents[3] / "config"
PROBE = survey.PROBE
SPACE = survey.SPACE


@pytest.fixture(scope="module")
def people():
    """Return five countries in which few configurations are had by many."""
    rng = np.random.default_rng(31)
    frames = [survey.draw(SPACE, country, rng.normal(0, 4, 10), 500, rng) for country in "ABCDE"]
    return survey.with_answers(survey.respondents(frames), PROBE, rng)


def compare(people, ids, *, heed):
    answered = survey.responses(ids, PROBE, heed=heed)
    shares = [probabilities(answered, question, "probabilities") for question in PROBE.questions]
    pairs = respondent_personas.pair_respondents(people, SPACE, ids)
    found = respondent_personas.compare_respondents(pairs, shares, PROBE, Draws(200, 1))
    table = tables.check(found, weight_tables.RESPONDENT_PERSONAS, "")
    return {(q, a, m): (e, low, high) for q, a, m, e, low, high in table.iter_rows()}


@pytest.fixture(scope="module")
def ids(people):
    levels = people.select(variable.name for variable in SPACE.variables).to_numpy()
    return np.unique(SPACE.ids_of(levels))


def test_personas_that_answer_as_their_respondents_reach_the_ceiling(people, ids):
    found = compare(people, ids, heed=True)
    for size in (36, 33, 31):
        of = f"mean of {size}"
        persona, twin, compatriot, uniform = (
            found[of, name, "agreement"][0] for name in ("persona", "twin", "compatriot", "uniform")
        )
        assert uniform < compatriot < twin
        assert persona == pytest.approx(twin, abs=0.01)
        share, low, high = found[of, "persona", "share_of_ceiling"]
        assert low <= share <= high
        assert share == pytest.approx(1, abs=0.1)
        assert found[of, "persona", "distance"][0] < found[of, "compatriot", "distance"][0]
        assert found[of, "persona", "emd"][0] < 2 * found[of, "persona", "emd_floor"][0]


def test_personas_that_all_answer_the_same_stay_below_anyone(people, ids):
    found = compare(people, ids, heed=False)
    assert found["mean of 33", "persona", "share_of_ceiling"][2] < 0
    assert (
        found["mean of 33", "persona", "emd"][0]
        > 3 * found["mean of 33", "persona", "emd_floor"][0]
    )


def test_another_of_the_group_is_never_oneself():
    chosen = np.array([[1.0, 0], [0, 1], [0, 1], [1, 0]])
    found = respondent_personas.answers_of_another(np.array([0, 0, 0, 1]), chosen)
    np.testing.assert_allclose(found[:3], [[0, 1], [0.5, 0.5], [0.5, 0.5]])
    assert np.isnan(found[3]).all()


def test_respondents_without_a_persona_are_no_pairs(people, ids):
    strangers = np.setdiff1d(np.arange(SPACE.n_personas, dtype=np.uint32), ids)[:10]
    assert respondent_personas.pair_respondents(people, SPACE, strangers).is_empty()
    half = ids[::2]
    assert 0 < respondent_personas.pair_respondents(people, SPACE, half).height < people.height


def test_the_command_says_how_many_respondents_have_a_persona(tmp_path, people, ids):
    files = {
        name: tmp_path / f"{name}.parquet" for name in ("personas", "responses", "respondents")
    }
    half = ids[::2]
    tables.write(designs.persona_table(SPACE, half), files["personas"], study_tables.PERSONAS, {})
    answered = survey.responses(half, PROBE)
    tables.write(answered, files["responses"], study_tables.RESPONSES, {"engine": "synthetic"})
    tables.write(people, files["respondents"], human_tables.RESPONDENTS, {})
    respondent_personas.main(
        **files,
        space=CONFIG / "persona_space.yaml",
        instrument=CONFIG / "instruments/wvb_probe.yaml",
        readout="modal",
        seed=1,
        replicates=20,
        agreement=tmp_path / "agreement.parquet",
    )
    found = tables.read(tmp_path / "agreement.parquet", weight_tables.RESPONDENT_PERSONAS)
    assert found["question"].n_unique() == 36 + 3
    said = tables.provenance(tmp_path / "agreement.parquet")["respondents with a persona"]
    n = respondent_personas.pair_respondents(people, SPACE, half).height
    assert said == f"{n:,} of 2,500"
