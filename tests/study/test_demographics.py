"""Demographics: drawn by persona, as the shares say, and independent of the configuration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2, chi2_contingency, chisquare

from valuescape.core.errors import UserError
from valuescape.study.demographics import (
    ASSIGNED,
    FROM_MARGINS,
    ages_of,
    assign_demographics,
    country_chances,
    drawn_categories,
    read_continents,
    read_margins,
)
from valuescape.study.designs import persona_ids
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[2] / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
MARGINS = read_margins(CONFIG / "reference/wvs7_country_margins.csv")
CONTINENTS = read_continents(CONFIG / "reference/countries.csv")
# 15 and more tests a design: one in a thousand studies would show a smaller p by chance
LEAST_P = 1e-4


def assigned(ids, seed=1, countries="balanced") -> pl.DataFrame:
    return assign_demographics(ids, MARGINS, CONTINENTS, seed, countries)


@pytest.fixture(scope="module")
def drawn() -> pl.DataFrame:
    return assigned(range(0, SPACE.n_personas, 9))


def bands(ages: pl.Series) -> pl.Series:
    names = np.array(["18-29", "30-44", "45-59", "60 and older"])
    return pl.Series(names[np.searchsorted([30, 45, 60], ages, side="right")])


def test_categories_by_hand():
    numbers = np.array([0.0, 0.19, 0.2, 0.69, 0.7, 0.999])
    assert drawn_categories(np.array([2.0, 5.0, 0.0, 3.0]), numbers).tolist() == [0, 0, 1, 1, 3, 3]


def test_ages_by_hand():
    numbers = np.array([0.0, 0.99, 0.0, 0.999, 0.5])
    drawn_from = ["18-29", "18-29", "60 and older", "60 and older", "30-31"]
    assert ages_of(drawn_from, numbers).tolist() == [18, 29, 60, 79, 31]
    with pytest.raises(UserError, match="'old' is no age band"):
        ages_of(["old"], numbers[:1])


def test_continents_are_alike_or_countries_as_the_survey_interviewed():
    balanced = country_chances(MARGINS, CONTINENTS, "balanced")
    by_continent: dict[str, float] = {}
    for country, chance in balanced.items():
        of = CONTINENTS[country]
        by_continent[of] = by_continent.get(of, 0) + chance
    assert list(by_continent.values()) == pytest.approx([1 / 6] * 6)
    by_n = country_chances(MARGINS, CONTINENTS, "respondents")
    n = {c: n for c, a, n in MARGINS.select("country", "attribute", "n").iter_rows() if a == "sex"}
    assert by_n["Kenya"] / by_n["Andorra"] == pytest.approx(n["Kenya"] / n["Andorra"])


@pytest.mark.parametrize("countries", ["balanced", "respondents"])
def test_what_is_drawn_has_the_human_margins(countries):
    found = assigned(range(20_000), countries=countries)
    chances = country_chances(MARGINS, CONTINENTS, countries)
    counts = dict(found["country"].value_counts().iter_rows())
    observed = [counts.get(country, 0) for country in chances]
    assert chisquare(observed, np.array([*chances.values()]) * found.height).pvalue > LEAST_P
    found = found.with_columns(age=bands(found["age"]))
    for attribute in FROM_MARGINS:
        rows = MARGINS.filter((pl.col("attribute") == attribute) & (pl.col("share_percent") > 0))
        cells = rows.join(
            found.group_by("country", pl.col(attribute).alias("category")).len("observed"),
            on=["country", "category"],
            how="full",
            coalesce=True,
        ).with_columns(pl.col("observed").fill_null(0))
        expected = pl.col("share_percent") / pl.col("share_percent").sum().over("country")
        cells = cells.with_columns(expected=expected * pl.col("observed").sum().over("country"))
        deviation = ((cells["observed"] - cells["expected"]) ** 2 / cells["expected"]).sum()
        n_free = cells.height - cells["country"].n_unique()
        assert chi2.sf(deviation, n_free) > LEAST_P, attribute


def test_demographics_are_independent_of_the_configuration(drawn):
    levels = SPACE.levels_of(drawn["persona_id"].to_numpy())
    described = drawn.with_columns(age=bands(drawn["age"]))
    for name in ("continent", *FROM_MARGINS):
        for column in range(levels.shape[1]):
            pairs = described.select(name, level=pl.Series(levels[:, column]))
            counts = pairs.pivot("level", index=name, values=name, aggregate_function="len")
            counts = counts.drop(name).to_numpy()
            assert chi2_contingency(counts).pvalue > LEAST_P, (name, column)


def test_a_persona_is_the_same_in_every_design_and_shard(drawn):
    some = drawn.sample(40, seed=1).sort("persona_id")
    assert assigned(some["persona_id"].to_list()).equals(some)
    ids = persona_ids(SPACE, "oa144").tolist()
    halves = [assigned(ids[:70]), assigned(ids[70:])]
    assert pl.concat(halves).equals(assigned(ids))
    assert not assigned(ids, seed=2).equals(assigned(ids))


def test_what_the_margins_lack_is_told():
    without = MARGINS.filter((pl.col("country") != "Chile") | (pl.col("attribute") != "age"))
    with pytest.raises(UserError, match="margins of 'Chile' lack the attribute 'age'"):
        assign_demographics([1], without, CONTINENTS, 1, "balanced")
    with pytest.raises(UserError, match="'Chile', which has no continent"):
        country_chances(MARGINS, {c: k for c, k in CONTINENTS.items() if c != "Chile"}, "balanced")


def test_every_attribute_is_drawn(drawn):
    assert set(ASSIGNED) < set(drawn.columns)
    assert drawn.null_count().sum_horizontal().item() == 0
    assert drawn["age"].is_between(18, 79).all()
