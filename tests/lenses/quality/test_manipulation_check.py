"""Manipulation check: slopes come back, and personas that ignore their level are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import instrument, question
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.manipulation_check import (
    TOO_FEW,
    check_manipulation,
    configured_and_answered,
    top_above_bottom,
)
from valuescape.stats.resampling import Draws
from valuescape.study.space import read_space

SPACE_FILE = Path(__file__).parents[3] / "config/persona_space.yaml"


def test_planted_slopes_come_back():
    rng = np.random.default_rng(6)
    configured = np.tile(np.arange(1.0, 5.0), 500)[:, None].repeat(3, axis=1)
    answered = np.column_stack(
        [
            1 + 0.5 * configured[:, 0] + rng.normal(0, 0.2, 2000),
            rng.normal(2.5, 0.5, 2000),
            np.full(2000, 2.0),
        ]
    )
    answered[:50, 0] = np.nan
    found = check_manipulation(["held", "ignored", "constant"], configured, answered, Draws(400, 1))
    tables.check(found, quality_tables.MANIPULATION_CHECK, "the test")
    of = {row["variable"]: row for row in found.iter_rows(named=True)}
    held = of["held"]
    assert held["ci_low"] < 0.5 < held["ci_high"]
    assert held["slope"] == pytest.approx(0.5, abs=0.02)
    known = ~np.isnan(answered[:, 0])
    r = np.corrcoef(configured[known, 0], answered[known, 0])[0, 1]
    assert held["correlation"] == pytest.approx(r)
    assert held["top_above_bottom"] > 0.99
    assert abs(of["ignored"]["correlation"]) < 2 * of["ignored"]["null_95_correlation"]
    assert of["ignored"]["null_95_correlation"] == pytest.approx(1.96 / np.sqrt(2000), rel=0.15)
    assert of["constant"]["slope"] == 0
    assert of["constant"]["correlation"] is None
    assert of["constant"]["ci_low"] is of["constant"]["null_95_correlation"] is None
    assert of["constant"]["remark"].endswith("the same for all personas")
    assert of["constant"]["top_above_bottom"] == 0.5


@pytest.mark.parametrize("n", [0, 1, 2])
def test_of_hardly_any_answers_nothing_is_claimed(n):
    configured = np.tile(np.arange(1.0, 5.0), 5)[:, None]
    answered = np.where(np.arange(20) < n, configured[:, 0], np.nan)[:, None]
    found = check_manipulation(["trust"], configured, answered, Draws(20, 1)).row(0, named=True)
    assert {found[name] for name in ("slope", "ci_low", "correlation", "null_95_correlation")} == {
        None
    }
    assert (found["n_personas"], found["remark"]) == (n, TOO_FEW)


def test_top_above_bottom_by_hand():
    configured = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 3.0])
    answered = np.array([1.0, 2.0, 9.0, 2.0, 5.0, np.nan])
    # pairs of top and bottom: 2>1, 2=2, 5>1, 5>2
    assert top_above_bottom(configured, answered) == 3.5 / 4


def test_unknown_variable_is_refused():
    space = read_space(SPACE_FILE)
    asked = instrument(question("Q1", (1, 2), variable="thrift"))
    personas = pl.DataFrame({v.name: [0] for v in space.variables}, schema_overrides={})
    with pytest.raises(UserError, match="Q1: no variable 'thrift'"):
        configured_and_answered(space, personas, [(asked, pl.DataFrame())], "modal")
