"""Judge: a model reads biographies and says which level of each cultural variable they show.

It is told the text and nothing of the configuration, and may say that the text does not tell. It
answers by the probabilities of listed options. Finished biographies are kept in parts while it
reads (`asking.checkpoint`), and a biography that was not written anew is not judged again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.asking.checkpoint import Interval, context_hash
from valuescape.asking.guard import StopBelow
from valuescape.asking.job import write_statistics
from valuescape.asking.lease import only_one
from valuescape.asking.phrasing import answer_sections
from valuescape.asking.responses import Administration, ask_missing, begin_runs, write_runs
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.seeds import seed_of
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.judging import NAME, instrument_of
from valuescape.study.languages import Language
from valuescape.study.models import read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuescape.study.instruments import Instrument
    from valuescape.study.space import PersonaSpace

CONDITION = Condition(NAME, ("biography",), options="label_token")
FURTHER_SECTIONS = ("asked", "not said")


def chosen_biographies(biographies: pl.DataFrame, n: int, seed: int) -> pl.DataFrame:
    """Return the biographies that are judged.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES.
    n : int
        How many, of the valid ones.
    seed : int
        The study's. Each persona's place in the draw is its own, so that more of them keep those
        that were judged before.

    Returns
    -------
    DataFrame
        Rows of the same table.
    """
    valid = biographies.filter(pl.col("status") == "valid")
    place = [seed_of(seed, NAME, persona) for persona in valid["persona_id"].to_list()]
    drawn = valid.with_columns(pl.Series("_place", place)).sort("_place", "persona_id").head(n)
    return drawn.drop("_place").sort("persona_id")


def sections(form: dict[str, str]) -> Sequence[str]:
    """Return the sections that the judge's prompt needs."""
    return (*answer_sections(form, CONDITION.mode, CONDITION.context), *FURTHER_SECTIONS)


def asked_of(space: PersonaSpace, template: Template) -> Instrument:
    """Return the questions to the judge, in the words of its prompt.

    Parameters
    ----------
    space : PersonaSpace
        Its statements are the options.
    template : Template
        The prompt.

    Returns
    -------
    Instrument
        A question a variable.

    Raises
    ------
    UserError
        If the prompt leaves the question or the last option empty.
    """
    texts = {name: template.section(name) for name in FURTHER_SECTIONS}
    for name, text in texts.items():
        if not text:
            msg = f"{template.path}, sections '## {name}': the judge would be told nothing there"
            raise UserError(msg, hint="write a sentence into it")
    return instrument_of(space, *texts.values())


@command
def main(
    *,
    biographies: Path,
    space: Path,
    model: Path,
    prompt: Path,
    n: int,
    seed: int,
    parts: Path,
    flush_rows: int,
    flush_seconds: float,
    judgements: Path,
    stats: Path,
    least_valid: float = 0.5,
    least_mass: float = 0.1,
) -> None:
    """Let the judge read biographies, while no other job does; write what it finds."""
    with only_one(parts, NAME):
        levels, judge = read_space(space), read_prepared_model(model)
        template = Template(prompt, sections(CONDITION.form_of(judge.answer)))
        english = Language.of(CONDITION.language)
        administration = Administration(CONDITION, judge, english, template, seed, NAME)
        instrument = asked_of(levels, template)
        columns = list(study_tables.BIOGRAPHIES.columns)  # a shard, as of a preflight, has more
        written = tables.read(biographies, study_tables.BIOGRAPHIES, columns)
        contexts = {
            row["persona_id"]: template.section("biography", biography=row["biography"])
            for row in chosen_biographies(written, n, seed).iter_rows(named=True)
        }
        hashes = {persona_id: context_hash(text) for persona_id, text in contexts.items()}
        interval = Interval(flush_rows, flush_seconds)
        runs = begin_runs(administration, {space: instrument}, hashes, parts, interval)
        n_taken_over = sum(len(each.taken_over) for each in runs.values())
        stop_below = StopBelow(least_valid, least_mass)
        n_answers, usage = ask_missing(
            administration, runs, contexts, hashes, levels, stop_below=stop_below
        )
        write_runs(runs, [judgements], tables.provenance(biographies))
        write_statistics(
            stats,
            judge,
            usage,
            stage=NAME,
            shard=NAME,
            n_personas=len(contexts),
            n_taken_over=n_taken_over,
            n_answers=n_answers,
            answers_per_persona=len(instrument.asked),
        )


if __name__ == "__main__":
    run(main)
