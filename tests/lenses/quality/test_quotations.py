"""Quotations: statements of the configuration, word for word."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from valuescape.lenses.quality.quotations import quoted_levels, runs_of
from valuescape.study.space import read_space

SPACE = read_space(Path(__file__).parents[3] / "config/persona_space.yaml")


def test_every_level_can_be_told_by_its_words():
    assert all(runs for variable in SPACE.variables for runs in runs_of(variable))


def test_five_words_in_a_row_of_one_level_are_a_quotation():
    texts = pl.Series(
        [
            "You are Ada: you BELIEVE that most people, can be trusted.",
            "You are glad that most people can sing.",
            "You are free. You have signed a petition.",
            "You are free, and you have not signed a petition, but you might do it.",
        ]
    )
    names = [variable.name for variable in SPACE.variables]
    found = quoted_levels(texts, SPACE)
    trust, petition = (found[names.index(name)] for name in ("trust", "petition"))
    assert trust.tolist() == [[True, False], [False, False], [False, False], [False, False]]
    assert petition[:, :2].tolist() == [[False] * 2, [False] * 2, [True, False], [False, True]]
