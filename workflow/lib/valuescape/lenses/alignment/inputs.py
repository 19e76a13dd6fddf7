"""What a comparison of personas with humans reads, and the bootstrap draws of both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.distributions import (
    BETWEEN_FIELDS,
    HumanAnswers,
    PersonaAnswers,
    chosen_counts,
    group_labels,
    human_arrays,
    members_of,
    option_columns,
    padded,
    persona_answers,
    shares_of,
)
from valuescape.core import tables
from valuescape.core.reference import read_reference
from valuescape.humans import tables as human_tables
from valuescape.humans.clusters import (
    by_stratum,
    country_heads,
    resampled_humans,
    respondent_heads,
    undivided_heads,
)
from valuescape.humans.distributions import ALL
from valuescape.lenses.alignment.groups import countries_of_cells
from valuescape.stats import resampling
from valuescape.stats.emd import OptionGrid, grid_of
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.stats.resampling import Draws
    from valuescape.study.conditions import Condition


@dataclass(frozen=True)
class Comparison:
    """Personas and humans of the same groups, with draws of both.

    Attributes
    ----------
    instrument : Instrument
        What was asked.
    grid : OptionGrid
        Its questions and options.
    humans, whole : HumanAnswers
        The humans of each group, and of `all`.
    clusters : list of ndarray of float64, shape (n_countries, n_questions, most_options)
        Respondents of each group by country, where that is known.
    countries : ndarray of float64, shape (n_countries, n_questions, most_options)
        Those of all groups by country.
    personas : PersonaAnswers
        Of each group; the last row are personas of no group.
    drawn_counts : ndarray of float64, shape (n_replicates, n_groups + 1, n_questions, most_options)
        Draws of the personas, in the same rows.
    drawn_humans : ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Shares among draws of the humans.
    columns : ndarray of float64, shape (n_personas, sum of the numbers of options)
        Answers of each persona, as from `option_columns`.
    members : list of ndarray of int64
        Rows of the personas of each group; last those of none.
    asked : ndarray of float64, shape (n_groups + 1, n_questions)
        Personas that were asked, with or without a valid answer.
    mass : ndarray of float64, shape (n_groups + 1, n_questions)
        Mean probability that fell on any option, nan where not known.
    countries_of : dict of (str, str) to tuple of str
        As from `groups.countries_of_cells`.
    """

    instrument: Instrument
    grid: OptionGrid
    humans: HumanAnswers
    whole: HumanAnswers
    clusters: list[NDArray[np.float64]]
    countries: NDArray[np.float64]
    personas: PersonaAnswers
    drawn_counts: NDArray[np.float64]
    drawn_humans: NDArray[np.float64]
    columns: NDArray[np.float64]
    members: list[NDArray[np.int64]]
    asked: NDArray[np.float64]
    mass: NDArray[np.float64]
    countries_of: dict[tuple[str, str], tuple[str, ...]]

    @property
    def n_asked(self) -> NDArray[np.float64]:
        """Personas of each group, with or without a valid answer, shape (n_groups + 1,)."""
        return np.array([float(len(rows)) for rows in self.members])

    @cached_property
    def groups(self) -> PersonaAnswers:
        """The answers of the groups, without those of personas of no group."""
        return PersonaAnswers(self.personas.counts[:-1], self.personas.squares[:-1])

    @cached_property
    def everybody(self) -> PersonaAnswers:
        """The answers of all personas as one group."""
        return PersonaAnswers(
            self.personas.counts.sum(axis=0, keepdims=True),
            self.personas.squares.sum(axis=0, keepdims=True),
        )

    @property
    def drawn_groups(self) -> NDArray[np.float64]:
        """Draws of the groups' counts, shape (n_replicates, n_groups, ...)."""
        return self.drawn_counts[:, :-1]

    @cached_property
    def drawn_everybody(self) -> NDArray[np.float64]:
        """Draws of the counts of all personas as one group, shape (n_replicates, 1, ...)."""
        return np.asarray(self.drawn_counts.sum(axis=1, keepdims=True))

    @cached_property
    def drawn_whole(self) -> NDArray[np.float64]:
        """Shares among draws of the humans of all groups, shape (n_replicates, 1, ...)."""
        heads = np.nan_to_num(self.drawn_humans) * self.humans.n_respondents[..., None]
        return shares_of(heads.sum(axis=1, keepdims=True))


def resampled_counts(
    columns: NDArray[np.float64],
    members: Sequence[NDArray[np.int64]],
    grid: OptionGrid,
    draws: Draws,
) -> NDArray[np.float64]:
    """Draw the personas of each group with replacement and count their answers.

    Parameters
    ----------
    columns : ndarray of float64, shape (n_personas, sum of the numbers of options)
        As from `option_columns`.
    members : sequence of ndarray of int64
        Row numbers of each group.
    grid : OptionGrid
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
    return padded(np.stack(sums, axis=1), grid)


@dataclass(frozen=True)
class GroupedPersonas:
    """Who the personas are, and how they and their answers are counted.

    Attributes
    ----------
    biographies : DataFrame
        `persona_id` and the fields of the grouping.
    instrument : Instrument
        What was asked.
    grouping : sequence of str
        Fields of a biography that make the groups.
    readout : {"probabilities", "modal", "drawn"}
        What is read of a response.
    draws : Draws
        Bootstrap draws.
    no_groups : str
        Why personas are in no group; empty if they are.
    """

    biographies: pl.DataFrame
    instrument: Instrument
    grouping: Sequence[str]
    readout: Readout
    draws: Draws
    no_groups: str = ""

    @cached_property
    def grid(self) -> OptionGrid:
        """Questions and options."""
        return grid_of(self.instrument)

    @cached_property
    def labels(self) -> pl.Series:
        """The group of each persona; null for all where they are not told what makes the groups."""
        labels = group_labels(self.biographies, self.grouping)
        return pl.Series(labels.name, [None] * len(labels), pl.String) if self.no_groups else labels


def read_grouped(
    biographies: Path,
    instrument: Path,
    *,
    grouping: Sequence[str],
    condition: Condition,
    draws: Draws,
) -> GroupedPersonas:
    """Read who the personas are and what they were asked."""
    fields = ["persona_id", *grouping]
    people = tables.read(biographies, study_tables.BIOGRAPHIES, fields).sort("persona_id")
    return GroupedPersonas(
        people,
        read_instrument(instrument),
        tuple(grouping),
        cast("Readout", condition.readout),
        draws,
        condition.no_groups_because(grouping),
    )


def read_responses(path: Path, personas: GroupedPersonas) -> pl.DataFrame:
    """Read the responses of a condition; other personas' are a `UserError`."""
    responses = tables.read(path, study_tables.RESPONSES)
    answers.require_same_personas(responses, personas.biographies, f"{path}, the biographies")
    return responses


def count_answers(
    responses: pl.DataFrame,
    columns: NDArray[np.float64],
    members: Sequence[NDArray[np.int64]],
    personas: GroupedPersonas,
) -> tuple[PersonaAnswers, NDArray[np.float64]]:
    """Count the responses of a condition by group, with draws.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES of a condition.
    columns : ndarray of float64, shape (n_personas, sum of the numbers of options)
        The same as from `option_columns`.
    members : sequence of ndarray of int64
        Rows of the personas of each group, every row once.
    personas : GroupedPersonas
        Who gave them.

    Returns
    -------
    (PersonaAnswers, ndarray of float64)
        Of the groups; and draws of the counts, shape (n_replicates, n_groups, n_questions,
        most_options).
    """
    grid = personas.grid
    if personas.readout == "probabilities":
        counted = persona_answers(columns, members, grid)
    else:
        group = np.empty(responses.height, dtype=np.int64)
        for number, rows in enumerate(members):
            group[rows] = number
        counts = chosen_counts(responses, group, len(members), grid)
        # Of a chosen option the cumulative probability is 0 or 1, its own square.
        counted = PersonaAnswers(counts, np.cumsum(counts, axis=-1) * grid.present)
    return counted, resampled_counts(columns, members, grid, personas.draws)


def count_asked(
    responses: pl.DataFrame, members: Sequence[NDArray[np.int64]], grid: OptionGrid
) -> NDArray[np.float64]:
    """Return how many of each group were asked each question, shape (n_groups, n_questions)."""
    asked = np.column_stack([responses[f"{q}_status"] != answers.NOT_ASKED for q in grid.questions])
    return np.stack([asked[rows].sum(axis=0) for rows in members]).astype(np.float64)


def option_mass(
    responses: pl.DataFrame, members: Sequence[NDArray[np.int64]], grid: OptionGrid
) -> NDArray[np.float64]:
    """Return the probability that fell on any option before valid answers were scaled to 1.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES.
    members : sequence of ndarray of int64
        Rows of each group.
    grid : OptionGrid
        The questions.

    Returns
    -------
    ndarray of float64, shape (n_groups, n_questions)
        Mean over the valid answers; nan where none has any, as in a mode without probabilities.
    """
    mass = np.column_stack(
        [responses[f"{q}_mass"].cast(pl.Float64).fill_null(np.nan) for q in grid.questions]
    )
    valid = np.column_stack([responses[f"{q}_status"] == "valid" for q in grid.questions])
    known = np.isfinite(mass) & valid
    found = []
    for rows in members:
        n = known[rows].sum(axis=0)
        total = np.where(known[rows], mass[rows], 0.0).sum(axis=0)
        found.append(np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0))
    return np.stack(found)


def make_comparison(
    responses: pl.DataFrame,
    personas: GroupedPersonas,
    humans: pl.DataFrame,
    countries: pl.DataFrame,
    respondents: pl.DataFrame | None,
) -> Comparison:
    """Count the answers of personas and humans, and draw both.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES.
    personas : GroupedPersonas
        Who gave them.
    humans : DataFrame
        Table HUMANS.
    countries : DataFrame
        ``country`` and ``continent``.
    respondents : DataFrame or None
        Table RESPONDENTS, where the study has a survey file.

    Returns
    -------
    Comparison
        With its bootstrap draws.
    """
    grid, grouping = personas.grid, personas.grouping
    human_answers = human_arrays(humans, BETWEEN_FIELDS.join(grouping), grid)
    strata: Sequence[int] | NDArray[np.int64] = range(len(human_answers.groups))
    clusters = undivided_heads(human_answers)
    if respondents is not None:
        heads = respondent_heads(respondents, grouping, human_answers.groups, grid)
        clusters, strata = by_stratum(heads)
    elif list(grouping) == ["continent"]:
        clusters = country_heads(humans, countries, human_answers.groups, grid)
    members = members_of(personas.labels, human_answers.groups)
    columns = option_columns(responses, personas.instrument, personas.readout)
    counted, drawn = count_answers(responses, columns, members, personas)
    return Comparison(
        personas.instrument,
        grid,
        human_answers,
        human_arrays(humans, ALL, grid),
        clusters,
        np.concatenate(clusters) if respondents is None else heads.sum(axis=0),
        counted,
        drawn,
        resampled_humans(human_answers, clusters, personas.draws, strata),
        columns,
        members,
        count_asked(responses, members, grid),
        option_mass(responses, members, grid),
        countries_of_cells(humans, countries, respondents, grouping),
    )


def read_comparison(
    responses: Path,
    personas: GroupedPersonas,
    humans: Path,
    countries: Path,
    respondents: Path | None,
) -> Comparison:
    """Read the responses and the humans, and count both, as in `make_comparison`."""
    return make_comparison(
        read_responses(responses, personas),
        personas,
        tables.read(humans, human_tables.HUMANS),
        read_reference(countries, {"country": pl.String, "continent": pl.String}),
        tables.read(respondents, human_tables.RESPONDENTS) if respondents else None,
    )


def comparison_provenance(
    responses: Path, biographies: Path, humans: Path, personas: GroupedPersonas
) -> dict[str, str]:
    """Return the provenance of a table of personas and humans, with how they were grouped."""
    provenance = tables.joined_provenance([responses, biographies, humans])
    grouping = " + ".join(personas.grouping)
    if personas.no_groups:
        grouping += f", not defined: {personas.no_groups}"
    return provenance | {"grouping": grouping}
