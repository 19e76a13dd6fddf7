"""Preflight: what a try of a model says of the study: whether it answers, how fast, at what cost.

Projected hours are those of one job after another, at the speed of the try; a server or GPU that is
kept full is faster.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import polars as pl

from valuescape.answers.expected import STATUSES, Readout, outcome_counts, probabilities
from valuescape.cluster.propose_shards import MINUTE, Speed, propose
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.documents import read_document
from valuescape.core.errors import UserError
from valuescape.core.files import write_text
from valuescape.core.wording import number
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.judging import NAME as JUDGE
from valuescape.study.judging import instrument_of
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MILLION = 1e6
SECONDS_AN_HOUR = 3600.0
BIOGRAPHIES = "biographies"


@dataclass(frozen=True)
class Study:
    """What a try is projected to.

    Attributes
    ----------
    n_personas : int
        Of the study.
    seconds : float
        Time limit of a job.
    least_valid, least_mass : float
        Under which a shard of the study stops.
    """

    n_personas: int
    seconds: float
    least_valid: float
    least_mass: float


def told_apart(
    space: PersonaSpace, instrument: Instrument, responses: pl.DataFrame, readout: Readout
) -> tuple[int, int] | None:
    """Return of how many variables the two extremes answer in the configured order.

    Parameters
    ----------
    space : PersonaSpace
        Its first and its last persona are the extremes.
    instrument : Instrument
        With questions that measure variables.
    responses : DataFrame
        Table RESPONSES, the extremes among its personas.
    readout : {"probabilities", "modal", "drawn"}
        What is read of a response.

    Returns
    -------
    (int, int) or None
        In the right order, and of how many both have a valid answer (half of them by chance); None
        if there are none.
    """
    rows = [(responses["persona_id"] == each).arg_max() for each in (0, space.n_personas - 1)]
    scales = {each.name: each.levels for each in space.variables}
    right = known = 0
    for question in instrument.questions:
        if question.variable not in scales:
            continue
        values = probabilities(responses, question, readout) @ question.values
        low, high = (values[row] for row in rows)
        if np.isfinite([low, high]).all():
            levels = scales[question.variable]
            known += 1
            right += int((high - low) * (levels[-1].value - levels[0].value) > 0)
    return (right, known) if known else None


class Outcomes(NamedTuple):
    """What came of the answers that were asked for.

    Attributes
    ----------
    n_asked, n_valid : int
        How many were asked for, and how many are valid.
    option_mass : float or None
        Median probability that the options held together, in [0, 1]; None if it is not known.
    """

    n_asked: int
    n_valid: int
    option_mass: float | None = None


def outcomes_of(instruments: Sequence[Instrument], responses: Sequence[pl.DataFrame]) -> Outcomes:
    """Return what came of all answers to these instruments.

    Parameters
    ----------
    instruments : sequence of Instrument
        What was asked.
    responses : sequence of DataFrame
        Table RESPONSES of each.

    Returns
    -------
    Outcomes
        Over personas and questions.
    """
    asked = valid = 0
    masses: list[float] = []
    for instrument, answered in zip(instruments, responses, strict=True):
        for question in instrument.asked:
            outcomes = outcome_counts(answered, question.id)
            asked += sum(outcomes[status] for status in STATUSES)
            valid += outcomes["valid"]
            masses += answered[f"{question.id}_mass"].drop_nulls().to_list()
    return Outcomes(asked, valid, float(np.median(masses)) if masses else None)


def stage_row(
    stage: str,
    outcomes: Outcomes,
    shard: Mapping[str, Any],
    *,
    per_persona: int,
    study: Study,
    price: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the row of a stage, but whose it is, whether it passes, and the extremes.

    Parameters
    ----------
    stage : str
        Its name: biographies, a condition, the judge.
    outcomes : Outcomes
        Of the try.
    shard, per_persona, study, price
        As in `projected`.

    Returns
    -------
    dict
        Columns of table PREFLIGHT; no valid share where nothing was asked.
    """
    share = outcomes.n_valid / outcomes.n_asked if outcomes.n_asked else None
    row = {
        "stage": stage,
        "n_personas": study.n_personas,
        "n_asked": outcomes.n_asked,
        "valid_share": share,
        "option_mass": outcomes.option_mass,
    }
    return row | projected(shard, per_persona, study, price)


def extremes_columns(
    space: PersonaSpace,
    instruments: Sequence[Instrument],
    responses: Sequence[pl.DataFrame],
    condition: Condition,
) -> dict[str, int]:
    """Return of how many variables the extremes answer in order, as columns of table PREFLIGHT.

    Parameters
    ----------
    space : PersonaSpace
        Its first and its last persona are the extremes.
    instruments : sequence of Instrument
        What was asked, the indicators of the map among it.
    responses : sequence of DataFrame
        Table RESPONSES of each.
    condition : Condition
        Under which they answered.

    Returns
    -------
    dict
        Empty where personas were not told their configuration, or no pair is valid.
    """
    if not {"configuration", "biography"} & {*condition.context}:
        return {}
    place = next(at for at, each in enumerate(instruments) if each.name == "iw")
    readout = cast("Readout", condition.readout)
    apart = told_apart(space, instruments[place], responses[place], readout)
    return dict(zip(("n_in_order", "n_pairs"), apart, strict=True)) if apart else {}


def projected(
    shard: Mapping[str, Any], per_persona: int, study: Study, price: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what a stage of the study would take, from what a few of its answers took.

    Parameters
    ----------
    shard : mapping
        Statistics of the job that asked them.
    per_persona : int
        Answers that a persona of the study gives in this stage.
    study : Study
        What it is projected to.
    price : mapping or None
        The model file's.

    Returns
    -------
    dict
        Columns of table PREFLIGHT; null where nothing was asked, or nothing is charged.
    """
    n = shard["n_answers"]
    if not n:
        return {}
    answers = per_persona * study.n_personas
    tokens_in, tokens_out = shard["prompt_tokens"] / n, shard["output_tokens"] / n
    seconds = shard["seconds_ask"] / n
    found: dict[str, Any] = {
        "tokens_in": tokens_in,
        "tokens_out": tokens_out,
        "seconds": seconds,
        "hours": answers * seconds / SECONDS_AN_HOUR,
    }
    if seconds:
        speed = Speed(shard["stage"], 1, 1, per_persona * seconds, shard["seconds_load"])
        try:
            found["shards"] = propose([speed], study.n_personas, study.seconds, 1)
        except UserError:  # a persona alone takes longer than a job may
            found["shards"] = None
    if price:
        charged = tokens_in * price["per_million_input"] + tokens_out * price["per_million_output"]
        found["cost"] = answers * charged / MILLION
        found["currency"] = price["currency"]
    return found


def verdict(row: Mapping[str, Any], form: str, study: Study) -> str:
    """Return why a stage does not pass; empty if it does."""
    share, mass = row["valid_share"], row["option_mass"]
    if share is None:
        return "nothing was asked"
    if share < study.least_valid:
        return f"{share:.0%} of the answers are valid, fewer than {study.least_valid:.0%}"
    if form == "label_token" and mass is not None and mass < study.least_mass:
        return f"the labels hold {mass:.2g} of the probability, less than {study.least_mass:g}"
    return ""


def table_lines(judged: pl.DataFrame) -> list[str]:
    """Return the table as it is printed, a line a stage, and what does not pass.

    Parameters
    ----------
    judged : DataFrame
        Table PREFLIGHT.

    Returns
    -------
    list of str
        With a heading.
    """
    names = judged.select(pl.format("{} {}", "model", "stage")).to_series().to_list()
    width = max(map(len, names))
    heading = "valid  mass     extremes  tokens in/out  s/answer     hours  shards  cost"
    lines = [f"{'model and stage':<{width}}  {heading}"]
    for name, row in zip(names, judged.iter_rows(named=True), strict=True):
        apart = "" if row["n_pairs"] is None else f"{row['n_in_order']} of {row['n_pairs']}"
        mass = "" if row["option_mass"] is None else f"{row['option_mass']:.2g}"
        tokens = f"{number(row['tokens_in'], 0)} / {number(row['tokens_out'], 1)}"
        cost = "no price" if row["cost"] is None else f"{row['cost']:,.2f} {row['currency']}"
        share = "" if row["valid_share"] is None else f"{row['valid_share']:.2f}"
        lines.append(
            f"{name:<{width}}  {share:<5}  {mass:<7}  {apart:<8}  {tokens:<13}  "
            f"{number(row['seconds'], 3):<8}  {number(row['hours'], 2):>8}  "
            f"{'' if row['shards'] is None else row['shards']:>6}  {cost}"
        )
    return lines + [
        f"{row['model']} {row['stage']} does not pass: {row['reason']}"
        for row in judged.iter_rows(named=True)
        if row["reason"]
    ]


@command
def main(
    *,
    file: Path,
    space: Path,
    instruments: list[Path],
    few: list[Path],
    conditions: list[Condition],
    responses: list[Path],
    response_stats: list[Path],
    biographies: Path,
    biography_stats: Path,
    judgements: Path | None = None,
    judge_stats: Path | None = None,
    judge_file: Path | None = None,
    n_judged: int = 0,
    design: str,
    minutes: float,
    least_valid: float,
    least_mass: float,
    judged: Path,
    told: Path,
) -> None:
    """Read what a model was asked for a try and what it took, and write what that says."""
    levels = read_space(space)
    model = read_document(file, "model").content
    study = Study(designs.size(levels, design), MINUTE * minutes, least_valid, least_mass)
    price = model.get("price")
    asked_few = [read_instrument(path) for path in few]
    per_persona = sum(len(read_instrument(path).asked) for path in instruments)
    written = tables.read(biographies, study_tables.BIOGRAPHIES, ["persona_id", "status"])
    outcomes = Outcomes(written.height, written.filter(status="valid").height)
    stats = _statistics(biography_stats)
    rows = [stage_row(BIOGRAPHIES, outcomes, stats, per_persona=1, study=study, price=price)]
    forms = [""]
    for place, condition in enumerate(conditions):
        own = responses[place * len(few) : (place + 1) * len(few)]
        answered = [tables.read(path, study_tables.RESPONSES) for path in own]
        outcomes = outcomes_of(asked_few, answered)
        stats = _statistics(response_stats[place])
        row = stage_row(
            condition.name, outcomes, stats, per_persona=per_persona, study=study, price=price
        )
        rows.append(row | extremes_columns(levels, asked_few, answered, condition))
        forms.append(condition.form_of(model["answer"])["form"])
    if judgements and judge_stats and judge_file:
        read = instrument_of(levels)
        outcomes = outcomes_of([read], [tables.read(judgements, study_tables.RESPONSES)])
        rows.append(
            stage_row(
                JUDGE,
                outcomes,
                _statistics(judge_stats),
                per_persona=len(read.asked),
                study=replace(study, n_personas=n_judged),
                price=read_document(judge_file, "model").content.get("price"),
            )
        )
        forms.append("label_token")
    for row, form in zip(rows, forms, strict=True):
        row |= {"model": model["name"], "reason": verdict(row, form, study)}
    frame = pl.DataFrame(rows, schema=dict(study_tables.PREFLIGHT.columns))
    origin = tables.joined_provenance([biographies, *responses])
    origin["price"] = "none" if price is None else json.dumps(price, sort_keys=True)
    tables.write(frame, judged, study_tables.PREFLIGHT, origin)
    lines = table_lines(frame)
    if price:
        lines.append(f"price: {price['source']}")
    write_text(told, "\n".join(lines) + "\n")


def _statistics(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    run(main)
