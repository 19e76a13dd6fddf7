"""Countries within groups: the clusters in which humans were interviewed, and draws of them.

People of a country answer alike, so a group's humans are known less well than their number says:
an interval that speaks of the group must draw its countries anew, and humans within them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.sparse.csgraph import connected_components

from valuescape.answers.distributions import HumanAnswers, human_arrays, shares_of
from valuescape.humans.distributions import group_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.emd import OptionGrid
    from valuescape.stats.resampling import Draws

FEWEST_COUNTRIES = 2


def country_heads(
    humans: pl.DataFrame, countries: pl.DataFrame, groups: Sequence[str], grid: OptionGrid
) -> list[NDArray[np.float64]]:
    """Return the respondents at each option in each country of a continent.

    Parameters
    ----------
    humans : DataFrame
        Table HUMANS, with the grouping `country`.
    countries : DataFrame with country, continent
        Where the countries lie.
    groups : sequence of str
        Continents.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    list of ndarray of float64, shape (n_countries, n_questions, most_options)
        One array a group; zeros where a country was not asked.
    """
    known = human_arrays(humans, "country", grid)
    heads = np.nan_to_num(known.shares) * known.n_respondents[..., None]
    home = dict(countries.select("country", "continent").iter_rows())
    continents = np.array([home.get(country, "") for country in known.groups])
    return [heads[continents == group] for group in groups]


def respondent_heads(
    respondents: pl.DataFrame, fields: Sequence[str], groups: Sequence[str], grid: OptionGrid
) -> NDArray[np.float64]:
    """Return the respondents at each option in each country of each group, by their weights.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS.
    fields : sequence of str
        The grouping; who lacks one of these is in no group.
    groups : sequence of str
        The groups.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    ndarray of float64, shape (n_groups, n_countries, n_questions, most_options)
        Sums of weights, countries in alphabetical order; zeros where a question was not asked.
    """
    countries = respondents["country"].unique().sort()
    known = respondents.with_columns(group_names(fields)).filter(pl.col("group").is_in(groups))
    row = known["group"].replace_strict(groups, range(len(groups)), return_dtype=pl.Int64)
    column = known["country"].replace_strict(
        countries, range(len(countries)), return_dtype=pl.Int64
    )
    cell = (row * len(countries) + column).to_numpy()
    heads = np.zeros((len(groups) * len(countries), *grid.present.shape))
    weight = known["weight"].to_numpy()
    for question, options in enumerate(grid.values):
        answer = known[grid.questions[question]].to_numpy()
        for option in np.flatnonzero(grid.present[question]):
            chose = np.asarray(answer == options[option])
            heads[:, question, option] = np.bincount(
                cell[chose], weight[chose], minlength=len(heads)
            )
    return heads.reshape(len(groups), len(countries), *grid.present.shape)


def by_stratum(
    heads: NDArray[np.float64],
) -> tuple[list[NDArray[np.float64]], NDArray[np.int64]]:
    """Leave to each group the countries of those groups with which it shares any.

    The urban and the rural of a continent lie in the same countries, which are therefore drawn
    together; two continents share none.

    Parameters
    ----------
    heads : ndarray of float64, shape (n_groups, n_countries, n_questions, most_options)
        Respondents at each option.

    Returns
    -------
    (list of ndarray of float64, ndarray of int64)
        By group, shape (n_countries of the stratum, n_questions, most_options), countries in the
        same order in all groups of a stratum; and the stratum of each group.
    """
    there = np.asarray(heads.any(axis=(2, 3)))
    strata = connected_components(there @ there.T, directed=False)[1]
    kept = [there[strata == stratum].any(axis=0) for stratum in strata]
    return [group[countries] for group, countries in zip(heads, kept, strict=True)], strata


def undivided_heads(humans: HumanAnswers) -> list[NDArray[np.float64]]:
    """Return the respondents at each option of groups whose countries are not known.

    Parameters
    ----------
    humans : HumanAnswers
        The groups.

    Returns
    -------
    list of ndarray of float64, shape (1, n_questions, most_options)
        Each group as one cluster.
    """
    heads = np.nan_to_num(humans.shares) * humans.n_respondents[..., None]
    return list(heads[:, None])


def resampled_humans(
    humans: HumanAnswers,
    clusters: Sequence[NDArray[np.float64]],
    draws: Draws,
    strata: Sequence[int] | NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Draw the countries of each group anew, and respondents within what was drawn.

    Of m countries, m - 1 are drawn with replacement, which gives the variance of a mean of m
    clusters without bias (Rao & Wu 1988, JASA 83:231-241, section 2). Groups of a stratum draw the
    same countries. Only shares are public, not who gave which answers together, so within a draw
    questions are independent of each other.

    Parameters
    ----------
    humans : HumanAnswers
        The groups.
    clusters : sequence of ndarray of float64, shape (n_countries, n_questions, most_options)
        Respondents of each group at each option, by country.
    draws : Draws
        Bootstrap draws.
    strata : sequence of int, optional
        The stratum of each group (see `by_stratum`); unless given, no two share a country.

    Returns
    -------
    ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Shares of each draw; nan where no country that was drawn was asked.
    """
    rng = draws.generator("alignment/humans")
    result = np.empty((draws.n, *humans.shares.shape))
    times: dict[int, NDArray[np.float64]] = {}
    for group, heads in enumerate(clusters):
        m = len(heads)
        if m >= FEWEST_COUNTRIES:
            stratum = group if strata is None else int(strata[group])
            if stratum not in times:
                drawn_countries = rng.multinomial(m - 1, np.full(m, 1 / m), size=draws.n)
                times[stratum] = drawn_countries.astype(np.float64)
            weights = times[stratum]
            drawn = (weights @ heads.reshape(m, -1)).reshape(draws.n, *heads.shape[1:])
            shares = shares_of(drawn)
        else:
            shares = np.broadcast_to(humans.shares[group], result[:, group].shape)
        result[:, group] = redrawn(shares, humans.n_effective[group], rng)
    return result


def redrawn(
    shares: NDArray[np.float64], n: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw people who each choose one option.

    Parameters
    ----------
    shares : ndarray of float64, shape (..., n_questions, n_options)
        Probability of each option; nan where nobody was asked.
    n : ndarray of float64, shape (n_questions,)
        How many people; rounded.
    rng : Generator
        Random numbers.

    Returns
    -------
    ndarray of float64, shape (..., n_questions, n_options)
        Shares among those drawn; nan where nobody was asked.
    """
    known = np.asarray(np.isfinite(shares).all(axis=-1))
    people = np.where(known, np.rint(n), 0).astype(np.int64)
    # Reversed, because what rounding leaves falls on the last option, which must be a real one.
    certain = np.zeros(shares.shape[-1])
    certain[-1] = 1.0
    likely = np.where(known[..., None], shares, certain[::-1])[..., ::-1]
    counts = rng.multinomial(people, likely / likely.sum(axis=-1, keepdims=True))
    return shares_of(counts[..., ::-1].astype(np.float64))


def split_half_floor(
    humans: HumanAnswers, gaps: NDArray[np.float64], draws: Draws
) -> NDArray[np.float64]:
    """Return the EMD of two random halves of the same respondents, scaled to whole numbers.

    Halves are drawn without replacement from the respondents themselves, so this needs no theory.
    Two halves differ sqrt(2) times as much as two draws of all respondents.

    Parameters
    ----------
    humans : HumanAnswers
        The groups.
    gaps : ndarray of float64, shape (n_questions, most_options - 1)
        Distance from each option to the next.
    draws : Draws
        Number of splits.

    Returns
    -------
    ndarray of float64, shape (n_groups, n_questions)
        Mean distance over the splits / sqrt(2); nan where fewer than two were asked.
    """
    rng = draws.generator("alignment/halves")
    result = np.full(humans.n_effective.shape, np.nan)
    for group, question in np.argwhere(np.rint(humans.n_effective) > 1):
        n = humans.n_effective[group, question]
        people = np.rint(humans.shares[group, question] * n).astype(np.int64)
        half = int(people.sum() // 2)
        first = rng.multivariate_hypergeometric(people, half, size=draws.n, method="marginals")
        second = people - first
        below = np.cumsum(first / half - second / (people.sum() - half), axis=-1)[:, :-1]
        result[group, question] = (np.abs(below) @ gaps[question]).mean() / np.sqrt(2)
    return result


def country_halves_floor(
    clusters: Sequence[NDArray[np.float64]], gaps: NDArray[np.float64], draws: Draws
) -> NDArray[np.float64]:
    """Return the EMD of two random halves of a group's countries, scaled to whole numbers.

    Parameters
    ----------
    clusters : sequence of ndarray of float64, shape (n_countries, n_questions, most_options)
        Respondents of each group by country.
    gaps : ndarray of float64, shape (n_questions, most_options - 1)
        Distance from each option to the next.
    draws : Draws
        Number of splits.

    Returns
    -------
    ndarray of float64, shape (n_groups, n_questions)
        Mean distance over the splits / sqrt(2): what another draw of as many countries leaves;
        nan where fewer than two countries were asked.
    """
    rng = draws.generator("alignment/countries")
    found = []
    for heads in clusters:
        m = len(heads)
        if m < FEWEST_COUNTRIES:
            found.append(np.full(len(gaps), np.nan))
            continue
        order = np.argsort(rng.random((draws.n, m)), axis=1)
        chosen = (order < m // 2).astype(np.float64)
        flat = heads.reshape(m, -1)
        halves = [
            shares_of((side @ flat).reshape(draws.n, *heads.shape[1:]))
            for side in (chosen, 1 - chosen)
        ]
        below = np.abs(np.cumsum(halves[0] - halves[1], axis=-1)[..., :-1])
        distance = (below * gaps).sum(axis=-1)
        known = np.isfinite(distance)
        total = np.where(known, distance, 0.0).sum(axis=0)
        n = known.sum(axis=0)
        found.append(np.divide(total, n * np.sqrt(2), out=np.full(len(gaps), np.nan), where=n > 0))
    return np.stack(found)
