"""How near the answers of personas lie to those of humans, group by group.

A group is what the fields of a persona's biography say, for instance its continent; `all` holds
every persona, also one without a group. The summary averages over the groups alone, with every
baseline over the same cells.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.distributions import PersonaAnswers, shares_of
from valuescape.answers.expected import Readout
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans.distributions import ALL
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.cells import cell_table, cells_averaged, count_table, floor_of
from valuescape.lenses.alignment.curves import quantile_table, threshold_table
from valuescape.lenses.alignment.dispersion import dispersion_table
from valuescape.lenses.alignment.distances import (
    PERSONA,
    corrected_distances,
    distances,
    in_blocks,
    replicated_distances,
)
from valuescape.lenses.alignment.inputs import (
    Comparison,
    comparison_provenance,
    count_answers,
    read_comparison,
    read_grouped,
    read_responses,
)
from valuescape.lenses.alignment.summary import (
    cell_weights,
    mean_distances,
    score_table,
    summary_table,
)
from valuescape.stats.emd import emd
from valuescape.stats.resampling import Draws
from valuescape.study.conditions import Condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Distances = dict[str, Array]
    Counted = tuple[Array, Array]  # counts of the groups, and draws of them

logger = logging.getLogger(__name__)

POOLED_CONDITIONS = "persona_conditions"
"""The personas of all conditions with the same context; a draw draws conditions as clusters."""
IN_CELLS = ("persona", "uniform", "majority", "human_pooled", "human_floor")
"""Comparators of the curves over cells."""
IN_QUESTIONS = tuple(name for name in IN_CELLS if name != "human_pooled")
"""Those of the curves over questions, where everybody is one group and there are no others."""


def persona_distances(counts: Array, drawn: Array, comparison: Comparison) -> tuple[Array, Array]:
    """Return the distances of the personas of a condition from the humans.

    Parameters
    ----------
    counts : ndarray of float64, shape (n_groups, n_questions, most_options)
        Their answers.
    drawn : ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Draws of them.
    comparison : Comparison
        The humans.

    Returns
    -------
    (ndarray, ndarray)
        Distances, shape (n_groups, n_questions), and those of the draws.
    """
    gaps = comparison.grid.gaps
    replicates = [
        emd(shares_of(drawn[block]), comparison.drawn_humans[block], gaps)
        for block in in_blocks(len(drawn))
    ]
    return emd(shares_of(counts), comparison.humans.shares, gaps), np.concatenate(replicates)


def pool_conditions(comparison: Comparison, others: Sequence[Counted], draws: Draws) -> Counted:
    """Return the answers of this condition and of others together.

    Parameters
    ----------
    comparison : Comparison
        This condition.
    others : sequence of (ndarray, ndarray)
        Counts of the other conditions, and draws of them.
    draws : Draws
        Conditions are drawn as clusters, m - 1 of m of them, as countries are (Rao & Wu 1988).

    Returns
    -------
    (ndarray, ndarray)
        Counts, shape (n_groups, n_questions, most_options), and draws of them.
    """
    m = len(others) + 1
    rng = draws.generator("alignment/conditions")
    times = rng.multinomial(m - 1, np.full(m, 1 / m), size=draws.n)[..., None, None, None]
    counts, drawn = comparison.groups.counts, comparison.drawn_groups * times[:, 0]
    for number, (further, further_drawn) in enumerate(others, 1):
        counts, drawn = counts + further, drawn + further_drawn * times[:, number]
    return counts, drawn


@dataclass(frozen=True)
class Measured:
    """Distances of every comparator, of the groups and of everybody together.

    Attributes
    ----------
    estimates : dict of str to ndarray of float64, shape (n_groups, n_questions)
        By comparator.
    replicates : dict of str to ndarray of float64, shape (n_replicates, n_groups, n_questions)
        Those of bootstrap draws.
    corrected : dict of str to (ndarray, ndarray)
        Distances less the bias of noise, and those of the draws; of personas alone, in this and
        other conditions.
    everybody, everybody_replicates : dict of str to ndarray of float64
        The same as the first two, of all personas as one group, without other conditions: shapes
        (1, n_questions) and (n_replicates, 1, n_questions).
    floor : ndarray of float64, shape (n_groups, n_questions)
        Distance that a perfect comparator keeps, by the noise of personas and humans.
    complete : ndarray of bool, shape (n_groups, n_questions)
        Cells where all comparators are known but other conditions.
    """

    estimates: Distances
    replicates: Distances
    corrected: dict[str, tuple[Array, Array]]
    everybody: Distances
    everybody_replicates: Distances
    floor: Array
    complete: NDArray[np.bool_]


def measure(comparison: Comparison, conditions: Mapping[str, Counted]) -> Measured:
    """Measure every distance once.

    Parameters
    ----------
    comparison : Comparison
        Personas and humans, and draws of both.
    conditions : mapping of str to (ndarray, ndarray)
        By comparator, counts of other conditions, and draws of them.

    Returns
    -------
    Measured
        The distances.
    """
    grid, humans, whole = comparison.grid, comparison.humans, comparison.whole
    counts, drawn, drawn_humans = (
        comparison.groups.counts, comparison.drawn_groups, comparison.drawn_humans
    )  # fmt: skip
    estimates = distances(counts, humans.shares, humans, grid)
    replicates = replicated_distances(drawn, drawn_humans, humans, grid)
    complete = np.asarray(np.isfinite(np.stack(list(estimates.values()))).all(axis=0))
    known = (humans.shares, drawn_humans)
    corrected = {PERSONA: corrected_distances((counts, drawn), known, grid.gaps)}
    for comparator, counted in conditions.items():
        estimates[comparator], replicates[comparator] = persona_distances(*counted, comparison)
        corrected[comparator] = corrected_distances(counted, known, grid.gaps)
    heads = np.nan_to_num(drawn_humans) * humans.n_respondents[..., None]
    return Measured(
        estimates,
        replicates,
        corrected,
        distances(comparison.everybody.counts, whole.shares, whole, grid),
        replicated_distances(
            comparison.drawn_counts.sum(axis=1, keepdims=True),
            shares_of(heads.sum(axis=1, keepdims=True)),
            whole,
            grid,
        ),
        floor_of(comparison.groups, humans, grid),
        complete,
    )


def counts_of(comparison: Comparison) -> pl.DataFrame:
    """Return table COUNTS: the groups, and everybody."""
    groups, everybody = comparison.groups, comparison.everybody
    both = PersonaAnswers(
        np.concatenate([groups.counts, everybody.counts]),
        np.concatenate([groups.squares, everybody.squares]),
    )
    return count_table(both, (*comparison.humans.groups, ALL), comparison.grid)


def cells_of(comparison: Comparison, measured: Measured, draws: Draws) -> pl.DataFrame:
    """Return table ALIGNMENT_CELLS: the groups, and everybody."""
    grid, everybody, whole = comparison.grid, comparison.everybody, comparison.whole
    of_groups = cell_table(
        measured.estimates, measured.floor, comparison.groups.n, comparison.humans,
        comparison.clusters, grid=grid, draws=draws,
    )  # fmt: skip
    of_everybody = cell_table(
        measured.everybody, floor_of(everybody, whole, grid), everybody.n, whole,
        [comparison.countries], grid=grid, draws=draws,
    )  # fmt: skip
    return pl.concat([of_groups, of_everybody])


def summary_and_scores(
    comparison: Comparison, measured: Measured, not_asked: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return tables ALIGNMENT_SUMMARY and ALIGNMENT_SCORES, over the complete cells."""
    weights = cell_weights(
        measured.complete, comparison.groups.n, comparison.humans, comparison.instrument
    )
    means = mean_distances(measured.estimates, measured.replicates, weights)
    return (
        summary_table(means, measured.corrected, weights, not_asked),
        score_table(means, weights, measured.floor),
    )


def dispersion_of(comparison: Comparison, draws: Draws) -> pl.DataFrame:
    """Return table DISPERSION of the groups."""
    humans = comparison.humans
    heads = np.nan_to_num(humans.shares) * humans.n_respondents[..., None]
    return dispersion_table(
        (comparison.groups.counts, heads.sum(axis=0) - heads),
        (comparison.drawn_groups, comparison.drawn_humans),
        humans,
        comparison.grid,
        draws,
    )


def curves_of(measured: Measured) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return tables THRESHOLDS and QUANTILES."""
    complete = measured.complete
    questions = {
        name: (measured.everybody[name][0], measured.everybody_replicates[name][:, 0])
        for name in IN_QUESTIONS
    }
    cells = {
        name: (measured.estimates[name][complete], measured.replicates[name][:, complete])
        for name in IN_CELLS
    }
    return threshold_table(questions, cells), quantile_table(cells)


def _log_coverage(coverage: Mapping[str, str]) -> None:
    logger.info("cells: %s", coverage["alignment_cells"])
    if coverage["alignment_groups_without_personas"] != "none":
        logger.warning("without personas: %s", coverage["alignment_groups_without_personas"])


@command
def main(
    *,
    responses: Path,
    instrument: Path,
    biographies: Path,
    humans: Path,
    countries: Path,
    respondents: Path | None = None,
    baseline_responses: list[Path],
    pooled_responses: list[Path],
    grouping: list[str],
    condition: Condition,
    baseline_conditions: list[Condition],
    readout: Readout,
    seed: int,
    replicates: int,
    counts: Path,
    cells: Path,
    summary: Path,
    scores: Path,
    dispersion: Path,
    thresholds: Path,
    quantiles: Path,
) -> None:
    """Read answers of personas and humans, compare them, write the tables of the lens."""
    draws = Draws(replicates, seed)
    personas = read_grouped(
        biographies, instrument, grouping=grouping, readout=readout, draws=draws
    )
    comparison = read_comparison(responses, personas, humans, countries, respondents)

    def read_counts(path: Path) -> Counted:
        answers, drawn = count_answers(
            read_responses(path, personas), personas, comparison.humans.groups
        )
        return answers.counts[:-1], drawn[:, :-1]

    names = alignment_tables.BASELINE_CONDITIONS
    conditions = {
        names[each.context]: read_counts(path)
        for each, path in zip(baseline_conditions, baseline_responses, strict=True)
    }
    not_asked = [
        name
        for context, name in names.items()
        if name not in conditions and context != condition.context
    ]
    if pooled_responses:
        others = [read_counts(path) for path in pooled_responses]
        conditions[POOLED_CONDITIONS] = pool_conditions(comparison, others, draws)
    measured = measure(comparison, conditions)
    cell_frame = cells_of(comparison, measured, draws)
    coverage = cells_averaged(cell_frame)
    _log_coverage(coverage)
    summary_frame, score_frame = summary_and_scores(comparison, measured, not_asked)
    threshold_frame, quantile_frame = curves_of(measured)
    provenance = comparison_provenance(responses, biographies, humans, grouping) | coverage
    for frame, path, table in (
        (counts_of(comparison), counts, alignment_tables.COUNTS),
        (cell_frame, cells, alignment_tables.ALIGNMENT_CELLS),
        (summary_frame, summary, alignment_tables.ALIGNMENT_SUMMARY),
        (score_frame, scores, alignment_tables.ALIGNMENT_SCORES),
        (dispersion_of(comparison, draws), dispersion, alignment_tables.DISPERSION),
        (threshold_frame, thresholds, alignment_tables.THRESHOLDS),
        (quantile_frame, quantiles, alignment_tables.QUANTILES),
    ):
        tables.write(frame, path, table, provenance)


if __name__ == "__main__":
    run(main)
