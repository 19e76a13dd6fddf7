"""Answers as files of SPSS and Stata: numbers with the words that they stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl
import pyreadstat

from valuescape.answers.expected import STATUSES

if TYPE_CHECKING:
    from pathlib import Path

    from valuescape.study.instruments import Instrument
    from valuescape.study.space import PersonaSpace

# Why there is no answer: a negative code, as the survey itself has them.
MISSING = {status: -number for number, status in enumerate(STATUSES[1:], 1)}
# What the formats take, in bytes of a variable's label, and of a value's.
LONGEST_SAV, LONGEST_DTA, LONGEST_VALUE = 250, 78, 118
FACTS = ("country", "continent", "settlement", "sex", "age", "education")


@dataclass
class Labelled:
    """A table with the words that its columns and numbers stand for.

    Attributes
    ----------
    columns : list of Series
        In their order; `Int32`, or text.
    statuses : dict of str to Series
        Of each question, why a value is null.
    titles : dict of str to str
        By column.
    values : dict of str to dict of int to str
        By column, then by number.
    """

    columns: list[pl.Series] = field(default_factory=list)
    statuses: dict[str, pl.Series] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[int | float, str]] = field(default_factory=dict)

    def add(self, column: pl.Series, title: str, values: dict[int | float, str]) -> None:
        """Add a column with its words."""
        self.columns.append(column)
        self.titles[column.name] = title
        if values:
            self.values[column.name] = values


def label_answers(
    responses: pl.DataFrame,
    instrument: Instrument,
    people: pl.DataFrame,
    personas: pl.DataFrame,
    space: PersonaSpace,
) -> Labelled:
    """Return the chosen answers beside who the personas are, with labels.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES.
    instrument : Instrument
        What was asked.
    people : DataFrame
        Table BIOGRAPHIES.
    personas : DataFrame
        Table PERSONAS.
    space : PersonaSpace
        The cultural variables.

    Returns
    -------
    Labelled
        One row a persona: its number, its levels, its demographics, its answers.
    """
    ids = responses.select("persona_id")
    found = Labelled()
    found.add(ids.to_series().cast(pl.Int32), "Number of the configuration", {})
    levels = ids.join(personas, on="persona_id", how="left", maintain_order="left")
    for variable in space.variables:
        words: dict[int | float, str] = {
            number: level.wording for number, level in enumerate(variable.levels)
        }
        named = levels[variable.name].cast(pl.Int32).alias(f"level_{variable.name}")
        found.add(named, f"Configured level: {variable.title}", words)
    facts = ids.join(people.select("persona_id", *FACTS), on="persona_id", how="left",
                     maintain_order="left")  # fmt: skip
    for name in FACTS:
        column = facts[name]
        if column.dtype.is_integer():
            column = column.cast(pl.Int32)
        found.add(column, f"{name.capitalize()} of the persona's biography", {})
    for question in instrument.questions:
        words = {int(option.value): option.label for option in question.options}
        found.add(responses[question.id].cast(pl.Int32), question.text, words)
        found.statuses[question.id] = responses[f"{question.id}_status"]
    return found


def write_sav(answers: Labelled, path: Path, title: str) -> None:
    """Write a file of SPSS; why an answer is missing stands in it as a user-missing code.

    Parameters
    ----------
    answers : Labelled
        What to write.
    path : Path
        Where to.
    title : str
        Of the file.
    """
    columns = [
        column.fill_null(_coded(answers.statuses[column.name], MISSING).cast(pl.Int32))
        if column.name in answers.statuses
        else column
        for column in answers.columns
    ]
    missing: dict[str, list[int | float | str | pyreadstat.pyclasses.MissingRange]] = {
        name: [{"lo": min(MISSING.values()), "hi": max(MISSING.values())}]
        for name in answers.statuses
    }
    words: dict[str, dict[int | float, str]] = {
        name: {number: _cut(word, LONGEST_VALUE) for number, word in values.items()}
        | ({code: status for status, code in MISSING.items()} if name in answers.statuses else {})
        for name, values in answers.values.items()
    }
    pyreadstat.write_sav(
        pl.DataFrame(columns), path, file_label=_cut(title, 60), compress=True,
        column_labels=_titles(answers, LONGEST_SAV), variable_value_labels=words,
        missing_ranges=missing,
        variable_measure=dict.fromkeys(answers.values, "ordinal"),
    )  # fmt: skip


def write_dta(answers: Labelled, path: Path, title: str) -> None:
    """Write a file of Stata; why an answer is missing stands beside it, in ``<question>_why``.

    Parameters
    ----------
    answers : Labelled
        What to write.
    path : Path
        Where to.
    title : str
        Of the file.
    """
    columns, titles = list(answers.columns), dict(_titles(answers, LONGEST_DTA))
    words: dict[str, dict[int | float, str]] = {
        name: {number: _cut(word, LONGEST_VALUE) for number, word in values.items()}
        for name, values in answers.values.items()
    }
    for name, statuses in answers.statuses.items():
        why = f"{name}_why"
        columns.append(_coded(statuses, MISSING).cast(pl.Int32).alias(why))
        titles[why] = f"Why {name} is missing"
        words[why] = {code: status for status, code in MISSING.items()}
    pyreadstat.write_dta(
        pl.DataFrame(columns), path, file_label=_cut(title, LONGEST_DTA), column_labels=titles,
        variable_value_labels=words,
    )  # fmt: skip


def _coded(statuses: pl.Series, codes: dict[str, int]) -> pl.Series:
    return statuses.replace_strict(codes, default=None, return_dtype=pl.Int64)


def _titles(answers: Labelled, longest: int) -> dict[str, str | None]:
    return {name: _cut(title, longest) for name, title in answers.titles.items()}


def _cut(text: str, longest: int) -> str:
    """Return a text in one line of so many bytes at most."""
    line = " ".join(text.split())
    if len(line.encode()) <= longest:
        return line
    return line.encode()[: longest - 3].decode(errors="ignore").rstrip() + "..."
