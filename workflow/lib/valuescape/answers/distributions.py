"""Answer distributions of groups, of humans and of personas, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from valuescape.answers.expected import probabilities
from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.stats.emd import OptionGrid
    from valuescape.study.instruments import Instrument

BETWEEN_FIELDS, BETWEEN_VALUES = "+", " / "
"""How a grouping is named by its fields, and a group by their values."""


@dataclass(frozen=True)
class HumanAnswers:
    """What the humans of several groups answered.

    Attributes
    ----------
    groups : tuple of str
        Names of the groups.
    shares : ndarray of float64, shape (n_groups, n_questions, most_options)
        Share of each option; nan where a group was not asked.
    n_respondents, n_effective, n_countries : ndarray of float64, shape (n_groups, n_questions)
        How many answered, as how many unweighted ones they count (Kish), in how many countries;
        0 where a group was not asked.
    """

    groups: tuple[str, ...]
    shares: NDArray[np.float64]
    n_respondents: NDArray[np.float64]
    n_effective: NDArray[np.float64]
    n_countries: NDArray[np.float64]

    def taken(self, rows: Sequence[int]) -> HumanAnswers:
        """Return some of the groups, in this order."""
        chosen = list(rows)
        return HumanAnswers(
            tuple(self.groups[row] for row in chosen),
            self.shares[chosen],
            self.n_respondents[chosen],
            self.n_effective[chosen],
            self.n_countries[chosen],
        )


@dataclass(frozen=True)
class PersonaAnswers:
    """What the personas of several groups answered.

    Attributes
    ----------
    counts : ndarray of float64, shape (n_groups, n_questions, most_options)
        Expected number of personas at each option.
    squares : ndarray of float64, same shape
        Sum over the personas of the square of their cumulative probability up to the option.
    """

    counts: NDArray[np.float64]
    squares: NDArray[np.float64]

    @property
    def n(self) -> NDArray[np.float64]:
        """Number of valid answers, shape (n_groups, n_questions)."""
        return np.asarray(np.rint(self.counts.sum(axis=-1)))

    def variance(self, single: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sampling variance of the cumulative shares.

        Personas that give probabilities differ less than ones that choose, so it is measured.

        Parameters
        ----------
        single : ndarray of float64, shape (n_groups, n_questions, most_options - 1)
            The variance of one persona, for groups of one, where none can be measured.

        Returns
        -------
        ndarray of float64, shape (n_groups, n_questions, most_options - 1)
            nan without personas.
        """
        n = self.n[..., None]
        below = np.cumsum(shares_of(self.counts), axis=-1)[..., :-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            measured = (self.squares[..., :-1] / n - below**2) / (n - 1)
        return np.where(n > 1, np.clip(measured, 0, None), np.where(n == 1, single, np.nan))


def human_arrays(humans: pl.DataFrame, grouping: str, grid: OptionGrid) -> HumanAnswers:
    """Return the human answers of one grouping as arrays.

    Parameters
    ----------
    humans : DataFrame
        Table HUMANS.
    grouping : str
        Which groups: ``country``, ``all``, or fields of a biography joined by ``+``.
    grid : OptionGrid
        Questions and options; others are left out.

    Returns
    -------
    HumanAnswers
        Groups in alphabetical order.

    Raises
    ------
    UserError
        If there is no answer of that grouping.
    """
    rows = humans.filter(
        (pl.col("grouping") == grouping) & pl.col("question").is_in(grid.questions)
    )
    if rows.is_empty():
        known = ", ".join(humans["grouping"].unique().sort())
        msg = f"the human answers have no grouping {grouping!r} for these questions, but {known}"
        raise UserError(msg, hint="set `grouping` to what is known of these humans")
    groups = tuple(rows["group"].unique().sort())
    column = grid.position(rows["question"], rows["option"])
    row = rows["group"].replace_strict(groups, range(len(groups))).to_numpy()
    shape = (len(groups), *grid.present.shape)
    shares, n, countries = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    effective = np.zeros(shape)
    for array, name in (
        (shares, "share"),
        (n, "n_respondents"),
        (effective, "n_effective"),
        (countries, "n_countries"),
    ):
        array.reshape(len(groups), -1)[row, column] = rows[name].to_numpy()
    n_respondents = n.max(axis=-1)
    shares[n_respondents == 0] = np.nan
    return HumanAnswers(
        groups, shares, n_respondents, effective.max(axis=-1), countries.max(axis=-1)
    )


def option_columns(
    responses: pl.DataFrame, instrument: Instrument, readout: Readout
) -> NDArray[np.float64]:
    """Return the answers of each persona to all questions side by side.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES, n rows.
    instrument : Instrument
        What was asked.
    readout : {"probabilities", "modal", "drawn"}
        Option probabilities, or 1 at the chosen option.

    Returns
    -------
    ndarray of float64, shape (n, sum of the numbers of options)
        Zeros for a question without a valid answer, so that sums count valid answers alone.
    """
    return np.column_stack(
        [
            np.nan_to_num(probabilities(responses, question, readout))
            for question in instrument.questions
        ]
    )


def padded(columns: NDArray[np.float64], grid: OptionGrid) -> NDArray[np.float64]:
    """Spread side by side options over one row a question.

    Parameters
    ----------
    columns : ndarray of float64, shape (..., sum of the numbers of options)
        As from `option_columns`, or sums of it.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    ndarray of float64, shape (..., n_questions, most_options)
        Zeros where a question has fewer options.
    """
    result = np.zeros((*columns.shape[:-1], *grid.present.shape))
    result[..., grid.present] = columns
    return result


def group_labels(biographies: pl.DataFrame, fields: Sequence[str]) -> pl.Series:
    """Return the group of each persona, named as the humans' groups are.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES, n rows.
    fields : sequence of str
        Its columns that make the groups, for instance continent, settlement, education.

    Returns
    -------
    Series of str, length n
        Values joined by `` / ``; null where one of them is not valid.
    """
    return biographies.select(
        group=pl.concat_str(list(fields), separator=BETWEEN_VALUES)
    ).to_series()


def members_of(labels: pl.Series, groups: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return which personas belong to each group, and which to none.

    Parameters
    ----------
    labels : Series of str, length n
        Group of each persona, or null.
    groups : sequence of str
        The groups.

    Returns
    -------
    list of ndarray of int64
        Row numbers, one array a group; last those of personas of no group.
    """
    numbers = labels.replace_strict(
        groups, range(len(groups)), default=len(groups), return_dtype=pl.Int64
    ).to_numpy()
    return [np.flatnonzero(numbers == group) for group in range(len(groups) + 1)]


def persona_answers(
    columns: NDArray[np.float64], members: Sequence[NDArray[np.int64]], grid: OptionGrid
) -> PersonaAnswers:
    """Sum the answers of the personas of each group.

    Parameters
    ----------
    columns : ndarray of float64, shape (n, sum of the numbers of options)
        As from `option_columns`.
    members : sequence of ndarray of int64
        Row numbers of each group.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    PersonaAnswers
        Of the groups in their order; counts add up over shards and groups.
    """
    group = np.empty(len(columns), dtype=np.int64)
    for number, rows in enumerate(members):
        group[rows] = number
    # A sparse product sums the rows of every group in one pass over the memory.
    adder = csr_array(
        (np.ones(len(group)), (group, np.arange(len(group)))), (len(members), len(group))
    )
    ends = np.cumsum(grid.present.sum(axis=1))
    squares = [
        adder @ np.cumsum(part, axis=1) ** 2 for part in np.split(columns, ends[:-1], axis=1)
    ]
    return PersonaAnswers(
        padded(adder @ columns, grid), padded(np.concatenate(squares, axis=1), grid)
    )


def chosen_counts(
    answered: pl.DataFrame, group: NDArray[np.int64], n_groups: int, grid: OptionGrid
) -> NDArray[np.float64]:
    """Count chosen options by group, straight from whole numbers.

    Parameters
    ----------
    answered : DataFrame
        One Int8 column a question, null where the answer is not valid; personas or respondents.
    group : ndarray of int64, shape (n,)
        Number of each row's group, below `n_groups`.
    n_groups : int
        How many groups.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    ndarray of float64, shape (n_groups, n_questions, most_options)
        Numbers of rows at each option; answers that are no option count nowhere.
    """
    width = grid.present.shape[1]
    counts = np.empty((n_groups, len(grid.questions), width))
    for number, question in enumerate(grid.questions):
        known = grid.values[number, grid.present[number]].astype(np.int64)
        place = np.full(256, width)
        place[known & 0xFF] = np.arange(len(known))
        codes = answered[question].fill_null(-128).to_numpy().view(np.uint8)
        found = np.bincount(group * (width + 1) + place[codes], minlength=n_groups * (width + 1))
        counts[:, number] = found.reshape(n_groups, width + 1)[:, :width]
    return counts


def shares_of(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide counts by their sum over the options.

    Parameters
    ----------
    counts : ndarray of float64, shape (..., n_options)
        Counts.

    Returns
    -------
    ndarray of float64, shape (..., n_options)
        Shares; nan where nobody answered.
    """
    totals = counts.sum(axis=-1, keepdims=True)
    undefined = np.full(counts.shape, np.nan)
    return np.asarray(np.divide(counts, totals, out=undefined, where=totals > 0))
