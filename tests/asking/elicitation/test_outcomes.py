"""Outcomes: what a written answer is, read as it stands."""

from __future__ import annotations

import pytest

from valuescape.asking.elicitation.outcomes import Outcome, read_answer, read_battery, read_shares

OPTIONS = (" Good thing", " Don't mind", " Bad thing")
BATTERY = {"Q1": ("A", "B"), "Q2": ("A", "B", "C")}


@pytest.mark.parametrize(
    ("text", "finished", "outcome"),
    [
        (" Good thing", True, Outcome("valid", 0)),
        ("good thing.\n", True, Outcome("valid", 0)),
        (" Good", True, Outcome("malformed")),  # the beginning of an option is none
        (" Good thing", False, Outcome("truncated")),  # it may have gone on
        (" 7", True, Outcome("out_of_range")),
        ("Z", True, Outcome("out_of_range")),
        ("I'm sorry, but I cannot answer that.", True, Outcome("refused")),
        ("As an AI language model, I hold no", False, Outcome("refused")),
        ("", True, Outcome("malformed")),
        ("la la la", True, Outcome("malformed")),
    ],
)
def test_an_answer_is_read_as_it_stands(text, finished, outcome):
    assert read_answer(text, OPTIONS, finished=finished) == outcome


def test_an_option_that_sounds_like_a_refusal_is_an_option():
    options = ("I prefer not to say", "Yes")
    assert read_answer("I prefer not to say", options, finished=True) == Outcome("valid", 0)


@pytest.mark.parametrize(
    ("text", "finished", "first", "second"),
    [
        ('{"Q1": "B", "Q2": "C"}', True, Outcome("valid", 1), Outcome("valid", 2)),
        ('{"Q2": "C", "Q1": "b"}', True, Outcome("valid", 1), Outcome("valid", 2)),
        ('{"Q1": "B"}', True, Outcome("valid", 1), Outcome("malformed")),
        ('{"Q1": "B", "Q2": "Z"}', True, Outcome("valid", 1), Outcome("out_of_range")),
        ('{"Q1": 9, "Q2": null}', True, Outcome("out_of_range"), Outcome("malformed")),
        ('{"Q1": "B", "Q2": "', False, Outcome("valid", 1), Outcome("truncated")),
        ('{"Q1": "B', False, Outcome("truncated"), Outcome("truncated")),
        ("I'm sorry.", True, Outcome("refused"), Outcome("refused")),
        ("B, C", True, Outcome("malformed"), Outcome("malformed")),
        ('["B", "C"]', True, Outcome("malformed"), Outcome("malformed")),
    ],
)
def test_a_battery_accounts_for_each_of_its_questions(text, finished, first, second):
    assert read_battery(text, BATTERY, finished=finished) == {"Q1": first, "Q2": second}


@pytest.mark.parametrize(
    ("text", "finished", "status", "shares"),
    [
        ('{"A": 20, "B": 30, "C": 50}', True, "valid", [0.2, 0.3, 0.5]),
        ('{"c.": 50, "A": 20, "B": 30}', True, "valid", [0.2, 0.3, 0.5]),
        ('{"A": 20, "B": 30, "C": 60}', True, "valid", [2 / 11, 3 / 11, 6 / 11]),  # they sum to 110
        ('{"A": 20, "B": 30, "C": 61}', True, "malformed", None),
        ('{"A": 30, "B": 30, "C": 29.9}', True, "malformed", None),
        ('{"A": 0, "B": 0, "C": 0}', True, "malformed", None),
        ('{"A": 50, "B": 50}', True, "malformed", None),
        ('{"A": 20, "B": 30, "C": 50, "D": 0}', True, "malformed", None),
        ('{"A": -5, "B": 50, "C": 55}', True, "malformed", None),
        ('{"A": "20", "B": 30, "C": 50}', True, "malformed", None),
        ('{"A": true, "B": 50, "C": 49}', True, "malformed", None),
        ('{"A": NaN, "B": 50, "C": 49}', True, "malformed", None),
        ("[20, 30, 50]", True, "malformed", None),
        ('{"A": 20, "B": 3', False, "truncated", None),
        ("I'm sorry, I cannot say.", True, "refused", None),
    ],
)
def test_stated_shares_are_those_of_all_options_and_sum_to_a_hundred(
    text, finished, status, shares
):
    found, stated = read_shares(text, (" A", " B", " C"), finished=finished)
    assert found == status
    assert (None if stated is None else stated.tolist()) == (shares and pytest.approx(shares))


def test_what_an_engine_knows_of_shares_is_not_read():
    assert read_shares("", ("A",), finished=True, status="refused") == ("refused", None)
