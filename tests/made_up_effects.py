"""Made-up persona spaces, and scores on which cultural variables have planted effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.stats.level_effects import membership
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import Level, PersonaSpace, Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLANTED_PAIR = (0, 4)
"""The two variables that interact in `planted_scores`."""


def cube(*sizes: int) -> PersonaSpace:
    """Return a persona space of variables v0, v1, ... with these numbers of levels."""
    return PersonaSpace(
        "cube",
        "made up",
        tuple(
            Variable(
                f"v{number}", f"V{number}", f"X{number}", (), "secular",
                tuple(Level(k, f"level {k} of {number}", (k,)) for k in range(size)),
            )
            for number, size in enumerate(sizes)
        ),
    )  # fmt: skip


def main_effects(space: PersonaSpace) -> NDArray[np.float64]:
    """Return effects, shape (6, n_levels), that sum to zero within each variable."""
    rng = np.random.default_rng(3)
    variable = np.repeat(np.arange(len(space.variables)), space.radices)
    found = rng.normal(0, 0.15, (6, len(variable)))
    for number in range(len(space.variables)):
        own = variable == number
        found[:, own] -= found[:, own].mean(axis=1, keepdims=True)
    return found


def pair_effect() -> NDArray[np.float64]:
    """Return a 4 x 4 interaction that sums to zero over either side."""
    found = np.random.default_rng(5).normal(0, 0.2, (4, 4))
    found -= found.mean(axis=0)
    return np.asarray(found - found.mean(axis=1, keepdims=True))


def planted_scores(
    space: PersonaSpace,
    ids: NDArray[np.uint32],
    mains: NDArray[np.float64],
    pair: NDArray[np.float64],
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Return configurations, and scores, shape (n, 6), of these effects about 3."""
    levels = space.levels_of(ids)
    interaction = pair[levels[:, PLANTED_PAIR[0]], levels[:, PLANTED_PAIR[1]]]
    return levels, 3 + membership(space, levels).matrix @ mains.T + interaction[:, None]


def planted_variances(
    space: PersonaSpace, mains: NDArray[np.float64], pair: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean square of each variable's effects, then of the interaction."""
    variable = np.repeat(np.arange(len(space.variables)), space.radices)
    squares = [(mains[:, variable == k] ** 2).mean(axis=1) for k in range(len(space.variables))]
    return np.array([*squares, np.full(6, (pair**2).mean())])


def oracle_table(space: PersonaSpace, ratings: NDArray[np.float64]) -> pl.DataFrame:
    """Return table ORACLE with these expected ratings, shape (6, n_levels), in one wording."""
    levels = membership(space, space.levels_of(np.zeros(1, dtype=np.int64)))
    rows = [
        (levels.variables[v], int(k), foundation, "oracle", "expected", float(ratings[f, column]))
        for column, (v, k) in enumerate(zip(levels.variable, levels.level, strict=True))
        for f, foundation in enumerate(FOUNDATIONS)
    ]
    return pl.DataFrame(rows, schema=dict(study_tables.ORACLE.columns), orient="row")
