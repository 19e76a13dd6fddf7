"""Lens 1: whether personas answer as configured, level by level and on the map.

    python -m valuescape.lenses.cultural_map.axis_recovery --space F --personas F --responses F --instrument F \
        --positions F --answers KIND --seed N --replicates N --matrix F --recovery F --map F

A persona that ignores its configuration, and one that takes the middle of every scale, also land
somewhere on the map; these tables tell both apart from a persona that follows.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.inputs import ASKED, parser_of_answers, read_asked
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.level_recovery import (
    level_probabilities,
    recovery,
    recovery_matrix,
)
from valuescape.lenses.cultural_map.positions import AXES
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.answers.expected import AnswerKind
    from valuescape.stats.resampling import Draws
    from valuescape.study.instruments import Instrument, Question
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Below this a variance is rounding: what does not vary has no slope.
LEAST_VARIANCE = 1e-12
MAJORITY = 0.5
ROUNDING = 1e-9


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


def axis_recovery(axis: str, configured: Array, answered: Array, draws: Draws) -> pl.DataFrame:
    """Regress the answered place on the configured one, along one axis.

    Parameters
    ----------
    axis : str
        Its name.
    configured, answered : ndarray of float64, shape (n,)
        Places in map units; nan where an answer is not valid.
    draws : Draws
        Bootstrap draws, and shuffles of the null.

    Returns
    -------
    DataFrame
        Table MAP_RECOVERY, for this axis.
    """
    known = ~np.isnan(answered)
    x, y = configured[known], answered[known]
    columns = np.column_stack([np.ones_like(x), x, y, x * x, y * y, x * y])
    sums = columns.sum(axis=0)
    estimates = _line(sums)
    drawn = _line(resampling.resampled_sums(columns, draws, "map_recovery/personas"))
    shuffled = np.tile(sums, (draws.n, 1))
    for row, order in zip(
        shuffled, resampling.shuffles(x[:, None], draws, "map_recovery/shuffles"), strict=True
    ):
        row[5] = order[:, 0] @ y
    nulls = {"r2": float(resampling.null_bound(_line(shuffled)["r2"]))}
    rows = []
    for measure, estimate in estimates.items():
        low, high = resampling.interval(estimate, drawn[measure])
        ends = (float(estimate), float(low), float(high))
        rows.append((axis, measure, *ends, nulls.get(measure)))
    return _measures(rows)


def midpoint_recovery(
    configured: Array, answered: Array, least: float, draws: Draws
) -> pl.DataFrame:
    """Tell whether personas answer at the middle of every scale.

    Such an answerer lies above every country on the map, whatever it was told.

    Parameters
    ----------
    configured, answered : ndarray of float64, shape (n, n_variables)
        Values between -1 and 1, the ends of each scale; nan where an answer is not valid.
    least : float
        Distance from the middles of the configuration nearest to them, as from `least_distance`.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    DataFrame
        Table MAP_RECOVERY, `axis` all. A distance is the root mean square over the variables.
    """
    known = ~np.isnan(answered).any(axis=1)
    x, y = configured[known], answered[known]

    def columns_of(vectors: Array) -> Array:
        size = np.sqrt((vectors**2).mean(axis=1))
        return np.column_stack([size, size <= least + ROUNDING])

    told, said = columns_of(x), columns_of(y)
    apart = np.sqrt(((y - x) ** 2).mean(axis=1))
    names = ("midpoint_distance", "at_midpoint_share", "configured_distance")
    columns = np.column_stack([said, apart])
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = columns.sum(axis=0) / len(x)
        reference = (*(told.sum(axis=0) / len(x)), None)
        drawn = resampling.resampled_sums(columns, draws, "map_recovery/personas") / len(x)
    rows = []
    for k, name in enumerate(names):
        bounds = (0.0, 1.0 if name.endswith("_share") else np.inf)
        low, high = resampling.interval(estimate[k], drawn[:, k], bounds)
        rows.append(("all", name, float(estimate[k]), float(low), float(high), reference[k]))
    share_low = rows[1][3]
    flag = float(share_low > MAJORITY) if len(x) else np.nan
    return _measures([*rows, ("all", "midpoint_flag", flag, None, None, None)])


def least_distance(space: PersonaSpace, instrument: Instrument) -> float:
    """Return how near to the middle of all scales a configuration can lie.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    instrument : Instrument
        Whose questions carry a `variable`.

    Returns
    -------
    float
        Root mean square over the variables asked; not 0 where a scale has no middle level.
    """
    levels = {v.name: np.array([level.value for level in v.levels]) for v in space.variables}
    nearest = [
        np.abs(_scaled(levels[question.variable], question)).min()
        for question in instrument.questions
        if question.variable is not None
    ]
    return float(np.sqrt(np.mean(np.square(nearest))))


def _scaled(values: Array, question: Question) -> Array:
    """Values on the question's scale as from -1 to 1."""
    low, high = question.values[0], question.values[-1]
    return np.asarray((values - (low + high) / 2) * 2 / (high - low))


def _measures(
    rows: Sequence[tuple[str, str, float, float | None, float | None, float | None]],
) -> pl.DataFrame:
    schema = map_tables.MAP_RECOVERY.columns
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def scaled_values(
    space: PersonaSpace, levels: NDArray[np.int8], responses: pl.DataFrame,
    instrument: Instrument, kind: AnswerKind,
) -> tuple[Array, Array]:  # fmt: skip
    """Return configured and answered values on scales from -1 to 1.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.
    responses : DataFrame
        Table RESPONSES.
    instrument : Instrument
        Whose questions carry a `variable`.
    kind : {"probabilities", "chosen"}
        Which kind of answer to read.

    Returns
    -------
    (ndarray, ndarray) of float64, each of shape (n, n_asked)
        The middle of each scale is 0.
    """
    names = [variable.name for variable in space.variables]
    values = space.values_of(levels)
    pairs = []
    for question in instrument.questions:
        if question.variable is None:
            continue
        answered = answers.probabilities(responses, question, kind) @ question.values
        told = values[:, names.index(question.variable)]
        pairs.append((_scaled(told, question), _scaled(answered, question)))
    return np.column_stack([x for x, _ in pairs]), np.column_stack([y for _, y in pairs])


def main(argv: Sequence[str] | None = None) -> None:
    """Read configurations, answers and places, write RECOVERY_MATRIX, RECOVERY, MAP_RECOVERY.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    files = (*ASKED, "positions", "matrix", "recovery", "map")
    args = parser_of_answers(__doc__, files).parse_args(argv)
    asked = read_asked(args)
    space, instrument, draws = asked.space, asked.instrument, asked.draws
    positions = tables.read(args.positions, map_tables.POSITIONS)
    variables = {variable.name: k for k, variable in enumerate(space.variables)}
    matrices, rows = [], []
    for question in instrument.questions:
        if question.variable is None:
            continue
        place = variables[question.variable]
        shares = answers.probabilities(asked.responses, question, asked.kind)
        answered = level_probabilities(shares, question, space.variables[place])
        levels = asked.levels[:, place]
        matrices.append(recovery_matrix(question.variable, levels, answered, draws))
        rows.append(recovery(question.variable, levels, answered, draws))
    on_map = [
        axis_recovery(
            axis, positions[f"design_{axis}"].to_numpy(), positions[axis].to_numpy(), draws
        )
        for axis in AXES
    ]
    scaled = scaled_values(space, asked.levels, asked.responses, instrument, asked.kind)
    on_map.append(midpoint_recovery(*scaled, least_distance(space, instrument), draws))
    found = pl.DataFrame(rows, schema=map_tables.RECOVERY.columns).fill_nan(None)
    flag = pl.concat(on_map).filter(pl.col("measure") == "midpoint_flag")["estimate"][0]
    if flag:
        logger.warning("the personas' answers sit at the middle of the scales")
    provenance = tables.joined_provenance([args.personas, args.responses, args.positions])
    tables.write(pl.concat(matrices), args.matrix, map_tables.RECOVERY_MATRIX, provenance)
    tables.write(found, args.recovery, map_tables.RECOVERY, provenance)
    tables.write(pl.concat(on_map), args.map, map_tables.MAP_RECOVERY, provenance)


if __name__ == "__main__":
    run(main)
