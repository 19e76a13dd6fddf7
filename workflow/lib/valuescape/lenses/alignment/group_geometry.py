"""Geometry of groups: whether personas keep how human groups lie to each other.

Distances between groups do not depend on where the groups lie. They are compared group by group
(Mantel 1967, Cancer Research 27:209-220) and by the best matching of groups, whatever their names
(Gromov-Wasserstein: Memoli 2011, Foundations of Computational Mathematics 11:417-487).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.linalg import orthogonal_procrustes

from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.discrimination import (
    GroupDraws,
    beside_chance,
    between_groups,
)
from valuescape.stats import resampling

with warnings.catch_warnings():
    # POT 0.9.7 has invalid escape sequences in its docstrings.
    warnings.simplefilter("ignore")
    from ot.gromov import gromov_wasserstein

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.emd import OptionGrid

    Pair = tuple[NDArray[np.float64], NDArray[np.float64]]

# Matchings are costly; a hundred draws fix an interval's ends to a tenth of its width.
MOST_MATCHINGS = 100
BOUNDS = {
    "mantel": (-1.0, 1.0),
    "gromov_wasserstein": (0.0, np.inf),
    "matched_share": (0.0, 1.0),
    "spread_ratio": (0.0, np.inf),
}


def mantel(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the correlation of two sets of distances.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n_groups, n_groups)
        Symmetric distances.

    Returns
    -------
    float
        Pearson's, over the pairs of groups; nan where either does not vary.
    """
    pairs = np.triu_indices(len(first), 1)
    return float(resampling.correlation(first[pairs], second[pairs]))


def matching(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
    """Return the cost of the best matching of groups, and how many it sends to themselves.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n_groups, n_groups)
        Symmetric distances; each is divided by its mean over the pairs.

    Returns
    -------
    (float, float)
        Square root of the Gromov-Wasserstein cost, 0 for equal shapes; share of mass that stays.
        The problem is not convex: the better of two starts, every group with all others
        and each with itself.
    """
    n = len(first)
    pairs = np.triu_indices(n, 1)
    means = [side[pairs].mean() for side in (first, second)]
    scaled = [side / mean if mean > 0 else side for side, mean in zip((first, second), means,
                                                                      strict=True)]  # fmt: skip
    mass = np.full(n, 1 / n)
    found = []
    for start in (np.outer(mass, mass), np.diag(mass)):
        plan, log = gromov_wasserstein(*scaled, mass, mass, "square_loss", G0=start, log=True)
        found.append((float(np.sqrt(max(float(log["gw_dist"]), 0.0))), float(np.trace(plan))))
    return min(found)


def spread_ratio(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return how far apart groups lie on one side, against the other.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n_groups, n_groups)
        Symmetric distances.

    Returns
    -------
    float
        Ratio of their means: below 1 where the groups of `first` differ less.
    """
    total = float(second.sum())
    return float(first.sum()) / total if total > 0 else np.nan


def noise_alone(found: GroupDraws) -> NDArray[np.float64]:
    """Return draws of persona groups that do not differ, but are as noisy as these.

    Small groups lie far from all others by noise alone, so shuffling names is not enough.

    Parameters
    ----------
    found : GroupDraws
        Personas and their draws.

    Returns
    -------
    ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Mean of the groups, plus what each draw of a group deviates from the group.
    """
    return np.asarray(found.personas.mean(axis=0) + found.drawn_personas - found.personas)


@dataclass(frozen=True)
class GroupDistances:
    """How far the groups of a population lie from each other.

    Attributes
    ----------
    personas, humans : ndarray of float64, shape (n_groups, n_groups)
        EMD averaged over questions.
    """

    personas: NDArray[np.float64]
    humans: NDArray[np.float64]


def within(shares: NDArray[np.float64], grid: OptionGrid) -> NDArray[np.float64]:
    """Return the EMD between the groups of one population, shape (n_groups, n_groups)."""
    return between_groups(shares, shares, grid)


def group_distances(found: GroupDraws) -> GroupDistances:
    """Return the distances between persona groups, and between human groups."""
    return GroupDistances(within(found.personas, found.grid), within(found.humans, found.grid))


def shape_measures(pairs: Sequence[Pair]) -> dict[str, NDArray[np.float64]]:
    """Return how similar two sets of distances are.

    Parameters
    ----------
    pairs : sequence of (ndarray, ndarray), each of shape (n_groups, n_groups)
        Distances in both populations, or draws of them.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_pairs,)
        By the names of `BOUNDS`; matchings of the first `MOST_MATCHINGS` pairs alone.
    """
    matchings = [matching(*pair) for pair in pairs[:MOST_MATCHINGS]]
    return {
        "mantel": np.array([mantel(*pair) for pair in pairs]),
        "gromov_wasserstein": np.array([cost for cost, _ in matchings]),
        "matched_share": np.array([stays for _, stays in matchings]),
        "spread_ratio": np.array([spread_ratio(*pair) for pair in pairs]),
    }


def geometry_table(found: GroupDraws, between: GroupDistances, reason: str) -> pl.DataFrame:
    """Compare the distances between persona groups with those between human groups.

    Parameters
    ----------
    found : GroupDraws
        Personas and humans, and draws of both.
    between : GroupDistances
        As from `group_distances`.
    reason : str
        Why groups cannot be compared; empty if they can.

    Returns
    -------
    DataFrame
        Table GROUP_GEOMETRY, all null where groups cannot be compared.
    """
    n_groups, grid = len(found.personas), found.grid
    if reason:
        rows = [(name, *[None] * 6, n_groups, len(grid.questions), reason) for name in BOUNDS]
        return pl.DataFrame(rows, schema=alignment_tables.GROUP_GEOMETRY.columns, orient="row")
    both = zip(found.drawn_personas, found.drawn_humans, strict=True)
    estimates = shape_measures([(between.personas, between.humans)])
    replicates = shape_measures(
        [(within(personas, grid), within(humans, grid)) for personas, humans in both]
    )
    chance = shape_measures([(within(each, grid), between.humans) for each in noise_alone(found)])
    ceiling = shape_measures(
        [(within(each, grid), between.humans) for each in found.redrawn_humans]
    )
    compared: list[tuple[str | float | None, ...]] = []
    for name, bounds in BOUNDS.items():
        estimate = float(estimates[name][0])
        # Of a cost, less is better.
        sign = -1.0 if name == "gromov_wasserstein" else 1.0
        _, _, _, bound, p_value, why = beside_chance(
            sign * estimate, sign * replicates[name], sign * chance[name]
        )
        low, high = resampling.interval(estimate, replicates[name], bounds)
        compared.append((
            name, estimate, float(low), float(high), None if bound is None else sign * bound,
            p_value, float(np.mean(ceiling[name])), n_groups, len(grid.questions), why,
        ))  # fmt: skip
    return pl.DataFrame(
        compared, schema=alignment_tables.GROUP_GEOMETRY.columns, orient="row"
    ).fill_nan(None)


def plane(distance: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return places in the plane that keep distances best (classical scaling, Torgerson 1952).

    Parameters
    ----------
    distance : ndarray of float64, shape (n_groups, n_groups)
        Symmetric distances.

    Returns
    -------
    (ndarray of float64, shape (n_groups, 2), float)
        Centred places; share of the (positive) squared spread that they show.
    """
    centre = np.eye(len(distance)) - 1 / len(distance)
    values, vectors = np.linalg.eigh(-centre @ distance**2 @ centre / 2)
    largest = np.clip(values[[-1, -2]], 0, None)
    places = vectors[:, [-1, -2]] * np.sqrt(largest)
    positive = float(np.clip(values, 0, None).sum())
    return places, float(largest.sum()) / positive if positive > 0 else np.nan


def position_table(between: GroupDistances, groups: Sequence[str], reason: str) -> pl.DataFrame:
    """Place the groups of both populations in one plane.

    Parameters
    ----------
    between : GroupDistances
        As from `group_distances`.
    groups : sequence of str
        Names of the groups.
    reason : str
        Why groups cannot be compared; empty if they can.

    Returns
    -------
    DataFrame
        Table GROUP_POSITIONS: places of personas are turned and mirrored onto the humans', not
        stretched, so that groups which differ less lie closer together; empty where groups cannot
        be compared.
    """
    if reason:
        return pl.DataFrame(schema=alignment_tables.GROUP_POSITIONS.columns)
    sides = {
        name: plane(distance)
        for name, distance in (("human", between.humans), ("persona", between.personas))
    }
    turn, _ = orthogonal_procrustes(sides["persona"][0], sides["human"][0])
    rows = [
        (population, group, float(x), float(y), explained)
        for population, (places, explained) in sides.items()
        for group, (x, y) in zip(
            groups, places @ turn if population == "persona" else places, strict=True
        )
    ]
    return pl.DataFrame(
        rows, schema=alignment_tables.GROUP_POSITIONS.columns, orient="row"
    ).fill_nan(None)
