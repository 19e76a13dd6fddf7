"""Alignment: whether a language brings personas nearer to the people who speak it.

A language may make answers more human in general, or like those of its speakers. The interaction of
language and country tells the two apart: how much more alignment gains where the language is spoken
than elsewhere.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.answers.distributions import group_labels, members_of
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.reference import read_reference
from valuescape.humans import tables as human_tables
from valuescape.lenses.languages import tables as language_tables
from valuescape.lenses.languages.contrasts import (
    DEMOGRAPHICS,
    ENGLISH,
    FLOORS,
    LANGUAGE,
    family,
)
from valuescape.lenses.languages.floors import Floors, from_zero
from valuescape.lenses.languages.inputs import (
    ROUNDING,
    Answers,
    Gathered,
    common_questions,
    described,
    said_of_model,
)
from valuescape.lenses.languages.nearness import (
    FEWEST_COUNTRIES,
    Beside,
    Humans,
    compare,
    mean_over,
)
from valuescape.lenses.languages.tables import ELSEWHERE, INTERACTION, SPOKEN
from valuescape.stats import resampling
from valuescape.stats.emd import OptionGrid, grid_of
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.conditions import BY_COUNTRY, Condition
from valuescape.study.instruments import read_instrument
from valuescape.study.languages import country_languages as told_by_country
from valuescape.study.models import known_languages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.lenses.languages.contrasts import Contrast
    from valuescape.lenses.languages.floors import Estimate

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Draws of fewer personas vary too little: a persona alone not at all.
FEWEST_PERSONAS = 10
MAJORITY = 50.0
"""Per cent of a country's people who speak an official language, so that it counts as theirs."""
ALIGNMENT = "alignment"
CORRELATIONS = {"within": "correlation_within_question", "raw": "correlation_raw"}
NOT_SPOKEN = "no human answers of a country where it is spoken"
TOLD_NO_COUNTRY = "not defined: personas are told no country, so all countries get the same answers"


def paired_columns(
    condition: Answers, twin: Answers, grid: OptionGrid
) -> tuple[tuple[Array, Array], list[bool]]:
    """Return the options of both conditions side by side, of answers that are valid in both.

    Parameters
    ----------
    condition, twin : Answers
        Of the same personas.
    grid : OptionGrid
        The instrument's questions.

    Returns
    -------
    ((ndarray, ndarray), list of bool)
        Each of shape (n, sum of the numbers of options), zeros where an answer does not count;
        and which questions both were asked.
    """
    common = {question.id for question in common_questions(condition, twin)}
    sides: tuple[list[Array], list[Array]] = ([], [])
    for question in condition.instrument.questions:
        if question.id not in common:
            nothing = np.zeros((condition.responses.height, question.n_options))
            both = [nothing, nothing]
        else:
            both = [answers.shares(question) for answers in (condition, twin)]
            valid = np.isfinite(both[0][:, :1]) & np.isfinite(both[1][:, :1])
            both = [np.where(valid, side, 0.0) for side in both]
        for side, columns in zip(sides, both, strict=True):
            side.append(columns)
    asked = [question in common for question in grid.questions]
    return (np.hstack(sides[0]), np.hstack(sides[1])), asked


Measured = dict[tuple[str, str], dict[str, Any]]
"""By measure and country: in_language, in_english, difference, its draws, and counts."""


def measure(beside: Beside, spoken: NDArray[np.bool_]) -> Measured:
    """Return what a contrast does to the alignment with countries.

    Parameters
    ----------
    beside : Beside
        Both conditions and the humans.
    spoken : ndarray of bool, shape (n_countries,)
        Where the language is spoken.

    Returns
    -------
    Measured
        Each country where it is spoken, the means, the interaction, and the correlations.
    """
    (ours, our_draws), (theirs, their_draws), known = beside.alignments()
    there = np.isfinite(ours) & np.isfinite(theirs)
    groups = {
        country: np.arange(len(spoken)) == place
        for place, country in enumerate(beside.humans.answers.groups)
        if spoken[place]
    }
    groups |= {SPOKEN: spoken, ELSEWHERE: ~spoken}
    found: Measured = {}
    n_questions = int(known.any(axis=0).sum())
    for name, members in groups.items():
        rows = members & there
        sides = [mean_over(side, rows) for side in (ours, theirs)]
        draws = [mean_over(side, rows) for side in (our_draws, their_draws)]
        found[ALIGNMENT, name] = _difference(sides, draws, int(rows.sum()), n_questions)
    spoken_row, elsewhere = found[ALIGNMENT, SPOKEN], found[ALIGNMENT, ELSEWHERE]
    found[ALIGNMENT, INTERACTION] = {
        key: spoken_row[key] - elsewhere[key]
        for key in ("in_language", "in_english", "difference", "draws")
    } | {"n_countries": int(there.sum()), "n_questions": n_questions}
    for kind, name in CORRELATIONS.items():
        one, other, n = beside.correlations(within=kind == "within")
        sides, draws = [one[0], other[0]], [one[1], other[1]]
        found[name, language_tables.ALL] = _difference(sides, draws, n, n_questions)
    return found


def _difference(
    sides: Sequence[Array], draws: Sequence[Array], n_countries: int, n_questions: int
) -> dict[str, Any]:
    return {
        "in_language": float(sides[0]),
        "in_english": float(sides[1]),
        "difference": float(sides[0] - sides[1]),
        "draws": draws[0] - draws[1],
        "n_countries": n_countries,
        "n_questions": n_questions,
    }


@dataclass(frozen=True)
class Countries:
    """Where personas live and which languages are spoken there.

    Attributes
    ----------
    biographies : mapping of str to DataFrame
        Table BIOGRAPHIES by condition: ``persona_id`` and ``country``.
    spoken : mapping of str to collection of str
        By code of a language, or ``auto``, the countries where it is spoken.
    least : int
        Personas that a country needs; at least `FEWEST_PERSONAS` of those drawn anew within it.
    """

    biographies: Mapping[str, pl.DataFrame]
    spoken: Mapping[str, set[str]]
    least: int

    def members(
        self, condition: Condition, groups: Sequence[str], n: int
    ) -> tuple[list[NDArray[np.int64]], NDArray[np.bool_], bool]:
        """Return which personas are compared with each country, and with which there are enough.

        Parameters
        ----------
        condition : Condition
            What personas are told.
        groups : sequence of str
            The countries.
        n : int
            Number of personas.

        Returns
        -------
        (list of ndarray of int64, ndarray of bool, bool)
            One array for all countries where personas are told none; and whether they are.
        """
        if DEMOGRAPHICS not in condition.context:
            return [np.arange(n)], np.full(len(groups), fill_value=True), False
        labels = group_labels(self.biographies[condition.name], ["country"])
        members = members_of(labels, groups)[:-1]
        return members, np.array([len(rows) >= self.least for rows in members]), True


def alignment_table(
    gathered: Gathered,
    humans: pl.DataFrame,
    countries: Countries,
    languages: Sequence[str] | None,
    draws: Draws,
) -> pl.DataFrame:
    """Return table LANGUAGE_ALIGNMENT.

    Parameters
    ----------
    gathered : Gathered
        Answers to WVB-PROBE, the one instrument.
    humans : DataFrame
        Table HUMANS, with the grouping `country`.
    countries : Countries
        Where personas live and what is spoken.
    languages : sequence of str, or None
        What the model knows.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    DataFrame
        Rows of the contrasts of language alone; the others are their floors.
    """
    (instrument,) = gathered.instruments
    people = Humans.read(humans, grid_of(instrument), draws)
    groups = people.answers.groups
    asked_about = {each.language for each in gathered.contrasts if each.kind == LANGUAGE}
    where = {code: np.isin(groups, [*countries.spoken.get(code, ())]) for code in asked_about}
    floors = Floors(gathered.contrasts)
    rows: list[dict[str, Any]] = []
    for contrast, condition, twin in gathered.pairs(instrument):
        if contrast.kind not in {LANGUAGE, *FLOORS}:
            continue
        (ours, theirs), asked = paired_columns(condition, twin, people.grid)
        n = len(ours)
        members, enough, told = countries.members(contrast.condition, groups, n)
        beside = Beside(
            compare(ours, members, people, draws),
            compare(theirs, members, people, draws),
            people,
            np.array(asked),
            enough,
            told,
        )
        if contrast.kind in FLOORS:
            if np.abs(ours - theirs).max(initial=0.0) <= ROUNDING:
                floors.idle.add(contrast)
            for code, spoken in where.items():
                found = measure(beside, spoken)
                sizes: dict[object, Estimate] = {
                    (code, *key): from_zero(_interval_of(row)) for key, row in found.items()
                }
                floors.note(contrast, sizes)
            continue
        n_compared = int(sum(len(m) for m in members)) if told else n
        rows += [
            {**described(contrast, languages), "n_personas": n_compared, **row}
            for row in _rows(contrast, beside, where[contrast.language], floors, countries.least)
        ]
    schema = dict(language_tables.LANGUAGE_ALIGNMENT.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _rows(
    contrast: Contrast,
    beside: Beside,
    spoken: NDArray[np.bool_],
    floors: Floors,
    least: int,
) -> list[dict[str, Any]]:
    rows = []
    for (name, country), found in measure(beside, spoken).items():
        value, low, high = _interval_of(found)
        del found["draws"]
        remarks = [floors.missing(contrast)]
        if np.isnan(value):
            remarks.append(_why_not(name, beside, spoken, least))
        named = (contrast.language, name, country)
        floor = floors.beside(contrast, named)
        passed = floors.are_passed(contrast, named, from_zero((value, low, high)))
        rows.append(
            {"measure": name, "country": country, **found, "ci_low": low, "ci_high": high, **floor}
            | {"beyond_floors": passed}
            | {"remark": "; ".join(filter(None, remarks))}
        )
    return rows


def _interval_of(found: Mapping[str, Any]) -> Estimate:
    """Return a difference and its interval, nan where nothing varies."""
    value, drawn = found["difference"], found["draws"]
    if not np.isfinite(value) or np.ptp(drawn) <= ROUNDING:
        return value, np.nan, np.nan
    low, high = resampling.interval(value, drawn)
    return value, float(low), float(high)


def _why_not(name: str, beside: Beside, spoken: NDArray[np.bool_], least: int) -> str:
    if name == ALIGNMENT:
        if not spoken.any():
            return NOT_SPOKEN
        return f"not defined: too few countries with {least} personas"
    if not beside.told and name == CORRELATIONS["within"]:
        return TOLD_NO_COUNTRY
    return f"not defined: fewer than {FEWEST_COUNTRIES} countries with {least} personas"


def where_spoken(languages: pl.DataFrame, told: Mapping[str, str], code: str) -> set[str]:
    """Return the countries where a language is official and most people speak it.

    Parameters
    ----------
    languages : DataFrame
        ``country``, ``language`` and ``speakers_percent``, a row for each official language.
    told : mapping of str to str
        By country, the language that `BY_COUNTRY` tells it in; those told in English may lack.
    code : str
        Of the language, or of a variety of it, such as de-AT; or `BY_COUNTRY`.

    Returns
    -------
    set of str
        Names of countries.
    """
    if code == BY_COUNTRY:
        return {country for country, language in told.items() if language != ENGLISH}
    majority = languages.filter(pl.col("speakers_percent") >= MAJORITY)
    known = zip(majority["country"], majority["language"], strict=True)
    return {country for country, language in known if family(language) == family(code)}


@command
def main(
    *,
    responses: list[Path],
    biographies: list[Path],
    instrument: Path,
    conditions: list[Condition],
    humans: Path,
    country_languages: Path,
    model: Path,
    least: int,
    seed: int,
    replicates: int,
    alignment: Path,
) -> None:
    """Read the answers of all conditions and of humans, write alignment by language and country."""
    gathered = Gathered.of(conditions, [read_instrument(instrument)], responses)
    columns = {"country": pl.String, "language": pl.String, "speakers_percent": pl.Float64}
    spoken = read_reference(country_languages, columns)
    told = told_by_country()
    codes = {each.language for each in gathered.contrasts if each.kind == LANGUAGE}
    countries = Countries(
        {
            condition.name: tables.read(path, study_tables.BIOGRAPHIES, ["persona_id", "country"])
            for condition, path in zip(conditions, biographies, strict=True)
        },
        {code: where_spoken(spoken, told, code) for code in codes},
        max(least, FEWEST_PERSONAS),
    )
    languages = known_languages(model)
    people = tables.read(humans, human_tables.HUMANS)
    table = alignment_table(gathered, people, countries, languages, Draws(replicates, seed))
    for row in table.filter(country=INTERACTION).iter_rows(named=True):
        logger.info("%(condition)s: interaction %(difference)s", row)
    provenance = tables.joined_provenance([*responses, *biographies, humans])
    provenance |= said_of_model(gathered.contrasts, languages)
    tables.write(table, alignment, language_tables.LANGUAGE_ALIGNMENT, provenance)


if __name__ == "__main__":
    run(main)
