"""Instruments: questionnaires, their questions (items) and options."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from valuescape.core.documents import Document, read_document
from valuescape.core.errors import UserError, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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
class Term:
    """What one answer adds to a derived indicator.

    Attributes
    ----------
    question : str
        Id of the question that is answered.
    codes : tuple of int
        Its options that count.
    points : int
        What each of them adds.
    after : tuple of (str, int) or None
        Question and option that must have been answered for this term to count: of the second
        choice among what is left, that which follows the first choice.
    """

    question: str
    codes: tuple[int, ...]
    points: int
    after: tuple[str, int] | None = None


@dataclass(frozen=True)
class Rule:
    """How an indicator follows from answers: a number, and what each answer adds to it.

    Attributes
    ----------
    start : int
        The number.
    terms : tuple of Term
        What is added.
    """

    start: int
    terms: tuple[Term, ...]

    @cached_property
    def branching(self) -> str | None:
        """The question whose answer says which terms count, if any."""
        return next((term.after[0] for term in self.terms if term.after), None)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Ids of the questions that the indicator is derived from."""
        branching = [self.branching] if self.branching else []
        return tuple(dict.fromkeys([*branching, *(term.question for term in self.terms)]))


@dataclass(frozen=True)
class Question:
    """One question of the WVS, or item of the MFQ-2, or an indicator derived from such.

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
    rule : Rule or None
        How it is derived from questions of the same instrument; None if it is asked.
    """

    id: str
    text: str
    options: tuple[Option, ...]
    variable: str | None = None
    scale: str | None = None
    conditioning: bool = False
    near_copy: bool = False
    note: str = ""
    rule: Rule | None = None

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
        What lenses read: questions in the order of the questionnaire, then derived indicators.
    scales : mapping of str to Scale
        By name; empty if it declares none.
    parts : tuple of Question
        Questions that are asked for a derived indicator alone.
    """

    name: str
    title: str
    source: str
    licence: str
    instruction: str
    questions: tuple[Question, ...]
    scales: Mapping[str, Scale] = field(default_factory=dict)
    parts: tuple[Question, ...] = ()

    @cached_property
    def asked(self) -> tuple[Question, ...]:
        """The questions that are asked."""
        return (*(question for question in self.questions if not question.rule), *self.parts)

    @cached_property
    def derived(self) -> tuple[tuple[Question, Rule], ...]:
        """The indicators that are not asked, and how each follows from what is."""
        return tuple((question, question.rule) for question in self.questions if question.rule)

    @cached_property
    def _by_id(self) -> dict[str, Question]:
        return {question.id: question for question in (*self.questions, *self.parts)}

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
    file's, a question is double, a question's options are double or do not rise, a scale names
    what is no question, or a derived indicator's rule cannot be followed.

    Parameters
    ----------
    path : Path
        A YAML file that follows `schemas/instrument.schema.yaml`.

    Returns
    -------
    Instrument
        Questions in the order of the file, then its derived indicators.
    """
    document = read_document(path, "instrument", RENAMED)
    content = document.content
    if content["name"] != path.stem:
        reason = f"the name {content['name']!r} is not that of the file, {path.stem!r}"
        raise document.error(reason, "name")
    refuse(_question_errors(document, "questions", known=set()))
    questions = {entry["id"]: _question(entry) for entry in content["questions"]}
    scales = {
        name: Scale(name, tuple(entry["items"]), tuple(entry.get("reversed", ())))
        for name, entry in content.get("scales", {}).items()
    }
    refuse(_scale_errors(document, scales, questions))
    derived = _derived(document, questions)
    parts = {
        part for question in derived for part in (question.rule.parts if question.rule else ())
    }
    return Instrument(
        name=content["name"],
        title=content["title"],
        source=content["source"],
        licence=content["licence"],
        instruction=content["instruction"],
        questions=tuple(
            replace(question, scale=_first_with(question.id, scales))
            for question in (*questions.values(), *derived)
            if question.id not in parts
        ),
        scales=scales,
        parts=tuple(question for question in questions.values() if question.id in parts),
    )


def _first_with(question_id: str, scales: Mapping[str, Scale]) -> str | None:
    return next((name for name, scale in scales.items() if question_id in scale.items), None)


def _scale_errors(
    document: Document, scales: Mapping[str, Scale], questions: Mapping[str, Question]
) -> Iterator[UserError]:
    """Yield what is wrong with the scales of an instrument."""
    for name, scale in scales.items():
        for key, ids, known, what in (
            ("items", scale.items, questions, "no question here"),
            ("reversed", scale.reversed, scale.items, "none of its items"),
        ):
            for position, each in enumerate(ids):
                if each not in known:
                    reason = f"the scale {name!r} names {each!r}, which is {what}"
                    yield document.error(reason, "scales", name, key, position)
        items = [questions[each] for each in scale.items if each in questions]
        if len({tuple(each.values.tolist()) for each in items}) > 1:
            reason = f"the items of the scale {name!r} have different option values"
            yield document.error(reason, "scales", name, "items")


def _derived(document: Document, questions: Mapping[str, Question]) -> list[Question]:
    """Return the derived indicators; a `UserError` tells what is wrong with a rule."""
    refuse(_question_errors(document, "derived", known=set(questions)))
    found: list[Question] = []
    for position, entry in enumerate(document.content.get("derived", ())):
        question = _question({**entry, "rule": None})
        place = ("derived", position, "rule", "add")
        terms = [_term(document, (*place, k), term, questions)
                 for k, term in enumerate(entry["rule"]["add"])]  # fmt: skip
        if len({term.after[0] for term in terms if term.after}) > 1:
            reason = f"the rule of {question.id!r} follows the answers to several questions"
            raise document.error(reason, *place, hint="let all `after` name the same question")
        rule = Rule(entry["rule"]["start"], tuple(terms))
        values = {option.value for option in question.options}
        for value in sorted(_reachable(rule, questions) - values):
            reason = f"the rule of {question.id!r} can give {value}, which is none of its options"
            raise document.error(reason, "derived", position, "options")
        found.append(replace(question, rule=rule))
    return found


def _term(
    document: Document,
    place: tuple[str | int, ...],
    entry: dict[str, Any],
    questions: Mapping[str, Question],
) -> Term:
    after = next(iter(entry.get("after", {}).items()), None)
    named = [(entry["question"], code) for code in entry["codes"]] + ([after] if after else [])
    for name, code in named:
        if name not in questions:
            reason = f"a rule names {name!r}, which is no question here"
            raise document.error(reason, *place)
        if code not in questions[name].values:
            reason = f"a rule names the option {code} of {name!r}, which has none such"
            raise document.error(reason, *place)
    return Term(entry["question"], tuple(entry["codes"]), entry["points"], after)


def _reachable(rule: Rule, questions: Mapping[str, Question]) -> set[int]:
    """Return every value that a rule can give."""
    codes: list[int | None] = [None]
    if rule.branching:
        codes = [option.value for option in questions[rule.branching].options]
    found: set[int] = set()
    for code in codes:
        sums = {rule.start}
        for term in rule.terms:
            if term.after and term.after[1] != code:
                continue
            if term.question == rule.branching:
                sums = {each + term.points * (code in term.codes) for each in sums}
            else:
                sums |= {each + term.points for each in sums}
        found |= sums
    return found


def _question(entry: dict[str, Any]) -> Question:
    options = tuple(
        Option(option["value"], option["label"], option.get("spoken", option["label"]))
        for option in entry["options"]
    )
    return Question(**{**entry, "options": options})


def _question_errors(document: Document, section: str, known: set[str]) -> Iterator[UserError]:
    """Yield what is wrong with the questions of a section, and their options."""
    seen = set(known)
    for position, entry in enumerate(document.content.get(section, ())):
        question = _question({**entry, "rule": None})
        if question.id in seen:
            reason = f"a second question with the id {question.id!r}"
            yield document.error(reason, section, position, "id")
        seen.add(question.id)
        yield from _option_errors(document, (section, position, "options"), question)


def _option_errors(
    document: Document, place: tuple[str | int, ...], question: Question
) -> Iterator[UserError]:
    """Yield options of a question that do not rise, and texts that stand for two of them."""
    labels: set[str] = set()
    spoken: set[str] = set()
    for number, option in enumerate(question.options):
        before = question.options[number - 1].value if number else option.value - 1
        if option.value <= before:
            reason = f"option {option.value} of {question.id!r} stands after option {before}; "
            yield document.error(f"{reason}values must rise", *place, number, "value")
        for key, text, seen in (("label", option.label, labels), ("spoken", option.spoken, spoken)):
            if text.casefold() in seen:
                reason = f"two options of {question.id!r} have the {key} {text!r}"
                yield document.error(reason, *place, number, key)
            seen.add(text.casefold())
