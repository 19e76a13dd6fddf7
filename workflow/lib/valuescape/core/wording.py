"""What every output says to its reader: whose answers these are, and numbers in print."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SYNTHETIC_RESPONDENT = "SYNTHETIC RESPONDENT - not an LLM"
SYNTHETIC_SURVEY = "SYNTHETIC SURVEY - not humans"
_MEANINGS = {
    SYNTHETIC_RESPONDENT: (
        "These answers come from a formula that tests the workflow; they mean nothing."
    ),
    SYNTHETIC_SURVEY: (
        "The human answers come from a made-up survey file; what is said of humans means nothing."
    ),
}
# Files of which single respondents were read; tables made from them carry their version.
_SURVEY_VERSIONS = ("wvs7 version", "trend version")
PREDICTED = "predicted from"
"""Key of the provenance of answers that a response surface predicted: from how many personas."""
NOT_PEOPLE = "LLM personas are not people."
NO_LLM = "No LLM was asked for this."
UNKNOWN = "\N{EN DASH}"


def synthetic_marks(provenance: Mapping[str, str]) -> dict[str, str]:
    """Return what a result must say first if answers behind it were made up.

    Parameters
    ----------
    provenance : mapping of str to str
        Of the tables read.

    Returns
    -------
    dict of str to str
        Mark and what it means: of the synthetic respondent, of a synthetic survey file, of both,
        or empty. Also where only some of the tables are synthetic.
    """
    marks = []
    if "synthetic" in provenance.get("engine", ""):
        marks.append(SYNTHETIC_RESPONDENT)
    if any("SYNTHETIC" in provenance.get(key, "") for key in _SURVEY_VERSIONS):
        marks.append(SYNTHETIC_SURVEY)
    return {mark: _MEANINGS[mark] for mark in marks}


def marks(provenance: Mapping[str, str]) -> dict[str, str]:
    """Return what a page must say first: what was made up, and what was not asked.

    Parameters
    ----------
    provenance : mapping of str to str
        Of the tables read.

    Returns
    -------
    dict of str to str
        `synthetic_marks`, and of answers that were predicted from how many.
    """
    found = synthetic_marks(provenance)
    if PREDICTED in provenance:
        found[f"Answers {PREDICTED} {provenance[PREDICTED]}"] = (
            "All other configurations were not asked: a response surface stands for them. "
            "The headlines and table surface_quantities hold its error; the intervals of the other "
            "tables take its predictions as given."
        )
    return found


def origin(provenance: Mapping[str, str]) -> str:
    """Return in a line whose answers these are.

    Parameters
    ----------
    provenance : mapping of str to str
        Of the tables read; without ``engine`` no LLM was asked.

    Returns
    -------
    str
        What a persona is not, then model, design and condition as far as known.
    """
    if "engine" not in provenance:
        return NO_LLM
    known = {
        "model": provenance.get("model title", provenance.get("model")),
        "design": provenance.get("study design"),
        "condition": _condition_names(provenance.get("condition", "")),
    }
    said = [f"{key}: {text}" for key, text in known.items() if text]
    if PREDICTED in provenance:
        said.insert(0, f"answers {PREDICTED} {provenance[PREDICTED]}")
    return f"{NOT_PEOPLE} " + ", ".join(said)


def _condition_names(text: str) -> str:
    """Names of conditions, each kept as JSON or as its bare name."""
    names = []
    for condition in text.split(" | "):
        try:
            names.append(str(json.loads(condition)["name"]))
        except (ValueError, KeyError, TypeError):
            names.append(condition)
    return " | ".join(names)


def number(value: float | None, decimals: int = 3) -> str:
    """Return a number as print.

    Parameters
    ----------
    value : float or None
        The number; None and nan are unknown.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        An en dash where unknown; never a negative zero.
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval as print, an en dash where unknown.

    Parameters
    ----------
    low, high : float or None
        The ends.

    Returns
    -------
    str
        ``[low, high]``.
    """
    if low is None or high is None:
        return UNKNOWN
    return f"[{number(low)}, {number(high)}]"


def cell(value: object) -> str:
    """Return a table's value as print.

    Parameters
    ----------
    value : object
        A number, a text or None.

    Returns
    -------
    str
        Floats with three decimals, whole numbers with thousands set apart.
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, float):
        return number(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
