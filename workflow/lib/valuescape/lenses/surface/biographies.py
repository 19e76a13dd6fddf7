"""The biographies of all configurations: those that were written, and nothing of the others.

A persona that was not asked has no country and no age: it belongs to no group, and groups are made
of asked personas alone. What a surface says of a configuration is the mean over whoever has it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.study import tables as study_tables
from valuescape.study.space import read_space

NOT_ASKED = "not_asked"


def with_all_configurations(biographies: pl.DataFrame, n_personas: int) -> pl.DataFrame:
    """Return table BIOGRAPHIES with a row for every configuration, empty if it was not asked."""
    everyone = pl.DataFrame({"persona_id": np.arange(n_personas, dtype=np.uint32)})
    found = everyone.join(biographies, on="persona_id", how="left", maintain_order="left")
    return found.with_columns(
        pl.col("status").fill_null(NOT_ASKED), pl.col("attempts").fill_null(0)
    )


@command
def main(*, space: Path, biographies: Path, extended: Path) -> None:
    """Read the biographies of the asked personas, write a table of all configurations."""
    written = tables.read(biographies, study_tables.BIOGRAPHIES)
    found = with_all_configurations(written, read_space(space).n_personas)
    tables.write(found, extended, study_tables.BIOGRAPHIES, tables.provenance(biographies))


if __name__ == "__main__":
    run(main)
