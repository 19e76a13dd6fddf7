"""Positions, rotations, sensitivity and constraint: known answers come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.constraint import constraint
from valuescape.lenses.cultural_map.nearest import nearest, stated_country, uncertainty
from valuescape.lenses.cultural_map.positions import AXES, read_projection
from valuescape.lenses.cultural_map.rotation import (
    component_loadings,
    pinned,
    procrustes,
    rotated_loadings,
    varimax,
)
from valuescape.lenses.cultural_map.sensitivity import rotated, sensitivity
from valuescape.stats.resampling import Draws
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
PROJECTION = read_projection(CONFIG / "reference/iw_projection.csv")
SPACE = read_space(CONFIG / "persona_space.yaml")
TARGET = {variable.ivs: variable.axis for variable in SPACE.variables}
CENTROIDS = pl.DataFrame(
    {"country": ["A", "B", "C"], "region": ["r", "r", "s"],
     "self_expression": [0.0, 1.0, 5.0], "secular": [0.0, 0.0, 5.0]}
)  # fmt: skip
DRAWS = Draws(200, 1)


def test_the_published_weights_are_kaiser_varimax_of_two_components():
    loadings, eigenvalues = component_loadings(PROJECTION.weights)
    # Inglehart and Welzel's two dimensions explain 39 % of the variance.
    assert eigenvalues.sum() / 10 == pytest.approx(0.387, abs=0.001)
    assert (loadings**2).sum(axis=0) == pytest.approx(eigenvalues)
    variants = rotated(PROJECTION, "published", TARGET)
    kaiser = variants["published", "varimax_kaiser"]
    assert kaiser.weights == pytest.approx(PROJECTION.weights, abs=0.001)
    homosexuality, god = PROJECTION.codes.index("F118"), PROJECTION.codes.index("F063")
    for found in variants.values():
        score = rotated_loadings(found.weights)
        assert score[homosexuality, 0] > 0 > score[god, 1]


def test_a_known_rotation_is_undone():
    known = np.array([[0.8, 0.0], [0.7, 0.0], [0.6, 0.0], [0.0, 0.8], [0.0, 0.7], [0.0, -0.6]])
    turn = np.array([[np.cos(0.6), -np.sin(0.6)], [np.sin(0.6), np.cos(0.6)]])
    for found in (
        known @ turn @ varimax(known @ turn),
        known @ turn @ varimax(known @ turn, kaiser=True),
        known @ turn @ procrustes(known @ turn, np.sign(known)),
    ):
        assert found @ pinned(found, 0, 5) == pytest.approx(known, abs=1e-5)


def test_only_what_is_varied_moves_the_mean():
    rng = np.random.default_rng(1)
    values = PROJECTION.means + rng.normal(0, 1, (300, 10)) * PROJECTION.sds
    values[:50, 0] = np.nan
    variants = rotated(PROJECTION, "published", TARGET)
    found = sensitivity("persona", {"survey_value": values}, variants, "published", DRAWS)
    tables.check(found, map_tables.SENSITIVITY, "the test")
    of = {row[2:5]: row for row in found.iter_rows()}
    base = of["as_fitted", "complete", "wvs"]
    assert base[6] == 250
    assert base[9] == 0
    assert base[7:9] == pytest.approx(
        np.nanmean(PROJECTION.positions(values, PROJECTION.codes, "test"), axis=0)
    )
    assert of["as_fitted", "complete", "tao_misprint"][9] == pytest.approx(np.hypot(0.342, 0.09))
    assert of["as_fitted", "six_of_ten", "wvs"][6] == 300
    assert of["varimax_kaiser", "complete", "wvs"][9] < 0.01


def test_constraint_tells_tied_answers_from_independent_ones():
    rng = np.random.default_rng(2)
    apart, common = rng.normal(size=(800, 10)), rng.normal(size=(800, 1))
    for answered, tied in ((apart, False), (apart + 2 * common, True)):
        found = constraint(answered, apart, np.array([2.6, 1.3]), DRAWS)
        tables.check(found, map_tables.CONSTRAINT, "the test")
        row = found.filter(
            (pl.col("object") == "persona") & (pl.col("measure") == "first_component_share")
        ).row(0, named=True)
        assert (row["ci_low"] > row["null"]) == tied
        values = found.filter(
            (pl.col("object") == "persona") & pl.col("measure").str.starts_with("eigenvalue")
        )
        assert values["estimate"].sum() == pytest.approx(10)
    alike = np.column_stack([np.ones(800), apart[:, 1:]])
    unknown = constraint(alike, apart, np.array([2.6, 1.3]), DRAWS)
    assert unknown.filter(pl.col("object") == "persona")["estimate"].null_count() == 12


def test_a_whole_human_spectrum_tells_how_tied_people_are():
    rng = np.random.default_rng(7)
    people = np.array([3.0, 1.4, 1.0, 0.9, 0.8, 0.7, 0.6, 0.6, 0.5, 0.5])
    for known, is_known in ((people, True), (people[:2], False)):
        found = constraint(rng.normal(size=(90, 10)), rng.normal(size=(90, 10)), known, DRAWS)
        of = dict(found.filter(object="human").select("measure", "estimate").rows())
        assert of["first_component_share"] == pytest.approx(0.3)
        assert ("effective_dependence" in of) == is_known
    whole = constraint(rng.normal(size=(90, 10)), rng.normal(size=(90, 10)), people, DRAWS)
    tied = whole.filter(object="human", measure="effective_dependence")["estimate"].item()
    assert tied == pytest.approx(1 - people.prod() ** 0.1)


def places(points, countries):
    return pl.DataFrame(
        {"self_expression": points[:, 0], "secular": points[:, 1], "country": countries}
    )


def test_nearest_by_hand():
    points = np.array([[0.1, 0.0], [0.9, 0.1], [4.0, 4.0], [0.2, 0.0]])
    found = nearest(points, points[::-1] * 0, CENTROIDS)
    share = {(kind, name): value for kind, name, value, *_ in found.iter_rows()}
    assert share == {("country", "A"): 0.5, ("country", "B"): 0.25, ("country", "C"): 0.25,
                     ("region", "r"): 0.75, ("region", "s"): 0.25}  # fmt: skip
    assert found["share_of_design"].to_list()[0] == 1


@pytest.mark.parametrize("heeds", [True, False])
def test_personas_near_their_country_are_told_from_others(heeds):
    rng = np.random.default_rng(3)
    homes = rng.integers(0, 3, 120)
    centres = CENTROIDS.select(AXES).to_numpy()
    points = centres[homes if heeds else rng.permutation(homes)] + rng.normal(0, 0.3, (120, 2))
    found = stated_country(places(points, CENTROIDS["country"][homes.tolist()]), CENTROIDS, DRAWS)
    of = {row[0]: row for row in found.iter_rows()}
    assert (of["p_value"][1] < 0.01) == heeds
    assert (of["advantage"][2] > 0) == heeds


def test_the_four_uncertainties_stay_apart():
    points = np.random.default_rng(4).normal(0, [2.0, 1.0], (400, 2))
    alone = uncertainty(points, points.mean(axis=0)[None], DRAWS)
    of = {row[0]: row for row in alone.iter_rows()}
    assert of["dispersion"][3] == pytest.approx(20 * of["mean"][3])
    assert of["dispersion"][3] == pytest.approx(2 * 2.4477, rel=0.1)
    assert of["conditions"][3] is None
    # Without microdata: what two public makings of the map differ by, here as an ellipse.
    assert of["instrument"][3:5] == pytest.approx((2.4477 * 0.29, 2.4477 * 0.20), rel=1e-3)
    assert (of["instrument"][6], of["instrument"][7]) == (2, "reimplementations")
    refits = points.mean(axis=0) + np.random.default_rng(6).normal(0, 0.1, (500, 2))
    known = uncertainty(points, points.mean(axis=0)[None], DRAWS, refits)
    row = known.filter(uncertainty="instrument").row(0)
    assert row[3:5] == pytest.approx((0.245, 0.245), rel=0.1)
    assert row[6:] == (500, "refits")
    means = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    several = {row[0]: row for row in uncertainty(points, means, DRAWS).iter_rows()}
    assert several["conditions"][3] > several["mean"][3]
    nobody = uncertainty(np.zeros((0, 2)), np.zeros((0, 2)), DRAWS)
    assert nobody["self_expression"].null_count() == 4
