"""Constraint: dependent answers are told from independent ones."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.constraint import compare_constraint
from valuescape.stats.resampling import Draws

DRAWS = Draws(200, 1)


def test_dependent_answers_are_told_from_independent_ones():
    rng = np.random.default_rng(2)
    apart, common = rng.normal(size=(800, 10)), rng.normal(size=(800, 1))
    for answered, dependent in ((apart, False), (apart + 2 * common, True)):
        found = compare_constraint(answered, apart, np.array([2.6, 1.3]), DRAWS)
        tables.check(found, map_tables.CONSTRAINT, "the test")
        row = found.filter(
            (pl.col("object") == "persona") & (pl.col("measure") == "first_component_share")
        ).row(0, named=True)
        assert (row["ci_low"] > row["null_95"]) == dependent
        values = found.filter(
            (pl.col("object") == "persona") & pl.col("measure").str.starts_with("eigenvalue")
        )
        assert values["estimate"].sum() == pytest.approx(10)
    constant = np.column_stack([np.ones(800), apart[:, 1:]])
    unknown = compare_constraint(constant, apart, np.array([2.6, 1.3]), DRAWS)
    assert unknown.filter(pl.col("object") == "persona")["estimate"].null_count() == 12


def test_a_whole_human_spectrum_tells_the_dependence():
    rng = np.random.default_rng(7)
    people = np.array([3.0, 1.4, 1.0, 0.9, 0.8, 0.7, 0.6, 0.6, 0.5, 0.5])
    for known, is_known in ((people, True), (people[:2], False)):
        found = compare_constraint(
            rng.normal(size=(90, 10)), rng.normal(size=(90, 10)), known, DRAWS
        )
        of = dict(found.filter(object="human").select("measure", "estimate").rows())
        assert of["first_component_share"] == pytest.approx(0.3)
        assert ("effective_dependence" in of) == is_known
    whole = compare_constraint(rng.normal(size=(90, 10)), rng.normal(size=(90, 10)), people, DRAWS)
    dependence = whole.filter(object="human", measure="effective_dependence")["estimate"].item()
    assert dependence == pytest.approx(1 - people.prod() ** 0.1)
