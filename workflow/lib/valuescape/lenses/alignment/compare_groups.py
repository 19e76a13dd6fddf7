"""Whether personas of different groups answer differently, and differ as humans do.

Everything here is over groups with personas and humans, and questions that all of them answered.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from valuescape.answers.distributions import shares_of
from valuescape.answers.expected import Readout
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans.clusters import redrawn
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.discrimination import GroupDraws, discrimination_tables
from valuescape.lenses.alignment.distances import distances, replicated_distances
from valuescape.lenses.alignment.equivalent_n import equivalent_n_table
from valuescape.lenses.alignment.group_geometry import (
    geometry_table,
    group_distances,
    position_table,
)
from valuescape.lenses.alignment.inputs import (
    Comparison,
    comparison_provenance,
    read_comparison,
    read_grouped,
)
from valuescape.stats.emd import OptionGrid
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

WITH_EQUIVALENT_N = ("persona", "uniform", "human_pooled")
# Draws of the same humans behind `ceiling`: their mean is then known to a seventh of their spread.
N_REDRAWN = 50


def answered_by_all(comparison: Comparison) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which groups and questions can be compared throughout.

    Parameters
    ----------
    comparison : Comparison
        Personas and humans.

    Returns
    -------
    (ndarray of bool, shape (n_groups,), ndarray of bool, shape (n_questions,))
        Groups with personas and humans on at least half of the questions; questions with both
        in all of these groups.
    """
    both = (comparison.groups.n > 0) & (comparison.humans.n_respondents > 0)
    groups = np.asarray(both.mean(axis=1) >= 1 / 2)
    return groups, np.asarray(both[groups].all(axis=0))


def draw_groups(comparison: Comparison, draws: Draws) -> tuple[GroupDraws, tuple[str, ...]]:
    """Return the answers to what all groups were asked, with draws, and the groups' names.

    Parameters
    ----------
    comparison : Comparison
        Personas and humans.
    draws : Draws
        Whose seed further draws of the humans use.

    Returns
    -------
    (GroupDraws, tuple of str)
        Draws in which an answer is missing are left out.
    """
    groups, questions = answered_by_all(comparison)
    grid = comparison.grid
    kept = OptionGrid(
        tuple(np.asarray(grid.questions)[questions].tolist()),
        grid.values[questions],
        grid.present[questions],
        grid.gaps[questions],
    )
    humans = comparison.humans.shares[groups][:, questions]
    n = comparison.humans.n_effective[groups][:, questions]
    drawn_personas = shares_of(comparison.drawn_groups[:, groups][:, :, questions])
    drawn_humans = comparison.drawn_humans[:, groups][:, :, questions]
    whole = np.isfinite(drawn_personas).all(axis=(1, 2, 3))
    whole &= np.isfinite(drawn_humans).all(axis=(1, 2, 3))
    rng = draws.generator("group_comparison/again")
    found = GroupDraws(
        kept,
        shares_of(comparison.groups.counts[groups][:, questions]),
        humans,
        drawn_personas[whole],
        drawn_humans[whole],
        np.stack([redrawn(np.broadcast_to(side, (N_REDRAWN, *side.shape)), people, rng)
                  for side, people in zip(humans, n, strict=True)], axis=1),
    )  # fmt: skip
    return found, tuple(np.asarray(comparison.humans.groups)[groups].tolist())


def equivalent_n_of(comparison: Comparison) -> pl.DataFrame:
    """Return the equivalent human sample size of personas, uniform answers and all other groups.

    Parameters
    ----------
    comparison : Comparison
        Personas and humans.

    Returns
    -------
    DataFrame
        Table EQUIVALENT_N.
    """
    estimates = distances(
        comparison.groups.counts, comparison.humans.shares, comparison.humans, comparison.grid
    )
    complete = np.asarray(np.isfinite(np.stack(list(estimates.values()))).all(axis=0))
    replicates = replicated_distances(
        comparison.drawn_groups, comparison.drawn_humans, comparison.humans, comparison.grid
    )
    return equivalent_n_table(
        {name: estimates[name] for name in WITH_EQUIVALENT_N},
        replicates,
        comparison.humans,
        complete,
        comparison.grid,
    )


@command
def main(
    *,
    responses: Path,
    instrument: Path,
    biographies: Path,
    humans: Path,
    countries: Path,
    respondents: Path | None = None,
    grouping: list[str],
    readout: Readout,
    seed: int,
    replicates: int,
    discrimination: Path,
    order: Path,
    equivalent_n: Path,
    geometry: Path,
    positions: Path,
) -> None:
    """Read answers of personas and humans, compare groups with groups, write the tables."""
    draws = Draws(replicates, seed)
    personas = read_grouped(
        biographies, instrument, grouping=grouping, readout=readout, draws=draws
    )
    comparison = read_comparison(responses, personas, humans, countries, respondents)
    found, groups = draw_groups(comparison, draws)
    logger.info("%d groups, %d questions asked of all", len(groups), len(found.grid.questions))
    between = group_distances(found)
    discrimination_frame, order_frame = discrimination_tables(found, draws)
    provenance = comparison_provenance(responses, biographies, humans, grouping)
    for frame, path, table in (
        (discrimination_frame, discrimination, alignment_tables.DISCRIMINATION),
        (order_frame, order, alignment_tables.QUESTION_ORDER),
        (equivalent_n_of(comparison), equivalent_n, alignment_tables.EQUIVALENT_N),
        (geometry_table(found, between), geometry, alignment_tables.GROUP_GEOMETRY),
        (position_table(between, groups), positions, alignment_tables.GROUP_POSITIONS),
    ):
        tables.write(frame, path, table, provenance)


if __name__ == "__main__":
    run(main)
