"""Moral foundations along the map: human slopes as published, planted ones come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.positions import design_positions, read_projection
from valuescape.lenses.morality import country_morality
from valuescape.lenses.morality import slopes as moral_slopes
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
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


def test_human_slopes_are_those_of_sixteen_countries(humans):
    assert humans.height == 16
    places, means = humans.select(moral_slopes.AXES), humans.select(FOUNDATIONS)
    rows = moral_slopes.country_slopes(places.to_numpy(), means.to_numpy())
    table = pl.DataFrame(rows, schema=dict(moral_tables.MORAL_SLOPES.columns), orient="row")
    raw = table.filter(pl.col("scoring") == "raw")
    published = {
        "self_expression": (-0.36, -0.19, -0.48, -0.66, -0.58, -0.63),
        "secular": (-0.44, -0.08, -0.16, -0.44, -0.64, -0.14),
    }
    for axis, expected in published.items():
        found = dict(
            raw.filter(pl.col("axis") == axis).select("foundation", "correlation").iter_rows()
        )
        assert [found[name] for name in FOUNDATIONS] == pytest.approx(expected, abs=0.01)
    values = dict(
        raw.filter(pl.col("axis") == "self_expression").select("foundation", "p_value").iter_rows()
    )
    assert values["loyalty"] == pytest.approx(0.006, abs=0.001)


def test_planted_slopes_come_back(space):
    _, places = placed(space, "oa288")
    rng = np.random.default_rng(3)
    scores = 3 + places[:, [0]] * np.linspace(-0.3, 0.2, 6) + rng.normal(0, 0.1, (288, 6))
    rows = moral_slopes.persona_slopes("persona_configured", places, scores, Draws(200, 1))
    table = pl.DataFrame(rows, schema=dict(moral_tables.MORAL_SLOPES.columns), orient="row")
    raw = table.filter(pl.col("scoring") == "raw", pl.col("axis") == "self_expression")
    assert raw["slope"].to_numpy() == pytest.approx(np.linspace(-0.3, 0.2, 6), abs=0.03)
    fit = np.polyfit(places[:, 1], moral_slopes.ipsatised(scores)[:, 2], 1)[0]
    one = table.filter(
        pl.col("scoring") == "ipsatised",
        pl.col("axis") == "secular",
        pl.col("foundation") == FOUNDATIONS[2],
    )
    assert one["slope"].item() == pytest.approx(fit)
    assert (table["ci_low"] < table["slope"]).all()
    assert (table["slope"] < table["ci_high"]).all()


def test_the_command_writes_four_tables(space, tmp_path):
    levels, places = placed(space, "oa144")
    ids = persona_ids(space, "oa144")
    names = [variable.name for variable in space.variables]
    scores = np.clip(3 + 0.1 * places[:, [1]] + np.zeros(6), 1, 5)
    x, y = places.T
    positions = {"design_self_expression": x, "design_secular": y, "self_expression": x / 2,
                 "secular": y / 2, "country": ["Japan"] * 144}  # fmt: skip
    for name, columns, table in (
        ("personas", dict(zip(names, levels.T, strict=True)), study_tables.PERSONAS),
        ("scores", dict(zip(FOUNDATIONS, scores.T, strict=True)), moral_tables.FOUNDATION_SCORES),
        ("positions", positions, map_tables.POSITIONS),
    ):
        frame = pl.DataFrame({"persona_id": ids, **columns})
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic"})
    names = ("personas", "scores", "positions", "fit", "slopes", "countries", "country_fit")
    files = {name: tmp_path / name for name in names}
    reference = {"norms": NORMS, "centroids": CENTROIDS}
    moral_slopes.main(space=SPACE_FILE, **reference, **files, seed=1, replicates=20)
    assert tables.read(tmp_path / "fit", moral_tables.CULTURE_FIT).height == 24
    slopes = tables.read(tmp_path / "slopes", moral_tables.MORAL_SLOPES)
    answered = (pl.col("population") == "persona_answered") & (pl.col("scoring") == "raw")
    secular = slopes.filter(answered, pl.col("axis") == "secular")
    assert secular["slope"].to_numpy() == pytest.approx(np.full(6, 0.2))
    assert tables.provenance(tmp_path / "countries")["engine"] == "synthetic"
