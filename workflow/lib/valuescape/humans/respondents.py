"""Respondents: cut the user's file of WVS wave 7 to what the lenses read.

The file is the user's own and may not be passed on; neither may what is cut from it.
"""

from __future__ import annotations

import logging
from pathlib import Path

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.progress import tell
from valuescape.core.reference import read_reference
from valuescape.humans import codes as survey_codes
from valuescape.humans import tables as human_tables
from valuescape.humans.files import Survey, read_survey, survey_provenance
from valuescape.humans.published import read_country_distributions
from valuescape.humans.shipped_shares import in_words, questions_off
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.space import PersonaSpace, Variable, read_space

logger = logging.getLogger(__name__)

WAVE = 7
# Fewer countries are no cross-section of the world, against which world personas could be set.
FEW_COUNTRIES = 10
YEARS = range(2017, 2025)
AGES = range(131)
SETTLEMENTS = {1: "urban", 2: "rural"}
SEXES = {1: "male", 2: "female"}
# ISCED 2011 in four levels, as in WorldValuesBench's education2level.csv: short-cycle tertiary (5)
# is no Tertiary there. That table writes code 7 (master) otherwise than the codebook, so that
# people with a master fall out of all its groups; here they are Tertiary, as it meant them to be.
EDUCATIONS = {
    0: "Primary or No Education",
    1: "Primary or No Education",
    2: "Lower Secondary",
    3: "Upper to Post Secondary",
    4: "Upper to Post Secondary",
    5: "Upper to Post Secondary",
    6: "Tertiary",
    7: "Tertiary",
    8: "Tertiary",
}
# What an index is made of, coded alike in all its parts.
PARTS = {"Y002": (1, 2, 3, 4), "Y003": (1, 2)}
NUMBERS = (
    "B_COUNTRY",
    "W_WEIGHT",
    "H_URBRURAL",
    "Q275",
    "Q260",
    "Q262",
)

# A file of one country may lack these. Only wave 7 has questions of these names, so that a file
# without a wave is of that wave.
OPTIONAL = ("A_WAVE", "A_YEAR", "D_INTERVIEW")


def columns_needed(space: PersonaSpace, instrument: Instrument) -> list[str]:
    """Return the columns of numbers that are read of the file, each once."""
    configured = [column for variable in space.variables for column in variable.wvs7]
    return list(dict.fromkeys([*NUMBERS, *configured, *(q.id for q in instrument.questions)]))


def cut_respondents(
    survey: Survey, space: PersonaSpace, instrument: Instrument, countries: pl.DataFrame
) -> pl.DataFrame:
    """Return who answered what.

    A `UserError` tells if it is another wave, a respondent stands there twice, or a code is neither
    an answer nor a missing code.

    Parameters
    ----------
    survey : Survey
        The file, with the columns of `columns_needed` and those of `OPTIONAL` that it has.
    space : PersonaSpace
        The cultural variables and their levels.
    instrument : Instrument
        The questions.
    countries : DataFrame with country, iso_numeric, continent
        The countries known here.

    Returns
    -------
    DataFrame
        Table RESPONDENTS; those without a weight are left out.
    """
    path, frame = survey.path, survey.frame
    if "A_WAVE" in frame.columns:
        _require_wave(frame["A_WAVE"], path)
    survey_codes.refuse_doubled(frame, ["B_COUNTRY"], "D_INTERVIEW", path)
    country = survey_codes.country_names(frame["B_COUNTRY"], countries, path)
    continents = dict(countries.select("country", "continent").iter_rows())
    missing = survey_codes.MISSING
    years = frame.get_column(
        "A_YEAR", default=pl.Series("A_YEAR", [None] * frame.height, pl.Float64)
    )
    year = survey_codes.checked_codes(years, YEARS, missing, path)
    age = survey_codes.checked_codes(frame["Q262"], AGES, missing, path)
    who = {
        "respondent_id": pl.int_range(frame.height, dtype=pl.UInt32, eager=True),
        "wave": pl.Series([WAVE] * frame.height, dtype=pl.Int8),
        "year": year,
        "country": country,
        "continent": country.replace_strict(continents, return_dtype=pl.String),
        "settlement": survey_codes.named(frame["H_URBRURAL"], SETTLEMENTS, path),
        "education": survey_codes.named(frame["Q275"], EDUCATIONS, path),
        "sex": survey_codes.named(frame["Q260"], SEXES, path),
        "age": age,
        "weight": survey_codes.positive_weights(frame["W_WEIGHT"], path),
    }
    codes = question_codes(survey, space, instrument)
    levels = {
        variable.name: survey_codes.levels_of(codes[code_name(variable)], variable)
        for variable in space.variables
    }
    answers = {question.id: codes[question.id].cast(pl.Int8) for question in instrument.questions}
    return pl.DataFrame(who | levels | answers).drop_nulls("weight")


def code_name(variable: Variable) -> str:
    """Return under which name answers to a variable stand: its question's, or the index's own."""
    return variable.wvs7[0] if len(variable.wvs7) == 1 else variable.ivs


def question_codes(
    survey: Survey, space: PersonaSpace, instrument: Instrument
) -> dict[str, pl.Series]:
    """Return the answers to the questions of an instrument and of the cultural variables.

    Parameters
    ----------
    survey : Survey
        The file, with the columns of `columns_needed`.
    space : PersonaSpace
        The cultural variables.
    instrument : Instrument
        The questions.

    Returns
    -------
    dict of str to Series of int16
        By question, and by index where several make a variable (Y002, Y003); null where there is
        no valid answer.

    Raises
    ------
    UserError
        If a code is neither an answer nor a missing code, or nobody knows how to make an index.
    """
    valid = {q.id: [option.value for option in q.options] for q in instrument.questions}
    for variable in space.variables:
        codes = PARTS.get(variable.ivs, survey_codes.answer_codes(variable))
        valid |= dict.fromkeys(variable.wvs7, sorted(codes))
    found = {
        name: survey_codes.checked_codes(
            survey.frame[name], codes, survey_codes.MISSING, survey.path
        )
        for name, codes in valid.items()
    }
    for variable in space.variables:
        parts = [found[name] for name in variable.wvs7]
        match variable.ivs, parts:
            case "Y002", [first, second]:
                found["Y002"] = survey_codes.postmaterialism(first, second)
            case "Y003", [independence, determination, faith, obedience]:
                found["Y003"] = survey_codes.autonomy(independence, determination, faith, obedience)
            case _, [_]:
                pass
            case _:
                made_of = ", ".join(variable.wvs7)
                msg = f"the variable {variable.name!r} is made of {made_of}: unknown how"
                hint = "indices known are Y002 (of 2 questions) and Y003 (of 4)"
                raise UserError(msg, hint=hint)
    return found


def _require_wave(waves: pl.Series, path: Path) -> None:
    other = waves.ne_missing(float(WAVE))
    if other.any():
        row = other.arg_max() or 0
        found = "nothing" if waves[row] is None else f"{waves[row]:g}"
        msg = f"{path}: column 'A_WAVE', respondent {row + 1}: {found}, not {WAVE}"
        raise UserError(msg, hint="take the cross-national file of WVS wave 7 (2017-2022)")


@command
def main(
    *,
    survey: Path,
    space: Path,
    instrument: Path,
    countries: Path,
    distributions: Path,
    respondents: Path,
) -> None:
    """Read the survey file, keep the columns that the lenses read, write table RESPONDENTS."""
    persona_space, questions = read_space(space), read_instrument(instrument)
    known = read_reference(
        countries, {"country": pl.String, "iso_numeric": pl.Int32, "continent": pl.String}
    )
    needed = columns_needed(persona_space, questions)
    wave7 = read_survey(survey, needed, ["version"], optional=OPTIONAL)
    found = cut_respondents(wave7, persona_space, questions, known)
    n_countries = found["country"].n_unique()
    logger.info("%s: %d respondents of %d countries", survey, found.height, n_countries)
    provenance = survey_provenance("wvs7", wave7)
    if n_countries < FEW_COUNTRIES:
        provenance["wvs7 countries"] = ", ".join(found["country"].unique().sort())
        tell("%s: people of %s alone stand for all humans", survey, provenance["wvs7 countries"])
    off = in_words(questions_off(found, read_country_distributions(distributions)))
    if off:
        provenance["wvs7 unlike its published shares"] = off
        tell("%s: unlike the published shares of the survey: %s", survey, off)
    tables.write(found, respondents, human_tables.RESPONDENTS, provenance)


if __name__ == "__main__":
    run(main)
