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
    for effects in (
        made_up.effects().with_columns(nothing),
        made_up.effects().with_columns(
            pl.lit(None, pl.Float64).alias(name) for name in ("effect", "ci_low", "ci_high")
        ),
    ):
        figure = mft_effects.draw(effects, read_space(SPACE))
        # not an axis of rounding, with an offset of 1e-17
        assert figure.axes[0].get_xlim() == (-0.1, 0.1)
