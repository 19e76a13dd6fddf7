"""Runs: the answers to each instrument of a shard: which stand, and what is left to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuescape.asking.checkpoint import Checkpoint
    from valuescape.study.instruments import Instrument


@dataclass(frozen=True)
class InstrumentRun:
    """The answers to one instrument: who had given them before, and where they are kept.

    Attributes
    ----------
    instrument : Instrument
        What is asked, in the words in which it is asked.
    whole : Instrument
        All its questions in English, those that are not asked among them.
    checkpoint : Checkpoint
        Where rows are kept.
    taken_over : set of int
        Personas whose rows stand.
    again : mapping of int to mapping
        By persona_id, rows of which something failed and is asked again.
    reask : tuple of str
        What counts as failed.
    """

    instrument: Instrument
    whole: Instrument
    checkpoint: Checkpoint
    taken_over: set[int]
    again: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    reask: tuple[str, ...] = ()

    def failed(self, row: Mapping[str, Any]) -> set[str]:
        """Return the questions of a row whose answer is to be asked for again."""
        return {q.id for q in self.instrument.asked if row[f"{q.id}_status"] in self.reask}


def missing_instruments(
    runs: Mapping[str, InstrumentRun], contexts: Mapping[int, str], *, whole: bool = True
) -> dict[int, list[Instrument]]:
    """Return which instruments each persona has not answered yet.

    Unless it is asked as a whole, an instrument that is asked again has only the questions left
    whose answers failed.
    """
    there = {name: each.taken_over for name, each in runs.items()}

    def left(each: InstrumentRun, persona_id: int) -> Instrument:
        row = each.again.get(persona_id)
        if row is None or whole:
            return each.instrument
        failed = each.failed(row)
        questions = tuple(q for q in each.instrument.asked if q.id in failed)
        return replace(each.instrument, questions=questions, parts=())

    return {
        persona_id: [left(runs[name], persona_id) for name in runs if persona_id not in there[name]]
        for persona_id in contexts
    }


def attempts_before(runs: Mapping[str, InstrumentRun]) -> dict[tuple[int, str, str], int]:
    """Return how often each answer that is asked for again was asked for."""
    return {
        (persona_id, name, code): row[f"{code}_attempts"]
        for name, each in runs.items()
        for persona_id, row in each.again.items()
        for code in each.failed(row)
    }


def flush(runs: Mapping[str, InstrumentRun]) -> None:
    """Write what is finished of every instrument."""
    for each in runs.values():
        each.checkpoint.flush()
