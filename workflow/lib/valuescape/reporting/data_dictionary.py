"""Data dictionary: every column of every published table, from the tables' own contracts."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType

    from valuescape.study.instruments import Instrument

DICTIONARY = {
    "table": pl.String,
    "column": pl.String,
    "type": pl.String,
    "key": pl.String,
    "least": pl.Float64,
    "greatest": pl.Float64,
    "title": pl.String,
    "about": pl.String,
}
CODEBOOK = {
    "instrument": pl.String,
    "question": pl.String,
    "text": pl.String,
    "value": pl.Int64,
    "label": pl.String,
}


def written_about(rooms: Iterable[ModuleType]) -> dict[str, str]:
    """Return what is written below each table's entry, by the name of the table.

    Parameters
    ----------
    rooms : iterable of module
        Modules `tables`.

    Returns
    -------
    dict of str to str
        In one line each; without tables of which nothing is written.
    """
    found = {}
    for room in rooms:
        body = ast.parse(inspect.getsource(room)).body
        for entry, text in pairwise(body):
            if not (isinstance(entry, ast.Assign) and isinstance(text, ast.Expr)):
                continue
            (target,) = entry.targets
            table = vars(room).get(target.id) if isinstance(target, ast.Name) else None
            if isinstance(table, Table) and isinstance(text.value, ast.Constant):
                found[table.name] = " ".join(str(text.value.value).split())
    return found


def dictionary(tables: Iterable[Table], about: dict[str, str]) -> pl.DataFrame:
    """Return the data dictionary.

    Parameters
    ----------
    tables : iterable of Table
        What is published.
    about : dict of str to str
        As from `written_about`.

    Returns
    -------
    DataFrame
        One row a column of a table, in their order; ``key`` is yes for what names a row,
        ``least`` and ``greatest`` bound a number where the contract does.
    """
    rows = [
        (
            table.name, name, str(dtype), "yes" if name in table.key else "no",
            *table.ranges.get(name, (None, None)), table.title or None, about.get(table.name),
        )
        for table in tables
        for name, dtype in table.columns.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=DICTIONARY, orient="row")


def codebook(instruments: Sequence[Instrument]) -> pl.DataFrame:
    """Return every option of every question, with its words.

    Parameters
    ----------
    instruments : sequence of Instrument
        What was asked.

    Returns
    -------
    DataFrame
        One row an option.
    """
    rows = [
        (instrument.name, question.id, question.text, int(option.value), option.label)
        for instrument in instruments
        for question in instrument.questions
        for option in question.options
    ]
    return pl.DataFrame(rows, schema=CODEBOOK, orient="row")
