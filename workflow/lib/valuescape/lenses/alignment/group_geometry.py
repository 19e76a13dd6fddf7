"""Geometry of groups: whether personas keep how human groups lie to each other.

Distances between groups know no place and no direction. They are compared group by group (Mantel
1967, Cancer Research 27:209-220) and by the best matching of groups, whatever their names
(Gromov-Wasserstein: Memoli 2011, Foundations of Computational Mathematics 11:417-487).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.linalg import orthogonal_procrustes

from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.discrimination import FEWEST_GROUPS, Rounds, between_groups
from valuescape.stats import resampling

with warnings.catch_warnings():
    # POT 0.9.7 has invalid escape sequences in its docstrings.
    warnings.simplefilter("ignore")
    from ot.gromov import gromov_wasserstein

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

# Matchings are costly; a hundred draws fix an interval's ends to a tenth of its width.
MOST_MATCHINGS = 100
MATCHED = ("gromov_wasserstein", "matched_share")
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
        The problem is not convex: the better of two starts, all groups alike and each with
        itself.
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
        Ratio of their means: below 1 where `first` tells groups less apart.
    """
    total = float(second.sum())
    return float(first.sum()) / total if total > 0 else np.nan


def noise_alone(found: Rounds) -> NDArray[np.float64]:
    """Return draws of persona groups that do not differ, but are known as badly as these.

    Small groups lie far from all others by noise alone, so shuffled names would be no null.

    Parameters
    ----------
    found : Rounds
        Personas and their draws.

    Returns
    -------
    ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Mean of the groups, plus what each draw of a group deviates from the group.
    """
    return np.asarray(found.personas.mean(axis=0) + found.drawn_personas - found.personas)


def geometry_table(found: Rounds) -> pl.DataFrame:
    """Compare the distances between persona groups with those between human groups.

    Parameters
    ----------
    found : Rounds
        Both sides and their draws.

    Returns
    -------
    DataFrame
        Table GROUP_GEOMETRY; empty with fewer than three groups.
    """
    n, scales = len(found.personas), found.scales
    if n < FEWEST_GROUPS:
        return pl.DataFrame(schema=alignment_tables.GROUP_GEOMETRY.columns)

    def within(sides: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return [between_groups(side, side, scales) for side in sides]

    ours, theirs = within(np.stack([found.personas, found.humans]))
    drawn = list(zip(within(found.drawn_personas), within(found.drawn_humans), strict=True))
    alone = [(each, theirs) for each in within(noise_alone(found))]
    again = [(each, theirs) for each in within(found.again)]
    measures: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], float]] = {
        "mantel": mantel,
        "gromov_wasserstein": lambda *pair: matching(*pair)[0],
        "matched_share": lambda *pair: matching(*pair)[1],
        "spread_ratio": spread_ratio,
    }
    rows = []
    for name, measure in measures.items():
        most = MOST_MATCHINGS if name in MATCHED else len(drawn)
        estimate = measure(ours, theirs)
        replicates = np.array([measure(*pair) for pair in drawn[:most]])
        low, high = resampling.interval(estimate, replicates, BOUNDS[name])
        chance = np.array([measure(*pair) for pair in alone[:most]])
        sign = -1.0 if name == "gromov_wasserstein" else 1.0
        bound = sign * float(resampling.null_bound(sign * chance))
        better = int((sign * chance >= sign * estimate - 1e-12).sum())
        p_value = (1 + better) / (1 + len(chance))
        best = float(np.mean([measure(*pair) for pair in again]))
        rows.append((name, estimate, float(low), float(high), bound, p_value, best, n,
                     len(scales.questions)))  # fmt: skip
    return pl.DataFrame(
        rows, schema=alignment_tables.GROUP_GEOMETRY.columns, orient="row"
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


def position_table(found: Rounds, groups: Sequence[str]) -> pl.DataFrame:
    """Place the groups of both sides in one plane.

    Parameters
    ----------
    found : Rounds
        Both sides.
    groups : sequence of str
        Names of the groups.

    Returns
    -------
    DataFrame
        Table GROUP_POSITIONS: places of personas are turned and mirrored onto the humans', not
        stretched, so that groups told less apart lie closer together; empty with fewer than
        three groups.
    """
    if len(groups) < FEWEST_GROUPS:
        return pl.DataFrame(schema=alignment_tables.GROUP_POSITIONS.columns)
    sides = {
        name: plane(between_groups(side, side, found.scales))
        for name, side in (("human", found.humans), ("persona", found.personas))
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
