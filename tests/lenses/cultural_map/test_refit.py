"""The refit from a table of respondents: known axes, countries and uncertainty come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.reference import carried_provenance, read_reference
from valuescape.humans import tables as human_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.factor_analysis import Humans, fit_map
from valuescape.lenses.cultural_map.nearest import places_by_refits
from valuescape.lenses.cultural_map.positions import design_positions, read_projection
from valuescape.lenses.cultural_map.refit import main, projection_frame, refit_resampled
from valuescape.lenses.cultural_map.rotation import rotated_loadings
from valuescape.lenses.cultural_map.sensitivity import variants_of
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
FILES = {
    "space": CONFIG / "persona_space.yaml",
    "projection": CONFIG / "reference/iw_projection.csv",
    "centroids": CONFIG / "reference/iw_country_centroids.csv",
    "countries": CONFIG / "reference/countries.csv",
}
INSTRUMENT = read_instrument(CONFIG / "instruments/iw.yaml")
PUBLISHED = read_projection(FILES["projection"])
CENTROIDS = read_reference(
    FILES["centroids"], {"country": pl.String, **dict.fromkeys(AXES, pl.Float64)}
)
MADE = ("refit", "means", "agreement", "variants", "draws")


def people(n_each=400, n_countries=40, seed=1):
    """Return answers whose correlations are those behind the published map.

    Each country's people stand around its published place; what the two axes do not explain is
    noise of each question by itself, so that the published axes are the truth.
    """
    rng = np.random.default_rng(seed)
    homes = CENTROIDS.sort("country").gather_every(CENTROIDS.height // n_countries)
    homes = homes.head(n_countries)
    at = (homes.select(AXES).to_numpy() - [0.038, -0.1]) / [1.81, 1.61]
    # Of unit variance over all people, whatever the countries' share of it.
    at = (at - at.mean(axis=0)) * 0.5 / at.std(axis=0)
    axes = np.repeat(at, n_each, axis=0)
    axes += rng.normal(size=axes.shape) * np.sqrt(0.75)
    loadings = rotated_loadings(PUBLISHED.weights)
    noise = np.sqrt(1 - (loadings**2).sum(axis=1))
    standard = axes @ loadings.T + noise * rng.normal(size=(len(axes), 10))
    scales = {question.id: question.values for question in INSTRUMENT.questions}
    ends = np.array([(scales[code].min(), scales[code].max()) for code in PUBLISHED.codes]).T
    values = np.clip(np.rint(PUBLISHED.means + PUBLISHED.sds * standard), *ends)
    values[rng.random(values.shape) < 0.05] = np.nan
    countries = np.repeat(np.arange(homes.height), n_each)
    return Humans(PUBLISHED.codes, values, np.ones(len(values))), countries, homes, at


def test_the_refit_of_known_axes_agrees_with_them(tmp_path):
    humans, countries, homes, _ = people()
    frame = pl.DataFrame(
        {
            "respondent_id": np.arange(len(countries), dtype=np.uint32),
            "wave": np.full(len(countries), 7, dtype=np.int8),
            "year": np.full(len(countries), 2018, dtype=np.int16),
            "country": homes["country"].to_numpy()[countries],
            "weight": humans.weights,
            **dict(zip(humans.codes, humans.values.T, strict=True)),
        }
    ).fill_nan(None)
    source = {"trend": "SYNTHETIC"}
    tables.write(frame, tmp_path / "indicators", human_tables.INDICATORS, source)
    files = FILES | {name: tmp_path / name for name in ("indicators", *MADE)}
    main(**files, seed=1, replicates=30)

    projection = read_projection(tmp_path / "refit")
    loadings = rotated_loadings(projection.weights)
    codes = projection.codes
    assert loadings[codes.index("F118"), 0] > 0 > loadings[codes.index("F063"), 1]
    table = tables.read(tmp_path / "agreement", map_tables.MAP_REFIT)
    official = table.filter(fit="refit", rotation="varimax_kaiser")
    of = {(row["axis"], row["measure"]): row for row in official.iter_rows(named=True)}
    for axis in AXES:
        congruence, same = of[axis, "congruence"], of[axis, "country_r"]
        assert congruence["estimate"] > 0.97
        assert congruence["ci_low"] <= congruence["estimate"] <= congruence["ci_high"]
        assert same["estimate"] > 0.97
        assert same["reimplementations"] in {0.979, 0.973}
    assert of["both", "n_countries"]["estimate"] == homes.height
    assert of["both", "n_respondents"]["estimate"] == (~np.isnan(humans.values).any(axis=1)).sum()

    # What is refitted has the form of what is published, and says whose file it is from.
    assert carried_provenance(tmp_path / "refit") == source
    assert carried_provenance(FILES["projection"]) == {}
    form = {"country": pl.String, "iso_numeric": pl.Int64, "region": pl.String}
    assert read_reference(tmp_path / "means", form).height == homes.height
    variants = tables.read(tmp_path / "variants", map_tables.MAP_VARIANTS)
    every = variants_of(variants, PUBLISHED.codes)
    assert len(every) == 3 * 4 + 2
    assert every["published", "as_fitted"].weights == pytest.approx(PUBLISHED.weights)
    for (fit, _), each in every.items():
        turned = rotated_loadings(each.weights)
        assert turned[codes.index("F118"), 0] > 0 > turned[codes.index("F063"), 1]
        if fit == "refit_polychoric":
            # Scores keep unit variance, which the map's constants presuppose.
            known = ~np.isnan(humans.values).any(axis=1)
            scores = ((humans.values[known] - each.means) / each.sds) @ each.weights
            assert scores.std(axis=0) == pytest.approx(np.ones(2), abs=0.03)


def test_more_respondents_make_a_surer_instrument():
    space = read_space(FILES["space"])
    ids = np.arange(0, space.n_personas, 997)
    mean = space.values_of(space.levels_of(ids)).mean(axis=0)
    codes = [variable.ivs for variable in space.variables]
    spread = []
    for n_each in (100, 1600):
        humans, countries, _, _ = people(n_each, 10)
        official = fit_map(humans, PUBLISHED.weights)
        drawn = [
            projection_frame(each).with_columns(draw=pl.lit(k, pl.Int32))
            for k, (each, _) in enumerate(
                refit_resampled(humans, countries, official, Draws(60, 1))
            )
        ]
        places = places_by_refits(mean, codes, pl.concat(drawn))
        own = design_positions(space, space.levels_of(ids), official).mean(axis=0)
        spread.append(np.sqrt(np.linalg.det(np.cov(places.T))))
        assert np.abs(places.mean(axis=0) - own).max() < 3 * places.std(axis=0).max()
    # An ellipse shrinks in area as 1 / n: here to a sixteenth.
    assert spread[1] / spread[0] == pytest.approx(1 / 16, rel=0.6)


def test_a_table_without_an_indicator_is_told(tmp_path):
    frame = pl.DataFrame(
        {"respondent_id": [1], "wave": [7], "year": [2018], "country": ["Japan"], "weight": [1.0]},
        schema=dict(human_tables.INDICATORS.columns),
    )
    tables.write(frame, tmp_path / "indicators", human_tables.INDICATORS, {})
    files = FILES | {name: tmp_path / name for name in ("indicators", *MADE)}
    with pytest.raises(UserError, match="have no 'F063'"):
        main(**files, seed=1, replicates=20)
    assert not (tmp_path / "refit").exists()
