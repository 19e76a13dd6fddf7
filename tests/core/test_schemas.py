"""Schemas: what breaks one is told in words, and how it is to be written."""

from __future__ import annotations

import pytest

from valuescape.core.schemas import closest, dotted, problems

SCHEMA = {
    "type": "object",
    "required": ["n"],
    "additionalProperties": False,
    "properties": {
        "n": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many."},
        "x": {"type": "number"},
        "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 3},
    },
}


@pytest.mark.parametrize(
    ("content", "reason", "hint"),
    [
        ({"n": 2.0}, "'n' is 2.0, not a whole number", "write 2"),
        ({"n": True}, "'n' is True, not a whole number", "n: How many."),
        ({"n": 0}, "'n' is 0, less than the least possible, 1", "n: How many."),
        ({"n": 10**12}, "'n' is 1000000000000, more than the most possible, 9", "n: How many."),
        ({"n": 1, "x": "1e3"}, "'x' is '1e3', not a number", "write 1000"),
        ({"n": 1, "name": True}, "'name' is True, not text", "write it in quotes, if it is meant"),
        ({"n": 1, "name": "a\n"}, "'name' is 'a\\n', which is not of the form ^[a-z]+$", ""),
        ({"n": 1, "name": "abcd"}, "'name' has 4 characters, more than 3", ""),
        ({"n": 1, "names": "a"}, "unknown key 'names'", "did you mean 'name'?"),
        ({}, "the key 'n' is missing", "n: How many."),
    ],
)
def test_a_breach_is_told_with_what_to_write(content, reason, hint):
    [found] = problems(content, SCHEMA)
    assert found.reason == reason
    assert found.hint.startswith(hint)


def test_places_and_guesses_are_told_in_a_word():
    assert dotted(("conditions", 0, "name")) == "conditions.0.name"
    assert dotted(()) == "the file"
    assert closest("modl", ["model", "seed"]) == "did you mean 'model'?"
    assert closest("zzz", ["b", "a"]) == "known are a, b"
