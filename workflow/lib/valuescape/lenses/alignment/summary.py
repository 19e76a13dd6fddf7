"""The alignment of every answerer in one number, with intervals, and two scores of its worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.aggregates import normalised, skill, weighted_mean
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Weights = Mapping[tuple[str, int], NDArray[np.float64]]
    ByAnswerer = Mapping[str, NDArray[np.float64]]

FLOOR, UNIFORM, POOLED = "human_floor", "uniform", "human_pooled"
SCORED_BY_DEFINITION = {"normalised": UNIFORM, "skill": POOLED}
"""Which answerer a score gives 0, so that it needs no row."""


def summary_table(
    estimates: ByAnswerer,
    replicates: ByAnswerer,
    corrected: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    weights: Weights,
    not_asked: Iterable[str],
) -> pl.DataFrame:
    """Average alignment over cells, in four ways, for three sets of questions.

    Noise can only add to a distance, so an estimate lies below the alignment of the whole
    populations, which `corrected` estimates.

    Parameters
    ----------
    estimates : mapping of str to ndarray of float64, shape (n_groups, n_questions)
        Distances by answerer.
    replicates : mapping of str to ndarray of float64, shape (n_replicates, n_groups, n_questions)
        Those of bootstrap draws.
    corrected : mapping of str to (ndarray, ndarray)
        As from `alignment_bias.corrected_distances`, of those answerers whose are known.
    weights : mapping of (str, int) to ndarray of float64, shape (n_groups, n_questions)
        By aggregate and number of questions.
    not_asked : iterable of str
        Answerers that no condition of the study makes known.

    Returns
    -------
    DataFrame
        Table ALIGNMENT_SUMMARY; empty if no cell is complete.
    """
    rows: list[tuple[str | int | float | None, ...]] = []
    for (aggregate, size), cells in weights.items():
        for answerer, values in estimates.items():
            alignment = 1 - weighted_mean(values, cells)
            drawn = 1 - weighted_mean(replicates[answerer], cells)
            low, high = resampling.interval(alignment, drawn, bounds=(0, 1))
            unbiased: tuple[float | None, ...] = (None, None, None)
            if answerer in corrected:
                value, spread = (1 - weighted_mean(side, cells) for side in corrected[answerer])
                unbiased = (float(value), *map(float, resampling.interval(value, spread)))
            basis = "expected" if answerer == FLOOR else "measured"
            row = (answerer, aggregate, size, float(alignment), float(low), float(high))
            rows.append((*row, *unbiased, basis))
        rows += [(answerer, aggregate, size, *[None] * 6, "not asked") for answerer in not_asked]
    return pl.DataFrame(
        rows, schema=alignment_tables.ALIGNMENT_SUMMARY.columns, orient="row"
    ).fill_nan(None)


def score_table(
    estimates: ByAnswerer,
    replicates: ByAnswerer,
    weights: Weights,
    floor: NDArray[np.float64],
) -> pl.DataFrame:
    """Say what each alignment is worth, on two scales with a meaning.

    Parameters
    ----------
    estimates, replicates, weights : mapping
        As in `summary_table`.
    floor : ndarray of float64, shape (n_groups, n_questions)
        Distance that a perfect answerer keeps, by the noise of personas and humans.

    Returns
    -------
    DataFrame
        Table ALIGNMENT_SCORES.
    """
    rows = []
    for (aggregate, size), cells in weights.items():
        means = {name: weighted_mean(values, cells) for name, values in estimates.items()}
        drawn = {name: weighted_mean(values, cells) for name, values in replicates.items()}
        lowest = weighted_mean(floor, cells)
        for name in estimates:
            scored = {
                "normalised": (
                    normalised(means[name], means[UNIFORM], lowest),
                    normalised(drawn[name], drawn[UNIFORM], lowest),
                ),
                "skill": (skill(means[name], means[POOLED]), skill(drawn[name], drawn[POOLED])),
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
