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

from valuescape.answers.expected import Readout, n_readings
from valuescape.answers.inputs import read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.clouds import Place, summarise_readings
from valuescape.lenses.cultural_map.nearest import distances, region_centroids
from valuescape.lenses.cultural_map.positions import (
    design_positions,
    project_answers,
    project_readings,
    read_centroids,
    read_projection,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.diagnostics import kish
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Row = tuple[str, str | None, float | None, float | None, float | None]

logger = logging.getLogger(__name__)

NO_MIDPOINT = np.full(2, np.nan)


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
    read: Mapping[str, Sequence[Array]],
    weights: Mapping[str, Array],
    centroids: pl.DataFrame,
    draws: Draws | None,
) -> pl.DataFrame:
    """Describe where personas lie under each scheme of weights.

    Parameters
    ----------
    read : mapping of str to sequence of ndarray of float64, shape (n_personas, 2)
        By object of table WEIGHTED_POSITIONS, positions of the same personas in each reading; nan
        where there is none.
    weights : mapping of str to ndarray of float64, shape (n_personas,)
        By scheme.
    centroids : DataFrame with country, region, self_expression, secular
        Mean positions of humans.
    draws : Draws or None
        Bootstrap draws over personas; None where every configuration was asked. The places of
        configurations are known exactly.

    Returns
    -------
    DataFrame
        Table WEIGHTED_POSITIONS; a scheme that gives no weight to any persona with a position has
        no rows.
    """
    units = (("country", centroids), ("region", region_centroids(centroids)))
    place = Place(centroids.select(AXES).to_numpy(), NO_MIDPOINT)
    known = np.isfinite(np.hstack([points for many in read.values() for points in many])).all(
        axis=1
    )
    rows: list[tuple[str, str, *Row]] = []
    for scheme, each in weights.items():
        counts = known & (each > 0)
        if not counts.any():
            continue
        own = each[counts]
        for name, readings in read.items():
            points = [reading[counts] for reading in readings]
            sampled = None if name == "design" else draws
            rows.append((scheme, name, "n_effective", None, kish(own), None, None))
            rows += [
                (scheme, name, measure, None, estimate, low, high)
                for _, measure, estimate, low, high in summarise_readings(
                    name, points, place, sampled, own
                )
                if measure not in {"n", "distance_from_midpoint"}
            ]
            if len(points) == 1:
                for unit, places in units:
                    nearest = nearest_to(points[0], own, places, unit)
                    rows += [(scheme, name, *row) for row in nearest]
    schema = map_tables.WEIGHTED_POSITIONS.columns
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    weights: Path,
    projection: Path,
    centroids: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    weighted_positions: Path,
) -> None:
    """Read answers and weights, write WEIGHTED_POSITIONS."""
    persona_responses = read_persona_responses(space, personas, instrument, responses, readout)
    frozen = read_projection(projection)
    times = Draws(n_readings(persona_responses.personas.height), seed)
    readings = project_readings(persona_responses, frozen, times)
    read = {
        "persona": [project_answers(persona_responses, frozen)],
        "persona_drawn": list(readings),
        "design": [design_positions(persona_responses.space, persona_responses.levels, frozen)],
    }
    by_scheme = {
        str(scheme): part.sort("persona_id")["weight"].to_numpy()
        for (scheme,), part in tables.read(weights, weight_tables.WEIGHTS).group_by(
            "scheme", maintain_order=True
        )
    }
    whole = persona_responses.personas.height == persona_responses.space.n_personas
    draws = None if whole else Draws(replicates, seed)
    found = weight_positions(read, by_scheme, read_centroids(centroids), draws)
    logger.info("%d schemes of weights", found["scheme"].n_unique())
    provenance = tables.joined_provenance([personas, responses, weights])
    tables.write(found, weighted_positions, map_tables.WEIGHTED_POSITIONS, provenance)


if __name__ == "__main__":
    run(main)
