"""Manipulation check: whether personas answer as configured, level by level and on the map.

A persona that ignores its configuration, and one that answers at the midpoint of every scale, also
lie somewhere on the map; these tables distinguish both from a persona that follows it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, probabilities
from valuescape.answers.inputs import PersonaResponses, read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.level_recovery import (
    level_probabilities,
    measure_agreement,
    tabulate_levels,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.study.instruments import Question
    from valuescape.study.space import Variable

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Below this a variance is rounding: what does not vary has no slope.
LEAST_VARIANCE = 1e-12
MAJORITY = 0.5
ROUNDING = 1e-9


@dataclass(frozen=True)
class VariableResponses:
    """One cultural variable: how personas were configured, and what they answered.

    Attributes
    ----------
    variable : Variable
        Its levels.
    question : Question
        The question that measures it.
    levels : ndarray of int8, shape (n,)
        Configured levels.
    shares : ndarray of float64, shape (n, n_options)
        Option probabilities; nan where the answer is not valid.
    """

    variable: Variable
    question: Question
    levels: NDArray[np.int8]
    shares: Array

    @property
    def scaled(self) -> tuple[Array, Array]:
        """Configured and answered values, each of shape (n,), from -1 to 1; 0 is the midpoint."""
        configured = _level_values(self.variable)[self.levels]
        answered = self.shares @ self.question.values
        return _scaled(configured, self.question), _scaled(answered, self.question)

    @property
    def least_distance(self) -> float:
        """Distance of the scale's midpoint from the nearest level, on the same scale."""
        return float(np.abs(_scaled(_level_values(self.variable), self.question)).min())


def responses_by_variable(persona_responses: PersonaResponses) -> list[VariableResponses]:
    """Return what personas answered to each question that measures a cultural variable."""
    places = {variable.name: k for k, variable in enumerate(persona_responses.space.variables)}
    return [
        VariableResponses(
            persona_responses.space.variables[places[question.variable]],
            question,
            persona_responses.levels[:, places[question.variable]],
            probabilities(persona_responses.responses, question, persona_responses.readout),
        )
        for question in persona_responses.instrument.questions
        if question.variable is not None
    ]


def _level_values(variable: Variable) -> Array:
    return np.array([level.value for level in variable.levels])


def _scaled(values: Array, question: Question) -> Array:
    """Values on the question's scale as from -1 to 1."""
    low, high = question.values[0], question.values[-1]
    return np.asarray((values - (low + high) / 2) * 2 / (high - low))


def _line(sums: Array) -> dict[str, Array]:
    """Measures of one axis from sums of (1, x, y, x^2, y^2, x y), shape (..., 6)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y, xx, yy, xy = np.moveaxis(sums[..., 1:], -1, 0) / sums[..., 0]
        across, along = xx - x * x, np.where(yy - y * y > LEAST_VARIANCE, yy - y * y, 0.0)
        spread = np.where(across > LEAST_VARIANCE, across, np.nan)
        slope = (xy - x * y) / spread
        r2 = np.where(along > 0, slope**2 * spread / along, np.nan)
        ratio = np.sqrt(along / spread)
    return {
        "slope": slope,
        "r2": np.clip(r2, 0.0, 1.0),
        "shrinkage": 1 - slope,
        "sd_ratio": ratio,
        "offset": y - x,
    }


def regress_on_configured(
    axis: str, configured: Array, answered: Array, draws: Draws
) -> pl.DataFrame:
    """Regress the answered position on the configured one, along one axis.

    Parameters
    ----------
    axis : str
        Its name.
    configured, answered : ndarray of float64, shape (n,)
        Positions in map units; nan where an answer is not valid.
    draws : Draws
        Bootstrap draws, and shuffles of the personas.

    Returns
    -------
    DataFrame
        Table MANIPULATION_CHECK_AXES, for this axis.
    """
    known = ~np.isnan(answered)
    x, y = configured[known], answered[known]
    columns = np.column_stack([np.ones_like(x), x, y, x * x, y * y, x * y])
    sums = columns.sum(axis=0)
    estimates = _line(sums)
    drawn = _line(resampling.resampled_sums(columns, draws, "map_recovery/personas"))
    shuffled = np.tile(sums, (draws.n, 1))
    pair = x[:, None], y[:, None]
    shuffled[:, 5:] = resampling.shuffled_products(*pair, draws, "map_recovery/shuffles")
    null_95 = {"r2": float(resampling.null_95(_line(shuffled)["r2"]))}
    rows = []
    for measure, estimate in estimates.items():
        low, high = resampling.interval(estimate, drawn[measure])
        ends = (float(estimate), float(low), float(high))
        rows.append((axis, measure, *ends, null_95.get(measure)))
    return _measures(rows)


def measure_midpoint(found: Sequence[VariableResponses], draws: Draws) -> pl.DataFrame:
    """Measure how near to the scale midpoints personas answer.

    Answers at all midpoints lie above every country on the map, whatever the persona context.

    Parameters
    ----------
    found : sequence of VariableResponses
        Only personas with a valid answer to all of them count.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    DataFrame
        Table MANIPULATION_CHECK_AXES, `axis` all. A distance is the root mean square over the
        variables.
    """
    scaled = [each.scaled for each in found]
    configured, answered = (np.column_stack(side) for side in zip(*scaled, strict=True))
    # Not 0 where a scale has no middle level.
    least = float(np.sqrt(np.mean(np.square([each.least_distance for each in found]))))
    known = ~np.isnan(answered).any(axis=1)
    x, y = configured[known], answered[known]

    def columns_of(vectors: Array) -> Array:
        size = np.sqrt((vectors**2).mean(axis=1))
        return np.column_stack([size, size <= least + ROUNDING])

    apart = np.sqrt(((y - x) ** 2).mean(axis=1))
    names = ("midpoint_distance", "at_midpoint_share", "configured_distance")
    columns = np.column_stack([columns_of(y), apart])
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = columns.sum(axis=0) / len(x)
        of_configurations = (*(columns_of(x).sum(axis=0) / len(x)), None)
        drawn = resampling.resampled_sums(columns, draws, "map_recovery/personas") / len(x)
    rows = []
    for k, name in enumerate(names):
        bounds = (0.0, 1.0 if name.endswith("_share") else np.inf)
        low, high = resampling.interval(estimate[k], drawn[:, k], bounds)
        rows.append(
            ("all", name, float(estimate[k]), float(low), float(high), of_configurations[k])
        )
    share_low = rows[1][3]
    flag = float(share_low > MAJORITY) if len(x) else np.nan
    return _measures([*rows, ("all", "midpoint_flag", flag, None, None, None)])


def _measures(
    rows: Sequence[tuple[str, str, float, float | None, float | None, float | None]],
) -> pl.DataFrame:
    schema = map_tables.MANIPULATION_CHECK_AXES.columns
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def check_levels(
    found: Sequence[VariableResponses], draws: Draws
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compare answered with configured levels, variable by variable.

    Parameters
    ----------
    found : sequence of VariableResponses
        Configured levels and answers.
    draws : Draws
        Bootstrap draws, and shuffles of the personas.

    Returns
    -------
    (DataFrame, DataFrame)
        Tables MANIPULATION_CHECK_MATRIX and MANIPULATION_CHECK_LEVELS.
    """
    matrices, rows = [], []
    for each in found:
        answered = level_probabilities(each.shares, each.question, each.variable)
        matrices.append(tabulate_levels(each.variable.name, each.levels, answered, draws))
        rows.append(measure_agreement(each.variable.name, each.levels, answered, draws))
    schema = map_tables.MANIPULATION_CHECK_LEVELS.columns
    return pl.concat(matrices), pl.DataFrame(rows, schema=schema).fill_nan(None)


def check_axes(positions: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Regress answered on configured positions, along both axes.

    Parameters
    ----------
    positions : DataFrame
        Table POSITIONS.
    draws : Draws
        Bootstrap draws, and shuffles of the personas.

    Returns
    -------
    DataFrame
        Table MANIPULATION_CHECK_AXES, without `axis` all.
    """
    return pl.concat(
        regress_on_configured(
            axis, positions[f"design_{axis}"].to_numpy(), positions[axis].to_numpy(), draws
        )
        for axis in AXES
    )


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    positions: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    matrix: Path,
    levels: Path,
    axes: Path,
) -> None:
    """Read answers and positions, compare with configurations, write the manipulation check."""
    draws = Draws(replicates, seed)
    persona_responses = read_persona_responses(space, personas, instrument, responses, readout)
    placed = tables.read(positions, map_tables.POSITIONS)
    found = responses_by_variable(persona_responses)
    by_level, agreement = check_levels(found, draws)
    midpoint = measure_midpoint(found, draws)
    if midpoint.filter(measure="midpoint_flag")["estimate"].item():
        logger.warning("most personas answer at the midpoint of the scales")
    on_map = pl.concat([check_axes(placed, draws), midpoint])
    provenance = tables.joined_provenance([personas, responses, positions])
    tables.write(by_level, matrix, map_tables.MANIPULATION_CHECK_MATRIX, provenance)
    tables.write(agreement, levels, map_tables.MANIPULATION_CHECK_LEVELS, provenance)
    tables.write(on_map, axes, map_tables.MANIPULATION_CHECK_AXES, provenance)


if __name__ == "__main__":
    run(main)
