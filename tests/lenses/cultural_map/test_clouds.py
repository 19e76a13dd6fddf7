"""Clouds on the map: design, people and personas by the same measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from valuescape.humans.published import read_individual_moments
from valuescape.lenses.cultural_map import clouds
from valuescape.lenses.cultural_map.positions import read_centroids
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats.resampling import Draws

REFERENCE = Path(__file__).parents[3] / "config/reference"
CORNERS = read_centroids(REFERENCE / "iw_country_centroids.csv").select(AXES).to_numpy()
PLACE = clouds.Place(CORNERS, np.zeros(2))
DRAWS = Draws(300, 1)


def test_hull():
    square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    points = np.array([[1.0, 1.0], [2.0, 1.0], [2.1, 1.0], [np.nan, 1.0]])
    assert clouds.inside_hull(points, square).tolist() == [True, True, False, False]


def test_a_third_of_people_lie_between_the_countries():
    """Referee B3: people are not country means; the pooled row is the sum of the countries."""
    moments = read_individual_moments(REFERENCE / "iw_individual_moments.csv")
    of = {m: (e, lo, hi) for _, m, e, lo, hi in clouds.summarise_people(moments, PLACE, DRAWS)}
    right = {
        "n": 29_493, "n_countries": 20, "hull_share": 0.345, "sd_within_self_expression": 1.38,
        "sd_within_secular": 1.43, "correlation_within": -0.17, "sd_between_self_expression": 1.50,
        "sd_between_secular": 0.74, "sd_self_expression": 2.02, "sd_secular": 1.62,
        "correlation": 0.155,
    }  # fmt: skip
    for measure, value in right.items():
        estimate, low, high = of[measure]
        assert estimate == pytest.approx(value, abs=0.005)
        assert low is None or low < estimate < high
    pooled = moments.filter(country="all", weight="unweighted").row(0, named=True)
    for measure in ("mean_self_expression", "mean_secular", "sd_secular", "correlation"):
        assert of[measure][0] == pytest.approx(pooled[measure], abs=2e-4)


def test_spread_within_and_between_by_hand():
    # one country at 0 and 2, another at 10 and 12: variance 2 within, 50 - 2 / 2 between
    points = np.array([[0.0, 0.0], [2.0, 4.0], [10.0, 0.0], [12.0, 4.0]])
    columns = clouds.moment_columns(points, None)
    sums = np.stack([columns[:2].sum(axis=0), columns[2:].sum(axis=0)])
    found = clouds.spread_by_country(sums, np.ones(2))
    assert found["sd_within_self_expression"] == pytest.approx(np.sqrt(2))
    assert found["sd_between_self_expression"] == pytest.approx(np.sqrt(49))
    assert found["sd_between_secular"] == 0
    assert found["correlation_within"] == pytest.approx(1)


def test_drawn_personas_spread_as_their_law_says():
    """Personas of known law, 300 in each of 12 countries; the same noise in every reading."""
    rng = np.random.default_rng(3)
    centres = rng.normal(0, 0.8, (12, 2))
    place = np.repeat(np.arange(12), 300)
    readings = [centres[place] + rng.normal(0, 1.2, (3600, 2)) for _ in range(3)]
    stated = pl.Series([f"C{k}" for k in place])
    stated[-1] = None
    of = {
        m: (e, lo, hi) for _, m, e, lo, hi in clouds.summarise_stated("p", readings, stated, DRAWS)
    }
    assert of["n_countries"][0] == 12
    assert of["sd_within_secular"][0] == pytest.approx(1.2, rel=0.03)
    assert of["sd_between_secular"][0] == pytest.approx(centres[:, 1].std(ddof=1), rel=0.1)
    assert of["sd_between_secular"][1] < of["sd_between_secular"][0]


def test_interval_of_a_mean_is_the_normal_one():
    points = np.random.default_rng(5).normal(0, 1, (400, 2))
    found = clouds.summarise_readings("persona", [points], PLACE, Draws(2000, 1))
    _, _, estimate, low, high = next(row for row in found if row[1] == "mean_secular")
    half = 1.96 * points[:, 1].std() / 20
    assert high - estimate == pytest.approx(half, rel=0.1)
    assert estimate - low == pytest.approx(half, rel=0.1)
    assert found == clouds.summarise_readings("persona", [points], PLACE, Draws(2000, 1))


def test_weights_move_the_mean_and_readings_are_averaged():
    points = np.array([[0.0, 0.0], [4.0, 0.0], [np.nan, 0.0]])
    rows = clouds.summarise_readings(
        "persona", [points, points + 1], PLACE, None, np.array([1.0, 3.0, 9.0])
    )
    of = {measure: estimate for _, measure, estimate, _, _ in rows}
    assert (of["mean_self_expression"], of["mean_secular"]) == (3.5, 0.5)
    assert all(low is None for *_, low, _ in rows)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_what_is_not_defined_is_nan(n):
    points = np.full((n, 2), -2.6)
    rows = clouds.summarise_readings("persona", [points], PLACE, DRAWS)
    of = {measure: estimate for _, measure, estimate, _, _ in rows}
    assert of["n"] == n
    assert np.isnan(of["correlation"])
    assert np.isnan(of["mean_secular"]) == (n == 0)
    stated = clouds.summarise_stated("p", [points], pl.Series(["Peru"] * n, dtype=pl.String), DRAWS)
    assert {m: e for _, m, e, *_ in stated}["n_countries"] == 0
    assert all(np.isnan(e) for _, m, e, *_ in stated if m != "n_countries")
