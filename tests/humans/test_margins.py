"""Human shares of levels: from respondents, and from what is public."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_survey as survey
from valuescape.core.errors import UserError
from valuescape.humans.margins import (
    by_population,
    country_margins,
    joint_margins,
    level_margins,
    mean_conditions,
    pair_margins,
    select_complete,
)
from valuescape.humans.published import (
    read_country_distributions,
    read_indicator_joint,
    read_waves,
)
from valuescape.stats.raking import Margin

REFERENCE = Path(__file__).parents[2] / "config/reference"
SPACE = survey.SPACE


def test_pairs_of_levels_agree_with_the_levels_themselves():
    joint = read_indicator_joint(REFERENCE / "wvs7_indicator_joint.parquet")
    single = country_margins(
        read_country_distributions(REFERENCE / "wvs7_country_distributions.csv"), SPACE
    )
    found = joint_margins(joint, SPACE)
    assert len(found) == 22
    # homosexuality was not asked in Iraq and Tajikistan
    assert {c: len(pairs) for c, pairs in found.items() if len(pairs) < 45} == {
        "Iraq": 36,
        "Tajikistan": 36,
    }
    for country in ("Chile", "India", "Nigeria"):
        of = {margin.variables[0]: margin.shares for margin in single[country]}
        for pair in found[country]:
            for axis, column in ((1, pair.variables[0]), (0, pair.variables[1])):
                np.testing.assert_allclose(pair.shares.sum(axis=axis), of[column], atol=0.03)


def test_people_count_by_population():
    margins = {
        "A": [Margin((0,), np.array([1.0, 0.0])), Margin((1,), np.array([0.5, 0.5]))],
        "B": [Margin((0,), np.array([0.0, 1.0]))],
    }
    first, second = by_population(margins, {"A": 3, "B": 1})
    assert first.shares.tolist() == [0.75, 0.25]
    assert second.shares.tolist() == [0.5, 0.5]
    with pytest.raises(UserError, match="population of 'B' is not known"):
        by_population(margins, {"A": 3})


def test_means_fill_what_has_no_shares():
    waves = read_waves(REFERENCE / "iw_waves.csv")
    known = country_margins(
        read_country_distributions(REFERENCE / "wvs7_country_distributions.csv"), SPACE
    )
    found = mean_conditions(waves, {"Japan": known["Japan"]}, SPACE)["Japan"]
    added = found[len(known["Japan"]) :]
    row = waves.filter(country="Japan", wave=7).row(0, named=True)
    assert added
    for each in added:
        assert each.mean == row[SPACE.variables[each.variables[0]].ivs]


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
