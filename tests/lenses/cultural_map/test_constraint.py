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
        found = compare_constraint({"persona": [answered]}, apart, np.array([2.6, 1.3]), DRAWS)
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
    unknown = compare_constraint({"persona": [constant]}, apart, np.array([2.6, 1.3]), DRAWS)
    assert unknown.filter(pl.col("object") == "persona")["estimate"].null_count() == 12


def test_a_whole_human_spectrum_tells_the_dependence():
    rng = np.random.default_rng(7)
    people = np.array([3.0, 1.4, 1.0, 0.9, 0.8, 0.7, 0.6, 0.6, 0.5, 0.5])
    for known, is_known in ((people, True), (people[:2], False)):
        found = compare_constraint({}, rng.normal(size=(90, 10)), known, DRAWS)
        of = dict(found.filter(object="human").select("measure", "estimate").rows())
        assert of["first_component_share"] == pytest.approx(0.3)
        assert ("effective_dependence" in of) == is_known
    assert of.get("effective_dependence") is None
    whole = compare_constraint({}, rng.normal(size=(90, 10)), people, DRAWS)
    dependence = whole.filter(object="human", measure="effective_dependence")["estimate"].item()
    assert dependence == pytest.approx(1 - people.prod() ** (1 / 9))


def test_the_determinant_has_one_root():
    """Referee A12: 1 - det(R)^(1 / (p - 1)), as in scale quality: .190 where 1 / p gives .173."""
    tied = 1 - (1 - 0.190) ** 9
    pair = np.sqrt(tied)
    people = np.array([1 + pair, *np.ones(8), 1 - pair])
    found = compare_constraint({}, np.random.default_rng(1).normal(size=(90, 10)), people, DRAWS)
    of = dict(found.filter(object="human").select("measure", "estimate").rows())
    assert of["effective_dependence"] == pytest.approx(0.190)


def test_personas_read_as_individuals_depend_less():
    """Expectations of one persona factor agree; the options drawn of them hardly do."""
    rng = np.random.default_rng(4)
    mean = rng.uniform(0.2, 0.8, (500, 1)) * np.ones((1, 10))
    drawn = [(rng.random((500, 10)) < mean).astype(float) for _ in range(4)]
    answered = {"persona": [mean + rng.normal(0, 1e-3, mean.shape)], "persona_drawn": drawn}
    found = compare_constraint(answered, rng.normal(size=(500, 10)), np.array([2.6, 1.3]), DRAWS)
    tables.check(found, map_tables.CONSTRAINT, "the test")
    rows = found.filter(measure="first_component_share")
    of = {row["object"]: row for row in rows.iter_rows(named=True)}
    assert of["persona"]["estimate"] > 0.99
    # correlation of two options: variance .03 of the mean over .25
    assert of["persona_drawn"]["estimate"] == pytest.approx((1 + 9 * 0.12) / 10, abs=0.02)
    assert of["persona_drawn"]["ci_low"] < of["persona_drawn"]["estimate"]


def test_nobody_with_all_answers_has_no_constraint():
    nobody = {"persona": [np.full((9, 10), np.nan)], "persona_drawn": [np.ones((1, 10))]}
    found = compare_constraint(nobody, np.eye(10), np.array([2.6, 1.3]), DRAWS)
    tables.check(found, map_tables.CONSTRAINT, "the test")
    assert found.filter(pl.col("object").str.starts_with("persona"))["estimate"].is_null().all()
