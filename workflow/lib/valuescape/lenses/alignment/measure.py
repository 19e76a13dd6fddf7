"""How near the answers of personas lie to those of humans, group by group.

A group is what the fields of a persona's biography say, for instance its continent; `all` holds
every persona, also one without a group. The summary averages over the groups alone, with every
baseline over the same cells, those with enough humans and personas; and gives `world`, everybody as
one group, which is all there is where personas are not told what makes the groups.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.distributions import PersonaAnswers, option_columns, shares_of
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans.distributions import ALL
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.cells import (
    cell_table,
    cells_averaged,
    count_table,
    distance_columns,
)
from valuescape.lenses.alignment.comparators import (
    Compared,
    Counted,
    as_one,
    by_group,
    compare,
    pool_conditions,
)
from valuescape.lenses.alignment.curves import quantile_table, threshold_table
from valuescape.lenses.alignment.dispersion import dispersion_table
from valuescape.lenses.alignment.distances import (
    PERSONA,
    POOLED,
    others_pooled,
)
from valuescape.lenses.alignment.groups import Least, group_table, names_of, reasons
from valuescape.lenses.alignment.inputs import (
    Comparison,
    GroupedPersonas,
    comparison_provenance,
    count_answers,
    read_comparison,
    read_grouped,
    read_responses,
)
from valuescape.lenses.alignment.measures import cell_measures, measure_table
from valuescape.lenses.alignment.summary import (
    CELL_MEAN,
    cell_weights,
    mean_distances,
    score_table,
    summary_table,
    undefined_summary,
    world_weights,
)
from valuescape.lenses.alignment.weighting import (
    NOBODY,
    WEIGHTED,
    Configured,
    WeightedAnswers,
    configured_questions,
    weigh_answers,
)
from valuescape.stats.resampling import Draws
from valuescape.study.conditions import BASELINE_CONTEXTS, Condition
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

POOLED_CONDITIONS = "persona_conditions"
"""The personas of all conditions with the same context; a draw draws conditions as clusters."""
IN_CELLS = ("persona", "uniform", "majority", "human_pooled", "human_floor")
"""Comparators of the curves over cells."""
IN_QUESTIONS = tuple(name for name in IN_CELLS if name != "human_pooled")
"""Those of the curves over questions, where everybody is one group and there are no others."""
NO_OTHER_GROUP = "no other group was asked"


def reweighted(
    comparison: Comparison, configured: Sequence[Configured], draws: Draws
) -> tuple[WeightedAnswers, WeightedAnswers]:
    """Return the weighted personas and the design, by group and of everybody as one group."""
    grid = comparison.grid
    everybody = [np.sort(np.concatenate(comparison.members))]
    return (
        weigh_answers(comparison.columns, comparison.members, configured,
                      (comparison.humans, comparison.drawn_humans), grid=grid, draws=draws),
        weigh_answers(comparison.columns, everybody, configured,
                      (comparison.whole, comparison.drawn_whole), grid=grid, draws=draws),
    )  # fmt: skip


def answers_beside(
    comparison: Comparison,
    baselines: Sequence[tuple[Condition, Counted]],
    pooled: Sequence[Counted],
    personas: GroupedPersonas,
) -> dict[str, tuple[Counted, Counted]]:
    """Return what the personas answered under other conditions, each as a comparator.

    Parameters
    ----------
    comparison : Comparison
        What they answered under this one.
    baselines : sequence of (Condition, counts)
        Conditions that tell personas less of themselves, with counts and draws of the answers.
    pooled : sequence of counts
        Of conditions with the same context, to be pooled with this one.
    personas : GroupedPersonas
        How they are grouped; a condition that does not tell them so knows no groups.

    Returns
    -------
    dict of str to (counts, counts)
        By comparator, counts by group and of everybody as one group.
    """
    found = {}
    for condition, counted in baselines:
        told = not condition.no_groups_because(personas.grouping)
        name = BASELINE_CONTEXTS[condition.context]
        found[name] = by_group(counted, told=told), as_one(counted)
    if pooled:
        own = comparison.personas.counts, comparison.drawn_counts
        counted = pool_conditions(own, pooled, personas.draws)
        found[POOLED_CONDITIONS] = by_group(counted, told=True), as_one(counted)
    return found


def baselines_not_asked(condition: Condition, asked: Collection[str]) -> list[str]:
    """Return the baselines that are contexts, of which the study has no condition."""
    return [
        name
        for context, name in BASELINE_CONTEXTS.items()
        if name not in asked and context != condition.context
    ]


@dataclass(frozen=True)
class Measured:
    """What the tables of the lens are made from.

    Attributes
    ----------
    groups, world : Compared
        Distances of the groups, and of everybody together.
    why, why_world : ndarray of str, shapes (n_groups, n_questions) and (1, n_questions)
        Why a cell counts in no mean; empty if it counts.
    weighted, weighted_world : WeightedAnswers
        Of the personas of each group, and of all.
    """

    groups: Compared
    world: Compared
    why: NDArray[np.str_]
    why_world: NDArray[np.str_]
    weighted: WeightedAnswers
    weighted_world: WeightedAnswers

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Cells of groups that count in means, shape (n_groups, n_questions)."""
        return np.asarray(self.why == "")


def measure(
    comparison: Comparison,
    conditions: Mapping[str, tuple[Counted, Counted]],
    configured: Sequence[Configured],
    personas: GroupedPersonas,
    least: Least,
) -> Measured:
    """Measure every distance once.

    Parameters
    ----------
    comparison : Comparison
        Personas and humans, and draws of both.
    conditions : mapping of str to pair of (ndarray, ndarray)
        By comparator, counts of other conditions by group and of everybody, each with draws.
    configured : sequence of Configured
        Questions that configured the personas.
    personas : GroupedPersonas
        How they are grouped.
    least : Least
        How many must stand behind a cell that counts.

    Returns
    -------
    Measured
        The distances, and which of them count.
    """
    grid, humans, whole = comparison.grid, comparison.humans, comparison.whole
    weighted, weighted_world = reweighted(comparison, configured, personas.draws)
    groups = compare(
        (comparison.groups, comparison.drawn_groups),
        (humans, comparison.drawn_humans),
        weighted.by_comparator | {name: of_groups for name, (of_groups, _) in conditions.items()},
        grid,
    )
    world = compare(
        (comparison.everybody, comparison.drawn_everybody),
        (whole, comparison.drawn_whole),
        weighted_world.by_comparator | {name: of_all for name, (_, of_all) in conditions.items()},
        grid,
    )
    why = reasons(comparison.groups.n, humans, least, personas.grouping, personas.no_groups)
    # Every comparator is averaged over the same cells, so that all are known in each.
    why = _where_blank(why, ~np.isfinite(groups.estimates[POOLED]), NO_OTHER_GROUP)
    unweighted = np.array(weighted.why_not, dtype=object)[:, None]
    if (unweighted == "").any():
        why = _where_blank(why, unweighted != "", unweighted)
    why_world = reasons(comparison.everybody.n, whole, least, ())
    return Measured(groups, world, why, why_world, weighted, weighted_world)


def _where_blank(
    why: NDArray[np.str_], where: NDArray[np.bool_], reason: NDArray[np.object_] | str
) -> NDArray[np.str_]:
    """Return the reasons with a further one where there is none yet."""
    found = why.astype(object)
    blank = (why == "") & where
    found[blank] = np.broadcast_to(np.asarray(reason, dtype=object), why.shape)[blank]
    return np.asarray(found.astype(np.str_))


def counts_of(comparison: Comparison) -> pl.DataFrame:
    """Return table COUNTS: the groups, and everybody."""
    groups, everybody = comparison.groups, comparison.everybody
    both = PersonaAnswers(
        np.concatenate([groups.counts, everybody.counts]),
        np.concatenate([groups.squares, everybody.squares]),
    )
    return count_table(both, (*comparison.humans.groups, ALL), comparison.grid)


def cells_of(
    comparison: Comparison, measured: Measured, draws: Draws, least: Least
) -> pl.DataFrame:
    """Return table ALIGNMENT_CELLS: the groups, and everybody."""
    grid = comparison.grid
    n_asked, mass = comparison.asked, comparison.mass
    in_all = np.nansum(mass * comparison.personas.n, axis=0, keepdims=True)
    found = []
    for compared, why, personas, humans, clusters, asked, of_options in (
        (measured.groups, measured.why, comparison.groups, comparison.humans,
         comparison.clusters, n_asked[:-1], mass[:-1]),
        (measured.world, measured.why_world, comparison.everybody, comparison.whole,
         [comparison.countries], n_asked.sum(axis=0, keepdims=True),
         _share(in_all, comparison.everybody.n * np.isfinite(mass).any(axis=0))),
    ):  # fmt: skip
        columns = distance_columns(
            compared.estimates, compared.corrected[PERSONA][0], compared.floors[PERSONA], humans,
            clusters, grid=grid, draws=draws,
        )  # fmt: skip
        refused = 1 - _share(personas.n, asked)
        columns |= cell_measures(shares_of(personas.counts), humans.shares, refused, grid)
        columns["option_mass"] = of_options
        found.append(
            cell_table(
                columns, personas.n, humans, (comparison.countries_of, why),
                grid=grid, fewest=least.humans,
            )
        )  # fmt: skip
    return pl.concat(found)


def _share(part: Array, whole: Array) -> Array:
    divisor = np.broadcast_to(whole, part.shape)
    undefined = np.full(part.shape, np.nan)
    return np.asarray(np.divide(part, divisor, out=undefined, where=divisor > 0))


def summary_and_scores(
    comparison: Comparison, measured: Measured, not_asked: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return tables ALIGNMENT_SUMMARY and ALIGNMENT_SCORES, over the cells that count."""
    instrument = comparison.instrument
    of_groups = cell_weights(measured.counted, comparison.groups.n, comparison.humans, instrument)
    of_world = world_weights(measured.why_world == "", instrument)
    summaries, scores = [], []
    for compared, weights, weighted, humans in (
        (measured.groups, of_groups, measured.weighted, comparison.humans),
        (measured.world, of_world, measured.weighted_world, comparison.whole),
    ):
        means = mean_distances(compared.estimates, compared.replicates, weights)
        undefined = {WEIGHTED: _commonest(each for each in weighted.why_not if each != NOBODY)}
        summaries.append(
            summary_table(
                means, compared.corrected, weights, not_asked, undefined,
                names=names_of(humans, comparison.countries_of),
            )
        )  # fmt: skip
        scores.append(score_table(means, weights, compared.floors))
    if not of_groups:
        summaries.append(undefined_summary(_commonest(measured.why.ravel()), instrument))
    return pl.concat(summaries), pl.concat(scores)


def _commonest(texts: Iterable[str]) -> str:
    found, times = np.unique([text for text in texts if text] or [""], return_counts=True)
    return str(found[times.argmax()])


def measures_of(comparison: Comparison, measured: Measured) -> pl.DataFrame:
    """Return table ALIGNMENT_MEASURES over the cells that count."""
    humans = comparison.humans
    weights = cell_weights(measured.counted, comparison.groups.n, humans, comparison.instrument)
    return measure_table(
        (comparison.groups.counts, comparison.drawn_groups),
        (humans.shares, comparison.drawn_humans),
        {size: cells for (aggregate, size), cells in weights.items() if aggregate == CELL_MEAN},
        pooled=others_pooled(humans.shares, humans),
        n_asked=comparison.asked[:-1],
        mass=comparison.mass[:-1],
        grid=comparison.grid,
    )


def dispersion_of(comparison: Comparison, counted: NDArray[np.bool_], draws: Draws) -> pl.DataFrame:
    """Return table DISPERSION of the groups."""
    humans = comparison.humans
    return dispersion_table(
        (shares_of(comparison.groups.counts), others_pooled(humans.shares, humans)),
        (comparison.drawn_groups, comparison.drawn_humans),
        humans,
        counted,
        grid=comparison.grid,
        draws=draws,
    )


def curves_of(measured: Measured) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return tables THRESHOLDS and QUANTILES."""
    counted, groups, world = measured.counted, measured.groups, measured.world
    questions = {
        name: (world.estimates[name][0], world.replicates[name][:, 0]) for name in IN_QUESTIONS
    }
    cells = {
        name: (groups.estimates[name][counted], groups.replicates[name][:, counted])
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
    space: Path | None = None,
    biographies: Path,
    humans: Path,
    countries: Path,
    respondents: Path | None = None,
    baseline_responses: list[Path],
    pooled_responses: list[Path],
    grouping: list[str],
    least: Least,
    condition: Condition,
    baseline_conditions: list[Condition],
    seed: int,
    replicates: int,
    counts: Path,
    cells: Path,
    groups: Path,
    summary: Path,
    scores: Path,
    measures: Path,
    dispersion: Path,
    thresholds: Path,
    quantiles: Path,
) -> None:
    """Read answers of personas and humans, compare them, write the tables of the lens."""
    draws = Draws(replicates, seed)
    personas = read_grouped(
        biographies, instrument, grouping=grouping, condition=condition, draws=draws
    )
    comparison = read_comparison(responses, personas, humans, countries, respondents)
    configured: Sequence[Configured] = []
    if space:
        persona_space = read_space(space)
        configured = configured_questions(
            persona_space.levels_of(personas.biographies["persona_id"]),
            persona_space,
            personas.instrument,
        )

    def read_counts(path: Path) -> Counted:
        answers = read_responses(path, personas)
        columns = option_columns(answers, personas.instrument, personas.readout)
        counted, drawn = count_answers(answers, columns, comparison.members, personas)
        return counted.counts, drawn

    baselines = [read_counts(path) for path in baseline_responses]
    pooled = [read_counts(path) for path in pooled_responses]
    conditions = answers_beside(
        comparison, list(zip(baseline_conditions, baselines, strict=True)), pooled, personas
    )
    not_asked = baselines_not_asked(condition, conditions)
    measured = measure(comparison, conditions, configured, personas, least)
    cell_frame = cells_of(comparison, measured, draws, least)
    group_frame = group_table(
        comparison.humans, measured.why, (comparison.n_asked[:-1], measured.weighted.why_not),
        comparison.countries_of, comparison.grid.questions,
    )  # fmt: skip
    coverage = cells_averaged(cell_frame)
    _log_coverage(coverage)
    summary_frame, score_frame = summary_and_scores(comparison, measured, not_asked)
    threshold_frame, quantile_frame = curves_of(measured)
    provenance = comparison_provenance(responses, biographies, humans, personas) | coverage
    for frame, path, table in (
        (counts_of(comparison), counts, alignment_tables.COUNTS),
        (cell_frame, cells, alignment_tables.ALIGNMENT_CELLS),
        (group_frame, groups, alignment_tables.ALIGNMENT_GROUPS),
        (summary_frame, summary, alignment_tables.ALIGNMENT_SUMMARY),
        (score_frame, scores, alignment_tables.ALIGNMENT_SCORES),
        (measures_of(comparison, measured), measures, alignment_tables.ALIGNMENT_MEASURES),
        (dispersion_of(comparison, measured.counted, draws), dispersion,
         alignment_tables.DISPERSION),
        (threshold_frame, thresholds, alignment_tables.THRESHOLDS),
        (quantile_frame, quantiles, alignment_tables.QUANTILES),
    ):  # fmt: skip
        tables.write(frame, path, table, provenance)


if __name__ == "__main__":
    run(main)
