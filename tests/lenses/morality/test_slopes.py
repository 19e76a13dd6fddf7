"""Moral foundations along the map: human slopes as published, planted ones come back."""

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
from valuescape.stats.level_effects import membership
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
    loyalty = table.filter(axis="self_expression", foundation="loyalty", scoring="raw").row(
        0, named=True
    )
    axes = humans.select(moral_slopes.AXES).to_numpy()
    for predictors, column, names in (
        (axes[:, :1], "", ("slope", "ci_low", "ci_high")),
        (axes, "partial_", ("partial_slope", "partial_ci_low", "partial_ci_high")),
    ):
        fit = sm.OLS(humans["loyalty"].to_numpy(), sm.add_constant(predictors)).fit()
        expected = (fit.params[1], *fit.conf_int()[1])
        assert [loyalty[name] for name in names] == pytest.approx(expected)
        # one of 24 slopes: the least p is multiplied by as many
        assert fit.pvalues[1] < loyalty[f"{column}p_holm"] <= 24 * fit.pvalues[1]
    assert loyalty["p_holm"] > 0.05


def test_personas_that_follow_people_have_their_partial_slopes(space, humans):
    """Referee B6: their marginal slopes would be -.03 for authority where countries have -.19."""
    levels, places = placed(space, "oa288")
    axes = humans.select(moral_slopes.AXES).to_numpy()
    of_people = np.linalg.lstsq(sm.add_constant(axes), humans.select(FOUNDATIONS).to_numpy(),
                                rcond=None)[0]  # fmt: skip
    table = table_of(places, sm.add_constant(places) @ of_people, membership(space, levels))
    people = moral_slopes.country_slopes(axes, humans.select(FOUNDATIONS).to_numpy())
    schema = dict(moral_tables.MORAL_SLOPES.columns)
    countries = pl.DataFrame(people, schema=schema, orient="row")
    raw, countries = (
        each.filter(scoring="raw").sort("axis", "foundation") for each in (table, countries)
    )
    assert raw["partial_slope"].to_numpy() == pytest.approx(countries["partial_slope"].to_numpy())
    key = {"axis": "self_expression", "foundation": "authority"}
    assert countries.filter(**key)["slope"].item() == pytest.approx(-0.187, abs=0.001)
    assert raw.filter(**key)["slope"].item() == pytest.approx(-0.03, abs=0.02)


def table_of(places, scores, levels, *, full=False):
    rows = moral_slopes.persona_slopes(
        "persona_configured", places, scores, levels, full=full, drawn=False
    )
    table = pl.DataFrame(rows, schema=dict(moral_tables.MORAL_SLOPES.columns), orient="row")
    tables.check(table.fill_nan(None), moral_tables.MORAL_SLOPES, "the test")
    return table.fill_nan(None)


def test_without_scores_or_spread_slopes_say_why(space):
    """Referee A4: one question that everybody refused ended the study here."""
    levels, places = placed(space, "oa144")
    scores = 3 + places[:, [0]] * 0.1 + np.random.default_rng(1).normal(0, 0.1, (144, 6))
    scores[:, 0], scores[:, 1] = np.nan, 3.0
    raw = table_of(places, scores, membership(space, levels)).filter(scoring="raw")
    for foundation, words in (("care", "0 personas"), ("equality", "the same for all")):
        rows = raw.filter(foundation=foundation)
        assert rows["interval_from"].str.contains(words).all()
        for column in ("slope", "ci_low", "partial_slope", "correlation", "p_holm"):
            assert rows[column].null_count() == 2
    assert raw.filter(foundation="purity")["p_holm"].null_count() == 0
    two = table_of(places[:2], scores[:2], membership(space, levels[:2]))
    assert two["slope"].null_count() == 24


def test_planted_slopes_come_back(space):
    levels, places = placed(space, "oa288")
    rng = np.random.default_rng(3)
    scores = 3 + places[:, [0]] * np.linspace(-0.3, 0.2, 6) + rng.normal(0, 0.1, (288, 6))
    table = table_of(places, scores, membership(space, levels))
    raw = table.filter(pl.col("scoring") == "raw", pl.col("axis") == "self_expression")
    assert raw["partial_slope"].to_numpy() == pytest.approx(np.linspace(-0.3, 0.2, 6), abs=0.03)
    fit = np.polyfit(places[:, 1], moral_slopes.ipsatised(scores)[:, 2], 1)[0]
    one = table.filter(
        pl.col("scoring") == "ipsatised",
        pl.col("axis") == "secular",
        pl.col("foundation") == FOUNDATIONS[2],
    )
    assert one["slope"].item() == pytest.approx(fit)
    inside = (raw["partial_ci_low"] < raw["partial_slope"]).all()
    assert inside
    # the noise of .1 over 288 personas, not what the other nine variables do
    width = (raw["ci_high"] - raw["ci_low"]).to_numpy()
    assert width == pytest.approx(2 * 1.97 * 0.1 / np.sqrt(288 * places[:, 0].var()), rel=0.15)
    exact = table_of(places, scores, membership(space, levels), full=True)
    assert exact["ci_low"].null_count() == exact["p_holm"].null_count() == 24


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
        (
            "drawn_scores",
            {"reading": [0] * 144, **dict(zip(FOUNDATIONS, scores.T, strict=True))},
            moral_tables.DRAWN_SCORES,
        ),
    ):
        frame = pl.DataFrame({"persona_id": ids, **columns}, schema_overrides={"reading": pl.Int16})
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic"})
    names = ("personas", "scores", "positions", "drawn_scores", "fit", "slopes", "countries",
             "country_fit")  # fmt: skip
    files = {name: tmp_path / name for name in names}
    reference = {"norms": NORMS, "centroids": CENTROIDS}
    moral_slopes.main(space=SPACE_FILE, **reference, **files, readout="probabilities", seed=1,
                      replicates=20)  # fmt: skip
    assert tables.read(tmp_path / "fit", moral_tables.CULTURE_FIT).height == 54
    slopes = tables.read(tmp_path / "slopes", moral_tables.MORAL_SLOPES)
    answered = (pl.col("population") == "persona_answered") & (pl.col("scoring") == "raw")
    secular = slopes.filter(answered, pl.col("axis") == "secular")
    assert secular["slope"].to_numpy() == pytest.approx(np.full(6, 0.2))
    assert tables.provenance(tmp_path / "countries")["engine"] == "synthetic"
