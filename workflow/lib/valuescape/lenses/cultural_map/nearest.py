"""Cultural map: whom personas lie nearest to, and how certain their mean position is.

Four uncertainties are kept apart: the spread of personas, the confidence of their mean, the change
from condition to condition, and the instrument itself.
"""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, expected_values
from valuescape.answers.inputs import PersonaResponses, read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.positions import (
    FACTOR_TO_MAP,
    MAP_ORIGIN,
    REIMPLEMENTATIONS_RMS,
    read_centroids,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Quantile of chi-squared at two degrees of freedom: -2 ln(1 - 0.95).
CHI2_95 = -2 * math.log(1 - resampling.CONFIDENCE)
FEWEST_CONDITIONS = 2
N_REIMPLEMENTATIONS = 2


def distances(points: Array, centres: Array) -> Array:
    """Return Euclidean distances on the map.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Positions of personas, in map units.
    centres : ndarray of float64, shape (m, 2)
        Of countries or regions.

    Returns
    -------
    ndarray of float64, shape (n, m)
        In map units.
    """
    x, y = (points[:, None, axis] - centres[None, :, axis] for axis in (0, 1))
    return np.asarray(np.hypot(x, y))


def region_centroids(centroids: pl.DataFrame) -> pl.DataFrame:
    """Return the mean position of each region's countries: region, self_expression, secular."""
    return centroids.group_by("region", maintain_order=True).agg(pl.col(AXES).mean())


def count_nearest(answered: Array, configured: Array, centroids: pl.DataFrame) -> pl.DataFrame:
    """Count to which country and which region personas lie nearest.

    Parameters
    ----------
    answered, configured : ndarray of float64, shape (n, 2)
        Positions by answers and by configuration, without nan.
    centroids : DataFrame with country, region, self_expression, secular
        Mean positions of humans.

    Returns
    -------
    DataFrame
        Table NEAREST, with Wilson intervals; countries and regions to which no persona lies
        nearest, answered or configured, are left out.
    """
    frames = []
    for unit, places in (("country", centroids), ("region", region_centroids(centroids))):
        centres = places.select(AXES).to_numpy()
        if not len(answered):
            continue
        by_answers, by_design = (
            np.bincount(distances(points, centres).argmin(axis=1), minlength=len(centres))
            for points in (answered, configured)
        )
        low, high = resampling.wilson(by_answers, len(answered))
        frames.append(
            pl.DataFrame(
                {
                    "unit": pl.Series([unit] * len(centres), dtype=pl.String),
                    "name": places[unit],
                    "share": by_answers / len(answered),
                    "ci_low": low,
                    "ci_high": high,
                    "share_of_design": by_design / len(answered),
                }
            )
        )
    empty = pl.DataFrame(schema=map_tables.NEAREST.columns)
    return pl.concat([empty, *frames]).filter(
        (pl.col("share") > 0) | (pl.col("share_of_design") > 0)
    )


def compare_with_stated_country(
    positions: pl.DataFrame, centroids: pl.DataFrame, draws: Draws
) -> pl.DataFrame:
    """Compare personas with the humans of the country they say they live in.

    Parameters
    ----------
    positions : DataFrame
        Table POSITIONS.
    centroids : DataFrame with country, self_expression, secular
        Mean positions of humans.
    draws : Draws
        Bootstrap draws, and shuffles of the stated countries.

    Returns
    -------
    DataFrame
        Table STATED_COUNTRY; only personas with a position and a country on the map count.
    """
    known = positions.drop_nulls(AXES).join(
        centroids.with_row_index("place").select("country", "place"), on="country"
    )
    place = known["place"].to_numpy()
    gaps = distances(known.select(AXES).to_numpy(), centroids.select(AXES).to_numpy())
    n = len(place)
    stated = np.bincount(place, minlength=centroids.height) / max(n, 1)
    rows = np.arange(n)
    own = gaps[rows, place]
    # Weighted by what the other personas state: a country that most of them state gains nothing.
    with np.errstate(divide="ignore", invalid="ignore"):
        others = (gaps @ stated - own * stated[place]) / (1 - stated[place])
    nearest = gaps.argmin(axis=1) if n else np.zeros(0, dtype=np.int64)
    first = (nearest == place).astype(np.float64)
    others = np.where(stated[place] < 1, others, np.nan)
    columns = np.column_stack([own, others, others - own, first])
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = columns.sum(axis=0) / n
        drawn = resampling.resampled_sums(columns, draws, "map_positions/stated") / n
    low, high = resampling.interval(estimate, drawn)
    low[-1], high[-1] = np.clip([low[-1], high[-1]], 0.0, 1.0)
    rng = draws.generator("map_positions/shuffles")
    orders = (rng.permutation(place) for _ in range(draws.n if n else 0))
    by_order = [(gaps[rows, order].mean(), (nearest == order).mean()) for order in orders]
    shuffled, closest = np.array(by_order).reshape(-1, 2).T
    distance = float(shuffled.mean()) if n else None
    names = ("distance_from_stated", "distance_from_others", "advantage",
             "nearest_is_stated_share")  # fmt: skip
    by_chance = (distance, distance, 0.0, float(np.mean(closest)) if n else None)
    p_value = float((1 + (shuffled <= estimate[0]).sum()) / (1 + draws.n)) if n else None
    found: list[tuple[str, float | None, float | None, float | None, float | None]] = [
        (name, float(estimate[k]), float(low[k]), float(high[k]), by_chance[k])
        for k, name in enumerate(names)
    ]
    found += [("n_personas", float(n), None, None, None), ("p_value", p_value, None, None, None)]
    return pl.DataFrame(found, schema=map_tables.STATED_COUNTRY.columns, orient="row").fill_nan(
        None
    )


def ellipse(
    name: str, mean: Array, covariance: Array | None, n: int, basis: str
) -> dict[str, object]:
    """Return the 95 % ellipse of a bivariate normal law.

    Parameters
    ----------
    name : str
        Which uncertainty.
    mean : ndarray of float64, shape (2,)
        Its centre.
    covariance : ndarray of float64, shape (2, 2), or None
        Its covariance; None where it cannot be known.
    n : int
        What was counted or drawn.
    basis : str
        What that was.

    Returns
    -------
    dict
        A row of table UNCERTAINTY.
    """
    row = {"uncertainty": name, "self_expression": float(mean[0]), "secular": float(mean[1]),
           "semi_major": None, "semi_minor": None, "angle_degrees": None, "n": n,
           "basis": basis}  # fmt: skip
    if covariance is None or np.isnan(mean).any():
        return row
    values, vectors = np.linalg.eigh(covariance)
    minor, major = np.sqrt(np.clip(values, 0.0, None) * CHI2_95)
    angle = math.degrees(math.atan2(vectors[1, 1], vectors[0, 1]))
    return row | {
        "semi_major": float(major),
        "semi_minor": float(minor),
        "angle_degrees": angle,
    }


def places_by_refits(means: Array, codes: Sequence[str], refits: pl.DataFrame) -> Array:
    """Return where the personas' mean lies on each refitted map.

    Parameters
    ----------
    means : ndarray of float64, shape (n_indicators,)
        Mean answers, on the survey's scales. A position is linear in the answers, so that the
        position of the mean is the mean position.
    codes : sequence of str
        The indicator of each.
    refits : DataFrame
        Table INSTRUMENT_DRAWS.

    Returns
    -------
    ndarray of float64, shape (n_draws, 2)
        In map units.
    """
    of = dict(zip(codes, means, strict=True))
    answered = refits["ivs"].replace_strict(of, return_dtype=pl.Float64)
    score = refits.with_columns(standard=(answered - pl.col("mean")) / pl.col("sd"))
    sums = score.group_by("draw", maintain_order=True).agg(
        (pl.col("standard") * pl.col(f"weight_{axis}")).sum().alias(axis) for axis in AXES
    )
    return np.asarray(FACTOR_TO_MAP * sums.select(AXES).to_numpy() + MAP_ORIGIN)


def instrument_ellipse(mean: Array, by_refits: Array | None) -> dict[str, object]:
    """Return how far apart other instruments would put the same answers.

    Parameters
    ----------
    mean : ndarray of float64, shape (2,)
        The personas' mean position.
    by_refits : ndarray of float64, shape (n_draws, 2), or None
        As from `places_by_refits`; None where there is no microdata.

    Returns
    -------
    dict
        A row of table UNCERTAINTY. Without microdata the ellipse has the spread of two public
        reimplementations of the map, whose correlation is not known.
    """
    if by_refits is None:
        spread = np.diag(np.square(REIMPLEMENTATIONS_RMS))
        return ellipse("instrument", mean, spread, N_REIMPLEMENTATIONS, "reimplementations")
    spread = np.cov(by_refits.T)
    return ellipse("instrument", by_refits.mean(axis=0), spread, len(by_refits), "refits")


def describe_uncertainty(
    answered: Array, means_of_conditions: Array, draws: Draws, by_refits: Array | None = None
) -> pl.DataFrame:
    """Describe the four uncertainties of the personas' mean position, each by itself.

    Parameters
    ----------
    answered : ndarray of float64, shape (n, 2)
        Positions by answers, without nan.
    means_of_conditions : ndarray of float64, shape (n_conditions, 2)
        Mean position under each condition with the same persona context, this one included.
    draws : Draws
        Bootstrap draws, of conditions.
    by_refits : ndarray of float64, shape (n_draws, 2), optional
        The personas' mean position on refitted maps.

    Returns
    -------
    DataFrame
        Table UNCERTAINTY.
    """
    n, n_conditions = len(answered), len(means_of_conditions)
    mean = answered.mean(axis=0) if n else np.full(2, np.nan)
    spread = np.cov(answered.T) if n > 1 else None
    among = None
    if n_conditions >= FEWEST_CONDITIONS:
        sums = resampling.resampled_sums(means_of_conditions, draws, "map_positions/conditions")
        # A bootstrap of m clusters is too narrow by (m - 1) / m.
        among = np.cov((sums / n_conditions).T) * n_conditions / (n_conditions - 1)
    rows = [
        ellipse("dispersion", mean, spread, n, "personas"),
        ellipse("mean", mean, None if spread is None else spread / n, n, "personas"),
        ellipse(
            "conditions",
            means_of_conditions.mean(axis=0) if n_conditions else mean,
            among,
            n_conditions,
            "conditions",
        ),
        instrument_ellipse(mean, by_refits),
    ]
    return pl.DataFrame(rows, schema=map_tables.UNCERTAINTY.columns).fill_nan(None)


def mean_positions(conditions: Sequence[pl.DataFrame]) -> Array:
    """Return the personas' mean position under each condition, shape (n_conditions, 2).

    Parameters
    ----------
    conditions : sequence of DataFrame
        Tables POSITIONS; one without any position is left out.
    """
    placed = [each.drop_nulls(AXES).select(AXES).to_numpy() for each in conditions]
    return np.array([each.mean(axis=0) for each in placed if len(each)]).reshape(-1, 2)


def mean_positions_by_refits(
    persona_responses: PersonaResponses, refits: pl.DataFrame
) -> Array | None:
    """Return the mean position of the personas with ten valid answers on each refitted map.

    Parameters
    ----------
    persona_responses : PersonaResponses
        Answers to the ten indicators.
    refits : DataFrame
        Table INSTRUMENT_DRAWS.

    Returns
    -------
    ndarray of float64, shape (n_draws, 2), or None
        None if no persona has ten valid answers.
    """
    values = expected_values(
        persona_responses.responses, persona_responses.instrument, persona_responses.readout
    )
    complete = values[~np.isnan(values).any(axis=1)]
    if not len(complete):
        return None
    codes = [question.id for question in persona_responses.instrument.questions]
    return places_by_refits(complete.mean(axis=0), codes, refits)


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    positions: Path,
    centroids: Path,
    pooled_positions: list[Path],
    draws: Path | None = None,
    readout: Readout,
    seed: int,
    replicates: int,
    nearest: Path,
    stated: Path,
    uncertainty: Path,
) -> None:
    """Read positions and countries, write NEAREST, STATED_COUNTRY and UNCERTAINTY."""
    resamples = Draws(replicates, seed)
    persona_responses = read_persona_responses(space, personas, instrument, responses, readout)
    own = tables.read(positions, map_tables.POSITIONS)
    countries = read_centroids(centroids)
    conditions = [tables.read(path, map_tables.POSITIONS) for path in pooled_positions]
    by_refits = None
    if draws is not None:
        refits = tables.read(draws, map_tables.INSTRUMENT_DRAWS)
        by_refits = mean_positions_by_refits(persona_responses, refits)
    placed = own.drop_nulls(AXES)
    answered = placed.select(AXES).to_numpy()
    configured = placed.select(f"design_{axis}" for axis in AXES).to_numpy()
    counted = count_nearest(answered, configured, countries)
    compared = compare_with_stated_country(own, countries, resamples)
    described = describe_uncertainty(answered, mean_positions(conditions), resamples, by_refits)
    logger.info("%d personas have a position; %d conditions pooled", placed.height, len(conditions))
    provenance = tables.joined_provenance(filter(None, (positions, draws)))
    tables.write(counted, nearest, map_tables.NEAREST, provenance)
    tables.write(compared, stated, map_tables.STATED_COUNTRY, provenance)
    tables.write(described, uncertainty, map_tables.UNCERTAINTY, provenance)


if __name__ == "__main__":
    run(main)
