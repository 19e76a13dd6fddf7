"""Dialects: what servers of the OpenAI protocol mean by what they say, each in its own way."""

from __future__ import annotations

import math
import re
from typing import Any

from valuescape.engine import LOWEST

# How a text is said to be cut, and how to be refused; every other reason is an end of its own.
CUT = {"length", "max_tokens", "model_length"}
REFUSED = {"content_filter", "refusal", "safety", "prohibited_content", "blocklist"}
THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
QUOTES = re.compile(r"""\A\s*(["'\u201c\u2018])(.*)(["'\u201d\u2019])\s*\Z""", re.DOTALL)
# A token as byte-level or SentencePiece vocabularies write it, and what it stands for.
MARKS = {"\u0120": " ", "\u2581": " ", "\u010a": "\n", "<0x0A>": "\n", "<0x20>": " "}


def is_cut(choice: dict[str, Any]) -> bool:
    """Return whether the length limit cut a text; servers have many words for an end of its own."""
    return str(choice.get("finish_reason")).lower() in CUT


def is_refused(choice: dict[str, Any]) -> bool:
    """Return whether a vendor declined to answer: by its reason, or by no text at all."""
    message = choice["message"]
    if message.get("refusal") or str(choice.get("finish_reason")).lower() in REFUSED:
        return True
    return message.get("content") is None and not is_cut(choice)


def unwrapped(text: str, *, quoted: bool) -> str:
    """Return a text without what chat models put around an answer.

    Parameters
    ----------
    text : str
        A think block before it, and a code fence around it, are no part of it.
    quoted : bool
        Whether quotation marks around the whole are none either.

    Returns
    -------
    str
        Without white space around.

    Examples
    --------
    >>> unwrapped('<think>Hm.</think> "Very happy"', quoted=True)
    'Very happy'
    """
    text = THOUGHT.sub("", text)
    fenced = FENCE.match(text)
    text = fenced[1] if fenced else text
    marked = QUOTES.match(text) if quoted else None
    return (marked[2] if marked else text).strip()


def plain(token: str) -> str:
    """Return the text of a token that may be written as its vocabulary has it.

    Examples
    --------
    >>> plain("\u0120A"), plain("\u2581A")
    (' A', ' A')
    """
    for mark, text in MARKS.items():
        token = token.replace(mark, text)
    return token


def summed(top: list[dict[str, Any]], label: str) -> float | None:
    """Return the log-probability of a label among the likeliest tokens.

    Parameters
    ----------
    top : list of dict
        ``token`` and ``logprob`` of each.
    label : str
        The label.

    Returns
    -------
    float or None
        Minus infinity if it is not among them; None if one is no number.

    Examples
    --------
    >>> top = [{"token": "A", "logprob": math.log(0.5)}, {"token": " A", "logprob": math.log(0.25)}]
    >>> round(math.exp(summed(top, "A")), 6), summed(top, "B")
    (0.75, -inf)
    """
    found = [entry["logprob"] for entry in top if plain(entry["token"]).strip() == label]
    if any(not isinstance(value, int | float) for value in found):
        return None
    if any(value > 0 or value < LOWEST for value in found):
        return math.nan
    shares = [math.exp(value) for value in found]
    return math.log(sum(shares)) if sum(shares) else -math.inf
