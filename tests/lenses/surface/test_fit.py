"""Surfaces of questions: scores by hand, planted effects found, nothing made of noise."""

from __future__ import annotations

import numpy as np
import pytest

from made_up_answers import probabilities_about, question
from made_up_effects import cube
from valuescape.lenses.surface.fit import distances, fit_questions, log_scores, on_simplex
from valuescape.stats.interactions import effect_columns
from valuescape.stats.ridge_surface import MEAN

SPACE = cube(3, 2, 4, 3)
LEVELS = SPACE.levels_of(np.arange(SPACE.n_personas))
ASKED = np.sort(np.random.default_rng(1).choice(SPACE.n_personas, 45, replace=False))
MATRIX = effect_columns(LEVELS, SPACE.radices).matrix


def test_scores_by_hand():
    asked = question("Q", (1, 2, 4))  # gaps of a third and two thirds
    first, second = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.5, 0.5])
    emd, crps = distances(first, second, asked)
    assert emd == pytest.approx(1 / 3 + 0.5 * 2 / 3)
    assert crps == pytest.approx(1 / 3 + 0.25 * 2 / 3)
    assert log_scores(np.array([0.5, 0.25, 0.25]), second) == pytest.approx(np.log(4))
    assert np.isfinite(log_scores(first, second))


def test_shares_are_brought_onto_the_simplex():
    assert on_simplex(np.array([[0.6, 0.6, -0.2]])).tolist() == [[0.5, 0.5, 0.0]]


def test_planted_effects_are_predicted_where_nobody_was_asked():
    asked = question("Q", range(1, 5))
    expected = 2.5 + 0.4 * (LEVELS[:, 0] - 1) + 0.5 * (LEVELS[:, 1] - 0.5)
    answers = probabilities_about(asked, expected)
    [found] = fit_questions(LEVELS[ASKED], SPACE.radices, [asked], [answers[ASKED]])
    predicted = on_simplex(found.surface.predict(MATRIX))
    assert predicted.sum(axis=1) == pytest.approx(1)
    assert distances(predicted, answers, asked)[0].mean() < 0.01
    assert distances(found.mean_alone, answers[ASKED], asked)[0].mean() > 0.1


def test_each_question_is_fitted_to_its_own_valid_answers():
    first, second, few = (question(name, (1, 2)) for name in "ABC")
    rng = np.random.default_rng(3)
    shares = [np.column_stack([p, 1 - p]) for p in rng.uniform(0.2, 0.8, (3, len(ASKED)))]
    shares[1][:5] = np.nan
    shares[2][:40] = np.nan
    found = fit_questions(LEVELS[ASKED], SPACE.radices, [first, second, few], shares)
    assert [None if each is None else len(each.rows) for each in found] == [45, 40, None]
    assert found[1].rows.min() == 5


def test_what_does_not_vary_has_the_mean_and_no_error():
    same = np.tile([0.3, 0.7], (len(ASKED), 1))
    [found] = fit_questions(LEVELS[ASKED], SPACE.radices, [question("Q", (0, 1))], [same])
    assert found.surface.candidate.form == MEAN
    assert found.half_widths(MATRIX) == pytest.approx(0, abs=1e-12)


def test_intervals_of_cells_hold_95_percent():
    # noise of each persona beside effects: 60 answers, of which every other cell is a check
    asked, held = question("Q", (0, 1)), []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        p = 0.5 + 0.1 * (LEVELS[:, 0] - 1) + rng.normal(0, 0.08, len(LEVELS))
        shares = np.column_stack([1 - p, p])
        [found] = fit_questions(LEVELS[ASKED], SPACE.radices, [asked], [shares[ASKED]])
        others = np.setdiff1d(np.arange(len(LEVELS)), ASKED)
        off = np.abs(found.surface.predict(MATRIX[others])[:, 1] - p[others])
        held += (off <= found.half_widths(MATRIX[others])).tolist()
    assert 0.92 < np.mean(held) < 0.985
