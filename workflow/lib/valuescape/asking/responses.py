"""Responses: the personas of a shard answer every question of the instruments.

    python -m valuescape.asking.responses --personas F --biographies F --shard 0001-of-0002 --space F \
        --model F --instruments F F F --prompt F --condition JSON --seed N --parts DIR \
        --flush-rows N --flush-seconds N --outputs F F F --stats F

One job asks all instruments, so that the model is loaded once and what a persona is told is
computed once for all its questions. How they are asked is the condition's mode
(valuescape.asking.elicitation). Whatever becomes of an answer, it is accounted for. A persona that has
answered a whole instrument is kept in a part while the shard runs (valuescape.asking.checkpoint): what
parts hold is not asked again.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.asking import job as asking
from valuescape.asking.checkpoint import Checkpoint, Interval, Stop, told_hash
from valuescape.asking.elicitation import Answer, Round, battery, labels_of, single, written
from valuescape.asking.lease import only_one
from valuescape.asking.phrasing import (
    Phrasing,
    answer_sections,
    demographics_of,
    persona_text,
    statements,
)
from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.core.progress import Progress, set_up_logging
from valuescape.engine import Usage, describe, open_engine
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import Instrument, Question, read_instrument
from valuescape.study.models import read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ASK = {
    "single": single.ask,
    "sampled": written.ask,
    "battery": battery.ask,
    "reasoned": written.ask,
}


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


def probability_columns(question: Question) -> list[str]:
    """Return the names of the columns of a question's option probabilities, in survey order."""
    return [f"{question.id}_p{position + 1}" for position in range(question.n_options)]


def response_table(instrument: Instrument) -> tables.Table:
    """Return the table RESPONSES of one instrument, with all its columns."""
    schema: dict[str, type[pl.DataType]] = {"persona_id": pl.UInt32}
    for question in instrument.questions:
        schema[question.id] = pl.Int8
        schema[f"{question.id}_status"] = pl.String
        schema[f"{question.id}_attempts"] = pl.UInt8
        schema[f"{question.id}_mass"] = pl.Float32
        schema.update(dict.fromkeys(probability_columns(question), pl.UInt16))
    return tables.Table(f"responses to {instrument.name}", schema, ("persona_id",))


class AnswerSheets:
    """The answers of a shard as they come in, in any order; a sheet is done when all are there.

    Parameters
    ----------
    instruments : sequence of Instrument
        The instruments asked.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._instruments = {instrument.name: instrument for instrument in instruments}
        self._open: dict[tuple[str, int], dict[str, dict[str, Any]]] = {}

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
        sheet = self._open.setdefault((name, persona_id), {})
        sheet[answer.question] = answer_columns(instrument.question(answer.question), answer)
        if len(sheet) < len(instrument.questions):
            return None
        del self._open[name, persona_id]
        row: dict[str, Any] = {"persona_id": persona_id}
        for question in instrument.questions:
            row.update(sheet[question.id])
        return name, row


def told_personas(
    personas: pl.DataFrame,
    biographies: pl.DataFrame,
    space_file: Path,
    template: Template,
    told: str,
) -> dict[int, str]:
    """Return what each persona of the shard is told.

    Parameters
    ----------
    personas : DataFrame
        Table PERSONAS.
    biographies : DataFrame
        Table BIOGRAPHIES of the same personas.
    space_file : Path
        The persona space.
    template : Template
        The answer prompt.
    told : str
        The condition's choice.

    Returns
    -------
    dict of int to str
        persona_id to text.

    Raises
    ------
    UserError
        If a persona has no row among the biographies.
    """
    space = read_space(space_file)
    lives = {life["persona_id"]: life for life in biographies.iter_rows(named=True)}
    told_by_id: dict[int, str] = {}
    for persona_id in personas["persona_id"].to_list():
        if persona_id not in lives:
            msg = f"persona {persona_id} has no row among the biographies of its shard"
            raise UserError(msg, hint="delete the shard's biographies and run snakemake again")
        said = statements(space, persona_id)
        life = lives[persona_id]
        told_by_id[persona_id] = persona_text(
            template, told, said, life["biography"], demographics_of(life)
        )
    return told_by_id


@dataclass(frozen=True)
class Sheaf:
    """The answers to one instrument: what was there, what comes in, and where it is kept."""

    instrument: Instrument
    provenance: dict[str, str]
    checkpoint: Checkpoint
    rows: list[dict[str, Any]]

    @property
    def personas(self) -> set[int]:
        """Who has answered the whole instrument."""
        return {row["persona_id"] for row in self.rows}

    def frame(self) -> pl.DataFrame:
        """Return the table RESPONSES, one row a persona."""
        return pl.DataFrame(self.rows, schema=dict(response_table(self.instrument).columns))


def flush(sheaves: Mapping[str, Sheaf]) -> None:
    """Write what is finished of every instrument."""
    for sheaf in sheaves.values():
        sheaf.checkpoint.flush()


def collect(
    answered: Iterator[Answer],
    sheaves: Mapping[str, Sheaf],
    hashes: Mapping[int, str],
    progress: Progress,
    stop: Stop,
) -> None:
    """Put the answers into their sheaves, keeping what is finished, until all are in.

    When the job is asked to stop, what is finished is written first; then the questionnaires that
    are begun are finished, so that no answer is lost, unless it is urged.

    Parameters
    ----------
    answered : iterator of Answer
        As they come in.
    sheaves : mapping of str to Sheaf
        By instrument; they are filled.
    hashes : mapping of int to str
        persona_id to the hash of what it was told.
    progress : Progress
        Counts the answers.
    stop : Stop
        If the job is asked to stop, it ends here, with status 143.
    """
    sheets = AnswerSheets([sheaf.instrument for sheaf in sheaves.values()])
    flushed = False
    try:
        for answer in answered:
            done = sheets.enter(answer)
            if done:
                name, row = done
                sheaves[name].rows.append(row)
                sheaves[name].checkpoint.add(row, hashes[row["persona_id"]])
            progress.advance()
            if stop.asked and not flushed:
                flush(sheaves)
                flushed = True
            if stop.urged:
                break
    finally:  # an engine that gives up loses nothing that is finished
        flush(sheaves)
    if progress.done < progress.total:
        stop.end(progress.done, progress.total)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.asking.responses",
        description="Let the personas of a shard answer.",
    )
    asking.add_shard_arguments(command)
    command.add_argument("--biographies", type=Path, required=True, help="the shard's biographies")
    command.add_argument("--instruments", type=Path, nargs="+", required=True, help="YAML files")
    command.add_argument("--condition", type=json.loads, required=True, help="JSON object")
    command.add_argument("--outputs", type=Path, nargs="+", required=True, help="one a instrument")
    return command


def ask_shard(args: argparse.Namespace) -> None:
    """Read the shard, let its personas answer, write a table an instrument."""
    condition = Condition.read(args.condition)
    personas = asking.shard_personas(args.personas, args.shard)
    biographies = tables.read(args.biographies, study_tables.BIOGRAPHIES)
    instruments = [read_instrument(path) for path in args.instruments]
    model = read_prepared_model(args.model)
    answer = condition.form_of(model.answer)
    template = Template(args.prompt, answer_sections(answer, condition.mode, condition.told))
    told = told_personas(personas, biographies, args.space, template, condition.told)
    hashes = {persona_id: told_hash(text) for persona_id, text in told.items()}
    # biographies determine answers by what a persona is told, which is compared row by row
    determining = {
        **describe(model),
        "seed": str(args.seed),
        "condition": condition.name,
        "condition settings": json.dumps(condition.determining(), sort_keys=True),
        "answer form": json.dumps(answer, sort_keys=True),
        "answer prompt": template.fingerprint,
    }
    interval = Interval(args.flush_rows, args.flush_seconds)
    sheaves = {}
    for instrument, source in zip(instruments, args.instruments, strict=True):
        name = instrument.name
        own = {**determining, f"instrument {name}": asking.content_hash(source)}
        table = response_table(instrument)
        checkpoint = Checkpoint(args.parts / name, own, table, args.shard, interval)
        rows = checkpoint.finished(hashes).rows(named=True)
        provenance = {**tables.provenance(args.biographies), **own}
        sheaves[name] = Sheaf(instrument, provenance, checkpoint, rows)
    n_taken_over = sum(len(sheaf.rows) for sheaf in sheaves.values())
    there = {name: sheaf.personas for name, sheaf in sheaves.items()}
    missing = {
        persona_id: [sheaves[name].instrument for name in there if persona_id not in there[name]]
        for persona_id in told
    }
    n_missing = sum(len(i.questions) for asked in missing.values() for i in asked)
    usage = Usage()
    if n_missing:
        engine = open_engine(model, str(args.space))
        stop = Stop()
        usage = engine.usage
        asked = Round(
            condition,
            Phrasing(template, answer, condition.option_order),
            args.seed,
            told,
            missing,
            labels_of(engine, instruments, answer["form"]),
            lambda: bool(stop.asked),
        )
        progress = Progress(f"responses {condition.name} {args.shard}", n_missing, "answers")
        answers = ASK[condition.mode](engine, asked)
        collect(answers, sheaves, hashes, progress, stop)
    for sheaf, output in zip(sheaves.values(), args.outputs, strict=True):
        tables.write(sheaf.frame(), output, study_tables.RESPONSES, sheaf.provenance)
    asking.write_statistics(
        args.stats,
        model,
        usage,
        stage=f"responses {condition.name}",
        shard=args.shard,
        n_personas=personas.height,
        n_taken_over=n_taken_over,
        n_answers=n_missing,
        answers_per_persona=sum(len(instrument.questions) for instrument in instruments),
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Ask a shard, while no other job does."""
    args = parser().parse_args(argv)
    set_up_logging()
    with only_one(args.parts, args.shard):
        ask_shard(args)


if __name__ == "__main__":
    run(main)
