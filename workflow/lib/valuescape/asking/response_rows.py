"""Rows of the table RESPONSES: from single answers, in any order, to what is kept of a persona."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.core import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from valuescape.asking.elicitation import Answer
    from valuescape.asking.runs import InstrumentRun
    from valuescape.study.instruments import Instrument, Question


def answer_columns(question: Question, answer: Answer) -> dict[str, Any]:
    """Return what the table RESPONSES holds of one answer.

    Parameters
    ----------
    question : Question
        What was asked.
    answer : Answer
        What became of it.

    Returns
    -------
    dict
        Columns of the question; the choice is null unless valid, and shares and mass where the
        mode has none.
    """
    name = question.id
    units: list[int | None] = [None] * question.n_options
    if answer.shares is not None:
        units = np.rint(answer.shares * tables.PROBABILITY_UNIT).astype(int).tolist()
    return {
        name: None if answer.option is None else question.options[answer.option].value,
        f"{name}_status": answer.status,
        f"{name}_attempts": answer.attempts,
        f"{name}_mass": answer.mass,
        **dict(zip(probability_columns(question), units, strict=True)),
    }


def not_asked(question: Question) -> dict[str, Any]:
    """Return the same of a question that the language of the condition does not have."""
    columns: dict[str, Any] = dict.fromkeys(question_columns(question))
    return columns | {f"{question.id}_status": "not_asked", f"{question.id}_attempts": 0}


def question_columns(question: Question) -> list[str]:
    """Return the names of all columns of a question."""
    name = question.id
    own = [name, f"{name}_status", f"{name}_attempts", f"{name}_mass"]
    return [*own, *probability_columns(question)]


def probability_columns(question: Question) -> list[str]:
    """Return the names of the columns of a question's option probabilities, in survey order."""
    return [f"{question.id}_p{position + 1}" for position in range(question.n_options)]


def response_table(instrument: Instrument) -> tables.Table:
    """Return the table of an instrument's answers as they come in, with all its columns."""
    schema: dict[str, type[pl.DataType]] = {"persona_id": pl.UInt32}
    for question in instrument.asked:
        schema[question.id] = pl.Int8
        schema[f"{question.id}_status"] = pl.String
        schema[f"{question.id}_attempts"] = pl.UInt8
        schema[f"{question.id}_mass"] = pl.Float32
        schema.update(dict.fromkeys(probability_columns(question), pl.UInt16))
    return tables.Table(f"responses to {instrument.name}", schema, ("persona_id",))


class OpenRows:
    """The answers of a shard as they come in, in any order; a row is done when all are there.

    Parameters
    ----------
    runs : iterable of InstrumentRun
        By instrument; of a row that is asked again, the answers that did not fail stand.
    """

    def __init__(self, runs: Iterable[InstrumentRun]) -> None:
        self._instruments: dict[str, Instrument] = {}
        self._n_asked: dict[str, int] = {}
        self._open: dict[tuple[str, int], dict[str, dict[str, Any]]] = {}
        self._failed: dict[tuple[str, int], set[str]] = {}
        for each in runs:
            name = each.instrument.name
            self._instruments[name] = each.whole
            self._n_asked[name] = len(each.instrument.asked)
            for persona_id, row in each.again.items():
                failed = self._failed[name, persona_id] = each.failed(row)
                self._open[name, persona_id] = {
                    question.id: {key: row[key] for key in question_columns(question)}
                    for question in each.instrument.asked
                    if question.id not in failed
                }

    def enter(self, answer: Answer) -> tuple[str, dict[str, Any]] | None:
        """Enter one answer.

        Parameters
        ----------
        answer : Answer
            To a question of an instrument asked.

        Returns
        -------
        tuple of (str, dict) or None
            The instrument and the whole row of the persona, if this was its last answer.
        """
        name, persona_id = answer.instrument, answer.persona_id
        instrument = self._instruments[name]
        # a battery answers all its questions anew, those that had an answer among them
        if answer.question not in self._failed.get((name, persona_id), {answer.question}):
            return None
        row_so_far = self._open.setdefault((name, persona_id), {})
        row_so_far[answer.question] = answer_columns(instrument.question(answer.question), answer)
        if len(row_so_far) < self._n_asked[name]:
            return None
        del self._open[name, persona_id]
        return name, whole_row(persona_id, instrument, row_so_far)


def whole_row(
    persona_id: int, instrument: Instrument, answered: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the row of a persona; what was not answered was not asked."""
    row: dict[str, Any] = {"persona_id": persona_id}
    for question in instrument.asked:
        row.update(answered.get(question.id) or not_asked(question))
    return row
