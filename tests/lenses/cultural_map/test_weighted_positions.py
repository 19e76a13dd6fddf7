"""Weighted positions: weights move the mean towards the personas that have them."""

from __future__ import annotations

import numpy as np
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.cultural_map.weighted_positions import weight_positions
from valuescape.stats.resampling import Draws

DRAWS = Draws(50, 1)


def test_weights_move_the_mean_where_they_lie():
    rng = np.random.default_rng(6)
    points = rng.normal(0, 1, (400, 2))
    points[:3] = np.nan
    configured = rng.normal(0, 1, (400, 2))
    heavy = np.zeros(400)
    heavy[np.argsort(points[:, 1])[-103:-3]] = 0.01
    read = {"persona": [points], "persona_drawn": [points, points], "design": [configured]}
    weights = {"uniform": np.full(400, 1 / 400), "ipf_pairs": heavy}
    centroids = made_up.centroids()
    found = weight_positions(read, weights, centroids, DRAWS)
    tables.check(found, map_tables.WEIGHTED_POSITIONS, "the test")
    of = {row[:3]: row[3:] for row in found.iter_rows()}
    assert of["uniform", "persona", "mean_secular"][1] == pytest.approx(points[3:, 1].mean())
    assert of["uniform", "persona", "n_effective"][1] == pytest.approx(397)
    assert of["ipf_pairs", "persona", "n_effective"][1] == pytest.approx(100)
    mean = points[heavy > 0].mean(axis=0)
    name, estimate, low, high = of["ipf_pairs", "persona", "mean_secular"]
    assert name is None
    assert low < estimate < high
    assert estimate == pytest.approx(mean[1])
    assert of["ipf_pairs", "persona_drawn", "mean_secular"][1] == pytest.approx(mean[1])
    gaps = np.hypot(*(centroids.select(AXES).to_numpy() - mean).T)
    assert of["ipf_pairs", "persona", "nearest_country"][:2] == (
        centroids["country"][int(gaps.argmin())],
        pytest.approx(gaps.min()),
    )


def test_what_is_known_exactly_has_no_interval():
    """Referee A13: a weighted mean of configurations is no estimate; nor is the whole cube."""
    points = np.random.default_rng(6).normal(0, 1, (50, 2))
    read = {"persona": [points], "design": [points]}
    weights = {"uniform": np.full(50, 0.02)}
    for draws, sampled in ((DRAWS, {"persona"}), (None, set())):
        found = weight_positions(read, weights, made_up.centroids(), draws)
        known = found.drop_nulls("ci_low")
        assert set(known["object"]) == sampled


def test_nobody_with_a_place_has_no_rows():
    read = {"persona": [np.full((9, 2), np.nan)], "design": [np.zeros((9, 2))]}
    found = weight_positions(read, {"uniform": np.full(9, 1 / 9)}, made_up.centroids(), DRAWS)
    tables.check(found, map_tables.WEIGHTED_POSITIONS, "the test")
    assert found.is_empty()
