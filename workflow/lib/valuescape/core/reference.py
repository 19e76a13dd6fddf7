"""Read the human reference tables of config/reference and check their columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

PROVENANCE_MARK = "# provenance: "


def read_reference(
    path: Path,
    columns: Mapping[str, type[pl.DataType] | pl.DataType],
    may_be_empty: Collection[str] = (),
) -> pl.DataFrame:
    """Read a csv whose first lines, marked ``#``, name its source and licence.

    Parameters
    ----------
    path : Path
        The file.
    columns : mapping of str to polars dtype
        The columns wanted; further ones are left out.
    may_be_empty : collection of str
        Columns in which a cell may be empty: null.

    Returns
    -------
    DataFrame
        Just these columns, in this order; null only where a cell may be empty.

    Raises
    ------
    UserError
        If the file cannot be read, lacks a column, or a cell is empty or of another kind.
    """
    hint = f"compare {path} with the description in docs/data.md"
    try:
        frame = pl.read_csv(path, comment_prefix="#", infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        msg = f"{path}: cannot be read as csv ({str(error).splitlines()[0]})"
        raise UserError(msg, hint=hint) from error
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        msg = f"{path}: no column {missing[0]!r}; the header says {frame.columns}"
        raise UserError(msg, hint=hint)
    cast = frame.select(pl.col(name).cast(dtype, strict=False) for name, dtype in columns.items())
    for name, dtype in columns.items():
        lost = cast[name].is_null()
        if name in may_be_empty:
            lost &= frame[name].is_not_null()
        if lost.any():
            wrong = lost.arg_max() or 0
            msg = f"{path}: row {wrong + 1}, column {name!r}: {frame[name][wrong]!r} is no {dtype}"
            raise UserError(msg, hint=hint)
    return cast


def carried_provenance(path: Path) -> dict[str, str]:
    """Return the provenance that a table made from microdata carries in its first lines.

    Parameters
    ----------
    path : Path
        A csv as for `read_reference`.

    Returns
    -------
    dict of str to str
        Empty for a published table: config names it, and the report its hash.
    """
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(PROVENANCE_MARK):
                return dict(json.loads(line.removeprefix(PROVENANCE_MARK)))
            if not line.startswith("#"):
                break
    return {}
