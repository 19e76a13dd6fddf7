"""Parts of a map: ellipses and hexagons by hand, names that do not overlap."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from drawn_figures import drawn, inputs_of, overlaps
from valuescape.figures import country_map


def test_ellipses_hold_what_they_say():
    rng = np.random.default_rng(1)
    points = rng.multivariate_normal([1.0, -2.0], [[3.0, -1.0], [-1.0, 1.0]], 20_000)
    for percent in (50, 95):
        row = country_map.ellipse_frame("e", *points.T, (percent,)).row(0, named=True)
        turn = math.radians(row["angle_degrees"])
        x, y = points[:, 0] - row["self_expression"], points[:, 1] - row["secular"]
        along = (x * math.cos(turn) + y * math.sin(turn)) / row["semi_major"]
        across = (y * math.cos(turn) - x * math.sin(turn)) / row["semi_minor"]
        assert np.mean(along**2 + across**2 <= 1) == pytest.approx(percent / 100, abs=0.01)


def test_an_ellipse_by_hand():
    # Uncorrelated, variances 4 and 1: semi-axes 2 and 1 times sqrt(-2 ln 0.05) = 2.4477.
    x = np.array([2.0, -2.0, 0.0, 0.0]) * math.sqrt(1.5)
    y = np.array([0.0, 0.0, 1.0, -1.0]) * math.sqrt(1.5)
    row = country_map.ellipse_frame("e", x, y, (95,)).row(0, named=True)
    assert row["semi_major"] == pytest.approx(2 * 2.4477, abs=1e-3)
    assert row["semi_minor"] == pytest.approx(2.4477, abs=1e-3)


def test_a_point_counts_in_the_nearest_hexagon():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 500))
    centre_x, centre_y, count = country_map.hexagon_counts(x, y, 0.3)
    assert count.sum() == 500
    # No point of a hexagon is farther from its centre than a corner.
    gaps = np.hypot(x[:, None] - centre_x, y[:, None] - centre_y).min(axis=1)
    assert gaps.max() <= 0.3 / math.sqrt(3) + 1e-9


def test_country_names_are_near_their_own_point_and_apart():
    figure = drawn("cultural_map", 144)
    near = figure.axes[1]
    names = {note.get_text(): note for note in near.texts}
    assert len(names) >= 40
    countries = inputs_of("cultural_map", 144)["centroids"]
    at = dict(
        zip(
            countries["country"],
            near.transData.transform(countries.select("self_expression", "secular").to_numpy()),
            strict=True,
        )
    )
    for name, note in names.items():
        box = note.get_window_extent()
        gaps = {
            country: math.hypot(max(box.x0 - x, x - box.x1, 0.0), max(box.y0 - y, y - box.y1, 0.0))
            for country, (x, y) in at.items()
        }
        assert min(gaps, key=gaps.__getitem__) == name
        assert gaps[name] > 0
    assert not any(
        overlaps(a.get_window_extent(), b.get_window_extent())
        for a, b in combinations(names.values(), 2)
    )
