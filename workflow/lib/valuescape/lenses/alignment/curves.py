"""How many questions are answered near the humans, and how far the worst cells lie from them.

The share of questions up to a threshold is what WorldValuesBench reports (Zhao et al. 2024); the
quantile curve with its tail follows arXiv:2512.05024, with a bootstrap for its band.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Distances = tuple[NDArray[np.float64], NDArray[np.float64]]

# WorldValuesBench steps by 0.05; its values are among these.
THRESHOLDS = np.arange(41) / 100
LEVELS = np.arange(51) / 50
TAIL_LEVELS = np.array([0.5, 0.75, 0.9, 0.95])
# Cells or questions up to a threshold that rounding puts on it are counted.
ROUNDING = 1e-9


def threshold_rows(
    unit: str,
    comparator: str,
    emds: NDArray[np.float64],
    replicates: NDArray[np.float64],
) -> pl.DataFrame:
    """Return the share of units up to each threshold.

    Parameters
    ----------
    unit : {"question", "cell"}
        What is counted.
    comparator : str
        Whose answers.
    emds : ndarray of float64, shape (n_units,)
        Distances; nan is left out.
    replicates : ndarray of float64, shape (n_replicates, n_units)
        Those of bootstrap draws; nan counts as far.

    Returns
    -------
    DataFrame
        Rows of table THRESHOLDS; none without units.
    """
    known = np.isfinite(emds)
    n = int(known.sum())
    if not n:
        return pl.DataFrame(schema=alignment_tables.THRESHOLDS.columns)
    limits = THRESHOLDS[:, None] + ROUNDING
    share = (emds[known] <= limits).mean(axis=-1)
    drawn = np.stack([(each[known] <= limits).mean(axis=-1) for each in replicates])
    low, high = resampling.interval(share, drawn, bounds=(0, 1))
    return pl.DataFrame(
        {
            "unit": unit,
            "comparator": comparator,
            "threshold": THRESHOLDS,
            "share": share,
            "ci_low": low,
            "ci_high": high,
            "n": n,
        },
        schema=alignment_tables.THRESHOLDS.columns,
    )


def quantile_rows(
    comparator: str, emds: NDArray[np.float64], replicates: NDArray[np.float64]
) -> pl.DataFrame:
    """Return the quantile curve of the distances of cells, and the mean of its tail.

    Parameters
    ----------
    comparator : str
        Whose answers.
    emds : ndarray of float64, shape (n_cells,)
        Distances of the complete cells, without nan.
    replicates : ndarray of float64, shape (n_replicates, n_cells)
        Those of bootstrap draws; nan is left out of a draw.

    Returns
    -------
    DataFrame
        Rows of table QUANTILES; none without cells.
    """
    if not emds.size:
        return pl.DataFrame(schema=alignment_tables.QUANTILES.columns)
    found = []
    whole = replicates[np.isfinite(replicates).all(axis=1)]
    for measure, levels, function in (
        ("quantile", LEVELS, quantile_curve),
        ("tail_mean", TAIL_LEVELS, tail_means),
    ):
        estimate = function(emds, levels)
        low, high = resampling.interval(estimate, function(whole, levels), bounds=(0, 1))
        found.append(
            pl.DataFrame(
                {
                    "comparator": comparator,
                    "measure": measure,
                    "level": levels,
                    "emd": estimate,
                    "ci_low": low,
                    "ci_high": high,
                    "n": len(emds),
                },
                schema=alignment_tables.QUANTILES.columns,
            )
        )
    return pl.concat(found).fill_nan(None)


def quantile_curve(emds: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return quantiles over cells (value at risk).

    Parameters
    ----------
    emds : ndarray of float64, shape (..., n_cells)
        Distances.
    levels : ndarray of float64, shape (n_levels,)
        Shares of cells, in [0, 1].

    Returns
    -------
    ndarray of float64, shape (..., n_levels)
        What that share of the cells does not exceed.
    """
    return np.moveaxis(np.quantile(emds, levels, axis=-1), 0, -1)


def tail_means(emds: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean distance of the worst cells (conditional value at risk).

    Parameters
    ----------
    emds : ndarray of float64, shape (..., n_cells)
        Distances.
    levels : ndarray of float64, shape (n_levels,)
        Shares of cells that are not among the worst, below 1.

    Returns
    -------
    ndarray of float64, shape (..., n_levels)
        Mean of the worst 1 - level, a cell at its edge counted in part (Rockafellar & Uryasev
        2002, J. Banking & Finance 26:1443-1471, eq. 25).
    """
    ordered = np.sort(emds, axis=-1)
    n = ordered.shape[-1]
    start = levels[:, None] * n
    weight = np.clip(np.arange(1, n + 1) - start, 0, 1) / (n - start)
    return np.asarray(ordered @ weight.T)


def threshold_table(
    questions: Mapping[str, Distances], cells: Mapping[str, Distances]
) -> pl.DataFrame:
    """Return the share of questions, and of cells, up to each threshold.

    Parameters
    ----------
    questions : mapping of str to (ndarray, ndarray)
        By comparator, distances of everybody together from all humans, shape (n_questions,), and
        those of bootstrap draws, shape (n_replicates, n_questions).
    cells : mapping of str to (ndarray, ndarray)
        By comparator, distances of the complete cells, shape (n_cells,), and those of draws, shape
        (n_replicates, n_cells).

    Returns
    -------
    DataFrame
        Table THRESHOLDS.
    """
    return pl.concat(
        threshold_rows(unit, name, *distances)
        for unit, found in (("question", questions), ("cell", cells))
        for name, distances in found.items()
    )


def quantile_table(cells: Mapping[str, Distances]) -> pl.DataFrame:
    """Return the quantile curve of every comparator.

    Parameters
    ----------
    cells : mapping of str to (ndarray, ndarray)
        As in `threshold_table`.

    Returns
    -------
    DataFrame
        Table QUANTILES.
    """
    return pl.concat(quantile_rows(name, *distances) for name, distances in cells.items())
