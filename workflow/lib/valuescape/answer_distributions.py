"""Answer distributions of groups, of humans and of personas, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape import answers
from valuescape.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.answers import AnswerKind
    from valuescape.emd import Scales
    from valuescape.instruments import Instrument


@dataclass(frozen=True)
class HumanAnswers:
    """What the humans of several groups answered.

    Attributes
    ----------
    groups : tuple of str
        Names of the groups.
    shares : ndarray of float64, shape (n_groups, n_questions, most_options)
        Share of each option; nan where a group was not asked.
    n_respondents, n_countries : ndarray of float64, shape (n_groups, n_questions)
        How many answered, in how many countries; 0 where a group was not asked.
    """

    groups: tuple[str, ...]
    shares: NDArray[np.float64]
    n_respondents: NDArray[np.float64]
    n_countries: NDArray[np.float64]

    def taken(self, rows: Sequence[int]) -> HumanAnswers:
        """Return some of the groups, in this order."""
        chosen = list(rows)
        return HumanAnswers(
            tuple(self.groups[row] for row in chosen),
            self.shares[chosen],
            self.n_respondents[chosen],
            self.n_countries[chosen],
        )


def human_arrays(humans: pl.DataFrame, grouping: str, scales: Scales) -> HumanAnswers:
    """Return the human answers of one grouping as arrays.

    Parameters
    ----------
    humans : DataFrame
        Table HUMANS.
    grouping : {"country", "continent", "all"}
        Which groups.
    scales : Scales
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
        (pl.col("grouping") == grouping) & pl.col("question").is_in(scales.questions)
    )
    if rows.is_empty():
        msg = f"the human answers have no grouping {grouping!r} for these questions"
        raise UserError(msg, hint="make them anew with this instrument")
    groups = tuple(rows["group"].unique().sort())
    column = scales.position(rows["question"], rows["option"])
    row = rows["group"].replace_strict(groups, range(len(groups))).to_numpy()
    shape = (len(groups), *scales.present.shape)
    shares, n, countries = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for array, name in (
        (shares, "share"),
        (n, "n_respondents"),
        (countries, "n_countries"),
    ):
        array.reshape(len(groups), -1)[row, column] = rows[name].to_numpy()
    n_respondents = n.max(axis=-1)
    shares[n_respondents == 0] = np.nan
    return HumanAnswers(groups, shares, n_respondents, countries.max(axis=-1))


def option_columns(
    responses: pl.DataFrame, instrument: Instrument, kind: AnswerKind
) -> NDArray[np.float64]:
    """Return the answers of each persona to all questions side by side.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES, n rows.
    instrument : Instrument
        What was asked.
    kind : {"probabilities", "chosen"}
        Option probabilities, or 1 at the chosen option.

    Returns
    -------
    ndarray of float64, shape (n, sum of the numbers of options)
        Zeros for a question without a valid answer, so that sums count valid answers alone.
    """
    return np.column_stack(
        [
            np.nan_to_num(answers.probabilities(responses, question, kind))
            for question in instrument.questions
        ]
    )


def padded(columns: NDArray[np.float64], scales: Scales) -> NDArray[np.float64]:
    """Spread side by side options over one row a question.

    Parameters
    ----------
    columns : ndarray of float64, shape (..., sum of the numbers of options)
        As from `option_columns`, or sums of it.
    scales : Scales
        Questions and options.

    Returns
    -------
    ndarray of float64, shape (..., n_questions, most_options)
        Zeros where a question has fewer options.
    """
    result = np.zeros((*columns.shape[:-1], *scales.present.shape))
    result[..., scales.present] = columns
    return result


def members_of(continents: pl.Series, groups: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return which personas belong to each group.

    Parameters
    ----------
    continents : Series of str, length n
        Continent of each persona's biography, null if it is not valid.
    groups : sequence of str
        Continents.

    Returns
    -------
    list of ndarray of int64
        Row numbers, one array a group.
    """
    labels = continents.fill_null("").to_numpy()
    return [np.flatnonzero(labels == group) for group in groups]


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
