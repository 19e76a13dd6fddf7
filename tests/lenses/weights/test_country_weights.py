"""Weights for countries: from respondents all pairs of levels, from public margins some levels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_survey as survey
from valuescape.humans.published import (
    read_country_distributions,
    read_indicator_joint,
    read_waves,
)
from valuescape.lenses.weights.country_weights import (
    margins_by_country,
    weight_by_aggregates,
    weight_by_respondents,
    weight_to_countries,
)
from valuescape.stats import raking
from valuescape.stats.raking import Margin
from valuescape.study import designs

CONFIG = Path(__file__).parents[3] / "config"
SPACE = survey.SPACE
PUBLIC = (
    read_country_distributions(CONFIG / "reference/wvs7_country_distributions.csv"),
    read_indicator_joint(CONFIG / "reference/wvs7_indicator_joint.parquet"),
    read_waves(CONFIG / "reference/iw_waves.csv"),
)
FRACTION = SPACE.levels_of(designs.persona_ids(SPACE, "oa144"))


def test_pairs_of_levels_are_met_by_the_whole_space():
    everyone = SPACE.levels_of(np.arange(SPACE.n_personas))
    one = survey.six_countries().filter(pl.col("country") == "Egypt")
    margins, pairs = (margins_by_country(one, SPACE, pairs=kind) for kind in (False, True))
    found = weight_to_countries(everyone, margins, pairs, "test")
    assert raking.residual(everyone, found.weights[0], pairs["Egypt"]) < 1e-6
    unasked = one.with_columns(pride=pl.lit(None, pl.Int8))
    assert len(margins_by_country(unasked, SPACE, pairs=True)["Egypt"]) == 36


def test_two_countries_by_hand():
    levels = np.array([[0], [0], [1]], dtype=np.int8)
    margins = {"B": [Margin((0,), np.array([0.4, 0.6]))], "A": [Margin((0,), np.array([1.0, 0]))]}
    found = weight_to_countries(levels, margins, {}, "hand")
    assert found.countries == ("A", "B")
    assert found.weights[1] == pytest.approx([0.2, 0.2, 0.6])
    assert found.residual == pytest.approx([0, 0])
    assert found.n_variables.tolist() == [1, 1]
    second = found.taken([1])
    assert (second.countries, second.weights.shape) == (("B",), (1, 3))


def test_a_fraction_is_weighted_to_levels_by_what_is_known():
    people = survey.six_countries()
    own = weight_by_respondents(SPACE, FRACTION, people)
    assert own.countries == survey.COUNTRIES
    assert own.made_from == "single respondents: shares of levels"
    assert (own.n_variables == len(SPACE.variables)).all()
    found = weight_by_aggregates(SPACE, FRACTION, *PUBLIC)
    assert len(found.countries) == 66
    assert found.made_from.startswith("public aggregates")
    assert not found.pairs_met.any()
    # 17 of 66 countries are met by 144 personas; others are approached
    assert found.met.sum() == 17
    # all ten are public for some countries, few for others
    assert found.n_variables.min() < found.n_variables.max() == len(SPACE.variables)
    for each in (own, found):
        np.testing.assert_allclose(each.weights.sum(axis=1), 1)


def test_all_configurations_meet_the_pairs_of_a_country():
    everyone = SPACE.levels_of(np.arange(SPACE.n_personas))
    distributions, joint, waves = PUBLIC
    two = pl.col("country").is_in(["Chile", "Iran"])
    found = weight_by_aggregates(
        SPACE, everyone, distributions.filter(two), joint.filter(two), waves.filter(two)
    )
    assert found.countries == ("Chile", "Iran")
    # of Iran no pairs are public
    assert found.pairs_met.tolist() == [True, False]
    assert found.met.all()
