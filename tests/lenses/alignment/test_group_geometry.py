"""Geometry of groups: distances between groups, their best matching, and their plane."""

from __future__ import annotations

import numpy as np
import pytest

import made_up_groups as groups
from valuescape.core import tables
from valuescape.lenses.alignment import group_geometry
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.discrimination import GroupDraws
from valuescape.lenses.alignment.group_geometry import (
    geometry_table,
    group_distances,
    mantel,
    matching,
    plane,
    position_table,
    spread_ratio,
)

LINE = np.abs(np.subtract.outer([0.0, 1.0, 3.0], [0.0, 1.0, 3.0]))


def geometry(persona_truth, **keys):
    found = groups.group_draws(persona_truth, **keys)
    frame = geometry_table(found, group_distances(found), "")
    tables.check(frame, alignment_tables.GROUP_GEOMETRY, "the test")
    return groups.by_measure(frame)


def test_measures_by_hand():
    assert mantel(LINE, 5 * LINE) == pytest.approx(1)
    assert spread_ratio(LINE, 5 * LINE) == pytest.approx(1 / 5)
    assert matching(LINE, 5 * LINE) == pytest.approx((0, 1), abs=1e-7)
    swapped = LINE[[1, 0, 2]][:, [1, 0, 2]]
    assert matching(swapped, LINE) == pytest.approx((0, 1 / 3), abs=1e-7)


def test_personas_like_the_humans_keep_their_geometry():
    of = geometry(lambda truth: truth)
    assert of["mantel"]["estimate"] > of["mantel"]["null_95"]
    assert of["mantel"]["p_value"] < 0.01
    assert of["gromov_wasserstein"]["estimate"] < of["gromov_wasserstein"]["null_95"]
    assert of["matched_share"]["estimate"] == pytest.approx(1)
    assert of["spread_ratio"]["estimate"] == pytest.approx(1, abs=0.1)


def test_groups_that_do_not_differ_have_no_geometry(monkeypatch):
    monkeypatch.setattr(group_geometry, "MOST_MATCHINGS", 1)  # they are not looked at here
    p_values = []
    for seed in range(12):
        of = geometry(lambda truth: truth.mean(axis=0), seed=seed, draws=60)
        p_values.append(of["mantel"]["p_value"])
        assert of["spread_ratio"]["estimate"] < 0.4
    # at the nominal 5 %, three of twelve or more: once in fifty
    assert np.mean(np.array(p_values) <= 0.05) < 0.25


def test_wrong_names_of_groups_keep_the_geometry():
    of = geometry(lambda truth: np.roll(truth, 1, axis=0))
    assert of["gromov_wasserstein"]["estimate"] < of["gromov_wasserstein"]["null_95"]


def test_the_plane_keeps_distances_and_personas_are_turned_onto_humans():
    places, explained = plane(LINE)
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1)
    assert gaps == pytest.approx(LINE)
    assert explained == pytest.approx(1)
    found = groups.group_draws(lambda truth: truth, draws=1)
    positions = position_table(group_distances(found), tuple("abcdefg"), "")
    tables.check(positions, alignment_tables.GROUP_POSITIONS, "the test")
    human, persona = (
        positions.filter(population=name).select("x", "y").to_numpy()
        for name in ("human", "persona")
    )
    # turned onto each other, not merely drawn side by side
    assert np.linalg.norm(human - persona) < np.linalg.norm(human) / 2


def test_two_groups_have_no_geometry():
    found = groups.group_draws(lambda truth: truth, draws=5)
    shares = (
        found.personas, found.humans,
        found.drawn_personas, found.drawn_humans, found.redrawn_humans,
    )  # fmt: skip
    pair = GroupDraws(found.grid, *(each[..., :2, :, :] for each in shares))
    between = group_distances(pair)
    table = geometry_table(pair, between, "too few groups")
    tables.check(table, alignment_tables.GROUP_GEOMETRY, "the test")
    assert set(table["reason"]) == {"too few groups"}
    assert table["estimate"].null_count() == table["p_value"].null_count() == table.height == 4
    assert position_table(between, ("a", "b"), "too few groups").is_empty()


def test_persona_groups_that_do_not_differ_at_all_have_no_p_value():
    """Referee A5: a null Mantel correlation got p = 1 / (1 + n)."""
    found = groups.group_draws(lambda truth: truth, draws=20)
    even, drawn = (np.full_like(side, 1 / groups.K) for side in
                   (found.personas, found.drawn_personas))  # fmt: skip
    alike = GroupDraws(
        found.grid, even, found.humans, drawn, found.drawn_humans, found.redrawn_humans
    )
    row = groups.by_measure(geometry_table(alike, group_distances(alike), ""))["mantel"]
    assert (row["estimate"], row["p_value"]) == (None, None)
    assert row["reason"] == "answers do not vary over groups"
