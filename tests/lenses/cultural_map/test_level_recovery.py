"""Agreement of answered with configured levels: kappa and matrix, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.level_recovery import (
    level_probabilities,
    measure_agreement,
    tabulate_levels,
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
    row = measure_agreement("happiness", configured, np.eye(4)[said], DRAWS)
    expected = cohen_kappa_score(configured, said, weights="quadratic")
    assert row["weighted_kappa"] == pytest.approx(expected)
    assert row["ci_low"] < expected < row["ci_high"]
    assert row["agreement"] == pytest.approx((configured == said).mean())
    assert 0 < row["null_95_kappa"] < row["ci_low"]


def test_matrix_by_hand():
    configured = np.array([0, 0, 1, 1], dtype=np.int8)
    answered = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [np.nan, np.nan]])
    found = tabulate_levels("trust", configured, answered, DRAWS)
    tables.check(found, map_tables.MANIPULATION_CHECK_MATRIX, "the test")
    assert found["share"].to_list() == [0.75, 0.25, 0.0, 1.0]
    assert found["share_of_all"].to_list() == [0.5, 0.5, 0.5, 0.5]
    assert found["n_personas"].to_list() == [2, 2, 1, 1]


def test_without_any_valid_answer_nothing_is_claimed():
    configured, invalid = np.array([0, 1], dtype=np.int8), np.full((2, 2), np.nan)
    found = tabulate_levels("trust", configured, invalid, DRAWS)
    assert found["share"].null_count() == 4
    assert np.isnan(measure_agreement("trust", configured, invalid, DRAWS)["weighted_kappa"])


def test_an_option_of_no_level_is_refused():
    question, trust = IW.question("F118"), SPACE.variables[1]
    with pytest.raises(UserError, match="F118: the option 3 is in no level of 'trust'"):
        level_probabilities(np.ones((1, 10)) / 10, question, trust)


def test_levels_of_an_index_are_summed_from_its_codes():
    shares = np.array([[0.1, 0.2, 0.3, 0.25, 0.15]])
    found = level_probabilities(shares, IW.question("Y003"), SPACE.variables[-1])
    assert found == pytest.approx(np.array([[0.3, 0.3, 0.4]]))
