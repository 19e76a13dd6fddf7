"""Render tables of results for readers: CSV with all digits, Markdown with three decimals.

What a table is, whose answers it holds, and its provenance stand above the Markdown, and in a
text beside the CSV.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.core.command import command, run
from valuescape.core.files import write_csv, write_text
from valuescape.core.tables import provenance, read
from valuescape.core.wording import cell, marks, origin
from valuescape.reporting.catalogue import comparison_result_tables, result_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from valuescape.core.tables import Table


def opening_lines(table: Table, origins: Mapping[str, str]) -> list[str]:
    """Return what stands above a rendered table.

    Parameters
    ----------
    table : Table
        Its entry.
    origins : mapping of str to str
        Its provenance.

    Returns
    -------
    list of str
        What it is, whose answers, and its whole provenance; marks are said first.
    """
    lines = [f"{mark}. {meaning}" for mark, meaning in marks(origins).items()]
    lines += [table.title, origin(origins)]
    lines += [f"{key}: {value}" for key, value in sorted(origins.items())]
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
def main(*, tables: list[Path], names: list[str], folder: Path) -> None:
    """Read tables, each the file of a name, and write both renderings of each into a folder."""
    entries = {each.name: each for each in (*result_tables(), *comparison_result_tables())}
    folder.mkdir(parents=True, exist_ok=True)
    for path, name in zip(tables, names, strict=True):
        frame = read(path, entries[name])
        lines = opening_lines(entries[name], provenance(path))
        write_csv(frame, folder / f"{name}.csv", folder / f"{name}.source.txt", lines)
        write_text(folder / f"{name}.md", as_markdown(frame, lines))


if __name__ == "__main__":
    run(main)
