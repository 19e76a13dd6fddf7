"""Cultural map: what its other versions say of the personas, and the personas' constraint.

A version is fitted anew for people as for personas: countries are placed on it as the personas
are. Turning both leaves who lies near whom, and who lies between the countries, as it was; which
axis a difference lies along it does not. The map in use is never changed by what is found here.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, drawn_values, n_readings, probabilities
from valuescape.answers.inputs import PersonaResponses, read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.reference import carried_provenance
from valuescape.humans.published import read_waves
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.clouds import inside_hull
from valuescape.lenses.cultural_map.constraint import compare_constraint
from valuescape.lenses.cultural_map.level_recovery import level_probabilities
from valuescape.lenses.cultural_map.positions import (
    FACTOR_TO_MAP,
    MAP_ORIGIN,
    Projection,
    read_projection,
)
from valuescape.lenses.cultural_map.rotation import (
    axis_target,
    component_loadings,
    pinned,
    procrustes,
    varimax,
)
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.study.space import Level, PersonaSpace

    Array = NDArray[np.float64]
    Variants = dict[tuple[str, str], Projection]

logger = logging.getLogger(__name__)

# Tao et al. 2024 (PNAS Nexus) print 0.38 and -0.01 for 0.038 and -0.1.
ORIGINS = {"wvs": MAP_ORIGIN, "tao_misprint": np.array([0.38, -0.01])}
# Least number of answers of each rule for missing ones; Tao et al. ask for six of ten.
LEAST_ANSWERS = {"complete": 10, "six_of_ten": 6}
AS_FITTED = "as_fitted"
# Rule for missing answers and coding of the map in use; its constants are the WVS's.
STANDING = ("complete", "survey_value")
SIGN_OF_SELF_EXPRESSION, SIGN_OF_SECULAR = "F118", "F063"


def rotate_projection(projection: Projection, fit: str, target: Mapping[str, str]) -> Variants:
    """Return a projection under each rotation of its two components.

    Parameters
    ----------
    projection : Projection
        The map in use.
    fit : str
        Its name.
    target : mapping of str to str
        Axis of each indicator, by its code, for the Procrustes rotation.

    Returns
    -------
    dict of (str, str) to Projection
        By fit and rotation; axes and signs pinned by F118 and F063.
    """
    loadings, eigenvalues = component_loadings(projection.weights)
    secular = np.array([target[code] == "secular" for code in projection.codes])
    first, second = (
        projection.codes.index(code) for code in (SIGN_OF_SELF_EXPRESSION, SIGN_OF_SECULAR)
    )
    turns = {
        "unrotated": np.eye(2),
        "varimax": varimax(loadings),
        "varimax_kaiser": varimax(loadings, kaiser=True),
        "procrustes_target": procrustes(loadings, axis_target(projection.weights, secular)),
    }
    found = {(fit, AS_FITTED): projection}
    for name, turn in turns.items():
        whole = turn @ pinned(loadings @ turn, first, second)
        found[fit, name] = replace(projection, weights=loadings / eigenvalues @ whole)
    return found


def variants_of(frame: pl.DataFrame, codes: Sequence[str]) -> Variants:
    """Return the projections of a table.

    Parameters
    ----------
    frame : DataFrame
        Table MAP_VARIANTS.
    codes : sequence of str
        The order of the indicators.

    Returns
    -------
    dict of (str, str) to Projection
        By fit and rotation.
    """
    order = pl.DataFrame({"ivs": codes})
    found: Variants = {}
    for key, rows in frame.group_by("fit", "rotation", maintain_order=True):
        ordered = order.join(rows, on="ivs", maintain_order="left")
        table = ordered.select(tuple(map_tables.PROJECTION)[1:]).to_numpy()
        found[str(key[0]), str(key[1])] = Projection(
            tuple(codes), table[:, :2], table[:, 2], table[:, 3]
        )
    return found


def code_answers(persona_responses: PersonaResponses) -> dict[str, Array]:
    """Return the answers under each coding of the levels.

    Parameters
    ----------
    persona_responses : PersonaResponses
        Every question of the instrument measures a cultural variable.

    Returns
    -------
    dict of str to ndarray of float64, shape (n, n_questions)
        Answers on the survey's scales; nan where not valid.
    """
    variables = {variable.name: variable for variable in persona_responses.space.variables}
    found: dict[str, list[Array]] = {"survey_value": [], "level_value": [], "mean_of_codes": []}
    for question in persona_responses.instrument.questions:
        variable = variables[str(question.variable)]
        shares = probabilities(persona_responses.responses, question, persona_responses.readout)
        levels = level_probabilities(shares, question, variable)
        found["survey_value"].append(shares @ question.values)
        found["level_value"].append(levels @ np.array([level.value for level in variable.levels]))
        found["mean_of_codes"].append(levels @ _means_of_codes(variable.levels))
    return {name: np.column_stack(columns) for name, columns in found.items()}


def _means_of_codes(levels: Sequence[Level]) -> Array:
    return np.array([float(np.mean(level.codes)) for level in levels])


def code_configurations(space: PersonaSpace, levels: NDArray[np.int8]) -> dict[str, Array]:
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


@dataclass(frozen=True)
class Countries:
    """Mean answers of countries, which every variant of the map places beside the personas.

    Attributes
    ----------
    names : tuple of str
        The countries.
    means : ndarray of float64, shape (n_countries, n_indicators)
        On the survey's scales, in the order of the projections.
    """

    names: tuple[str, ...]
    means: Array


@dataclass(frozen=True)
class Versions:
    """Versions of the map, and the countries that each places.

    Attributes
    ----------
    variants : mapping of (str, str) to Projection
        By fit and rotation, all with the same indicators.
    base : str
        The fit in use, from whose own positions displacements are counted.
    countries : Countries
        What is placed beside the personas.
    """

    variants: Variants
    base: str
    countries: Countries

    @cached_property
    def places(self) -> dict[tuple[str, str], Array]:
        """Places of the countries by variant, each of shape (n_countries, 2), from its origin."""
        means = self.countries.means
        return {
            key: FACTOR_TO_MAP * ((means - each.means) / each.sds @ each.weights)
            for key, each in self.variants.items()
        }


def latest_means(waves: pl.DataFrame, codes: Sequence[str]) -> Countries:
    """Return each country's mean answers in the latest wave in which all ten are known.

    Parameters
    ----------
    waves : DataFrame
        Table WAVES.
    codes : sequence of str
        The indicators.

    Returns
    -------
    Countries
        By name.
    """
    latest = waves.drop_nulls(list(codes)).sort("country", "wave").group_by("country").last()
    ordered = latest.sort("country")
    return Countries(tuple(ordered["country"]), ordered.select(codes).to_numpy())


def turn_to(places: Array, standing: Array) -> tuple[Array, Array]:
    """Return the rotation and shift that bring countries nearest to their standing places.

    Parameters
    ----------
    places, standing : ndarray of float64, shape (n_countries, 2)
        Of the same countries on two versions of the map.

    Returns
    -------
    (ndarray of shape (2, 2), ndarray of shape (2,))
        Orthogonal T and shift s: ``places @ T + s`` (Schoenemann & Carroll 1970, Psychometrika
        35:245-255, without scaling).
    """
    turn = procrustes(places - places.mean(axis=0), standing - standing.mean(axis=0))
    return turn, standing.mean(axis=0) - places.mean(axis=0) @ turn


def place_on_variants(
    name: str, coded: Mapping[str, Array], versions: Versions, draws: Draws | None
) -> pl.DataFrame:
    """Place the same answers on every variant of the map, and the countries with them.

    Parameters
    ----------
    name : str
        Whose answers.
    coded : mapping of str to ndarray of float64, shape (n, n_indicators)
        Answers by coding, in the order of the projections.
    versions : Versions
        Of the map.
    draws : Draws or None
        Bootstrap draws over the rows; None for what is known exactly.

    Returns
    -------
    DataFrame
        Table SENSITIVITY.
    """
    variants, human, names = versions.variants, versions.places, versions.countries.names
    fixed = human[versions.base, AS_FITTED]
    turned = {key: turn_to(places, fixed) for key, places in human.items()}
    keys: list[tuple[str, str, str, str]] = []
    blocks: list[Array] = []
    tied, inside = [], []
    for (coding, values), ((fit, rotation), projection) in product(coded.items(), variants.items()):
        standard = (values - projection.means) / projection.sds
        places = FACTOR_TO_MAP * (np.nan_to_num(standard) @ projection.weights)
        answered = (~np.isnan(standard)).sum(axis=1)
        for rule, least in LEAST_ANSWERS.items():
            counts = answered >= least
            blocks.append(np.column_stack([counts, places * counts[:, None]]))
            keys.append((fit, rotation, rule, coding))
            tied.append(float(resampling.correlation(*places[counts].T)) if counts.any() else None)
            within = inside_hull(places[counts], human[fit, rotation])
            inside.append(float(within.mean()) if counts.any() else None)
    columns = np.concatenate(blocks, axis=1)

    def means(sums: Array) -> Array:
        by_variant = sums.reshape(*sums.shape[:-1], -1, 3)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(by_variant[..., 1:] / by_variant[..., :1])

    def displacement(found: Array, place: int) -> Array:
        turn, shift = turned[keys[place][:2]]
        moved = found[..., place, :] @ turn + shift - found[..., standing, :]
        return np.asarray(np.hypot(*np.moveaxis(moved, -1, 0)))

    sums = columns.sum(axis=0)
    standing = keys.index((versions.base, AS_FITTED, *STANDING))
    found = means(sums)
    drawn = None
    if draws is not None and len(columns) > 1:
        drawn = means(resampling.resampled_sums(columns, draws, "map_sensitivity/personas"))
    rows = []
    for place, (fit, rotation, rule, coding) in enumerate(keys):
        moved = float(displacement(found, place))
        low = high = None
        if drawn is not None:
            ends = resampling.interval(moved, displacement(drawn, place), (0.0, np.inf))
            low, high = (float(end) for end in ends)
        gaps = np.hypot(*(human[fit, rotation] - found[place]).T)
        known = bool(np.isfinite(gaps).all())
        nearest = (names[gaps.argmin()], float(gaps.min())) if known else (None, None)
        highest = float(human[fit, rotation][:, 1].max())
        for constants, origin in ORIGINS.items():
            key = (name, fit, rotation, rule, constants, coding)
            at = [float(each) for each in found[place] + origin]
            beside = (tied[place], inside[place], *nearest, highest + float(origin[1]))
            rows.append((*key, int(sums[3 * place]), *at, *beside, moved, low, high))
    schema = dict(map_tables.SENSITIVITY.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def compare_variants(
    persona_responses: PersonaResponses,
    coded: Mapping[str, Array],
    versions: Versions,
    draws: Draws,
) -> pl.DataFrame:
    """Place the personas' answers, and the whole design, on every variant of the map.

    Parameters
    ----------
    persona_responses : PersonaResponses
        Whose answers; the design is the whole space.
    coded : mapping of str to ndarray of float64, shape (n, n_questions)
        As from `code_answers`.
    versions : Versions
        Of the map.
    draws : Draws
        Bootstrap draws over personas.

    Returns
    -------
    DataFrame
        Table SENSITIVITY.
    """
    space = persona_responses.space
    codes = versions.variants[versions.base, AS_FITTED].codes
    whole = code_configurations(space, space.levels_of(np.arange(space.n_personas)))
    asked_order = [question.id for question in persona_responses.instrument.questions]
    space_order = [variable.ivs for variable in space.variables]
    answered = {name: _in_order(values, asked_order, codes) for name, values in coded.items()}
    design = {name: _in_order(values, space_order, codes) for name, values in whole.items()}
    sampled = draws if persona_responses.personas.height < space.n_personas else None
    return pl.concat(
        [
            place_on_variants("persona", answered, versions, sampled),
            place_on_variants("design", design, versions, None),
        ]
    )


def _in_order(values: Array, names: Sequence[str], wanted: Sequence[str]) -> Array:
    return values[:, [list(names).index(name) for name in wanted]]


def human_spectrum(projection: Projection, agreement: pl.DataFrame | None) -> Array:
    """Return the eigenvalues of the correlations of human answers, the greatest first.

    Parameters
    ----------
    projection : Projection
        Its weights give the first two.
    agreement : DataFrame or None
        Table MAP_REFIT, which has all; None without microdata.

    Returns
    -------
    ndarray of float64, shape (n_known,)
        They sum to the number of indicators if all are known.
    """
    if agreement is None:
        return component_loadings(projection.weights)[1]
    known = agreement.filter(pl.col("measure").str.starts_with("eigenvalue")).sort("measure")
    return known["estimate"].to_numpy()


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    projection: Path,
    waves: Path,
    variants: Path | None = None,
    agreement: Path | None = None,
    fit: str,
    readout: Readout,
    seed: int,
    replicates: int,
    sensitivity: Path,
    constraint: Path,
) -> None:
    """Read configurations and answers, write SENSITIVITY and CONSTRAINT."""
    draws = Draws(replicates, seed)
    persona_responses = read_persona_responses(space, personas, instrument, responses, readout)
    frozen = read_projection(projection)
    every = rotate_projection(
        frozen, fit, {v.ivs: v.axis for v in persona_responses.space.variables}
    )
    if variants is not None:
        every |= variants_of(tables.read(variants, map_tables.MAP_VARIANTS), frozen.codes)
    refit = None if agreement is None else tables.read(agreement, map_tables.MAP_REFIT)
    coded = code_answers(persona_responses)
    countries = latest_means(read_waves(waves), frozen.codes)
    versions = Versions(every, fit, countries)
    moved = compare_variants(persona_responses, coded, versions, draws)
    configured = persona_responses.space.values_of(persona_responses.levels)
    human = human_spectrum(frozen, refit)
    answers = {
        "persona": [coded["survey_value"]],
        "persona_drawn": list(
            drawn_values(
                persona_responses.responses,
                persona_responses.instrument,
                readout,
                Draws(n_readings(persona_responses.personas.height), seed),
            )
        ),
    }
    dependence = compare_constraint(answers, configured, human, draws)
    most = moved.filter(pl.col("object") == "persona")["displacement"].drop_nulls()
    provenance = tables.joined_provenance([personas, responses])
    provenance |= carried_provenance(projection)
    if most.is_empty():
        provenance["not defined"] = "no persona has a valid answer to all ten questions"
    else:
        logger.info("versions of the map move the personas' mean by at most %.2f", most.max())
    tables.write(moved, sensitivity, map_tables.SENSITIVITY, provenance)
    tables.write(dependence, constraint, map_tables.CONSTRAINT, provenance)


if __name__ == "__main__":
    run(main)
