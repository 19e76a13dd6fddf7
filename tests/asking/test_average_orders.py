"""Both orders: means of two answers, and what becomes of one that is not valid."""

from __future__ import annotations

import numpy as np

from made_up_answers import instrument, question, responses
from valuescape.asking.average_orders import average_orders
from valuescape.core import tables
from valuescape.study import tables as study_tables

ASKED = instrument(question("Q1", (1, 2, 3)))


def test_the_mean_of_two_answers_is_an_answer():
    first = np.array([[0.6, 0.3, 0.1], [1.0, 0.0, 0.0], [0.2, 0.2, 0.6]])
    second = np.array([[0.2, 0.7, 0.1], [0.0, 0.0, 1.0], [0.1, 0.1, 0.8]])
    found = average_orders(
        responses(ASKED, {"Q1": first}, {"Q1": ["valid", "valid", "refused"]}),
        responses(ASKED, {"Q1": second}, {"Q1": ["valid", "malformed", "truncated"]}),
        ASKED,
    )
    tables.check(found, study_tables.RESPONSES, "the test")
    assert found["Q1_status"].to_list() == ["valid", "malformed", "refused"]
    assert found.select("Q1_p1", "Q1_p2", "Q1_p3").row(0) == (4000, 5000, 1000)
    assert found.select("Q1_p1", "Q1_p2", "Q1_p3").row(1) == (None, None, None)
    assert found["Q1"].to_list() == [2, None, None]
    assert found["Q1_attempts"].to_list() == [2, 2, 2]
    assert found.columns == responses(ASKED, {"Q1": first}).columns
