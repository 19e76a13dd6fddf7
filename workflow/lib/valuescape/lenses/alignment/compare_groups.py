"""Whether personas of different groups answer differently, and differ as humans do.

Everything here is over groups with enough personas and humans, and questions that all of them
answered.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from valuescape.answers.distributions import shares_of
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans.clusters import redrawn
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.discrimination import (
    GroupDraws,
    discrimination_tables,
    too_few,
)
from valuescape.lenses.alignment.distances import distances, replicated_distances
from valuescape.lenses.alignment.equivalent_n import equivalent_n_table
from valuescape.lenses.alignment.group_geometry import (
    geometry_table,
    group_distances,
    position_table,
)
from valuescape.lenses.alignment.groups import Least, reasons
from valuescape.lenses.alignment.inputs import (
    Comparison,
    comparison_provenance,
    read_comparison,
    read_grouped,
)
from valuescape.stats.resampling import Draws
from valuescape.study.conditions import Condition

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

WITH_EQUIVALENT_N = ("persona", "uniform", "human_pooled")
# Draws of the same humans behind `ceiling`: their mean is then known to a seventh of their spread.
N_REDRAWN = 50


def answered_by_all(counted: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which groups and questions can be compared throughout.

    Parameters
    ----------
    counted : ndarray of bool, shape (n_groups, n_questions)
        Where enough humans and personas answered.

    Returns
    -------
    (ndarray of bool, shape (n_groups,), ndarray of bool, shape (n_questions,))
        Groups in which at least half of the questions count that count in any; questions that count
        in all of these groups, none without groups.
    """
    asked = counted.any(axis=0)
    groups = np.asarray(counted.sum(axis=1) >= max(asked.sum(), 1) / 2)
    return groups, np.asarray(counted[groups].all(axis=0) & groups.any())


def draw_groups(
    comparison: Comparison, counted: NDArray[np.bool_], draws: Draws
) -> tuple[GroupDraws, tuple[str, ...]]:
    """Return the answers to what all groups were asked, with draws, and the groups' names.

    Parameters
    ----------
    comparison : Comparison
        Personas and humans.
    counted : ndarray of bool, shape (n_groups, n_questions)
        Where enough humans and personas answered.
    draws : Draws
        Whose seed further draws of the humans use.

    Returns
    -------
    (GroupDraws, tuple of str)
        Draws in which an answer is missing are left out.
    """
    groups, questions = answered_by_all(counted)
    humans = comparison.humans.shares[groups][:, questions]
    n = comparison.humans.n_effective[groups][:, questions]
    drawn_personas = shares_of(comparison.drawn_groups[:, groups][:, :, questions])
    drawn_humans = comparison.drawn_humans[:, groups][:, :, questions]
    whole = np.isfinite(drawn_personas).all(axis=(1, 2, 3))
    whole &= np.isfinite(drawn_humans).all(axis=(1, 2, 3))
    rng = draws.generator("group_comparison/again")
    again = [
        redrawn(np.broadcast_to(side, (N_REDRAWN, *side.shape)), people, rng)
        for side, people in zip(humans, n, strict=True)
    ]
    found = GroupDraws(
        comparison.grid.taken(questions),
        shares_of(comparison.groups.counts[groups][:, questions]),
        humans,
        drawn_personas[whole],
        drawn_humans[whole],
        np.stack(again, axis=1) if again else np.zeros((N_REDRAWN, *humans.shape)),
    )
    return found, tuple(np.asarray(comparison.humans.groups)[groups].tolist())


def equivalent_n_of(comparison: Comparison, counted: NDArray[np.bool_]) -> pl.DataFrame:
    """Return the equivalent human sample size of personas, uniform answers and all other groups.

    Parameters
    ----------
    comparison : Comparison
        Personas and humans.
    counted : ndarray of bool, shape (n_groups, n_questions)
        Where enough humans and personas answered.

    Returns
    -------
    DataFrame
        Table EQUIVALENT_N.
    """
    estimates = distances(
        comparison.groups.counts, comparison.humans.shares, comparison.humans, comparison.grid
    )
    complete = counted & np.isfinite(np.stack(list(estimates.values()))).all(axis=0)
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
    least: Least,
    condition: Condition,
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
        biographies, instrument, grouping=grouping, condition=condition, draws=draws
    )
    comparison = read_comparison(responses, personas, humans, countries, respondents)
    why = reasons(comparison.groups.n, comparison.humans, least, grouping, personas.no_groups)
    counted = why == ""
    found, groups = draw_groups(comparison, counted, draws)
    logger.info("%d groups, %d questions asked of all", len(groups), len(found.grid.questions))
    reason = personas.no_groups or too_few(found)
    if reason:
        logger.warning("groups are not compared: %s", reason)
    between = group_distances(found)
    discrimination_frame, order_frame = discrimination_tables(found, draws, reason)
    provenance = comparison_provenance(responses, biographies, humans, personas)
    for frame, path, table in (
        (discrimination_frame, discrimination, alignment_tables.DISCRIMINATION),
        (order_frame, order, alignment_tables.QUESTION_ORDER),
        (equivalent_n_of(comparison, counted), equivalent_n, alignment_tables.EQUIVALENT_N),
        (geometry_table(found, between, reason), geometry, alignment_tables.GROUP_GEOMETRY),
        (position_table(between, groups, reason), positions, alignment_tables.GROUP_POSITIONS),
    ):
        tables.write(frame, path, table, provenance)


if __name__ == "__main__":
    run(main)
