"""Location and dispersion: the two parts of a distance, and the spread of answers."""

from __future__ import annotations

import numpy as np
import pytest

import made_up_groups as groups
from made_up_answers import instrument, question
from valuescape.answers.distributions import HumanAnswers, shares_of
from valuescape.core import tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.dispersion import (
    MEASURES,
    dispersion_table,
    question_measures,
    spread,
)
from valuescape.stats.emd import grid_of
from valuescape.stats.resampling import Draws

GRID = grid_of(instrument(question("Q", (1, 2, 3))))


def test_spread_by_hand():
    mean, sd, entropy = spread(np.array([[0.5, 0.0, 0.5]]), GRID)
    assert (mean[0], sd[0]) == (0.5, 0.5)
    assert entropy[0] == pytest.approx(np.log(2) / np.log(3))
    equal = spread(np.array([[0.0, 1.0, 0.0]]), GRID)
    assert [side[0] for side in equal] == [0.5, 0, 0]


def test_a_distance_is_location_plus_dispersion():
    ends, middle, low = ([[0.5, 0.0, 0.5]], [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    complete = np.ones((1, 1), dtype=bool)

    def measured(personas, humans):
        found = question_measures(np.array([personas]), np.array([humans]), complete, GRID)
        return dict(zip(MEASURES, found[:, 0], strict=True))

    # the same mean: every distance is one of spread
    assert measured(middle, ends) == pytest.approx(
        {"emd": 0.5, "location": 0, "dispersion": 0.5, "sd_ratio": 0, "entropy_ratio": 0}
    )
    # all one step away: every distance is one of location
    moved = measured(low, middle)
    assert [moved[name] for name in ("emd", "location", "dispersion")] == [0.5, 0.5, 0]
    assert np.isnan(moved["sd_ratio"])


def test_personas_drawn_from_the_humans_lie_at_the_floor():
    found = groups.group_draws(lambda truth: truth, n=1000, draws=50)
    size = np.full((groups.G, groups.Q), 1000.0)
    humans = HumanAnswers(tuple("abcdefg"), found.humans, size, size, np.ones_like(size))
    heads = found.humans * 1000
    table = dispersion_table(
        (found.personas, shares_of(heads.sum(axis=0) - heads)),
        (found.drawn_personas * 1000, found.drawn_humans),
        humans, size > 0, grid=groups.DRAWN_GRID, draws=Draws(50, 1),
    )  # fmt: skip
    tables.check(table, alignment_tables.DISPERSION, "the test")
    of = groups.by_measure(table.filter(question="all"))
    assert of["emd"]["estimate"] == pytest.approx(of["emd"]["floor"], rel=0.1)
    assert of["sd_ratio"]["estimate"] == pytest.approx(1, abs=0.02)
    assert of["emd"]["human_pooled"] > 3 * of["emd"]["estimate"]
