"""Responses: the personas of a shard answer every question of the instruments.

One job asks all instruments, so that the model is loaded once and the context of a persona is
computed once for all its questions. How they are asked is the condition's mode
(`asking.elicitation`). Whatever becomes of an answer, it is accounted for. A persona that has
answered a whole instrument is kept in a part while the shard runs (`asking.checkpoint`): what
parts hold is not asked again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.answers.derived import with_derived
from valuescape.asking.checkpoint import Checkpoint, Interval, Stop, context_hash
from valuescape.asking.elicitation import (
    Answer,
    AskingPlan,
    battery,
    labels_of,
    single,
    verbalised,
    written,
)
from valuescape.asking.guard import StopBelow, enough_valid
from valuescape.asking.job import content_hash, shard_personas, write_statistics
from valuescape.asking.lease import only_one
from valuescape.asking.phrasing import Phrasing, answer_sections, demographics_of
from valuescape.asking.response_rows import OpenRows, response_table, whole_row
from valuescape.asking.runs import InstrumentRun, attempts_before, flush, missing_instruments
from valuescape.asking.telling import Telling
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.progress import Progress
from valuescape.engine import Usage, describe, open_engine
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.demographics import Demographics
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.languages import Language
from valuescape.study.models import Model, read_prepared_model
from valuescape.study.space import PersonaSpace, read_space
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl

ASK = {
    "single": single.ask,
    "sampled": written.ask,
    "battery": battery.ask,
    "reasoned": written.ask,
    "verbalised": verbalised.ask,
}


def persona_contexts(
    personas: pl.DataFrame,
    biographies: pl.DataFrame,
    telling: Telling,
    *,
    demographics: Demographics = "written",
) -> dict[int, str]:
    """Return what each persona of the shard is told of itself.

    Parameters
    ----------
    personas : DataFrame
        Table PERSONAS.
    biographies : DataFrame
        Table BIOGRAPHIES of the same personas.
    telling : Telling
        In which words.
    demographics : {"written", "assigned"}
        Where they come from in the study.

    Returns
    -------
    dict of int to str
        persona_id to text.

    Raises
    ------
    UserError
        If a persona has no row among the biographies.
    """
    by_id = {row["persona_id"]: row for row in biographies.iter_rows(named=True)}
    contexts: dict[int, str] = {}
    for persona_id in personas["persona_id"].to_list():
        if persona_id not in by_id:
            msg = f"persona {persona_id} has no row among the biographies of its shard"
            raise UserError(msg, hint="delete the shard's biographies and run snakemake again")
        row = by_id[persona_id]
        contexts[persona_id] = telling.text(
            persona_id, row["biography"], demographics_of(row, demographics)
        )
    return contexts


@dataclass(frozen=True)
class Administration:
    """How the instruments of a shard are administered.

    Attributes
    ----------
    condition : Condition
        The condition.
    model : Model
        Who answers.
    language : Language
        Of the questions.
    template : Template
        The answer prompt in this language.
    seed : int
        The study's.
    shard : str
        For instance ``0007-of-0128``.
    """

    condition: Condition
    model: Model
    language: Language
    template: Template
    seed: int
    shard: str

    @classmethod
    def read(
        cls, condition: Condition, model: Path, prompt: Path, seed: int, shard: str
    ) -> Administration:
        """Read the prepared model, and what of the prompt the condition needs."""
        asked_model = read_prepared_model(model)
        form = condition.form_of(asked_model.answer)
        language = Language.of(condition.language)
        path = language.prompt(prompt, condition.wording)
        template = Template(path, own_sections(condition, form))
        return cls(condition, asked_model, language, template, seed, shard)

    @property
    def form(self) -> dict[str, str]:
        """The form of an answer: the model file's, with the condition's own options."""
        return self.condition.form_of(self.model.answer)

    @property
    def phrasing(self) -> Phrasing:
        """In which words the questions are asked."""
        return Phrasing(
            self.template, self.form, self.condition.option_order, self.language.refusals
        )

    def determining(self) -> dict[str, str]:
        """Return what determines an answer, but for the instrument and a persona's context.

        Biographies determine answers by what a persona is told, which is compared row by row.
        """
        return {
            **describe(self.model),
            "seed": str(self.seed),
            "condition": self.condition.name,
            "condition settings": json.dumps(self.condition.determining(), sort_keys=True),
            "answer form": json.dumps(self.form, sort_keys=True),
            "answer prompt": self.template.fingerprint,
            **{f"language in {path}": content_hash(path) for path in self.language.own_files},
        }

    def translated(self, instrument: Instrument) -> Instrument:
        """Return an instrument as it is asked."""
        return self.language.instrument(instrument, self.condition.wording)

    def translations(self, instrument: str) -> dict[str, str]:
        """Return the files that an instrument is asked from beside its own, and what they hold."""
        found = self.language.translations(instrument, self.condition.wording)
        return {f"instrument {instrument} in {path}": content_hash(path) for path in found}


def own_sections(condition: Condition, form: Mapping[str, str]) -> tuple[str, ...]:
    """Return the sections that a prompt needs; the context's parts if it tells them, too."""
    same = condition.context_language == condition.language
    return answer_sections(form, condition.mode, condition.context if same else ())


def begin_runs(
    administration: Administration,
    instruments: Mapping[Path, Instrument],
    hashes: Mapping[int, str],
    parts: Path,
    interval: Interval,
    *,
    reask: Sequence[str] = (),
) -> dict[str, InstrumentRun]:
    """Open the checkpoint of each instrument and take over what is finished.

    Parameters
    ----------
    administration : Administration
        What determines an answer.
    instruments : mapping of Path to Instrument
        By file.
    hashes : mapping of int to str
        persona_id to the hash of its context.
    parts : Path
        Folder of finished parts.
    interval : Interval
        When parts are written.
    reask : sequence of str
        Outcomes that are asked for again.

    Returns
    -------
    dict of str to InstrumentRun
        By instrument.
    """
    runs = {}
    for source, instrument in instruments.items():
        name = instrument.name
        own = {
            **administration.determining(),
            f"instrument {name}": content_hash(source),
            **administration.translations(name),
        }
        table = response_table(instrument)
        checkpoint = Checkpoint(parts / name, own, table, administration.shard, interval)
        there = checkpoint.take_over(hashes)
        again = checkpoint.ask_again(reask)
        stands = there - again.keys()
        asked = administration.translated(instrument)
        if not asked.asked:
            for persona_id in hashes.keys() - there:
                row = whole_row(persona_id, instrument, {})
                checkpoint.add(row, hashes[persona_id])
            stands = set(hashes)
        runs[name] = InstrumentRun(asked, instrument, checkpoint, stands, again, tuple(reask))
    return runs


def collect(
    answered: Iterator[Answer],
    runs: Mapping[str, InstrumentRun],
    hashes: Mapping[int, str],
    progress: Progress,
    stop: Stop,
) -> None:
    """Put the answers into their rows, keeping what is finished, until all are in.

    When the job is asked to stop, what is finished is written first; then the questionnaires that
    are begun are finished, so that no answer is lost, unless it is urged.

    Parameters
    ----------
    answered : iterator of Answer
        As they come in.
    runs : mapping of str to InstrumentRun
        By instrument; their checkpoints are filled.
    hashes : mapping of int to str
        persona_id to the hash of its context.
    progress : Progress
        Counts the answers.
    stop : Stop
        If the job is asked to stop, it ends here, with status 143.
    """
    open_rows = OpenRows(runs.values())
    flushed = False
    try:
        for answer in answered:
            done = open_rows.enter(answer)
            if done:
                name, row = done
                runs[name].checkpoint.add(row, hashes[row["persona_id"]])
            progress.advance()
            if stop.asked and not flushed:
                flush(runs)
                flushed = True
            if stop.urged:
                break
    finally:  # an engine that gives up loses nothing that is finished
        flush(runs)
    if progress.done < progress.total:
        stop.end(progress.done, progress.total)


def ask_missing(
    administration: Administration,
    runs: Mapping[str, InstrumentRun],
    contexts: Mapping[int, str],
    hashes: Mapping[int, str],
    space: PersonaSpace,
    *,
    stop_below: StopBelow,
) -> tuple[int, Usage]:
    """Load the model, if anything is missing, and let it answer all that is.

    Parameters
    ----------
    administration : Administration
        How.
    runs : mapping of str to InstrumentRun
        By instrument; their checkpoints are filled.
    contexts, hashes : mapping of int to str
        persona_id to its context, and to the hash of it.
    space : PersonaSpace
        For the synthetic respondent.
    stop_below : StopBelow
        What ends it early.

    Returns
    -------
    (int, Usage)
        Number of answers asked for, and what the engine did.
    """
    whole = administration.condition.mode == "battery"
    missing = missing_instruments(runs, contexts, whole=whole)
    n_missing = sum(len(each.asked) for several in missing.values() for each in several)
    if not n_missing:
        return 0, Usage()
    condition = administration.condition
    engine = open_engine(administration.model, space, stop_below.option_mass)
    stop = Stop()
    plan = AskingPlan(
        condition,
        administration.phrasing,
        administration.seed,
        contexts,
        missing,
        labels_of(engine, [each.whole for each in runs.values()], administration.form["form"]),
        attempts_before(runs),
        stop_below.option_mass,
        lambda: bool(stop.asked),
    )
    title = f"responses {condition.name} {administration.shard}"
    progress = Progress(title, n_missing, "answers")
    answers = ASK[condition.mode](engine, plan)
    judged = enough_valid(answers, lambda answer: answer.status, stop_below.valid, "answers")
    collect(judged, runs, hashes, progress, stop)
    return n_missing, engine.usage


def write_runs(
    runs: Mapping[str, InstrumentRun], outputs: Sequence[Path], origin: Mapping[str, str]
) -> None:
    """Write the table of each instrument, with the provenance of the biographies before its own."""
    for each, output in zip(runs.values(), outputs, strict=True):
        each.checkpoint.finish(output, with_derived(each.checkpoint.rows, each.whole), origin)


@command
def main(
    *,
    personas: Path,
    biographies: Path,
    shard: str,
    space: Path,
    model: Path,
    instruments: list[Path],
    prompt: Path,
    condition: Condition,
    demographics: Demographics,
    seed: int,
    parts: Path,
    flush_rows: int,
    flush_seconds: float,
    responses: list[Path],
    stats: Path,
    least_valid: float = 0.5,
    least_mass: float = 0.1,
    reask: list[str] | None = None,
) -> None:
    """Let the personas of a shard answer, while no other job asks it; a table an instrument."""
    with only_one(parts, shard):
        administration = Administration.read(condition, model, prompt, seed, shard)
        levels = read_space(space)
        contexts = persona_contexts(
            shard_personas(personas, shard),
            tables.read(
                biographies, study_tables.BIOGRAPHIES, list(study_tables.BIOGRAPHIES.columns)
            ),
            Telling.read(condition, levels, prompt),
            demographics=demographics,
        )
        hashes = {persona_id: context_hash(text) for persona_id, text in contexts.items()}
        interval = Interval(flush_rows, flush_seconds)
        sources = {path: read_instrument(path) for path in instruments}
        again = reask or ()
        runs = begin_runs(administration, sources, hashes, parts, interval, reask=again)
        n_taken_over = sum(len(each.taken_over) for each in runs.values())
        n_answers, usage = ask_missing(
            administration,
            runs,
            contexts,
            hashes,
            levels,
            stop_below=StopBelow(least_valid, least_mass),
        )
        write_runs(runs, responses, tables.provenance(biographies))
        write_statistics(
            stats,
            administration.model,
            usage,
            stage=f"responses {condition.name}",
            shard=shard,
            n_personas=len(contexts),
            n_taken_over=n_taken_over,
            n_answers=n_answers,
            answers_per_persona=sum(len(each.instrument.asked) for each in runs.values()),
        )


if __name__ == "__main__":
    run(main)
