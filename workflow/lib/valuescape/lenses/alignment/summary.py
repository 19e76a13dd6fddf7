"""From cells to one number: sets of questions, weights of cells, intervals, and two scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.distances import FLOOR, PERSONA, POOLED, UNIFORM
from valuescape.lenses.alignment.weighting import WEIGHTED
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers
    from valuescape.study.instruments import Instrument

    ByComparator = Mapping[str, NDArray[np.float64]]
    # By aggregate and number of questions.
    Weights = Mapping[tuple[str, int], NDArray[np.float64]]
    Means = Mapping[tuple[str, int], dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]]

WORLD, CELL_MEAN = "world", "cell_mean"
"""Aggregates: all personas as one group against all humans; each cell of groups alike."""
MOST_NAMED = 8
"""Up to this many groups are named."""
SCORED_BY_DEFINITION = {"normalised": UNIFORM, "skill": POOLED}
"""Which comparator a score gives 0, so that it needs no row."""


def question_sets(instrument: Instrument) -> dict[int, NDArray[np.bool_]]:
    """Return the sets of questions that alignment is reported on.

    Parameters
    ----------
    instrument : Instrument
        Questions marked `conditioning` (the personas were configured by them) or `near_copy`.

    Returns
    -------
    dict of int to ndarray of bool, shape (n_questions,)
        By number of questions: all (36), without conditioning ones (33), also without near
        copies (31); fewer entries if nothing is marked.
    """
    conditioning = np.array([q.conditioning for q in instrument.questions])
    near_copy = np.array([q.near_copy for q in instrument.questions])
    sets = (np.ones(len(conditioning), dtype=np.bool_), ~conditioning, ~conditioning & ~near_copy)
    return {int(questions.sum()): questions for questions in sets if questions.any()}


def all_question_sets(instrument: Instrument) -> dict[int, NDArray[np.bool_]]:
    """Return `question_sets`, and beside them the questions that configured the personas."""
    sets = question_sets(instrument)
    conditioning = np.array([q.conditioning for q in instrument.questions])
    n = int(conditioning.sum())
    return sets | ({n: conditioning} if n and n not in sets else {})


def world_weights(
    counted: NDArray[np.bool_], instrument: Instrument
) -> dict[tuple[str, int], NDArray[np.float64]]:
    """Return what each question weighs where everybody is one group, as in `cell_weights`."""
    found = {
        (WORLD, size): np.where(counted & questions, 1.0, 0.0)
        for size, questions in all_question_sets(instrument).items()
    }
    return {key: cells for key, cells in found.items() if cells.any()}


def cell_weights(
    counted: NDArray[np.bool_],
    n_personas: NDArray[np.float64],
    humans: HumanAnswers,
    instrument: Instrument,
) -> dict[tuple[str, int], NDArray[np.float64]]:
    """Return what each cell weighs in each of the four means, for each set of questions.

    Parameters
    ----------
    counted : ndarray of bool, shape (n_groups, n_questions)
        Cells that count.
    n_personas : ndarray of float64, same shape
        Personas with a valid answer.
    humans : HumanAnswers
        Respondents and countries.
    instrument : Instrument
        The questions.

    Returns
    -------
    dict of (str, int) to ndarray of float64, shape (n_groups, n_questions)
        By aggregate and number of questions, without those that would weigh nothing. Weights of
        a cell: 1; its respondents; its personas; its countries.
    """
    weights = {
        CELL_MEAN: np.ones(counted.shape),
        "respondent_weighted": humans.n_respondents,
        "persona_weighted": n_personas,
        "country_weighted": humans.n_countries,
    }
    found = {
        (aggregate, size): np.where(counted & questions, weight, 0.0)
        for size, questions in all_question_sets(instrument).items()
        for aggregate, weight in weights.items()
    }
    return {key: cells for key, cells in found.items() if cells.any()}


def weighted_mean(emds: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the EMD averaged over cells.

    Parameters
    ----------
    emds : ndarray of float64, shape (..., n_groups, n_questions)
        Distances; nan in a draw without a valid answer, which then does not count.
    weights : ndarray of float64, shape (n_groups, n_questions)
        Weight of each cell, 0 to leave it out.

    Returns
    -------
    ndarray of float64, shape (...)
        In [0, 1]; nan if no cell counts.
    """
    defined = np.where(np.isnan(emds), 0.0, weights)
    total = defined.sum(axis=(-2, -1))
    distance = (np.nan_to_num(emds) * defined).sum(axis=(-2, -1))
    return np.asarray(np.divide(distance, total, out=np.full(total.shape, np.nan), where=total > 0))


def normalised(
    distance: NDArray[np.float64], uniform: NDArray[np.float64], floor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where a distance lies between uniform answers and the noise floor.

    Parameters
    ----------
    distance, uniform : ndarray of float64, shapes that broadcast
        Mean EMD of the comparator and of uniform answers.
    floor : ndarray of float64
        Mean EMD that chance alone leaves between the humans and as many perfect comparators.

    Returns
    -------
    ndarray of float64
        (uniform - distance) / (uniform - floor): 0 for uniform answers, 1 at the floor, negative
        where uniform answers are nearer; nan where the floor is not below uniform.
    """
    span = np.asarray(uniform - floor)
    gain = np.asarray(uniform - distance)
    span, gain = np.broadcast_arrays(span, gain)
    return np.asarray(np.divide(gain, span, out=np.full(gain.shape, np.nan), where=span > 0))


def skill(distance: NDArray[np.float64], pooled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much nearer a comparator lies than the humans of all other groups.

    Parameters
    ----------
    distance, pooled : ndarray of float64, shapes that broadcast
        Mean EMD of the comparator and of the pooled other humans.

    Returns
    -------
    ndarray of float64
        1 - distance / pooled: 0 if knowing the group does not help, 1 for equal answers;
        negative if a pool of all others answers better.
    """
    ratio, known = np.broadcast_arrays(np.asarray(distance), np.asarray(pooled))
    return np.asarray(
        1 - np.divide(ratio, known, out=np.full(ratio.shape, np.nan), where=known > 0)
    )


def mean_distances(estimates: ByComparator, replicates: ByComparator, weights: Weights) -> Means:
    """Average distances over cells, in four ways, for three sets of questions.

    Parameters
    ----------
    estimates : mapping of str to ndarray of float64, shape (n_groups, n_questions)
        Distances by comparator.
    replicates : mapping of str to ndarray of float64, shape (n_replicates, n_groups, n_questions)
        Those of bootstrap draws.
    weights : mapping of (str, int) to ndarray of float64, shape (n_groups, n_questions)
        As from `cell_weights`.

    Returns
    -------
    mapping of (str, int) to dict of str to (ndarray, ndarray)
        By aggregate and number of questions, then by comparator: the mean, shape (), and those of
        the draws, shape (n_replicates,). A comparator that is not known in every cell that counts
        has no mean, for it would be one of other cells.
    """
    return {
        key: {
            name: (weighted_mean(values, cells), weighted_mean(replicates[name], cells))
            for name, values in estimates.items()
            if np.isfinite(values[cells > 0]).all()
        }
        for key, cells in weights.items()
    }


def summary_table(
    means: Means,
    corrected: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    weights: Weights,
    not_asked: Iterable[str],
    undefined: Mapping[str, str],
    *,
    names: Sequence[str],
) -> pl.DataFrame:
    """Return the alignment of each comparator.

    Noise can only add to a distance, so an estimate lies below the alignment of the whole
    populations, which `corrected` estimates.

    Parameters
    ----------
    means : mapping of (str, int) to dict of str to (ndarray, ndarray)
        As from `mean_distances`.
    corrected : mapping of str to (ndarray, ndarray)
        As from `distances.corrected_distances`, of those comparators that have them.
    weights : mapping of (str, int) to ndarray of float64, shape (n_groups, n_questions)
        As from `cell_weights`.
    not_asked : iterable of str
        Comparators that no condition of the study provides.
    undefined : mapping of str to str
        Why a comparator has no number where it has none; others are then left out.
    names : sequence of str
        The groups, with what they rest on.

    Returns
    -------
    DataFrame
        Table ALIGNMENT_SUMMARY; empty if no cell is complete.
    """
    rows: list[tuple[str | int | float | None, ...]] = []
    for (aggregate, size), cells in weights.items():
        any_of = np.asarray((cells > 0).any(axis=-1)).tolist()
        of_groups = [name for name, counts in zip(names, any_of, strict=True) if counts]
        counted = (
            len(of_groups),
            int((cells > 0).sum()),
            "; ".join(of_groups) if len(of_groups) <= MOST_NAMED else f"{len(of_groups)} groups",
        )
        for comparator, both in means[aggregate, size].items():
            alignment, drawn = (1 - distance for distance in both)
            low, high = resampling.interval(alignment, drawn, bounds=(0, 1))
            unbiased: tuple[float | None, ...] = (None, None, None)
            if comparator in corrected:
                value, spread = (1 - weighted_mean(side, cells) for side in corrected[comparator])
                unbiased = (float(value), *map(float, resampling.interval(value, spread)))
            basis = "expected" if comparator == FLOOR else "measured"
            row = (comparator, aggregate, size, float(alignment), float(low), float(high))
            rows.append((*row, *unbiased, *counted, basis))
        nothing = (aggregate, size, *[None] * 6, *counted)
        rows += [(comparator, *nothing, "not asked") for comparator in not_asked]
        rows += [
            (comparator, *nothing, f"not defined: {reason}")
            for comparator, reason in undefined.items()
            if comparator not in means[aggregate, size]
        ]
    return pl.DataFrame(
        rows, schema=alignment_tables.ALIGNMENT_SUMMARY.columns, orient="row"
    ).fill_nan(None)


def undefined_summary(reason: str, instrument: Instrument) -> pl.DataFrame:
    """Return ALIGNMENT_SUMMARY of groups of which no cell counts: nothing, and why.

    Parameters
    ----------
    reason : str
        Why.
    instrument : Instrument
        The questions.

    Returns
    -------
    DataFrame
        Rows of personas, weighted and not, for each set of questions.
    """
    rows = [
        (comparator, CELL_MEAN, size, *[None] * 6, 0, 0, "", f"not defined: {reason}")
        for size in all_question_sets(instrument)
        for comparator in (PERSONA, WEIGHTED)
    ]
    return pl.DataFrame(rows, schema=alignment_tables.ALIGNMENT_SUMMARY.columns, orient="row")


def score_table(means: Means, weights: Weights, floors: ByComparator) -> pl.DataFrame:
    """Rescale each alignment: against uniform answers, and against all other groups.

    Parameters
    ----------
    means, weights : mapping
        As in `summary_table`.
    floors : mapping of str to ndarray of float64, shape (n_groups, n_questions)
        Distance that a perfect comparator keeps, by the noise of personas and humans: of
        `persona`, which stands for comparators without their own, and of others.

    Returns
    -------
    DataFrame
        Table ALIGNMENT_SCORES.
    """
    rows = []
    for (aggregate, size), cells in weights.items():
        known = means[aggregate, size]
        for name, both in known.items():
            lowest = weighted_mean(floors.get(name, floors[PERSONA]), cells)
            scored = {
                "normalised": [
                    normalised(distance, uniform, lowest)
                    for distance, uniform in zip(both, known[UNIFORM], strict=True)
                ],
                "skill": [
                    skill(distance, pooled)
                    for distance, pooled in zip(both, known[POOLED], strict=True)
                ]
                if POOLED in known
                else [np.array(np.nan)] * 2,
            }
            for score, (estimate, spread) in scored.items():
                if name in {FLOOR, SCORED_BY_DEFINITION[score]} or np.isnan(estimate):
                    continue
                low, high = resampling.interval(estimate, spread)
                rows.append(
                    (score, name, aggregate, size, float(estimate), float(low), float(high))
                )
    return pl.DataFrame(
        rows, schema=alignment_tables.ALIGNMENT_SCORES.columns, orient="row"
    ).fill_nan(None)
