"""What the lens reads: the answers of one condition to one instrument, and who may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from valuescape.answers.expected import (
    NOT_ASKED,
    Readout,
    probabilities,
    require_same_personas,
)
from valuescape.core import tables
from valuescape.lenses.languages.contrasts import (
    DEMOGRAPHICS,
    ENGLISH,
    FLOORS,
    LANGUAGE,
    Contrast,
    find_contrasts,
)
from valuescape.study import tables as study_tables
from valuescape.study.conditions import BY_COUNTRY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from valuescape.study.conditions import Condition
    from valuescape.study.instruments import Instrument, Question

    Array = NDArray[np.float64]

ROUNDING = 1e-9
"""What moves less did not move."""
SAME = {
    "replicate": "the very same answers, as in mode single unless an option is drawn",
    "option_order": "the very same answers, as where options are not listed",
    "wording": "the very same answers",
}


@dataclass(frozen=True)
class Answers:
    """What personas answered to an instrument under one condition.

    Attributes
    ----------
    condition : Condition
        The condition.
    instrument : Instrument
        The instrument.
    responses : DataFrame
        Table RESPONSES, n rows.
    """

    condition: Condition
    instrument: Instrument
    responses: pl.DataFrame

    @property
    def readout(self) -> Readout:
        """What is read of a response."""
        return cast("Readout", self.condition.readout)

    @cached_property
    def asked(self) -> tuple[Question, ...]:
        """The questions that were asked: a language may lack some."""
        return tuple(q for q in self.instrument.questions if not self._never_asked(q))

    def _never_asked(self, question: Question) -> bool:
        name = f"{question.id}_status"
        return name not in self.responses.columns or bool((self.responses[name] == NOT_ASKED).all())

    def shares(self, question: Question) -> Array:
        """Return how probable each option is, shape (n, n_options); nan where not valid."""
        return probabilities(self.responses, question, self.readout)

    def values(self, questions: Sequence[Question]) -> Array:
        """Return mean answers on the survey's scale, shape (n, n_questions)."""
        columns = [self.shares(question) @ question.values for question in questions]
        return np.column_stack(columns) if columns else np.empty((self.responses.height, 0))

    def share_of(self, status: str, questions: Sequence[Question]) -> float:
        """Return the share of an outcome among the answers asked for; nan if none was."""
        found = [self.responses[f"{question.id}_status"] for question in questions]
        asked = sum(int((statuses != NOT_ASKED).sum()) for statuses in found)
        hits = sum(int((statuses == status).sum()) for statuses in found)
        return hits / asked if asked else np.nan


def common_questions(first: Answers, second: Answers) -> tuple[Question, ...]:
    """Return the questions that both were asked, in the order of the instrument."""
    there = {question.id for question in second.asked}
    return tuple(question for question in first.asked if question.id in there)


def knows(contrast: Contrast, languages: Iterable[str] | None) -> bool | None:
    """Return whether a model knows the language of a contrast, as far as its file says.

    Parameters
    ----------
    contrast : Contrast
        Its language may be `BY_COUNTRY`: any.
    languages : iterable of str, or None
        As from `study.models.known_languages`.

    Returns
    -------
    bool or None
        None where nothing is said. A file that names English alone knows no country's own.
    """
    if languages is None:
        return None
    known = {*languages}
    return known != {ENGLISH} if contrast.language == BY_COUNTRY else contrast.language in known


def described(contrast: Contrast, languages: Iterable[str] | None) -> dict[str, Any]:
    """Return the columns that name a contrast, the same in every table of the lens."""
    return {
        "condition": contrast.condition.name,
        "twin": contrast.twin.name,
        "contrast": contrast.kind,
        "cell": contrast.cell,
        "language": contrast.language,
        "demographics_told": DEMOGRAPHICS in contrast.condition.context,
        "model_knows": knows(contrast, languages),
    }


def said_of_model(contrasts: Iterable[Contrast], languages: Sequence[str] | None) -> dict[str, str]:
    """Return what the provenance says of languages that the model's file does not name."""
    of_language = [each for each in contrasts if each.kind == LANGUAGE]
    unknown = {each.language for each in of_language if knows(each, languages) is False}
    if not unknown:
        return {}
    return {"languages not known to the model": ", ".join(sorted(unknown))}


@dataclass(frozen=True)
class Gathered:
    """The answers of all conditions of a model, read file by file as they are needed.

    Attributes
    ----------
    conditions : sequence of Condition
        Those that were handed over.
    instruments : sequence of Instrument
        Those that were asked.
    paths : mapping of (str, str) to Path
        Table RESPONSES by names of condition and instrument.
    """

    conditions: Sequence[Condition]
    instruments: Sequence[Instrument]
    paths: Mapping[tuple[str, str], Path]

    @classmethod
    def of(
        cls,
        conditions: Sequence[Condition],
        instruments: Sequence[Instrument],
        responses: Sequence[Path],
    ) -> Gathered:
        """Return the files by condition and instrument, given condition by condition."""
        pairs = [(c.name, i.name) for c in conditions for i in instruments]
        return cls(conditions, instruments, dict(zip(pairs, responses, strict=True)))

    @cached_property
    def contrasts(self) -> list[Contrast]:
        """What differs from what."""
        return find_contrasts(self.conditions)

    def read(self, condition: Condition, instrument: Instrument) -> Answers:
        """Read the answers under a condition."""
        path = self.paths[condition.name, instrument.name]
        return Answers(condition, instrument, tables.read(path, study_tables.RESPONSES))

    def pairs(self, instrument: Instrument) -> Iterator[tuple[Contrast, Answers, Answers]]:
        """Yield each contrast with its condition's and its twin's answers.

        Floors come first: what a language moves is then compared with them. A `UserError` tells if
        two conditions were asked of different personas.
        """
        kept: dict[str, Answers] = {}
        for contrast in sorted(self.contrasts, key=lambda each: each.kind not in FLOORS):
            sides = []
            for condition in (contrast.condition, contrast.twin):
                found = kept.get(condition.name) or self.read(condition, instrument)
                sides.append(found)
            kept = {each.condition.name: each for each in sides}
            names = f"{contrast.condition.name} and {contrast.twin.name}"
            require_same_personas(sides[0].responses, sides[1].responses, names)
            yield contrast, sides[0], sides[1]
