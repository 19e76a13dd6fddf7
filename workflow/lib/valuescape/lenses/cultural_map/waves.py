"""Waves 5 to 7: personas weighted to a country and wave, beside how its people moved.

The map is made of the same variables that weight the personas, so that configurations alone move
nearly as people do: that is arithmetic, and the tables show it beside. What an LLM adds is whether
its answers keep that shift, and whether the answer to one question moves when only the other nine
variables do.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, expected_values
from valuescape.answers.inputs import PersonaResponses, read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans import tables as human_tables
from valuescape.humans.margins import level_margins
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.clouds import AXES
from valuescape.lenses.cultural_map.positions import Projection, read_projection
from valuescape.lenses.weights.diagnostics import kish
from valuescape.stats import raking, resampling
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.raking import Margin
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]
    Row = tuple[str, str, str, float, float | None, float | None, float | None]

logger = logging.getLogger(__name__)

PREDICTORS = ("persona", "design", "persona_left_out")
# With fewer respondents, a country and wave is left out.
FEWEST_RESPONDENTS = 30
# A correlation over fewer shifts is no estimate.
FEWEST_SHIFTS = 3
# Below this, squared shifts are rounding.
LEAST_SQUARE = 1e-18


@dataclass(frozen=True)
class PersonaIndicators:
    """Values of the ten indicators, by the personas' answers and by their configurations.

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


def persona_indicators(persona_responses: PersonaResponses) -> PersonaIndicators:
    """Return configurations and answers to the indicators, in the order of the variables."""
    values = expected_values(
        persona_responses.responses, persona_responses.instrument, persona_responses.readout
    )
    ids = [question.id for question in persona_responses.instrument.questions]
    order = [ids.index(variable.ivs) for variable in persona_responses.space.variables]
    levels = persona_responses.space.levels_of(persona_responses.personas["persona_id"].to_numpy())
    return PersonaIndicators(levels, values[:, order], persona_responses.space.values_of(levels))


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


def predict_states(
    margins: Sequence[Margin],
    personas: PersonaIndicators,
    space: PersonaSpace,
    projection: Projection,
) -> dict[str, Array]:
    """Return the states of personas weighted to a country and wave.

    Parameters
    ----------
    margins : sequence of Margin
        Shares of levels of a country and wave.
    personas : PersonaIndicators
        What is weighted.
    space : PersonaSpace
        The variables.
    projection : Projection
        From answers to the map.

    Returns
    -------
    dict of str to ndarray of float64, shape (2 + n_variables,)
        By predictor, as from `state_of`; nan for what is not predicted.
    """
    weights = raking.fit(personas.levels, margins).weights
    left_out = np.full(len(AXES) + len(space.variables), np.nan)
    for margin in margins:
        column = margin.variables[0]
        others = [each for each in margins if each is not margin]
        if not others:
            continue
        means = weighted_means(personas.answered, raking.fit(personas.levels, others).weights)
        left_out[len(AXES) + column] = state_of(means, space, projection)[len(AXES) + column]
    return {
        "persona": state_of(weighted_means(personas.answered, weights), space, projection),
        "design": state_of(weighted_means(personas.configured, weights), space, projection),
        "persona_left_out": left_out,
    }


def compute_shifts(
    indicators: pl.DataFrame,
    personas: PersonaIndicators,
    space: PersonaSpace,
    projection: Projection,
) -> pl.DataFrame:
    """Return how countries moved from wave to wave, and how weighted personas did.

    Parameters
    ----------
    indicators : DataFrame
        Table INDICATORS.
    personas : PersonaIndicators
        What is weighted.
    space : PersonaSpace
        The variables.
    projection : Projection
        From answers to the map.

    Returns
    -------
    DataFrame
        Table WAVE_SHIFTS, between consecutive waves in which a country took part; without rows if
        none took part in two of them.
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
        return pl.DataFrame(schema=dict(map_tables.WAVE_SHIFTS.columns))

    @functools.cache
    def predicted(key: tuple[str, int], variables: frozenset[int]) -> dict[str, Array]:
        shares = [margin for margin in margins[key] if margin.variables[0] in variables]
        return predict_states(shares, personas, space, projection)

    quantities = (*AXES, *(variable.ivs for variable in space.variables))
    rows: list[tuple[object, ...]] = []
    for country, first, second in steps:
        before, after = (country, first), (country, second)
        # A question asked in one wave alone would change the weights though no answer changed.
        both = _variables(margins[before]) & _variables(margins[after])
        moved = humans[after][0] - humans[before][0]
        error = np.hypot(humans[after][1], humans[before][1])
        ends = predicted(before, both), predicted(after, both)
        steps_of = [ends[1][name] - ends[0][name] for name in PREDICTORS]
        rows += [
            (country, first, second, name, moved[k], error[k], *(float(s[k]) for s in steps_of))
            for k, name in enumerate(quantities)
        ]
    schema = dict(map_tables.WAVE_SHIFTS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None).drop_nulls("human")


def _variables(margins: Sequence[Margin]) -> frozenset[int]:
    return frozenset(margin.variables[0] for margin in margins)


def _steps(keys: Sequence[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Return consecutive waves of the same country."""
    return [(one[0], one[1], two[1]) for one, two in pairwise(keys) if one[0] == two[0]]


def measure_drift(human: Array, predicted: Array, times: Array) -> dict[str, Array]:
    """Return how well predicted shifts follow human ones.

    Parameters
    ----------
    human, predicted : ndarray of float64, shape (n_shifts,)
        Shifts.
    times : ndarray of float64, shape (..., n_shifts)
        How often each counts.

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        slope, correlation, rms_error, rms_no_change, skill; nan where not defined.
    """
    total = times.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_h, mean_p = times @ human / total, times @ predicted / total
        hh = times @ human**2 / total - mean_h**2
        pp = times @ predicted**2 / total - mean_p**2
        hp = times @ (human * predicted) / total - mean_h * mean_p
        error = times @ (predicted - human) ** 2 / total
        still = times @ human**2 / total
        varies = (hh > LEAST_SQUARE) & (pp > LEAST_SQUARE)
        return {
            "slope": np.where(hh > LEAST_SQUARE, hp / hh, np.nan),
            "correlation": np.where(varies, np.clip(hp / np.sqrt(hh * pp), -1, 1), np.nan),
            "rms_error": np.sqrt(error),
            "rms_no_change": np.sqrt(still),
            "skill": np.where(still > LEAST_SQUARE, 1 - error / still, np.nan),
        }


def summarise_drift(shifts: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Summarise shifts over countries, for each quantity and predictor.

    Parameters
    ----------
    shifts : DataFrame
        Table WAVE_SHIFTS.
    draws : Draws
        Draws of countries (all shifts of a country together), and shuffles of them.

    Returns
    -------
    DataFrame
        Table WAVE_DRIFT; of quantities with three shifts or more.
    """
    rows: list[Row] = []
    for (quantity,), frame in shifts.group_by("quantity", maintain_order=True):
        for predictor in PREDICTORS:
            known = frame.drop_nulls(predictor).sort("country", "from_wave")
            if known.height >= FEWEST_SHIFTS:
                rows += _rows(str(quantity), predictor, known, draws)
    schema = dict(map_tables.WAVE_DRIFT.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _rows(quantity: str, predictor: str, known: pl.DataFrame, draws: Draws) -> list[Row]:
    human, predicted = known["human"].to_numpy(), known[predictor].to_numpy()
    countries, place = np.unique(known["country"].to_numpy(), return_inverse=True)
    rng = draws.generator(f"waves/{quantity}")
    even = np.full(len(countries), 1 / len(countries))
    times = rng.multinomial(len(countries), even, size=draws.n)[:, place].astype(np.float64)
    estimates = measure_drift(human, predicted, np.ones(len(human)))
    replicates = measure_drift(human, predicted, times)
    shuffled = rng.permuted(np.tile(human, (draws.n, 1)), axis=1)
    against = resampling.correlation(np.broadcast_to(predicted, shuffled.shape), shuffled)
    null_95 = float(resampling.null_95(against))
    rows: list[Row] = []
    for measure, estimate in estimates.items():
        low, high = None, None
        if len(countries) > 1 and np.isfinite(estimate):
            bounds = {"correlation": (-1.0, 1.0), "skill": (-np.inf, 1.0)}
            least = 0.0 if measure.startswith("rms") else -np.inf
            ends = resampling.interval(
                estimate, replicates[measure], bounds.get(measure, (least, np.inf))
            )
            low, high = float(ends[0]), float(ends[1])
        by_chance = null_95 if measure == "correlation" else None
        rows.append((quantity, predictor, measure, float(estimate), low, high, by_chance))
    noise = float(np.sqrt(np.nanmean(known["human_se"].to_numpy().astype(np.float64) ** 2)))
    for measure, value in (
        ("rms_noise", noise),
        ("n_shifts", float(len(human))),
        ("n_countries", float(len(countries))),
    ):
        rows.append((quantity, predictor, measure, value, None, None, None))
    return rows


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    indicators: Path,
    projection: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    shifts: Path,
    drift: Path,
) -> None:
    """Weight personas to the people of each wave, write WAVE_SHIFTS and WAVE_DRIFT."""
    persona_responses = read_persona_responses(space, personas, instrument, responses, readout)
    people = tables.read(indicators, human_tables.INDICATORS)
    moved = compute_shifts(
        people,
        persona_indicators(persona_responses),
        persona_responses.space,
        read_projection(projection),
    )
    found = summarise_drift(moved, Draws(replicates, seed))
    logger.info("%d countries in two waves or more", moved["country"].n_unique())
    provenance = tables.joined_provenance([personas, responses, indicators])
    if moved.is_empty():
        least = f"{FEWEST_RESPONDENTS} respondents or more"
        provenance["not defined"] = f"no country took part in two of waves 5 to 7 with {least}"
        logger.warning("shifts are not defined: %s", provenance["not defined"])
    tables.write(moved, shifts, map_tables.WAVE_SHIFTS, provenance)
    tables.write(found, drift, map_tables.WAVE_DRIFT, provenance)


if __name__ == "__main__":
    run(main)
