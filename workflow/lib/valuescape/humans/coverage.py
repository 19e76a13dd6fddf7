"""Coverage: how many humans, of how many countries, stand behind each question and group.

python -m valuescape.humans.coverage --humans F --instrument F --grouping FIELD ... --output F
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.distributions import human_arrays
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.humans import tables as human_tables
from valuescape.humans.distributions import ALL, grouping_name
from valuescape.stats.emd import Scales, expected_floor, scales_of
from valuescape.study.instruments import read_instrument

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)


def coverage(humans: pl.DataFrame, grouping: str, scales: Scales) -> pl.DataFrame:
    """Count the humans behind each group and question of a grouping.

    Parameters
    ----------
    humans : DataFrame
        Table HUMANS.
    grouping : str
        One of its groupings.
    scales : Scales
        The questions.

    Returns
    -------
    DataFrame
        Table COVERAGE, every group with every question.
    """
    known = human_arrays(humans, grouping, scales)
    rows = humans.filter(pl.col("grouping") == grouping)
    effective = {
        (group, question): n
        for group, question, n in rows.select("group", "question", "n_effective").iter_rows()
    }
    n_effective = np.array(
        [[effective.get((group, q), 0.0) for q in scales.questions] for group in known.groups]
    )
    # two draws of n from the same people are as far apart as one of n / 2 from the truth
    floor = expected_floor(known.shares, n_effective / 2, scales.gaps)
    row, column = np.indices(n_effective.shape).reshape(2, -1)
    return pl.DataFrame(
        {
            "grouping": grouping,
            "group": np.asarray(known.groups)[row],
            "question": np.asarray(scales.questions)[column],
            "n_countries": known.n_countries[row, column].astype(np.int32),
            "n_respondents": known.n_respondents[row, column],
            "n_effective": n_effective[row, column],
            "emd_floor": floor[row, column],
        },
        schema=human_tables.COVERAGE.columns,
    ).with_columns(pl.col("emd_floor").fill_nan(None))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("humans", "instrument", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--grouping", nargs="+", required=True)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read table HUMANS, count, write table COVERAGE.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = _parser().parse_args(argv)
    humans = tables.read(args.humans, human_tables.HUMANS)
    scales = scales_of(read_instrument(args.instrument))
    groupings = (ALL, grouping_name(args.grouping))
    found = pl.concat(coverage(humans, grouping, scales) for grouping in groupings)
    everywhere = found.filter(pl.col("grouping") == ALL)
    for n, questions in sorted(everywhere.group_by("n_countries").agg(pl.len()).rows()):
        logger.info("%d questions have answers of %d countries", questions, n)
    tables.write(found, args.output, human_tables.COVERAGE, tables.provenance(args.humans))


if __name__ == "__main__":
    run(main)
