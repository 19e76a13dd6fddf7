"""A second stage takes what stands for most of the countries; errors are those of a regression."""

from __future__ import annotations

import numpy as np
import pytest

from made_up_effects import cube
from valuescape.lenses.surface.cells import cube_columns, pairs_of
from valuescape.lenses.surface.second_stage import country_errors, worth_asking

SPACE = cube(3, 2, 4, 3)
COLUMNS, PAIR = cube_columns(SPACE), pairs_of(SPACE)
PRIOR = np.where(PAIR, 0.05, 0.4)
ASKED = np.arange(0, SPACE.n_personas, 3)


def populations():
    weights = np.random.default_rng(1).exponential(1, (4, SPACE.n_personas)) ** 4
    return weights / weights.sum(axis=1, keepdims=True)


def test_errors_are_those_of_drawn_answers_about_the_best_prediction():
    weights, rng = populations(), np.random.default_rng(2)
    draws = 4000
    effects = np.sqrt(PRIOR)[:, None] * rng.standard_normal((len(PRIOR), draws))
    answers = COLUMNS @ effects + rng.standard_normal((SPACE.n_personas, draws))
    design = np.column_stack([np.ones(len(ASKED)), COLUMNS[ASKED]])
    precision = design.T @ design + np.diag(np.r_[0.0, 1 / PRIOR])
    fitted = np.linalg.solve(precision, design.T @ answers[ASKED])
    predicted = fitted[0] + COLUMNS @ fitted[1:]
    predicted[ASKED] = answers[ASKED]
    errors = (weights @ (predicted - answers)).var(axis=1)
    assert country_errors(weights, COLUMNS, PRIOR, ASKED) == pytest.approx(errors, rel=0.1)


def test_nothing_is_left_open_when_everybody_is_asked():
    everyone = np.arange(SPACE.n_personas)
    assert country_errors(populations(), COLUMNS, PRIOR, everyone) == pytest.approx(0)


def test_what_is_proposed_takes_off_more_than_chance_and_was_not_asked():
    weights = populations()
    errors = country_errors(weights, COLUMNS, PRIOR, ASKED)
    chosen = worth_asking(weights, errors, ASKED, 8)
    assert len(chosen) == 8
    assert not np.isin(chosen, ASKED).any()
    assert set(worth_asking(weights, errors, ASKED, 3)) <= set(chosen.tolist())
    others = np.setdiff1d(np.arange(SPACE.n_personas), ASKED)
    drawn = np.random.default_rng(3).choice(others, 8, replace=False)
    better, worse = (
        country_errors(weights, COLUMNS, PRIOR, np.r_[ASKED, more]).mean()
        for more in (chosen, drawn)
    )
    assert better < worse < errors.mean()
