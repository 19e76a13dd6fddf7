"""Comparators: the distances of everything that is set beside the humans of the same groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from valuescape.answers.distributions import HumanAnswers, PersonaAnswers, shares_of
from valuescape.lenses.alignment.cells import floor_of
from valuescape.lenses.alignment.distances import (
    PERSONA,
    POOLED,
    UNIFORM,
    corrected_distances,
    distances,
    in_blocks,
    others_pooled,
    replicated_distances,
)
from valuescape.lenses.alignment.weighting import WEIGHTED
from valuescape.stats.emd import OptionGrid, emd, noise_floor, step_variance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuescape.stats.resampling import Draws

Array = NDArray[np.float64]
Counted = tuple[Array, Array]
"""Counts by group, and draws of them."""


def further_distances(counted: Counted, humans: Counted, gaps: Array) -> tuple[Array, Array]:
    """Return the distances of further answers from the humans.

    Parameters
    ----------
    counted : (ndarray, ndarray)
        Counts or shares, shape (n_groups, n_questions, most_options), and draws of them, shape
        (n_replicates, n_groups, n_questions, most_options).
    humans : (ndarray, ndarray)
        Shares among humans, and draws of them, of the same shapes.
    gaps : ndarray of float64, shape (n_questions, most_options - 1)
        Distance from each option to the next.

    Returns
    -------
    (ndarray, ndarray)
        Distances, shape (n_groups, n_questions), and those of the draws.
    """
    replicates = [
        emd(shares_of(counted[1][block]), humans[1][block], gaps)
        for block in in_blocks(len(counted[1]))
    ]
    return emd(shares_of(counted[0]), humans[0], gaps), np.concatenate(replicates)


def pool_conditions(this: Counted, others: Sequence[Counted], draws: Draws) -> Counted:
    """Return the answers of this condition and of others together.

    Parameters
    ----------
    this : (ndarray, ndarray)
        Counts of this condition, shape (n_groups, n_questions, most_options), and draws of them.
    others : sequence of (ndarray, ndarray)
        Those of the other conditions.
    draws : Draws
        Conditions are drawn as clusters, m - 1 of m of them, as countries are (Rao & Wu 1988).

    Returns
    -------
    (ndarray, ndarray)
        Counts, and draws of them.
    """
    m = len(others) + 1
    rng = draws.generator("alignment/conditions")
    times = rng.multinomial(m - 1, np.full(m, 1 / m), size=draws.n)[..., None, None, None]
    counts, drawn = this[0], this[1] * times[:, 0]
    for number, (further, further_drawn) in enumerate(others, 1):
        counts, drawn = counts + further, drawn + further_drawn * times[:, number]
    return counts, drawn


def as_one(counted: Counted) -> Counted:
    """Return the answers of all groups, and of personas of none, as those of one group."""
    counts, drawn = counted
    return counts.sum(axis=0, keepdims=True), drawn.sum(axis=1, keepdims=True)


def by_group(counted: Counted, *, told: bool) -> Counted:
    """Return the answers of each group, without those of personas of no group.

    Personas that are not told what makes the groups answer alike in all: everybody's answers then
    stand in each group, for to sort them by a label that they never saw would only add noise.
    """
    counts, drawn = counted
    if told:
        return counts[:-1], drawn[:, :-1]
    everybody, drawn_everybody = as_one(counted)
    n = len(counts) - 1
    return np.repeat(everybody, n, axis=0), np.repeat(drawn_everybody, n, axis=1)


@dataclass(frozen=True)
class Compared:
    """Distances of every comparator from the humans of the same groups.

    Attributes
    ----------
    estimates : dict of str to ndarray of float64, shape (n_groups, n_questions)
        By comparator.
    replicates : dict of str to ndarray of float64, shape (n_replicates, n_groups, n_questions)
        Those of bootstrap draws.
    corrected : dict of str to (ndarray, ndarray)
        Distances less the bias of noise, and those of the draws, of those that have them.
    floors : dict of str to ndarray of float64, shape (n_groups, n_questions)
        Distance that a perfect comparator keeps, by the noise of the humans and of as many
        personas (`persona`) or weighted ones (`personas_weighted`).
    """

    estimates: dict[str, Array]
    replicates: dict[str, Array]
    corrected: dict[str, tuple[Array, Array]]
    floors: dict[str, Array]


def compare(
    personas: tuple[PersonaAnswers, Array],
    humans: tuple[HumanAnswers, Array],
    others: Mapping[str, Counted],
    grid: OptionGrid,
) -> Compared:
    """Measure every distance once.

    Parameters
    ----------
    personas : (PersonaAnswers, ndarray)
        Of each group, and draws of their counts, shape (n_replicates, n_groups, n_questions,
        most_options).
    humans : (HumanAnswers, ndarray)
        The same groups, and draws of their shares.
    others : mapping of str to (ndarray, ndarray)
        By comparator, counts or shares of further answers, and draws of them.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    Compared
        The distances.
    """
    (answers, drawn), (people, drawn_people) = personas, humans
    estimates = distances(answers.counts, people.shares, people, grid)
    replicates = replicated_distances(drawn, drawn_people, people, grid)
    known = (people.shares, drawn_people)
    corrected = {
        PERSONA: corrected_distances((answers.counts, drawn), known, grid.gaps),
        UNIFORM: corrected_distances(unvarying(grid.uniform, known), known, grid.gaps),
        POOLED: corrected_distances(
            (others_pooled(known[0], people), others_pooled(known[1], people)), known, grid.gaps
        ),
    }
    floors = {PERSONA: floor_of(answers, people, grid)}
    for comparator, (counts, drawn_counts) in others.items():
        estimates[comparator], replicates[comparator] = further_distances(
            (counts, drawn_counts), known, grid.gaps
        )
        corrected[comparator] = corrected_distances((counts, drawn_counts), known, grid.gaps)
        if comparator == WEIGHTED:
            steps = np.cumsum(drawn_counts, axis=-1)[..., :-1]
            noise = step_variance(people.shares, people.n_effective) + steps.var(axis=0)
            floors[WEIGHTED] = noise_floor(noise, grid.gaps)
    return Compared(estimates, replicates, corrected, floors)


def unvarying(shares: Array, humans: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return answers that no draw changes, in the shape of humans and draws of them."""
    return np.broadcast_to(shares, humans[0].shape), np.broadcast_to(shares, humans[1].shape)
