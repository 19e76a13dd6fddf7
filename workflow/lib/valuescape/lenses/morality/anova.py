"""Variance tables: which cultural variable moves which moral foundation, alone and with others.

The noise is measured by replicates (the same personas, answering with other seeds); without any, it
is bounded from above by effects of high order.
"""

from __future__ import annotations

import logging
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.lenses.morality import inputs as moral_inputs
from valuescape.lenses.morality import noise as moral_noise
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality import trends as moral_trends
from valuescape.lenses.morality.functional_anova import (
    EXACT,
    PAIR,
    Decomposition,
    Shares,
    decompose,
    effect,
    filled,
    shares,
)
from valuescape.stats import level_effects
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace

logger = logging.getLogger(__name__)

NOT_ESTIMABLE = "not estimable: the fraction mixes it with other effects"
UNBALANCED = "not estimable: the design is not balanced"
UNDEFINED = "not defined: the score does not vary, or too few personas have it"
MEASURES = ("first_order", "total", "shapley")


def _rows(found: Shares | None, n_scores: int) -> dict[str, NDArray[np.float64]]:
    names = ("share", "ci_low", "ci_high", "null_95_share", "omega_squared")
    if found is None:
        return {name: np.full(n_scores, np.nan) for name in names}
    return {name: getattr(found, name) for name in names}


def _estimable(found: Shares | None, otherwise: str) -> list[str]:
    """Say for each foundation what its share is, or why there is none."""
    if found is None:
        return [otherwise] * len(FOUNDATIONS)
    return [UNDEFINED if unknown else otherwise for unknown in np.isnan(found.share)]


def _frame(rows: Sequence[Mapping[str, object]], table: tables.Table) -> pl.DataFrame:
    frames = [pl.DataFrame({"foundation": FOUNDATIONS, **row}) for row in rows]
    cast = [pl.col(name).cast(dtype) for name, dtype in table.columns.items()]
    return pl.concat(frames).select(cast).fill_nan(None)


def share_table(parts: Decomposition | None, variables: Sequence[str]) -> pl.DataFrame:
    """Return the shares of variables.

    Parameters
    ----------
    parts : Decomposition or None
        None if the design is not balanced.
    variables : sequence of str
        Names.

    Returns
    -------
    DataFrame
        Table ANOVA_SHARES.
    """
    rows: list[Mapping[str, object]] = []
    for number, name in enumerate(variables):
        for measure in MEASURES:
            weights = None if parts is None else parts.weights(measure, number)
            estimable = NOT_ESTIMABLE if parts else UNBALANCED
            found = None
            if parts is not None and weights is not None:
                found, estimable = shares(parts, weights), parts.estimable
            row = _rows(found, len(FOUNDATIONS))
            said = _estimable(found, estimable)
            rows.append({"variable": name, "measure": measure, "estimable": said, **row})
    return _frame(rows, moral_tables.ANOVA_SHARES)


def order_table(
    parts: Decomposition | None, n_filled: NDArray[np.int64], radices: NDArray[np.int64]
) -> pl.DataFrame:
    """Return the variance by the number of variables that interact.

    Parameters
    ----------
    parts : Decomposition or None
        None if the design is not balanced.
    n_filled : ndarray of int64, shape (n_scores,)
        Missing scores filled.
    radices : ndarray of int64, shape (n_variables,)
        Number of levels.

    Returns
    -------
    DataFrame
        Table ANOVA_ORDERS; an order that the design cannot estimate has no share.
    """
    rows: list[Mapping[str, object]] = []
    for order in range(1, len(radices) + 1):
        groups = np.array([np.prod(chosen) for chosen in combinations(radices - 1, order)])
        found, estimable = None, NOT_ESTIMABLE if parts else UNBALANCED
        if parts is not None and (order == 1 or parts.estimable == EXACT):
            own = (parts.members.sum(axis=1) == order).astype(float)
            found, estimable = shares(parts, own), parts.estimable
        rows.append(
            {
                "order": order,
                "n_effects": len(groups),
                "df": int(groups.sum()),
                "noise_mean_square": parts.noise if parts else np.full(len(FOUNDATIONS), np.nan),
                "noise_from": parts.noise_from if parts else UNBALANCED,
                "n_filled": n_filled,
                "estimable": _estimable(found, estimable),
                **_rows(found, len(FOUNDATIONS)),
            }
        )
    return _frame(rows, moral_tables.ANOVA_ORDERS)


def pair_table(
    parts: Decomposition | None,
    scores: NDArray[np.float64],
    levels: NDArray[np.int8],
    space: PersonaSpace,
) -> pl.DataFrame:
    """Return the interactions of two variables.

    Parameters
    ----------
    parts : Decomposition or None
        As from `decompose`.
    scores : ndarray of float64, shape (n_personas, n_scores)
        The scores it parts.
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations.
    space : PersonaSpace
        Names and numbers of levels.

    Returns
    -------
    DataFrame
        Table ANOVA_PAIRS; empty cells unless the design is the full cube.
    """
    rows: list[Mapping[str, object]] = []
    cube = None
    if parts is not None and parts.estimable == EXACT:
        cube = np.empty((*space.radices, scores.shape[1]))
        cube[tuple(levels.T)] = scores
    for pair in combinations(range(len(space.variables)), PAIR):
        found, largest = None, np.full(scores.shape[1], np.nan)
        estimable = NOT_ESTIMABLE if parts else UNBALANCED
        if parts is not None and cube is not None:
            own = parts.members[:, pair].all(axis=1) & (parts.members.sum(axis=1) == PAIR)
            found, estimable = shares(parts, own.astype(float)), EXACT
            largest = np.abs(effect(cube, pair)).max(axis=(0, 1))
        names = [space.variables[number].name for number in pair]
        row = _rows(found, scores.shape[1])
        rows.append({"variable": names[0], "other_variable": names[1], "largest_effect": largest,
                     "estimable": _estimable(found, estimable), **row})  # fmt: skip
    return _frame(rows, moral_tables.ANOVA_PAIRS)


def analyse(
    scores: NDArray[np.float64],
    levels: NDArray[np.int8],
    space: PersonaSpace,
    readout: Readout = "probabilities",
    replicates: Sequence[NDArray[np.float64]] = (),
) -> dict[str, pl.DataFrame]:
    """Return the tables of the functional ANOVA.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations.
    space : PersonaSpace
        The cultural variables.
    readout : {"probabilities", "modal", "drawn"}
        What the scores are made of.
    replicates : sequence of ndarray of float64, each of shape (n_personas, 6)
        Scores of the same personas in further replicates.

    Returns
    -------
    dict of str to DataFrame
        shares, orders, pairs, trends.
    """
    membership = level_effects.membership(space, levels)
    full = len(levels) == space.n_personas
    # Only the sum over all interactions needs a score of every configuration.
    whole = filled(scores, membership.matrix) if full else scores
    n_filled = (np.isnan(scores) & ~np.isnan(whole)).sum(axis=0)
    parts = None
    try:
        repeated = moral_noise.replicate_noise([scores, *replicates])
        parts = decompose(whole, levels, space, repeated.mean_square if repeated else None)
    except UserError as error:
        logger.warning("%s; its shares are left empty", error)
    names = [variable.name for variable in space.variables]
    fit = level_effects.fit_additive(scores, membership)
    noise = moral_noise.noise_of(
        fit, full=full, drawn=readout == "drawn", replicates=[scores, *replicates]
    )
    return {
        "shares": share_table(parts, names),
        "orders": order_table(parts, n_filled, space.radices),
        "pairs": pair_table(parts, whole, levels, space),
        "trends": moral_trends.trend_table(scores, levels, space, fit, noise),
    }


@command
def main(
    *,
    space: Path,
    personas: Path,
    scores: Path,
    replicate_scores: list[Path],
    readout: Readout,
    shares: Path,
    orders: Path,
    pairs: Path,
    trends: Path,
) -> None:
    """Read the scores, also of further replicates, write the four tables."""
    read = moral_inputs.read_scored(space, personas, [scores, *replicate_scores])
    results = analyse(read.scores[0], read.levels, read.space, readout, read.scores[1:])
    provenance = tables.joined_provenance([personas, scores, *replicate_scores])
    for name, path, table in (
        ("shares", shares, moral_tables.ANOVA_SHARES),
        ("orders", orders, moral_tables.ANOVA_ORDERS),
        ("pairs", pairs, moral_tables.ANOVA_PAIRS),
        ("trends", trends, moral_tables.TRENDS),
    ):
        tables.write(results[name], path, table, provenance)


if __name__ == "__main__":
    run(main)
