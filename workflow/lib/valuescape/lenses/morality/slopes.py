"""Culture in two dimensions: moral foundations along the axes of the cultural map, human beside.

Human slopes are across the countries that have both a place on the map and norms of the
foundations: few, of convenience samples, so that their intervals are wide.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import linregress, t

from valuescape.answers.expected import require_same_personas
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.clouds import AXES
from valuescape.lenses.morality import inputs as moral_inputs
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.country_morality import (
    country_fit_table,
    country_table,
    read_humans,
)
from valuescape.lenses.morality.culture_fit import fit_table
from valuescape.lenses.morality.tables import SCORINGS
from valuescape.lenses.morality.variation import ipsatised
from valuescape.stats import level_effects, resampling
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import Membership

logger = logging.getLogger(__name__)

# Places whose variance is below its square do not differ.
CLOSE = 1e-8


def country_slopes(
    places: NDArray[np.float64], means: NDArray[np.float64]
) -> list[tuple[str | float | int, ...]]:
    """Return slopes across countries with intervals by Student's t.

    Parameters
    ----------
    places : ndarray of float64, shape (n_countries, 2)
        Places on the map.
    means : ndarray of float64, shape (n_countries, 6)
        Mean foundation scores.

    Returns
    -------
    list of tuple
        Rows of MORAL_SLOPES.
    """
    n = len(places)
    reach = float(t.ppf(0.975, n - 2))
    rows: list[tuple[str | float | int, ...]] = []
    for scoring, table in zip(SCORINGS, (means, ipsatised(means)), strict=True):
        for a, axis in enumerate(AXES):
            for f, foundation in enumerate(FOUNDATIONS):
                fit = linregress(places[:, a], table[:, f])
                half = reach * float(fit.stderr)
                slope, r, p = float(fit.slope), float(fit.rvalue), float(fit.pvalue)
                ends = (slope - half, slope + half)
                rows.append(("country", axis, foundation, scoring, slope, *ends, r, p, n))
    return rows


def persona_slopes(
    population: str, places: NDArray[np.float64], scores: NDArray[np.float64], draws: Draws
) -> list[tuple[str | float | int | None, ...]]:
    """Return slopes across personas with intervals by a bootstrap over configurations.

    Parameters
    ----------
    population : str
        How the places were found.
    places : ndarray of float64, shape (n, 2)
        Places on the map.
    scores : ndarray of float64, shape (n, 6)
        Foundation scores, none missing.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    list of tuple
        Rows of MORAL_SLOPES.
    """
    table = np.column_stack([scores, ipsatised(scores)])
    n = len(table)
    # Centred first, so that sums of squares lose no digits.
    x, y = places - places.mean(axis=0), table - table.mean(axis=0)
    products = (x[:, :, None] * y[:, None, :]).reshape(n, -1)
    columns = np.column_stack([x, y, x**2, y**2, products])
    drawn = resampling.resampled_sums(columns, draws, f"moral slopes/{population}")
    slope, r = _slopes(columns.sum(axis=0), n)
    low, high = resampling.interval(slope, _slopes(drawn, n)[0])
    rows: list[tuple[str | float | int | None, ...]] = []
    for k, scoring in enumerate(SCORINGS):
        for a, axis in enumerate(AXES):
            for f, foundation in enumerate(FOUNDATIONS):
                cell = (a, f + k * len(FOUNDATIONS))
                found = [float(values[cell]) for values in (slope, low, high, r)]
                rows.append((population, axis, foundation, scoring, *found, None, n))
    return rows


def _slopes(sums: NDArray[np.float64], n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes and correlations of shape (..., 2, n_scores) from sums of centred columns."""
    n_scores = 2 * len(FOUNDATIONS)
    x, y, xx, yy, xy = np.split(sums / n, np.cumsum([2, n_scores, 2, n_scores]), axis=-1)
    covariance = xy.reshape(*sums.shape[:-1], 2, n_scores) - x[..., :, None] * y[..., None, :]
    variance_x, variance_y = (xx - x**2)[..., :, None], (yy - y**2)[..., None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(variance_x > CLOSE**2, covariance / variance_x, np.nan)
        r = covariance / np.sqrt(variance_x * variance_y)
    varies = (variance_x > CLOSE**2) & (variance_y > CLOSE**2)
    return slope, np.where(varies, np.clip(r, -1, 1), np.nan)


def slope_table(
    humans: pl.DataFrame,
    places: Mapping[str, NDArray[np.float64]],
    scores: NDArray[np.float64],
    draws: Draws,
) -> pl.DataFrame:
    """Return table MORAL_SLOPES: countries of people, and personas by each of their places.

    Parameters
    ----------
    humans : DataFrame
        Foundations and places of countries that have both.
    places : mapping of str to ndarray of float64, shape (n_personas, 2)
        By population.
    scores : ndarray of float64, shape (n_personas, 6)
        None missing.
    draws : Draws
        For the intervals.

    Returns
    -------
    DataFrame
        One row a population, axis, foundation and scoring.
    """
    rows: list[tuple[str | float | int | None, ...]] = [
        *country_slopes(humans.select(AXES).to_numpy(), humans.select(FOUNDATIONS).to_numpy())
    ]
    for population, place in places.items():
        rows += persona_slopes(population, place, scores, draws)
    schema = dict(moral_tables.MORAL_SLOPES.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


@dataclass(frozen=True)
class PlacedPersonas:
    """The n personas whose places and scores are all known.

    Attributes
    ----------
    levels : Membership
        Which of them has which level.
    scores : ndarray of float64, shape (n, 6)
        Foundation scores.
    configured, answered : ndarray of float64, shape (n, 2)
        Places on the map, by the configuration and by the answers.
    """

    levels: Membership
    scores: NDArray[np.float64]
    configured: NDArray[np.float64]
    answered: NDArray[np.float64]


def read_placed(space: Path, personas: Path, scores: Path, positions: Path) -> PlacedPersonas:
    """Read personas, scores and places; a `UserError` if they are not of the same personas.

    Parameters
    ----------
    space, personas, scores
        As in `inputs.read_scored`.
    positions : Path
        Table POSITIONS.

    Returns
    -------
    PlacedPersonas
        Without those that lack a score or a place.
    """
    read = moral_inputs.read_scored(space, personas, [scores])
    placed = tables.read(positions, map_tables.POSITIONS)
    require_same_personas(read.personas, placed, f"{personas} and {positions}")
    configured = placed.select(f"design_{axis}" for axis in AXES).to_numpy()
    answered = placed.select(AXES).to_numpy()
    known = np.isfinite(np.column_stack([configured, answered, read.scores[0]])).all(axis=1)
    logger.info("%d of %d personas have place and scores", known.sum(), len(known))
    levels = level_effects.membership(read.space, read.levels[known])
    return PlacedPersonas(levels, read.scores[0][known], configured[known], answered[known])


@command
def main(
    *,
    space: Path,
    personas: Path,
    scores: Path,
    positions: Path,
    norms: Path,
    centroids: Path,
    seed: int,
    replicates: int,
    fit: Path,
    slopes: Path,
    countries: Path,
    country_fit: Path,
) -> None:
    """Read scores and places, write slopes, countries and fits."""
    known = read_placed(space, personas, scores, positions)
    human = read_humans(norms, centroids)
    draws = Draws(replicates, seed)
    sloped = slope_table(
        human.drop_nulls(AXES),
        {"persona_configured": known.configured, "persona_answered": known.answered},
        known.scores,
        draws,
    )
    places = {"configured place": known.configured, "answered place": known.answered}
    fitted = fit_table(known.scores, places, known.levels)
    of_countries = country_table(human, known.configured, known.scores)
    provenance = tables.joined_provenance([personas, scores, positions])
    for frame, path, table in (
        (fitted, fit, moral_tables.CULTURE_FIT),
        (sloped, slopes, moral_tables.MORAL_SLOPES),
        (of_countries, countries, moral_tables.COUNTRY_MORALITY),
        (country_fit_table(of_countries, draws), country_fit, moral_tables.COUNTRY_FIT),
    ):
        tables.write(frame, path, table, provenance)


if __name__ == "__main__":
    run(main)
