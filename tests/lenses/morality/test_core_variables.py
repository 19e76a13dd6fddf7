"""Core variables: the planted order comes back; settings that disagree widen the ranks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from valuescape.core import tables
from valuescape.lenses.morality import core_variables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats.level_effects import membership, moment_columns, moments_from_sums
from valuescape.stats.resampling import Draws
from valuescape.study.designs import persona_ids
from valuescape.study.space import read_space

SPACE = read_space(Path(__file__).parents[3] / "config/persona_space.yaml")
NAMES = [variable.name for variable in SPACE.variables]
DRAWS = Draws(200, 3)


def scores_by(sizes: dict[int, float], seed: int = 1, noise: float = 0.3):
    """Return levels, and scores that rise over the levels of some variables."""
    levels = SPACE.levels_of(persona_ids(SPACE, "oa1728"))
    score = 3 + np.random.default_rng(seed).normal(0, noise, (len(levels), 6))
    for variable, size in sizes.items():
        steps = levels[:, variable] / (SPACE.radices[variable] - 1) - 0.5
        score += size * steps[:, None]
    return membership(SPACE, levels), score


def test_noise_alone_has_no_share():
    levels, scores = scores_by({})
    moments = moments_from_sums(moment_columns(scores, levels.matrix).sum(axis=0), 6)
    found = core_variables.corrected_shares(moments, levels)
    assert found.shape == (7, 10)
    assert abs(found.mean()) < 0.001  # raw shares would be (levels - 1) / 1,727


def test_the_planted_order_comes_back_with_narrow_ranks():
    levels, scores = scores_by({3: 0.8, 7: 0.5, 0: 0.3})
    setting = core_variables.measure_setting(scores, levels, DRAWS)
    table = core_variables.core_table([setting], {}, NAMES, DRAWS)
    tables.check(table, moral_tables.CORE_VARIABLES, "the test")
    whole = {row["variable"]: row for row in table.filter(foundation="all").iter_rows(named=True)}
    for rank, variable in enumerate((3, 7, 0), start=1):
        row = whole[NAMES[variable]]
        assert (row["rank_low"], row["rank"], row["rank_high"]) == (rank, rank, rank)
        assert row["share"] > row["null_95_share"]
    rest = [row for name, row in whole.items() if name not in {NAMES[v] for v in (3, 7, 0)}]
    assert all(row["rank_low"] <= 6 and row["rank_high"] >= 7 for row in rest)
    assert all(row["share"] < 2 * row["null_95_share"] for row in rest)
    assert set(table["interval_from"]) == {
        "configurations within one setting: there are no other models and conditions"
    }


def test_settings_that_disagree_leave_the_rank_open():
    one, two = ({3: 0.8, 7: 0.5}, {3: 0.5, 7: 0.8})
    settings = [
        core_variables.measure_setting(scores, levels, DRAWS)
        for levels, scores in (scores_by(one), scores_by(two), scores_by(one), scores_by(two))
    ]
    table = core_variables.core_table(settings, {}, NAMES, DRAWS).filter(foundation="all")
    rows = {row["variable"]: row for row in table.iter_rows(named=True)}
    for variable in (3, 7):
        row = rows[NAMES[variable]]
        assert (row["rank_low"], row["rank_high"]) == (1, 2)
        assert row["least_share"] < row["share"] < row["greatest_share"]
    assert set(table["interval_from"]) == {"4 settings, and configurations within each"}


def test_scores_without_a_value_are_not_ranked():
    levels, scores = scores_by({3: 0.8})
    scores[:, 2] = np.nan
    setting = core_variables.measure_setting(scores, levels, Draws(20, 1))
    table = core_variables.core_table([setting], {}, NAMES, Draws(20, 1))
    assert table.filter(foundation="proportionality")["rank"].null_count() == 10
    assert table.filter(foundation="care")["rank"].null_count() == 0
