"""From cells to one number: sets of questions, weights of cells, and scores that say its worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers
    from valuescape.study.instruments import Instrument


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


def cell_weights(
    complete: NDArray[np.bool_],
    n_personas: NDArray[np.float64],
    humans: HumanAnswers,
    instrument: Instrument,
) -> dict[tuple[str, int], NDArray[np.float64]]:
    """Return what each cell weighs in each of the four means, for each set of questions.

    Parameters
    ----------
    complete : ndarray of bool, shape (n_groups, n_questions)
        Cells where every answerer is known.
    n_personas : ndarray of float64, same shape
        Personas with a valid answer.
    humans : HumanAnswers
        Respondents and countries.
    instrument : Instrument
        The questions.

    Returns
    -------
    dict of (str, int) to ndarray of float64, shape (n_groups, n_questions)
        By aggregate and number of questions, without those that would weigh nothing. Weights of
        a cell: 1; its respondents; its personas; its countries.
    """
    weights = {
        "cell_mean": np.ones(complete.shape),
        "respondent_weighted": humans.n_respondents,
        "persona_weighted": n_personas,
        "country_weighted": humans.n_countries,
    }
    found = {
        (aggregate, size): np.where(complete & questions, weight, 0.0)
        for size, questions in versions(instrument).items()
        for aggregate, weight in weights.items()
    }
    return {key: cells for key, cells in found.items() if cells.any()}


def weighted_mean(emds: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the EMD averaged over cells.

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
    return np.asarray(np.divide(distance, total, out=np.full(total.shape, np.nan), where=total > 0))


def normalised(
    distance: NDArray[np.float64], uniform: NDArray[np.float64], floor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where a distance lies between a uniform answerer and the noise floor.

    Parameters
    ----------
    distance, uniform : ndarray of float64, shapes that broadcast
        Mean EMD of the answerer and of uniform answers.
    floor : ndarray of float64
        Mean EMD that chance alone leaves between the humans and as many perfect answerers.

    Returns
    -------
    ndarray of float64
        (uniform - distance) / (uniform - floor): 0 for uniform answers, 1 at the floor, negative
        where uniform answers are nearer; nan where the floor is not below uniform.
    """
    span = np.asarray(uniform - floor)
    gain = np.asarray(uniform - distance)
    span, gain = np.broadcast_arrays(span, gain)
    return np.asarray(np.divide(gain, span, out=np.full(gain.shape, np.nan), where=span > 0))


def skill(distance: NDArray[np.float64], pooled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much nearer an answerer lies than the humans of all other groups.

    Parameters
    ----------
    distance, pooled : ndarray of float64, shapes that broadcast
        Mean EMD of the answerer and of the pooled other humans.

    Returns
    -------
    ndarray of float64
        1 - distance / pooled: 0 if knowing the group helps nothing, 1 at best; negative if a
        pool of all others answers better.
    """
    ratio, known = np.broadcast_arrays(np.asarray(distance), np.asarray(pooled))
    return np.asarray(
        1 - np.divide(ratio, known, out=np.full(ratio.shape, np.nan), where=known > 0)
    )
