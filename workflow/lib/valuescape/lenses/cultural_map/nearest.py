"""Lens 1: whom personas lie nearest to on the map, and how sure their mean place is.

    python -m valuescape.lenses.cultural_map.nearest --space F --personas F --responses F --instrument F \
        --answers KIND --positions F --centroids F --alike F... [--draws F] --seed N \
        --replicates N --nearest F --stated F --uncertainty F

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

from valuescape.answers import expected as answers
from valuescape.answers.inputs import ASKED, parser_of_answers, read_asked
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.core.reference import read_reference
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.positions import (
    AXES,
    FACTOR_TO_MAP,
    MAP_ORIGIN,
    REIMPLEMENTATIONS_RMS,
)
from valuescape.stats import resampling

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Quantile of chi-squared at two degrees of freedom: -2 ln(1 - 0.95).
CHI2_95 = -2 * math.log(1 - resampling.CONFIDENCE)
FEWEST_CONDITIONS = 2
N_REIMPLEMENTATIONS = 2
CENTROIDS = {"country": pl.String, "region": pl.String, **dict.fromkeys(AXES, pl.Float64)}


def distances(points: Array, centres: Array) -> Array:
    """Return Euclidean distances on the map.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Personas, in map units.
    centres : ndarray of float64, shape (m, 2)
        Countries or regions.

    Returns
    -------
    ndarray of float64, shape (n, m)
        In map units.
    """
    x, y = (points[:, None, axis] - centres[None, :, axis] for axis in (0, 1))
    return np.asarray(np.hypot(x, y))


def nearest(answered: Array, configured: Array, centroids: pl.DataFrame) -> pl.DataFrame:
    """Count to which country and which region personas lie nearest.

    Parameters
    ----------
    answered, configured : ndarray of float64, shape (n, 2)
        Places by answers and by configuration, without nan.
    centroids : DataFrame with country, region, self_expression, secular
        Mean places of humans. A region's place is the mean of its countries.

    Returns
    -------
    DataFrame
        Table NEAREST, with Wilson intervals; those nearest to nobody, answered or configured,
        are left out.
    """
    regions = centroids.group_by("region", maintain_order=True).agg(pl.col(AXES).mean())
    frames = []
    for kind, places in (("country", centroids), ("region", regions)):
        centres = places.select(AXES).to_numpy()
        if not len(answered):
            continue
        found, told = (
            np.bincount(distances(points, centres).argmin(axis=1), minlength=len(centres))
            for points in (answered, configured)
        )
        low, high = resampling.wilson(found, len(answered))
        frames.append(
            pl.DataFrame(
                {
                    "kind": pl.Series([kind] * len(centres), dtype=pl.String),
                    "name": places[kind],
                    "share": found / len(answered),
                    "ci_low": low,
                    "ci_high": high,
                    "share_of_design": told / len(answered),
                }
            )
        )
    empty = pl.DataFrame(schema=map_tables.NEAREST.columns)
    return pl.concat([empty, *frames]).filter(
        (pl.col("share") > 0) | (pl.col("share_of_design") > 0)
    )


def stated_country(positions: pl.DataFrame, centroids: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Compare personas with the humans of the country they say they live in.

    Parameters
    ----------
    positions : DataFrame
        Table POSITIONS.
    centroids : DataFrame with country, self_expression, secular
        Mean places of humans.
    draws : Draws
        Bootstrap draws, and shuffles of the stated countries.

    Returns
    -------
    DataFrame
        Table STATED_COUNTRY; only personas with a place and a country on the map count.
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
    # Over what the others state, so that a common favourite gains nothing.
    with np.errstate(divide="ignore", invalid="ignore"):
        others = (gaps @ stated - own * stated[place]) / (1 - stated[place])
    first = (gaps.argmin(axis=1) == place).astype(np.float64) if n else np.zeros(0)
    others = np.where(stated[place] < 1, others, np.nan)
    columns = np.column_stack([own, others, others - own, first])
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = columns.sum(axis=0) / n
        drawn = resampling.resampled_sums(columns, draws, "map_positions/stated") / n
    low, high = resampling.interval(estimate, drawn)
    low[-1], high[-1] = np.clip([low[-1], high[-1]], 0.0, 1.0)
    rng = draws.generator("map_positions/shuffles")
    orders = [rng.permutation(place) for _ in range(draws.n if n else 0)]
    shuffled = np.array([gaps[rows, order].mean() for order in orders])
    luck = [float((gaps.argmin(axis=1) == order).mean()) for order in orders]
    null = float(shuffled.mean()) if n else None
    names = ("distance_from_stated", "distance_from_others", "advantage",
             "nearest_is_stated_share")  # fmt: skip
    nulls = (null, null, 0.0, float(np.mean(luck)) if n else None)
    p_value = float((1 + (shuffled <= estimate[0]).sum()) / (1 + draws.n)) if n else None
    found: list[tuple[str, float | None, float | None, float | None, float | None]] = [
        (name, float(estimate[k]), float(low[k]), float(high[k]), nulls[k])
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
    """Return where the personas' mean lies on each of many maps.

    Parameters
    ----------
    means : ndarray of float64, shape (n_indicators,)
        Mean answers, on the survey's scales. A place is linear in the answers, so that the
        place of the mean is the mean place.
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
    """Return how far other instruments would put the same answers.

    Parameters
    ----------
    mean : ndarray of float64, shape (2,)
        The personas' mean place.
    by_refits : ndarray of float64, shape (n_draws, 2), or None
        As from `places_by_refits`; None where there is no microdata.

    Returns
    -------
    dict
        A row of table UNCERTAINTY. Without microdata the ellipse has the spread of two public
        makings of the map, whose correlation is not known.
    """
    if by_refits is None:
        spread = np.diag(np.square(REIMPLEMENTATIONS_RMS))
        return ellipse("instrument", mean, spread, N_REIMPLEMENTATIONS, "reimplementations")
    spread = np.cov(by_refits.T)
    return ellipse("instrument", by_refits.mean(axis=0), spread, len(by_refits), "refits")


def uncertainty(
    answered: Array, means_of_conditions: Array, draws: Draws, by_refits: Array | None = None
) -> pl.DataFrame:
    """Describe the four uncertainties of the personas' place, each by itself.

    Parameters
    ----------
    answered : ndarray of float64, shape (n, 2)
        Places by answers, without nan.
    means_of_conditions : ndarray of float64, shape (n_conditions, 2)
        Mean place under each condition that tells personas the same, this one included.
    draws : Draws
        Bootstrap draws, of conditions.
    by_refits : ndarray of float64, shape (n_draws, 2), optional
        The personas' mean place on refitted maps.

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


def _parser() -> argparse.ArgumentParser:
    files = (*ASKED, "positions", "centroids", "nearest", "stated", "uncertainty")
    parser = parser_of_answers(__doc__, files)
    parser.add_argument("--alike", type=Path, nargs="+", required=True,
                        help="positions under every condition that tells the same")  # fmt: skip
    parser.add_argument("--draws", type=Path, nargs="?", help="refits to respondents drawn anew")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read places and countries, write NEAREST, STATED_COUNTRY and UNCERTAINTY.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = _parser().parse_args(argv)
    asked = read_asked(args)
    positions = tables.read(args.positions, map_tables.POSITIONS)
    centroids = read_reference(args.centroids, CENTROIDS)
    placed = positions.drop_nulls(AXES)
    answered = placed.select(AXES).to_numpy()
    configured = placed.select(f"design_{axis}" for axis in AXES).to_numpy()
    means = [
        tables.read(path, map_tables.POSITIONS).drop_nulls(AXES).select(AXES).to_numpy()
        for path in args.alike
    ]
    alike = np.array([each.mean(axis=0) for each in means if len(each)]).reshape(-1, 2)
    by_refits = None
    if args.draws and placed.height:
        values = answers.expected_values(asked.responses, asked.instrument, asked.kind)
        complete = values[~np.isnan(values).any(axis=1)]
        codes = [question.id for question in asked.instrument.questions]
        refits = tables.read(args.draws, map_tables.INSTRUMENT_DRAWS)
        by_refits = places_by_refits(complete.mean(axis=0), codes, refits)
    logger.info("%d personas placed, %d conditions tell the same", placed.height, len(alike))
    provenance = tables.joined_provenance(filter(None, (args.positions, args.draws)))
    for frame, path, table in (
        (nearest(answered, configured, centroids), args.nearest, map_tables.NEAREST),
        (
            stated_country(positions, centroids, asked.draws),
            args.stated,
            map_tables.STATED_COUNTRY,
        ),
        (
            uncertainty(answered, alike, asked.draws, by_refits),
            args.uncertainty,
            map_tables.UNCERTAINTY,
        ),
    ):
        tables.write(frame, path, table, provenance)


if __name__ == "__main__":
    run(main)
