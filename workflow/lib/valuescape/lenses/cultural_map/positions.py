"""Cultural map: where personas lie on it, by configuration and by answers.

The axes are frozen on humans: means, SDs and score weights were fitted on the Integrated Values
Surveys, and personas are projected with them. Nothing is fitted on personas.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, drawn_values, expected_values, n_readings
from valuescape.answers.inputs import PersonaResponses, read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.reference import carried_provenance, read_reference
from valuescape.humans.published import read_individual_moments
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.clouds import (
    Place,
    summarise_cloud,
    summarise_people,
    summarise_readings,
    summarise_stated,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from valuescape.study.instruments import Instrument
    from valuescape.study.space import PersonaSpace

logger = logging.getLogger(__name__)

# From unit-variance factor scores to the map's units: SurvSAgg = 1.81 f + 0.038 and
# TradAgg = 1.61 f - 0.1 in the WVS's own SPSS syntax (worldvaluessurvey.org, CMSID=tradrat, as
# quoted by two reimplementations). Tao et al. 2024 (PNAS Nexus) print 0.38 and -0.01: misprints.
FACTOR_TO_MAP = np.array([1.81, 1.61])
MAP_ORIGIN = np.array([0.038, -0.1])
# Root mean square difference on each axis of the same countries' means on two public
# reimplementations of the map: github.com/kwinkunks/ai-values and
# TheEconomist/cultural_map_python (years from 2005 on).
REIMPLEMENTATIONS_RMS = np.array([0.29, 0.20])
CENTROIDS = {"country": pl.String, "region": pl.String, **dict.fromkeys(AXES, pl.Float64)}


@dataclass(frozen=True)
class Projection:
    """How ten answers become a place on the map.

    Attributes
    ----------
    codes : tuple of str
        Codes of the ten indicators in the Integrated Values Surveys.
    weights : ndarray of float64, shape (n_indicators, 2)
        Factor-score weights: survival to self-expression, traditional to secular.
    means, sds : ndarray of float64, shape (n_indicators,)
        Of the human answers, on the survey's scales.
    """

    codes: tuple[str, ...]
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    sds: NDArray[np.float64]

    def positions(
        self, values: NDArray[np.float64], codes: Sequence[str], named_by: str
    ) -> NDArray[np.float64]:
        """Project answers onto the map.

        Parameters
        ----------
        values : ndarray of float64, shape (n, n_columns)
            Answers on the survey's scales; nan where there is none.
        codes : sequence of str, length n_columns
            The indicator in each column, in any order; further ones are left out.
        named_by : str
            Where the codes come from, for the message.

        Returns
        -------
        ndarray of float64, shape (n, 2)
            Self-expression and secular, in the map's units; nan where any answer is.

        Raises
        ------
        UserError
            If an indicator is missing.
        """
        missing = [code for code in self.codes if code not in codes]
        if missing:
            msg = f"{named_by} has no indicator {missing[0]!r}; it has {', '.join(codes)}"
            raise UserError(msg, hint="the map needs all ten: " + ", ".join(self.codes))
        ordered = values[:, [list(codes).index(code) for code in self.codes]]
        scores = ((ordered - self.means) / self.sds) @ self.weights
        return np.asarray(FACTOR_TO_MAP * scores + MAP_ORIGIN)


def read_projection(path: Path) -> Projection:
    """Read the frozen projection.

    Parameters
    ----------
    path : Path
        csv with ivs, weight_self_expression, weight_secular, mean, sd; one row an indicator.

    Returns
    -------
    Projection
        In the order of the file.
    """
    columns = (*(f"weight_{axis}" for axis in AXES), "mean", "sd")
    frame = read_reference(path, {"ivs": pl.String, **dict.fromkeys(columns, pl.Float64)})
    table = frame.select(columns).to_numpy()
    return Projection(tuple(frame["ivs"]), table[:, :2], table[:, 2], table[:, 3])


def read_centroids(path: Path) -> pl.DataFrame:
    """Read the mean position of each country: country, region, self_expression, secular."""
    return read_reference(path, CENTROIDS)


def design_positions(
    space: PersonaSpace, levels: NDArray[np.int8], projection: Projection
) -> NDArray[np.float64]:
    """Project configurations, as if each persona answered just as configured.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.
    projection : Projection
        The frozen projection.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        In map units.
    """
    codes = [variable.ivs for variable in space.variables]
    return projection.positions(space.values_of(levels), codes, f"the persona space {space.name!r}")


def midpoint_position(instrument: Instrument, projection: Projection) -> NDArray[np.float64]:
    """Project answers at the midpoint of every scale.

    Parameters
    ----------
    instrument : Instrument
        The indicators.
    projection : Projection
        The frozen projection.

    Returns
    -------
    ndarray of float64, shape (2,)
        (0.19, 1.84) with the public projection: more secular than any country.
    """
    middle = np.array([[(q.values[0] + q.values[-1]) / 2 for q in instrument.questions]])
    codes = [question.id for question in instrument.questions]
    name = f"the instrument {instrument.name!r}"
    return projection.positions(middle, codes, name).reshape(2)


def join_positions(
    persona_ids: pl.Series,
    by_design: NDArray[np.float64],
    by_answers: NDArray[np.float64],
    biographies: pl.DataFrame,
) -> pl.DataFrame:
    """Join the personas' positions and countries.

    Parameters
    ----------
    persona_ids : Series of uint32, length n
        The personas.
    by_design, by_answers : ndarray of float64, shape (n, 2)
        Their positions, nan where there is none.
    biographies : DataFrame with persona_id, country
        Country of each persona, null if its biography is not valid.

    Returns
    -------
    DataFrame
        Table POSITIONS.
    """
    frame = pl.DataFrame(
        {
            "persona_id": persona_ids,
            "design_self_expression": by_design[:, 0],
            "design_secular": by_design[:, 1],
            "self_expression": by_answers[:, 0],
            "secular": by_answers[:, 1],
        }
    )
    return frame.fill_nan(None).join(biographies, on="persona_id", how="left")


def project_answers(
    persona_responses: PersonaResponses, projection: Projection
) -> NDArray[np.float64]:
    """Return each persona's position by its answers, shape (n, 2); nan where one is not valid."""
    values = expected_values(
        persona_responses.responses, persona_responses.instrument, persona_responses.readout
    )
    ids = [question.id for question in persona_responses.instrument.questions]
    return projection.positions(
        values, ids, f"the instrument {persona_responses.instrument.name!r}"
    )


def project_readings(
    persona_responses: PersonaResponses, projection: Projection, draws: Draws
) -> Iterator[NDArray[np.float64]]:
    """Yield positions of the personas read as individuals, as `project_answers`."""
    ids = [question.id for question in persona_responses.instrument.questions]
    name = f"the instrument {persona_responses.instrument.name!r}"
    for values in drawn_values(
        persona_responses.responses, persona_responses.instrument, persona_responses.readout, draws
    ):
        yield projection.positions(values, ids, name)


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    biographies: Path,
    projection: Path,
    centroids: Path,
    individuals: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    positions: Path,
    summary: Path,
) -> None:
    """Read configurations and answers, project both, write POSITIONS and MAP_SUMMARY."""
    persona_responses = read_persona_responses(space, personas, instrument, responses, readout)
    stated = tables.read(biographies, study_tables.BIOGRAPHIES, ["persona_id", "country"])
    frozen = read_projection(projection)
    place = Place(
        read_centroids(centroids).select(AXES).to_numpy(),
        midpoint_position(persona_responses.instrument, frozen),
    )
    by_answers = project_answers(persona_responses, frozen)
    by_design = np.full_like(by_answers, np.nan)
    if persona_responses.known:
        by_design = design_positions(persona_responses.space, persona_responses.levels, frozen)
    placed = join_positions(
        persona_responses.personas["persona_id"],
        by_design,
        by_answers,
        stated,
    )
    whole = persona_responses.space.levels_of(np.arange(persona_responses.space.n_personas))
    draws = Draws(replicates, seed)
    drawn = list(
        project_readings(
            persona_responses, frozen, Draws(n_readings(persona_responses.personas.height), seed)
        )
    )
    # On the full cube no configuration was drawn: nothing is left to be drawn anew.
    sampled = draws if placed.height < len(whole) else None
    rows = [
        *summarise_cloud("design", design_positions(persona_responses.space, whole, frozen), place),
        *summarise_readings("persona", [by_answers], place, sampled),
        *summarise_readings("persona_drawn", drawn, place, sampled),
        *summarise_stated("persona_drawn", drawn, placed["country"], draws),
        *summarise_people(read_individual_moments(individuals), place, draws),
        *(
            row
            for row in summarise_cloud("country", place.corners, place)
            if row[1] != "hull_share"
        ),
    ]
    summarised = pl.DataFrame(rows, schema=map_tables.MAP_SUMMARY.columns, orient="row")
    n_placed = placed.drop_nulls(AXES).height
    logger.info("%d of %d personas have a position on the map", n_placed, placed.height)
    provenance = tables.joined_provenance([personas, responses, biographies])
    provenance |= carried_provenance(projection) | carried_provenance(individuals)
    if not n_placed:
        provenance["not defined"] = "no persona has a valid answer to all ten questions"
    tables.write(placed, positions, map_tables.POSITIONS, provenance)
    tables.write(summarised.fill_nan(None), summary, map_tables.MAP_SUMMARY, provenance)


if __name__ == "__main__":
    run(main)
