"""Reliability of the respondent, by question and scale: planted shares come back."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from made_up_scores import PLANTED, planted
from valuescape.core import tables
from valuescape.lenses.robustness import item_reliability
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.gstudy import facets_of
from valuescape.stats.resampling import Draws
from valuescape.study.conditions import Condition

CONDITIONS = [
    Condition(f"w{wording}r{replicate}", wording=f"w{wording}", replicate=replicate)
    for wording in range(3)
    for replicate in range(2)
]
FACETS = [facets_of(each) for each in CONDITIONS]


def row_of(answered):
    row = item_reliability.reliability_row("made_up", "Q1", answered, FACETS, Draws(40, 1))
    schema = dict(robustness_tables.ITEM_RELIABILITY.columns)
    table = pl.DataFrame([row], schema=schema, orient="row").fill_nan(None)
    return tables.check(table, robustness_tables.ITEM_RELIABILITY, "the test").row(0, named=True)


def test_planted_shares_come_back():
    scores = planted(1500, 1, 1, 2, w=3)[..., 0]
    row = row_of([scores[:, 0, 0, w, 0, r] for w in range(3) for r in range(2)])
    # one biography, one order: the configuration holds what they add
    signal = sum(PLANTED[name] for name in ("configuration", "biography", "configuration x order",
                                            "biography x order"))  # fmt: skip
    errors = PLANTED["configuration x wording"] + PLANTED["answer"]
    assert row["icc"] == pytest.approx(signal / (signal + errors), abs=0.03)
    assert row["ci_low"] < row["icc"] < row["ci_high"]
    total = signal + errors + 0.09  # three wordings over 0.6
    assert row["share_wording"] == pytest.approx((0.12 + 0.09) / total, abs=0.03)
    assert row["share_answer"] == pytest.approx(0.3 / total, abs=0.03)
    shares = [row[f"share_{name}"] for name in ("configuration", "wording", "answer", "rest")]
    assert sum(shares) == pytest.approx(1)
    assert row["share_order"] is None
    assert (row["n_wordings"], row["n_answers"]) == (3, 2)


@pytest.mark.parametrize(
    ("answered", "remark"),
    [
        ([np.full(9, 3.0)] * 6, item_reliability.NO_VARIANCE),
        ([np.full(9, np.nan)] * 6, item_reliability.NOBODY),
    ],
)
def test_what_is_not_defined_says_why(answered, remark):
    row = row_of(answered)
    assert (row["remark"], row["icc"], row["share_configuration"]) == (remark, None, None)
