"""External people: who gave the answers of a file, as table BIOGRAPHIES of an asked model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl

from valuescape.answers.expected import NOT_ASKED
from valuescape.asking.biographies import Fields, read_fields
from valuescape.asking.external import (
    LINE,
    External,
    Respondents,
    external_provenance,
    keyed,
    read_external,
    read_rows,
    respondents_of,
)
from valuescape.asking.job import content_hash
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.schemas import closest
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import PersonaSpace, read_space

OLDEST = 130  # years


def people_of(
    rows: pl.DataFrame,
    external: External,
    respondents: Respondents,
    words: Fields,
) -> pl.DataFrame:
    """Return table BIOGRAPHIES: what is known of the respondents.

    Parameters
    ----------
    rows : DataFrame
        As from `keyed`.
    external : External
        The model file.
    respondents : Respondents
        Who answered.
    words : Fields
        What may stand in a field.

    Returns
    -------
    DataFrame
        Nothing was written: the status is that of what was not asked.

    Raises
    ------
    UserError
        If a word is none that the study knows, or a respondent has two.
    """
    mapping = external.mapping
    source, told = _people(rows, external)
    schema = dict(study_tables.BIOGRAPHIES.columns)
    known: dict[str, list[Any]] = {name: [None] * len(respondents.keys) for name in schema}
    place_of = {key: place for place, key in enumerate(respondents.keys)}
    for name, column in mapping.get("fields", {}).items():
        pairs = told.filter(pl.col("who").is_in(respondents.keys), pl.col(column).is_not_null())
        pairs = pairs.unique(["who", column], maintain_order=True)
        for line, who, given in pairs.select(LINE, "who", column).iter_rows():
            where = f"{source}, line {line}, column {column!r}"
            value = _value(name, given, external, words, where)
            before = known[name][place_of[who]]
            if before not in {None, value}:
                msg = f"{where}: {who!r} has the {name} {value!r}, and {before!r} in another line"
                raise UserError(msg, hint="a respondent is one person: give each an own key")
            known[name][place_of[who]] = value
    if "continent" not in mapping.get("fields", {}):
        known["continent"] = [words.continents.get(country) for country in known["country"]]
    known["persona_id"] = respondents.ids.tolist()
    known["status"] = [NOT_ASKED] * len(respondents.keys)
    return pl.DataFrame(known, schema=schema)


def _people(rows: pl.DataFrame, external: External) -> tuple[Path, pl.DataFrame]:
    """Return the file in which the fields stand, and its rows with `who` they are of."""
    mapping = external.mapping
    if "people" not in mapping:
        return external.answers, rows
    source = Path(mapping["people"]["file"]).expanduser()
    told = read_rows(source, external, ("mapping", "people", "file"))
    places = {("people", "key"): mapping["people"]["key"]}
    places |= {("fields", name): column for name, column in mapping.get("fields", {}).items()}
    for place, column in places.items():
        if column not in told.columns:
            reason = f"{source} has no column {column!r}"
            hint = closest(column, told.columns)
            raise external.document.error(reason, "mapping", *place, hint=hint)
    return source, told.with_columns(who=pl.col(mapping["people"]["key"]))


def _value(name: str, given: str, external: External, words: Fields, where: str) -> str | int:
    """Return the study's word for what stands in a field.

    Raises
    ------
    UserError
        If there is none.
    """
    renamed: str = external.mapping.get("values", {}).get(name, {}).get(given, given)
    if name == "age":
        return _age(renamed, where)
    allowed = {
        "continent": sorted(set(words.continents.values())),
        "country": sorted(words.continents),
        **{field: list(words.choices[field]) for field in ("education", "settlement", "sex")},
    }[name]
    by_word = {word.casefold(): word for word in allowed}
    if renamed.casefold() not in by_word:
        msg = f"{where}: {given!r} is no {name} that the study knows"
        hint = f"{closest(renamed, allowed)} Or say what it stands for: mapping: values: "
        raise UserError(msg, hint=f"{hint}{{{name}: {{{given}: ...}}}}")
    return by_word[renamed.casefold()]


def _age(text: str, where: str) -> int:
    try:
        age = float(text)
    except ValueError:
        age = math.nan
    if not 0 <= age <= OLDEST:
        msg = f"{where}: {text!r} is no age in years"
        raise UserError(msg, hint="leave it empty where it is not known")
    return int(age)


def no_ratings(space: PersonaSpace) -> pl.DataFrame:
    """Return table ORACLE of a model that was never asked to rate a level: nulls."""
    rows = [
        (variable.name, level, foundation, "not asked", "expected", None)
        for variable in space.variables
        for level in range(len(variable.levels))
        for foundation in FOUNDATIONS
    ]
    return pl.DataFrame(rows, schema=dict(study_tables.ORACLE.columns), orient="row")


def _as_assigned(told: pl.DataFrame, assigned: pl.DataFrame) -> pl.DataFrame:
    """Fill in what the design assigned to personas and the file does not say."""
    joined = told.join(assigned, on="persona_id", how="left", suffix=" assigned")
    names = [name for name in assigned.columns if name != "persona_id"]
    return joined.with_columns(
        pl.coalesce(name, f"{name} assigned").alias(name) for name in names
    ).select(told.columns)


@command
def main(
    *,
    file: Path,
    answers: Path,
    people: Path | None = None,
    space: Path,
    fields: Path,
    countries: Path,
    personas: Path | None = None,
    demographics: Path | None = None,
    respondents: Path,
    biographies: Path,
    oracle: Path,
) -> None:
    """Read whose the answers are, and write the tables of a model that was asked."""
    external = read_external(file)
    levels = read_space(space)
    rows = keyed(read_rows(answers, external), external, levels)
    study = tables.read(personas, study_tables.PERSONAS) if personas else None
    who = respondents_of(rows, external, levels, study)
    table = study
    if table is None:
        table = pl.DataFrame({"persona_id": pl.Series(who.ids, dtype=pl.UInt32)})
    provenance = external_provenance(external, answers)
    if people:
        provenance["people"] = f"{people.name}, SHA-256 {content_hash(people)}"
    told = people_of(rows, external, who, read_fields(fields, countries))
    if demographics:
        told = _as_assigned(told, tables.read(demographics, study_tables.DEMOGRAPHICS))
    tables.write(table, respondents, study_tables.PERSONAS, provenance)
    tables.write(told, biographies, study_tables.BIOGRAPHIES, provenance)
    tables.write(no_ratings(levels), oracle, study_tables.ORACLE, provenance)


if __name__ == "__main__":
    run(main)
