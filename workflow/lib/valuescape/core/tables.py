"""Tables: how a file passes from one stage to the next.

A table is Parquet (zstd), sorted by its key, written by one atomic rename, checked on the
way out and on the way in. Its provenance rides in the file's own metadata. Every room has its own
contracts in a module `tables`, so that a new column of a lens asks no model again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import polars as pl

from valuescape.core.errors import UserError
from valuescape.core.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

PROVENANCE_KEY = "valuescape"
Respondents = Literal["asked", "configured", "other"]
"""Who answers for a model: personas that it was asked as, personas of answers given elsewhere, or
respondents of such answers whose configurations are not known."""
SHARE = (0.0, 1.0)
"""The range of a share, for `Table.ranges`."""
# Probabilities are kept as whole ten-thousandths: 93,312 personas take 66 MB instead of 144 MB.
PROBABILITY_UNIT = 10_000


@dataclass(frozen=True)
class Table:
    """What must stand in a table.

    Attributes
    ----------
    name : str
        What the table is called in messages.
    columns : mapping of str to polars dtype
        Every required column, key first.
    key : tuple of str
        Columns that together name a row once.
    ranges : mapping of str to (float, float)
        Inclusive bounds of numeric columns; nulls are allowed.
    further : bool
        Whether columns beyond `columns` may stand there (the wide answers).
    path : str
        Where it lies below ``results/{study}``, with the wildcards ``{model}`` and
        ``{condition}``.
    title : str
        What it tells, in one line. A table with a title is a result: it is rendered as CSV and
        Markdown, and the report shows it.
    section : str
        The section of the report, a key of `reporting.catalogue.SECTIONS`.
    note : str
        How to read it, printed above it in the report. A result without one is only linked there.
    folded : bool
        Whether the report folds it away under a heading.
    excerpt : callable, optional
        From the whole table to what the report prints of it; all of it unless given.
    needs : str
        What a study must have for it, in the words of `reporting.plan`.
    of : str
        Whose answers it is made of: ``configured`` personas; ``anyone``, also of respondents whose
        configurations are not known; ``asked`` personas alone; or ``external`` answers alone, given
        elsewhere.
    """

    name: str
    columns: Mapping[str, type[pl.DataType] | pl.DataType]
    key: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    further: bool = False
    path: str = ""
    title: str = ""
    section: str = ""
    note: str = ""
    folded: bool = False
    excerpt: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    needs: str = ""
    of: Literal["configured", "anyone", "asked", "external"] = "configured"

    def made_of(self, respondents: Respondents) -> bool:
        """Return whether it is made of the answers of such respondents."""
        if self.of in {"asked", "external"}:
            return (self.of == "asked") == (respondents == "asked")
        return self.of == "anyone" or respondents != "other"

    def without_rows(self) -> pl.DataFrame:
        """Return the table of nothing, with all columns."""
        return pl.DataFrame(schema=dict(self.columns))

    def only(self, columns: Sequence[str]) -> Table:
        """Return what must stand in these columns of the table.

        Parameters
        ----------
        columns : sequence of str
            Columns of the table, or further ones if it may have such.

        Returns
        -------
        Table
            Without a key, unless all its columns are among them.
        """
        return replace(
            self,
            columns={name: self.columns[name] for name in columns if name in self.columns},
            key=self.key if set(self.key) <= set(columns) else (),
            ranges={name: self.ranges[name] for name in columns if name in self.ranges},
        )


def check(frame: pl.DataFrame, table: Table, where: str) -> pl.DataFrame:
    """Return `frame` in the table's column order, or say what is wrong with it.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    table : Table
        What they must be.
    where : str
        The file, for the message.

    Returns
    -------
    DataFrame
        The same rows, columns in order, sorted by key.

    Raises
    ------
    UserError
        If a column is missing, unknown or of another dtype, a key is double or null, or a
        value is out of range.
    """
    remake = f"delete {where} and run snakemake again"
    schema = frame.schema  # made anew at every look, and a table may have 400 columns
    missing = [name for name in table.columns if name not in schema]
    if missing:
        msg = f"{where}: no column {missing[0]!r}; {table.name} has {list(table.columns)}"
        raise UserError(msg, hint=remake)
    unknown = [name for name in schema if name not in table.columns]
    if unknown and not table.further:
        msg = f"{where}: column {unknown[0]!r} does not belong to {table.name}"
        raise UserError(msg, hint=remake)
    for name, dtype in table.columns.items():
        if schema[name] != dtype:
            msg = f"{where}: column {name!r} is {schema[name]}, not {dtype}"
            raise UserError(msg, hint=remake)
    if table.key and frame.select(pl.any_horizontal(pl.col(table.key).is_null().any())).item():
        msg = f"{where}: the key {table.key} of {table.name} is empty in a row"
        raise UserError(msg, hint=remake)
    double = frame.filter(frame.select(table.key).is_duplicated()) if table.key else frame.clear()
    if double.height:
        msg = f"{where}: {table.key} = {double.select(table.key).row(0)} stands there twice"
        raise UserError(msg, hint=remake)
    for name, (low, high) in table.ranges.items():
        outside = frame.filter(~pl.col(name).is_between(low, high))
        if outside.height:
            msg = f"{where}: {name} = {outside[name][0]}, not between {low} and {high}"
            raise UserError(msg, hint=remake)
    ordered = frame.select(*table.columns, *unknown)
    return ordered.sort(table.key) if table.key else ordered


def write(frame: pl.DataFrame, path: Path, table: Table, provenance: Mapping[str, str]) -> None:
    """Check a table and write it by one atomic rename.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    path : Path
        Where to; the folder is made.
    table : Table
        What the rows must be.
    provenance : mapping of str to str
        Where the rows come from; kept in the file's metadata.
    """
    checked = check(frame, table, str(path))
    metadata = {PROVENANCE_KEY: json.dumps(dict(sorted(provenance.items())))}
    with whole_file(path) as partial:
        checked.write_parquet(partial, compression="zstd", metadata=metadata)


def read(path: Path, table: Table, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read a table and check it.

    Parameters
    ----------
    path : Path
        The file.
    table : Table
        What it must be.
    columns : sequence of str, optional
        Read only these, in this order. They are checked as in the whole table, except that a row
        cannot be known to stand there twice unless the whole key is read.

    Returns
    -------
    DataFrame
        The rows, sorted by key; in the order of the file if the key is not read.

    Raises
    ------
    UserError
        If the file cannot be read or is not that table.
    """
    remake = f"delete {path} and run snakemake again"
    try:
        frame = pl.read_parquet(path, columns=list(columns) if columns else None)
    except (OSError, pl.exceptions.PolarsError) as error:
        msg = f"{path}: cannot be read as {table.name} ({str(error).splitlines()[0]})"
        closed = path.exists() and not os.access(path, os.R_OK)
        hint = "ask its owner to let you read it (ls -l)" if closed else remake
        raise UserError(msg, hint=hint) from error
    return check(frame, table.only(columns) if columns else table, str(path))


def provenance(path: Path) -> dict[str, str]:
    """Return the provenance that rides in a table's file.

    Parameters
    ----------
    path : Path
        A file written by `write`.

    Returns
    -------
    dict of str to str
        Empty if the file carries none.
    """
    return dict(json.loads(pl.read_parquet_metadata(path).get(PROVENANCE_KEY, "{}")))


def joined_provenance(paths: Iterable[Path]) -> dict[str, str]:
    """Return the provenance of a table made from several others.

    Parameters
    ----------
    paths : iterable of Path
        The files that were read.

    Returns
    -------
    dict of str to str
        One value where all files agree, else the differing ones joined by `` | ``.
    """
    found: dict[str, set[str]] = {}
    for path in paths:
        for key, value in provenance(path).items():
            found.setdefault(key, set()).update(value.split(" | "))
    return {key: " | ".join(sorted(values)) for key, values in sorted(found.items())}
