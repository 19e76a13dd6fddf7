"""Patterns: regular expressions that a model's text is held to while it writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What an engine may add to end a text: its end-of-turn token.
TOKENS_TO_END = 1


def literal(text: str) -> str:
    """Return the pattern of a text as it stands; a space needs no sign of its own."""
    return re.escape(text).replace(r"\ ", " ")


def one_of(texts: Iterable[str]) -> str:
    """Return the pattern of one of several texts."""
    return f"({'|'.join(literal(text) for text in texts)})"


def longest(texts: Sequence[str]) -> int:
    """Return a number of tokens in which each text has room: a token is at least one byte."""
    return max(len(text.encode()) for text in texts) + TOKENS_TO_END
