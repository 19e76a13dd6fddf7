"""Response surfaces of questions: the distribution over options as a function of configuration.

The shares of a question's options are regressed on main effects and pairs of levels by one ridge,
so that predictions sum to 1, and a mean over configurations is a mean over answers. How much the
ridge shrinks is chosen for each question, by the CRPS of personas left out one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from valuescape.stats.interactions import EffectColumns, effect_columns
from valuescape.stats.ridge_surface import (
    CANDIDATES,
    MEAN,
    Candidate,
    Surface,
    fit_surface,
    leave_one_out,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.study.instruments import Question

    Array = NDArray[np.float64]

# Fewer answers leave nothing to fit to and to check by.
FEWEST = 20
# An option that is given no chance at all would make the log score infinite: half of what is kept.
LEAST_SHARE = 5e-5
Z = 1.959964


@dataclass(frozen=True)
class QuestionSurface:
    """The surface of a question, and what it says of personas left out.

    Attributes
    ----------
    question : Question
        The question.
    surface : Surface
        Fitted to all valid answers.
    rows : ndarray of int64
        The personas with a valid answer.
    answers : ndarray of float64, shape (n_rows, n_options)
        Their answers.
    left_out : ndarray of float64, shape (n_rows, n_options)
        Each predicted from all others.
    mean_alone : ndarray of float64, shape (n_rows, n_options)
        The mean of all others.
    reach : float
        Of standardised errors of the expected answer (on a scale from 0 to 1), what 95 % of
        personas left out do not exceed.
    """

    question: Question
    surface: Surface
    rows: NDArray[np.int64]
    answers: Array
    left_out: Array
    mean_alone: Array
    reach: float

    @property
    def error_variance(self) -> float:
        """Variance of what the surface leaves of an expected answer, on a scale from 0 to 1."""
        scaled = self.question.scaled
        return float(scaled @ self.surface.residual_covariance @ scaled)

    def half_widths(self, matrix: Array) -> Array:
        """Return half the 95 % interval of the expected answer of configurations, by their columns.

        Parameters
        ----------
        matrix : ndarray of float64, shape (n, n_columns)
            Columns of configurations that were not asked.

        Returns
        -------
        ndarray of float64, shape (n,)
            On a scale from 0 to 1.
        """
        design = np.column_stack([np.ones(len(matrix)), matrix])
        own = np.einsum("ij,jk,ik->i", design, self.surface.unit_covariance, design, optimize=True)
        return np.asarray(self.reach * np.sqrt(self.error_variance * (1 + own)))


def on_simplex(shares: Array) -> Array:
    """Return shares without negative ones, divided by their sum, shape (..., n_options)."""
    kept = np.clip(shares, 0.0, None)
    return np.asarray(kept / kept.sum(axis=-1, keepdims=True))


def gaps_of(question: Question) -> Array:
    """Return how far neighbouring options lie apart, shape (n_options - 1,); they sum to 1."""
    return np.diff(question.scaled)


def distances(predicted: Array, answers: Array, question: Question) -> tuple[Array, Array]:
    """Return how far predicted answers are from a persona's own.

    Parameters
    ----------
    predicted, answers : ndarray of float64, shapes that broadcast to (..., n_options)
        Shares.
    question : Question
        Its options.

    Returns
    -------
    (ndarray, ndarray), each of shape (...)
        Earth mover's distance, and the continuous ranked probability score less that of the
        answer itself (Gneiting & Raftery 2007, JASA 102:359-378): both in [0, 1], 0 best.
    """
    apart = np.cumsum(predicted - answers, axis=-1)[..., :-1]
    gaps = gaps_of(question)
    return np.asarray(np.abs(apart) @ gaps), np.asarray(apart**2 @ gaps)


def log_scores(predicted: Array, answers: Array) -> Array:
    """Return the log score of each persona, shape (...): 0 best, in natural units."""
    return np.asarray(-(answers * np.log(np.maximum(predicted, LEAST_SHARE))).sum(axis=-1))


def fit_questions(
    levels: NDArray[np.int8],
    radices: NDArray[np.int64],
    questions: Sequence[Question],
    shares: Sequence[Array],
) -> list[QuestionSurface | None]:
    """Fit the surface of every question.

    Parameters
    ----------
    levels : ndarray of int8, shape (n, n_variables)
        Configurations of the asked personas.
    radices : ndarray of int64, shape (n_variables,)
        Number of levels of each variable.
    questions : sequence of Question
        The questions.
    shares : sequence of ndarray of float64, each of shape (n, n_options)
        The answers to each; nan where not valid.

    Returns
    -------
    list of QuestionSurface or None
        None for a question that fewer than `FEWEST` personas answered.
    """
    whole = effect_columns(levels, radices)
    known = np.column_stack([np.isfinite(each[:, 0]) for each in shares])
    masks, which = np.unique(known, axis=1, return_inverse=True)
    found: list[QuestionSurface | None] = [None] * len(questions)
    for number, mask in enumerate(masks.T):
        rows = np.flatnonzero(mask)
        if len(rows) < FEWEST:
            continue
        together = np.flatnonzero(which.ravel() == number).tolist()
        columns = EffectColumns(whole.matrix[rows], whole.pair)
        fitted = _fit_together(columns, [questions[k] for k in together],
                               [shares[k][rows] for k in together], rows)  # fmt: skip
        for place, each in zip(together, fitted, strict=True):
            found[place] = each
    return found


def _fit_together(
    columns: EffectColumns,
    questions: Sequence[Question],
    answers: Sequence[Array],
    rows: NDArray[np.int64],
) -> list[QuestionSurface]:
    """Fit questions that the same personas answered."""
    ends = np.cumsum([each.shape[1] for each in answers])[:-1]
    left = leave_one_out(columns, np.concatenate(answers, axis=1))
    predictions = [np.split(each.predicted, ends, axis=1) for each in left]
    found = []
    for k, (question, own) in enumerate(zip(questions, answers, strict=True)):
        tried = [on_simplex(each[k]) for each in predictions]
        scores = [distances(each, own, question)[1].mean() for each in tried]
        best = int(np.argmin(scores))
        surface = fit_surface(columns, own, CANDIDATES[best])
        mean = tried[[each.form for each in CANDIDATES].index(MEAN)]
        found.append(
            QuestionSurface(
                question, surface, rows, own, tried[best], mean, _reach(question, surface)
            )
        )
    return found


def _reach(question: Question, surface: Surface) -> float:
    """Return what 95 % of standardised residuals do not exceed, as for one more persona."""
    errors = np.abs(surface.residuals @ question.scaled)
    spread = np.sqrt((errors**2).mean())
    if not spread > 0:
        return 0.0
    place = min(1.0, np.ceil(0.95 * (len(errors) + 1)) / len(errors))
    return float(np.quantile(errors / spread, place, method="higher"))


def chosen_forms(found: Sequence[QuestionSurface | None]) -> dict[Candidate, int]:
    """Return how many questions chose each candidate."""
    counts: dict[Candidate, int] = {}
    for each in found:
        if each is not None:
            counts[each.surface.candidate] = counts.get(each.surface.candidate, 0) + 1
    return counts
