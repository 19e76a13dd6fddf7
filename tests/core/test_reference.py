"""Reference tables: each names its source, and they agree with each other."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from valuescape.study.instruments import FOUNDATIONS, read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[2] / "config"
REFERENCE = CONFIG / "reference"
WITH_COUNTRIES = (
    "wvs7_country_distributions",
    "wvs7_country_distributions_weighted",
    "wvs7_respondents",
    "iw_country_centroids",
    "mfq2_country_norms",
)
INDEX_PARTS = {"Q8", "Q14", "Q15", "Q17", "Q154", "Q155"}


def table(name: str) -> pl.DataFrame:
    return pl.read_csv(REFERENCE / f"{name}.csv", comment_prefix="#", infer_schema_length=None)


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.csv")), ids=lambda path: path.stem)
def test_a_table_opens_with_its_source_and_licence(path: Path) -> None:
    opening = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    # where it was read: a repository, or the Unicode CLDR
    assert re.search(r"github\.com/|CLDR", " ".join(opening))
    assert re.search("licen[cs]e|non-profit use", " ".join(opening).lower())


@pytest.mark.parametrize("name", WITH_COUNTRIES)
def test_a_country_has_one_name_everywhere(name: str) -> None:
    pair = ["country", "iso_numeric"]
    known = set(table("countries").select(pair).iter_rows())
    assert set(table(name).select(pair).iter_rows()) <= known


def test_countries_are_named_once_and_have_a_continent() -> None:
    countries = table("countries")
    assert countries["country"].is_unique().all()
    assert countries["iso_numeric"].is_unique().all()
    assert set(countries["continent"]) == {
        "Africa", "Asia", "Europe", "North America", "Oceania", "South America",
    }  # fmt: skip


def test_regions_and_continents_are_the_same_everywhere() -> None:
    countries = table("countries")
    centroids = table("iw_country_centroids")
    assert centroids.height == 107
    for name, column in (
        ("iw_country_centroids", "region"),
        ("wvs7_country_distributions", "continent"),
    ):
        pair = ["country", column]
        assert set(table(name).select(pair).iter_rows()) <= set(countries.select(pair).iter_rows())


def test_shares_of_a_question_sum_to_the_whole() -> None:
    cells = table("wvs7_country_distributions").group_by("question", "country")
    sums = cells.agg(pl.col("share_percent").sum())
    assert sums["share_percent"].is_between(99.9, 100.1).all()


def test_every_code_is_an_option_of_its_question() -> None:
    shares = table("wvs7_country_distributions")
    options = {
        q.id: set(q.values)
        for q in read_instrument(CONFIG / "instruments/wvb_probe.yaml").questions
    }
    for variable in read_space(CONFIG / "persona_space.yaml").variables:
        name = variable.wvs7[0] if len(variable.wvs7) == 1 else variable.ivs
        options[name] = {code for level in variable.levels for code in level.codes}
    assert set(shares["question"]) == set(options) | INDEX_PARTS
    for question, codes in options.items():
        assert set(shares.filter(pl.col("question") == question)["code"]) == codes, question


def test_every_country_with_answers_has_its_respondents() -> None:
    respondents = table("wvs7_respondents")
    assert respondents["n"].min() >= 400
    assert set(table("wvs7_country_distributions")["country"]) <= set(respondents["country"])


def test_the_projection_knows_the_ten_indicators() -> None:
    variables = read_space(CONFIG / "persona_space.yaml").variables
    assert set(table("iw_projection")["ivs"]) == {variable.ivs for variable in variables}


def test_norms_hold_every_foundation_of_every_country() -> None:
    norms = table("mfq2_country_norms")
    assert norms.height == 19 * len(FOUNDATIONS)
    assert (
        norms.group_by("country").agg(pl.col("foundation").n_unique())["foundation"].to_list()
        == [6] * 19
    )
    assert norms.unique("country")["n"].sum() == 3902
    assert norms["mean"].is_between(1, 5).all()
    # se = sd / sqrt(n), to the four decimals printed
    assert ((norms["se"] - norms["sd"] / norms["n"].sqrt()).abs() < 1e-4).all()
