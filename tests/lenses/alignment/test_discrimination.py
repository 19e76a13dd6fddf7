"""Discrimination: planted groups are told apart, and groups that do not differ are not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

import made_up_groups as groups
from valuescape.core import tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.discrimination import (
    GroupDraws,
    between_groups,
    discrimination_tables,
    index,
    nearest_is_own,
    rank_correlations,
    too_few,
)
from valuescape.stats.emd import emd
from valuescape.stats.resampling import Draws

GRID = groups.DRAWN_GRID


def test_distances_and_indices_by_hand():
    rng = np.random.default_rng(2)
    first, second = rng.dirichlet(np.ones(groups.K), (2, 3, groups.Q))
    found = between_groups(first, second, GRID)
    assert found[0, 2] == pytest.approx(emd(first[0], second[2], GRID.gaps).mean())
    distance = np.array([[0.1, 0.4], [0.2, 0.3]])
    assert index(distance) == pytest.approx(1 - 0.2 / 0.3)
    assert nearest_is_own(distance) == 0.5
    ranks = rank_correlations(first[..., 0], second[..., 0])
    assert ranks[4] == pytest.approx(spearmanr(first[:, 4, 0], second[:, 4, 0]).statistic)


def test_personas_like_their_own_humans_are_told_from_others():
    table, order = discrimination_tables(groups.group_draws(lambda truth: truth), Draws(400, 3), "")
    tables.check(table, alignment_tables.DISCRIMINATION, "the test")
    tables.check(order, alignment_tables.QUESTION_ORDER, "the test")
    of = groups.by_measure(table)
    assert of["index"]["p_value"] < 0.01
    assert of["index"]["null_95"] < of["index"]["ci_low"] < of["index"]["ci_high"]
    assert of["index"]["estimate"] > 0.75 * of["index"]["ceiling"]
    assert of["nearest_is_own"]["estimate"] == 1
    assert of["rank_correlation"]["estimate"] > 0.8
    assert of["rank_correlation"]["estimate"] == pytest.approx(order["rank_correlation"].mean())


def test_groups_that_do_not_differ_are_rarely_told_apart():
    p_values = []
    for seed in range(12):
        equal = groups.group_draws(lambda truth: truth.mean(axis=0), seed=seed, draws=60)
        of = groups.by_measure(discrimination_tables(equal, Draws(100, seed), "")[0])
        assert abs(of["index"]["estimate"]) < 0.05
        p_values.append(of["index"]["p_value"])
    # at the nominal 5 %, three of twelve or more: once in fifty
    assert np.mean(np.array(p_values) <= 0.05) < 0.25


def test_wrong_names_of_groups_are_noticed():
    turned = groups.group_draws(lambda truth: np.roll(truth, 1, axis=0))
    of = groups.by_measure(discrimination_tables(turned, Draws(100, 3), "")[0])
    assert of["index"]["estimate"] < of["index"]["null_95"]
    assert of["nearest_is_own"]["estimate"] == 0


def test_two_groups_have_no_order_to_shuffle():
    found = groups.group_draws(lambda truth: truth, draws=5)
    shares = (
        found.personas, found.humans,
        found.drawn_personas, found.drawn_humans, found.redrawn_humans,
    )  # fmt: skip
    pair = GroupDraws(GRID, *(each[..., :2, :, :] for each in shares))
    reason = too_few(pair)
    assert reason == "groups with enough humans and personas: 2 of at least 3"
    table, order = discrimination_tables(pair, Draws(9, 1), reason)
    tables.check(table, alignment_tables.DISCRIMINATION, "the test")
    assert set(table["reason"]) == {reason}
    assert table["estimate"].null_count() == table["p_value"].null_count() == table.height == 3
    assert order.is_empty()


def test_what_does_not_vary_has_no_p_value():
    """Referee A5: constant answers got a null rank correlation with p = 1 / (1 + n)."""
    constant = groups.group_draws(lambda truth: np.full_like(truth, 1 / groups.K), draws=20)
    even = np.full_like(constant.personas, 1 / groups.K)
    drawn = np.full_like(constant.drawn_personas, 1 / groups.K)
    found = GroupDraws(GRID, even, constant.humans, drawn, constant.drawn_humans,
                       constant.redrawn_humans)  # fmt: skip
    of = groups.by_measure(discrimination_tables(found, Draws(99, 3), "")[0])
    row = of["rank_correlation"]
    assert (row["estimate"], row["p_value"], row["null_95"]) == (None, None, None)
    assert row["reason"] == "answers do not vary over groups"
    # alike in all groups: no nearer to the own humans, and that is no discovery
    assert of["index"]["estimate"] == pytest.approx(0, abs=1e-12)
    assert of["index"]["p_value"] is None
