"""Weighted personas: they lie where the country lies; their error by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from valuescape.lenses.cultural_map.positions import design_positions, read_projection
from valuescape.lenses.morality import country_morality
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats.resampling import Draws
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import PersonaSpace, read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE_FILE = CONFIG / "persona_space.yaml"
NORMS = CONFIG / "reference/mfq2_country_norms.csv"
CENTROIDS = CONFIG / "reference/iw_country_centroids.csv"


@pytest.fixture(scope="module")
def space() -> PersonaSpace:
    return read_space(SPACE_FILE)


@pytest.fixture(scope="module")
def humans() -> pl.DataFrame:
    return country_morality.read_humans(NORMS, CENTROIDS).drop_nulls()


def placed(space, design):
    levels = space.levels_of(persona_ids(space, design))
    projection = read_projection(CONFIG / "reference/iw_projection.csv")
    return levels, design_positions(space, levels, projection)


def test_weights_reach_a_country_or_say_that_they_cannot(space, humans):
    _, places = placed(space, "full")
    target = humans.filter(pl.col("country") == "Japan").select(country_morality.AXES).to_numpy()[0]
    weights = country_morality.weights_at(places, target)
    assert weights.sum() == pytest.approx(1)
    assert weights @ places == pytest.approx(target, abs=1e-6)
    equal = country_morality.weights_at(places, places.mean(axis=0))
    assert equal == pytest.approx(np.full(len(places), 1 / len(places)))
    assert np.isnan(country_morality.weights_at(places, np.array([50.0, 0.0]))).all()
    found = country_morality.country_table(humans, places, np.tile(places[:, :1], (1, 6)))
    reached = found.filter(pl.col("persona_mean").is_not_null())
    assert reached["country"].n_unique() >= 14
    assert (reached["n_effective"] > 1).all()


def test_countries_beyond_the_map_have_no_weighted_personas(space):
    countries = country_morality.read_humans(NORMS, CENTROIDS)
    assert countries.height == 19
    _, places = placed(space, "full")
    scores = 3 + np.tile(0.2 * places[:, :1], (1, 6))
    found = country_morality.country_table(countries, places, scores)
    assert found.filter(pl.col("persona_mean").is_null())["country"].n_unique() >= 3
    known = found.drop_nulls("persona_mean")
    assert (known["persona_ci_low"] < known["persona_mean"]).all()
    # scores are the place: the weighted mean is that of the country's place
    japan = countries.filter(country="Japan")["self_expression"].item()
    own = known.filter(country="Japan", foundation="care")["persona_mean"].item()
    assert own == pytest.approx(3 + 0.2 * japan, abs=1e-6)


def test_the_error_of_countries_by_hand():
    human = {"A": 3.0, "B": 4.0, "C": 2.0, "D": 3.0}
    off = {"A": 0.1, "B": -0.1, "C": 0.1, "D": -0.1}
    rows = [
        (country, foundation, mean, mean + off[country], 0.0, 5.0, 3.0, 9.0)
        for country, mean in human.items()
        for foundation in FOUNDATIONS
    ]
    table = pl.DataFrame(rows, schema=dict(moral_tables.COUNTRY_MORALITY.columns), orient="row")
    found = country_morality.country_fit_table(table, Draws(50, 1))
    raw = found.filter(foundation="care", scoring="raw").row(0, named=True)
    assert raw["rmse"] == pytest.approx(0.1)
    assert raw["rmse_uniform"] == raw["rmse_no_country"] == pytest.approx(np.sqrt(0.5))
    x, y = np.array([3.1, 3.9, 2.1, 2.9]), np.array([3.0, 4.0, 2.0, 3.0])
    assert raw["correlation"] == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert raw["slope"] == pytest.approx(np.polyfit(x, y, 1)[0])
    flat = found.filter(scoring="ipsatised")
    assert flat["rmse"].to_numpy() == pytest.approx(0, abs=1e-12)
    assert flat["correlation"].null_count() == 6
