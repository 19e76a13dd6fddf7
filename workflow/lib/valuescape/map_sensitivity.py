"""Lens 1: how far the personas' mean moves under other makings of the map, and their constraint.

    python -m valuescape.map_sensitivity --space F --personas F --responses F --instrument F \
        --projection F --answers KIND --seed N --replicates N --sensitivity F --constraint F

The standing choices are never changed by what is found here: the grid says what they are worth.
"""

from __future__ import annotations

import argparse
import logging
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape import answers, map_tables, resampling, tables
from valuescape.constraint import constraint
from valuescape.cultural_map import (
    FACTOR_TO_MAP,
    MAP_ORIGIN,
    Projection,
    read_projection,
)
from valuescape.errors import run
from valuescape.instruments import read_instrument
from valuescape.level_recovery import level_probabilities
from valuescape.map_rotation import component_loadings, pinned, procrustes, varimax
from valuescape.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.answers import AnswerKind
    from valuescape.instruments import Instrument
    from valuescape.resampling import Draws
    from valuescape.space import Level

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Tao et al. 2024 (PNAS Nexus) print 0.38 and -0.01 for 0.038 and -0.1.
ORIGINS = {"wvs": MAP_ORIGIN, "tao_misprint": np.array([0.38, -0.01])}
# Least number of answers of each rule for missing ones; Tao et al. ask for six of ten.
LEAST_ANSWERS = {"complete": 10, "six_of_ten": 6}
STANDING = ("published", "complete", "wvs", "survey_value")
SIGN_OF_SELF_EXPRESSION, SIGN_OF_SECULAR = "F118", "F063"


def rotated_weights(projection: Projection, target: Mapping[str, str]) -> dict[str, Array]:
    """Return the score weights under each rotation of the two components.

    Parameters
    ----------
    projection : Projection
        The published weights.
    target : mapping of str to str
        Axis of each indicator, by its code, for the Procrustes rotation.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_indicators, 2)
        By name; axes and signs pinned by F118 and F063.
    """
    loadings, eigenvalues = component_loadings(projection.weights)
    published = projection.weights @ np.linalg.inv(projection.weights.T @ projection.weights)
    axis = np.array([target[code] == "secular" for code in projection.codes])
    wanted = np.where(np.column_stack([~axis, axis]), np.sign(published), 0.0)
    first, second = (
        projection.codes.index(code) for code in (SIGN_OF_SELF_EXPRESSION, SIGN_OF_SECULAR)
    )
    turns = {
        "unrotated": np.eye(2),
        "varimax": varimax(loadings),
        "varimax_kaiser": varimax(loadings, kaiser=True),
        "procrustes_target": procrustes(loadings, wanted),
    }
    found = {"published": projection.weights}
    for name, turn in turns.items():
        whole = turn @ pinned(loadings @ turn, first, second)
        found[name] = loadings / eigenvalues @ whole
    return found


def codings(
    space: PersonaSpace, instrument: Instrument, responses: pl.DataFrame, kind: AnswerKind
) -> dict[str, Array]:
    """Return the answers under each coding of the levels.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    instrument : Instrument
        Whose questions each carry a `variable`.
    responses : DataFrame
        Table RESPONSES, n rows.
    kind : {"probabilities", "chosen"}
        Which kind of answer to read.

    Returns
    -------
    dict of str to ndarray of float64, shape (n, n_questions)
        Answers on the survey's scales; nan where not valid.
    """
    variables = {variable.name: variable for variable in space.variables}
    found: dict[str, list[Array]] = {"survey_value": [], "level_value": [], "mean_of_codes": []}
    for question in instrument.questions:
        variable = variables[str(question.variable)]
        shares = answers.probabilities(responses, question, kind)
        levels = level_probabilities(shares, question, variable)
        found["survey_value"].append(shares @ question.values)
        found["level_value"].append(levels @ np.array([level.value for level in variable.levels]))
        found["mean_of_codes"].append(levels @ _means_of_codes(variable.levels))
    return {name: np.column_stack(columns) for name, columns in found.items()}


def _means_of_codes(levels: Sequence[Level]) -> Array:
    return np.array([float(np.mean(level.codes)) for level in levels])


def configured_codings(space: PersonaSpace, levels: NDArray[np.int8]) -> dict[str, Array]:
    """Return configurations under each coding of the levels.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.

    Returns
    -------
    dict of str to ndarray of float64, shape (n, n_variables)
        `survey_value` is the level's own value.
    """
    columns = [
        _means_of_codes(variable.levels)[levels[:, place]]
        for place, variable in enumerate(space.variables)
    ]
    return {"survey_value": space.values_of(levels), "mean_of_codes": np.column_stack(columns)}


def sensitivity(
    name: str,
    coded: Mapping[str, Array],
    projection: Projection,
    weights: Mapping[str, Array],
    draws: Draws | None,
) -> pl.DataFrame:
    """Place the same answers on every variant of the map.

    Parameters
    ----------
    name : str
        Whose answers.
    coded : mapping of str to ndarray of float64, shape (n, n_indicators)
        Answers by coding, in the order of the projection.
    projection : Projection
        Codes, means and SDs.
    weights : mapping of str to ndarray
        As from `rotated_weights`.
    draws : Draws or None
        Bootstrap draws over the rows; None for what is known exactly.

    Returns
    -------
    DataFrame
        Table SENSITIVITY.
    """
    keys: list[tuple[str, str, str]] = []
    blocks: list[Array] = []
    for coding, values in coded.items():
        standard = (values - projection.means) / projection.sds
        answered = (~np.isnan(standard)).sum(axis=1)
        filled = np.nan_to_num(standard)
        for rotation, (rule, least) in product(weights, LEAST_ANSWERS.items()):
            counts = answered >= least
            places = FACTOR_TO_MAP * (filled @ weights[rotation])
            blocks.append(np.column_stack([counts, places * counts[:, None]]))
            keys.append((rotation, rule, coding))
    columns = np.concatenate(blocks, axis=1)

    def means(sums: Array) -> Array:
        by_variant = sums.reshape(*sums.shape[:-1], -1, 3)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(by_variant[..., 1:] / by_variant[..., :1])

    sums = columns.sum(axis=0)
    found = means(sums)
    drawn = None
    if draws is not None:
        drawn = means(resampling.resampled_sums(columns, draws, "map_sensitivity/personas"))
    base = keys.index((STANDING[0], STANDING[1], STANDING[3]))
    rows = []
    for place, (rotation, rule, coding) in enumerate(keys):
        for constants, origin in ORIGINS.items():
            shift = origin - ORIGINS[STANDING[2]]
            moved = float(np.hypot(*(found[place] - found[base] + shift)))
            low = high = None
            if drawn is not None:
                gaps = np.hypot(*np.moveaxis(drawn[:, place] - drawn[:, base] + shift, -1, 0))
                ends = resampling.interval(moved, gaps, (0.0, np.inf))
                low, high = (float(end) for end in ends)
            at = [float(each) for each in found[place] + origin]
            key = (name, rotation, rule, constants, coding)
            rows.append((*key, int(sums[3 * place]), *at, moved, low, high))
    return pl.DataFrame(rows, schema=map_tables.SENSITIVITY.columns, orient="row").fill_nan(None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("space", "personas", "responses", "instrument", "projection"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("sensitivity", "constraint"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    answers.add_argument(parser)
    resampling.add_arguments(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read configurations and answers, write SENSITIVITY and CONSTRAINT.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = _parser().parse_args(argv)
    space, instrument = read_space(args.space), read_instrument(args.instrument)
    projection = read_projection(args.projection)
    personas = tables.read(args.personas, tables.PERSONAS)
    responses = tables.read(args.responses, tables.RESPONSES)
    answers.require_same_personas(personas, responses, f"{args.personas} and {args.responses}")
    draws = resampling.Draws(args.replicates, args.seed)
    levels = personas.select(variable.name for variable in space.variables).to_numpy()
    weights = rotated_weights(projection, {v.ivs: v.axis for v in space.variables})
    coded = codings(space, instrument, responses, args.answers)
    asked = [question.id for question in instrument.questions]
    whole = configured_codings(space, space.levels_of(np.arange(space.n_personas)))
    told = [variable.ivs for variable in space.variables]
    in_order = [asked.index(code) for code in projection.codes]
    said = {name: values[:, in_order] for name, values in coded.items()}
    in_order = [told.index(code) for code in projection.codes]
    design = {name: values[:, in_order] for name, values in whole.items()}
    grid = pl.concat(
        [
            sensitivity("persona", said, projection, weights, draws),
            sensitivity("design", design, projection, weights, None),
        ]
    )
    _, eigenvalues = component_loadings(projection.weights)
    tied = constraint(coded["survey_value"], space.values_of(levels), eigenvalues, draws)
    persona = grid.filter(pl.col("object") == "persona")["displacement"].to_numpy()
    logger.info("variants of the map move the personas' mean by at most %.2f", persona.max())
    provenance = tables.joined_provenance([args.personas, args.responses])
    tables.write(grid, args.sensitivity, map_tables.SENSITIVITY, provenance)
    tables.write(tied, args.constraint, map_tables.CONSTRAINT, provenance)


if __name__ == "__main__":
    run(main)
