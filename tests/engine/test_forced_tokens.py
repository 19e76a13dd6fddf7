"""Forced tokens: followed through the batch. vLLM is not needed, only the names it gives."""

from __future__ import annotations

import enum
import importlib
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

Direction = enum.Enum("Direction", ["UNIDIRECTIONAL", "SWAP"])


@pytest.fixture
def forced(monkeypatch):
    """Return the processor, imported where vLLM is not."""
    interface = ModuleType("vllm.v1.sample.logits_processor")
    interface.LogitsProcessor = object
    interface.MoveDirectionality = Direction
    for name in ("vllm", "vllm.v1", "vllm.v1.sample"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    monkeypatch.delitem(sys.modules, "valuescape.engine.forced_tokens", raising=False)
    module = importlib.import_module("valuescape.engine.forced_tokens")
    yield module.ForcedTokens(None, None, is_pin_memory=False)
    sys.modules.pop("valuescape.engine.forced_tokens")


def update(added=(), removed=(), moved=()):
    return SimpleNamespace(added=list(added), removed=list(removed), moved=list(moved))


def added(place, tokens, said):
    extra = None if tokens is None else {"forced_tokens": tokens}
    return (place, SimpleNamespace(extra_args=extra), [], said)


def possible(processor, n_rows=3):
    """Return, row by row, the only token left possible; None where all are."""
    logits = processor.apply(np.ones((n_rows, 9)))
    return [int(row.argmax()) if np.isinf(row).sum() == 8 else None for row in logits]


def test_the_next_token_is_the_only_one_and_others_are_free(forced):
    said = []
    forced.update_state(update([added(0, [4, 5], said), added(1, None, [])]))
    assert possible(forced) == [4, None, None]
    said.append(4)  # vLLM's own list grows
    assert possible(forced) == [5, None, None]
    forced.update_state(None)
    assert possible(forced) == [5, None, None]


def test_requests_are_followed_as_they_move(forced):
    forced.update_state(update([added(0, [4], []), added(1, [5], [])]))
    forced.update_state(update(moved=[(0, 1, Direction.SWAP)]))
    assert possible(forced) == [5, 4, None]
    forced.update_state(update(removed=[0], moved=[(1, 2, Direction.UNIDIRECTIONAL)]))
    assert possible(forced) == [None, None, 4]
    forced.update_state(update([added(2, None, [])]))  # another takes its place
    assert possible(forced) == [None, None, None]
    assert not forced.is_argmax_invariant()
