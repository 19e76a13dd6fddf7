"""Ratings are centred within variables, and drawn also where they never differ."""

from __future__ import annotations

import polars as pl
import pytest

import made_up_results as made_up
from drawn_figures import SPACE
from valuescape.figures import oracle_vs_measured
from valuescape.lenses.morality import tables as moral_tables
from valuescape.study.space import read_space


def test_ratings_are_drawn_once_a_level_and_foundation_and_centred():
    rated = oracle_vs_measured.plotted(made_up.oracle(), made_up.effects(), read_space(SPACE))
    assert rated.height == 32 * 6
    centred = rated.group_by("variable", "foundation").agg(pl.col("centred_rating").sum())
    assert centred["centred_rating"].abs().max() == pytest.approx(0.0, abs=1e-9)


def test_a_model_that_rates_all_levels_the_same_is_drawn():
    unknown = [
        pl.lit(None, pl.Float64).alias(name)
        for name in moral_tables.ORACLE_AGREEMENT.columns
        if name != "foundation"
    ]
    nothing = [pl.lit(0.0).alias(name) for name in ("effect", "ci_low", "ci_high")]
    figure = oracle_vs_measured.draw(
        made_up.oracle().with_columns(pl.lit(3.0).alias("rating")),
        made_up.effects().with_columns(nothing),
        made_up.oracle_agreement().with_columns(unknown),
        read_space(SPACE),
    )
    assert "r not defined" in figure.axes[0].get_title(loc="left")
