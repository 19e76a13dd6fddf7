"""Weights that make the personas stand for the humans of the world, from coarse to fine.

Uniform weights are not neutral: few configurations are like many humans. From public margins the
shares of single levels can be met (raking), and those of all pairs (ipf_pairs); from single
respondents also whole configurations (joint), and humans can be moved to near personas
(semi_relaxed_ot). The world is its people: of public margins, a country counts by its population.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.reference import read_reference
from valuescape.humans import tables as human_tables
from valuescape.humans.margins import (
    by_population,
    country_margins,
    joint_margins,
    level_values,
    read_population,
    select_complete,
)
from valuescape.humans.published import read_country_distributions, read_indicator_joint
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.diagnostics import (
    compare_held_out,
    diagnose_weights,
    split_in_halves,
)
from valuescape.lenses.weights.schemes import (
    SCHEMES,
    TOLERATED,
    choose_smoothing,
    from_margins,
    from_respondents,
)
from valuescape.stats import raking
from valuescape.stats.raking import Moments
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from valuescape.humans.margins import Respondents
    from valuescape.stats.raking import Condition, Margin

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# A variable whose shares are public of fewer countries is known of the world by its moments alone.
FEWEST_COUNTRIES = 20


@dataclass(frozen=True)
class FittedSchemes:
    """Weights by scheme, and how good they are.

    Attributes
    ----------
    weights : mapping of str to ndarray of float64, shape (n_personas,)
        By scheme.
    diagnostics : mapping of (scheme, measure) to (value, floor)
        None where single respondents would be needed.
    remarks : mapping of str to str
        What they were fitted to and what is left out, for the provenance.
    """

    weights: Mapping[str, Array]
    diagnostics: Mapping[tuple[str, str], tuple[float | None, float | None]]
    remarks: Mapping[str, str]


def table_of_weights(ids: NDArray[np.uint32], schemes: Mapping[str, Array]) -> pl.DataFrame:
    """Return weights as rows of table WEIGHTS."""
    return pl.concat(
        [
            pl.DataFrame({"persona_id": ids, "weight": weights}).select(
                pl.lit(scheme).alias("scheme"), "persona_id", "weight"
            )
            for scheme, weights in schemes.items()
        ]
    )


def table_of_diagnostics(
    found: Mapping[tuple[str, str], tuple[float | None, float | None]],
) -> pl.DataFrame:
    """Return diagnostics as rows of table WEIGHTS_DIAGNOSTICS."""
    rows = [(*key, *values) for key, values in found.items()]
    schema = dict(weight_tables.WEIGHTS_DIAGNOSTICS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row")


def left_out(
    space: PersonaSpace,
    ids: NDArray[np.uint32],
    schemes: Mapping[str, Array],
    margins: Sequence[Condition],
) -> str:
    """Say in words which schemes are wanting and what is missed, for the log and provenance."""
    wanting = [scheme for scheme in SCHEMES if scheme not in schemes]
    known = {margin.variables[0] for margin in margins}
    unknown = [v.name for column, v in enumerate(space.variables) if column not in known]
    levels = space.levels_of(ids)
    missed = [
        space.variables[margin.variables[0]].name
        for margin in margins
        if raking.residual(levels, schemes["raking"], [margin]) > TOLERATED
    ]
    return (
        f"schemes not possible here: {', '.join(wanting) or 'none'}; "
        f"variables without a human margin: {', '.join(unknown) or 'none'}; "
        f"missed by raking by more than {TOLERATED}: {', '.join(missed) or 'none'}"
    )


@dataclass(frozen=True)
class World:
    """What is public of the people of the world.

    Attributes
    ----------
    margins : list of Margin or Moments
        Shares of levels over all populations that have them; moments of variables of too few.
    pairs : list of Margin
        Shares of pairs of levels, brought to the shares of single levels.
    words : str
        What they are, in words.
    """

    margins: list[Condition]
    pairs: list[Margin]
    words: str


def public_world(
    single: Mapping[str, Sequence[Margin]],
    pairs: Mapping[str, Sequence[Margin]],
    population: Mapping[str, int],
    projection: pl.DataFrame,
    space: PersonaSpace,
) -> World:
    """Return what is public of the people of the world, each country by its population.

    Parameters
    ----------
    single, pairs : mapping of str to sequence of Margin
        By country.
    population : mapping of str to int
        People by country.
    projection : DataFrame with ivs, mean, sd
        Moments of the indicators over the surveys of many years, for variables of which fewer than
        `FEWEST_COUNTRIES` have shares.
    space : PersonaSpace
        The variables.

    Returns
    -------
    World
        Every variable is known by its shares, or by its moments.
    """
    countries = Counter(margin.variables for own in single.values() for margin in own)
    known = {
        margin.variables[0]: margin
        for margin in by_population(single, population)
        if countries[margin.variables] >= FEWEST_COUNTRIES
    }
    moments = {ivs: (mean, sd) for ivs, mean, sd in projection.iter_rows()}
    margins = [
        known.get(column) or Moments((column,), level_values(variable), *moments[variable.ivs])
        for column, variable in enumerate(space.variables)
    ]
    by_moments = [v.name for column, v in enumerate(space.variables) if column not in known]
    words = (
        f"shares of levels of {len(single)} populations, of pairs of levels of {len(pairs)}, each "
        "counted by its people (United Nations); mean and SD of the map for "
        f"{', '.join(by_moments) or 'no variable'}"
    )
    return World(margins, raking.consistent(by_population(pairs, population), margins), words)


def fit_to_world(space: PersonaSpace, ids: NDArray[np.uint32], world: World) -> FittedSchemes:
    """Fit the schemes that public shares allow.

    Parameters
    ----------
    space : PersonaSpace
        The configurations.
    ids : ndarray of uint32, shape (n_personas,)
        The personas of the design.
    world : World
        Whom they are to stand for.

    Returns
    -------
    FittedSchemes
        Without floors.
    """
    schemes = from_margins(space.levels_of(ids), world.margins, world.pairs)
    found = diagnose_weights(space, ids, schemes, [*world.margins, *world.pairs])
    remarks = {
        "weighted to": world.words,
        "weights left out": left_out(space, ids, schemes, world.margins),
    }
    return FittedSchemes(schemes, {key: (value, None) for key, value in found.items()}, remarks)


def fit_to_respondents(ids: NDArray[np.uint32], humans: Respondents, draws: Draws) -> FittedSchemes:
    """Fit the schemes that single respondents allow.

    Parameters
    ----------
    ids : ndarray of uint32, shape (n_personas,)
        The personas of the design.
    humans : Respondents
        Whom they are to stand for.
    draws : Draws
        Seed of halves and floors.

    Returns
    -------
    FittedSchemes
        With floors of what is measured on respondents held out.
    """
    space, margins = humans.space, humans.margins
    halves = split_in_halves(humans, draws)
    smoothing = choose_smoothing(halves)
    schemes = from_respondents(ids, humans, smoothing)
    found = diagnose_weights(space, ids, schemes, [*margins, *humans.pair_margins], humans)
    held_out = compare_held_out(ids, halves, smoothing, draws)
    remarks = {
        "weighted to": (
            f"{len(humans.levels):,} of {humans.n_asked:,} respondents, those with all answers, "
            "by case weight; countries count by respondents"
        ),
        "smoothing": (
            f"joint: shares of pairs count as {smoothing.prior_respondents:g} respondents; "
            f"semi_relaxed_ot: eps {smoothing.spread:g}; chosen on held-out halves"
        ),
        "weights left out": left_out(space, ids, schemes, margins),
    }
    both: dict[tuple[str, str], tuple[float | None, float | None]]
    both = {key: (value, None) for key, value in found.items()} | dict(held_out)
    return FittedSchemes(schemes, both, remarks)


@command
def main(
    *,
    space: Path,
    personas: Path,
    distributions: Path,
    joint: Path,
    countries: Path,
    projection: Path,
    respondents: Path | None = None,
    seed: int,
    weights: Path,
    diagnostics: Path,
) -> None:
    """Read personas and human shares, fit every scheme, write weights and their diagnostics."""
    persona_space = read_space(space)
    ids = tables.read(personas, study_tables.PERSONAS)["persona_id"].to_numpy()
    if respondents is None:
        world = public_world(
            country_margins(read_country_distributions(distributions), persona_space),
            joint_margins(read_indicator_joint(joint), persona_space),
            read_population(countries),
            read_reference(projection, {"ivs": pl.String, "mean": pl.Float64, "sd": pl.Float64}),
            persona_space,
        )
        fitted = fit_to_world(persona_space, ids, world)
        provenance = tables.joined_provenance([personas])
    else:
        people = tables.read(respondents, human_tables.RESPONDENTS)
        fitted = fit_to_respondents(ids, select_complete(people, persona_space), Draws(1, seed))
        provenance = tables.joined_provenance([personas, respondents])
    provenance |= fitted.remarks
    logger.info("%s", fitted.remarks["weights left out"])
    of_personas = table_of_weights(ids, fitted.weights)
    tables.write(of_personas, weights, weight_tables.WEIGHTS, provenance)
    found = table_of_diagnostics(fitted.diagnostics)
    tables.write(found, diagnostics, weight_tables.WEIGHTS_DIAGNOSTICS, provenance)


if __name__ == "__main__":
    run(main)
