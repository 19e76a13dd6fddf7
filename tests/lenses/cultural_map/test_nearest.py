"""Nearest: whom personas lie nearest to, by hand; the uncertainties stay apart."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from valuescape.lenses.cultural_map.nearest import (
    compare_with_stated_country,
    count_nearest,
    describe_uncertainty,
    distances,
    mean_positions,
    region_centroids,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats.resampling import Draws

CENTROIDS = pl.DataFrame(
    {"country": ["A", "B", "C"], "region": ["r", "r", "s"],
     "self_expression": [0.0, 1.0, 5.0], "secular": [0.0, 0.0, 5.0]}
)  # fmt: skip
DRAWS = Draws(200, 1)


def positions(points, countries=None):
    return pl.DataFrame(
        {"self_expression": points[:, 0], "secular": points[:, 1], "country": countries}
    )


def test_a_distance_is_euclidean_and_a_region_the_mean_of_its_countries():
    assert distances(np.array([[3.0, 4.0]]), np.zeros((1, 2))).tolist() == [[5.0]]
    assert region_centroids(CENTROIDS).rows() == [("r", 0.5, 0.0), ("s", 5.0, 5.0)]


def test_nearest_by_hand():
    points = np.array([[0.1, 0.0], [0.9, 0.1], [4.0, 4.0], [0.2, 0.0]])
    found = count_nearest(points, points[::-1] * 0, CENTROIDS)
    share = {(unit, name): value for unit, name, value, *_ in found.iter_rows()}
    assert share == {("country", "A"): 0.5, ("country", "B"): 0.25, ("country", "C"): 0.25,
                     ("region", "r"): 0.75, ("region", "s"): 0.25}  # fmt: skip
    assert found["share_of_design"].to_list()[0] == 1


@pytest.mark.parametrize("heeds", [True, False])
def test_personas_near_their_country_are_told_from_others(heeds):
    rng = np.random.default_rng(3)
    homes = rng.integers(0, 3, 120)
    centres = CENTROIDS.select(AXES).to_numpy()
    points = centres[homes if heeds else rng.permutation(homes)] + rng.normal(0, 0.3, (120, 2))
    found = compare_with_stated_country(
        positions(points, CENTROIDS["country"][homes.tolist()]), CENTROIDS, DRAWS
    )
    of = {row[0]: row for row in found.iter_rows()}
    assert (of["p_value"][1] < 0.01) == heeds
    assert (of["advantage"][2] > 0) == heeds


def test_the_four_uncertainties_stay_apart():
    points = np.random.default_rng(4).normal(0, [2.0, 1.0], (400, 2))
    alone = describe_uncertainty(points, points.mean(axis=0)[None], DRAWS)
    of = {row[0]: row for row in alone.iter_rows()}
    assert of["dispersion"][3] == pytest.approx(20 * of["mean"][3])
    assert of["dispersion"][3] == pytest.approx(2 * 2.4477, rel=0.1)
    assert of["conditions"][3] is None
    # Without microdata: what two public makings of the map differ by, here as an ellipse.
    assert of["instrument"][3:5] == pytest.approx((2.4477 * 0.29, 2.4477 * 0.20), rel=1e-3)
    assert (of["instrument"][6], of["instrument"][7]) == (2, "reimplementations")
    refits = points.mean(axis=0) + np.random.default_rng(6).normal(0, 0.1, (500, 2))
    known = describe_uncertainty(points, points.mean(axis=0)[None], DRAWS, refits)
    row = known.filter(uncertainty="instrument").row(0)
    assert row[3:5] == pytest.approx((0.245, 0.245), rel=0.1)
    assert row[6:] == (500, "refits")
    means = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    several = {row[0]: row for row in describe_uncertainty(points, means, DRAWS).iter_rows()}
    assert several["conditions"][3] > several["mean"][3]
    empty = describe_uncertainty(np.zeros((0, 2)), np.zeros((0, 2)), DRAWS)
    assert empty["self_expression"].null_count() == 4


def test_a_condition_without_any_position_has_no_mean():
    unknown = positions(np.full((2, 2), np.nan)).fill_nan(None)
    some = positions(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert mean_positions([unknown, some]).tolist() == [[2.0, 3.0]]
    assert mean_positions([unknown]).shape == (0, 2)
