"""Equivalent human sample size: how many humans of a group lie as near to it as the personas do.

arXiv:2502.17773 asks this of confidence sets; here it is asked of the distance: k humans drawn at
random lie as far from the n that were surveyed as noise lets expect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.humans.distributions import ALL
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.stats import resampling
from valuescape.stats.emd import expected_floor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers
    from valuescape.stats.emd import OptionGrid

# The number is sought between a thousandth of a person and a hundred million, by halving.
LOG_BOUNDS = (-3.0, 8.0)
HALVINGS = 50


def equivalent_n(
    distance: NDArray[np.float64],
    single: NDArray[np.float64],
    n_effective: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the number of humans whose expected distance equals a given one.

    Parameters
    ----------
    distance : ndarray of float64, shape (...)
        Mean EMD of a comparator over cells.
    single : ndarray of float64, shape (n_cells,)
        Expected distance of one human from the truth; of k humans it is 1 / sqrt(k) of it.
    n_effective : ndarray of float64, shape (n_cells,)
        How many humans the comparator is compared with.
    weights : ndarray of float64, shape (n_cells,)
        What each cell counts; they sum to 1.

    Returns
    -------
    ndarray of float64, shape (...)
        k with mean of single * sqrt(1 / k + 1 / n) = distance; inf where even infinitely many
        would be expected farther; nan for nan. Below 1: worse than one human.
    """
    wanted = np.asarray(distance, dtype=np.float64)
    low, high = (np.full(wanted.shape, bound) for bound in LOG_BOUNDS)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        noise = np.sqrt(10.0 ** -middle[..., None] + 1 / n_effective)
        too_far = (noise * single) @ weights > wanted
        low, high = np.where(too_far, middle, low), np.where(too_far, high, middle)
    found = np.where(low > LOG_BOUNDS[1] - 1e-6, np.inf, 10.0**low)
    return np.where(np.isnan(wanted), np.nan, found)


def equivalent_n_table(
    estimates: Mapping[str, NDArray[np.float64]],
    replicates: Mapping[str, NDArray[np.float64]],
    humans: HumanAnswers,
    complete: NDArray[np.bool_],
    grid: OptionGrid,
) -> pl.DataFrame:
    """Return the equivalent human sample size of each comparator, by group and over all.

    Parameters
    ----------
    estimates : mapping of str to ndarray of float64, shape (n_groups, n_questions)
        Distances by comparator.
    replicates : mapping of str to ndarray of float64, shape (n_replicates, n_groups, n_questions)
        Those of bootstrap draws.
    humans : HumanAnswers
        The groups.
    complete : ndarray of bool, shape (n_groups, n_questions)
        Cells that count.
    grid : OptionGrid
        The questions.

    Returns
    -------
    DataFrame
        Table EQUIVALENT_N.
    """
    single = expected_floor(humans.shares, np.ones(humans.n_effective.shape), grid.gaps)
    masks = {group: complete & (np.arange(len(complete)) == row)[:, None]
             for row, group in enumerate(humans.groups)} | {ALL: complete}  # fmt: skip
    rows = []
    for group, cells in masks.items():
        if not cells.any():
            continue
        weights = np.full(int(cells.sum()), 1 / cells.sum())
        n = humans.n_effective[cells]
        for comparator, values in estimates.items():
            distance = values[cells].mean()
            drawn = np.nanmean(replicates[comparator][:, cells], axis=1)
            # Draws lie farther by their own noise; moved back, they spread about the estimate.
            moved = np.concatenate([[distance], drawn - np.nanmean(drawn) + distance])
            found = equivalent_n(np.clip(moved, 0, None), single[cells], n, weights)
            tail = (1 - resampling.CONFIDENCE) / 2
            ends = np.nanquantile(found[1:], [tail, 1 - tail], method="nearest")
            known = [float(x) if np.isfinite(x) else None for x in (found[0], *ends)]
            rows.append((comparator, group, *known, float(distance), float(n.mean())))
    return pl.DataFrame(rows, schema=alignment_tables.EQUIVALENT_N.columns, orient="row")
