"""Responses: the personas of a shard answer every question of the instruments.

    python -m valuescape.responses --personas F --biographies F --shard 0001-of-0002 --space F \
        --model F --instruments F F F --prompt F --condition JSON --seed N --outputs F F F --stats F

One job asks all instruments, so that the model is loaded once and what a persona is told is
computed once for all its questions. Every answer is a distribution over the options; the chosen
option stands beside it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl

from valuescape import asking, tables
from valuescape.engine import Choice, Chosen, open_engine
from valuescape.errors import UserError, run
from valuescape.instruments import Instrument, Question, read_instrument
from valuescape.models import Model, read_prepared_model
from valuescape.progress import Progress, set_up_logging
from valuescape.prompts import (
    Template,
    answer_sections,
    choice_prompt,
    persona_text,
    question_values,
    statements,
)
from valuescape.seeds import seed_of
from valuescape.space import read_space

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

Key = tuple[int, str, str]  # persona_id, instrument, question


def requests(
    personas: Mapping[int, str],
    instruments: Sequence[Instrument],
    template: Template,
    model: Model,
    option_order: str,
) -> Iterator[Choice]:
    """Yield every question to every persona, all of one persona together.

    Parameters
    ----------
    personas : mapping of int to str
        persona_id to what the persona is told.
    instruments : sequence of Instrument
        What is asked.
    template : Template
        The answer prompt.
    model : Model
        Gives the form of an answer.
    option_order : str
        ``forward`` or ``reversed``.

    Yields
    ------
    Choice
        With the key (persona_id, instrument, question).
    """
    for persona_id, told in personas.items():
        for instrument in instruments:
            for question in instrument.questions:
                values = question_values(told, instrument, question)
                prompt, options = choice_prompt(
                    template, model.answer, question, values, option_order
                )
                key: Key = (persona_id, instrument.name, question.id)
                yield Choice(key, persona_id, question.id, prompt, options)


def chosen_option(shares: NDArray[np.float64], choose: str, seed: int) -> int:
    """Return the position of the chosen option.

    Parameters
    ----------
    shares : ndarray of float64, shape (n_options,)
        Distribution over the options.
    choose : str
        ``most_probable`` (the first of equals) or ``drawn`` from the shares.
    seed : int
        Seed of the draw.

    Returns
    -------
    int
        From 0, in survey order.
    """
    if choose == "most_probable":
        return int(np.argmax(shares))
    return int(np.random.default_rng(seed).choice(len(shares), p=shares / shares.sum()))


def answer_columns(question: Question, answer: Chosen, choose: str, seed: int) -> dict[str, Any]:
    """Return what the table RESPONSES holds of one answer.

    Parameters
    ----------
    question : Question
        What was asked.
    answer : Chosen
        Log-probabilities of its options.
    choose : str
        How the chosen option follows from them.
    seed : int
        Seed of that choice.

    Returns
    -------
    dict
        Columns of the question. An answer that gives no option any probability, or one that is
        no number, is malformed, and then there is no choice.
    """
    name = question.id
    if not np.isfinite(answer.log_probabilities.max()):
        nothing = dict.fromkeys(probability_columns(question))
        return {name: None, f"{name}_status": "malformed", f"{name}_mass": None, **nothing}
    shares, mass = asking.option_shares(answer.log_probabilities)
    value = question.options[chosen_option(shares, choose, seed)].value
    units = np.rint(shares * tables.PROBABILITY_UNIT).astype(int).tolist()
    return {
        name: value,
        f"{name}_status": "valid",
        f"{name}_mass": mass,
        **dict(zip(probability_columns(question), units, strict=True)),
    }


def probability_columns(question: Question) -> list[str]:
    """Return the names of the columns of a question's option probabilities, in survey order."""
    return [f"{question.id}_p{position + 1}" for position in range(question.n_options)]


def response_schema(instrument: Instrument) -> dict[str, type[pl.DataType]]:
    """Return the columns of an instrument's table RESPONSES."""
    schema: dict[str, type[pl.DataType]] = {"persona_id": pl.UInt32}
    for question in instrument.questions:
        schema[question.id] = pl.Int8
        schema[f"{question.id}_status"] = pl.String
        schema[f"{question.id}_mass"] = pl.Float32
        schema.update(dict.fromkeys(probability_columns(question), pl.UInt16))
    return schema


class AnswerSheets:
    """The answers of a shard, one table an instrument, filled in any order.

    Parameters
    ----------
    persona_ids : sequence of int
        The personas asked.
    instruments : sequence of Instrument
        The instruments asked.
    condition : mapping
        ``name``, ``replicate`` and ``choose`` are read here.
    seed : int
        The study's seed.
    """

    def __init__(
        self,
        persona_ids: Sequence[int],
        instruments: Sequence[Instrument],
        condition: Mapping[str, Any],
        seed: int,
    ) -> None:
        self._instruments = {instrument.name: instrument for instrument in instruments}
        self._rows: dict[str, dict[int, dict[str, Any]]] = {
            name: {number: {"persona_id": number} for number in persona_ids}
            for name in self._instruments
        }
        self._condition = condition
        self._seed = seed

    def enter(self, answer: Chosen) -> None:
        """Enter one answer; its key names the persona, the instrument and the question."""
        persona_id, name, code = cast("Key", answer.key)
        condition = self._condition
        act = (name, code, persona_id, condition["name"], condition["replicate"])
        question = self._instruments[name].question(code)
        columns = answer_columns(question, answer, condition["choose"], seed_of(self._seed, *act))
        self._rows[name][persona_id].update(columns)

    def table(self, name: str) -> pl.DataFrame:
        """Return the table RESPONSES of one instrument, one row a persona."""
        rows = list(self._rows[name].values())
        return pl.DataFrame(rows, schema=response_schema(self._instruments[name]))


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
    texts = dict(zip(biographies["persona_id"], biographies["biography"], strict=True))
    told_by_id: dict[int, str] = {}
    for persona_id in personas["persona_id"].to_list():
        if persona_id not in texts:
            msg = f"persona {persona_id} has no row among the biographies of its shard"
            raise UserError(msg, hint="delete the shard's biographies and run snakemake again")
        said = statements(space, persona_id)
        told_by_id[persona_id] = persona_text(template, told, said, texts[persona_id])
    return told_by_id


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.responses", description="Let the personas of a shard answer."
    )
    asking.add_arguments(command)
    command.add_argument("--personas", type=Path, required=True, help="the study's personas")
    command.add_argument("--biographies", type=Path, required=True, help="the shard's biographies")
    command.add_argument("--shard", required=True, help="for instance 0007-of-0128")
    command.add_argument("--instruments", type=Path, nargs="+", required=True, help="YAML files")
    command.add_argument("--condition", type=json.loads, required=True, help="JSON object")
    command.add_argument("--outputs", type=Path, nargs="+", required=True, help="one a instrument")
    command.add_argument("--stats", type=Path, required=True, help="what the engine did (JSON)")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Read the shard, let its personas answer, write a table an instrument."""
    args = parser().parse_args(argv)
    set_up_logging()
    condition = args.condition
    personas = asking.shard_personas(args.personas, args.shard)
    biographies = tables.read(args.biographies, tables.BIOGRAPHIES)
    instruments = [read_instrument(path) for path in args.instruments]
    model = read_prepared_model(args.model)
    template = Template(args.prompt, answer_sections(model.answer))
    told = told_personas(personas, biographies, args.space, template, condition["told"])
    engine = open_engine(model, str(args.space))
    asked = requests(told, instruments, template, model, condition["option_order"])
    n_questions = sum(len(instrument.questions) for instrument in instruments)
    what = f"responses {condition['name']} {args.shard}"
    progress = Progress(what, len(told) * n_questions, "answers")
    sheets = AnswerSheets(list(told), instruments, condition, args.seed)
    for answer in engine.choose(asked):
        sheets.enter(answer)
        progress.advance()
    provenance = {
        **tables.provenance(args.biographies),
        **engine.provenance,
        "seed": str(args.seed),
        "condition": condition["name"],
        "condition settings": json.dumps(condition, sort_keys=True),
        "answer form": json.dumps(dict(model.answer), sort_keys=True),
        "answer prompt": asking.content_hash(args.prompt),
    }
    for instrument, source, output in zip(instruments, args.instruments, args.outputs, strict=True):
        own = {**provenance, f"instrument {instrument.name}": asking.content_hash(source)}
        tables.write(sheets.table(instrument.name), output, tables.RESPONSES, own)
    stage = f"responses {condition['name']}"
    asking.write_statistics(args.stats, engine, stage, args.shard, personas.height)


if __name__ == "__main__":
    run(main)
