"""Coverage: how many humans, of how many countries, stand behind each question and group."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import polars as pl

from valuescape.answers.distributions import human_arrays
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans import tables as human_tables
from valuescape.humans.distributions import ALL, grouping_name
from valuescape.stats.emd import OptionGrid, expected_floor, grid_of
from valuescape.study.instruments import read_instrument

logger = logging.getLogger(__name__)


def count_humans(humans: pl.DataFrame, grouping: str, grid: OptionGrid, least: int) -> pl.DataFrame:
    """Count the humans behind each group and question of a grouping.

    Parameters
    ----------
    humans : DataFrame
        Table HUMANS.
    grouping : str
        One of its groupings.
    grid : OptionGrid
        The questions.
    least : int
        Of how few respondents no floor is told: one alone would seem to have none.

    Returns
    -------
    DataFrame
        Table COVERAGE, every group with every question.
    """
    known = human_arrays(humans, grouping, grid)
    rows = humans.filter(pl.col("grouping") == grouping)
    effective = {
        (group, question): n
        for group, question, n in rows.select("group", "question", "n_effective").iter_rows()
    }
    n_effective = np.array(
        [[effective.get((group, q), 0.0) for q in grid.questions] for group in known.groups]
    )
    # two draws of n from the same people are as far apart as one of n / 2 from the truth
    floor = expected_floor(known.shares, n_effective / 2, grid.gaps)
    row, column = np.indices(n_effective.shape).reshape(2, -1)
    return pl.DataFrame(
        {
            "grouping": grouping,
            "group": np.asarray(known.groups)[row],
            "question": np.asarray(grid.questions)[column],
            "n_countries": known.n_countries[row, column].astype(np.int32),
            "n_respondents": known.n_respondents[row, column],
            "n_effective": n_effective[row, column],
            "emd_floor": floor[row, column],
        },
        schema=human_tables.COVERAGE.columns,
    ).with_columns(
        emd_floor=pl.when(pl.col("n_respondents") >= least).then(pl.col("emd_floor").fill_nan(None))
    )


@command
def main(
    *, humans: Path, instrument: Path, grouping: list[str], least: int, coverage: Path
) -> None:
    """Read human answers, count who stands behind them, write table COVERAGE."""
    answers = tables.read(humans, human_tables.HUMANS)
    grid = grid_of(read_instrument(instrument))
    names = (ALL, grouping_name(grouping))
    found = pl.concat(count_humans(answers, name, grid, least) for name in names)
    everywhere = found.filter(pl.col("grouping") == ALL)
    for n, questions in sorted(everywhere.group_by("n_countries").agg(pl.len()).rows()):
        logger.info("%d questions have answers of %d countries", questions, n)
    tables.write(found, coverage, human_tables.COVERAGE, tables.provenance(humans))


if __name__ == "__main__":
    run(main)
