"""Personas weighted to the place of a country, beside what its people answer.

The ten configured levels place a persona on the cultural map; weights that move the mean place to
that of a country make a population of it, with which the norms of the MFQ-2 can be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import ndtri as normal_quantile

from valuescape.core.reference import read_reference
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.tables import SCORINGS
from valuescape.lenses.morality.variation import ipsatised
from valuescape.stats import resampling
from valuescape.stats.level_effects import same_personas
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

# Newton steps towards the weights of a country; a few are enough where they exist.
MOST_STEPS = 100
CLOSE = 1e-8
# Fisher's z has the variance 1 / (n - 3).
LEAST_COUNTRIES = 4
ROUNDING = 1e-9


def weights_at(places: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights nearest to equal under which the mean place is the target.

    They are exponential in the place (Jaynes 1957); Newton's method finds the two parameters.

    Parameters
    ----------
    places : ndarray of float64, shape (n, 2)
        Places on the map.
    target : ndarray of float64, shape (2,)
        The wanted mean place.

    Returns
    -------
    ndarray of float64, shape (n,)
        Sum 1; nan if the target lies outside of what the personas span.
    """
    away = places - target
    tilt = np.zeros(2)
    for _ in range(MOST_STEPS):
        exponent = away @ tilt
        weights = np.exp(exponent - exponent.max())
        weights /= weights.sum()
        mean = weights @ away
        if np.abs(mean).max() < CLOSE:
            return np.asarray(weights)
        curvature = (away * weights[:, None]).T @ away - np.outer(mean, mean)
        step = np.linalg.lstsq(curvature, mean, rcond=None)[0]
        # Far from the solution a whole step may overshoot.
        tilt -= step * min(1.0, 1.0 / max(float(np.abs(step).max()), CLOSE))
    return np.full(len(places), np.nan)


def country_table(humans: pl.DataFrame, places: Array, scores: Array) -> pl.DataFrame:
    """Compare personas weighted to a country's place with its people.

    Parameters
    ----------
    humans : DataFrame
        country, self_expression, secular (null if the country has no place), and a column a
        foundation.
    places : ndarray of float64, shape (n, 2)
        Configured places of the personas; nan where not known.
    scores : ndarray of float64, shape (n, 6)
        Their foundation scores; nan where not known.

    Returns
    -------
    DataFrame
        Table COUNTRY_MORALITY; the personas' mean is null where no weights reach the country.
    """
    rows: list[tuple[str | float, ...]] = []
    z = float(normal_quantile(0.975))
    placed = np.isfinite(places).all(axis=1, keepdims=True)
    for columns, known in same_personas(np.where(placed, scores, np.nan)):
        own_places, own_scores = places[known], scores[np.ix_(known, columns)]
        equal = own_scores.mean(axis=0) if known.any() else np.full(len(columns), np.nan)
        for row in humans.iter_rows(named=True):
            place = np.array([row[axis] for axis in AXES], dtype=np.float64)
            weights = np.full(len(own_places), np.nan)
            if np.isfinite(place).all() and known.any():
                weights = weights_at(own_places, place)
            reached = bool(len(weights)) and bool(np.isfinite(weights).all())
            n_effective = 1 / float(weights @ weights) if reached else np.nan
            means = weights @ own_scores if reached else equal * np.nan
            half = z * np.sqrt((weights**2) @ (own_scores - means) ** 2) if reached else means
            for column, f in enumerate(columns):
                mean, away = float(means[column]), float(half[column])
                foundation = FOUNDATIONS[f]
                found = (mean, mean - away, mean + away, float(equal[column]), n_effective)
                rows.append((row["country"], foundation, row[foundation], *found))
    schema = dict(moral_tables.COUNTRY_MORALITY.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def country_fit_table(countries: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Return how near weighted personas come to the people of the countries.

    Parameters
    ----------
    countries : DataFrame
        Table COUNTRY_MORALITY.
    draws : Draws
        Bootstrap draws over countries.

    Returns
    -------
    DataFrame
        Table COUNTRY_FIT, over the countries that weights reach.
    """
    # A country counts where every foundation has a weighted mean.
    whole = pl.col("persona_mean").is_not_null().all().over("country")
    reached = countries.filter(whole).sort("country", "foundation")
    wide = {
        column: reached.pivot("foundation", index="country", values=column)
        for column in ("human_mean", "persona_mean", "uniform_mean")
    }
    n = wide["human_mean"].height
    chosen = draws.generator("country fit/countries").integers(0, n, (draws.n, n)) if n else None
    rows: list[tuple[str | float | int, ...]] = []
    for scoring in SCORINGS:
        if chosen is None:
            rows += [(f, scoring, *[np.nan] * 9, 0) for f in FOUNDATIONS]
            continue
        human, persona, uniform = (
            ipsatised(array) if scoring == "ipsatised" else array
            for array in (frame.select(FOUNDATIONS).to_numpy() for frame in wide.values())
        )
        squares = (persona - human) ** 2
        error = np.sqrt(squares.mean(axis=0))
        low, high = resampling.interval(
            error, np.sqrt(squares[chosen].mean(axis=1)), bounds=(0, np.inf)
        )
        of_uniform = np.sqrt(((uniform - human) ** 2).mean(axis=0))
        for f, foundation in enumerate(FOUNDATIONS):
            own = (float(part[f]) for part in (error, low, high, of_uniform))
            agreed = _agreement(persona[:, f], human[:, f])
            rows.append((foundation, scoring, *own, float(human[:, f].std()), *agreed, n))
    schema = dict(moral_tables.COUNTRY_FIT.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _agreement(persona: Array, human: Array) -> tuple[float, float, float, float]:
    """Correlation with its interval, and slope of human on persona means; nan if one is flat."""
    if len(persona) < LEAST_COUNTRIES or persona.std() < ROUNDING or human.std() < ROUNDING:
        return (np.nan,) * 4
    r = float(resampling.correlation(persona, human))
    slope = r * float(human.std() / persona.std())
    return r, *resampling.correlation_interval(r, len(persona)), slope


def read_humans(norms: Path, centroids: Path) -> pl.DataFrame:
    """Return the countries that have foundation scores, with their place on the map.

    Parameters
    ----------
    norms, centroids : Path
        Reference tables.

    Returns
    -------
    DataFrame
        country, self_expression, secular (null where the map has no such country), and a column
        a foundation.
    """
    key = {"country": pl.String, "iso_numeric": pl.Int64}
    scored = read_reference(norms, key | {"foundation": pl.String, "mean": pl.Float64})
    placed = read_reference(centroids, key | dict.fromkeys(AXES, pl.Float64)).drop("country")
    of = pl.col("foundation")
    wide = scored.group_by("country", "iso_numeric").agg(
        pl.col("mean").filter(of == name).first().alias(name) for name in FOUNDATIONS
    )
    joined = wide.join(placed, on="iso_numeric", how="left").sort("country")
    return joined.select("country", *AXES, *FOUNDATIONS)
