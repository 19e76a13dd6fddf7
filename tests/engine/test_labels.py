"""Labels: each one token of the tokenizer, none the beginning of another."""

from __future__ import annotations

import re

import pytest

from valuescape.core.errors import UserError
from valuescape.engine.labels import fault, safe_labels


def characters(text: str) -> list[int]:
    """Tokenize as a made-up tokenizer that knows single characters, with a space or without."""
    return [ord(token[-1]) + 1000 * token.startswith(" ") for token in re.findall(" ?[^ ]", text)]


def test_numbers_are_labels_as_long_as_none_begins_another():
    assert safe_labels(9, "numbers", " ", characters)[0] == tuple("123456789")
    labels, told = safe_labels(10, "numbers", " ", characters)
    assert labels == tuple("ABCDEFGHIJ")
    assert "numbers: ' 10' is 2 tokens, so not taken" in told


def test_one_label_that_begins_another_is_seen_even_where_each_is_one_token():
    whole = {" 1": 1, " 10": 10}
    assert fault(["1", "10"], " ", lambda text: [whole[text]]) == "'10' begins with '1'"


def test_labels_of_the_same_token_are_seen():
    assert fault(["A", "B"], "", lambda _: [0]) == "'A' is the same token as 'B'"


def test_where_no_labels_hold_the_user_is_told():
    with pytest.raises(UserError, match="no labels of 3 options apart: letters: ' A' is 2 tokens"):
        safe_labels(3, "letters", " ", lambda text: [ord(c) for c in text])
