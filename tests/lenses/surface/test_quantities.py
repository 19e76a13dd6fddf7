"""Numbers in draws of all configurations are those that the lenses themselves find in them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import pearsonr

from made_up_effects import cube
from planted_cube import planted
from valuescape.core import tables
from valuescape.lenses.cultural_map.clouds import Place, inside_hull
from valuescape.lenses.morality.functional_anova import decompose, shares
from valuescape.lenses.surface import tables as surface_tables
from valuescape.lenses.surface.cells import fit_scores
from valuescape.lenses.surface.quantities import (
    TOO_FEW,
    about,
    drawn_inside,
    map_measures,
    moral_measures,
    score_rows,
)
from valuescape.stats.level_effects import fit_additive, membership
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import FOUNDATIONS

SPACE = cube(3, 2, 4, 3, 3)
LEVELS = SPACE.levels_of(np.arange(SPACE.n_personas))


def moral_scores():
    rng = np.random.default_rng(1)
    return np.column_stack([planted(SPACE, rng) for _ in FOUNDATIONS])


def test_variance_shares_are_those_of_the_moral_lens():
    scores = moral_scores()
    found = moral_measures(scores, SPACE)
    parts = decompose(scores, LEVELS, SPACE, None)
    for measure in ("first_order", "total", "shapley"):
        expected = shares(parts, parts.weights(measure, 2)).share
        own = [found[name, f"{measure} v2"] for name in FOUNDATIONS]
        assert own == pytest.approx(expected.tolist())
    orders = ("1", "2", "3 and more")
    for number, name in enumerate(FOUNDATIONS):
        assert sum(found[name, f"share order {each}"] for each in orders) == pytest.approx(1)
        assert found[name, "sd"] == pytest.approx(scores[:, number].std())


def test_the_oracle_is_compared_with_the_effects_of_levels():
    scores = moral_scores()
    levels = membership(SPACE, LEVELS)
    effects = fit_additive(scores, levels).effects
    other = effects + np.random.default_rng(4).normal(0, 0.3, effects.shape)
    for ratings in (effects, -effects, other):
        expected = pearsonr(ratings.ravel(), effects.ravel()).statistic
        found = moral_measures(scores, SPACE, ratings)["all", "oracle agreement"]
        assert found == pytest.approx(expected)


def test_a_persona_lies_between_the_countries_as_often_as_its_readings_do():
    corners = np.array([[-1.0, -1.0], [1.0, -1.0], [0.0, 1.0]])
    readings = [
        np.array([[0.0, 0.0], [5.0, 5.0], [np.nan, 0.0]]),
        np.array([[0.1, 0.0], [0.0, 0.0], [np.nan, 0.0]]),
    ]
    found = drawn_inside(readings, corners)
    assert found[:2, 0].tolist() == [1.0, 0.5]
    assert np.isnan(found[2, 0])


def test_what_does_not_vary_has_no_shares():
    found = moral_measures(np.full((SPACE.n_personas, 6), 3.0), SPACE)
    assert np.isnan(found["care", "shapley v0"])
    assert np.isnan(found["all", "shapley v0"])
    assert found["care", "mean"] == 3.0


def test_the_cloud_is_measured_as_on_the_map():
    points = np.random.default_rng(2).normal(0, 1, (300, 2))
    corners = np.array([[-1.0, -1.0], [1.0, -1.0], [0.0, 1.0]])
    found = map_measures(points, Place(corners, np.zeros(2)))
    assert found["persona", "hull_share"] == pytest.approx(inside_hull(points, corners).mean())
    assert found["persona", "sd_secular"] == pytest.approx(points[:, 1].std())
    assert ("persona", "n") not in found


def test_rows_hold_the_truth_and_fill_the_table():
    scores = moral_scores()
    ids = np.sort(np.random.default_rng(3).choice(SPACE.n_personas, 150, replace=False))
    fitted = fit_scores(SPACE, ids.astype(np.uint32), scores[ids])
    rows = score_rows(
        "morality",
        fitted,
        lambda x, whole: moral_measures(x, SPACE if whole else None),
        Draws(40, 1),
    )
    schema = dict(surface_tables.SURFACE_QUANTITIES.columns)
    frame = pl.DataFrame(list(rows), schema=schema, orient="row").fill_nan(None)
    tables.check(frame, surface_tables.SURFACE_QUANTITIES, "test")
    means = frame.filter(measure="mean").sort("object")
    order = [FOUNDATIONS.index(name) for name in means["object"]]
    truth = scores.mean(axis=0)[order]
    held = (means["ci_low"].to_numpy() <= truth) & (truth <= means["ci_high"].to_numpy())
    assert held.sum() >= 4
    # the surface knows the configurations that the asked ones happen to have
    width = (means["ci_high"] - means["ci_low"]).mean()
    assert width < (means["asked_high"] - means["asked_low"]).mean()
    assert frame.filter(measure="shapley v0")["asked_estimate"].is_null().all()
    assert [row[-1] for row in score_rows("map", None, map_measures, Draws(1, 1))] == [TOO_FEW]


def test_noise_adds_to_a_distance_but_not_to_its_interval():
    drawn = 0.2 + np.abs(np.random.default_rng(1).normal(0.05, 0.01, 500))
    estimate, low, high = about(0.2, drawn)
    assert low < estimate < high
    assert high < 0.23
