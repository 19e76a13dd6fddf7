"""Render a table of results for readers: CSV with all digits, Markdown with three decimals.

What the table is, whose answers it holds, and its provenance stand above the Markdown, and in a
text beside the CSV.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.files import write_csv, write_text
from valuescape.core.wording import cell, marks, origin
from valuescape.reporting.catalogue import comparison_result_tables, result_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from valuescape.core.tables import Table


def opening_lines(table: Table, provenance: Mapping[str, str]) -> list[str]:
    """Return what stands above a rendered table.

    Parameters
    ----------
    table : Table
        Its entry.
    provenance : mapping of str to str
        Of the table.

    Returns
    -------
    list of str
        What it is, whose answers, and its whole provenance; marks are said first.
    """
    lines = [f"{mark}. {meaning}" for mark, meaning in marks(provenance).items()]
    lines += [table.title, origin(provenance)]
    lines += [f"{key}: {value}" for key, value in sorted(provenance.items())]
    return [" ".join(line.split()) for line in lines]


def as_markdown(frame: pl.DataFrame, lines: Sequence[str]) -> str:
    """Return a table as Markdown below its opening lines.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    lines : sequence of str
        What stands above.

    Returns
    -------
    str
        Numbers with three decimals, right-aligned; null is an en dash.
    """
    numeric = [dtype.is_numeric() for dtype in frame.dtypes]
    rule = ["---:" if number else ":---" for number in numeric]
    rows = [[_escaped(value) for value in row] for row in frame.iter_rows()]
    body = [f"| {' | '.join(row)} |" for row in [list(frame.columns), rule, *rows]]
    return "\n\n".join(lines) + "\n\n" + "\n".join(body) + "\n"


def _escaped(value: object) -> str:
    return cell(value).replace("|", "\\|").replace("\n", " ")


@command
def main(*, table: Path, name: str, csv: Path, source: Path, md: Path) -> None:
    """Read a table and write both renderings."""
    entry = {each.name: each for each in (*result_tables(), *comparison_result_tables())}[name]
    frame = tables.read(table, entry)
    lines = opening_lines(entry, tables.provenance(table))
    write_csv(frame, csv, source, lines)
    write_text(md, as_markdown(frame, lines))


if __name__ == "__main__":
    run(main)
