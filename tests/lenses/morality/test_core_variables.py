"""Core variables: the planted order comes back; settings that disagree widen the ranks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from made_up_effects import cube
from valuescape.core import tables
from valuescape.lenses.morality import core_variables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.noise import RESIDUAL
from valuescape.stats.level_effects import fit_additive, membership
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


def measured(scores, levels, draws=DRAWS, *, full=False):
    return core_variables.measure_setting(scores, levels, draws, full=full, drawn=False)


def test_noise_alone_has_no_share():
    levels, scores = scores_by({})
    fit = fit_additive(scores, levels)
    found = core_variables.corrected_shares(fit, fit.effects)
    assert found.shape == (7, 10)
    assert abs(found.mean()) < 0.001  # raw shares would be (levels - 1) / 1,727


def test_the_planted_order_comes_back_with_narrow_ranks():
    levels, scores = scores_by({3: 0.8, 7: 0.5, 0: 0.3})
    setting = measured(scores, levels)
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
        f"noise within one setting ({RESIDUAL}): there are no other models and conditions"
    }


def test_settings_that_disagree_leave_the_rank_open():
    one, two = ({3: 0.8, 7: 0.5}, {3: 0.5, 7: 0.8})
    settings = [
        measured(scores, levels)
        for levels, scores in (scores_by(one), scores_by(two), scores_by(one), scores_by(two))
    ]
    table = core_variables.core_table(settings, {}, NAMES, DRAWS).filter(foundation="all")
    rows = {row["variable"]: row for row in table.iter_rows(named=True)}
    for variable in (3, 7):
        row = rows[NAMES[variable]]
        assert (row["rank_low"], row["rank_high"]) == (1, 2)
        assert row["least_share"] < row["share"] < row["greatest_share"]
    assert set(table["interval_from"]) == {f"4 settings, and the noise within each ({RESIDUAL})"}


def test_scores_without_a_value_are_not_ranked():
    levels, scores = scores_by({3: 0.8})
    scores[:, 2] = np.nan
    setting = measured(scores, levels, Draws(20, 1))
    table = core_variables.core_table([setting], {}, NAMES, Draws(20, 1))
    assert table.filter(foundation="proportionality")["rank"].null_count() == 10
    assert table.filter(foundation="care")["rank"].null_count() == 0


def test_what_does_not_vary_has_shares_of_zero_and_no_rank():
    """Referee A6: a constant score had shares of -.008 to -.025, and its ranks were [1, 1]."""
    levels, scores = scores_by({3: 0.8})
    scores[:, 0] = 3.0
    table = core_variables.core_table([measured(scores, levels)], {}, NAMES, DRAWS)
    care = table.filter(foundation="care")
    assert set(care["share"]) == {0.0}
    for column in ("rank", "rank_low", "rank_high", "ci_low", "ci_high"):
        assert care[column].null_count() == 10
    assert care["interval_from"].str.starts_with("not ranked").all()
    assert table.filter(foundation="all")["rank"].null_count() == 0


def test_one_persona_has_no_rank():
    """Referee A6: one persona was ranked 2 with [1, 1]."""
    levels = membership(SPACE, SPACE.levels_of(np.array([5])))
    table = core_variables.core_table(
        [measured(np.full((1, 6), 3.0), levels, Draws(20, 1))], {}, NAMES, Draws(20, 1)
    )
    tables.check(table, moral_tables.CORE_VARIABLES, "the test")
    assert table["rank"].null_count() == table["rank_low"].null_count() == table.height


def test_the_null_of_the_mean_is_that_of_a_mean():
    """Referee A8: six independent foundations have .007 to .013, not a mean of .021 to .035."""
    levels = membership(SPACE, SPACE.levels_of(persona_ids(SPACE, "oa144")))
    scores = np.random.default_rng(4).normal(3, 0.3, (144, 6))
    setting = measured(scores, levels, Draws(2000, 1))
    assert (setting.null[:6] > 0.015).all()
    assert ((setting.null[6] > 0.006) & (setting.null[6] < 0.014)).all()
    # foundations that are one and the same have the null of one
    alike = measured(np.tile(scores[:, :1], (1, 6)), levels, Draws(2000, 1))
    assert alike.null[6] == pytest.approx(alike.null[0])


def test_on_the_full_cube_ranks_are_exact():
    small = cube(2, 3, 4)
    levels = membership(small, small.levels_of(np.arange(24)))
    scores = np.random.default_rng(1).normal(3, 0.3, (24, 6)) + levels.matrix[:, [0]]
    setting = core_variables.measure_setting(scores, levels, DRAWS, full=True, drawn=False)
    table = core_variables.core_table([setting], {}, ["v0", "v1", "v2"], DRAWS)
    assert table["rank"].null_count() == 0
    assert table["rank_low"].null_count() == table["ci_low"].null_count() == table.height
