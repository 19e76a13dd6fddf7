"""People of each country in waves 5 to 7: where they stand, and what is known of their levels.

From single respondents of the user's file, or from public aggregates: mean answers of every wave,
and shares of levels where those are public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.humans.margins import country_margins, level_margins
from valuescape.humans.published import UNWEIGHTED, WITHIN
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.weights.diagnostics import kish
from valuescape.stats.raking import Margin, Moments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from valuescape.lenses.cultural_map.positions import Projection
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]
    Key = tuple[str, int]

# With fewer respondents, a country and wave is left out.
FEWEST_RESPONDENTS = 30
# The wave whose answers are public by option.
LATEST = 7


@dataclass(frozen=True)
class CountryWave:
    """The people of a country in one wave.

    Attributes
    ----------
    state, error : ndarray of float64, shape (2 + n_variables,)
        As from `state_of`, and its standard error; nan where not known.
    shares : mapping of int to Margin
        By variable, shares of its levels, where known.
    means : mapping of int to Moments
        By variable, the mean answer, where known.
    """

    state: Array
    error: Array
    shares: Mapping[int, Margin]
    means: Mapping[int, Moments]


People = dict[tuple[str, int], CountryWave]
"""By country and wave."""


def weighted_means(values: Array, weights: Array) -> Array:
    """Return the weighted mean of each column over its valid values.

    Parameters
    ----------
    values : ndarray of float64, shape (n, n_columns)
        nan where not valid.
    weights : ndarray of float64, shape (n,)
        Not negative.

    Returns
    -------
    ndarray of float64, shape (n_columns,)
        nan where no value is valid.
    """
    total = weights @ ~np.isnan(values)
    undefined = np.full(values.shape[1], np.nan)
    return np.asarray(
        np.divide(weights @ np.nan_to_num(values), total, out=undefined, where=total > 0)
    )


def human_state(
    people: pl.DataFrame, space: PersonaSpace, projection: Projection
) -> tuple[Array, Array]:
    """Return the state of the people of a country and wave, and its standard error.

    Parameters
    ----------
    people : DataFrame
        Rows of table INDICATORS.
    space : PersonaSpace
        The variables, by their codes.
    projection : Projection
        From answers to the map.

    Returns
    -------
    (ndarray, ndarray), each of shape (2 + n_variables,)
        A state as from `state_of`; and standard errors. nan where a question was not asked. The
        position is that of the mean answers; its error is of those who answered all.
    """
    codes = [variable.ivs for variable in space.variables]
    values = people.select(codes).to_numpy().astype(np.float64)
    weights = people["weight"].to_numpy()
    means = weighted_means(values, weights)
    positions = projection.positions(values, codes, "the indicators")
    errors = np.concatenate([standard_errors(positions, weights), standard_errors(values, weights)])
    spans = spans_of(space)
    errors[len(AXES) :] /= spans
    return state_of(means, space, projection), errors


def standard_errors(values: Array, weights: Array) -> Array:
    """Return the standard error of each column's weighted mean: SD over the root of Kish's n."""
    found = []
    for column in values.T:
        known = ~np.isnan(column)
        if not weights[known].sum() > 0:
            found.append(np.nan)
            continue
        mean = np.average(column[known], weights=weights[known])
        variance = np.average((column[known] - mean) ** 2, weights=weights[known])
        found.append(np.sqrt(variance / kish(weights[known])))
    return np.array(found)


def spans_of(space: PersonaSpace) -> Array:
    """Return the length of each variable's scale, shape (n_variables,)."""
    return np.array([abs(v.levels[-1].value - v.levels[0].value) for v in space.variables])


def state_of(means: Array, space: PersonaSpace, projection: Projection) -> Array:
    """Return axes of the map, then shares of the scales, of mean answers, shape (2 + n_variables,).

    Both are linear in the answers, so that means may be projected.
    """
    codes = [variable.ivs for variable in space.variables]
    position = projection.positions(means[None], codes, "the indicators")[0]
    low = np.array([min(v.levels[0].value, v.levels[-1].value) for v in space.variables])
    return np.concatenate([position, (means - low) / spans_of(space)])


def people_of_respondents(
    indicators: pl.DataFrame, space: PersonaSpace, projection: Projection
) -> People:
    """Return the people of each country and wave, from single respondents.

    Parameters
    ----------
    indicators : DataFrame
        Table INDICATORS.
    space : PersonaSpace
        The variables.
    projection : Projection
        From answers to the map.

    Returns
    -------
    People
        Of `FEWEST_RESPONDENTS` or more.
    """
    found: People = {}
    for (country, wave), frame in indicators.group_by("country", "wave"):
        if frame.height < FEWEST_RESPONDENTS:
            continue
        shares = {margin.variables[0]: margin for margin in level_margins(frame, space)}
        state, error = human_state(frame, space, projection)
        found[str(country), int(str(wave))] = CountryWave(state, error, shares, {})
    return found


@dataclass(frozen=True)
class PublishedWaves:
    """What is public of the people of each country and wave.

    Attributes
    ----------
    means : DataFrame
        Table WAVES.
    shares : mapping of (country, wave) to mapping of int to Margin
        By variable, shares of its levels.
    answered : mapping of (country, wave) to float
        How many answered, where known.
    scatter : ndarray of float64, shape (2,)
        SD of people around the mean of their country, on both axes.
    """

    means: pl.DataFrame
    shares: Mapping[Key, Mapping[int, Margin]]
    answered: Mapping[Key, float]
    scatter: Array


def public_shares(
    earlier: pl.DataFrame, latest: pl.DataFrame, space: PersonaSpace
) -> dict[Key, dict[int, Margin]]:
    """Return the public shares of levels by country and wave.

    Parameters
    ----------
    earlier, latest : DataFrame
        Tables WAVES_DISTRIBUTIONS and COUNTRY_DISTRIBUTIONS.
    space : PersonaSpace
        The variables.

    Returns
    -------
    dict of (country, wave) to dict of int to Margin
        By variable.
    """
    found = {
        (country, LATEST): {margin.variables[0]: margin for margin in margins}
        for country, margins in country_margins(latest, space).items()
    }
    columns = {variable.ivs: column for column, variable in enumerate(space.variables)}
    for (ivs, country, wave), asked in earlier.group_by("ivs", "country", "wave"):
        column = columns[str(ivs)]
        share = dict(asked.select("code", "share_percent").iter_rows())
        levels = space.variables[column].levels
        binned = np.array([sum(share.get(code, 0.0) for code in each.codes) for each in levels])
        margin = Margin((column,), binned / binned.sum())
        found.setdefault((str(country), int(str(wave))), {})[column] = margin
    return found


def public_counts(earlier: pl.DataFrame, latest: pl.DataFrame) -> dict[Key, float]:
    """Return how many people stand behind a country and wave, where that is public.

    Parameters
    ----------
    earlier, latest : DataFrame
        Tables WAVES_DISTRIBUTIONS and ANSWERED: the question with most answers counts; fewer than
        `FEWEST_RESPONDENTS` stand for not known.
    """
    by = ("country", "wave")
    before = earlier.select(*by, "n")
    after = latest.select("country", pl.lit(LATEST, pl.Int8).alias("wave"), "n")
    most = pl.concat([before, after]).group_by(by).agg(pl.col("n").max())
    return {
        (country, wave): float(n)
        for country, wave, n in most.iter_rows()
        if n >= FEWEST_RESPONDENTS
    }


def scatter_of_people(moments: pl.DataFrame) -> Array:
    """Return the SD of people around the mean of their country, on both axes, shape (2,).

    Parameters
    ----------
    moments : DataFrame
        Table INDIVIDUAL_MOMENTS.
    """
    within = moments.filter(country=WITHIN, weight=UNWEIGHTED)
    return np.array([within[f"sd_{axis}"].item() for axis in AXES], dtype=np.float64)


def people_of_aggregates(
    published: PublishedWaves, space: PersonaSpace, projection: Projection
) -> People:
    """Return the people of each country and wave, from public aggregates.

    Parameters
    ----------
    published : PublishedWaves
        Means and shares.
    space : PersonaSpace
        The variables.
    projection : Projection
        From answers to the map; its SDs are those of people.

    Returns
    -------
    People
        Of every country and wave. Errors take the scatter of people for the same everywhere.
    """
    codes = [variable.ivs for variable in space.variables]
    order = [projection.codes.index(code) for code in codes]
    sd = np.concatenate([published.scatter, projection.sds[order] / spans_of(space)])
    values = [np.array([level.value for level in v.levels]) for v in space.variables]
    found: People = {}
    for row in published.means.iter_rows(named=True):
        key = (str(row["country"]), int(row["wave"]))
        means = np.array([row[code] for code in codes], dtype=np.float64)
        moments = {
            column: Moments((column,), values[column], float(mean))
            for column, mean in enumerate(means)
            if np.isfinite(mean)
        }
        state = state_of(means, space, projection)
        error = sd / np.sqrt(published.answered.get(key, np.nan))
        shares = published.shares.get(key, {})
        found[key] = CountryWave(state, np.where(np.isnan(state), np.nan, error), shares, moments)
    return found
