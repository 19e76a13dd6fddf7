"""Nearness: personas of a condition and its twin beside the humans of every country."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from valuescape.answers.distributions import HumanAnswers, human_arrays, padded, shares_of
from valuescape.humans.clusters import resampled_humans, undivided_heads
from valuescape.lenses.languages.inputs import ROUNDING
from valuescape.stats import resampling
from valuescape.stats.emd import OptionGrid, emd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

# Replicates compared at once: 50 x 66 countries x 36 questions x 10 options are 10 MB.
BLOCK = 50
FEWEST_COUNTRIES = 3


@dataclass(frozen=True)
class Compared:
    """Personas of one condition beside the humans of every country; and draws of both.

    Attributes
    ----------
    distance : ndarray of float64, shape (n_countries, n_questions)
        EMD; nan where either side has no answer.
    drawn_distance : ndarray of float64, shape (n_replicates, n_countries, n_questions)
        The same of draws.
    mean : ndarray of float64, shape (n_countries, n_questions)
        Mean answers of personas, on [0, 1].
    drawn_mean : ndarray of float64, shape (n_replicates, n_countries, n_questions)
        The same of draws.
    """

    distance: Array
    drawn_distance: Array
    mean: Array
    drawn_mean: Array


@dataclass(frozen=True)
class Humans:
    """The humans of every country, and draws of them.

    Attributes
    ----------
    grid : OptionGrid
        Questions and options.
    answers : HumanAnswers
        By country.
    drawn : ndarray of float64, shape (n_replicates, n_countries, n_questions, most_options)
        Shares among draws of the respondents.
    """

    grid: OptionGrid
    answers: HumanAnswers
    drawn: Array

    @classmethod
    def read(cls, humans: pl.DataFrame, grid: OptionGrid, draws: Draws) -> Humans:
        """Return the humans of each country of table HUMANS."""
        answers = human_arrays(humans, "country", grid)
        return cls(answers=answers, grid=grid,
                   drawn=resampled_humans(answers, undivided_heads(answers), draws))  # fmt: skip

    @property
    def positions(self) -> Array:
        """Options on [0, 1], shape (n_questions, most_options)."""
        zero = np.zeros((len(self.grid.gaps), 1))
        return np.hstack([zero, np.cumsum(self.grid.gaps, axis=1)])

    def mean(self, shares: Array) -> Array:
        """Return mean answers on [0, 1] of shares, shape (..., n_questions, most_options)."""
        return np.asarray((shares * self.positions).sum(axis=-1))


def compare(
    columns: Array, members: Sequence[NDArray[np.int64]], humans: Humans, draws: Draws
) -> Compared:
    """Compare personas with the humans of every country.

    Parameters
    ----------
    columns : ndarray of float64, shape (n, sum of the numbers of options)
        As from `alignment.paired_columns`.
    members : sequence of ndarray of int64
        Rows of the personas that are compared with each country; one array for all countries if
        personas are told none.
    humans : Humans
        Of the countries.
    draws : Draws
        Bootstrap draws over configurations, within countries; the same for both conditions.

    Returns
    -------
    Compared
        Distances and means.
    """
    counts = padded(np.stack([columns[rows].sum(axis=0) for rows in members]), humans.grid)
    sums = [
        resampling.resampled_sums(columns[rows], draws, f"languages/personas/{group}")
        for group, rows in enumerate(members)
    ]
    drawn = shares_of(padded(np.stack(sums, axis=1), humans.grid))
    shares = shares_of(counts)
    distances = [
        emd(drawn[at : at + BLOCK], humans.drawn[at : at + BLOCK], humans.grid.gaps)
        for at in range(0, draws.n, BLOCK)
    ]
    shape = humans.answers.shares.shape[:2]
    return Compared(
        emd(shares, humans.answers.shares, humans.grid.gaps),
        np.concatenate(distances),
        np.broadcast_to(humans.mean(shares), shape),
        np.broadcast_to(humans.mean(drawn), (draws.n, *shape)),
    )


def mean_over(values: Array, known: NDArray[np.bool_], axis: int = -1) -> Array:
    """Return means over an axis of what is known; nan where nothing is."""
    total = np.where(known, np.nan_to_num(values), 0.0).sum(axis=axis)
    n = np.broadcast_to(known, values.shape).sum(axis=axis)
    return np.asarray(np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0))


def standardised(values: Array) -> Array:
    """Return values less their mean over countries, by their SD, shape (..., n_countries, q).

    A question in which countries do not differ is nan.
    """
    centred = values - values.mean(axis=-2, keepdims=True)
    spread = centred.std(axis=-2, keepdims=True)
    return np.asarray(
        np.divide(centred, spread, out=np.full(centred.shape, np.nan), where=spread > ROUNDING)
    )


def correlate(personas: Array, humans: Array, *, within: bool) -> Array:
    """Return the correlation of means over countries and questions.

    Parameters
    ----------
    personas, humans : ndarray of float64, shapes that broadcast to (..., n_countries, n_questions)
        Means without nan.
    within : bool
        Whether they are z-scored within question first; else they are pooled as they are.

    Returns
    -------
    ndarray of float64, shape (...)
        nan where not defined.
    """
    personas, humans = np.broadcast_arrays(personas, humans)
    if not within:
        flat = [side.reshape(*side.shape[:-2], -1) for side in (personas, humans)]
        return resampling.correlation(*flat)
    product = standardised(personas) * standardised(humans)
    products = product.reshape(*product.shape[:-2], -1)
    return mean_over(products, np.isfinite(products))


@dataclass(frozen=True)
class Beside:
    """A condition and its twin beside the same humans.

    Attributes
    ----------
    condition, twin : Compared
        Each of them.
    humans : Humans
        Of all countries.
    asked : ndarray of bool, shape (n_questions,)
        Which questions both were asked.
    enough : ndarray of bool, shape (n_countries,)
        Countries that have enough personas.
    told : bool
        Whether personas are told a country.
    """

    condition: Compared
    twin: Compared
    humans: Humans
    asked: NDArray[np.bool_]
    enough: NDArray[np.bool_]
    told: bool

    def alignments(self) -> tuple[tuple[Array, Array], tuple[Array, Array], NDArray[np.bool_]]:
        """Return alignment by country of both, and draws of it; and what is known.

        Returns
        -------
        tuple
            Of each side the alignments, shape (n_countries,), and their draws, shape
            (n_replicates, n_countries); which questions of a country count.
        """
        known = np.isfinite(self.condition.distance) & np.isfinite(self.twin.distance)
        known &= self.asked & self.enough[:, None]
        sides = [
            (
                1 - mean_over(side.distance, known),
                1 - mean_over(side.drawn_distance, known & np.isfinite(side.drawn_distance)),
            )
            for side in (self.condition, self.twin)
        ]
        return sides[0], sides[1], known

    def correlations(self, *, within: bool) -> tuple[tuple[Array, Array], tuple[Array, Array], int]:
        """Return the correlation with humans of both, draws of it, and over how many countries."""
        people = self.humans.mean(self.humans.answers.shares)
        drawn_people = self.humans.mean(self.humans.drawn)
        means = [self.condition.mean, self.twin.mean, people]
        rows = self.enough & np.all(
            [np.isfinite(each[:, self.asked]).any(axis=1) for each in means], axis=0
        )
        columns = self.asked & np.all(
            [np.isfinite(each[rows]).all(axis=0) for each in means], axis=0
        )
        cut = np.ix_(rows, columns)
        if rows.sum() < FEWEST_COUNTRIES or not columns.any():
            undefined = (np.array(np.nan), np.full(len(drawn_people), np.nan))
            return undefined, undefined, int(rows.sum())
        of_humans, of_draws = people[cut], drawn_people[:, *cut]
        sides = [
            (
                correlate(side.mean[cut], of_humans, within=within),
                correlate(side.drawn_mean[:, *cut], of_draws, within=within),
            )
            for side in (self.condition, self.twin)
        ]
        return sides[0], sides[1], int(rows.sum())
