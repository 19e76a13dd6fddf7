"""Earth mover's distance between answer distributions of ordered options, its noise floor.

The options of a question lie on a line, from 0 (the least value) to 1 (the greatest), so the
distance is the area between two cumulative distributions (Villani 2003, Topics in Optimal
Transportation, eq. 2.48): 0 for equal answers, 1 for everyone at opposite ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import cdist

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from valuescape.study.instruments import Instrument


@dataclass(frozen=True)
class OptionGrid:
    """The options of several questions, padded to one array.

    Attributes
    ----------
    questions : tuple of str
        Ids of the questions.
    values : ndarray of int8, shape (n_questions, most_options)
        Option values; 0 where a question has fewer options.
    present : ndarray of bool, shape (n_questions, most_options)
        Where there is an option.
    gaps : ndarray of float64, shape (n_questions, most_options - 1)
        Distance from an option to the next on a scale of length 1; 0 where there is none.
    """

    questions: tuple[str, ...]
    values: NDArray[np.int8]
    present: NDArray[np.bool_]
    gaps: NDArray[np.float64]

    @property
    def uniform(self) -> NDArray[np.float64]:
        """What someone answers who chooses at random, shape (n_questions, most_options)."""
        return np.asarray(self.present / self.present.sum(axis=1, keepdims=True))

    def taken(self, questions: NDArray[np.bool_] | Sequence[int] | slice) -> OptionGrid:
        """Return the grid of some of the questions, in this order."""
        chosen = np.arange(len(self.questions))[questions]
        return OptionGrid(
            tuple(self.questions[row] for row in chosen),
            self.values[chosen],
            self.present[chosen],
            self.gaps[chosen],
        )

    def position(self, questions: Iterable[str], options: Iterable[int]) -> NDArray[np.int64]:
        """Return where options stand in the flattened arrays.

        Parameters
        ----------
        questions : iterable of str
            Ids of questions.
        options : iterable of int
            A value of each.

        Returns
        -------
        ndarray of int64, shape (n,)
            Index into an array of shape (n_questions * most_options,).

        Raises
        ------
        UserError
            If a question has no such option.
        """
        width = self.present.shape[1]
        index = {
            (question, int(self.values[row, column])): row * width + column
            for row, question in enumerate(self.questions)
            for column in np.flatnonzero(self.present[row])
        }
        pairs = list(zip(questions, options, strict=True))
        stray = [pair for pair in pairs if pair not in index]
        if stray:
            msg = f"{stray[0][0]}: {stray[0][1]} is no option of the instrument"
            raise UserError(msg, hint="make the human answers anew with this instrument")
        return np.array([index[pair] for pair in pairs], dtype=np.int64)


def grid_of(instrument: Instrument) -> OptionGrid:
    """Return the options of an instrument's questions.

    Parameters
    ----------
    instrument : Instrument
        Questions whose option values rise.

    Returns
    -------
    OptionGrid
        In the order of the instrument.
    """
    n, width = len(instrument.questions), max(q.n_options for q in instrument.questions)
    values = np.zeros((n, width), dtype=np.int8)
    present = np.zeros((n, width), dtype=np.bool_)
    gaps = np.zeros((n, width - 1))
    for row, question in enumerate(instrument.questions):
        values[row, : question.n_options] = question.values
        present[row, : question.n_options] = True
        gaps[row, : question.n_options - 1] = np.diff(question.scaled)
    return OptionGrid(tuple(q.id for q in instrument.questions), values, present, gaps)


def emd(
    first: NDArray[np.float64], second: NDArray[np.float64], gaps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the earth mover's distance between answer distributions.

    Parameters
    ----------
    first, second : ndarray of float64, shapes that broadcast to (..., n_options)
        Share of each option; sums to 1 along the last axis, or nan.
    gaps : ndarray of float64, shape that broadcasts to (..., n_options - 1)
        Distance from each option to the next; sums to 1 for a scaled distance.

    Returns
    -------
    ndarray of float64, shape (...)
        Distances, in [0, 1] for scaled gaps; nan where a share is nan.

    Examples
    --------
    All at the first of three options, against half at each of the others: 1.5 of 2 steps.

    >>> emd(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.5, 0.5]), np.array([0.5, 0.5])).item()
    0.75
    """
    difference = np.cumsum(first - second, axis=-1)[..., :-1]
    # Rounding may leave 1e-16 above 1 for distributions at opposite ends.
    return np.asarray(np.minimum((np.abs(difference) * gaps).sum(axis=-1), 1.0))


def pairwise(
    first: NDArray[np.float64], second: NDArray[np.float64], gaps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the earth mover's distance of every group from every other, by question.

    Parameters
    ----------
    first : ndarray of float64, shape (n_first, n_questions, n_options)
        Shares of the groups of one side.
    second : ndarray of float64, shape (n_second, n_questions, n_options)
        Shares of the other side.
    gaps : ndarray of float64, shape (n_questions, n_options - 1)
        Distance from each option to the next.

    Returns
    -------
    ndarray of float64, shape (n_questions, n_first, n_second)
        Distances, in [0, 1] for scaled gaps; nan where either group was not asked.
    """
    places = [np.cumsum(side, axis=-1)[..., :-1] * gaps for side in (first, second)]
    found = [
        cdist(places[0][:, question], places[1][:, question], "cityblock")
        for question in range(len(gaps))
    ]
    return np.asarray(np.minimum(np.stack(found), 1.0))


def step_variance(
    shares: NDArray[np.float64], n_effective: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the sampling variance of the cumulative shares of people who each choose one option.

    Parameters
    ----------
    shares : ndarray of float64, shape (..., n_options)
        The true share of each option.
    n_effective : ndarray of float64, shape (...)
        Number of people.

    Returns
    -------
    ndarray of float64, shape (..., n_options - 1)
        F (1 - F) / n; inf without people.
    """
    below = np.clip(np.cumsum(shares, axis=-1)[..., :-1], 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(below * (1 - below) / np.asarray(n_effective)[..., None])


def noise_floor(variance: NDArray[np.float64], gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the EMD that chance alone leaves between two estimates of the same answers.

    At each option the difference D of two cumulative shares is nearly normal with mean 0, so
    E|D| = sqrt(2 Var(D) / pi).

    Parameters
    ----------
    variance : ndarray of float64, shape (..., n_options - 1)
        Var(D): the sampling variances of both sides, added.
    gaps : ndarray of float64, shape that broadcasts to (..., n_options - 1)
        Distance from each option to the next.

    Returns
    -------
    ndarray of float64, shape (...)
        Expected distance.
    """
    return np.asarray((np.sqrt(2 * variance / np.pi) * gaps).sum(axis=-1))


def expected_floor(
    shares: NDArray[np.float64], n_effective: NDArray[np.float64], gaps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the EMD that chance alone leaves between two draws of the same answers.

    `noise_floor` for people who each choose one option: E|D| = sqrt(2 F (1 - F) / (pi n)).

    Parameters
    ----------
    shares : ndarray of float64, shape (..., n_options)
        The true share of each option.
    n_effective : ndarray of float64, shape (...)
        1 / (1 / n1 + 1 / n2) for draws of n1 and n2 persons; n for one draw against the truth.
    gaps : ndarray of float64, shape that broadcasts to (..., n_options - 1)
        Distance from each option to the next.

    Returns
    -------
    ndarray of float64, shape (...)
        Expected distance; 1 % off for draws of 50 persons, 6 % too large for draws of 5.
    """
    return noise_floor(step_variance(shares, n_effective), gaps)
