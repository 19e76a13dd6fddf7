"""Human shares of levels, which weights are to meet: from single respondents or public margins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.stats.raking import Margin, margins_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace, Variable

WORLD_SCOPES = ("all", "IVS 2005-2022")
"""Where a public world margin is looked for, first to last."""
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


def read_prevalence(path: Path) -> pl.DataFrame:
    """Read the public shares of levels, with ivs, scope, codes and share."""
    return read_reference(
        path, {"ivs": pl.String, "scope": pl.String, "codes": pl.String, "share": pl.Float64}
    )


def public_margins(prevalence: pl.DataFrame, space: PersonaSpace) -> list[Margin]:
    """Return the public world shares of levels.

    Parameters
    ----------
    prevalence : DataFrame with ivs, scope, codes, share
        Shares of levels.
    space : PersonaSpace
        The variables.

    Returns
    -------
    list of Margin
        Of the variables whose levels are binned in the space as they are there; the first of
        `WORLD_SCOPES` that knows a variable counts.
    """
    found = []
    for column, variable in enumerate(space.variables):
        of_variable = prevalence.filter(pl.col("ivs") == variable.ivs)
        for scope in WORLD_SCOPES:
            rows = of_variable.filter(pl.col("scope") == scope)
            binned = {
                tuple(int(code) for code in codes.split()): share
                for codes, share in rows.select("codes", "share").iter_rows()
            }
            if set(binned) == {level.codes for level in variable.levels}:
                shares = np.array([binned[level.codes] for level in variable.levels])
                found.append(Margin((column,), shares / shares.sum()))
                break
    return found


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


def country_pair_margins(joint: pl.DataFrame, space: PersonaSpace) -> dict[str, list[Margin]]:
    """Return the public shares of pairs of levels by country.

    Parameters
    ----------
    joint : DataFrame
        Table INDICATOR_JOINT.
    space : PersonaSpace
        Variables whose levels are binned otherwise than there are left out.

    Returns
    -------
    dict of str to list of Margin
        By country, in the order of the pairs; ``all`` pools the respondents of all countries.
    """
    found: dict[str, list[Margin]] = {}
    pairs = joint.partition_by("ivs_a", "ivs_b", as_dict=True)
    for (a, first), (b, second) in combinations(enumerate(space.variables), 2):
        rows = pairs.get((first.ivs, second.ivs))
        places = [_places(variable) for variable in (first, second)]
        binned = (
            rows is not None
            and set(rows["codes_a"]) == {*places[0]}
            and set(rows["codes_b"]) == {*places[1]}
        )
        if rows is None or not binned:
            continue
        row = rows["codes_a"].replace_strict(places[0], return_dtype=pl.Int64)
        column = rows["codes_b"].replace_strict(places[1], return_dtype=pl.Int64)
        placed = rows.select("country", "share", row=row, column=column)
        for (country,), cells in placed.group_by("country"):
            shares = np.zeros((len(first.levels), len(second.levels)))
            shares[cells["row"].to_numpy(), cells["column"].to_numpy()] = cells["share"].to_numpy()
            found.setdefault(str(country), []).append(Margin((a, b), shares / shares.sum()))
    return {country: _in_order(margins) for country, margins in sorted(found.items())}


def _places(variable: Variable) -> dict[str, int]:
    return {" ".join(map(str, level.codes)): n for n, level in enumerate(variable.levels)}


def pooled_margins(
    by_country: Mapping[str, Sequence[Margin]], people: Mapping[str, float]
) -> list[Margin]:
    """Pool the margins of countries.

    Parameters
    ----------
    by_country : mapping of str to sequence of Margin
        By country.
    people : mapping of str to float
        How much a country counts, such as its population; countries without are left out.

    Returns
    -------
    list of Margin
        The mean over the countries that know a margin, in the order of the variables.
    """
    sums: dict[tuple[int, ...], NDArray[np.float64]] = {}
    for country, margins in by_country.items():
        for margin in margins if country in people else ():
            counted = people[country] * margin.shares
            sums[margin.variables] = sums.get(margin.variables, 0.0) + counted
    return _in_order([Margin(variables, s / s.sum()) for variables, s in sums.items()])


def _binned(asked: pl.DataFrame, variable: Variable) -> NDArray[np.float64]:
    """Sum the shares of the codes of each level; codes of no level do not count."""
    share = dict(asked.select("code", "share_percent").iter_rows())
    return np.array([sum(share.get(code, 0.0) for code in lv.codes) for lv in variable.levels])


def _in_order(margins: Sequence[Margin]) -> list[Margin]:
    return sorted(margins, key=lambda margin: margin.variables)
