"""Items: what a language moves of each question and foundation, and how many answers are valid.

Answers to different questions differ in their means whoever answers, so that a correlation over
pooled questions is high for anybody: it stands beside the one of answers z-scored within question
only to show that.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from valuescape.answers.expected import NOT_ASKED
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.languages import tables as language_tables
from valuescape.lenses.languages.contrasts import FLOORS
from valuescape.lenses.languages.floors import Floors, from_zero
from valuescape.lenses.languages.inputs import (
    ROUNDING,
    Answers,
    Gathered,
    common_questions,
    described,
    said_of_model,
)
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.study.conditions import Condition
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument
from valuescape.study.models import known_languages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.lenses.languages.contrasts import Contrast
    from valuescape.lenses.languages.floors import Estimate
    from valuescape.study.instruments import Question

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

FEWEST = 3
UNKNOWN = (np.nan, np.nan, np.nan)
NO_PERSONAS = "not defined: fewer than three personas answered it in both"
NO_SPREAD = "no z_shift: the same answer of all personas"


@dataclass(frozen=True)
class Unit:
    """A question or a scale, answered by the same personas in two conditions.

    Attributes
    ----------
    kind : str
        ``question``, ``foundation`` or ``scale``.
    name : str
        Its id or name.
    items : tuple of Question
        The questions behind it.
    before, after : ndarray of float64, shape (n,)
        Mean answers on [0, 1] under the twin and under the condition; nan where either is not
        valid.
    steps : ndarray of float64, shape (n, n_options - 1)
        Of a question: by how much the share up to an option is larger under the condition. No
        columns for a scale.
    gaps : ndarray of float64, shape (n_options - 1,)
        Distance from each option to the next, on [0, 1].
    """

    kind: str
    name: str
    items: tuple[Question, ...]
    before: Array
    after: Array
    steps: Array
    gaps: Array


def question_unit(question: Question, condition: Answers, twin: Answers) -> Unit:
    """Return a question that both conditions were asked."""
    before, after = twin.shares(question), condition.shares(question)
    known = np.isfinite(before[:, 0]) & np.isfinite(after[:, 0])
    before, after = (np.where(known[:, None], side, np.nan) for side in (before, after))
    return Unit(
        "question",
        question.id,
        (question,),
        before @ question.scaled,
        after @ question.scaled,
        np.cumsum(after - before, axis=1)[:, :-1],
        np.diff(question.scaled),
    )


def scale_units(instrument: Instrument, questions: Sequence[Unit]) -> list[Unit]:
    """Return the scales of an instrument, of the items that both conditions were asked."""
    by_name = {unit.name: unit for unit in questions}
    found = []
    for name, scale in instrument.scales.items():
        own = [by_name[item] for item in scale.items if item in by_name]
        if not own:
            continue
        sides = []
        for side in ("before", "after"):
            values = np.column_stack([getattr(unit, side) for unit in own])
            turned = np.array([unit.name in scale.reversed for unit in own])
            sides.append(np.where(turned, 1 - values, values).mean(axis=1))
        kind = "foundation" if name in FOUNDATIONS else "scale"
        items = tuple(unit.items[0] for unit in own)
        n = len(sides[0])
        found.append(Unit(kind, name, items, sides[0], sides[1], np.empty((n, 0)), np.empty(0)))
    return found


def measure_units(units: Sequence[Unit], draws: Draws) -> list[dict[str, Estimate | int]]:
    """Return shift, z-scored shift and EMD of each unit, with 95 % intervals.

    Parameters
    ----------
    units : sequence of Unit
        Of the same personas.
    draws : Draws
        Bootstrap draws over configurations; one draw for all units.

    Returns
    -------
    list of dict
        ``shift``, ``z_shift`` and ``emd`` with their ends, nan where not defined; ``n``, how many
        personas answered in both conditions.
    """
    blocks = []
    for unit in units:
        x, y = unit.before, unit.after
        columns = np.column_stack([np.isfinite(x), x, y, x * x, y * y, unit.steps])
        blocks.append(np.where(np.isfinite(x)[:, None], columns, 0.0))
    if not blocks:
        return []
    whole = np.hstack(blocks)
    drawn = resampling.resampled_sums(whole, draws, "languages/personas")
    ends = np.cumsum([block.shape[1] for block in blocks])[:-1]
    sums = np.split(whole.sum(axis=0), ends)
    return [
        _measured(own, of_draws, unit.gaps)
        for unit, own, of_draws in zip(units, sums, np.split(drawn, ends, axis=1), strict=True)
    ]


def _measured(sums: Array, drawn: Array, gaps: Array) -> dict[str, Estimate | int]:
    n = int(sums[0])
    if n < FEWEST:
        return {"n": n, "shift": UNKNOWN, "z_shift": UNKNOWN, "emd": UNKNOWN}
    values, replicates = _statistics(sums, gaps), _statistics(drawn, gaps)
    bounds = {"shift": (-1.0, 1.0), "z_shift": (-np.inf, np.inf), "emd": (0.0, 1.0)}
    found: dict[str, Estimate | int] = {"n": n}
    for name, limits in bounds.items():
        value = float(values[name])
        # what no draw changes has no interval
        varies = np.isfinite(value) and np.ptp(replicates[name]) > ROUNDING
        low, high = resampling.interval(value, replicates[name], limits) if varies else UNKNOWN[:2]
        found[name] = (value, float(low), float(high))
    return found


def _statistics(sums: Array, gaps: Array) -> dict[str, Array]:
    """Shift, z-scored shift and EMD of sums, or of draws of them along the first axis."""
    n = np.maximum(sums[..., 0], 1.0)
    x, y, xx, yy = (sums[..., k] / n for k in range(1, 5))
    spread = np.sqrt(np.maximum(xx - x**2 + yy - y**2, 0.0) / 2)
    undefined = np.full(np.shape(spread), np.nan)
    z = np.divide(y - x, spread, out=undefined, where=spread > ROUNDING)
    steps = np.abs(sums[..., 5:] / n[..., None])
    distance = (steps * gaps).sum(axis=-1) if len(gaps) else np.full(np.shape(n), np.nan)
    return {"shift": y - x, "z_shift": z, "emd": distance}


def rank_correlation(unit: Unit) -> float:
    """Return Spearman's correlation over personas; nan where a side does not vary."""
    known = np.isfinite(unit.before)
    sides = [np.round(side[known], 9) for side in (unit.before, unit.after)]
    if known.sum() < FEWEST or any(np.ptp(side) <= ROUNDING for side in sides):
        return np.nan
    return float(spearmanr(*sides).statistic)


def pooled_correlations(units: Sequence[Unit]) -> tuple[float, float]:
    """Return the correlation of all answers to all questions, in two ways.

    Parameters
    ----------
    units : sequence of Unit
        Questions.

    Returns
    -------
    (float, float)
        Of answers z-scored within question and condition, so that what questions differ in by
        themselves is gone; and of answers as they are, which holds that alone where personas say
        nothing. nan where not defined.
    """
    raw: list[Array] = []
    within: list[Array] = []
    for unit in units:
        sides = np.stack([unit.before, unit.after])
        sides = sides[:, np.isfinite(unit.before)]
        if not sides.size:
            continue
        raw.append(sides)
        spread = sides.std(axis=1, keepdims=True)
        if (spread > ROUNDING).all():
            within.append((sides - sides.mean(axis=1, keepdims=True)) / spread)
    found = []
    for parts in (within, raw):
        both = np.hstack(parts) if parts else np.empty((2, 0))
        found.append(float(resampling.correlation(*both)) if both.shape[1] >= FEWEST else np.nan)
    return found[0], found[1]


def item_rows(
    contrast: Contrast, condition: Answers, twin: Answers, floors: Floors, draws: Draws
) -> list[dict[str, Any]]:
    """Return what table LANGUAGE_ITEMS says of a contrast, but for its name.

    Parameters
    ----------
    contrast : Contrast
        What is compared; if it is a floor, its measures are noted.
    condition, twin : Answers
        To one instrument.
    floors : Floors
        Those of the instrument that were measured so far.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    list of dict
        One row a question, a scale, and all questions.
    """
    instrument = condition.instrument
    questions = [question_unit(q, condition, twin) for q in common_questions(condition, twin)]
    units = [*questions, *scale_units(instrument, questions)]
    measured = measure_units(units, draws)
    floor = contrast.kind in FLOORS
    if floor and questions and not any(np.nan_to_num(unit.steps).any() for unit in questions):
        floors.idle.add(contrast)
    remark = floors.missing(contrast)
    rows = [
        _row_of_unit(unit, found, contrast, floors, remark) | _outcomes(unit.items, condition, twin)
        for unit, found in zip(units, measured, strict=True)
    ]
    distances = [row["emd"] for row in rows if np.isfinite(row.get("emd") or np.nan)]
    mean = float(np.mean(distances)) if distances else np.nan
    beside = {} if floor else floors.beside(contrast, language_tables.ALL)
    within, raw = pooled_correlations(questions)
    whole = {"unit": "all", "item": language_tables.ALL, "emd": mean, "correlation": within}
    rows.append(
        {**whole, "correlation_raw": raw, **beside, "remark": remark}
        | _outcomes(tuple(unit.items[0] for unit in questions), condition, twin)
    )
    floors.note(contrast, {language_tables.ALL: (mean, np.nan, np.nan)})
    there = {unit.name for unit in questions}
    rows += [
        {"unit": "question", "item": q.id, "remark": _who_was_not_asked(q, condition, twin)}
        for q in instrument.questions
        if q.id not in there
    ]
    return [{"instrument": instrument.name, **row} for row in rows]


def _who_was_not_asked(question: Question, condition: Answers, twin: Answers) -> str:
    without = [
        side.condition.name
        for side in (condition, twin)
        if question.id not in {each.id for each in side.asked}
    ]
    return f"{NOT_ASKED} in {' and '.join(without)}"


def _row_of_unit(
    unit: Unit, found: dict[str, Any], contrast: Contrast, floors: Floors, remark: str
) -> dict[str, Any]:
    size = found["emd"] if unit.kind == "question" else from_zero(found["shift"])
    named = (unit.kind, unit.name)
    floors.note(contrast, {named: size})
    remarks = [remark]
    if found["n"] < FEWEST:
        remarks.append(NO_PERSONAS)
    elif np.isnan(found["z_shift"][0]):
        remarks.append(NO_SPREAD)
    row: dict[str, Any] = {"unit": unit.kind, "item": unit.name, "n_personas": found["n"]}
    for name, prefix in (("shift", ""), ("z_shift", "z_"), ("emd", "emd_")):
        value, low, high = found[name]
        row |= {name: value, f"{prefix}ci_low": low, f"{prefix}ci_high": high}
    row |= {"correlation": rank_correlation(unit), "remark": "; ".join(filter(None, remarks))}
    if contrast.kind in FLOORS:
        return row
    passed = floors.are_passed(contrast, named, size)
    return row | floors.beside(contrast, named) | {"beyond_floors": passed}


def _outcomes(questions: Sequence[Question], condition: Answers, twin: Answers) -> dict[str, float]:
    return {
        f"{status}_share{side}": answers.share_of(status, questions)
        for status in ("valid", "refused")
        for side, answers in (("", condition), ("_twin", twin))
    }


def items_table(gathered: Gathered, languages: Sequence[str] | None, draws: Draws) -> pl.DataFrame:
    """Return table LANGUAGE_ITEMS.

    Parameters
    ----------
    gathered : Gathered
        Answers to all instruments.
    languages : sequence of str, or None
        What the model knows.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    DataFrame
        Empty if the study has no contrast of languages.
    """
    rows: list[dict[str, Any]] = []
    for instrument in gathered.instruments:
        floors = Floors(gathered.contrasts)
        for contrast, condition, twin in gathered.pairs(instrument):
            named = described(contrast, languages)
            rows += [named | row for row in item_rows(contrast, condition, twin, floors, draws)]
    schema = dict(language_tables.LANGUAGE_ITEMS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


@command
def main(
    *,
    responses: list[Path],
    instruments: list[Path],
    conditions: list[Condition],
    model: Path,
    seed: int,
    replicates: int,
    table: Path,
) -> None:
    """Read the answers of all conditions, write what each language moves of each question."""
    gathered = Gathered.of(conditions, [read_instrument(path) for path in instruments], responses)
    languages = known_languages(model)
    found = items_table(gathered, languages, Draws(replicates, seed))
    n_common = found.filter(contrast="language", unit="question")["emd"].count()
    logger.info("%d shifts of a question from English", n_common)
    provenance = tables.joined_provenance(responses)
    provenance |= said_of_model(gathered.contrasts, languages)
    tables.write(found, table, language_tables.LANGUAGE_ITEMS, provenance)


if __name__ == "__main__":
    run(main)
