"""Lens 2: how near the answers of personas lie to those of humans, group by group.

    python -m valuescape.alignment --responses F --instrument F --biographies F --humans F \
        --answers KIND --seed N --replicates N --counts F --cells F --summary F

A group is the continent of a persona's biography; `all` holds every persona, also one without a
continent. The summary averages over the continents alone, with every baseline over the same cells.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape import answers, lens_tables, resampling, tables
from valuescape.answer_distributions import (
    HumanAnswers,
    human_arrays,
    members_of,
    option_columns,
    padded,
    shares_of,
)
from valuescape.emd import Scales, emd, expected_floor, scales_of
from valuescape.errors import run
from valuescape.humans import ALL
from valuescape.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.resampling import Draws

logger = logging.getLogger(__name__)


def count_table(counts: NDArray[np.float64], groups: Sequence[str], scales: Scales) -> pl.DataFrame:
    """Return counts as rows.

    Parameters
    ----------
    counts : ndarray of float64, shape (n_groups, n_questions, most_options)
        Expected number of personas at each option.
    groups : sequence of str
        Names of the groups.
    scales : Scales
        Questions and options.

    Returns
    -------
    DataFrame
        Table COUNTS; `n_personas` counts the valid answers of a group to a question.
    """
    group, question, column = np.nonzero(np.broadcast_to(scales.present, counts.shape))
    n_personas = np.rint(counts.sum(axis=-1)).astype(np.int64)
    return pl.DataFrame(
        {
            "group": np.asarray(groups)[group],
            "question": np.asarray(scales.questions)[question],
            "option": scales.values[question, column],
            "count": counts[group, question, column],
            "n_personas": n_personas[group, question],
        },
        schema=lens_tables.COUNTS.columns,
    )


def distances(
    personas: NDArray[np.float64],
    humans: NDArray[np.float64],
    n_respondents: NDArray[np.float64],
    scales: Scales,
) -> dict[str, NDArray[np.float64]]:
    """Return the EMD of personas, and of each baseline, from the humans of a group.

    Parameters
    ----------
    personas : ndarray of float64, shape (..., n_groups, n_questions, most_options)
        Shares among the personas of each group.
    humans : ndarray of float64, same shape
        Shares among its humans.
    n_respondents : ndarray of float64, shape (n_groups, n_questions)
        How many humans.
    scales : Scales
        Questions and options.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., n_groups, n_questions)
        By answerer: `persona`; `uniform`, all options alike; `majority`, the option that is the
        most common among the humans of all groups together; `human_pooled`, the humans of all
        other groups; `human_floor`, as many other humans of the same group, in expectation. nan
        where one is not defined.
    """
    # The groups' respondents, without those of groups that were not asked.
    heads = np.nan_to_num(humans) * n_respondents[..., None]
    world = heads.sum(axis=-3, keepdims=True)
    mode = np.eye(scales.present.shape[1])[world.argmax(axis=-1)]
    return {
        "persona": emd(personas, humans, scales.gaps),
        "uniform": emd(scales.uniform, humans, scales.gaps),
        "majority": emd(mode, humans, scales.gaps),
        "human_pooled": emd(shares_of(world - heads), humans, scales.gaps),
        "human_floor": expected_floor(humans, n_respondents / 2, scales.gaps),
    }


def cell_table(
    counts: NDArray[np.float64], groups: HumanAnswers, whole: HumanAnswers, scales: Scales
) -> pl.DataFrame:
    """Return the distances of each group and question.

    Parameters
    ----------
    counts : ndarray of float64, shape (n_groups + 1, n_questions, most_options)
        Persona answers by group; the last are those of `all`.
    groups, whole : HumanAnswers
        The humans of each group, and of `all`.
    scales : Scales
        Questions and options.

    Returns
    -------
    DataFrame
        Table ALIGNMENT_CELLS: one row where humans were asked. Without personas `emd` is null;
        for `all` there are no other groups, so `emd_pooled` is null.
    """
    frames = []
    for humans, answered in ((groups, counts[:-1]), (whole, counts[-1:])):
        found = distances(shares_of(answered), humans.shares, humans.n_respondents, scales)
        n_personas = np.rint(answered.sum(axis=-1))
        with np.errstate(divide="ignore"):
            n_effective = 1 / (1 / humans.n_respondents + 1 / n_personas)
        floor = expected_floor(humans.shares, n_effective, scales.gaps)
        row, column = np.nonzero(humans.n_respondents)
        frames.append(
            pl.DataFrame(
                {
                    "group": np.asarray(humans.groups)[row],
                    "question": np.asarray(scales.questions)[column],
                    "n_respondents": humans.n_respondents[row, column],
                    "n_personas": n_personas[row, column].astype(np.int64),
                    "emd": found["persona"][row, column],
                    "emd_uniform": found["uniform"][row, column],
                    "emd_majority": found["majority"][row, column],
                    "emd_pooled": found["human_pooled"][row, column],
                    "emd_floor": found["human_floor"][row, column],
                    "emd_floor_at_n_personas": np.where(n_personas > 0, floor, np.nan)[row, column],
                },
                schema=lens_tables.ALIGNMENT_CELLS.columns,
            )
        )
    return pl.concat(frames).fill_nan(None)


def resampled_counts(
    columns: NDArray[np.float64],
    members: Sequence[NDArray[np.int64]],
    scales: Scales,
    draws: Draws,
) -> NDArray[np.float64]:
    """Draw the personas of each group with replacement and count their answers.

    Parameters
    ----------
    columns : ndarray of float64, shape (n_personas, sum of the numbers of options)
        As from `option_columns`.
    members : sequence of ndarray of int64
        Row numbers of each group.
    scales : Scales
        Questions and options.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Counts of each draw. A persona takes all its answers along.
    """
    sums = [
        resampling.resampled_sums(columns[rows], draws, f"alignment/personas/{group}")
        for group, rows in enumerate(members)
    ]
    return padded(np.stack(sums, axis=1), scales)


def resampled_humans(humans: HumanAnswers, draws: Draws) -> NDArray[np.float64]:
    """Draw the respondents of each group and question anew.

    Only shares are public, not who gave which answers together, so questions are drawn
    independently of each other.

    Parameters
    ----------
    humans : HumanAnswers
        Shares and numbers of respondents.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Shares of each draw; nan where a group was not asked.
    """
    rng = draws.generator("alignment/humans")
    result = np.full((draws.n, *humans.shares.shape), np.nan)
    for group, question in np.argwhere(humans.n_respondents > 0):
        n = round(humans.n_respondents[group, question])
        drawn = rng.multinomial(n, humans.shares[group, question], size=draws.n)
        result[:, group, question] = drawn / n
    return result


def versions(instrument: Instrument) -> dict[int, NDArray[np.bool_]]:
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


def weighted_alignment(
    emds: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return 1 - EMD averaged over cells.

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
    mean = np.divide(distance, total, out=np.full(total.shape, np.nan), where=total > 0)
    return np.asarray(1 - mean)


def summarise(
    counts: NDArray[np.float64],
    humans: HumanAnswers,
    instrument: Instrument,
    drawn_counts: NDArray[np.float64],
    drawn_humans: NDArray[np.float64],
) -> pl.DataFrame:
    """Average alignment over cells of continents, in four ways, for three sets of questions.

    A cell is averaged if it has personas, humans, and humans of other groups: the same cells
    for every answerer. Weights of a cell: 1; its respondents; its personas; its countries.

    Parameters
    ----------
    counts : ndarray of float64, shape (n_groups, n_questions, most_options)
        Persona answers.
    humans : HumanAnswers
        Human answers of the same groups.
    instrument : Instrument
        The questions.
    drawn_counts, drawn_humans : ndarray of float64, shape (n_replicates, ...)
        Bootstrap draws of both.

    Returns
    -------
    DataFrame
        Table ALIGNMENT_SUMMARY; empty if no cell is complete.
    """
    scales = scales_of(instrument)
    estimates = distances(shares_of(counts), humans.shares, humans.n_respondents, scales)
    replicates = distances(shares_of(drawn_counts), drawn_humans, humans.n_respondents, scales)
    complete = ~np.isnan(np.stack(list(estimates.values()))).any(axis=0)
    weights = {
        "cell_mean": np.ones(complete.shape),
        "respondent_weighted": humans.n_respondents,
        "persona_weighted": counts.sum(axis=-1),
        "country_weighted": humans.n_countries,
    }
    rows = []
    for size, questions in versions(instrument).items():
        for aggregate, weight in weights.items():
            cells = np.where(complete & questions, weight, 0.0)
            if not cells.any():
                continue
            for answerer, values in estimates.items():
                alignment = weighted_alignment(values, cells)
                drawn = weighted_alignment(replicates[answerer], cells)
                low, high = resampling.interval(alignment, drawn, bounds=(0, 1))
                rows.append((answerer, aggregate, size, float(alignment), float(low), float(high)))
    return pl.DataFrame(rows, schema=lens_tables.ALIGNMENT_SUMMARY.columns, orient="row").fill_nan(
        None
    )


def cells_averaged(cells: pl.DataFrame) -> dict[str, str]:
    """Say which cells the summary averages, for the log and the provenance.

    Parameters
    ----------
    cells : DataFrame
        Table ALIGNMENT_CELLS.

    Returns
    -------
    dict of str to str
        ``alignment_cells``, how many of how many were averaged, and
        ``alignment_groups_without_personas``.
    """
    of_groups = cells.filter(pl.col("group") != ALL)
    averaged = of_groups.drop_nulls(["emd", "emd_pooled"]).height
    deserted = of_groups.group_by("group").agg(pl.col("n_personas").max())
    names = deserted.filter(pl.col("n_personas") == 0)["group"].sort()
    return {
        "alignment_cells": f"{averaged} of {of_groups.height} averaged",
        "alignment_groups_without_personas": ", ".join(names) or "none",
    }


def _log_coverage(coverage: dict[str, str]) -> None:
    logger.info("cells: %s", coverage["alignment_cells"])
    if coverage["alignment_groups_without_personas"] != "none":
        logger.warning("without personas: %s", coverage["alignment_groups_without_personas"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("responses", "instrument", "biographies", "humans", "counts", "cells", "summary"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    answers.add_argument(parser)
    resampling.add_arguments(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read answers of personas and humans, compare them, write COUNTS, cells and summary.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    args = _parser().parse_args(argv)
    draws = resampling.Draws(args.replicates, args.seed)
    instrument = read_instrument(args.instrument)
    scales = scales_of(instrument)
    responses = tables.read(args.responses, tables.RESPONSES)
    biographies = tables.read(args.biographies, tables.BIOGRAPHIES, ["persona_id", "continent"])
    answers.require_same_personas(responses, biographies, f"{args.responses}, {args.biographies}")
    humans = tables.read(args.humans, lens_tables.HUMANS)
    continents = human_arrays(humans, "continent", scales)
    columns = option_columns(responses, instrument, args.answers)
    members = members_of(biographies["continent"], continents.groups)
    everyone = np.arange(responses.height)
    counts = padded(np.stack([columns[rows].sum(axis=0) for rows in (*members, everyone)]), scales)
    cells = cell_table(counts, continents, human_arrays(humans, "all", scales), scales)
    coverage = cells_averaged(cells)
    _log_coverage(coverage)
    summary = summarise(
        counts[:-1],
        continents,
        instrument,
        resampled_counts(columns, members, scales, draws),
        resampled_humans(continents, draws),
    )
    provenance = tables.joined_provenance([args.responses, args.biographies, args.humans])
    provenance |= coverage
    names = (*continents.groups, ALL)
    tables.write(count_table(counts, names, scales), args.counts, lens_tables.COUNTS, provenance)
    tables.write(cells, args.cells, lens_tables.ALIGNMENT_CELLS, provenance)
    tables.write(summary, args.summary, lens_tables.ALIGNMENT_SUMMARY, provenance)


if __name__ == "__main__":
    run(main)
