"""Discrimination: do personas of a group answer like its own humans, not like anyone's.

An alignment that any group's personas would reach tells nothing of groups. So personas of each
group are compared with the humans of every group, over the questions that all were asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.dispersion import spread
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from valuescape.stats.emd import Scales
    from valuescape.stats.resampling import Draws

FEWEST_GROUPS = 3
"""With fewer there is no order of groups to shuffle."""


@dataclass(frozen=True)
class Rounds:
    """Answers of the same groups to the same questions, once estimated and often drawn.

    Attributes
    ----------
    scales : Scales
        Of these questions.
    personas, humans : ndarray of float64, shape (n_groups, n_questions, most_options)
        Shares.
    drawn_personas, drawn_humans : ndarray of float64, shape (n_replicates, ...)
        Bootstrap draws of both.
    again : ndarray of float64, shape (n_draws, ...)
        Further draws of the same humans: the best that an answerer could be.
    """

    scales: Scales
    personas: NDArray[np.float64]
    humans: NDArray[np.float64]
    drawn_personas: NDArray[np.float64]
    drawn_humans: NDArray[np.float64]
    again: NDArray[np.float64]


def between_groups(
    first: NDArray[np.float64], second: NDArray[np.float64], scales: Scales
) -> NDArray[np.float64]:
    """Return the EMD between groups, averaged over questions.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n_groups, n_questions, most_options)
        Shares of groups, without nan where there is an option.
    scales : Scales
        The questions.

    Returns
    -------
    ndarray of float64, shape (n_groups, n_groups)
        Row: group of `first`; column: group of `second`.
    """
    places = [
        (np.cumsum(side, axis=-1)[..., :-1] * scales.gaps).reshape(len(side), -1)
        for side in (first, second)
    ]
    return np.asarray(cdist(places[0], places[1], "cityblock") / len(scales.gaps))


def index(distance: NDArray[np.float64]) -> float:
    """Return the discrimination index.

    Parameters
    ----------
    distance : ndarray of float64, shape (n_groups, n_groups)
        Of each group's personas (row) from each group's humans.

    Returns
    -------
    float
        1 - mean distance from the own humans / mean distance from others': 0 if a group's
        personas are as near to everyone, 1 if they equal their own humans.
    """
    n = len(distance)
    own = float(np.trace(distance)) / n
    other = float(distance.sum() - np.trace(distance)) / (n * (n - 1))
    return 1 - own / other if other > 0 else np.nan


def nearest_is_own(distance: NDArray[np.float64]) -> float:
    """Return the share of groups whose personas lie nearest to their own humans.

    Parameters
    ----------
    distance : ndarray of float64, shape (n_groups, n_groups)
        As in `index`.

    Returns
    -------
    float
        In [0, 1]; 1 / n_groups by chance.
    """
    return float(np.mean(distance.argmin(axis=1) == np.arange(len(distance))))


def rank_correlations(
    personas: NDArray[np.float64], humans: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return Spearman's correlation over groups, by question.

    Parameters
    ----------
    personas, humans : ndarray of float64, shape (..., n_groups, n_questions)
        Mean answers.

    Returns
    -------
    ndarray of float64, shape (..., n_questions)
        In [-1, 1]; nan where a side does not vary over the groups.
    """
    ranks = [np.moveaxis(rankdata(side, axis=-2), -2, -1) for side in (personas, humans)]
    return resampling.correlation(ranks[0], ranks[1])


def orders(n_groups: int, draws: Draws) -> NDArray[np.int64]:
    """Return random orders of the groups.

    Parameters
    ----------
    n_groups : int
        How many groups.
    draws : Draws
        How many orders, and their seed.

    Returns
    -------
    ndarray of int64, shape (n_orders, n_groups)
        Permutations.
    """
    rng = draws.generator("discrimination/orders")
    return rng.permuted(np.tile(np.arange(n_groups), (draws.n, 1)), axis=1)


def discrimination_tables(found: Rounds, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Say how well personas tell groups apart, in all and by question.

    Parameters
    ----------
    found : Rounds
        Both sides and their draws.
    draws : Draws
        Shuffles, and their seed.

    Returns
    -------
    (DataFrame, DataFrame)
        Tables DISCRIMINATION and QUESTION_ORDER; empty with fewer than three groups.
    """
    n_groups, scales = len(found.personas), found.scales
    if n_groups < FEWEST_GROUPS:
        return (
            pl.DataFrame(schema=alignment_tables.DISCRIMINATION.columns),
            pl.DataFrame(schema=alignment_tables.QUESTION_ORDER.columns),
        )
    shuffled = orders(n_groups, draws)
    distance = between_groups(found.personas, found.humans, scales)
    drawn = [
        between_groups(personas, humans, scales)
        for personas, humans in zip(found.drawn_personas, found.drawn_humans, strict=True)
    ]
    again = [between_groups(humans, found.humans, scales) for humans in found.again]
    rows = []
    measures: dict[str, Callable[[NDArray[np.float64]], float]] = {
        "index": index,
        "nearest_is_own": nearest_is_own,
    }
    for name, measure in measures.items():
        null = np.array([measure(distance[order]) for order in shuffled])
        spreads = np.array([measure(each) for each in drawn])
        best = float(np.mean([measure(each) for each in again]))
        rows.append((name, *_row(measure(distance), spreads, null), best, n_groups))
    means = [spread(side, scales)[0] for side in (found.personas, found.humans)]
    by_question = rank_correlations(means[0], means[1])
    drawn_means = [spread(side, scales)[0] for side in (found.drawn_personas, found.drawn_humans)]
    replicates = rank_correlations(drawn_means[0], drawn_means[1])
    repeated = spread(found.again, scales)[0]
    perfect = rank_correlations(repeated, np.broadcast_to(means[1], repeated.shape))
    chance = rank_correlations(
        means[0][shuffled], np.broadcast_to(means[1], (len(shuffled), *means[1].shape))
    )
    tested = _row(float(_mean(by_question)), _mean(replicates), _mean(chance))
    n_known = int(np.isfinite(by_question).sum())
    rows.append(("rank_correlation", *tested, float(_mean(_mean(perfect))), n_known))
    low, high = resampling.interval(by_question, replicates, bounds=(-1, 1))
    frame = pl.DataFrame(
        {
            "question": scales.questions,
            "rank_correlation": by_question,
            "ci_low": low,
            "ci_high": high,
            "null": resampling.null_bound(np.abs(chance)),
            "best": _mean(perfect.T),
            "n_groups": n_groups,
        },
        schema=alignment_tables.QUESTION_ORDER.columns,
    ).fill_nan(None)
    table = pl.DataFrame(rows, schema=alignment_tables.DISCRIMINATION.columns, orient="row")
    return table.fill_nan(None), frame


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average what is known along the last axis; nan where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=-1)
    n = known.sum(axis=-1)
    return np.asarray(np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0))


def _row(
    estimate: float, replicates: NDArray[np.float64], null: NDArray[np.float64]
) -> tuple[float, ...]:
    """Return estimate, interval, null and p-value."""
    low, high = resampling.interval(estimate, replicates, bounds=(-np.inf, 1))
    # Orders of few groups repeat; the order itself is one of them.
    p_value = (1 + (null >= estimate - 1e-12).sum()) / (1 + len(null))
    bound = float(resampling.null_bound(null))
    # Where hardly any draw differs from the estimate, moved ends may miss it by rounding.
    ends = min(float(low), estimate), max(float(high), estimate)
    return estimate, *ends, bound, float(p_value)
