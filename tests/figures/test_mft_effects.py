"""Effects are drawn once a level and foundation."""

from __future__ import annotations

import polars as pl

import made_up_results as made_up
from drawn_figures import SPACE
from valuescape.figures import mft_effects
from valuescape.study.space import read_space


def test_effects_are_drawn_once_a_level_and_foundation():
    effects = mft_effects.plotted(made_up.effects(), read_space(SPACE))
    assert effects.height == 32 * 6
    assert effects.filter(pl.col("foundation") == "care")["height"].n_unique() == 32


def test_effects_that_are_all_zero_are_drawn():
    nothing = [pl.lit(0.0).alias(name) for name in ("effect", "ci_low", "ci_high")]
    assert mft_effects.draw(made_up.effects().with_columns(nothing), read_space(SPACE)).axes
