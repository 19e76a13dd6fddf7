"""Quality: who personas say they are, what became of each question, who answers as configured."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.answers.expected import (
    STATUSES,
    Readout,
    outcome_counts,
    require_same_personas,
)
from valuescape.answers.inputs import read_configurations
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.reference import read_reference
from valuescape.humans import published
from valuescape.humans import tables as human_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.contradictions import count_contradictions, nothing_assigned
from valuescape.lenses.quality.demographics import (
    count_demographics,
    human_margins,
    override_margins,
    same_countries_margins,
)
from valuescape.lenses.quality.manipulation_check import (
    check_manipulation,
    configured_and_answered,
)
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.demographics import Demographics, read_continents
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.models import LEAST_MASS

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)


def mass_remark(mass: float | None, form: str) -> str | None:
    """Return what an option mass means; None if it is as it should be, or not known.

    Parameters
    ----------
    mass : float or None
        Median probability of all options together, in [0, 1].
    form : str
        ``option_text``, ``label_token``, or empty for answers given elsewhere.
    """
    if mass is None or mass >= LEAST_MASS:
        return None
    return quality_tables.WHOLE_TEXTS if form == "option_text" else quality_tables.LOW_MASS


def validity_table(
    biographies: pl.DataFrame,
    responses: Sequence[tuple[Instrument, pl.DataFrame]],
    form: str = "",
) -> pl.DataFrame:
    """Count the outcomes of every biography and question.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES.
    responses : sequence of (Instrument, DataFrame)
        Instruments and their RESPONSES.
    form : str
        The form of an answer, as in `mass_remark`.

    Returns
    -------
    DataFrame
        Table VALIDITY.
    """
    written = biographies.select(biography_status="status")
    rows: list[dict[str, str | int | float | None]] = [
        {
            "stage": "biographies",
            "question": "biography",
            **outcome_counts(written, "biography"),
            "option_mass": None,
            "remark": None,
        }
    ]
    for instrument, answered in responses:
        for question in instrument.asked:
            mass = answered.select(pl.col(f"{question.id}_mass").cast(pl.Float64).median()).item()
            rows.append(
                {
                    "stage": instrument.name,
                    "question": question.id,
                    **outcome_counts(answered, question.id),
                    "option_mass": mass,
                    "remark": mass_remark(mass, form),
                }
            )
    columns = {
        name: dtype for name, dtype in quality_tables.VALIDITY.columns.items() if name != "asked"
    }
    counted = pl.DataFrame(rows, schema=columns)
    return counted.with_columns(asked=pl.sum_horizontal(STATUSES))


@command
def main(
    *,
    space: Path,
    personas: Path,
    biographies: Path,
    countries: Path,
    respondents: Path,
    margins: Path,
    survey: Path | None = None,
    responses: list[Path],
    instruments: list[Path],
    demographics_from: Demographics,
    readout: Readout,
    seed: int,
    replicates: int,
    demographics: Path,
    contradictions: Path,
    validity: Path,
    manipulation_check: Path,
) -> None:
    """Read biographies and responses; write who personas are and what became of each answer."""
    configurations = read_configurations(space, personas)
    written = tables.read(biographies, study_tables.BIOGRAPHIES)
    answered = []
    for instrument, path in zip(instruments, responses, strict=True):
        frame = tables.read(path, study_tables.RESPONSES)
        require_same_personas(configurations.personas, frame, f"{personas} and {path}")
        answered.append((read_instrument(instrument), frame))
    interviewed = read_reference(respondents, {"country": pl.String, "n": pl.Int64})
    divided = published.read_country_margins(margins)
    provenance = tables.joined_provenance([personas, biographies, *responses])
    if survey is not None:
        people = tables.read(survey, human_tables.RESPONDENTS)
        interviewed = people.group_by("country").agg(n=pl.len().cast(pl.Int64))
        divided = override_margins(divided, people)
        provenance |= tables.provenance(survey)
    of_places = human_margins(
        read_reference(countries, {"country": pl.String, "continent": pl.String}), interviewed
    )
    continents = read_continents(countries) if demographics_from == "assigned" else {}
    of_countries = same_countries_margins(written, divided)
    described = count_demographics(written, of_places.vstack(of_countries), continents)
    contradicting = count_contradictions(written, continents) if continents else nothing_assigned()
    form = json.loads(provenance.get("answer form", "{}")).get("form", "")
    outcomes = validity_table(written, answered, form)
    logger.info("%d of %d answers are valid", outcomes["valid"].sum(), outcomes["asked"].sum())
    variables, configured, values = configured_and_answered(
        configurations.space, configurations.personas, answered, readout
    )
    checked = check_manipulation(variables, configured, values, Draws(replicates, seed))
    tables.write(described, demographics, quality_tables.DEMOGRAPHICS, provenance)
    tables.write(contradicting, contradictions, quality_tables.CONTRADICTIONS, provenance)
    tables.write(outcomes, validity, quality_tables.VALIDITY, provenance)
    tables.write(checked, manipulation_check, quality_tables.MANIPULATION_CHECK, provenance)


if __name__ == "__main__":
    run(main)
