"""Culture in two dimensions: moral foundations along the axes of the cultural map, human beside.

    python -m valuescape.lenses.morality.slopes --space F --personas F --scores F --positions F --norms F \
        --centroids F --seed N --replicates N --fit F --slopes F --countries F --country-fit F

Human slopes are across the countries that have both a place on the map and norms of the
foundations: few, of convenience samples, so that their intervals are wide.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import linregress, t

from valuescape.answers.expected import require_same_personas
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import inputs as moral_inputs
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.country_morality import (
    AXES,
    country_fit,
    country_table,
    read_humans,
)
from valuescape.lenses.morality.culture_fit import fit_table
from valuescape.lenses.morality.variation import SCORINGS, ipsatised
from valuescape.stats import level_effects, resampling
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

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


def _parser() -> argparse.ArgumentParser:
    files = ("positions", "norms", "centroids", "fit", "slopes", "countries", "country-fit")
    parser = moral_inputs.parser_of_scores(__doc__, files)
    resampling.add_arguments(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read scores and places, write slopes, countries and fits.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    args = _parser().parse_args(argv)
    read = moral_inputs.read_scored(args)
    positions = tables.read(args.positions, map_tables.POSITIONS)
    require_same_personas(read.personas, positions, f"{args.personas} and {args.positions}")
    configured = positions.select(f"design_{axis}" for axis in AXES).to_numpy()
    answered = positions.select(AXES).to_numpy()
    scores = read.scores[0]
    known = np.isfinite(np.column_stack([configured, answered, scores])).all(axis=1)
    logger.info("%d of %d personas have place and scores", known.sum(), len(known))
    levels = level_effects.membership(read.space, read.levels[known])
    places = {"persona_configured": configured[known], "persona_answered": answered[known]}
    everybody = read_humans(args.norms, args.centroids)
    humans = everybody.drop_nulls(AXES)
    draws = resampling.Draws(args.replicates, args.seed)
    rows: list[tuple[str | float | int | None, ...]] = [
        *country_slopes(humans.select(AXES).to_numpy(), humans.select(FOUNDATIONS).to_numpy())
    ]
    for population, place in places.items():
        rows += persona_slopes(population, place, scores[known], draws)
    slopes = pl.DataFrame(rows, schema=dict(moral_tables.MORAL_SLOPES.columns), orient="row")
    told = {"configured place": places["persona_configured"],
            "answered place": places["persona_answered"]}  # fmt: skip
    provenance = tables.joined_provenance([args.personas, *args.scores, args.positions])
    fitted = fit_table(scores[known], told, levels)
    tables.write(fitted, args.fit, moral_tables.CULTURE_FIT, provenance)
    tables.write(slopes.fill_nan(None), args.slopes, moral_tables.MORAL_SLOPES, provenance)
    countries = country_table(everybody, places["persona_configured"], scores[known])
    tables.write(countries, args.countries, moral_tables.COUNTRY_MORALITY, provenance)
    near = country_fit(countries, draws)
    tables.write(near, args.country_fit, moral_tables.COUNTRY_FIT, provenance)


if __name__ == "__main__":
    run(main)
