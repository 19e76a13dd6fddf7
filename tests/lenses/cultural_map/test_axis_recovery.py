"""Map recovery: agreement by hand, planted slopes, and answerers that do not follow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import cohen_kappa_score

from made_up_answers import probabilities_about, responses
from valuescape.answers.expected import probabilities
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.axis_recovery import (
    axis_recovery,
    least_distance,
    midpoint_recovery,
    scaled_values,
)
from valuescape.lenses.cultural_map.level_recovery import (
    level_probabilities,
    recovery,
    recovery_matrix,
)
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
IW = read_instrument(CONFIG / "instruments/iw.yaml")
DRAWS = Draws(200, 1)


def test_kappa_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    configured = rng.integers(0, 4, 300).astype(np.int8)
    said = np.where(rng.random(300) < 0.5, configured, rng.integers(0, 4, 300))
    row = recovery("happiness", configured, np.eye(4)[said], DRAWS)
    expected = cohen_kappa_score(configured, said, weights="quadratic")
    assert row["weighted_kappa"] == pytest.approx(expected)
    assert row["ci_low"] < expected < row["ci_high"]
    assert row["agreement"] == pytest.approx((configured == said).mean())
    assert 0 < row["null_kappa"] < row["ci_low"]


def test_matrix_by_hand():
    configured = np.array([0, 0, 1, 1], dtype=np.int8)
    answered = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [np.nan, np.nan]])
    found = recovery_matrix("trust", configured, answered, DRAWS)
    tables.check(found, map_tables.RECOVERY_MATRIX, "the test")
    assert found["share"].to_list() == [0.75, 0.25, 0.0, 1.0]
    assert found["share_of_all"].to_list() == [0.5, 0.5, 0.5, 0.5]
    assert found["n_personas"].to_list() == [2, 2, 1, 1]


def test_without_any_valid_answer_nothing_is_claimed():
    configured, nobody = np.array([0, 1], dtype=np.int8), np.full((2, 2), np.nan)
    found = recovery_matrix("trust", configured, nobody, DRAWS)
    assert found["share"].null_count() == 4
    assert np.isnan(recovery("trust", configured, nobody, DRAWS)["weighted_kappa"])


def test_an_option_of_no_level_is_refused():
    question, trust = IW.question("F118"), SPACE.variables[1]
    with pytest.raises(UserError, match="F118: the option 3 is in no level of 'trust'"):
        level_probabilities(np.ones((1, 10)) / 10, question, trust)


def test_a_planted_shift_and_shrinkage_are_recovered():
    rng = np.random.default_rng(2)
    x = rng.normal(0.2, 1.7, 2000)
    found = axis_recovery("secular", x, 0.4 * x + 1.0 + rng.normal(0, 0.3, 2000), DRAWS)
    of = {row["measure"]: row for row in found.iter_rows(named=True)}
    offset = 1.0 - 0.6 * x.mean()
    for measure, value in (("slope", 0.4), ("shrinkage", 0.6), ("offset", offset)):
        assert of[measure]["ci_low"] < value < of[measure]["ci_high"]
    assert of["r2"]["null"] < 0.01 < of["r2"]["estimate"]


def midpoint(answer):
    """Return the measures of personas that answer `answer(configured, question)`."""
    levels = SPACE.levels_of(np.arange(0, SPACE.n_personas, 997))
    told = dict(zip((v.ivs for v in SPACE.variables), SPACE.values_of(levels).T, strict=True))
    asked = {q.id: probabilities_about(q, answer(told[q.id], q)) for q in IW.questions}
    answered = responses(IW, asked)
    scaled = scaled_values(SPACE, levels, answered, IW, "probabilities")
    found = midpoint_recovery(*scaled, least_distance(SPACE, IW), DRAWS)
    return {row["measure"]: row for row in found.iter_rows(named=True)}


def test_a_midpoint_answerer_is_flagged_and_others_are_not():
    def middle(told, question):
        return np.full(len(told), (question.values[0] + question.values[-1]) / 2)

    flagged = midpoint(middle)
    assert flagged["midpoint_flag"]["estimate"] == 1
    assert flagged["at_midpoint_share"]["estimate"] == 1
    assert flagged["midpoint_distance"]["estimate"] < 1e-3
    follows = midpoint(lambda told, question: told)
    assert follows["midpoint_flag"]["estimate"] == 0
    assert follows["configured_distance"]["estimate"] < 1e-3
    extreme = midpoint(lambda told, question: np.full(len(told), question.values[-1]))
    assert extreme["midpoint_flag"]["estimate"] == 0
    assert extreme["midpoint_distance"]["estimate"] == pytest.approx(1)


def test_levels_of_an_index_are_summed_from_its_codes():
    autonomy, question = SPACE.variables[-1], IW.question("Y003")
    shares = np.array([[0.1, 0.2, 0.3, 0.25, 0.15]])
    answered = responses(IW, {q.id: np.full((1, q.n_options), 1 / q.n_options)
                              for q in IW.questions} | {"Y003": shares})  # fmt: skip
    found = level_probabilities(probabilities(answered, question, "probabilities"), question,
                                autonomy)  # fmt: skip
    assert found == pytest.approx(np.array([[0.3, 0.3, 0.4]]))
    assert isinstance(found, np.ndarray)
    assert pl.Series(found[0]).sum() == pytest.approx(1)
