"""Waves 5 to 7: personas weighted to a country and wave, beside how its people moved.

    python -m valuescape.lenses.cultural_map.waves --space F --personas F --responses F --instrument F \
        --indicators F --projection F --answers KIND --seed N --replicates N --shifts F --drift F

The map is made of the very variables that weight the personas, so that configurations alone move
nearly as people do: that is arithmetic, and stands beside. What an LLM adds is whether its answers
keep that shift, and whether the answer to one question moves when only the other nine variables do.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.inputs import ASKED, parser_of_answers, read_asked
from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.humans import tables as human_tables
from valuescape.humans.margins import level_margins
from valuescape.lenses.cultural_map.positions import AXES, Projection, read_projection
from valuescape.lenses.cultural_map.wave_drift import drift
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.diagnostics import kish
from valuescape.stats import raking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.raking import Margin
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

PREDICTORS = ("persona", "design", "persona_left_out")
# Fewer respondents of a country and wave are no sample of it.
FEWEST_RESPONDENTS = 30


@dataclass(frozen=True)
class Answerers:
    """What personas answer to the indicators, and what their configurations say.

    Attributes
    ----------
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations.
    answered, configured : ndarray of float64, shape (n_personas, n_variables)
        On the survey's scales, in the order of the space's variables; nan where not valid.
    """

    levels: NDArray[np.int8]
    answered: Array
    configured: Array


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
    """Return where the people of a country and wave stand, and how sure that is.

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
        Axes of the map, then mean answers as shares of the scales; and standard errors. nan where
        a question was not asked. The place is that of the mean answers; its error is of those who
        answered all.
    """
    codes = [variable.ivs for variable in space.variables]
    values = people.select(codes).to_numpy().astype(np.float64)
    weights = people["weight"].to_numpy()
    means = weighted_means(values, weights)
    places = projection.positions(values, codes, "the indicators")
    errors = np.concatenate([standard_errors(places, weights), standard_errors(values, weights)])
    spans = spans_of(space)
    errors[len(AXES) :] /= spans
    return state(means, space, projection), errors


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


def state(means: Array, space: PersonaSpace, projection: Projection) -> Array:
    """Return axes of the map and shares of the scales from mean answers, shape (2 + n_variables,).

    Both are linear in the answers, so that means may be projected.
    """
    codes = [variable.ivs for variable in space.variables]
    place = projection.positions(means[None], codes, "the indicators")[0]
    low = np.array([min(v.levels[0].value, v.levels[-1].value) for v in space.variables])
    return np.concatenate([place, (means - low) / spans_of(space)])


def predicted_states(
    margins: Sequence[Margin], who: Answerers, space: PersonaSpace, projection: Projection
) -> dict[str, Array]:
    """Return where weighted personas stand.

    Parameters
    ----------
    margins : sequence of Margin
        Shares of levels of a country and wave.
    who : Answerers
        The personas.
    space : PersonaSpace
        The variables.
    projection : Projection
        From answers to the map.

    Returns
    -------
    dict of str to ndarray of float64, shape (2 + n_variables,)
        By predictor, as from `human_state`; nan for what is not predicted.
    """
    weights = raking.fit(who.levels, margins).weights
    left_out = np.full(len(AXES) + len(space.variables), np.nan)
    for margin in margins:
        column = margin.variables[0]
        others = [each for each in margins if each is not margin]
        if not others:
            continue
        means = weighted_means(who.answered, raking.fit(who.levels, others).weights)
        left_out[len(AXES) + column] = state(means, space, projection)[len(AXES) + column]
    return {
        "persona": state(weighted_means(who.answered, weights), space, projection),
        "design": state(weighted_means(who.configured, weights), space, projection),
        "persona_left_out": left_out,
    }


def shifts(
    indicators: pl.DataFrame, who: Answerers, space: PersonaSpace, projection: Projection
) -> pl.DataFrame:
    """Return how countries moved from wave to wave, and how weighted personas do.

    Parameters
    ----------
    indicators : DataFrame
        Table INDICATORS.
    who : Answerers
        The personas.
    space : PersonaSpace
        The variables.
    projection : Projection
        From answers to the map.

    Returns
    -------
    DataFrame
        Table WAVE_SHIFTS, between consecutive waves in which a country took part.

    Raises
    ------
    UserError
        If no country took part in two of the waves.
    """
    people = {
        (str(country), int(str(wave))): frame
        for (country, wave), frame in indicators.group_by("country", "wave")
        if frame.height >= FEWEST_RESPONDENTS
    }
    margins = {key: level_margins(frame, space) for key, frame in people.items()}
    humans = {key: human_state(frame, space, projection) for key, frame in people.items()}
    steps = _steps(sorted(key for key in people if margins[key]))
    if not steps:
        least = f"{FEWEST_RESPONDENTS} respondents or more"
        msg = f"no country took part in two of the waves with {least}"
        raise UserError(msg, hint="use the trend file that holds waves 5 to 7")

    @functools.cache
    def told(key: tuple[str, int], asked: frozenset[int]) -> dict[str, Array]:
        shares = [margin for margin in margins[key] if margin.variables[0] in asked]
        return predicted_states(shares, who, space, projection)

    quantities = (*AXES, *(variable.ivs for variable in space.variables))
    rows: list[tuple[object, ...]] = []
    for country, first, second in steps:
        before, after = (country, first), (country, second)
        # a question asked in one wave alone would move the weights without anybody moving
        both = _asked(margins[before]) & _asked(margins[after])
        moved = humans[after][0] - humans[before][0]
        error = np.hypot(humans[after][1], humans[before][1])
        predicted = [told(after, both)[name] - told(before, both)[name] for name in PREDICTORS]
        rows += [
            (country, first, second, name, moved[k], error[k], *(float(p[k]) for p in predicted))
            for k, name in enumerate(quantities)
        ]
    schema = dict(weight_tables.WAVE_SHIFTS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None).drop_nulls("human")


def _asked(margins: Sequence[Margin]) -> frozenset[int]:
    return frozenset(margin.variables[0] for margin in margins)


def _steps(keys: Sequence[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Return consecutive waves of the same country."""
    return [(one[0], one[1], two[1]) for one, two in pairwise(keys) if one[0] == two[0]]


def main(argv: Sequence[str] | None = None) -> None:
    """Read people of the waves and personas, weight and compare, write shifts and their summary.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    files = (*ASKED, "indicators", "projection", "shifts", "drift")
    args = parser_of_answers(__doc__, files).parse_args(argv)
    asked = read_asked(args)
    space = asked.space
    levels = space.levels_of(asked.personas["persona_id"].to_numpy())
    ids = [question.id for question in asked.instrument.questions]
    order = [ids.index(variable.ivs) for variable in space.variables]
    answered = answers.expected_values(asked.responses, asked.instrument, asked.kind)[:, order]
    who = Answerers(levels, answered, space.values_of(levels))
    indicators = tables.read(args.indicators, human_tables.INDICATORS)
    moved = shifts(indicators, who, space, read_projection(args.projection))
    found = drift(moved, PREDICTORS, asked.draws)
    logger.info("%d countries in two waves or more", moved["country"].n_unique())
    provenance = tables.joined_provenance([args.personas, args.responses, args.indicators])
    tables.write(moved, args.shifts, weight_tables.WAVE_SHIFTS, provenance)
    tables.write(found, args.drift, weight_tables.WAVE_DRIFT, provenance)


if __name__ == "__main__":
    run(main)
