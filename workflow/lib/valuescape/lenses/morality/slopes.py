"""Culture in two dimensions: moral foundations along the axes of the cultural map, human beside.

Human slopes are across the countries that have both a place on the map and norms of the
foundations: few, of convenience samples, so that their intervals are wide. Among countries the two
axes rise together and among configurations they do not: only slopes with both axes in one model
(partial) ask the same of both.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import stdtr as t_below
from scipy.special import stdtrit as t_quantile

from valuescape.answers.expected import Readout, require_same_personas
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.morality import inputs as moral_inputs
from valuescape.lenses.morality import noise as moral_noise
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.country_morality import (
    country_fit_table,
    country_table,
    read_humans,
)
from valuescape.lenses.morality.culture_fit import fit_table
from valuescape.lenses.morality.tables import SCORINGS
from valuescape.lenses.morality.variation import ipsatised
from valuescape.stats import level_effects
from valuescape.stats.multiplicity import holm
from valuescape.stats.resampling import Draws, correlation
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.stats.level_effects import Membership

logger = logging.getLogger(__name__)

# Places whose variance is below its square do not differ.
CLOSE = 1e-8
# Sums of products with a greater ratio of eigenvalues are those of places on one line.
SINGULAR = 1e12
# A slope, its noise and the other axis.
FEWEST = 4


@dataclass(frozen=True)
class AxisSlopes:
    """Slopes of scores on the two axes, each alone or both in one model.

    Attributes
    ----------
    slope : ndarray of float64, shape (2, n_scores)
        In scale points per unit of the map; nan where places do not differ.
    unit_variance : ndarray of float64, shape (2,)
        Of the slopes under noise of mean square 1.
    """

    slope: NDArray[np.float64]
    unit_variance: NDArray[np.float64]

    def left(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return squares that both axes together leave, shape (n_scores,), of centred arrays."""
        return np.asarray(((y - x @ self.slope) ** 2).sum(axis=0))


def axis_slopes(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[AxisSlopes, AxisSlopes]:
    """Return least-squares slopes on each axis alone, and on each beside the other.

    Parameters
    ----------
    x : ndarray of float64, shape (n, 2)
        Places on the map, centred.
    y : ndarray of float64, shape (n, n_scores)
        Scores, centred, none missing.

    Returns
    -------
    (AxisSlopes, AxisSlopes)
        Alone, and partial.
    """
    square, product = x.T @ x, x.T @ y
    own = np.diag(square)
    one = np.where(own > CLOSE**2 * max(len(x), 1), own, np.nan)
    alone = AxisSlopes(product / one[:, None], 1 / one)
    # Places on one line leave nothing of an axis beside the other.
    if np.isnan(one).any() or np.linalg.cond(square) > SINGULAR:
        return alone, AxisSlopes(alone.slope * np.nan, alone.unit_variance * np.nan)
    inverse = np.linalg.inv(square)
    return alone, AxisSlopes(inverse @ product, np.diag(inverse))


def _rows(
    population: str, cells: Sequence[tuple[tuple[str, str, str], Cell]]
) -> list[tuple[str | float | int, ...]]:
    """Return rows of MORAL_SLOPES; p-values are adjusted for all slopes of a population."""
    marginal, partial = (
        holm(np.array([getattr(cell, name).p for _, cell in cells])) for name in ("alone", "beside")
    )
    return [
        (population, *key, *cell.alone.ends, *cell.beside.ends, cell.correlation,
         float(marginal[row]), float(partial[row]), cell.n, cell.remark)
        for row, (key, cell) in enumerate(cells)
    ]  # fmt: skip


@dataclass(frozen=True)
class Tested:
    """A slope with its 95 % interval, and p of no slope; nan where not known."""

    slope: float
    low: float
    high: float
    p: float

    @property
    def ends(self) -> tuple[float, float, float]:
        """The slope and the ends of its interval."""
        return self.slope, self.low, self.high

    @classmethod
    def of(cls, slope: float, variance: float, df: float) -> Tested:
        """Test a slope by Student's t."""
        free = df if df > 0 else np.nan
        half = float(t_quantile(free, 0.975) * np.sqrt(variance))
        with np.errstate(divide="ignore", invalid="ignore"):
            p = float(2 * t_below(free, -np.abs(np.divide(slope, np.sqrt(variance)))))
        return cls(float(slope), float(slope) - half, float(slope) + half, p)


@dataclass(frozen=True)
class Cell:
    """What a row of MORAL_SLOPES says of one axis, foundation and scoring."""

    alone: Tested
    beside: Tested
    correlation: float
    n: int
    remark: str


UNKNOWN = Tested(*[np.nan] * 4)


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
    x = places - places.mean(axis=0)
    cells = []
    for scoring, table in zip(SCORINGS, (means, ipsatised(means)), strict=True):
        y = table - table.mean(axis=0)
        alone, beside = axis_slopes(x, y)
        left = beside.left(x, y) / (n - 3)
        for (a, axis), (f, foundation) in product(enumerate(AXES), enumerate(FOUNDATIONS)):
            rest = float(((y[:, f] - x[:, a] * alone.slope[a, f]) ** 2).sum()) / (n - 2)
            cell = Cell(
                Tested.of(alone.slope[a, f], rest * alone.unit_variance[a], n - 2),
                Tested.of(beside.slope[a, f], left[f] * beside.unit_variance[a], n - 3),
                float(correlation(x[:, a], y[:, f])),
                n,
                "countries, as if they were drawn",
            )
            cells.append(((axis, foundation, scoring), cell))
    return _rows("country", cells)


def persona_slopes(
    population: str,
    places: NDArray[np.float64],
    scores: NDArray[np.float64],
    levels: Membership,
    *,
    full: bool,
    drawn: bool,
) -> list[tuple[str | float | int, ...]]:
    """Return slopes across personas with intervals by the noise of their scores.

    Parameters
    ----------
    population : str
        How the places were found.
    places : ndarray of float64, shape (n, 2)
        Places on the map; nan where not known.
    scores : ndarray of float64, shape (n, 6)
        Foundation scores; nan where not known.
    levels : Membership
        Which persona has which level.
    full, drawn : bool
        As in `noise.noise_of`.

    Returns
    -------
    list of tuple
        Rows of MORAL_SLOPES, each of the personas with place and score.
    """
    cells = []
    placed = np.isfinite(places).all(axis=1)
    for scoring, table in zip(SCORINGS, (scores, ipsatised(scores)), strict=True):
        fit = level_effects.fit_additive(table, levels)
        noise = moral_noise.noise_of(fit, full=full, drawn=drawn)
        why = moral_noise.why_undefined(fit)
        for f, foundation in enumerate(FOUNDATIONS):
            known = placed & np.isfinite(table[:, f])
            n, remark = int(known.sum()), why[f] or noise.source
            if n < FEWEST:
                remark = f"not defined: {n} personas have place and score"
            if n < FEWEST or not fit.varies[f]:
                unknown = Cell(UNKNOWN, UNKNOWN, np.nan, n, remark)
                cells += [((axis, foundation, scoring), unknown) for axis in AXES]
                continue
            x, y = places[known] - places[known].mean(axis=0), table[known][:, [f]]
            y = y - y.mean(axis=0)
            alone, beside = axis_slopes(x, y)
            square, df = noise.mean_square[f], noise.df[f]
            for a, axis in enumerate(AXES):
                cell = Cell(
                    Tested.of(alone.slope[a, 0], square * alone.unit_variance[a], df),
                    Tested.of(beside.slope[a, 0], square * beside.unit_variance[a], df),
                    float(correlation(x[:, a], y[:, 0])),
                    n,
                    remark,
                )
                cells.append(((axis, foundation, scoring), cell))
    return _rows(population, cells)


def slope_table(
    humans: pl.DataFrame,
    places: Mapping[str, NDArray[np.float64]],
    scores: NDArray[np.float64],
    levels: Membership,
    *,
    full: bool,
    drawn: bool,
) -> pl.DataFrame:
    """Return table MORAL_SLOPES: countries of people, and personas by each of their places.

    Parameters
    ----------
    humans : DataFrame
        Foundations and places of countries that have both.
    places : mapping of str to ndarray of float64, shape (n_personas, 2)
        By population; nan where not known.
    scores : ndarray of float64, shape (n_personas, 6)
        nan where not known.
    levels : Membership
        Which persona has which level.
    full, drawn : bool
        As in `noise.noise_of`.

    Returns
    -------
    DataFrame
        One row a population, axis, foundation and scoring.
    """
    rows = country_slopes(humans.select(AXES).to_numpy(), humans.select(FOUNDATIONS).to_numpy())
    for population, place in places.items():
        rows += persona_slopes(population, place, scores, levels, full=full, drawn=drawn)
    schema = dict(moral_tables.MORAL_SLOPES.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def read_places(positions: Path, personas: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Read where personas lie on the map; a `UserError` if they are others.

    Parameters
    ----------
    positions : Path
        Table POSITIONS.
    personas : DataFrame
        Table PERSONAS.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_personas, 2)
        ``configured`` and ``answered``; nan where not known.
    """
    placed = tables.read(positions, map_tables.POSITIONS)
    require_same_personas(personas, placed, f"the personas and {positions}")
    return {
        "configured": placed.select(f"design_{axis}" for axis in AXES).to_numpy(),
        "answered": placed.select(AXES).to_numpy().astype(np.float64),
    }


@command
def main(
    *,
    space: Path,
    personas: Path,
    scores: Path,
    drawn_scores: Path,
    positions: Path,
    norms: Path,
    centroids: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    fit: Path,
    slopes: Path,
    countries: Path,
    country_fit: Path,
) -> None:
    """Read scores and places, write slopes, countries and fits."""
    read = moral_inputs.read_scored(space, personas, [scores])
    own, levels = read.scores[0], read.membership
    places = read_places(positions, read.personas)
    whole = np.column_stack([own, *places.values()]).sum(axis=1)
    n_known = np.isfinite(whole).sum()
    logger.info("%d of %d personas have places and all scores", n_known, len(whole))
    human = read_humans(norms, centroids)
    placed = human.drop_nulls(AXES)
    sloped = slope_table(
        placed,
        {f"persona_{name}": place for name, place in places.items()},
        own,
        levels,
        full=read.full,
        drawn=readout == "drawn",
    )
    readings: dict[str, NDArray[np.float64]] = {readout: own[None]}
    if readout == "probabilities":
        readings["drawn"] = moral_inputs.read_drawn_scores(drawn_scores, read.personas)
    by_name = {f"{name} place": place for name, place in places.items()}
    fitted = fit_table(readings, by_name, levels, placed)
    of_countries = country_table(human, places["configured"], own)
    provenance = tables.joined_provenance([personas, scores, positions])
    for frame, path, table in (
        (fitted, fit, moral_tables.CULTURE_FIT),
        (sloped, slopes, moral_tables.MORAL_SLOPES),
        (of_countries, countries, moral_tables.COUNTRY_MORALITY),
        (
            country_fit_table(of_countries, Draws(replicates, seed)),
            country_fit,
            moral_tables.COUNTRY_FIT,
        ),
    ):
        tables.write(frame, path, table, provenance)


if __name__ == "__main__":
    run(main)
