"""Rows of responses: by hand, in any order, and whole with the last answer."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_up_answers import instrument, question
from valuescape.answers.expected import outcome_counts
from valuescape.asking.elicitation import Answer, AskingPlan
from valuescape.asking.elicitation.single import answer
from valuescape.asking.response_rows import (
    OpenRows,
    answer_columns,
    response_table,
)
from valuescape.asking.runs import InstrumentRun
from valuescape.engine import Chosen
from valuescape.study.conditions import Condition

ASKED = question("Q1", [1, 2, 4])
SMALL = instrument(ASKED, question("Q2", [0, 1]))
DRAWN = {"name": "base", "replicate": 0, "readout": "drawn"}


def table_of(known, asked=SMALL, seed=1, **keys):
    """Return the table of these answers, which must complete a row of each persona."""
    rows = OpenRows([InstrumentRun(asked, asked, None, set())])
    done = [row for row in map(rows.enter, answered(known, seed, **keys)) if row]
    assert {name for name, _ in done} == {asked.name}
    columns = response_table(asked).columns
    return pl.DataFrame([row for _, row in done], schema=columns).sort("persona_id")


def answered(known, seed=1, **keys):
    """Return what these probabilities are as answers."""
    plan = AskingPlan(Condition.read(DRAWN | keys), None, seed, {}, {})
    return [answer(chosen, plan, {}) for chosen in known]


def logarithms(*probabilities: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array(probabilities))


def test_an_answer_by_hand():
    chosen = Chosen((7, "made_up", "Q1"), logarithms(0.1, 0.3, 0.0))
    (found,) = answered([chosen], readout="modal")
    assert answer_columns(ASKED, found) == {
        "Q1": 2,
        "Q1_status": "valid",
        "Q1_attempts": 1,
        "Q1_mass": pytest.approx(0.4),
        "Q1_p1": 2500,
        "Q1_p2": 7500,
        "Q1_p3": 0,
    }


def test_a_written_answer_has_no_probabilities():
    columns = answer_columns(ASKED, Answer(7, "made_up", "Q1", "valid", 2, attempts=3))
    assert columns["Q1"] == 4
    assert columns["Q1_attempts"] == 3
    assert [columns[f"Q1_{name}"] for name in ("mass", "p1", "p2", "p3")] == [None] * 4


@pytest.mark.parametrize("values", [[-math.inf] * 3, [-1.0, math.nan, -2.0]], ids=str)
def test_an_answer_without_probabilities_is_malformed_and_counted(values):
    known = [
        Chosen((7, "made_up", "Q1"), np.array(values)),
        Chosen((7, "made_up", "Q2"), logarithms(0.5, 0.5)),
    ]
    table = table_of(known)
    assert table["Q1_status"].to_list() == ["malformed"]
    assert table.select("Q1", "Q1_mass", "^Q1_p.*$").row(0) == (None,) * 5
    assert outcome_counts(table, "Q1") == {
        "valid": 0, "refused": 0, "malformed": 1, "truncated": 0, "out_of_range": 0, "not_asked": 0,
        "set_aside": 0,
    }  # fmt: skip
    assert outcome_counts(table, "Q2")["valid"] == 1


def probabilities() -> list[Chosen]:
    rng = np.random.default_rng(1)
    return [
        Chosen((persona, "made_up", asked.id), np.log(rng.dirichlet(np.ones(asked.n_options)) / 2))
        for persona in range(5)
        for asked in SMALL.questions
    ]


@settings(max_examples=20)
@given(st.permutations(range(10)))
def test_answers_in_any_order_give_the_same_table(order):
    known = probabilities()
    table = table_of(known)
    assert table.height == 5
    assert table_of([known[position] for position in order]).equals(table)


def test_a_row_is_done_with_its_last_answer():
    rows = OpenRows([InstrumentRun(SMALL, SMALL, None, set())])
    first, second, other = answered(probabilities()[:3])
    assert rows.enter(first) is None
    assert rows.enter(other) is None
    name, row = rows.enter(second)
    assert (name, row["persona_id"]) == ("made_up", 0)
    assert list(row) == list(response_table(SMALL).columns)


def test_a_draw_is_anew_for_another_replicate_condition_or_seed():
    one = instrument(ASKED)
    known = [Chosen((k, "made_up", "Q1"), logarithms(0.3, 0.4, 0.3)) for k in range(40)]

    def drawn(**keys: object) -> tuple[int, ...]:
        return tuple(table_of(known, one, **keys)["Q1"])

    assert len({drawn(), drawn(replicate=1), drawn(name="reversed"), drawn(seed=2)}) == 4
    assert drawn() == drawn()
