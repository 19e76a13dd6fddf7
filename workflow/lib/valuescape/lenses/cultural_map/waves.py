"""Waves 5 to 7: personas weighted to a country and wave, beside how its people moved.

The map is made of the same variables that weight the personas, so that configurations alone move
nearly as people do: that is arithmetic, and the tables show it beside. What an LLM adds is whether
its answers keep that shift, and whether the answer to one question moves when only the other nine
variables do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
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
from valuescape.humans.published import (
    read_answered,
    read_country_distributions,
    read_individual_moments,
    read_waves,
    read_waves_distributions,
)
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.positions import Projection, read_projection
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.cultural_map.wave_people import (
    FEWEST_RESPONDENTS,
    PublishedWaves,
    people_of_aggregates,
    people_of_respondents,
    public_counts,
    public_shares,
    scatter_of_people,
    state_of,
)
from valuescape.lenses.weights.schemes import SOFTNESS
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.stats.tilting import tilted_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.lenses.cultural_map.wave_people import CountryWave, People
    from valuescape.stats.raking import Condition
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]
    Conditions = Mapping[int, Condition]
    Row = tuple[str, str, str, float, float | None, float | None, float | None]

logger = logging.getLogger(__name__)

OF_PERSONAS = ("persona", "design", "persona_left_out", "design_left_out")
WORLD = "world_mean"
PREDICTORS = (*OF_PERSONAS, WORLD)
STEP = ["from_wave", "to_wave", "quantity"]
# A correlation over fewer shifts is no estimate.
FEWEST_SHIFTS = 3
# Below this, shifts are rounding; and squared ones.
LEAST_SHIFT = 1e-9
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

    @cached_property
    def _sums(self) -> tuple[Array, Array]:
        """Valid values, and whether they are valid, each of shape (2, n_variables, n)."""
        values = np.stack([self.answered.T, self.configured.T])
        return np.nan_to_num(values), (~np.isnan(values)).astype(np.float64)

    def means(self, weights: Array, column: int | None = None) -> Array:
        """Return weighted means of the valid answers, and of the configurations.

        Parameters
        ----------
        weights : ndarray of float64, shape (n_personas,)
            Not negative.
        column : int, optional
            Of this variable alone.

        Returns
        -------
        ndarray of float64, shape (2, n_variables), or (2,) of one variable
            nan where no answer is valid.
        """
        values, valid = self._sums
        if column is not None:
            values, valid = values[:, column], valid[:, column]
        total = valid @ weights
        undefined = np.full(total.shape, np.nan)
        return np.asarray(np.divide(values @ weights, total, out=undefined, where=total > 0))


def persona_indicators(persona_responses: PersonaResponses) -> PersonaIndicators:
    """Return configurations and answers to the indicators, in the order of the variables."""
    values = expected_values(
        persona_responses.responses, persona_responses.instrument, persona_responses.readout
    )
    ids = [question.id for question in persona_responses.instrument.questions]
    order = [ids.index(variable.ivs) for variable in persona_responses.space.variables]
    levels = persona_responses.space.levels_of(persona_responses.personas["persona_id"].to_numpy())
    return PersonaIndicators(levels, values[:, order], persona_responses.space.values_of(levels))


def known_in_both(before: CountryWave, after: CountryWave) -> tuple[Conditions, Conditions]:
    """Return what weights are to meet in two waves of a country, the same in kind.

    A question of one wave alone would change the weights though no answer changed; so would
    shares in one wave and a mean in the other. Shares go before means.
    """
    pairs: list[tuple[int, Condition, Condition]] = []
    for column in sorted({*before.shares, *before.means}):
        for first, second in ((before.shares, after.shares), (before.means, after.means)):
            if column in first and column in second:
                pairs.append((column, first[column], second[column]))
                break
    return {c: one for c, one, _ in pairs}, {c: other for c, _, other in pairs}


def predict_states(
    conditions: Conditions,
    personas: PersonaIndicators,
    space: PersonaSpace,
    projection: Projection,
) -> dict[str, Array]:
    """Return the states of personas weighted to a country and wave.

    Parameters
    ----------
    conditions : mapping of int to Margin or Moments
        What is known of a country and wave, by variable.
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
    levels, complete = personas.levels, len(personas.levels) == space.n_personas
    softness = 0.0 if complete else SOFTNESS
    parts = [
        (column, *each.features(np.ones(each.shape, dtype=np.bool_)))
        for column, each in conditions.items()
    ]
    whole = personas.means(tilted_to(levels, parts, softness, complete=complete))
    left_out = np.full(whole.shape, np.nan)
    for column in conditions:
        others = [part for part in parts if part[0] != column]
        if others:
            weights = tilted_to(levels, others, softness, complete=complete)
            left_out[:, column] = personas.means(weights, column)
    found = {"persona": whole[0], "design": whole[1]}
    found |= {"persona_left_out": left_out[0], "design_left_out": left_out[1]}
    return {name: state_of(means, space, projection) for name, means in found.items()}


def compute_shifts(
    people: People, personas: PersonaIndicators, space: PersonaSpace, projection: Projection
) -> pl.DataFrame:
    """Return how countries moved from wave to wave, and how weighted personas did.

    Parameters
    ----------
    people : People
        By country and wave.
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
    steps = _steps(sorted(key for key, each in people.items() if each.shares or each.means))
    if not steps:
        return pl.DataFrame(schema=dict(map_tables.WAVE_SHIFTS.columns))
    quantities = (*AXES, *(variable.ivs for variable in space.variables))
    rows: list[tuple[object, ...]] = []
    for country, first, second in steps:
        before, after = people[country, first], people[country, second]
        ends = known_in_both(before, after)
        if not ends[0]:
            continue
        moved, error = after.state - before.state, np.hypot(after.error, before.error)
        one, other = (predict_states(each, personas, space, projection) for each in ends)
        steps_of = [other[name] - one[name] for name in OF_PERSONAS]
        rows += [
            (country, first, second, name, moved[k], error[k], *(float(s[k]) for s in steps_of))
            for k, name in enumerate(quantities)
        ]
    schema = {name: kind for name, kind in map_tables.WAVE_SHIFTS.columns.items() if name != WORLD}
    shifts = pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None).drop_nulls("human")
    others = pl.len().over(STEP) - 1
    total = pl.col("human").sum().over(STEP) - pl.col("human")
    return shifts.with_columns(pl.when(others > 0).then(total / others).alias(WORLD))


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
        slope, correlation, sign_agreement, rms_error, rms_no_change, skill; nan where not defined.
    """
    total = times.sum(axis=-1)
    moves = np.abs(predicted) > LEAST_SHIFT
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
            "sign_agreement": times @ (moves & (predicted * human > 0)) / (times @ moves),
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
    moves = np.abs(predicted) > LEAST_SHIFT
    null_95 = {"correlation": float(resampling.null_95(against))}
    if moves.any():
        agree = (shuffled[:, moves] * predicted[moves] > 0).mean(axis=1)
        null_95["sign_agreement"] = float(resampling.null_95(agree))
    rows: list[Row] = []
    for measure, estimate in estimates.items():
        if predictor == WORLD and measure in {"slope", "correlation"}:
            continue
        low, high = None, None
        if len(countries) > 1 and np.isfinite(estimate):
            bounds = {
                "correlation": (-1.0, 1.0), "sign_agreement": (0.0, 1.0), "skill": (-np.inf, 1.0)
            }  # fmt: skip
            least = 0.0 if measure.startswith("rms") else -np.inf
            ends = resampling.interval(
                estimate, replicates[measure], bounds.get(measure, (least, np.inf))
            )
            low, high = float(ends[0]), float(ends[1])
        by_chance = null_95.get(measure)
        rows.append((quantity, predictor, measure, float(estimate), low, high, by_chance))
    errors = known["human_se"].drop_nulls().to_numpy()
    noise = float(np.sqrt(np.mean(errors**2))) if len(errors) else np.nan
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
    projection: Path,
    indicators: Path | None = None,
    waves: Path,
    waves_distributions: Path,
    distributions: Path,
    answered: Path,
    individuals: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    shifts: Path,
    drift: Path,
) -> None:
    """Weight personas to the people of each wave, write WAVE_SHIFTS and WAVE_DRIFT."""
    read = read_persona_responses(space, personas, instrument, responses, readout)
    frozen = read_projection(projection)
    files = [personas, responses]
    if indicators is not None:
        files.append(indicators)
        frame = tables.read(indicators, human_tables.INDICATORS)
        people = people_of_respondents(frame, read.space, frozen)
        weighted_to = "single respondents: shares of levels"
    else:
        earlier = read_waves_distributions(waves_distributions)
        published = PublishedWaves(
            read_waves(waves),
            public_shares(earlier, read_country_distributions(distributions), read.space),
            public_counts(earlier, read_answered(answered)),
            scatter_of_people(read_individual_moments(individuals)),
        )
        people = people_of_aggregates(published, read.space, frozen)
        weighted_to = "public aggregates: shares of levels where both waves have them, else means"
    moved = compute_shifts(people, persona_indicators(read), read.space, frozen)
    found = summarise_drift(moved, Draws(replicates, seed))
    logger.info("%d countries in two waves or more", moved["country"].n_unique())
    provenance = tables.joined_provenance(files) | {"country weights": weighted_to}
    if moved.is_empty():
        least = f"{FEWEST_RESPONDENTS} respondents or more"
        provenance["not defined"] = f"no country took part in two of waves 5 to 7 with {least}"
    elif moved["persona"].is_null().all():
        provenance["not defined"] = "no persona has a valid answer to a question of both waves"
    if "not defined" in provenance:
        logger.warning("shifts are not defined: %s", provenance["not defined"])
    tables.write(moved, shifts, map_tables.WAVE_SHIFTS, provenance)
    tables.write(found, drift, map_tables.WAVE_DRIFT, provenance)


if __name__ == "__main__":
    run(main)
