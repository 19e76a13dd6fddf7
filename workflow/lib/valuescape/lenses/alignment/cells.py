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
    emds: Mapping[str, NDArray[np.float64]],
    floor: NDArray[np.float64],
    n_personas: NDArray[np.float64],
    humans: HumanAnswers,
    clusters: Sequence[NDArray[np.float64]],
    *,
    grid: OptionGrid,
    draws: Draws,
) -> pl.DataFrame:
    """Return the distances of each group and question.

    Parameters
    ----------
    emds : mapping of str to ndarray of float64, shape (n_groups, n_questions)
        As from `distances.distances`.
    floor, n_personas : ndarray of float64, shape (n_groups, n_questions)
        As from `floor_of`, and how many personas gave a valid answer.
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
    DataFrame
        Table ALIGNMENT_CELLS: one row where humans were asked. Without personas `emd` is null;
        for a single group there are no others, so their distances are null.
    """
    splits = type(draws)(SPLITS, draws.seed)
    columns = {
        "emd": emds["persona"],
        "emd_uniform": emds["uniform"],
        "emd_majority": emds["majority"],
        "emd_pooled": emds["human_pooled"],
        "emd_other_mean": emds["human_other_mean"],
        "emd_other_worst": emds["human_other_worst"],
        "emd_shuffled": emds["persona_shuffled"],
        "emd_floor": emds["human_floor"],
        "emd_floor_split_half": split_half_floor(humans, grid.gaps, splits),
        "emd_floor_countries": country_halves_floor(clusters, grid.gaps, splits),
        "emd_floor_at_n_personas": floor,
    }
    row, column = np.nonzero(humans.n_respondents)
    return pl.DataFrame(
        {
            "group": np.asarray(humans.groups)[row],
            "question": np.asarray(grid.questions)[column],
            "n_respondents": humans.n_respondents[row, column],
            "n_personas": n_personas[row, column].astype(np.int64),
            **{name: values[row, column] for name, values in columns.items()},
        },
        schema=alignment_tables.ALIGNMENT_CELLS.columns,
    ).fill_nan(None)


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
