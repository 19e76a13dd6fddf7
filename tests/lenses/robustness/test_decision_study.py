"""Decision study: the cheapest design of a wanted interval, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import t

from made_up_scores import planted
from valuescape.core import tables
from valuescape.lenses.robustness import decision_study
from valuescape.lenses.robustness import tables as robustness_tables

PARTS = {
    name: np.full(6, value)
    for name, value in {
        "configuration": 0.5, "wording": 0.01, "configuration x wording": 0.1, "answer": 0.3,
    }.items()
}  # fmt: skip


def test_a_half_width_by_hand():
    found = decision_study.half_widths(PARTS, [(144, 4, 2)], 93_312, 1)
    of_wordings = 0.01 / 4
    variance = 0.5 / 144 * (1 - 144 / 93_312) + of_wordings + (0.1 / 4 + 0.3 / 8) / 144
    freedom = 3 * (variance / of_wordings) ** 2
    assert found == pytest.approx(np.full((1, 6), t.ppf(0.975, freedom) * variance**0.5))


def test_the_proposed_design_is_the_cheapest_that_is_enough():
    table = decision_study.decision_table(PARTS, 93_312, 1)
    tables.check(table, robustness_tables.DECISION_STUDY, "the test")
    row = table.filter(foundation="care", half_width=0.1).row(0, named=True)
    assert row["predicted_half_width"] <= 0.1
    assert row["answers_an_item"] == row["personas"] * row["wordings"] * row["answers"]
    every = [(n, w, a) for n in (144, 288, 1728, 5184) for w in range(2, 31) for a in range(1, 6)
             if n * w * a < row["answers_an_item"]]  # fmt: skip
    assert (decision_study.half_widths(PARTS, every, 93_312, 1) > 0.1).all()


def test_what_wordings_differ_by_is_not_bought_by_personas():
    apart = PARTS | {"wording": np.full(6, 0.5)}
    table = decision_study.decision_table(apart, 93_312, 1)
    assert table.filter(half_width=0.05)["remark"].to_list() == [decision_study.TOO_WIDE] * 6
    unknown = decision_study.decision_table({"configuration": np.ones(6)}, 93_312, 1)
    assert set(unknown["remark"]) == {decision_study.UNKNOWN}
    assert unknown["personas"].null_count() == unknown.height


def test_the_mode_of_a_study_is_chosen_and_no_error():
    modes = PARTS | {
        name: np.full(6, value)
        for name, value in {
            "mode": 9.0, "configuration x mode": 0.25, "wording x mode": 0.02,
        }.items()
    }  # fmt: skip
    alone = PARTS | {"configuration": np.full(6, 0.75), "wording": np.full(6, 0.03)}
    tables_of = [decision_study.decision_table(each, 93_312, 1) for each in (modes, alone)]
    assert tables_of[0].equals(tables_of[1])


def test_predicted_half_widths_are_those_of_studies():
    """The mean score of studies drawn with the planted components scatters as predicted."""
    means = []
    for seed in range(60):
        rng = np.random.default_rng(1000 + seed)
        of_planted = np.linspace(-0.3, 0.3, 3)[:, None, None, None]
        of_study = rng.normal(0, 0.25, (3, 1, 1, 6))  # wordings drawn anew, in their place
        scores = planted(40, 1, 1, 1, w=3, seed=seed) - of_planted + of_study
        means.append(scores.reshape(-1, 6).mean(axis=0))
    parts = {
        "configuration": 0.5 + 0.2 + 0.1 + 0.05, "wording": 0.0625,
        "configuration x wording": 0.12, "answer": 0.3,
    }  # fmt: skip
    half = decision_study.half_widths(
        {name: np.full(6, value) for name, value in parts.items()}, [(40, 3, 1)], 10**9, 1
    )
    inside = np.abs(np.array(means) - 3) <= half
    assert inside.mean() > 0.93


def test_a_table_of_nothing_keeps_its_columns():
    table = decision_study.decision_table({}, 144, 2)
    assert isinstance(table, pl.DataFrame)
    assert table.height == 18
