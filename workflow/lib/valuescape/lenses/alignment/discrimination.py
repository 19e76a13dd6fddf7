"""Discrimination: whether personas of a group answer like its own humans, or like any group's.

An alignment that any group's personas would reach says nothing of groups. So personas of each
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
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from valuescape.stats.emd import OptionGrid
    from valuescape.stats.resampling import Draws

FEWEST_GROUPS = 3
"""With fewer there is no order of groups to shuffle."""
ROUNDING = 1e-12
"""Values by chance that differ by no more are one value."""


@dataclass(frozen=True)
class GroupDraws:
    """Answers of the same groups to the same questions, once estimated and often drawn.

    Attributes
    ----------
    grid : OptionGrid
        Of these questions.
    personas, humans : ndarray of float64, shape (n_groups, n_questions, most_options)
        Shares.
    drawn_personas, drawn_humans : ndarray of float64, shape (n_replicates, ...)
        Bootstrap draws of both.
    redrawn_humans : ndarray of float64, shape (n_draws, ...)
        Further draws of the same humans: the ceiling that a comparator could reach.
    """

    grid: OptionGrid
    personas: NDArray[np.float64]
    humans: NDArray[np.float64]
    drawn_personas: NDArray[np.float64]
    drawn_humans: NDArray[np.float64]
    redrawn_humans: NDArray[np.float64]


def between_groups(
    first: NDArray[np.float64], second: NDArray[np.float64], grid: OptionGrid
) -> NDArray[np.float64]:
    """Return the EMD between groups, averaged over questions.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n_groups, n_questions, most_options)
        Shares of groups, without nan where there is an option.
    grid : OptionGrid
        The questions.

    Returns
    -------
    ndarray of float64, shape (n_groups, n_groups)
        Row: group of `first`; column: group of `second`.
    """
    places = [
        (np.cumsum(side, axis=-1)[..., :-1] * grid.gaps).reshape(len(side), grid.gaps.size)
        for side in (first, second)
    ]
    return np.asarray(cdist(places[0], places[1], "cityblock") / max(len(grid.gaps), 1))


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


@dataclass(frozen=True)
class OrderOfGroups:
    """Spearman correlations over groups of the mean answers of personas and humans, by question.

    Attributes
    ----------
    estimate : ndarray of float64, shape (n_questions,)
        nan where a side does not vary over the groups.
    replicates, chance, ceiling : ndarray of float64, shape (n, n_questions)
        Those of bootstrap draws; of shuffled groups; of further draws of the humans in place of
        the personas.
    """

    estimate: NDArray[np.float64]
    replicates: NDArray[np.float64]
    chance: NDArray[np.float64]
    ceiling: NDArray[np.float64]


def order_of_groups(found: GroupDraws, shuffled: NDArray[np.int64]) -> OrderOfGroups:
    """Correlate the mean answers of personas and humans over groups.

    Parameters
    ----------
    found : GroupDraws
        Personas and humans, and draws of both.
    shuffled : ndarray of int64, shape (n_orders, n_groups)
        As from `orders`.

    Returns
    -------
    OrderOfGroups
        By question.
    """
    personas, humans, drawn_personas, drawn_humans, redrawn_humans = (
        spread(shares, found.grid)[0]
        for shares in (
            found.personas, found.humans,
            found.drawn_personas, found.drawn_humans, found.redrawn_humans,
        )
    )  # fmt: skip
    return OrderOfGroups(
        rank_correlations(personas, humans),
        rank_correlations(drawn_personas, drawn_humans),
        rank_correlations(
            personas[shuffled], np.broadcast_to(humans, (len(shuffled), *humans.shape))
        ),
        rank_correlations(redrawn_humans, np.broadcast_to(humans, redrawn_humans.shape)),
    )


def too_few(found: GroupDraws) -> str:
    """Return why groups cannot be compared with each other; empty if they can."""
    n_groups, n_questions = found.personas.shape[:2]
    if n_groups < FEWEST_GROUPS:
        return f"groups with enough humans and personas: {n_groups} of at least {FEWEST_GROUPS}"
    if not n_questions:
        return f"no question counts in all of {n_groups} groups"
    return "" if len(found.drawn_personas) else "no bootstrap draw has all answers"


def discrimination_tables(
    found: GroupDraws, draws: Draws, reason: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Measure how well personas distinguish groups, over all questions and by question.

    Parameters
    ----------
    found : GroupDraws
        Personas and humans, and draws of both.
    draws : Draws
        Shuffles, and their seed.
    reason : str
        Why groups cannot be compared; empty if they can.

    Returns
    -------
    (DataFrame, DataFrame)
        Tables DISCRIMINATION, all null where groups cannot be compared, and QUESTION_ORDER, then
        empty.
    """
    if reason:
        rows = [
            (measure, *[None] * 6, len(found.personas), reason)
            for measure in ("index", "nearest_is_own", "rank_correlation")
        ]
        return (
            pl.DataFrame(rows, schema=alignment_tables.DISCRIMINATION.columns, orient="row"),
            pl.DataFrame(schema=alignment_tables.QUESTION_ORDER.columns),
        )
    n_groups = len(found.personas)
    shuffled = orders(n_groups, draws)
    order = order_of_groups(found, shuffled)
    return discrimination_table(found, order, shuffled), question_order_table(
        order, found.grid.questions, n_groups
    )


def discrimination_table(
    found: GroupDraws, order: OrderOfGroups, shuffled: NDArray[np.int64]
) -> pl.DataFrame:
    """Return the measures over all questions, each beside shuffled groups and its ceiling.

    Parameters
    ----------
    found : GroupDraws
        Personas and humans, and draws of both.
    order : OrderOfGroups
        Correlations by question.
    shuffled : ndarray of int64, shape (n_orders, n_groups)
        As from `orders`.

    Returns
    -------
    DataFrame
        Table DISCRIMINATION.
    """
    grid = found.grid
    distance = between_groups(found.personas, found.humans, grid)
    drawn = [
        between_groups(personas, humans, grid)
        for personas, humans in zip(found.drawn_personas, found.drawn_humans, strict=True)
    ]
    redrawn = [between_groups(humans, found.humans, grid) for humans in found.redrawn_humans]
    measures: dict[str, Callable[[NDArray[np.float64]], float]] = {
        "index": index,
        "nearest_is_own": nearest_is_own,
    }
    rows = []
    for name, measure in measures.items():
        chance = np.array([measure(distance[each]) for each in shuffled])
        replicates = np.array([measure(each) for each in drawn])
        ceiling = float(np.mean([measure(each) for each in redrawn]))
        tested = beside_chance(measure(distance), replicates, chance)
        rows.append((name, *tested[:-1], ceiling, len(distance), tested[-1]))
    tested = beside_chance(
        float(_mean(order.estimate)), _mean(order.replicates), _mean(order.chance)
    )
    n_known = int(np.isfinite(order.estimate).sum())
    rows.append(
        ("rank_correlation", *tested[:-1], float(_mean(_mean(order.ceiling))), n_known, tested[-1])
    )
    return pl.DataFrame(
        rows, schema=alignment_tables.DISCRIMINATION.columns, orient="row"
    ).fill_nan(None)


def question_order_table(
    order: OrderOfGroups, questions: Sequence[str], n_groups: int
) -> pl.DataFrame:
    """Return table QUESTION_ORDER of these questions."""
    low, high = resampling.interval(order.estimate, order.replicates, bounds=(-1, 1))
    return pl.DataFrame(
        {
            "question": questions,
            "rank_correlation": order.estimate,
            "ci_low": low,
            "ci_high": high,
            "null_95": resampling.null_95(np.abs(order.chance)),
            "ceiling": _mean(order.ceiling.T),
            "n_groups": n_groups,
        },
        schema=alignment_tables.QUESTION_ORDER.columns,
    ).fill_nan(None)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average what is known along the last axis; nan where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=-1)
    n = known.sum(axis=-1)
    return np.asarray(np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0))


def beside_chance(
    estimate: float,
    replicates: NDArray[np.float64],
    chance: NDArray[np.float64],
) -> tuple[float, float, float, float | None, float | None, str | None]:
    """Return an estimate with its interval and its test against chance.

    Parameters
    ----------
    estimate : float
        nan where it is not defined.
    replicates, chance : ndarray of float64, shape (n,)
        The same of bootstrap draws, and where groups say nothing; a greater one is better.

    Returns
    -------
    (float, float, float, float or None, float or None, str or None)
        Estimate, ends of the interval, 95th percentile by chance, p-value, and why one of these is
        null. What does not vary has no p-value: it would be 1 / (1 + n) by counting nothing.
    """
    if not np.isfinite(estimate):
        return (np.nan, np.nan, np.nan, None, None, "answers do not vary over groups")
    low, high = resampling.interval(estimate, replicates, (-np.inf, 1))
    # Where hardly any draw differs from the estimate, moved ends may miss it by rounding.
    ends = min(float(low), estimate), max(float(high), estimate)
    known = chance[np.isfinite(chance)]
    if not len(known) or np.ptp(known) < ROUNDING:
        return (estimate, *ends, None, None, "chance gives one value alone")
    # Orders of few groups repeat; the order itself is one of them.
    p_value = (1 + (known >= estimate - ROUNDING).sum()) / (1 + len(known))
    return (estimate, *ends, float(resampling.null_95(known)), float(p_value), None)
