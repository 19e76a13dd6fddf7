"""Indicators: cut the user's EVS/WVS trend file to the ten indicators of the cultural map.

The file is the user's own and may not be passed on; neither may what is cut from it. Either the
integrated EVS/WVS trend file or the WVS time series does: their harmonised codes are the same.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.humans import codes as survey_codes
from valuescape.humans import tables as human_tables
from valuescape.humans.files import Survey, read_survey, survey_provenance
from valuescape.study.space import PersonaSpace, Variable, read_space

logger = logging.getLogger(__name__)

# The map's indicators have the same categories from wave 5 (2005-2009) on.
WAVES = (5, 6, 7)
YEARS = range(2004, 2025)
# Chronology of the EVS and WVS waves; the time series of the WVS alone has its own wave instead.
WAVE_COLUMNS = ("S002VS", "S002")
NUMBERS = ("S003", "S020", "S017")
# An index that the file leaves empty (EVS has no Y003) follows from its parts, and their codes.
PARTS = {
    "Y002": (("E003", "E004"), (1, 2, 3, 4)),
    "Y003": (("A029", "A039", "A040", "A042"), (0, 1, 2)),
}


def columns_needed(space: PersonaSpace) -> list[str]:
    """Return the columns of numbers without which a trend file cannot be read."""
    answered = [variable.ivs for variable in space.variables]
    return [*NUMBERS, *(name for name in answered if name not in PARTS)]


def cut_indicators(survey: Survey, space: PersonaSpace, countries: pl.DataFrame) -> pl.DataFrame:
    """Return who answered what on the ten indicators, in waves 5 to 7.

    Parameters
    ----------
    survey : Survey
        The file, with the columns that `main` reads.
    space : PersonaSpace
        The cultural variables, their codes in the trend file and their levels.
    countries : DataFrame with country, iso_numeric
        The countries known here.

    Returns
    -------
    DataFrame
        Table INDICATORS; those without a weight are left out.

    Raises
    ------
    UserError
        If a column is missing, no respondent is of these waves, or a code is neither an answer
        nor a missing code.
    """
    path = survey.path
    wave = _waves(survey)
    rows = wave.is_in(WAVES)
    if not rows.any():
        msg = f"{path}: no respondent of waves {WAVES[0]} to {WAVES[-1]} in column {wave.name!r}"
        raise UserError(msg, hint="take the trend file of 1981-2022, whole")
    numbered = survey.frame.with_row_index("respondent_id").with_columns(wave.alias("wave"))
    survey_codes.refuse_doubled(survey.frame, [wave.name, "S003"], "S007", path)
    kept = replace(survey, frame=numbered.filter(rows))
    frame = kept.frame
    who = {
        "respondent_id": frame["respondent_id"].cast(pl.UInt32),
        "wave": frame["wave"].cast(pl.Int8),
        "year": survey_codes.checked_codes(
            frame["S020"], YEARS, survey_codes.MISSING_IN_TREND, path
        ),
        "country": survey_codes.country_names(frame["S003"], countries, path),
        "weight": survey_codes.positive_weights(frame["S017"], path),
    }
    codes = {variable.ivs: _codes(kept, variable) for variable in space.variables}
    values = {
        ivs: column.set(column.is_in(survey_codes.UNGRADED.get(ivs, [])), None).cast(pl.Float64)
        for ivs, column in codes.items()
    }
    levels = {
        variable.name: survey_codes.levels_of(codes[variable.ivs], variable)
        for variable in space.variables
    }
    return pl.DataFrame(who | values | levels).drop_nulls("weight")


def _waves(survey: Survey) -> pl.Series:
    for name in WAVE_COLUMNS:
        if name in survey.frame.columns:
            missing = survey_codes.MISSING_IN_TREND
            return survey_codes.checked_codes(
                survey.frame[name], range(1, WAVES[-1] + 1), missing, survey.path
            )
    msg = f"{survey.path}: neither a column {WAVE_COLUMNS[0]!r} nor {WAVE_COLUMNS[1]!r}"
    raise UserError(msg, hint="take the EVS/WVS trend file or the time series of the WVS")


def _codes(survey: Survey, variable: Variable) -> pl.Series:
    frame, path, name = survey.frame, survey.path, variable.ivs
    missing = survey_codes.MISSING_IN_TREND
    if name == "Y003":
        missing = survey_codes.MISSING_AUTONOMY
    valid = survey_codes.answer_codes(variable)
    ready = None
    if name in frame.columns:
        ready = survey_codes.checked_codes(frame[name], valid, missing, path)
    parts, part_codes = PARTS.get(name, ((), ()))
    if parts and set(parts) <= set(frame.columns):
        answers = [
            survey_codes.checked_codes(frame[part], part_codes, survey_codes.MISSING_IN_TREND, path)
            for part in parts
        ]
        index = survey_codes.postmaterialism if name == "Y002" else survey_codes.autonomy
        derived = index(*answers)
        return derived if ready is None else ready.fill_null(derived)
    if ready is None:
        msg = f"{path}: neither a column {name!r} nor its parts {', '.join(parts)}"
        raise UserError(msg, hint="take the EVS/WVS trend file or the time series of the WVS")
    return ready


def read_trend(path: Path, space: PersonaSpace) -> Survey:
    """Read the columns of a trend file that `cut_indicators` needs."""
    indices = [variable.ivs for variable in space.variables if variable.ivs in PARTS]
    parts = [part for names, _ in PARTS.values() for part in names]
    optional = [*WAVE_COLUMNS, "S007", *indices, *parts]
    return read_survey(path, columns_needed(space), ["version"], optional=optional)


@command
def main(*, survey: Path, space: Path, countries: Path, indicators: Path) -> None:
    """Read the trend file, keep the waves and columns that the lenses read, write INDICATORS."""
    persona_space = read_space(space)
    known = read_reference(countries, {"country": pl.String, "iso_numeric": pl.Int32})
    trend = read_trend(survey, persona_space)
    found = cut_indicators(trend, persona_space, known)
    counts = ", ".join(
        f"wave {wave}: {n}"
        for wave, n in found["wave"].value_counts(sort=False).sort("wave").rows()
    )
    logger.info("%s: %d respondents (%s)", survey, found.height, counts)
    tables.write(found, indicators, human_tables.INDICATORS, survey_provenance("trend", trend))


if __name__ == "__main__":
    run(main)
