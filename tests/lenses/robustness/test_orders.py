"""Order effects: planted shifts and a leaning to what is listed last come back."""

from __future__ import annotations

import numpy as np
import pytest

from made_up_answers import instrument, probabilities_about, question, responses
from valuescape.core import tables
from valuescape.lenses.robustness import orders
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables

ASKED = instrument(question("Q1", range(1, 5)), question("Q2", range(1, 4)), question("Q3", (0, 1)))
DRAWS = Draws(100, 1)


def answered(seed: int, shift: float, valid=None):
    rng = np.random.default_rng(seed)
    places = {q.id: np.clip(rng.normal(0.5 + shift, 0.1, 60), 0, 1) for q in ASKED.questions}
    places["Q3"] = np.full(60, 0.5)
    given = {
        q.id: probabilities_about(q, q.values[0] + (q.values[-1] - q.values[0]) * places[q.id])
        for q in ASKED.questions
    }
    return responses(ASKED, given, valid)


def test_a_planted_shift_is_found_and_what_does_not_move_is_not():
    forward, backward = answered(1, 0.0), answered(2, 0.1)
    table = orders.order_table(ASKED, (forward, backward), "probabilities", DRAWS)
    tables.check(table, robustness_tables.ORDER_EFFECTS, "the test")
    rows = {row["question"]: row for row in table.iter_rows(named=True)}
    for code in ("Q1", "Q2"):
        assert rows[code]["shift_low"] < 0.1 < rows[code]["shift_high"]
        assert rows[code]["shift"] == pytest.approx(rows[code]["reversed"] - rows[code]["forward"])
        assert rows[code]["distance"] > rows[code]["null_95_distance"]
    assert rows["Q3"]["remark"] == orders.NO_DIFFERENCE
    assert (rows["Q3"]["shift"], rows["Q3"]["shift_low"]) == (0.0, None)
    assert rows["all"]["shift"] == pytest.approx(
        np.mean([rows[q.id]["shift"] for q in ASKED.questions])
    )


def test_who_refused_in_one_order_counts_in_neither():
    refused = {"Q1": ["refused"] * 60, "Q2": ["refused", *["valid"] * 59]}
    table = orders.order_table(
        ASKED, (answered(1, 0.0, refused), answered(2, 0.1)), "probabilities", DRAWS
    )
    rows = {row["question"]: row for row in table.iter_rows(named=True)}
    assert (rows["Q1"]["n_personas"], rows["Q1"]["remark"]) == (0, orders.NOBODY)
    assert rows["Q2"]["n_personas"] == 59
    assert rows["all"]["distance"] == pytest.approx(
        np.mean([rows[code]["distance"] for code in ("Q2", "Q3")])
    )


def test_the_command_writes_no_rows_without_a_counterpart(tmp_path):
    orders.main(instruments=[tmp_path / "none.yaml"], forward=[], reversed=[],
                readout="probabilities", seed=1, replicates=20,
                order_effects=tmp_path / "found")  # fmt: skip
    assert tables.read(tmp_path / "found", robustness_tables.ORDER_EFFECTS).is_empty()


def test_responses_are_those_that_the_stage_writes():
    tables.check(answered(1, 0.0), study_tables.RESPONSES, "the test")
