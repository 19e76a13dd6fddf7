"""Curves: shares up to a threshold, quantiles and tails, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from valuescape.core import tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.curves import (
    quantile_curve,
    quantile_table,
    tail_means,
    threshold_rows,
    threshold_table,
)


def test_shares_up_to_a_threshold_by_hand():
    emds = np.array([0.1, 0.2, 0.3, np.nan, 0.4])
    rows = threshold_rows("cell", "persona", emds, np.tile(emds, (3, 1)))
    share = dict(rows.select("threshold", "share").rows())
    assert [share[t] for t in (0.05, 0.1, 0.25, 0.4)] == [0, 0.25, 0.5, 1]
    assert set(rows["n"]) == {4}


def test_quantiles_and_tails_by_hand():
    four = np.array([0.4, 0.1, 0.2, 0.3])
    assert quantile_curve(four, np.array([0.0, 0.5, 1.0])) == pytest.approx([0.1, 0.25, 0.4])
    # the worst half; of the worst 0.6 of four, 2.4 cells: 0.4, 0.3 and 0.4 of the 0.2
    tails = tail_means(four, np.array([0.5, 0.4]))
    assert tails == pytest.approx([0.35, (0.4 + 0.3 + 0.4 * 0.2) / 2.4])


def test_tables_hold_every_comparator_and_nothing_without_cells():
    emds = np.array([0.1, 0.3])
    known, none = (emds, np.tile(emds, (5, 1))), (np.zeros(0), np.zeros((5, 0)))
    thresholds = threshold_table({"persona": known}, {"persona": known, "uniform": none})
    tables.check(thresholds, alignment_tables.THRESHOLDS, "the test")
    assert set(thresholds.select("unit", "comparator").rows()) == {
        ("question", "persona"), ("cell", "persona")
    }  # fmt: skip
    quantiles = quantile_table({"persona": known, "uniform": none})
    tables.check(quantiles, alignment_tables.QUANTILES, "the test")
    assert set(quantiles["comparator"]) == {"persona"}
