"""Weights of the personas for single countries, from what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from valuescape.humans.margins import (
    country_margins,
    joint_margins,
    level_margins,
    mean_conditions,
    pair_margins,
)
from valuescape.lenses.weights.schemes import TOLERATED, rake
from valuescape.stats import raking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from valuescape.stats.raking import Condition, Margin
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Populations:
    """Weights of the personas for each country.

    Attributes
    ----------
    countries : tuple of str
        In alphabetical order.
    weights : ndarray of float64, shape (n_countries, n_personas)
        They sum to 1 in each row.
    residual : ndarray of float64, shape (n_countries,)
        Largest human share of a level that is missed.
    n_variables : ndarray of int64, shape (n_countries,)
        How many of the variables are known there.
    pairs_met : ndarray of bool, shape (n_countries,)
        Whether the shares of pairs of levels are met, too.
    made_from : str
        What they meet, in words.
    """

    countries: tuple[str, ...]
    weights: Array
    residual: Array
    n_variables: NDArray[np.int64]
    pairs_met: NDArray[np.bool_]
    made_from: str

    @property
    def met(self) -> NDArray[np.bool_]:
        """Whether the personas meet what is known of the country, shape (n_countries,)."""
        return self.residual <= TOLERATED

    def taken(self, rows: Sequence[int]) -> Populations:
        """Return some of the countries, in this order."""
        chosen = list(rows)
        return Populations(
            tuple(self.countries[row] for row in chosen),
            self.weights[chosen],
            self.residual[chosen],
            self.n_variables[chosen],
            self.pairs_met[chosen],
            self.made_from,
        )


def weight_to_countries(
    levels: NDArray[np.int8],
    margins: Mapping[str, Sequence[Condition]],
    pairs: Mapping[str, Sequence[Margin]],
    made_from: str,
) -> Populations:
    """Weight the personas to each country.

    Parameters
    ----------
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations of the personas.
    margins : mapping of str to sequence of Margin or Moments
        By country, shares of levels; means where no more is known.
    pairs : mapping of str to sequence of Margin
        By country, shares of pairs of levels; taken where these personas can meet them.
    made_from : str
        What the margins are, in words.

    Returns
    -------
    Populations
        Of every country in `margins`.
    """
    countries = tuple(sorted(margins))
    found, pairs_met = [], []
    for country in countries:
        fitted = raking.fit(levels, pairs[country]) if pairs.get(country) else None
        pairs_met.append(fitted is not None and fitted.residual <= TOLERATED)
        weights = fitted.weights if fitted is not None and pairs_met[-1] else None
        found.append(rake(levels, margins[country]) if weights is None else weights)
    weights = np.stack(found)
    residual = [
        raking.residual(levels, each, margins[country])
        for country, each in zip(countries, weights, strict=True)
    ]
    known = [len(margins[country]) for country in countries]
    return Populations(
        countries, weights, np.array(residual), np.array(known), np.array(pairs_met), made_from
    )


def margins_by_country(
    respondents: pl.DataFrame, space: PersonaSpace, *, pairs: bool
) -> dict[str, list[Margin]]:
    """Return the shares of levels, or of pairs of levels, of each country.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS or INDICATORS.
    space : PersonaSpace
        The variables.
    pairs : bool
        Whether of pairs.

    Returns
    -------
    dict of str to list of Margin
        Of countries in which a variable, or two, were asked.
    """
    of = pair_margins if pairs else level_margins
    found = {
        str(country): of(frame, space) for (country,), frame in respondents.group_by("country")
    }
    return {country: margins for country, margins in sorted(found.items()) if margins}


def weight_by_respondents(
    space: PersonaSpace, levels: NDArray[np.int8], respondents: pl.DataFrame
) -> Populations:
    """Weight the personas to each country by its respondents.

    Parameters
    ----------
    space : PersonaSpace
        The variables.
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations of the personas.
    respondents : DataFrame
        Table RESPONDENTS.

    Returns
    -------
    Populations
        All pairs of levels are met if every configuration is among the personas.
    """
    margins = margins_by_country(respondents, space, pairs=False)
    if len(levels) < space.n_personas:
        return weight_to_countries(levels, margins, {}, "single respondents: shares of levels")
    pairs = margins_by_country(respondents, space, pairs=True)
    made_from = "single respondents: shares of pairs of levels"
    return weight_to_countries(levels, margins, pairs, made_from)


def weight_by_aggregates(
    space: PersonaSpace,
    levels: NDArray[np.int8],
    distributions: pl.DataFrame,
    joint: pl.DataFrame,
    waves: pl.DataFrame,
) -> Populations:
    """Weight the personas to each country by what is public of it.

    Parameters
    ----------
    space : PersonaSpace
        The variables.
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations of the personas.
    distributions, joint, waves : DataFrame
        Tables COUNTRY_DISTRIBUTIONS, INDICATOR_JOINT and WAVES.

    Returns
    -------
    Populations
        Pairs of levels are met where they are public and every configuration is among the
        personas; else the shares of levels, and means where no more is public.
    """
    margins = mean_conditions(waves, country_margins(distributions, space), space)
    whole = len(levels) == space.n_personas
    pairs = {
        country: raking.consistent(own, margins.get(country, []))
        for country, own in (joint_margins(joint, space) if whole else {}).items()
    }
    made_from = "public aggregates: shares of levels, means where no more is public"
    if whole:
        made_from += f"; of pairs of levels in {len(pairs)} countries"
    return weight_to_countries(levels, margins, pairs, made_from)
