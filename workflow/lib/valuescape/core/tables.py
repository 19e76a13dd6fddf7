"""Tables: how a file passes from one stage to the next, and what the stages that ask write.

A table is Parquet (zstd), sorted by its key, written by one atomic rename, checked on the
way out and on the way in. Its provenance rides in the file's own metadata. What the lenses
write is in `lens_tables`, so that a new column there asks no model again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

PROVENANCE_KEY = "valuescape"
SHARE = (0.0, 1.0)
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
    """

    name: str
    columns: Mapping[str, type[pl.DataType] | pl.DataType]
    key: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    further: bool = False


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
    missing = [name for name in table.columns if name not in frame.columns]
    if missing:
        msg = f"{where}: no column {missing[0]!r}; {table.name} has {list(table.columns)}"
        raise UserError(msg, hint=remake)
    unknown = [name for name in frame.columns if name not in table.columns]
    if unknown and not table.further:
        msg = f"{where}: column {unknown[0]!r} does not belong to {table.name}"
        raise UserError(msg, hint=remake)
    for name, dtype in table.columns.items():
        if frame.schema[name] != dtype:
            msg = f"{where}: column {name!r} is {frame.schema[name]}, not {dtype}"
            raise UserError(msg, hint=remake)
    if frame.select(pl.any_horizontal(pl.col(table.key).is_null().any())).item():
        msg = f"{where}: the key {table.key} of {table.name} is empty in a row"
        raise UserError(msg, hint=remake)
    double = frame.filter(frame.select(table.key).is_duplicated())
    if double.height:
        msg = f"{where}: {table.key} = {double.select(table.key).row(0)} stands there twice"
        raise UserError(msg, hint=remake)
    for name, (low, high) in table.ranges.items():
        outside = frame.filter(~pl.col(name).is_between(low, high))
        if outside.height:
            msg = f"{where}: {name} = {outside[name][0]}, not between {low} and {high}"
            raise UserError(msg, hint=remake)
    return frame.select(*table.columns, *unknown).sort(table.key)


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
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    metadata = {PROVENANCE_KEY: json.dumps(dict(sorted(provenance.items())))}
    try:
        checked.write_parquet(partial, compression="zstd", metadata=metadata)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path, table: Table, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read a table and check it.

    Parameters
    ----------
    path : Path
        The file.
    table : Table
        What it must be.
    columns : sequence of str, optional
        Read only these; then only they are checked.

    Returns
    -------
    DataFrame
        The rows, sorted by key.

    Raises
    ------
    UserError
        If the file cannot be read or is not that table.
    """
    try:
        frame = pl.read_parquet(path, columns=list(columns) if columns else None)
    except (OSError, pl.exceptions.PolarsError) as error:
        msg = f"{path}: cannot be read as {table.name} ({str(error).splitlines()[0]})"
        raise UserError(msg, hint=f"delete {path} and run snakemake again") from error
    if columns:
        return frame
    return check(frame, table, str(path))


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
