"""Diagnostics of weights: effective numbers, distances, and what humans held out say."""

from __future__ import annotations

import numpy as np
import pytest

import made_up_survey as survey
from valuescape.humans.margins import Respondents
from valuescape.lenses.weights.diagnostics import (
    compare_held_out,
    diagnose_weights,
    kish,
    pair_variation,
    split_in_halves,
    total_variation,
)
from valuescape.lenses.weights.schemes import Smoothing
from valuescape.stats.resampling import Draws

SMALL = survey.SMALL
IDS = np.arange(SMALL.n_personas, dtype=np.uint32)


def people(n, seed=4):
    """Return respondents whose levels are independent of each other."""
    levels = SMALL.levels_of(np.random.default_rng(seed).integers(0, SMALL.n_personas, n))
    return Respondents(SMALL, levels, np.ones(n), n)


def test_kish_counts_equal_weights_in_full():
    assert kish(np.full(8, 0.125)) == pytest.approx(8)
    assert kish(np.array([0.5, 0.5, 0, 0])) == pytest.approx(2)


def test_distances_between_shares_by_hand():
    assert total_variation(np.array([0.5, 0.5, 0]), np.array([0, 0.5, 0.5])) == 0.5
    first, second = np.zeros(18), np.zeros(18)
    first[0] = second[17] = 1
    assert pair_variation(SMALL, first, second) == 1
    assert pair_variation(SMALL, first, first) == 0


def test_halves_hold_everybody_once():
    humans = people(101)
    first, second = split_in_halves(humans, Draws(1, 3))
    assert (len(first.levels), len(second.levels)) == (50, 51)
    both = np.concatenate([SMALL.ids_of(half.levels) for half in (first, second)])
    np.testing.assert_array_equal(np.sort(both), np.sort(SMALL.ids_of(humans.levels)))


def test_weights_are_described_by_hand():
    humans = people(900)
    uniform = np.full(9, 1 / 9)
    found = diagnose_weights(SMALL, IDS[:9], {"uniform": uniform}, humans.margins, humans)
    assert found["humans", "covered_share"] == pytest.approx(humans.shares[:9].sum())
    assert found["uniform", "kish_effective_n"] == pytest.approx(9)
    # these nine have the first level of the first variable alone
    second = humans.margins[0].shares[1]
    assert found["uniform", "residual_levels"] == pytest.approx(second)
    first = SMALL.variables[0].name
    assert found["uniform", f"residual_{first}"] == pytest.approx(second)
    assert found["uniform", "weight_where_no_human"] == 0
    assert found["raking", "kish_effective_n"] is None
    public = diagnose_weights(SMALL, IDS[:9], {"uniform": uniform}, humans.margins)
    assert public["humans", "n_respondents"] is None
    assert ("uniform", "residual_pairs") not in public


def test_weights_of_independent_levels_are_off_by_no_more_than_chance():
    draws = Draws(1, 3)
    halves = split_in_halves(people(4000), draws)
    found = compare_held_out(IDS, halves, Smoothing(1e4, 0.01), draws)
    off, floor = found["raking", "held_out_pairs"]
    assert off == pytest.approx(floor, rel=0.6)
    assert 0 < floor < 0.03
