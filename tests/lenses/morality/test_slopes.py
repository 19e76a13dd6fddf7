"""Culture in two dimensions: human slopes as published, planted ones back, weights that reach."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.positions import design_positions, read_projection
from valuescape.lenses.morality import country_morality
from valuescape.lenses.morality import slopes as moral_slopes
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.culture_fit import fit_interval, fit_table, pair_columns, r_squared
from valuescape.stats.level_effects import membership
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


def test_r_squared_is_that_of_least_squares_and_pairs_need_personas(space):
    rng = np.random.default_rng(5)
    levels, places = placed(space, "oa144")
    scores = 3 + 0.1 * places[:, [0]] + rng.normal(0, 0.2, (144, 6))
    design = np.column_stack([np.ones(144), places])
    fit = sm.OLS(scores[:, 0], design).fit()
    assert r_squared(scores, design)[0][0] == pytest.approx(fit.rsquared)
    found = fit_table(scores, {"configured place": places}, membership(space, levels))
    pairs = found.filter(pl.col("predictor") == "all pairs of variables")
    assert pairs["r_squared"].null_count() == 6
    assert set(pairs["df"]) == {238}
    constant = fit_table(np.full((144, 6), 3.0), {}, membership(space, levels))
    assert constant["r_squared"].null_count() == 12


def test_a_pair_is_explained_by_pairs_alone(space):
    levels, _ = placed(space, "full")
    both = (levels[:, 0] == 0) & (levels[:, 4] == 0)
    scores = np.tile(both[:, None] * 1.0, (1, 6))
    columns = pair_columns(membership(space, levels))
    assert r_squared(scores, columns)[0] == pytest.approx(1)
    # the variance is 15/256, of which each of the two main effects takes 3/256
    assert r_squared(scores, columns[:, :23])[0] == pytest.approx(6 / 15)


def test_intervals_of_r_squared_cover():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(300):
        x = rng.normal(size=(200, 2))
        y = x @ [0.5, 0.5] + rng.normal(0, 1, 200)
        share, df = r_squared(y[:, None], np.column_stack([np.ones(200), x]))
        low, high = fit_interval(share, df, 200)
        inside += bool(low[0] <= 1 / 3 <= high[0])
    assert inside / 300 > 0.9


def test_weights_reach_a_country_or_say_that_they_cannot(space, humans):
    _, places = placed(space, "full")
    target = humans.filter(pl.col("country") == "Japan").select(moral_slopes.AXES).to_numpy()[0]
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
    everybody = country_morality.read_humans(NORMS, CENTROIDS)
    assert everybody.height == 19
    _, places = placed(space, "full")
    scores = 3 + np.tile(0.2 * places[:, :1], (1, 6))
    found = country_morality.country_table(everybody, places, scores)
    assert found.filter(pl.col("persona_mean").is_null())["country"].n_unique() >= 3
    known = found.drop_nulls("persona_mean")
    assert (known["persona_ci_low"] < known["persona_mean"]).all()
    # scores are the place: the weighted mean is that of the country's place
    japan = everybody.filter(country="Japan")["self_expression"].item()
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
    found = country_morality.country_fit(table, Draws(50, 1))
    raw = found.filter(foundation="care", scoring="raw").row(0, named=True)
    assert raw["rmse"] == pytest.approx(0.1)
    assert raw["rmse_uniform"] == raw["rmse_no_country"] == pytest.approx(np.sqrt(0.5))
    x, y = np.array([3.1, 3.9, 2.1, 2.9]), np.array([3.0, 4.0, 2.0, 3.0])
    assert raw["correlation"] == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert raw["slope"] == pytest.approx(np.polyfit(x, y, 1)[0])
    flat = found.filter(scoring="ipsatised")
    assert flat["rmse"].to_numpy() == pytest.approx(0, abs=1e-12)
    assert flat["correlation"].null_count() == 6


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
    arguments = ["--space", str(SPACE_FILE), "--norms", str(NORMS), "--centroids", str(CENTROIDS)]
    arguments += ["--seed", "1", "--replicates", "20"]
    for name in ("personas", "scores", "positions", "fit", "slopes", "countries", "country-fit"):
        arguments += [f"--{name}", str(tmp_path / name)]
    moral_slopes.main(arguments)
    assert tables.read(tmp_path / "fit", moral_tables.CULTURE_FIT).height == 24
    slopes = tables.read(tmp_path / "slopes", moral_tables.MORAL_SLOPES)
    answered = (pl.col("population") == "persona_answered") & (pl.col("scoring") == "raw")
    secular = slopes.filter(answered, pl.col("axis") == "secular")
    assert secular["slope"].to_numpy() == pytest.approx(np.full(6, 0.2))
    assert tables.provenance(tmp_path / "countries")["engine"] == "synthetic"
