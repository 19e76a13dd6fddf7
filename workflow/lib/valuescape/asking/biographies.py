"""Biographies: the model writes one for each persona of a shard.

The form is enforced while the model writes, so that a finished text is valid; what the length
limit cuts is recorded as truncated. What is not valid is asked for again, with another seed, up to
a number of attempts. Nothing is repaired. Finished rows are kept in parts while
the shard runs (`asking.checkpoint`): what they hold is not asked again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from valuescape.asking.checkpoint import Checkpoint, Interval, Stop, context_hash
from valuescape.asking.elicitation import conversed
from valuescape.asking.elicitation.outcomes import is_refusal
from valuescape.asking.guard import StopBelow, enough_valid
from valuescape.asking.job import content_hash, shard_personas, write_statistics
from valuescape.asking.lease import only_one
from valuescape.asking.phrasing import statements
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.documents import read_document
from valuescape.core.errors import UserError
from valuescape.core.progress import Progress
from valuescape.core.seeds import seed_of
from valuescape.engine import Sampling, Usage, Writing, Written, describe, open_engine
from valuescape.engine.regex import one_of
from valuescape.study import tables as study_tables
from valuescape.study.demographics import ASSIGNED
from valuescape.study.models import Model, read_prepared_model
from valuescape.study.space import PersonaSpace, read_space
from valuescape.study.templates import Prompt, Template

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

STATED = {name: f"stated_{name}" for name in ASSIGNED}
"""Columns of what a biography states of what was assigned."""
CHOICES = ("sex", "settlement", "education", "occupation", "household", "religion")
# What a name or a sentence may hold: letters of the Latin script and commas. Names are
# up to three words and sentences have a longest length in words, or a small model never ends one.
NAME = "[A-Z][a-zà-ž'-]{1,14}( [A-Z][a-zà-ž'-]{1,17}){0,2}"
LETTERS = "[A-Za-zÀ-ž'-]"
OPENING = "You are"
# White space between a prompt and what is written.
GAPS = {"chat": "", "interview": " "}


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
            f'"sex": "{one_of(self.choices["sex"])}"',
            f'"country": "{one_of(self.continents)}"',
            *(f'"{field}": "{one_of(self.choices[field])}"' for field in CHOICES[1:]),
            f'"biography": "{sentences}"',
        ]
        return r"\{" + ", ".join(parts) + r"\}"


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


def sections(model: Model, *, assigned: bool) -> tuple[str, ...]:
    """Return the sections of the prompt that a model's biographies are asked with."""
    further = " assigned" if assigned else ""
    if model.writing_layout == "interview":
        return (f"interview{further}",)
    return ("chat system", f"chat user{further}")


@dataclass(frozen=True)
class BiographyRequests:
    """What the biographies of a shard are asked with.

    Attributes
    ----------
    said : mapping of int to sequence of str
        persona_id to the statements of its configuration.
    template : Template
        The biography prompt.
    fields : Fields
        What may stand there.
    model : Model
        Says how it is sampled and how its own turn begins.
    seed : int
        The study's seed.
    attempts : int
        How often a biography is asked for at most, until it is valid.
    assigned : mapping of int to mapping, optional
        persona_id to its row of table DEMOGRAPHICS, in a study that assigns them.
    attempts_before : mapping of int to int
        By persona_id, how often what is asked again was asked before.
    """

    said: Mapping[int, Sequence[str]]
    template: Template
    fields: Fields
    model: Model
    seed: int
    attempts: int = 1
    assigned: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    attempts_before: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def _pattern(self) -> str:
        return self.fields.pattern

    def determining(self) -> dict[str, str]:
        """Return what determines a biography, but for what the fields allow and the persona."""
        return {
            **describe(self.model),
            "seed": str(self.seed),
            "biography sampling": json.dumps(dict(self.model.writing), sort_keys=True),
            "biography attempts": str(self.attempts),
            "biography prompt": self.template.fingerprint,
        }

    def first(self, persona_id: int) -> Writing:
        """Return the first request for a persona's biography, or the next one if it failed."""
        return self.request(persona_id, self.attempts_before.get(persona_id, 0) + 1)

    def request(self, persona_id: int, attempt: int = 1) -> Writing:
        """Return the request for a persona's biography, with a seed of its own each attempt."""
        again = (attempt,) if attempt > 1 else ()
        return Writing(
            (persona_id, attempt),
            persona_id,
            self._prompt(persona_id),
            GAPS[self.model.writing_layout] + self._pattern,
            seed_of(self.seed, "biography", persona_id, *again),
            Sampling(
                self.model.writing["temperature"],
                self.model.writing["top_p"],
                int(self.model.writing["max_tokens"]),
            ),
        )

    def _prompt(self, persona_id: int) -> Prompt:
        """Return the prompt in the model's layout of biographies."""
        given = self.assigned.get(persona_id, {})
        values = {"statements": list(self.said[persona_id]), **given}
        first, *others = sections(self.model, assigned=bool(given))
        if not others:
            return Prompt(text=self.template.section(first, **values))
        messages = (
            ("system", self.template.section(first, **values)),
            ("user", self.template.section(others[0], **values)),
        )
        return Prompt(messages=messages, prefill=self.model.answer.get("prefill", ""))

    def reply(self, request: Writing, written: Written) -> Iterator[Writing | dict[str, Any]]:
        """Yield the row of a biography, or ask for it again."""
        persona_id, attempt = cast("tuple[int, int]", request.key)
        found = row(written, self.fields, self.assigned.get(persona_id, {}))
        most = self.attempts_before.get(persona_id, 0) + self.attempts
        if found["status"] != "valid" and attempt < most:
            yield self.request(persona_id, attempt + 1)
        else:
            yield {**found, "persona_id": persona_id, "attempts": attempt}


def row(
    written: Written, fields: Fields, assigned: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Return what the table BIOGRAPHIES holds of a text.

    Parameters
    ----------
    written : Written
        What the model wrote.
    fields : Fields
        What may stand there.
    assigned : mapping
        The persona's row of table DEMOGRAPHICS; empty where the writer decides.

    Returns
    -------
    dict
        Status valid, refused, truncated (cut by the length limit), out_of_range (the age or the
        country is none that may stand there) or malformed; what was to be written is null unless
        it is valid. What was assigned stands there in any case.
    """
    nothing = dict.fromkeys(study_tables.BIOGRAPHIES.columns)
    found = {**nothing, "n_tokens": written.n_tokens, **assigned}
    if written.status:
        return {**found, "status": written.status}
    try:
        facts = json.loads(written.text)
    except ValueError:
        refused, cut = is_refusal(written.text), not written.finished
        status = "refused" if refused else "truncated" if cut else "malformed"
        return {**found, "status": status}
    status = "truncated" if not written.finished else status_of(facts, fields)
    if status != "valid":
        return {**found, "status": status}
    stated = {column: facts[name] for name, column in STATED.items()} if assigned else {}
    continent = fields.continents[facts["country"]]
    return {**found, "status": status, "continent": continent, **facts, **stated, **assigned}


def status_of(facts: object, fields: Fields) -> str:
    """Return what a biography's facts are.

    Parameters
    ----------
    facts : object
        What the model's JSON holds.
    fields : Fields
        What may stand there.

    Returns
    -------
    str
        valid, out_of_range or malformed.
    """
    expected = {"name", "age", "country", "biography", *CHOICES}
    if not isinstance(facts, dict) or set(facts) != expected:
        return "malformed"
    if not all(isinstance(facts[field], str) for field in ("name", "country", "biography")):
        return "malformed"
    if not isinstance(facts["age"], int):
        return "malformed"
    if not fields.lowest_age <= facts["age"] <= fields.highest_age:
        return "out_of_range"
    if facts["country"] not in fields.continents:
        return "out_of_range"
    chosen = all(facts[field] in fields.choices[field] for field in CHOICES)
    return "valid" if chosen else "malformed"


def read_assigned(path: Path, personas: Sequence[int], fields: Fields) -> dict[int, dict[str, Any]]:
    """Read who the personas of a shard are by design.

    Parameters
    ----------
    path : Path
        Table DEMOGRAPHICS of the study.
    personas : sequence of int
        The shard's.
    fields : Fields
        What may stand in a biography.

    Returns
    -------
    dict of int to dict
        persona_id to what is assigned.

    Raises
    ------
    UserError
        If no biography can state what is assigned.
    """
    table = tables.read(path, study_tables.DEMOGRAPHICS)
    allowed: dict[str, Collection[object]] = {
        "country": fields.continents,
        "age": range(fields.lowest_age, fields.highest_age + 1),
        **{name: fields.choices[name] for name in ("settlement", "sex", "education")},
    }
    for name, known in allowed.items():
        for value in table[name].unique().sort():
            if value not in known:
                msg = f"{path}: the {name} {value!r} is assigned, which no biography can state"
                raise UserError(msg, hint=f"add it to {name} in biography_fields of the study")
    rows = table.filter(pl.col("persona_id").is_in(personas)).rows(named=True)
    return {row.pop("persona_id"): row for row in rows}


def write_missing(
    requests: BiographyRequests,
    kept: Checkpoint,
    hashes: Mapping[int, str],
    shard: str,
    space: PersonaSpace,
    *,
    stop_below: StopBelow,
) -> Usage:
    """Load the model, if anything is missing, and let it write all that is.

    Parameters
    ----------
    requests : BiographyRequests
        Of the personas that have no biography yet.
    kept : Checkpoint
        Where finished rows are kept.
    hashes : mapping of int to str
        persona_id to the hash of the statements of its configuration and of what is assigned.
    shard : str
        For the progress.
    space : PersonaSpace
        For the synthetic respondent.
    stop_below : StopBelow
        What ends it early.

    Returns
    -------
    Usage
        What the engine did.
    """
    if not requests.said:
        return Usage()
    stop, engine = Stop(), open_engine(requests.model, space, stop_below.option_mass)
    progress = Progress(f"biographies {shard}", len(requests.said), "personas")
    try:
        written = conversed(engine, map(requests.first, requests.said), requests.reply)
        for found in enough_valid(written, itemgetter("status"), stop_below.valid, "biographies"):
            kept.add(found, hashes[found["persona_id"]])
            progress.advance()
            if stop.asked:
                break
    finally:  # an engine that gives up loses nothing that is finished
        kept.flush()
    if progress.done < progress.total:
        stop.end(progress.done, progress.total)
    return engine.usage


@command
def main(
    *,
    personas: Path,
    shard: str,
    space: Path,
    model: Path,
    prompt: Path,
    fields: Path,
    countries: Path,
    seed: int,
    attempts: int,
    parts: Path,
    flush_rows: int,
    flush_seconds: float,
    biographies: Path,
    stats: Path,
    demographics: list[Path],
    least_valid: float = 0.5,
    least_mass: float = 0.1,
    reask: list[str] | None = None,
) -> None:
    """Let the model write the biographies of a shard, while no other job does; write the table."""
    with only_one(parts, shard):
        asked_model, allowed = read_prepared_model(model), read_fields(fields, countries)
        template = Template(prompt, sections(asked_model, assigned=bool(demographics)))
        ids = shard_personas(personas, shard)["persona_id"].to_list()
        assigned: dict[int, dict[str, Any]] = {}
        for path in demographics:  # one, or none
            assigned |= read_assigned(path, ids, allowed)
        requests = BiographyRequests(
            {}, template, allowed, asked_model, seed, attempts, assigned=assigned
        )
        determining = {**requests.determining(), "biography fields": content_hash(fields)}
        levels = read_space(space)
        said = {persona_id: statements(levels, persona_id) for persona_id in ids}
        hashes = {
            number: context_hash(" ".join([*texts, *map(str, assigned.get(number, {}).values())]))
            for number, texts in said.items()
        }
        interval = Interval(flush_rows, flush_seconds)
        kept = Checkpoint(parts, determining, study_tables.BIOGRAPHIES, shard, interval)
        there = kept.take_over(hashes)
        again = kept.ask_again(reask or ())
        missing = {key: texts for key, texts in said.items() if key not in there or key in again}
        before = {persona_id: row["attempts"] for persona_id, row in again.items()}
        asked = replace(requests, said=missing, attempts_before=before)
        stop_below = StopBelow(least_valid, least_mass)
        usage = write_missing(asked, kept, hashes, shard, levels, stop_below=stop_below)
        kept.finish(biographies, kept.rows, tables.provenance(personas))
        write_statistics(
            stats,
            asked_model,
            usage,
            stage="biographies",
            shard=shard,
            n_personas=len(ids),
            n_taken_over=len(there),
            n_answers=len(missing),
            answers_per_persona=1,
        )


if __name__ == "__main__":
    run(main)
