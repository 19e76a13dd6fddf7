"""Human shares of levels: from respondents, and from what is public."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_survey as survey
from valuescape.core.errors import UserError
from valuescape.humans import published
from valuescape.humans.margins import (
    country_margins,
    country_pair_margins,
    level_margins,
    pair_margins,
    pooled_margins,
    public_margins,
    read_prevalence,
    select_complete,
)
from valuescape.humans.published import read_country_distributions

REFERENCE = Path(__file__).parents[2] / "config/reference"
SPACE = survey.SPACE


def test_public_margins_are_of_eight_variables():
    prevalence = read_prevalence(REFERENCE / "iw_level_prevalence.csv")
    margins = public_margins(prevalence, SPACE)
    names = [SPACE.variables[margin.variables[0]].name for margin in margins]
    assert set(names) == {v.name for v in SPACE.variables} - {"pride", "autonomy"}
    assert all(margin.shares.sum() == pytest.approx(1) for margin in margins)
    god = margins[names.index("god")]
    assert god.shares.tolist() == pytest.approx([0.1519, 0.1381, 0.1884, 0.5216], abs=2e-4)


def test_the_public_margins_follow_from_the_public_distributions():
    shares = read_country_distributions(REFERENCE / "wvs7_country_distributions.csv")
    people = pl.read_csv(REFERENCE / "wvs7_respondents.csv", comment_prefix="#")
    n = dict(people.select("country", "n").iter_rows())
    margins = public_margins(read_prevalence(REFERENCE / "iw_level_prevalence.csv"), SPACE)
    of_countries = country_margins(shares, SPACE)
    assert len(of_countries) == 66
    for name in ("happiness", "god", "abortion"):
        column = [v.name for v in SPACE.variables].index(name)
        pooled, total = 0.0, 0.0
        for country, found in of_countries.items():
            for margin in found:
                if margin.variables == (column,):
                    pooled, total = pooled + n[country] * margin.shares, total + n[country]
        world = next(m for m in margins if m.variables == (column,))
        np.testing.assert_allclose(pooled / total, world.shares, atol=2e-4)


def test_public_pairs_are_those_of_their_single_margins_and_pool_by_population():
    joint = published.read_indicator_joint(REFERENCE / "wvs7_indicator_joint.parquet")
    by_country = country_pair_margins(joint, SPACE)
    assert len(by_country) == 23  # 22 countries, and all of them
    assert len(by_country["India"]) == len(by_country[published.ALL]) == 45
    assert len(by_country["Iraq"]) == 36
    shares = published.read_country_distributions(REFERENCE / "wvs7_country_distributions.csv")
    singles = {m.variables[0]: m.shares for m in country_margins(shares, SPACE)["India"]}
    for margin in by_country["India"]:
        first, second = margin.variables
        # who did not answer both is left out, so that the margins differ a little
        np.testing.assert_allclose(margin.shares.sum(axis=1), singles[first], atol=0.05)
        np.testing.assert_allclose(margin.shares.sum(axis=0), singles[second], atol=0.05)
    # another binning of a variable leaves out its pairs
    other = country_pair_margins(joint.filter(pl.col("codes_a") != "1 2"), SPACE)
    assert len(other["India"]) == 45 - 5  # God with the five variables after it

    two = {name: by_country[name] for name in ("India", "Iraq")}
    people = {"India": 3.0, "Iraq": 1.0, "Peru": 9.0}
    world = {m.variables: m.shares for m in pooled_margins(two, people)}
    pairs = {name: {m.variables: m.shares for m in margins} for name, margins in two.items()}
    np.testing.assert_allclose(
        world[0, 1], (3 * pairs["India"][0, 1] + pairs["Iraq"][0, 1]) / 4, atol=1e-12
    )
    asked_in_india_alone = next(key for key in pairs["India"] if key not in pairs["Iraq"])
    np.testing.assert_allclose(
        world[asked_in_india_alone], pairs["India"][asked_in_india_alone], atol=1e-12
    )


def test_a_variable_that_hardly_anyone_answered_was_not_asked():
    rng = np.random.default_rng(0)
    frame = survey.respondents([survey.draw(SPACE, "A", np.zeros(10), 200, rng)])
    asked = frame.with_columns(pride=pl.when(pl.int_range(pl.len()) < 60).then("pride"))
    names = [SPACE.variables[m.variables[0]].name for m in level_margins(asked, SPACE)]
    assert "pride" not in names
    assert len(names) == 9
    nobody = frame.with_columns(pride=pl.lit(None, pl.Int8))
    with pytest.raises(UserError, match="none of 200 respondents answered all"):
        select_complete(nobody, SPACE)


def test_shares_and_margins_of_respondents_by_hand():
    rng = np.random.default_rng(0)
    frame = survey.respondents([survey.draw(SPACE, "A", np.zeros(10), 300, rng)])
    humans = select_complete(frame, SPACE)
    assert humans.shares.sum() == pytest.approx(1)
    first = SPACE.variables[0].name
    weight = frame.filter(pl.col(first) == 0)["weight"].sum() / frame["weight"].sum()
    assert humans.margins[0].shares[0] == pytest.approx(weight)
    assert level_margins(frame, SPACE)[0].shares[0] == pytest.approx(weight)
    assert len(humans.pair_margins) == len(pair_margins(frame, SPACE)) == 45
    for known, found in zip(humans.pair_margins, pair_margins(frame, SPACE), strict=True):
        assert known.variables == found.variables
        np.testing.assert_allclose(known.shares, found.shares)
    some = humans.taken(np.arange(10))
    assert (len(some.levels), some.n_asked) == (10, 10)
