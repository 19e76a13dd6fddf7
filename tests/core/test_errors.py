"""Errors: what stands there, and what to do."""

from __future__ import annotations

from valuescape.core.errors import UserError


def test_a_mistake_is_told_in_two_lines():
    error = UserError("demo.yaml, line 3: unknown key 'shard'", hint="did you mean 'shards'?")
    assert str(error) == "demo.yaml, line 3: unknown key 'shard'\nHint: did you mean 'shards'?"
    assert (error.message, error.hint) == tuple(str(error).split("\nHint: "))
