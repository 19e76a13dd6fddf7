"""Clouds of positions on the cultural map: centre, spread, correlation, share between countries.

Single people scatter far more than the means of countries: a cloud of personas is compared with
people, of whom about a third lie within the convex hull of the country means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.spatial import ConvexHull

from valuescape.humans.published import ALL, UNWEIGHTED, WITHIN
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

Row = tuple[str, str, float, float | None, float | None]
# A corner of the hull lies on its edge but for rounding.
ON_EDGE = 1e-12
BETWEEN_AND_WITHIN = tuple(f"sd_{kind}_{axis}" for kind in ("within", "between") for axis in AXES)
SPREADS = tuple(f"sd_{axis}" for axis in AXES)
BOUNDS = {
    **dict.fromkeys(("correlation", "correlation_within"), (-1.0, 1.0)),
    "hull_share": (0.0, 1.0),
    **dict.fromkeys((*SPREADS, *BETWEEN_AND_WITHIN), (0.0, np.inf)),
    "distance_from_midpoint": (0.0, np.inf),
}
# What is counted has no interval.
COUNTS = ("n", "n_countries")
# A variance below this is rounding: the personas all lie at one place.
LEAST_VARIANCE = 1e-12
# Fewer personas of one country tell nothing of how far they spread.
FEWEST_IN_COUNTRY = 5


@dataclass(frozen=True)
class Place:
    """What of the map a cloud of positions is measured by.

    Attributes
    ----------
    corners : ndarray of float64, shape (m, 2)
        Country means; their convex hull is the area between them.
    midpoint : ndarray of float64, shape (2,)
        Position of answers at the midpoint of every scale.
    """

    corners: NDArray[np.float64]
    midpoint: NDArray[np.float64]

    def measures(self, sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the measures of a cloud from the sums of its `moment_columns`."""
        return measures_of(sums, self.midpoint)


def inside_hull(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points lie in the convex hull of others.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Points to judge; nan lies outside.
    corners : ndarray of float64, shape (m, 2)
        Points that span the hull, not all on one line.

    Returns
    -------
    ndarray of bool, shape (n,)
        True inside and on the edge.
    """
    edges = ConvexHull(corners).equations
    return np.asarray((points @ edges[:, :2].T + edges[:, 2] <= ON_EDGE).all(axis=1))


def moment_columns(
    points: NDArray[np.float64], corners: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return columns whose sums determine every measure of the summary.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Positions, without nan.
    corners : ndarray of float64, shape (m, 2), or None
        Country means; their convex hull is the area between countries. None: not counted.

    Returns
    -------
    ndarray of float64, shape (n, 7)
        1, x, y, x^2, y^2, xy and whether in the hull; multiply a row by its weight.
    """
    x, y = points.T
    inside = np.zeros(len(points)) if corners is None else inside_hull(points, corners)
    return np.column_stack([np.ones(len(points)), x, y, x * x, y * y, x * y, inside])


def measures_of(
    sums: NDArray[np.float64], midpoint: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return the measures of a cloud of positions from the sums of its `moment_columns`.

    Parameters
    ----------
    sums : ndarray of float64, shape (..., 7)
        Weighted or not.
    midpoint : ndarray of float64, shape (2,)
        Position of answers at the midpoint of every scale.

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        By measure of table MAP_SUMMARY; SDs divide by n.
    """
    n = sums[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_x, mean_y, xx, yy, xy, inside = np.moveaxis(sums[..., 1:], -1, 0) / n
        sd_x, sd_y = (
            np.sqrt(np.where(variance < LEAST_VARIANCE, 0.0, variance))
            for variance in (xx - mean_x**2, yy - mean_y**2)
        )
        correlation = np.where(sd_x * sd_y > 0, (xy - mean_x * mean_y) / (sd_x * sd_y), np.nan)
    return {
        "n": n,
        "mean_self_expression": mean_x,
        "mean_secular": mean_y,
        "sd_self_expression": sd_x,
        "sd_secular": sd_y,
        "correlation": correlation,
        "hull_share": inside,
        "distance_from_midpoint": np.hypot(mean_x - midpoint[0], mean_y - midpoint[1]),
    }


def summarise_cloud(name: str, points: NDArray[np.float64], place: Place) -> list[Row]:
    """Describe a cloud of points that is known exactly.

    Parameters
    ----------
    name : str
        Of what it is a cloud.
    points : ndarray of float64, shape (n, 2)
        Those with nan are left out.
    place : Place
        What of the map it is measured by.

    Returns
    -------
    list of rows of table MAP_SUMMARY
        Without intervals; SDs divide by n.
    """
    complete = points[~np.isnan(points).any(axis=1)]
    return _rows(name, place.measures(moment_columns(complete, place.corners).sum(axis=0)), {})


def summarise_readings(
    name: str,
    readings: Iterable[NDArray[np.float64]],
    place: Place,
    draws: Draws | None,
    weights: NDArray[np.float64] | None = None,
) -> list[Row]:
    """Describe a cloud of personas, the mean over several readings of them.

    Parameters
    ----------
    name : str
        How they are read.
    readings : iterable of ndarray of float64, shape (n, 2)
        Positions of the same personas; those with nan are left out.
    place : Place
        What of the map they are measured by.
    draws : Draws or None
        Bootstrap draws of personas, their weights and all readings of one together; None where
        every configuration was asked, so that none was drawn.
    weights : ndarray of float64, shape (n,), optional
        How much each counts; all alike if None.

    Returns
    -------
    list of rows of table MAP_SUMMARY
        Measures of each reading, averaged.
    """
    found, columns = [], np.zeros((0, 0))
    for points in readings:
        complete = ~np.isnan(points).any(axis=1)
        own = moment_columns(points[complete], place.corners)
        if weights is not None:
            own *= weights[complete, None]
        found.append(place.measures(own.sum(axis=0)))
        columns = own if len(found) == 1 else columns + own
    estimates = {
        measure: np.asarray(np.mean([each[measure] for each in found])) for measure in found[0]
    }
    drawn = {}
    if draws is not None and len(columns) > 1:
        sums = resampling.resampled_sums(columns / len(found), draws, f"cultural_map/{name}")
        drawn = place.measures(sums)
    return _rows(name, estimates, drawn)


def _rows(
    name: str,
    estimates: Mapping[str, NDArray[np.float64]],
    drawn: Mapping[str, NDArray[np.float64]],
) -> list[Row]:
    rows: list[Row] = []
    for measure, estimate in estimates.items():
        low, high = None, None
        if measure in drawn and measure not in COUNTS and np.isfinite(estimate):
            bounds = BOUNDS.get(measure, (-np.inf, np.inf))
            ends = resampling.interval(estimate, drawn[measure], bounds)
            low, high = (float(end) for end in ends)
        rows.append((name, measure, float(estimate), low, high))
    return rows


def summarise_stated(
    name: str,
    readings: Sequence[NDArray[np.float64]],
    stated: pl.Series,
    draws: Draws,
) -> list[Row]:
    """Describe how far personas spread within and between the countries that they state.

    Parameters
    ----------
    name : str
        How they are read.
    readings : sequence of ndarray of float64, shape (n, 2)
        Positions of the same personas; those with nan are left out.
    stated : Series of str, length n
        The country of each, null if its biography is not valid.
    draws : Draws
        Bootstrap draws of countries.

    Returns
    -------
    list of rows of table MAP_SUMMARY
        The mean over readings, of countries that `FEWEST_IN_COUNTRY` personas or more state.
    """
    placed = np.isfinite(readings[0]).all(axis=1) & stated.is_not_null().to_numpy()
    _, place, counts = np.unique(
        stated.to_numpy()[placed].astype(str), return_inverse=True, return_counts=True
    )
    many = counts >= FEWEST_IN_COUNTRY
    times = _times(int(many.sum()), draws, name)
    found, drawn = [], []
    for points in readings:
        columns = moment_columns(points[placed], None)
        sums = np.zeros((len(counts), columns.shape[1]))
        np.add.at(sums, place, columns)
        sums = sums[many]
        found.append(spread_by_country(sums, np.ones(len(sums))))
        drawn.append(spread_by_country(sums, times))
    averaged, replicates = (
        {measure: np.mean([each[measure] for each in many_of], axis=0) for measure in found[0]}
        for many_of in (found, drawn)
    )
    return _rows(name, averaged, replicates)


def summarise_people(moments: pl.DataFrame, place: Place, draws: Draws) -> list[Row]:
    """Describe how single people scatter on the map.

    Parameters
    ----------
    moments : DataFrame
        Table INDIVIDUAL_MOMENTS.
    place : Place
        What of the map they are measured by.
    draws : Draws
        Bootstrap draws of countries.

    Returns
    -------
    list of rows of table MAP_SUMMARY
        `object` human: the respondents of all countries pooled, and within and between countries.
    """
    by_country = moments.filter(
        ~pl.col("country").is_in([ALL, WITHIN]), pl.col("weight") == UNWEIGHTED
    )
    n, x, y, sd_x, sd_y, r, inside = (
        by_country.select(
            "n", "mean_self_expression", "mean_secular", *SPREADS, "correlation", "share_in_hull"
        )
        .to_numpy()
        .T
    )
    each = [
        np.ones_like(x),
        x,
        y,
        x * x + sd_x**2,
        y * y + sd_y**2,
        x * y + r * sd_x * sd_y,
        inside,
    ]
    sums = np.column_stack(each) * n[:, None]
    times = _times(len(sums), draws, "human")
    found = place.measures(sums.sum(axis=0)) | spread_by_country(sums, np.ones(len(sums)))
    return _rows("human", found, place.measures(times @ sums) | spread_by_country(sums, times))


def _times(n: int, draws: Draws, name: str) -> NDArray[np.float64]:
    """Return how often each of n countries is drawn, shape (n_replicates, n)."""
    if not n:
        return np.zeros((draws.n, 0))
    rng = draws.generator(f"cultural_map/countries of {name}")
    return rng.multinomial(n, np.full(n, 1 / n), size=draws.n).astype(np.float64)


def spread_by_country(
    sums: NDArray[np.float64], times: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return how far a population spreads within and between its countries.

    Parameters
    ----------
    sums : ndarray of float64, shape (n_countries, n_columns)
        Sums of `moment_columns` by country.
    times : ndarray of float64, shape (..., n_countries)
        How often each country counts.

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        n_countries; sd_within_* (pooled over countries, of n less the number of countries) and
        correlation_within; sd_between_*: the SD of the country means, less what their own
        sampling adds. nan with fewer than two countries.
    """
    n = sums[:, 0]
    mean = sums[:, 1:3] / n[:, None]
    squares = sums[:, 3:5] - n[:, None] * mean**2
    product = sums[:, 5] - n * mean[:, 0] * mean[:, 1]
    countries = times.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spare = (times @ n - countries)[..., None]
        within = times @ squares / spare
        within = np.where(within < LEAST_VARIANCE, 0.0, within)
        tie = times @ product / spare[..., 0] / np.sqrt(within.prod(axis=-1))
        centre = times @ mean / countries[..., None]
        between = (times @ mean**2 / countries[..., None] - centre**2) * (
            countries / (countries - 1)
        )[..., None]
        own = within * ((times @ (1 / n)) / countries)[..., None]
        between = np.where(countries[..., None] > 1, np.clip(between - own, 0.0, None), np.nan)
        within = np.where(countries[..., None] > 1, within, np.nan)
    found = {"n_countries": countries}
    for place, axis in enumerate(AXES):
        found[f"sd_within_{axis}"] = np.sqrt(within[..., place])
        found[f"sd_between_{axis}"] = np.sqrt(between[..., place])
    found["correlation_within"] = np.where(countries > 1, tie, np.nan)
    return found
