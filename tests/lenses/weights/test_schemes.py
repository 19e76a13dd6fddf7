"""Weighting schemes: the finer, the nearer to a known population."""

from __future__ import annotations

import numpy as np
import pytest

import made_up_survey as survey
from valuescape.humans.margins import select_complete
from valuescape.lenses.weights import schemes
from valuescape.lenses.weights.diagnostics import (
    pair_variation,
    split_in_halves,
    total_variation,
)
from valuescape.stats.raking import Margin
from valuescape.stats.resampling import Draws

SPACE = survey.SPACE


def test_finer_schemes_are_nearer_to_the_population():
    frame, truth = survey.world()
    ids = np.arange(SPACE.n_personas, dtype=np.uint32)
    humans = select_complete(frame, SPACE)
    smoothing = schemes.Smoothing(1e4, 0.01)
    found = schemes.from_respondents(ids, humans, smoothing)
    assert tuple(found) == schemes.SCHEMES
    off = {scheme: total_variation(each, truth) for scheme, each in found.items()}
    raw = total_variation(humans.shares, truth)
    assert off["ipf_pairs"] < off["raking"] < off["uniform"]
    assert off["ipf_pairs"] < raw / 3  # pairs are all that was planted
    assert off["joint"] < raw
    assert off["semi_relaxed_ot"] < off["uniform"]
    assert all(each.sum() == pytest.approx(1) for each in found.values())
    pairs = {scheme: pair_variation(SPACE, each, truth) for scheme, each in found.items()}
    assert pairs["ipf_pairs"] < pairs["raking"] < pairs["uniform"]


@pytest.mark.long
def test_smoothing_is_chosen_on_held_out_respondents():
    humans = select_complete(survey.world()[0], SPACE)
    halves = split_in_halves(humans, Draws(1, 7))
    assert sum(len(half.levels) for half in halves) == len(humans.levels)
    chosen = schemes.choose_smoothing(halves)
    # pairs tell all of this population: the prior is to count for more than 10,000 respondents
    assert chosen.prior_respondents >= 1e4
    assert chosen.spread in schemes.SPREADS


def test_margins_that_these_personas_cannot_meet_are_approached():
    levels = np.array([[0, 0], [1, 1]], dtype=np.int8)
    met = [Margin((0,), np.array([0.3, 0.7]))]
    assert schemes.from_margins(levels, met)["raking"] == pytest.approx([0.3, 0.7])
    missed = [*met, Margin((1,), np.array([0.5, 0.5]))]
    found = schemes.from_margins(levels, missed, [Margin((0, 1), np.full((2, 2), 0.25))])
    assert set(found) == {"uniform", "raking"}
    assert found["raking"] == pytest.approx([0.4, 0.6], abs=0.01)


def test_smoothing_and_likelihood_by_hand():
    mixed = schemes.smoothed(np.array([1.0, 0.0]), np.array([0.5, 0.5]), 3, 1)
    assert mixed.tolist() == [0.875, 0.125]
    found = schemes.log_likelihood(np.array([0.5, 0.0, 0.5]), np.array([0.5, 0.5, 0.0]))
    assert found == pytest.approx(0.5 * np.log(0.5) + 0.5 * np.log(1e-12))
