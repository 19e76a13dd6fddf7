"""Excerpts: what the report prints of the long tables of the lens."""

from __future__ import annotations

import polars as pl

from valuescape.lenses.morality import tables as moral_tables


def test_shares_are_printed_by_variable_and_foundation():
    shares = pl.DataFrame(
        [
            ("god", "care", "first_order", 0.1), ("god", "purity", "first_order", 0.3),
            ("trust", "care", "first_order", 0.2), ("trust", "care", "shapley", 0.4),
        ],
        schema=["variable", "foundation", "measure", "share"],
        orient="row",
    )  # fmt: skip
    found = moral_tables.ANOVA_SHARES.excerpt(shares)
    assert found.columns == ["variable", "care", "purity"]
    assert found.rows() == [("god", 0.1, 0.3), ("trust", 0.2, None)]


def test_core_variables_are_printed_by_rank_over_all_foundations():
    core = pl.DataFrame(
        [("all", "trust", 2, "s"), ("all", "god", 1, "s"), ("care", "trust", 1, "s")],
        schema=["foundation", "variable", "rank", "interval_from"],
        orient="row",
    )
    found = moral_tables.CORE_VARIABLES.excerpt(core)
    assert found.columns == ["variable", "rank"]
    assert found["variable"].to_list() == ["god", "trust"]


def test_scores_have_a_column_for_each_foundation():
    assert list(moral_tables.FOUNDATION_SCORES.columns) == [
        "persona_id", "care", "equality", "proportionality", "loyalty", "authority", "purity",
    ]  # fmt: skip
