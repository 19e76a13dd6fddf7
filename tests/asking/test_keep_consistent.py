"""Consistent personas: answers of others are set aside, and stay accounted for."""

from __future__ import annotations

import polars as pl

from made_up_answers import instrument, question
from valuescape.asking.gather import check_accounts
from valuescape.asking.keep_consistent import set_aside

SMALL = instrument(question("Q1", [1, 2]))


def test_valid_answers_of_contradicting_personas_are_set_aside():
    answered = pl.DataFrame(
        {
            "persona_id": [3, 5, 8],
            "Q1_status": ["valid", "malformed", "valid"],
            "Q1": [1, None, 2],
            "Q1_p1": [9, None, 8],
        },
        schema_overrides={"persona_id": pl.UInt32},
    )
    consistency = pl.DataFrame(
        {"persona_id": [3, 5, 8], "n_contradictions": [2, 1, 0]},
        schema_overrides={"persona_id": pl.UInt32},
    )
    found = set_aside(answered, SMALL, consistency)
    assert found["Q1_status"].to_list() == ["set_aside", "malformed", "valid"]
    assert found["Q1"].to_list() == [None, None, 2]
    assert found["Q1_p1"].to_list() == [None, None, 8]
    assert found.schema == answered.schema
    check_accounts(found, SMALL, "all")
