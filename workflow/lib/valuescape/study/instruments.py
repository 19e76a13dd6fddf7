"""Instruments: questionnaires, their questions (items) and options."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from valuescape.core.documents import Document, read_document
from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FOUNDATIONS = ("care", "equality", "proportionality", "loyalty", "authority", "purity")
"""The six moral foundations of the MFQ-2 (Atari et al. 2023), in the order of its items."""
# Keys of before, by where they stood, and what to write in their place.
RENAMED = {
    ("questions", "foundation"): "name the question in a scale: `scales: {care: {items: [MFQ1]}}`",
    ("scales",): "a scale is `{items: [ids]}`; lists of options stand under `response_options`",
}


@dataclass(frozen=True)
class Option:
    """One answer option.

    Attributes
    ----------
    value : int
        The survey's code.
    label : str
        The survey's printed label; a bare number for an unlabelled point of a scale.
    spoken : str
        What a person would say for it.
    """

    value: int
    label: str
    spoken: str


@dataclass(frozen=True)
class Question:
    """One question of the WVS, or item of the MFQ-2.

    Attributes
    ----------
    id : str
        Its code, used as a column.
    text : str
        Its wording.
    options : tuple of Option
        Options in the survey's order, by rising value.
    variable : str or None
        Cultural variable that it measures.
    scale : str or None
        The scale that it is an item of: the first one that names it.
    conditioning : bool
        Whether the personas were configured by this very question.
    near_copy : bool
        Whether it asks nearly what a cultural variable says.
    note : str
        What a reader of the answers must know; may be empty.
    """

    id: str
    text: str
    options: tuple[Option, ...]
    variable: str | None = None
    scale: str | None = None
    conditioning: bool = False
    near_copy: bool = False
    note: str = ""

    @property
    def n_options(self) -> int:
        """Number of options."""
        return len(self.options)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """Option values on the survey's scale, rising, shape (n_options,)."""
        return np.array([option.value for option in self.options], dtype=np.float64)

    @cached_property
    def scaled(self) -> NDArray[np.float64]:
        """Option values mapped to [0, 1]: 0 the least, 1 the greatest, shape (n_options,)."""
        return np.asarray((self.values - self.values[0]) / np.ptp(self.values))


@dataclass(frozen=True)
class Scale:
    """Questions that measure one thing together.

    Attributes
    ----------
    name : str
        Its name.
    items : tuple of str
        Ids of its questions.
    reversed : tuple of str
        Those of them that count from the other end of their options.
    """

    name: str
    items: tuple[str, ...]
    reversed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Instrument:
    """One questionnaire.

    Attributes
    ----------
    name : str
        Name of the instrument and of its file.
    title : str
        Title that a reader sees.
    source : str
        Who made it, and where its wording was read.
    licence : str
        On what terms its wording may be used, as far as is known.
    instruction : str
        What is said before each question; empty where the questions stand for themselves.
    questions : tuple of Question
        Questions in the order of the questionnaire.
    scales : mapping of str to Scale
        By name; empty if it declares none.
    """

    name: str
    title: str
    source: str
    licence: str
    instruction: str
    questions: tuple[Question, ...]
    scales: Mapping[str, Scale] = field(default_factory=dict)

    @cached_property
    def _by_id(self) -> dict[str, Question]:
        return {question.id: question for question in self.questions}

    def question(self, question_id: str) -> Question:
        """Return the question with an id.

        Parameters
        ----------
        question_id : str
            Code of the question.

        Returns
        -------
        Question
            That question.

        Raises
        ------
        UserError
            If the instrument has no such question.
        """
        try:
            return self._by_id[question_id]
        except KeyError:
            msg = f"the instrument {self.name!r} has no question {question_id!r}"
            raise UserError(msg, hint=f"its questions are {', '.join(self._by_id)}") from None


def read_instrument(path: Path) -> Instrument:
    """Read an instrument and check it.

    A `UserError` names file, line and reason if a key is unknown or missing, the name is not the
    file's, a question is double, a question's options are double or do not rise, or a scale names
    what is no question.

    Parameters
    ----------
    path : Path
        A YAML file that follows `schemas/instrument.schema.yaml`.

    Returns
    -------
    Instrument
        Questions in the order of the file.
    """
    document = read_document(path, "instrument", RENAMED)
    content = document.content
    if content["name"] != path.stem:
        reason = f"the name {content['name']!r} is not that of the file, {path.stem!r}"
        raise document.error(reason, "name")
    questions: dict[str, Question] = {}
    for position, entry in enumerate(content["questions"]):
        question = _question(document, position, entry)
        if question.id in questions:
            reason = f"a second question with the id {question.id!r}"
            raise document.error(reason, "questions", position, "id")
        questions[question.id] = question
    scales = _scales(document, questions)
    return Instrument(
        name=content["name"],
        title=content["title"],
        source=content["source"],
        licence=content["licence"],
        instruction=content["instruction"],
        questions=tuple(
            replace(question, scale=_first_with(question.id, scales))
            for question in questions.values()
        ),
        scales=scales,
    )


def _first_with(question_id: str, scales: Mapping[str, Scale]) -> str | None:
    return next((name for name, scale in scales.items() if question_id in scale.items), None)


def _scales(document: Document, questions: Mapping[str, Question]) -> dict[str, Scale]:
    """Return the scales of an instrument; a `UserError` tells what is wrong with one."""
    found: dict[str, Scale] = {}
    for name, entry in document.content.get("scales", {}).items():
        scale = Scale(name, tuple(entry["items"]), tuple(entry.get("reversed", ())))
        for key, ids, known in (
            ("items", scale.items, questions),
            ("reversed", scale.reversed, scale.items),
        ):
            for position, each in enumerate(ids):
                if each not in known:
                    reason = f"the scale {name!r} names {each!r}, which is none of its items"
                    if key == "items":
                        reason = f"the scale {name!r} names {each!r}, which is no question here"
                    raise document.error(reason, "scales", name, key, position)
        if len({tuple(questions[each].values.tolist()) for each in scale.items}) > 1:
            reason = f"the items of the scale {name!r} have different option values"
            raise document.error(reason, "scales", name, "items")
        found[name] = scale
    return found


def _question(document: Document, position: int, entry: dict[str, Any]) -> Question:
    options = tuple(
        Option(option["value"], option["label"], option.get("spoken", option["label"]))
        for option in entry["options"]
    )
    place = ("questions", position, "options")
    labels: set[str] = set()
    spoken: set[str] = set()
    for number, option in enumerate(options):
        if number and option.value <= options[number - 1].value:
            reason = (
                f"option {option.value} of {entry['id']!r} stands after option "
                f"{options[number - 1].value}; values must rise"
            )
            raise document.error(reason, *place, number, "value")
        for key, text, seen in (("label", option.label, labels), ("spoken", option.spoken, spoken)):
            if text.casefold() in seen:
                reason = f"two options of {entry['id']!r} have the {key} {text!r}"
                raise document.error(reason, *place, number, key)
            seen.add(text.casefold())
    return Question(**{**entry, "options": options})
