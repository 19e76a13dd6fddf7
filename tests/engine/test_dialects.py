"""Dialects: what servers mean by what they say."""

from __future__ import annotations

import math

import pytest

from valuescape.engine.dialects import is_cut, is_refused, plain, summed, unwrapped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>Well.\n</think>\n\nVery happy", "Very happy"),
        ("<think></think>```\nVery happy\n```", "Very happy"),
        ("\u201cVery happy\u201d ", "Very happy"),
        ("'Very happy'", "Very happy"),
        ('He said "Very" and "happy"', 'He said "Very" and "happy"'),
        ("<think>I have not ended", "<think>I have not ended"),
    ],
)
def test_what_stands_around_an_answer_is_taken_off(text, expected):
    assert unwrapped(text, quoted=True) == expected


def test_a_json_text_keeps_its_quotes_but_not_its_fence():
    assert unwrapped('```json\n{"a": "b"}\n```', quoted=False) == '{"a": "b"}'
    assert unwrapped('"a"', quoted=False) == '"a"'


@pytest.mark.parametrize("token", ["A", " A", "\u0120A", "\u2581A", "\u010aA", "A<0x0A>", "A\n"])
def test_a_token_counts_as_its_label_however_its_space_is_written(token):
    assert plain(token).strip() == "A"
    assert summed([{"token": token, "logprob": -1.0}], "A") == pytest.approx(-1.0)


def test_a_tokens_log_probability_must_be_one():
    assert summed([{"token": "A", "logprob": None}], "A") is None
    assert math.isnan(summed([{"token": "A", "logprob": 2.0}], "A"))
    assert summed([{"token": "A", "logprob": None}], "B") == -math.inf  # another's


@pytest.mark.parametrize(
    ("reason", "cut"), [("length", True), (None, False), ("eos_token", False), ("STOP", False)]
)
def test_only_the_length_limit_cuts(reason, cut):
    choice = {"message": {"content": "Yes"}, "finish_reason": reason}
    assert (is_cut(choice), is_refused(choice)) == (cut, False)
