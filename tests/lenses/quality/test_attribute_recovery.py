"""Attribute recovery: by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from valuescape.lenses.quality import attribute_recovery as recovery
from valuescape.stats.resampling import Draws

DRAWS = Draws(500, 1)


def test_balanced_accuracy_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    configured = rng.choice(3, 200, p=[0.6, 0.3, 0.1])
    guessed = np.where(rng.random(200) < 0.5, configured, rng.integers(0, 3, 200))
    cells = np.zeros((3, 3), dtype=np.int64)
    np.add.at(cells, (configured, guessed), 1)
    expected = balanced_accuracy_score(configured, guessed)
    assert recovery.balanced_accuracy(cells) == pytest.approx(expected)
    null, p = recovery.against_chance(cells, DRAWS, "test")
    assert 1 / 3 < null < expected
    assert p < 0.01


def test_guesses_that_know_nothing_are_no_better_than_chance():
    cells = np.array([[10, 20], [20, 40]])
    assert recovery.balanced_accuracy(cells) == pytest.approx(0.5)
    assert recovery.against_chance(cells, DRAWS, "test")[1] > 0.3
    nothing = np.zeros((2, 2), dtype=np.int64)
    assert np.isnan(recovery.balanced_accuracy(nothing))
    assert recovery.against_chance(nothing, DRAWS, "test")[1] == 1.0


def test_true_probabilities_lie_at_the_floor_of_calibration_and_boasts_do_not():
    rng = np.random.default_rng(2)
    first = rng.uniform(0, 1, 4000)
    levels = (rng.random(4000) > first).astype(np.int8)
    error, floor = recovery.calibration_error(
        np.column_stack([first, 1 - first]), levels, DRAWS, "test"
    )
    assert error < 2 * floor
    sure = np.column_stack([first > 0.5, first <= 0.5]).astype(float)
    error, floor = recovery.calibration_error(sure, levels, DRAWS, "test")
    assert error == pytest.approx(0.25, abs=0.02)
    assert floor == 0.0


def test_a_level_of_few_texts_leaves_all_of_a_variable_unread():
    words = recovery.words_of(["one two", "two three"] * 10, DRAWS)
    levels = np.array([0] * 17 + [1] * 3, dtype=np.int8)
    assert not recovery.recover(words, levels, 2, DRAWS).confusion.any()
    assert recovery.words_of(["a", "b"], DRAWS) is None
