"""Lens 1: where personas lie on the map when they count as much as humans like them.

    python -m valuescape.lenses.cultural_map.weighted_positions --positions F --weights F --centroids F --seed N \
        --replicates N --output F

All configurations alike is one weighting among others, and not a neutral one. Beside the personas
stand the same configurations without an LLM: what both do is the weights' doing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.inputs import parser_of_files
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.core.reference import read_reference
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.nearest import CENTROIDS, distances
from valuescape.lenses.cultural_map.positions import AXES, measures, moments
from valuescape.lenses.weights import tables as weight_tables
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]
    Row = tuple[str, str | None, float | None, float | None, float | None]

logger = logging.getLogger(__name__)

BOUNDS = {"correlation": (-1.0, 1.0), "hull_share": (0.0, 1.0),
          **dict.fromkeys((f"sd_{axis}" for axis in AXES), (0.0, np.inf))}  # fmt: skip
NOWHERE = np.full(2, np.nan)


def weighted_measures(points: Array, weights: Array, corners: Array, draws: Draws) -> Iterator[Row]:
    """Yield the moments of a weighted cloud, with intervals.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Places, without nan.
    weights : ndarray of float64, shape (n,)
        Not negative.
    corners : ndarray of float64, shape (m, 2)
        Country means, whose convex hull is what humans cover.
    draws : Draws
        Bootstrap draws over the personas, their weights kept.

    Yields
    ------
    tuple
        Measure, no name, estimate and the ends of its interval.
    """
    yield "n_effective", None, float(weights.sum() ** 2 / (weights**2).sum()), None, None
    columns = moments(points, corners) * weights[:, None]
    found = measures(columns.sum(axis=0), NOWHERE)
    drawn = measures(resampling.resampled_sums(columns, draws, "weighted_positions"), NOWHERE)
    for measure, estimate in found.items():
        if measure in {"n", "distance_from_midpoint_answerer"}:
            continue
        bounds = BOUNDS.get(measure, (-np.inf, np.inf))
        low, high = resampling.interval(estimate, drawn[measure], bounds)
        yield measure, None, float(estimate), float(low), float(high)


def nearest_to(points: Array, weights: Array, places: pl.DataFrame, kind: str) -> Iterator[Row]:
    """Yield to what the weighted mean lies nearest, and most personas.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Places, without nan.
    weights : ndarray of float64, shape (n,)
        Not negative.
    places : DataFrame
        Mean places of humans; their names stand in the column `kind`.
    kind : {"country", "region"}
        What they are.

    Yields
    ------
    tuple
        Measure, name, distance or share, no interval.
    """
    centres = places.select(AXES).to_numpy()
    gaps = distances(np.average(points, axis=0, weights=weights)[None], centres)[0]
    yield f"nearest_{kind}", places[kind][int(gaps.argmin())], float(gaps.min()), None, None
    own = distances(points, centres).argmin(axis=1)
    shares = np.bincount(own, weights, minlength=len(centres)) / weights.sum()
    name = places[kind][int(shares.argmax())]
    yield f"share_nearest_{kind}", name, float(shares.max()), None, None


def weighted_positions(
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
        Mean places of humans.
    draws : Draws
        Bootstrap draws over personas.

    Returns
    -------
    DataFrame
        Table WEIGHTED_POSITIONS; a scheme that gives no placed persona a weight has no rows.
    """
    regions = centroids.group_by("region", maintain_order=True).agg(pl.col(AXES).mean())
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


def main(argv: Sequence[str] | None = None) -> None:
    """Read places and weights, write WEIGHTED_POSITIONS.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = parser_of_files(__doc__, ("positions", "weights", "centroids", "output"))
    resampling.add_arguments(parser)
    args = parser.parse_args(argv)
    found = weighted_positions(
        tables.read(args.positions, map_tables.POSITIONS),
        tables.read(args.weights, weight_tables.WEIGHTS),
        read_reference(args.centroids, CENTROIDS),
        resampling.Draws(args.replicates, args.seed),
    )
    logger.info("%d schemes of weights", found["scheme"].n_unique())
    provenance = tables.joined_provenance([args.positions, args.weights])
    tables.write(found, args.output, map_tables.WEIGHTED_POSITIONS, provenance)


if __name__ == "__main__":
    run(main)
