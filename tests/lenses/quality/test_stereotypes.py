"""Stereotypes: a planted skew, and one that hangs on a level, are found at their rates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_biographies as made_up
from valuescape.core import tables
from valuescape.humans import published
from valuescape.humans import tables as human_tables
from valuescape.lenses.quality import stereotypes
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.attributes import AGE_OF_PAPER, ATTRIBUTES, of_personas
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
REFERENCE = CONFIG / "reference"
SPACE_FILE = CONFIG / "persona_space.yaml"
SPACE = read_space(SPACE_FILE)
DRAWS = Draws(200, 1)
COUNTED = ("country", "attribute", "category", "share_percent", "share_weighted_percent", "n")


def margins(*rows) -> pl.DataFrame:
    schema = {name: human_tables.COUNTRY_MARGINS.columns[name] for name in COUNTED}
    return pl.DataFrame(rows, schema=schema, orient="row")


def humans(*rows) -> list[stereotypes.HumanShares]:
    respondents = pl.DataFrame({"country": ["Kenya", "Japan"], "n": [300, 100]})
    countries = published.read_countries(REFERENCE / "countries.csv")
    return stereotypes.human_shares(margins(*rows), respondents, countries)


def people(n: int, **columns) -> pl.DataFrame:
    named = {name: pl.Series(values, dtype=pl.String) for name, values in columns.items()}
    return pl.DataFrame({name: named.get(name, [None] * n) for name in ATTRIBUTES},
                        schema=dict.fromkeys(ATTRIBUTES, pl.String))  # fmt: skip


def test_a_stereotype_by_hand():
    """Three of four are women; people of their countries divide by half, and one in four."""
    personas = people(
        400, sex=["female"] * 300 + ["male"] * 100, country=["Kenya"] * 200 + ["Japan"] * 200
    )
    known = humans(
        ("Kenya", "sex", "female", 50, None, 9), ("Kenya", "sex", "male", 50, None, 9),
        ("Japan", "sex", "female", 25, 40, 9), ("Japan", "sex", "male", 75, 60, 9),
    )  # fmt: skip
    found = stereotypes.compare_with_humans(personas, known, DRAWS)
    tables.check(found, quality_tables.STEREOTYPES, "the test")
    row = found.filter(attribute="sex", weighting="unweighted").row(0, named=True)
    assert (row["most_exceeding"], row["share"], row["human_share"]) == ("female", 0.75, 0.375)
    assert row["entropy_ratio"] == pytest.approx(0.8113 / 0.9544, abs=0.003)
    assert row["ci_low"] > 5 * row["floor_bits"]
    assert row["ci_low"] < row["divergence_bits"] < row["ci_high"]
    weighted = found.filter(attribute="sex", weighting="W_WEIGHT").row(0, named=True)
    assert (weighted["n_personas"], weighted["n_countries"]) == (200, 1)
    country = found.filter(attribute="country", weighting="unweighted").row(0, named=True)
    assert (country["most_exceeding"], country["human_share"]) == ("Japan", 0.25)
    assert found.filter(attribute="sector")["remark"].to_list() == [stereotypes.NOBODY]


def test_the_paper_s_band_of_ages_is_told_from_public_bands():
    known = humans(
        ("Kenya", "age", "18-29", 40, 40, 9), ("Kenya", "age", "30-44", 30, 30, 9),
        ("Kenya", "age", "45-59", 30, 30, 9),
    )[0].by_country.filter(attribute=AGE_OF_PAPER)  # fmt: skip
    assert dict(known.select("category", "share").iter_rows()) == pytest.approx(
        {"30-49": 0.4, "other ages": 0.6}
    )


@pytest.mark.long
def test_personas_drawn_from_the_humans_lie_at_the_floor():
    rng = np.random.default_rng(3)
    rows = [("Kenya", "sex", "female", 52, 52, 9), ("Kenya", "sex", "male", 48, 48, 9)]
    ratio = []
    for number in range(40):
        sex = rng.choice(["female", "male"], 144, p=[0.52, 0.48])
        found = stereotypes.compare_with_humans(
            people(144, sex=sex, country=["Kenya"] * 144), humans(*rows), Draws(200, number)
        ).row(by_predicate=(pl.col("attribute") == "sex") & (pl.col("weighting") == "W_WEIGHT"),
              named=True)  # fmt: skip
        ratio.append(found["divergence_bits"] / found["floor_bits"])
    assert 0.6 < np.mean(ratio) < 1.5


def test_a_skew_that_hangs_on_a_level_is_found_and_no_other():
    levels, personas = made_up.drawn(SPACE, 600)
    written = made_up.biographies(
        SPACE, levels, personas["persona_id"].to_numpy(), educated={0: 0.7}
    )
    described = of_personas(written, "written")
    assert described["sector"].n_unique() > 2
    pairs, by_level = stereotypes.measure_dependence(described, levels, SPACE, DRAWS)
    tables.check(pairs, quality_tables.DEMOGRAPHIC_DEPENDENCE, "the test")
    tables.check(by_level, quality_tables.DEMOGRAPHIC_LEVELS, "the test")
    planted = (pl.col("attribute") == "education") & (pl.col("variable") == "happiness")
    row = pairs.filter(planted).row(0, named=True)
    assert row["ci_low"] > 0
    assert row["p"] == pytest.approx(1 / 201)
    others = pairs.filter(~planted).drop_nulls("p")
    assert (others["p"] <= 0.05).mean() < 0.12
    tertiary = by_level.filter(planted, category="Tertiary").sort("level")
    inside = tertiary.select(
        pl.lit(pl.Series([0.7, 0.25, 0.25, 0.25])).is_between(pl.col("ci_low"), pl.col("ci_high"))
    ).to_series()
    assert inside[0]
    assert inside.sum() >= 3
    assert quality_tables.farthest_levels(by_level)["category"][0] == "Tertiary"


def test_own_respondents_take_the_place_of_public_margins_where_they_tell():
    public = margins(
        ("Kenya", "sex", "female", 10, None, 9), ("Kenya", "religion", "Muslim", 40, None, 9),
    )  # fmt: skip
    own = pl.DataFrame(
        {
            "country": ["Kenya"] * 4 + ["Japan"],
            "sex": ["female", "female", "male", None, "male"],
            "age": [30, 49, 50, 17, 20],
            "weight": [1.0, 1.0, 2.0, 9.0, 1.0],
        }
    ).cast({"age": pl.Int16})
    schema = dict(human_tables.RESPONDENTS.columns)
    own = own.match_to_schema(schema, missing_columns="insert")
    found = stereotypes.with_own(public, own)
    of = {(row["country"], row["attribute"], row["category"]): row for row in found.to_dicts()}
    female = of["Kenya", "sex", "female"]
    # the one of 17 is no adult; the two women weigh half of the three
    assert (female["share_percent"], female["n"]) == (66.67, 3)
    assert female["share_weighted_percent"] == 50
    assert of["Kenya", AGE_OF_PAPER, "30-49"]["share_percent"] == 66.67
    assert of["Japan", "sex", "male"]["share_percent"] == 100
    # of what own respondents do not tell, the public margins stand
    assert of["Kenya", "religion", "Muslim"]["share_percent"] == 40


def test_dependence_stands_beside_that_of_respondents():
    levels, personas = made_up.drawn(SPACE, 300)
    written = made_up.biographies(SPACE, levels, personas["persona_id"].to_numpy())
    described = of_personas(written, "written")
    own = pl.DataFrame({"sex": np.where(levels[:, 1] == 0, "female", "male")})
    pairs, by_level = stereotypes.measure_dependence(described, levels, SPACE, DRAWS, (own, levels))
    sex = pairs.filter(attribute="sex", variable="trust").row(0, named=True)
    assert sex["human_adjusted"] == pytest.approx(1.0)
    assert abs(sex["adjusted"]) < 0.1
    shares = by_level.filter(attribute="sex", variable="trust", category="female")
    assert shares.sort("level")["human_share"].to_list() == [1.0, 0.0]
    assert pairs.filter(attribute="religion")["human_adjusted"].null_count() == 10


@pytest.mark.parametrize("status", ["valid", "malformed"])
def test_the_command_writes_its_tables_also_of_nobody(tmp_path, status):
    levels, personas = made_up.drawn(SPACE, 60)
    written = made_up.biographies(SPACE, levels, personas["persona_id"].to_numpy())
    written = written.with_columns(status=pl.lit(status))
    tables.write(personas, tmp_path / "personas", study_tables.PERSONAS, {})
    tables.write(written, tmp_path / "biographies", study_tables.BIOGRAPHIES, {})
    results = {
        "stereotypes": quality_tables.STEREOTYPES,
        "dependence": quality_tables.DEMOGRAPHIC_DEPENDENCE,
        "levels": quality_tables.DEMOGRAPHIC_LEVELS,
    }
    stereotypes.main(
        space=SPACE_FILE,
        personas=tmp_path / "personas",
        biographies=tmp_path / "biographies",
        countries=REFERENCE / "countries.csv",
        respondents=REFERENCE / "wvs7_respondents.csv",
        margins=REFERENCE / "wvs7_country_margins.csv",
        demographics_from="written",
        seed=1,
        replicates=20,
        **{name: tmp_path / name for name in results},
    )
    found = {name: tables.read(tmp_path / name, table) for name, table in results.items()}
    assert found["dependence"].height == 110
    assert (found["stereotypes"]["n_personas"].sum() > 0) == (status == "valid")
