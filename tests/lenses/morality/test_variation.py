"""Variation: human figures as published; culture moves personas as far as planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from valuescape.lenses.morality.inputs import ReadCondition, read_norms
from valuescape.lenses.morality.variation import (
    human_between,
    human_eta_squared,
    ipsatised,
    variation_table,
)
from valuescape.stats.level_effects import membership
from valuescape.stats.resampling import Draws
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
NORMS = CONFIG / "reference/mfq2_country_norms.csv"
SPACE = read_space(CONFIG / "persona_space.yaml")


def test_ipsatised_rows_sum_to_zero():
    assert ipsatised(np.array([[1.0, 2, 3, 4, 5, 3]])).tolist() == [[-2, -1, 0, 1, 2, 0]]


def test_human_figures_are_those_of_nineteen_countries():
    norms = read_norms(NORMS)
    found = human_eta_squared(norms)
    published = (0.14, 0.10, 0.14, 0.19, 0.17, 0.30)
    assert [round(found[foundation], 2) for foundation in FOUNDATIONS] == list(published)
    # with each country's mean taken off, loyalty varies least and purity most
    apart = dict(zip(FOUNDATIONS, human_between(norms, "ipsatised"), strict=True))
    assert min(apart, key=apart.get) == "loyalty"
    assert apart["loyalty"] == pytest.approx(0.10, abs=0.01)
    assert apart["purity"] == pytest.approx(0.29, abs=0.01)


def table_of(scores, levels, draws, readings=None, *, full=False):
    condition = ReadCondition(scores, scores[None] if readings is None else readings,
                              "probabilities")  # fmt: skip
    return variation_table([condition], levels, read_norms(NORMS), Draws(draws, 1), full=full)


def test_culture_moves_as_far_as_planted_and_not_at_all_without_it():
    ids = persona_ids(SPACE, "oa5184")
    levels = membership(SPACE, SPACE.levels_of(ids))
    # vary like people, but not with the persona
    spread = np.array([0.75, 0.94, 0.68, 0.83, 0.75, 0.81])
    scores = 3 + np.random.default_rng(1).normal(0, 0.5, (len(ids), 6)) * spread
    none = table_of(scores, levels, 100).filter(scoring="raw")
    assert (none["culture_sd"] <= none["null_95_sd"]).sum() >= 5
    assert (none["ci_low"] == 0).all()
    # half the scale for two levels of a variable: an SD of a quarter of a point
    moved = scores + 0.5 * levels.matrix[:, [4]]
    found = table_of(moved, levels, 100).filter(scoring="raw")
    assert found["culture_sd"].to_numpy() == pytest.approx(np.full(6, 0.25), abs=0.02)
    assert (found["ci_low"] < 0.25).sum() >= 5
    assert (found["ci_high"] > 0.25).sum() >= 5
    ratio = found.filter(foundation="purity")["ratio"].item()
    assert ratio == pytest.approx(0.25 / 0.54, abs=0.05)
    # what moves all six alike is gone where the persona's own mean is taken off
    flat = table_of(moved, levels, 20).filter(scoring="ipsatised")
    assert flat["culture_sd"].max() < 0.03


def test_beside_people_stand_personas_read_as_individuals():
    """Referee B2: expected scores gave eta squared of .85 to .89 beside .10 to .30 of people."""
    levels = membership(SPACE, SPACE.levels_of(persona_ids(SPACE, "oa1728")))
    rng = np.random.default_rng(2)
    expected = 3 + 0.2 * levels.matrix[:, [4]] + rng.normal(0, 0.03, (1728, 6))
    readings = expected + rng.normal(0, 0.2, (5, 1728, 6))
    found = table_of(expected, levels, 20, readings).filter(scoring="raw")
    assert found["persona_eta_squared"].to_numpy() == pytest.approx(0.01 / 0.0109, abs=0.02)
    assert found["drawn_eta_squared"].to_numpy() == pytest.approx(0.01 / 0.0509, abs=0.03)


def test_what_does_not_vary_or_was_not_drawn_has_no_interval():
    levels = membership(SPACE, SPACE.levels_of(persona_ids(SPACE, "oa144")))
    scores = np.random.default_rng(2).normal(3, 0.3, (144, 6))
    exact = table_of(scores, levels, 20, full=True)
    assert exact["culture_sd"].null_count() == 0
    assert exact["ci_low"].null_count() == exact["ratio_ci_high"].null_count() == 12
    scores[:, 0] = 3.0
    care = table_of(scores, levels, 20).filter(scoring="raw", foundation="care")
    assert care["culture_sd"].item() is None
    assert care["persona_eta_squared"].item() is None
