"""Biographies: the model writes a life for each persona of a shard.

    python -m valuescape.biographies --personas F --shard 0001-of-0002 --space F --model F \
        --prompt F --fields F --countries F --seed N --parts DIR --flush-rows N \
        --flush-seconds N --output F --stats F

The form is enforced while the model writes, so that a finished text is valid; what the length
limit cuts is recorded as truncated. Nothing is repaired. Finished rows are kept in parts while
the shard runs (valuescape.checkpoint): what they hold is not asked again.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from valuescape import asking, tables
from valuescape.checkpoint import Checkpoint, Interval, Stop, told_hash
from valuescape.documents import read_document
from valuescape.engine import Usage, Writing, Written, describe, open_engine
from valuescape.errors import run
from valuescape.models import Model, read_prepared_model
from valuescape.progress import Progress, set_up_logging
from valuescape.prompts import CHAT_SECTIONS, Prompt, Template, statements
from valuescape.seeds import seed_of
from valuescape.space import read_space

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CHOICES = ("sex", "settlement", "education", "occupation", "household", "religion")
# What a name or a sentence may hold: letters of the Latin script and commas. Names are
# up to three words and sentences have a longest length in words, or a small model never ends one.
NAME = "[A-Z][a-zà-ž'-]{1,14}( [A-Z][a-zà-ž'-]{1,17}){0,2}"
LETTERS = "[A-Za-zÀ-ž'-]"
OPENING = "You are"


@dataclass(frozen=True)
class Fields:
    """What may stand in a biography.

    Attributes
    ----------
    lowest_age, highest_age : int
        Years, inclusive.
    fewest_sentences, most_sentences : int
        Sentences of the text.
    longest_sentence : int
        Words of a sentence beyond its beginning.
    choices : mapping of str to sequence of str
        Field to its allowed values.
    continents : mapping of str to str
        Country to continent; a country must be one of these.
    """

    lowest_age: int
    highest_age: int
    fewest_sentences: int
    most_sentences: int
    longest_sentence: int
    choices: Mapping[str, Sequence[str]]
    continents: Mapping[str, str]

    @property
    def pattern(self) -> str:
        """Regular expression of a whole biography: one JSON object on one line."""
        ages = "|".join(str(age) for age in range(self.lowest_age, self.highest_age + 1))
        further = f"{{{self.fewest_sentences - 1},{self.most_sentences - 1}}}"
        words = f"( {LETTERS}+,?){{1,{self.longest_sentence - 1}}} {LETTERS}+[.]"
        sentences = f"{OPENING}{words}( [A-Z]{LETTERS}*,?{words}){further}"
        parts = [
            f'"name": "{NAME}"',
            f'"age": ({ages})',
            f'"sex": {_one_of(self.choices["sex"])}',
            f'"country": {_one_of(self.continents)}',
            *(f'"{field}": {_one_of(self.choices[field])}' for field in CHOICES[1:]),
            f'"biography": "{sentences}"',
        ]
        return r"\{" + ", ".join(parts) + r"\}"


def _one_of(values: Mapping[str, str] | Sequence[str]) -> str:
    return '"(' + "|".join(re.escape(value).replace(r"\ ", " ") for value in values) + ')"'


def read_fields(path: Path, countries: Path) -> Fields:
    """Read what may stand in a biography.

    Parameters
    ----------
    path : Path
        ``config/biography.yaml``.
    countries : Path
        CSV with the columns country and continent.

    Returns
    -------
    Fields
        Checked against the schema.
    """
    entry = read_document(path, "biography").content
    table = pl.read_csv(countries, comment_prefix="#")
    return Fields(
        lowest_age=entry["age"]["lowest"],
        highest_age=entry["age"]["highest"],
        fewest_sentences=entry["sentences"]["fewest"],
        most_sentences=entry["sentences"]["most"],
        longest_sentence=entry["sentences"]["longest"],
        choices={field: entry[field] for field in CHOICES},
        continents=dict(zip(table["country"], table["continent"], strict=True)),
    )


def requests(
    said: Mapping[int, Sequence[str]],
    template: Template,
    fields: Fields,
    model: Model,
    seed: int,
) -> Iterator[Writing]:
    """Yield the request for each persona's biography.

    Parameters
    ----------
    said : mapping of int to sequence of str
        persona_id to the statements of its configuration.
    template : Template
        The biography prompt.
    fields : Fields
        The form of the answer.
    model : Model
        Says how its own turn begins.
    seed : int
        The study's seed.

    Yields
    ------
    Writing
        In the order of `said`, each with a seed of its own.
    """
    pattern = fields.pattern
    prefill = model.answer.get("prefill", "")
    for persona_id, told in said.items():
        messages = tuple(
            (role, template.section(f"chat {role}", statements=list(told)))
            for role in ("system", "user")
        )
        own_seed = seed_of(seed, "biography", persona_id)
        prompt = Prompt(messages=messages, prefill=prefill)
        yield Writing(persona_id, persona_id, prompt, pattern, own_seed)


def row(written: Written, fields: Fields) -> dict[str, Any]:
    """Return a persona's row of the table BIOGRAPHIES.

    Parameters
    ----------
    written : Written
        What the model wrote; its key is the persona_id.
    fields : Fields
        What may stand there.

    Returns
    -------
    dict
        Status valid, truncated (cut by the length limit) or malformed; the facts are null
        unless it is valid.
    """
    empty = dict.fromkeys(tables.BIOGRAPHIES.columns)
    known = {"persona_id": written.key, "n_tokens": written.n_tokens}
    if not written.finished:
        return {**empty, **known, "status": "truncated"}
    try:
        facts = json.loads(written.text)
        problem = fault(facts, fields)
    except ValueError:
        problem = "no JSON"
    if problem:
        return {**empty, **known, "status": "malformed"}
    continent = fields.continents[facts["country"]]
    return {**empty, **known, "status": "valid", "continent": continent, **facts}


def fault(facts: object, fields: Fields) -> str:
    """Return what is wrong with a biography's facts; empty if nothing is.

    Parameters
    ----------
    facts : object
        What the model's JSON holds.
    fields : Fields
        What may stand there.

    Returns
    -------
    str
        The first fault.
    """
    expected = {"name", "age", "country", "biography", *CHOICES}
    if not isinstance(facts, dict) or set(facts) != expected:
        return "other fields than those asked for"
    for field in ("name", "country", "biography"):
        if not isinstance(facts[field], str):
            return f"{field} is {facts[field]!r}"
    for field in CHOICES:
        if facts[field] not in fields.choices[field]:
            return f"{field} is {facts[field]!r}"
    if facts["country"] not in fields.continents:
        return f"country is {facts['country']!r}"
    age = facts["age"]
    if not isinstance(age, int) or not fields.lowest_age <= age <= fields.highest_age:
        return f"age is {age!r}"
    return ""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.biographies", description="Write the biographies of a shard."
    )
    asking.add_shard_arguments(command)
    command.add_argument("--fields", type=Path, required=True, help="fields of a biography (YAML)")
    command.add_argument("--countries", type=Path, required=True, help="countries (CSV)")
    command.add_argument("--output", type=Path, required=True, help="table of biographies")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Read the shard, let the model write, write the table."""
    args = parser().parse_args(argv)
    set_up_logging()
    personas = asking.shard_personas(args.personas, args.shard)
    fields = read_fields(args.fields, args.countries)
    template = Template(args.prompt, CHAT_SECTIONS)
    space, model = read_space(args.space), read_prepared_model(args.model)
    determining = {
        **describe(model),
        "seed": str(args.seed),
        "biography sampling": json.dumps(dict(model.writing), sort_keys=True),
        "biography prompt": asking.content_hash(args.prompt),
        "biography fields": asking.content_hash(args.fields),
    }
    said = {
        persona_id: statements(space, persona_id) for persona_id in personas["persona_id"].to_list()
    }
    told = {persona_id: told_hash(" ".join(texts)) for persona_id, texts in said.items()}
    schema = dict(tables.BIOGRAPHIES.columns)
    interval = Interval(args.flush_rows, args.flush_seconds)
    kept = Checkpoint(args.parts, determining, tables.BIOGRAPHIES, args.shard, interval)
    finished = kept.finished(told)
    there = set(finished["persona_id"].to_list())
    missing = {number: texts for number, texts in said.items() if number not in there}
    rows = []
    usage = Usage()
    if missing:
        stop, engine = Stop(), open_engine(model, str(args.space))
        usage = engine.usage
        progress = Progress(f"biographies {args.shard}", len(missing), "personas")
        for written in engine.write(requests(missing, template, fields, model, args.seed)):
            rows.append(row(written, fields))
            kept.add(rows[-1], told[rows[-1]["persona_id"]])
            progress.advance()
            if stop.asked:
                break
        kept.flush()
        if progress.done < progress.total:
            stop.end(progress.done, progress.total)
    frame = pl.concat([finished, pl.DataFrame(rows, schema=schema)])
    provenance = {**tables.provenance(args.personas), **determining}
    tables.write(frame, args.output, tables.BIOGRAPHIES, provenance)
    asking.write_statistics(
        args.stats,
        model,
        usage,
        stage="biographies",
        shard=args.shard,
        n_personas=personas.height,
        n_taken_over=finished.height,
        n_answers=personas.height - finished.height,
        answers_per_persona=1,
    )


if __name__ == "__main__":
    run(main)
