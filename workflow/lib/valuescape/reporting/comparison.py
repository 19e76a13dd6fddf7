"""Write the page that lays all models and conditions of a study beside each other."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from valuescape.core import wording
from valuescape.core.command import command, run
from valuescape.core.files import write_text
from valuescape.core.tables import Table, joined_provenance, read
from valuescape.lenses.comparison.runs import Run
from valuescape.lenses.comparison.tables import COMPARISON_DIFFERENCES
from valuescape.reporting.catalogue import OF_STUDY, comparison_result_tables
from valuescape.reporting.report import Printed, pictures, printed, render

SURE = 0.05
FOLDER = "comparison/tables"
"""Where the rendered tables lie, as seen from the page."""


def in_words(differences: pl.DataFrame) -> str:
    """Return what the differences come to, in a sentence or two.

    Parameters
    ----------
    differences : DataFrame
        Table COMPARISON_DIFFERENCES.

    Returns
    -------
    str
        How many pairs and numbers were compared, and how many differ beyond chance.
    """
    pairs = differences.select("first", "second").unique().height
    tested = differences.filter(pl.col("p_holm").is_not_null())
    sure = tested.filter(pl.col("p_holm") < SURE).height
    return (
        f"{pairs} {'pair' if pairs == 1 else 'pairs'} of runs that differ in the model or in the "
        f"condition were compared in {differences.height} numbers. Of the {tested.height} that "
        f"can be tested, {sure} differ beyond chance (adjusted for all of them, p < {SURE})."
    )


def shown(entry: Table, frame: pl.DataFrame) -> Printed:
    """Return a table, or what of it is printed, as it stands on the page."""
    return Printed(entry, printed(entry.excerpt(frame) if entry.excerpt else frame))


@command
def main(
    *, study: str, runs: list[Run], tables: list[Path], figures: list[Path], page: Path
) -> None:
    """Read the tables and figures of the comparison and write the page."""
    found = {path.stem: path for path in tables}
    entries = [each for each in comparison_result_tables() if Path(each.path).stem in found]
    frames = {entry.name: read(found[Path(entry.path).stem], entry) for entry in entries}
    differences = frames.get(COMPARISON_DIFFERENCES.name)
    provenance = joined_provenance(tables)
    noted = [shown(entry, frames[entry.name]) for entry in entries if entry.note]
    content = {
        "study": study,
        "runs": runs,
        "compared": differences is not None,
        "in_words": "" if differences is None else in_words(differences),
        "synthetic": wording.synthetic_marks(provenance),
        "wording": wording,
        "pictures": pictures(figures)[OF_STUDY],
        "tables": [each for each in noted if not each.entry.folded],
        "folded": [each for each in noted if each.entry.folded],
        "linked": [entry for entry in entries if not entry.note],
        "folder": FOLDER,
        "provenance": provenance,
    }
    write_text(page, render(content, "comparison.html.j2"))


if __name__ == "__main__":
    run(main)
