"""Human shares of levels, which weights are to meet: from single respondents or public margins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.humans.published import ALL
from valuescape.stats.raking import Condition, Margin, Moments, margins_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace, Variable

# A variable that fewer of a country's respondents answered was, in effect, not asked there.
LEAST_ANSWERED = 0.5


@dataclass(frozen=True)
class Respondents:
    """Respondents with all ten answers, by configuration.

    Attributes
    ----------
    space : PersonaSpace
        The configurations.
    levels : ndarray of int8, shape (n, n_variables)
        The respondents' configurations.
    weights : ndarray of float64, shape (n,)
        Their case weights.
    n_asked : int
        Respondents with or without all answers.
    """

    space: PersonaSpace
    levels: NDArray[np.int8]
    weights: NDArray[np.float64]
    n_asked: int

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Weighted share of each configuration, shape (space.n_personas,)."""
        ids = self.space.ids_of(self.levels).astype(np.intp)
        counted = np.bincount(ids, self.weights, self.space.n_personas)
        return np.asarray(counted / counted.sum(), dtype=np.float64)

    @cached_property
    def margins(self) -> list[Margin]:
        """Share of each level."""
        return margins_of(self.levels, self.weights, self.space.radices, 1)

    @cached_property
    def pair_margins(self) -> list[Margin]:
        """Share of each pair of levels."""
        return margins_of(self.levels, self.weights, self.space.radices, 2)

    def taken(self, rows: NDArray[np.intp]) -> Respondents:
        """Return some of the respondents."""
        return Respondents(self.space, self.levels[rows], self.weights[rows], len(rows))


def select_complete(respondents: pl.DataFrame, space: PersonaSpace) -> Respondents:
    """Return the respondents who answered what all ten variables are made of.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS or INDICATORS.
    space : PersonaSpace
        The variables.

    Returns
    -------
    Respondents
        Only those with a configuration.

    Raises
    ------
    UserError
        If a variable has no column, or nobody answered all.
    """
    names = level_names(respondents, space)
    answered = respondents.drop_nulls(names).filter(pl.col("weight") > 0)
    if answered.is_empty():
        msg = f"none of {respondents.height:,} respondents answered all of {', '.join(names)}"
        raise UserError(msg, hint="use a survey file in which the ten questions were asked")
    levels = answered.select(names).to_numpy().astype(np.int8)
    return Respondents(space, levels, answered["weight"].to_numpy(), respondents.height)


def level_names(respondents: pl.DataFrame, space: PersonaSpace) -> list[str]:
    """Return the names of the level columns, in the order of the variables.

    Raises
    ------
    UserError
        If a variable has no column.
    """
    names = [variable.name for variable in space.variables]
    missing = [name for name in names if name not in respondents.columns]
    if missing:
        msg = f"the respondents have no level of {missing[0]!r}"
        raise UserError(msg, hint="cut the survey file anew with this persona space")
    return names


def level_margins(respondents: pl.DataFrame, space: PersonaSpace) -> list[Margin]:
    """Return the share of each level, of each variable that was asked.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS or INDICATORS, of one population.
    space : PersonaSpace
        The variables.

    Returns
    -------
    list of Margin
        Shares among those who answered; without variables that fewer than half answered.
    """
    weights = respondents["weight"].to_numpy()
    found = []
    for column, name in enumerate(level_names(respondents, space)):
        answered = respondents[name].is_not_null().to_numpy() & (weights > 0)
        if weights[answered].sum() < LEAST_ANSWERED * weights.sum() or not answered.any():
            continue
        levels = respondents[name].to_numpy()[answered].astype(np.intp)
        counted = np.bincount(levels, weights[answered], int(space.radices[column]))
        found.append(Margin((column,), counted / counted.sum()))
    return found


def pair_margins(respondents: pl.DataFrame, space: PersonaSpace) -> list[Margin]:
    """Return the shares of each pair of levels, of the variables that were asked.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS or INDICATORS, of one population.
    space : PersonaSpace
        The variables.

    Returns
    -------
    list of Margin
        Among those who answered all that were asked; empty if fewer than two variables were.
    """
    asked = [margin.variables[0] for margin in level_margins(respondents, space)]
    names = [space.variables[column].name for column in asked]
    answered = respondents.drop_nulls(names)
    if len(asked) < 2 or not answered["weight"].to_numpy().sum() > 0:  # noqa: PLR2004
        return []
    levels = answered.select(names).to_numpy().astype(np.int8)
    found = margins_of(levels, answered["weight"].to_numpy(), space.radices[asked], 2)
    return [Margin((asked[m.variables[0]], asked[m.variables[1]]), m.shares) for m in found]


def country_margins(distributions: pl.DataFrame, space: PersonaSpace) -> dict[str, list[Margin]]:
    """Return the public shares of levels by country.

    Parameters
    ----------
    distributions : DataFrame with question, country, code, share_percent
        Unweighted shares of valid answers.
    space : PersonaSpace
        The variables; an index of several questions stands there under its own name (Y002).

    Returns
    -------
    dict of str to list of Margin
        By country.
    """
    found: dict[str, list[Margin]] = {}
    for column, variable in enumerate(space.variables):
        name = variable.wvs7[0] if len(variable.wvs7) == 1 else variable.ivs
        rows = distributions.filter(pl.col("question") == name)
        for (country,), asked in rows.group_by("country"):
            shares = _binned(asked, variable)
            if shares.sum() > 0:
                found.setdefault(str(country), []).append(Margin((column,), shares / shares.sum()))
    return {country: _in_order(margins) for country, margins in sorted(found.items())}


def joint_margins(joint: pl.DataFrame, space: PersonaSpace) -> dict[str, list[Margin]]:
    """Return the public shares of pairs of levels by country.

    Parameters
    ----------
    joint : DataFrame
        Table INDICATOR_JOINT.
    space : PersonaSpace
        The variables.

    Returns
    -------
    dict of str to list of Margin
        By country, of the pairs whose levels are binned in the space as they are there; a country
        in which a pair of variables was not asked has no entry for it.
    """
    columns = {variable.ivs: column for column, variable in enumerate(space.variables)}
    places = [
        {" ".join(map(str, level.codes)): place for place, level in enumerate(variable.levels)}
        for variable in space.variables
    ]
    found: dict[str, list[Margin]] = {}
    of_countries = joint.filter(pl.col("country") != ALL)
    for (country, one, other), rows in of_countries.group_by("country", "ivs_a", "ivs_b"):
        pair = columns[str(one)], columns[str(other)]
        shape = tuple(len(places[column]) for column in pair)
        shares = np.full(shape, np.nan)
        for first, second, share in rows.select("codes_a", "codes_b", "share").iter_rows():
            if first in places[pair[0]] and second in places[pair[1]]:
                shares[places[pair[0]][first], places[pair[1]][second]] = share
        if rows.height == shares.size and np.isfinite(shares).all():
            if pair[0] > pair[1]:
                pair, shares = pair[::-1], shares.T
            found.setdefault(str(country), []).append(Margin(pair, shares / shares.sum()))
    return {country: _in_order(margins) for country, margins in sorted(found.items())}


def mean_conditions(
    waves: pl.DataFrame, known: Mapping[str, Sequence[Margin]], space: PersonaSpace
) -> dict[str, list[Condition]]:
    """Add the public mean of each variable whose shares of levels are not public.

    Parameters
    ----------
    waves : DataFrame
        Table WAVES; the latest wave counts.
    known : mapping of str to sequence of Margin
        By country, shares of levels.
    space : PersonaSpace
        The variables.

    Returns
    -------
    dict of str to list of Margin or Moments
        Of the same countries.
    """
    latest = waves.filter(pl.col("wave") == waves["wave"].max())
    means = {row["country"]: row for row in latest.iter_rows(named=True)}
    found: dict[str, list[Condition]] = {}
    for country, margins in known.items():
        own: list[Condition] = list(margins)
        asked = {margin.variables[0] for margin in margins}
        for column, variable in enumerate(space.variables):
            mean = means.get(country, {}).get(variable.ivs)
            if column not in asked and mean is not None:
                own.append(Moments((column,), level_values(variable), mean))
        found[country] = own
    return found


def by_population(
    margins: Mapping[str, Sequence[Margin]], population: Mapping[str, int]
) -> list[Margin]:
    """Return the margins of the people of all countries, each counted by its population.

    Parameters
    ----------
    margins : mapping of str to sequence of Margin
        By country; a margin is pooled over the countries that have it.
    population : mapping of str to int
        People by country.

    Returns
    -------
    list of Margin
        In the order of the variables.

    Raises
    ------
    UserError
        If the population of a country is not known.
    """
    sums: dict[tuple[int, ...], NDArray[np.float64]] = {}
    for country, own in margins.items():
        if country not in population:
            msg = f"the population of {country!r} is not known"
            raise UserError(msg, hint="add it to the table of countries (reference.countries)")
        for margin in own:
            counted = population[country] * margin.shares
            sums[margin.variables] = sums.get(margin.variables, np.zeros_like(counted)) + counted
    return [
        Margin(variables, sums[variables] / sums[variables].sum()) for variables in sorted(sums)
    ]


def read_population(path: Path) -> dict[str, int]:
    """Read how many people live in each country; one without a figure of its own is left out."""
    columns = {"country": pl.String, "population": pl.Int64}
    frame = read_reference(path, columns, ["population"]).drop_nulls()
    return dict(frame.iter_rows())


def level_values(variable: Variable) -> NDArray[np.float64]:
    """Return the values of a variable's levels on the survey's scale."""
    return np.array([level.value for level in variable.levels])


def _binned(asked: pl.DataFrame, variable: Variable) -> NDArray[np.float64]:
    """Sum the shares of the codes of each level; codes of no level do not count."""
    share = dict(asked.select("code", "share_percent").iter_rows())
    return np.array([sum(share.get(code, 0.0) for code in lv.codes) for lv in variable.levels])


def _in_order(margins: Sequence[Margin]) -> list[Margin]:
    return sorted(margins, key=lambda margin: margin.variables)
