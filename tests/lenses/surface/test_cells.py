"""Draws of all configurations: intervals hold the planted truth, and narrow with what is asked."""

from __future__ import annotations

import numpy as np
import pytest

from made_up_answers import question
from made_up_effects import cube
from planted_cube import planted
from valuescape.lenses.surface.cells import (
    as_if_asked,
    drawn_cells,
    drawn_means,
    ends,
    fit_scores,
    quantiles,
    weighted_means,
)
from valuescape.lenses.surface.fit import fit_questions
from valuescape.stats.resampling import Draws

SPACE = cube(3, 3, 3, 4, 4)
LEVELS = SPACE.levels_of(np.arange(SPACE.n_personas))
AT_LEVEL = LEVELS[:, 0] == 1


def asked(seed, n=160):
    return np.sort(np.random.default_rng(seed).choice(SPACE.n_personas, n, replace=False))


@pytest.mark.long
def test_intervals_hold_the_truth_of_all_configurations():
    held = []
    for seed in range(60):
        scores = planted(SPACE, np.random.default_rng(seed))[:, None]
        ids = asked(seed).astype(np.uint32)
        fitted = fit_scores(SPACE, ids, scores[ids])
        drawn = [
            (cells.mean(), cells.std(), cells[AT_LEVEL].mean())
            for cells in drawn_cells(fitted, Draws(60, seed), "test")
        ]
        truth = scores.mean(), scores.std(), scores[AT_LEVEL].mean()
        low, high = ends(drawn)
        held.append((low <= truth) & (truth <= high))
    # 60 independent ones (the three of a cube are not): within three standard deviations of 0.95
    assert abs(np.mean(held) - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 60)


def test_asked_personas_keep_their_scores():
    scores = planted(SPACE, np.random.default_rng(1))[:, None]
    ids = asked(1).astype(np.uint32)
    for cells in drawn_cells(fit_scores(SPACE, ids, scores[ids]), Draws(2, 1), "test"):
        assert cells[ids] == pytest.approx(scores[ids])
        assert cells.shape == (SPACE.n_personas, 1)


def test_too_few_scores_have_no_surface():
    ids = asked(1).astype(np.uint32)
    scores = np.full((len(ids), 1), np.nan)
    scores[:5] = 1.0
    assert fit_scores(SPACE, ids, scores) is None


def test_scores_that_do_not_vary_are_the_same_everywhere():
    ids = asked(1).astype(np.uint32)
    fitted = fit_scores(SPACE, ids, np.full((len(ids), 1), 2.5))
    [cells] = drawn_cells(fitted, Draws(1, 1), "test")
    assert cells == pytest.approx(2.5)


def test_errors_of_a_design_to_come_follow_from_the_pilot():
    scores = planted(SPACE, np.random.default_rng(2))[:, None]
    ids = asked(2).astype(np.uint32)
    pilot = fit_scores(SPACE, ids, scores[ids])

    def spread(fitted):
        return np.std([cells.mean() for cells in drawn_cells(fitted, Draws(80, 3), "test")])

    more = as_if_asked(pilot, asked(3, 330).astype(np.uint32))
    assert more.surface.coefficients == pytest.approx(pilot.surface.coefficients)
    assert spread(more) < 0.8 * spread(pilot)
    assert spread(as_if_asked(pilot, ids)) == pytest.approx(spread(pilot))


@pytest.mark.long
def test_weighted_means_of_answers_hold_the_truth():
    two, held = question("Q", (0, 1)), []
    rng = np.random.default_rng(5)
    weights = rng.exponential(1, (3, SPACE.n_personas)) ** 3
    weights /= weights.sum(axis=1, keepdims=True)
    for seed in range(40):
        p = 0.5 + 0.08 * planted(SPACE, np.random.default_rng(seed))
        ids = asked(seed).astype(np.uint32)
        shares = np.column_stack([1 - p, p])[ids]
        [fitted] = fit_questions(LEVELS[ids], SPACE.radices, [two], [shares])
        means = weighted_means(SPACE, ids, weights, p[ids, None], np.random.default_rng(seed))
        drawn = drawn_means(fitted, means, 80, np.random.default_rng(seed))[..., 1]
        low, high = ends(drawn)
        held.append((low <= weights @ p) & (weights @ p <= high))
    assert 0.88 < np.mean(held) <= 1.0


def test_the_ends_of_few_draws_hold_one_more_at_their_rate():
    rng = np.random.default_rng(1)
    low, high = ends(rng.standard_normal((60, 20_000)))
    one_more = rng.standard_normal(20_000)
    assert np.mean((low <= one_more) & (one_more <= high)) == pytest.approx(0.95, abs=0.008)


def test_quantiles_of_what_is_not_defined_are_not_defined():
    assert quantiles([1.0, 2.0, 3.0]) == (2.0, 1.0, 3.0)
    assert np.isnan(quantiles([1.0, np.nan])).all()
