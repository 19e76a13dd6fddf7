"""Outcomes: what a written answer is. It is read as it stands; nothing is repaired.

The form is enforced while the model writes where an engine can do that; where it cannot, or where
the text was cut, these rules say what became of each answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

WHOLE = 100
"""How many people are divided over the options in mode verbalised."""
TOLERANCE = 10
"""How far their stated numbers may sum beside that; within it they are divided by their sum."""

# Phrases with which chat models decline, this project's own list; an option is looked for first.
REFUSAL = re.compile(
    r"\b(I('m| am) sorry|I (cannot|can't|can not|won't|will not|am unable|'m unable)|as an AI|"
    r"language model|prefer not to|decline to|refuse to|no comment)\b",
    re.IGNORECASE,
)
# A lone number (in the digits of any script) or letter is an answer on a scale; which of them are
# options, the question says.
ON_A_SCALE = re.compile(r"-?\d+([.,\u066b]\d+)?|[^\W\d_]")
FULL_STOPS = ".\u3002\u06d4\u0964"  # of Latin, of Chinese and Japanese, of Urdu, of Hindi
PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*(?=[,}])')


@dataclass(frozen=True)
class Outcome:
    """What a text is as an answer.

    Attributes
    ----------
    status : str
        valid, refused, malformed, truncated or out_of_range.
    option : int or None
        Position of the option, from 0; None unless valid.
    """

    status: str
    option: int | None = None


def is_refusal(text: str, further: Sequence[str] = ()) -> bool:
    """Return whether a text declines to answer, in English or with one of further phrases."""
    said = text.casefold()
    return REFUSAL.search(text) is not None or any(each.casefold() in said for each in further)


def read_answer(
    text: str,
    options: Sequence[str],
    *,
    finished: bool,
    status: str = "",
    refusals: Sequence[str] = (),
) -> Outcome:
    """Return what a text is as an answer to one question.

    Parameters
    ----------
    text : str
        What was written.
    options : sequence of str
        Texts or labels, in survey order. White space around, case and a final full stop make
        no difference.
    finished : bool
        False if the length limit cut it.
    status : str
        What the engine knows it is, if not empty: no text is read then.
    refusals : sequence of str
        Phrases that decline in the language of the question, beside English ones.

    Returns
    -------
    Outcome
        Refused stands before truncated: a long refusal is one.
    """
    if status:
        return Outcome(status)
    said = _plain(text)
    known = [_plain(option) for option in options]
    if finished and said in known:
        return Outcome("valid", known.index(said))
    if is_refusal(text, refusals):
        return Outcome("refused")
    if not finished:
        return Outcome("truncated")
    return Outcome("out_of_range" if ON_A_SCALE.fullmatch(said) else "malformed")


def read_battery(
    text: str,
    options: Mapping[str, Sequence[str]],
    *,
    finished: bool,
    status: str = "",
    refusals: Sequence[str] = (),
) -> dict[str, Outcome]:
    """Return what a text is as an answer to each question of a battery.

    Parameters
    ----------
    text : str
        What was written: a JSON object from codes to answers.
    options : mapping of str to sequence of str
        By code of the question.
    finished : bool
        False if the length limit cut it; answers before the cut count.
    status, refusals
        As in `read_answer`.

    Returns
    -------
    dict of str to Outcome
        By code of the question, all of them.
    """
    if status:
        return dict.fromkeys(options, Outcome(status))
    given = _object(text) if finished else {}
    if given is None or not finished:
        if is_refusal(text, refusals):
            return dict.fromkeys(options, Outcome("refused"))
        given = dict(_pair(*found) for found in PAIR.findall(text)) if not finished else {}
    absent = Outcome("malformed" if finished else "truncated")
    return {
        code: read_answer(given[code], own, finished=True, refusals=refusals)
        if code in given
        else absent
        for code, own in options.items()
    }


def read_shares(
    text: str, options: Sequence[str], *, finished: bool, status: str = ""
) -> tuple[str, NDArray[np.float64] | None]:
    """Return what a text is as a statement of how many choose each option.

    Parameters
    ----------
    text : str
        What was written: a JSON object from options to numbers of `WHOLE`.
    options : sequence of str
        Texts or labels, in survey order; white space around, case and a full stop make no
        difference.
    finished : bool
        False if the length limit cut it.
    status : str
        As in `read_answer`.

    Returns
    -------
    str
        What became of it. Malformed if an option is missing or strange, a number is negative, or
        they sum to more than `TOLERANCE` beside `WHOLE`.
    ndarray of float64, shape (n_options,), or None
        The numbers over their sum, in survey order; None unless valid.
    """
    if status:
        return status, None
    stated = _numbers(text) if finished else None
    if stated is None:
        if is_refusal(text):
            return "refused", None
        return ("malformed" if finished else "truncated"), None
    known = [_plain(option) for option in options]
    if stated.keys() != set(known):
        return "malformed", None
    numbers = np.array([stated[option] for option in known], dtype=np.float64)
    total = numbers.sum()
    if numbers.min() < 0 or not abs(total - WHOLE) <= TOLERANCE:
        return "malformed", None
    return "valid", numbers / total


def _numbers(text: str) -> dict[str, float] | None:
    """Return the numbers of a JSON object by option; None if the text is no such object."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    if not isinstance(content, dict) or not all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in content.values()
    ):
        return None
    return {_plain(option): float(value) for option, value in content.items()}


def _object(text: str) -> dict[str, str] | None:
    """Return the answers of a JSON object by code; None if the text is no such object."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    # another kind of value is no answer, and no option either
    return {
        code: str(value)
        for code, value in content.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }


def _pair(code: str, value: str) -> tuple[str, str]:
    return code, value.strip('"')


def _plain(text: str) -> str:
    said = text.strip()
    return (said[:-1] if said.endswith(tuple(FULL_STOPS)) else said).casefold()
