"""Profiles count every known score."""

from __future__ import annotations

import polars as pl

import made_up_results as made_up
from valuescape.figures import mft_profiles


def test_profiles_count_every_known_score():
    scores = made_up.scores(144)
    marks = mft_profiles.plotted(scores, made_up.profiles(scores, made_up.norms()), made_up.norms())
    bins = (
        marks.filter(pl.col("layer") == "persona_bin").group_by("foundation").agg(pl.col("n").sum())
    )
    counts = dict(bins.iter_rows())
    assert counts.pop("care") == 144 - made_up.REFUSED
    assert set(counts.values()) == {144}
    assert marks.filter(pl.col("layer") == "country").height == 19 * 6


def test_personas_of_one_score_are_drawn():
    same = made_up.scores(144).with_columns(pl.lit(3.0).alias(name) for name in made_up.FOUNDATIONS)
    norms = made_up.norms()
    assert mft_profiles.draw(same, made_up.profiles(same, norms), norms).axes
