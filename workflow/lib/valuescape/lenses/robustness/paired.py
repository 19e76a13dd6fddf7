"""Paired answers: how far the same personas, asked in two ways, answer apart.

Distances of answers of all personas cannot be negative, so each stands beside what it would be if
the two ways were swapped at random in each persona.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from valuescape.answers.expected import Readout, probabilities
from valuescape.stats import resampling

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws
    from valuescape.study.instruments import Question

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Paired:
    """The answers of the same personas to a question, asked in two ways.

    Attributes
    ----------
    first, second : ndarray of float64, shape (n_personas, n_options)
        Shares of the options, in survey order; nan unless valid.
    values : ndarray of float64, shape (n_options,)
        What the options count, rising.
    """

    first: Array
    second: Array
    values: Array

    @classmethod
    def of(
        cls,
        question: Question,
        answered: tuple[pl.DataFrame, pl.DataFrame],
        readouts: tuple[Readout, Readout],
    ) -> Paired:
        """Read a question from two tables RESPONSES of the same personas."""
        first, second = (
            probabilities(frame, question, readout)
            for frame, readout in zip(answered, readouts, strict=True)
        )
        return cls(first, second, question.values)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Who answered in both ways, shape (n_personas,)."""
        return np.asarray(np.isfinite(self.first[:, 0]) & np.isfinite(self.second[:, 0]))

    @property
    def steps(self) -> Array:
        """What each persona adds to the distance at each inner bound; 0 unless it is known.

        Shape (n_personas, n_options - 1), of the difference of cumulative shares by the length of
        the step, on a scale of length 1.
        """
        gaps = np.diff(self.values) / (self.values[-1] - self.values[0])
        below = np.cumsum(self.second - self.first, axis=1)[:, :-1]
        return np.where(self.known[:, None], below, 0.0) * gaps

    @property
    def shifts(self) -> Array:
        """Second mean answer less first, on a scale of length 1, shape (n_personas,)."""
        return -self.steps.sum(axis=1)

    def means(self) -> tuple[float, float]:
        """Return the mean answers of who is known, from 0 (first option) to 1 (last)."""
        places = (self.values - self.values[0]) / (self.values[-1] - self.values[0])
        first, second = (
            float((side[self.known] @ places).mean()) for side in (self.first, self.second)
        )
        return first, second


@dataclass(frozen=True)
class Distances:
    """Distances between two ways of asking, a row a question.

    Attributes
    ----------
    estimates, null_95 : ndarray of float64, shape (n_questions,)
        EMD between the answers of all personas, and its 95th percentile with ways swapped.
    drawn, swapped : ndarray of float64, shape (n_replicates, n_questions)
        Of bootstrap draws of the personas, and of swaps.
    of_personas : ndarray of float64, shape (n_questions,)
        Mean EMD between a persona's two answers.
    n : ndarray of int64, shape (n_questions,)
        Personas who answered in both ways; with none, the others are nan.
    """

    estimates: Array
    null_95: Array
    drawn: Array
    swapped: Array
    of_personas: Array
    n: NDArray[np.int64]


def distances(pairs: list[Paired], draws: Draws, purpose: str) -> Distances:
    """Return the distances of several questions, with the same draws and swaps for all of them.

    Parameters
    ----------
    pairs : list of Paired
        Questions, of the same personas.
    draws : Draws
        Bootstrap draws, and swaps.
    purpose : str
        What they are for.

    Returns
    -------
    Distances
        In [0, 1].
    """
    columns = np.column_stack([np.column_stack([pair.known, pair.steps]) for pair in pairs])
    widths = [1 + len(pair.values) - 1 for pair in pairs]
    starts = np.cumsum([0, *widths[:-1]])
    resampled = resampling.resampled_sums(columns, draws, purpose)
    signs = draws.generator(f"{purpose}/swaps").choice([-1.0, 1.0], (draws.n, len(columns)))
    swaps = signs @ columns

    def read(sums: Array, counts: Array) -> Array:
        found = [
            np.abs(sums[..., start + 1 : start + width]).sum(axis=-1) / counts[..., place]
            for place, (start, width) in enumerate(zip(starts, widths, strict=True))
        ]
        return np.stack(found, axis=-1)

    with np.errstate(divide="ignore", invalid="ignore"):
        n = columns[:, starts].sum(axis=0)
        estimates = read(columns.sum(axis=0), n)
        swapped = read(swaps, np.broadcast_to(n, (draws.n, len(n))))
        of_personas = np.array([np.abs(pair.steps).sum() for pair in pairs]) / n
        drawn = read(resampled, resampled[:, starts])
    return Distances(
        estimates, resampling.null_95(swapped), drawn, swapped, of_personas, n.astype(np.int64)
    )
