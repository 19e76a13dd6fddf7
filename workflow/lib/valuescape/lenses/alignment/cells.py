"""The cells of the alignment lens: every group and question, with baselines and floors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.humans.clusters import country_halves_floor, split_half_floor
from valuescape.humans.distributions import ALL
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.stats.emd import OptionGrid, noise_floor, step_variance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers, PersonaAnswers
    from valuescape.stats.resampling import Draws

# Splits behind an empirical floor: its own error is then a few hundredths of it.
SPLITS = 100


def count_table(personas: PersonaAnswers, groups: Sequence[str], grid: OptionGrid) -> pl.DataFrame:
    """Return counts as rows.

    Parameters
    ----------
    personas : PersonaAnswers
        Of each group.
    groups : sequence of str
        Names of the groups.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    DataFrame
        Table COUNTS; `n_personas` counts the valid answers of a group to a question.
    """
    counts = personas.counts
    group, question, column = np.nonzero(np.broadcast_to(grid.present, counts.shape))
    return pl.DataFrame(
        {
            "group": np.asarray(groups)[group],
            "question": np.asarray(grid.questions)[question],
            "option": grid.values[question, column],
            "count": counts[group, question, column],
            "cumulative_square": personas.squares[group, question, column],
            "n_personas": personas.n.astype(np.int64)[group, question],
        },
        schema=alignment_tables.COUNTS.columns,
    )


def floor_of(
    personas: PersonaAnswers, humans: HumanAnswers, grid: OptionGrid
) -> NDArray[np.float64]:
    """Return the EMD that a perfect sampler of the humans keeps, by the noise of both samples.

    Parameters
    ----------
    personas : PersonaAnswers
        Of each group.
    humans : HumanAnswers
        The same groups.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    ndarray of float64, shape (n_groups, n_questions)
        Expected distance of as many personas, that vary as these do, if they answered as the
        humans in truth; nan without personas or humans.
    """
    single = step_variance(humans.shares, np.ones(humans.n_effective.shape))
    noise = step_variance(humans.shares, humans.n_effective) + personas.variance(single)
    return noise_floor(noise, grid.gaps)


def cell_table(
    columns: Mapping[str, NDArray[np.float64]],
    n_personas: NDArray[np.float64],
    humans: HumanAnswers,
    named: tuple[Mapping[tuple[str, str], Sequence[str]], NDArray[np.str_]],
    *,
    grid: OptionGrid,
    fewest: int,
) -> pl.DataFrame:
    """Return the distances of each group and question.

    Parameters
    ----------
    columns : mapping of str to ndarray of float64, shape (n_groups, n_questions)
        By the names of the table's columns.
    n_personas : ndarray of float64, shape (n_groups, n_questions)
        How many gave a valid answer.
    humans : HumanAnswers
        The same groups.
    named : (mapping, ndarray of str, shape (n_groups, n_questions))
        The countries behind each group and question, as far as known; and why a cell counts in no
        mean, empty if it counts.
    grid : OptionGrid
        Questions and options.
    fewest : int
        With fewer humans, floors are null: of a single one the floor would be 0.

    Returns
    -------
    DataFrame
        Table ALIGNMENT_CELLS: one row where humans were asked. Without personas `emd` is null;
        for a single group there are no others, so their distances are null.
    """
    row, column = np.nonzero(humans.n_respondents)
    groups, questions = np.asarray(humans.groups)[row], np.asarray(grid.questions)[column]
    few = humans.n_respondents < fewest
    values = {
        name: np.where(few, np.nan, cells) if name.startswith("emd_floor") else cells
        for name, cells in columns.items()
    }
    countries_of, why = named
    return pl.DataFrame(
        {
            "group": groups,
            "question": questions,
            "countries": [
                ", ".join(countries_of.get(cell, ())) or None
                for cell in zip(groups.tolist(), questions.tolist(), strict=True)
            ],
            "n_countries": humans.n_countries[row, column].astype(np.int64),
            "n_respondents": humans.n_respondents[row, column],
            "n_personas": n_personas[row, column].astype(np.int64),
            "left_out": [text or None for text in why[row, column].tolist()],
            **{name: cells[row, column] for name, cells in values.items()},
        },
        schema=alignment_tables.ALIGNMENT_CELLS.columns,
    ).fill_nan(None)


def distance_columns(
    estimates: Mapping[str, NDArray[np.float64]],
    corrected: NDArray[np.float64],
    floor: NDArray[np.float64],
    humans: HumanAnswers,
    clusters: Sequence[NDArray[np.float64]],
    *,
    grid: OptionGrid,
    draws: Draws,
) -> dict[str, NDArray[np.float64]]:
    """Return distances and floors by the names of the columns of table ALIGNMENT_CELLS.

    Parameters
    ----------
    estimates : mapping of str to ndarray of float64, shape (n_groups, n_questions)
        Distances by comparator.
    corrected, floor : ndarray of float64, shape (n_groups, n_questions)
        Distances of the personas less the bias of noise; and as from `floor_of`.
    humans : HumanAnswers
        The same groups.
    clusters : sequence of ndarray of float64, shape (n_countries, n_questions, most_options)
        Respondents of each group by country.
    grid : OptionGrid
        Questions and options.
    draws : Draws
        Whose seed splits the humans in halves.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_groups, n_questions)
        Columns.
    """
    splits = type(draws)(SPLITS, draws.seed)
    return {
        "emd": estimates["persona"],
        "emd_corrected": corrected,
        "emd_weighted": estimates["personas_weighted"],
        "emd_uniform": estimates["uniform"],
        "emd_majority": estimates["majority"],
        "emd_pooled": estimates["human_pooled"],
        "emd_other_mean": estimates["human_other_mean"],
        "emd_other_worst": estimates["human_other_worst"],
        "emd_shuffled": estimates["persona_shuffled"],
        "emd_floor": estimates["human_floor"],
        "emd_floor_split_half": split_half_floor(humans, grid.gaps, splits),
        "emd_floor_countries": country_halves_floor(clusters, grid.gaps, splits),
        "emd_floor_at_n_personas": floor,
    }


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
    averaged = of_groups["left_out"].null_count()
    deserted = of_groups.group_by("group").agg(pl.col("n_personas").max())
    names = deserted.filter(pl.col("n_personas") == 0)["group"].sort()
    return {
        "alignment_cells": f"{averaged} of {of_groups.height} averaged",
        "alignment_groups_without_personas": ", ".join(names) or "none",
    }
