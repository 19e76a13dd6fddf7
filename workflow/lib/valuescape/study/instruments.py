"""Instruments: questionnaires, their questions (items) and options."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from valuescape.core.documents import Document, read_document
from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FOUNDATIONS = ("care", "equality", "proportionality", "loyalty", "authority", "purity")
"""The six moral foundations of the MFQ-2 (Atari et al. 2023), in the order of its items."""


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
    foundation : str or None
        Moral foundation that it belongs to.
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
    foundation: str | None = None
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
    """

    name: str
    title: str
    source: str
    licence: str
    instruction: str
    questions: tuple[Question, ...]

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
    file's, a question is double, or a question's options are double or do not rise.

    Parameters
    ----------
    path : Path
        A YAML file that follows `schemas/instrument.schema.yaml`.

    Returns
    -------
    Instrument
        Questions in the order of the file.
    """
    document = read_document(path, "instrument")
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
    return Instrument(
        name=content["name"],
        title=content["title"],
        source=content["source"],
        licence=content["licence"],
        instruction=content["instruction"],
        questions=tuple(questions.values()),
    )


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
