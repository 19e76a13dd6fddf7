"""Cultural map: where personas lie when they count as much as humans like them.

Equal weights of all configurations are one weighting among others, and not a neutral one. Beside
the personas stand the same configurations without an LLM: what both show comes from the weights.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.nearest import distances, region_centroids
from valuescape.lenses.cultural_map.positions import (
    AXES,
    measures_of,
    moment_columns,
    read_centroids,
)
from valuescape.lenses.weights import tables as weight_tables
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Row = tuple[str, str | None, float | None, float | None, float | None]

logger = logging.getLogger(__name__)

BOUNDS = {"correlation": (-1.0, 1.0), "hull_share": (0.0, 1.0),
          **dict.fromkeys((f"sd_{axis}" for axis in AXES), (0.0, np.inf))}  # fmt: skip
NO_MIDPOINT = np.full(2, np.nan)


def weighted_measures(points: Array, weights: Array, corners: Array, draws: Draws) -> Iterator[Row]:
    """Yield the measures of a weighted cloud of positions, with intervals.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Positions, without nan.
    weights : ndarray of float64, shape (n,)
        Not negative.
    corners : ndarray of float64, shape (m, 2)
        Country means; their convex hull is the area that humans cover.
    draws : Draws
        Bootstrap draws over the personas, their weights kept.

    Yields
    ------
    tuple
        Measure, no name, estimate and the ends of its interval.
    """
    yield "n_effective", None, float(weights.sum() ** 2 / (weights**2).sum()), None, None
    columns = moment_columns(points, corners) * weights[:, None]
    found = measures_of(columns.sum(axis=0), NO_MIDPOINT)
    drawn = measures_of(
        resampling.resampled_sums(columns, draws, "weighted_positions"), NO_MIDPOINT
    )
    for measure, estimate in found.items():
        if measure in {"n", "distance_from_midpoint"}:
            continue
        bounds = BOUNDS.get(measure, (-np.inf, np.inf))
        low, high = resampling.interval(estimate, drawn[measure], bounds)
        yield measure, None, float(estimate), float(low), float(high)


def nearest_to(points: Array, weights: Array, places: pl.DataFrame, unit: str) -> Iterator[Row]:
    """Yield the unit nearest to the weighted mean, and the one nearest to most personas.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Positions, without nan.
    weights : ndarray of float64, shape (n,)
        Not negative.
    places : DataFrame
        Mean positions of humans; the column `unit` holds their names.
    unit : {"country", "region"}
        What they are.

    Yields
    ------
    tuple
        Measure, name, distance or share, no interval.
    """
    centres = places.select(AXES).to_numpy()
    gaps = distances(np.average(points, axis=0, weights=weights)[None], centres)[0]
    yield f"nearest_{unit}", places[unit][int(gaps.argmin())], float(gaps.min()), None, None
    own = distances(points, centres).argmin(axis=1)
    shares = np.bincount(own, weights, minlength=len(centres)) / weights.sum()
    name = places[unit][int(shares.argmax())]
    yield f"share_nearest_{unit}", name, float(shares.max()), None, None


def weight_positions(
    positions: pl.DataFrame, weights: pl.DataFrame, centroids: pl.DataFrame, draws: Draws
) -> pl.DataFrame:
    """Describe where personas lie under each scheme of weights.

    Parameters
    ----------
    positions : DataFrame
        Table POSITIONS.
    weights : DataFrame
        Table WEIGHTS.
    centroids : DataFrame with country, region, self_expression, secular
        Mean positions of humans.
    draws : Draws
        Bootstrap draws over personas.

    Returns
    -------
    DataFrame
        Table WEIGHTED_POSITIONS; a scheme that gives no weight to any persona with a position has
        no rows.
    """
    regions = region_centroids(centroids)
    corners = centroids.select(AXES).to_numpy()
    placed = positions.drop_nulls(AXES)
    rows: list[tuple[str, str, *Row]] = []
    for (scheme,), part in weights.group_by("scheme", maintain_order=True):
        joined = placed.join(part, on="persona_id").filter(pl.col("weight") > 0)
        if joined.is_empty():
            continue
        own = joined["weight"].to_numpy()
        for name, prefix in (("persona", ""), ("design", "design_")):
            points = joined.select(f"{prefix}{axis}" for axis in AXES).to_numpy()
            found = [
                *weighted_measures(points, own, corners, draws),
                *nearest_to(points, own, centroids, "country"),
                *nearest_to(points, own, regions, "region"),
            ]
            rows += [(str(scheme), name, *row) for row in found]
    schema = map_tables.WEIGHTED_POSITIONS.columns
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


@command
def main(
    *,
    positions: Path,
    weights: Path,
    centroids: Path,
    seed: int,
    replicates: int,
    weighted_positions: Path,
) -> None:
    """Read positions and weights, write WEIGHTED_POSITIONS."""
    found = weight_positions(
        tables.read(positions, map_tables.POSITIONS),
        tables.read(weights, weight_tables.WEIGHTS),
        read_centroids(centroids),
        Draws(replicates, seed),
    )
    logger.info("%d schemes of weights", found["scheme"].n_unique())
    provenance = tables.joined_provenance([positions, weights])
    tables.write(found, weighted_positions, map_tables.WEIGHTED_POSITIONS, provenance)


if __name__ == "__main__":
    run(main)
