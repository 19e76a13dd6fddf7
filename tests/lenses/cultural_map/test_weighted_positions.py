"""Weighted positions: weights move the mean towards the personas that have them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.positions import AXES
from valuescape.lenses.cultural_map.weighted_positions import weight_positions
from valuescape.stats.resampling import Draws

DRAWS = Draws(50, 1)


def test_weights_move_the_mean_where_they_lie():
    positions = made_up.positions(400)
    placed = positions.drop_nulls(AXES)
    heavy = placed.sort("secular").tail(100)["persona_id"]
    weights = pl.concat(
        [
            placed.select("persona_id").with_columns(scheme=pl.lit("uniform"), weight=1 / 397),
            pl.DataFrame({"persona_id": heavy}).with_columns(
                scheme=pl.lit("raking"), weight=pl.lit(0.01)
            ),
        ]
    ).select("scheme", "persona_id", "weight")
    centroids = made_up.centroids()
    found = weight_positions(positions, weights, centroids, DRAWS)
    tables.check(found, map_tables.WEIGHTED_POSITIONS, "the test")
    of = {row[:3]: row[3:] for row in found.iter_rows()}
    assert of["uniform", "persona", "mean_secular"][1] == pytest.approx(placed["secular"].mean())
    assert of["uniform", "persona", "n_effective"][1] == pytest.approx(397)
    assert of["raking", "persona", "n_effective"][1] == pytest.approx(100)
    mean = placed.sort("secular").tail(100).select(AXES).mean().row(0)
    name, estimate, low, high = of["raking", "persona", "mean_secular"]
    assert name is None
    assert low < estimate < high
    assert estimate == pytest.approx(mean[1])
    gaps = np.hypot(*(centroids.select(AXES).to_numpy() - mean).T)
    assert of["raking", "persona", "nearest_country"][:2] == (
        centroids["country"][int(gaps.argmin())],
        pytest.approx(gaps.min()),
    )
    empty = weight_positions(positions.clear(), weights, centroids, DRAWS)
    assert empty.is_empty()
