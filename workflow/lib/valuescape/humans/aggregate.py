"""Aggregate: make the public tables of config/reference anew, from survey files of the user's own.

The tables that are there were counted from copies that others published. Whoever wants to stand on
a registered file of their own makes the same ones from it, and names them at `reference:`.
"""

from __future__ import annotations

import json
import logging
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.files import write_text
from valuescape.core.reference import PROVENANCE_MARK
from valuescape.humans import codes as survey_codes
from valuescape.humans import published
from valuescape.humans import tables as human_tables
from valuescape.humans.files import read_survey, survey_provenance
from valuescape.humans.indicators import WAVES, cut_indicators, read_trend
from valuescape.humans.respondents import (
    OPTIONAL,
    code_name,
    columns_needed,
    cut_respondents,
    question_codes,
)
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuescape.humans.files import Survey
    from valuescape.study.instruments import Instrument
    from valuescape.study.space import PersonaSpace, Variable

logger = logging.getLogger(__name__)

# Fewer answers of a group say little of it.
LEAST_ANSWERS = 30
# Lower ends of the bands. Where younger people were interviewed, they are in none.
AGE_BANDS = {"18-29": 18, "30-44": 30, "45-59": 45, "60 and older": 60}
# Q289, major groups of denominations, as config/biography.yaml names them.
RELIGIONS = dict(
    enumerate(
        (
            "none", "Roman Catholic", "Protestant", "Orthodox", "Jewish", "Muslim", "Hindu",
            "Buddhist", "other Christian", "other religion",
        )
    )
)  # fmt: skip
IN_PAID_WORK = ("full time", "part time", "self employed")
NOT_WORKING = ("retired", "homemaker", "student", "unemployed", "other")
EMPLOYMENTS = dict(enumerate((*IN_PAID_WORK, *NOT_WORKING), start=1))  # Q279
# Q281 is not ISCO-08: professionals and technicians are one code, services and sales are two, and
# farm workers stand apart. 0 (never had a job) and 11 (other) name no occupation.
OCCUPATIONS = {
    1: "Professionals + Technicians and associate professionals",
    2: "Managers",
    3: "Clerical support workers",
    4: "Service and sales workers",
    5: "Service and sales workers",
    6: "Craft and related trades workers",
    7: "Plant and machine operators and assemblers",
    8: "Elementary occupations",
    9: "Elementary occupations (farm worker)",
    10: "Skilled agricultural, forestry and fishery workers",
}
OCCUPATION_CODES = range(12)
NO_OCCUPATION = "Not in paid work"
GROUPED_BY = ("sex", "age", "education", "settlement")
ATTRIBUTES = (*GROUPED_BY, "religion", "employment", "occupation")
CROSSED = ("continent", "settlement", "education")
# Indicators whose answers are public by country in the waves before the last.
IN_WAVES = ("A008", "A165", "G006")
PERCENT_DIGITS, SHARE_DIGITS, MEAN_DIGITS = 2, 5, 4
# Large tables; the others are csv.
IN_PARQUET = {
    "wvs7_country_question_by_group": human_tables.QUESTION_BY_GROUP,
    "wvs7_indicator_joint": human_tables.INDICATOR_JOINT,
}


def people_of(
    survey: Survey, space: PersonaSpace, instrument: Instrument, countries: pl.DataFrame
) -> pl.DataFrame:
    """Return respondents of wave 7 with their attributes and answers.

    Parameters
    ----------
    survey : Survey
        The file, with the columns that `main` reads.
    space : PersonaSpace
        Its variables' questions are counted, and the indices made of several.
    instrument : Instrument
        Its questions are counted.
    countries : DataFrame with country, iso_numeric, continent
        The countries known here.

    Returns
    -------
    DataFrame
        respondent_id, country, continent, weight, the `ATTRIBUTES`, and a column of codes for each
        question and index: null where there is no valid answer. Respondents without a weight are
        left out.
    """
    path, frame = survey.path, survey.frame
    respondents = cut_respondents(survey, space, instrument, countries)
    employment = survey_codes.named(frame["Q279"], EMPLOYMENTS, path)
    worked_as = survey_codes.checked_codes(
        frame["Q281"], OCCUPATION_CODES, survey_codes.MISSING, path
    )
    ungraded = {code_name(v): survey_codes.UNGRADED.get(v.ivs, ()) for v in space.variables}
    further = pl.DataFrame(
        {
            "respondent_id": pl.int_range(frame.height, dtype=pl.UInt32, eager=True),
            "religion": survey_codes.named(frame["Q289"], RELIGIONS, path),
            "employment": employment,
            "occupation": worked_as.replace_strict(
                OCCUPATIONS, default=None, return_dtype=pl.String
            )
            .set(employment.is_in(NOT_WORKING), NO_OCCUPATION)
            .set(employment.is_null(), None),
        }
        | {
            name: codes.set(codes.is_in(list(ungraded.get(name, ()))), None).cast(pl.Int8)
            for name, codes in question_codes(survey, space, instrument).items()
        }
    )
    who = ("respondent_id", "country", "continent", "weight", "sex", "education", "settlement")
    return respondents.select(*who, age_band()).join(further, on="respondent_id")


def age_band() -> pl.Expr:
    """Return the band of the column ``age``; null below the lowest."""
    band = pl.lit(None, pl.String)
    for name, youngest in AGE_BANDS.items():
        band = pl.when(pl.col("age") >= youngest).then(pl.lit(name)).otherwise(band)
    return band.alias("age")


def answer_shares(
    people: pl.DataFrame, questions: Sequence[str], by: Sequence[str], *, weighted: bool = False
) -> pl.DataFrame:
    """Count the answers of groups.

    Parameters
    ----------
    people : DataFrame
        As from `people_of`.
    questions : sequence of str
        Columns of codes.
    by : sequence of str
        Columns that make a group; who lacks one is in none.
    weighted : bool
        Whether respondents count by their weight.

    Returns
    -------
    DataFrame with question, the columns of `by`, code, share_percent, n, n_effective, n_countries
        Every code that anybody chose, in every group that was asked; shares sum to 100.
    """
    key = ["question", *by]
    weight = pl.col("weight") if weighted else pl.lit(1.0)
    chosen = (
        people.with_columns(counts=weight)
        .unpivot(questions, index=list(dict.fromkeys([*by, "country", "counts"])),
                 variable_name="question", value_name="code")
        .drop_nulls()
    )  # fmt: skip
    counts = pl.col("counts")
    groups = chosen.group_by(key).agg(
        total=counts.sum(),
        n=pl.len().cast(pl.Int32),
        n_effective=counts.sum() ** 2 / (counts**2).sum(),
        n_countries=pl.col("country").n_unique().cast(pl.Int32),
    )
    return (
        groups.join(chosen.select("question", "code").unique(), on="question")
        .join(chosen.group_by(*key, "code").agg(counts.sum()), on=[*key, "code"], how="left")
        .with_columns(
            share_percent=(100 * counts.fill_null(0.0) / pl.col("total")).round(PERCENT_DIGITS)
        )
        .drop("counts", "total")
    )


def attribute_margins(people: pl.DataFrame, attributes: Sequence[str]) -> pl.DataFrame:
    """Return who was interviewed by country: table COUNTRY_MARGINS less its source.

    Parameters
    ----------
    people : DataFrame
        As from `people_of`; or table RESPONDENTS with ages in bands.
    attributes : sequence of str
        Some of its columns.

    Returns
    -------
    DataFrame
        Of each attribute those with a valid answer.
    """
    found = []
    for attribute in attributes:
        known = people.drop_nulls(attribute)
        weight = pl.col("weight").sum()
        counted = known.group_by("country", category=attribute).agg(
            count=pl.len(), weight=weight
        )  # fmt: skip
        of_country = pl.col("count").sum().over("country")
        shares = (
            pl.col("count") / of_country,
            pl.col("weight") / pl.col("weight").sum().over("country"),
        )
        found.append(
            counted.select(
                "country",
                "category",
                attribute=pl.lit(attribute),
                n=of_country.cast(pl.Int32),
                share_percent=(100 * shares[0]).round(PERCENT_DIGITS),
                share_weighted_percent=(100 * shares[1]).round(PERCENT_DIGITS),
            )
        )
    return pl.concat(found)


def indicator_pairs(people: pl.DataFrame, space: PersonaSpace) -> pl.DataFrame:
    """Return the shares of all pairs of levels, by country and of all: table INDICATOR_JOINT."""
    everyone = people.with_columns(country=pl.lit(published.ALL))
    found = [
        _pair(group, first, second)
        for group in (people, everyone)
        for first, second in combinations(space.variables, 2)
    ]
    return pl.concat(found)


def _pair(people: pl.DataFrame, first: Variable, second: Variable) -> pl.DataFrame:
    both = people.select(
        "country",
        codes_a=_level_codes(people[code_name(first)], first),
        codes_b=_level_codes(people[code_name(second)], second),
    ).drop_nulls()
    levels = pl.DataFrame(
        [
            (" ".join(map(str, a.codes)), " ".join(map(str, b.codes)))
            for a in first.levels
            for b in second.levels
        ],
        schema=["codes_a", "codes_b"],
        orient="row",
    )
    asked = both.group_by("country").agg(n=pl.len().cast(pl.Int32))
    key = ["country", "codes_a", "codes_b"]
    share = pl.col("count").fill_null(0) / pl.col("n")
    return (
        asked.join(levels, how="cross")
        .join(both.group_by(key).agg(count=pl.len()), on=key, how="left")
        .select(
            *key,
            "n",
            share=share.round(SHARE_DIGITS),
            ivs_a=pl.lit(first.ivs),
            ivs_b=pl.lit(second.ivs),
        )
    )


def _level_codes(codes: pl.Series, variable: Variable) -> pl.Series:
    names = {
        code: " ".join(map(str, level.codes)) for level in variable.levels for code in level.codes
    }
    return codes.replace_strict(names, default=None, return_dtype=pl.String)


def wave7_tables(people: pl.DataFrame, space: PersonaSpace, source: str) -> dict[str, pl.DataFrame]:
    """Return the public tables that follow from a file of wave 7.

    Parameters
    ----------
    people : DataFrame
        As from `people_of`.
    space : PersonaSpace
        The cultural variables.
    source : str
        What stands in the column `source`.

    Returns
    -------
    dict of str to DataFrame
        By the name of the file in config/reference, without its ending.
    """
    about = {"respondent_id", "country", "continent", "weight", *ATTRIBUTES}
    questions = [name for name in people.columns if name not in about]
    named = pl.lit(source).alias("source")
    unweighted = answer_shares(people, questions, ["country"])
    weighted = answer_shares(people, questions, ["country"], weighted=True)
    effective = weighted.select("question", "country", pl.col("n_effective").round(1)).unique()
    by_attribute = [
        answer_shares(people, questions, list(dict.fromkeys(["country", attribute])))
        .rename({attribute: "category"})
        .with_columns(attribute=pl.lit(attribute))
        for attribute in GROUPED_BY
    ]
    crossed = answer_shares(people, questions, CROSSED)
    enough = pl.col("n") >= LEAST_ANSWERS
    answered = unweighted.select("question", "country", "n").unique()
    found = {
        "wvs7_country_distributions": (unweighted, human_tables.COUNTRY_DISTRIBUTIONS),
        "wvs7_country_distributions_weighted": (weighted, human_tables.COUNTRY_DISTRIBUTIONS),
        "wvs7_n": (answered.join(effective, on=["question", "country"]), human_tables.ANSWERED),
        "wvs7_country_margins": (
            attribute_margins(people, ATTRIBUTES),
            human_tables.COUNTRY_MARGINS,
        ),
        "wvs7_country_question_by_group": (
            pl.concat(by_attribute).filter(enough),
            human_tables.QUESTION_BY_GROUP,
        ),
        "wvs7_group_distributions": (crossed.filter(enough), human_tables.GROUP_DISTRIBUTIONS),
        "wvs7_indicator_joint": (indicator_pairs(people, space), human_tables.INDICATOR_JOINT),
    }
    return {
        name: tables.check(frame.with_columns(named).select(*table.columns), table, name)
        for name, (frame, table) in found.items()
    } | {
        "wvs7_respondents": people.group_by("country")
        .agg(n=pl.len())
        .with_columns(named)
        .sort("country")
    }


def wave_tables(
    indicators: pl.DataFrame, space: PersonaSpace, source: str
) -> dict[str, pl.DataFrame]:
    """Return the public tables that follow from a trend file.

    Parameters
    ----------
    indicators : DataFrame
        Table INDICATORS.
    space : PersonaSpace
        The cultural variables.
    source : str
        What stands in the column `source`.

    Returns
    -------
    dict of str to DataFrame
        By the name of the file in config/reference, without its ending.
    """
    codes = [variable.ivs for variable in space.variables]
    means = indicators.group_by("country", "wave").agg(
        pl.col("year").median().round().cast(pl.Int16), pl.col(codes).mean().round(MEAN_DIGITS)
    )
    earlier = indicators.filter(pl.col("wave") < max(WAVES)).with_columns(
        pl.col(IN_WAVES).cast(pl.Int8)
    )
    everyone = earlier.with_columns(country=pl.lit(published.ALL))
    shares = pl.concat(
        answer_shares(group, IN_WAVES, ["country", "wave"]).rename({"question": "ivs"})
        for group in (earlier, everyone)
    )
    found = {
        "iw_waves": (means, human_tables.WAVES),
        "iw_waves_distributions": (shares, human_tables.WAVES_DISTRIBUTIONS),
    }
    named = pl.lit(source).alias("source")
    return {
        name: tables.check(frame.with_columns(named).select(*table.columns), table, name)
        for name, (frame, table) in found.items()
    }


def read_people(
    path: Path, space: PersonaSpace, instrument: Instrument, countries: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Read a file of wave 7; return its people, as from `people_of`, and what is said of it."""
    survey = read_wave7(path, space, instrument)
    people = people_of(survey, space, instrument, countries)
    return people, survey_provenance("wvs7", survey)


def read_wave7(
    path: Path,
    space: PersonaSpace,
    instrument: Instrument,
    *,
    texts: Sequence[str] = (),
    optional: Sequence[str] = (),
) -> Survey:
    """Read the columns of a file of wave 7 that `people_of` needs, and others if it has them.

    Parameters
    ----------
    path, space, instrument
        As for `people_of`.
    texts, optional : sequence of str
        Further columns of text, and of numbers, that a file may lack.

    Returns
    -------
    Survey
        Every respondent.
    """
    needed = [*columns_needed(space, instrument), "Q279", "Q281", "Q289"]
    return read_survey(
        path,
        list(dict.fromkeys(needed)),
        ["version", *texts],
        optional=[*OPTIONAL, *optional],
    )


def write_reference(frame: pl.DataFrame, path: Path, provenance: Mapping[str, str]) -> None:
    """Write a table in the form of config/reference.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    path : Path
        A csv, which then opens with its provenance; or Parquet, in which it rides along.
    provenance : mapping of str to str
        What is said of the survey file.
    """
    if path.suffix == ".parquet":
        tables.write(frame, path, IN_PARQUET[path.stem], provenance)
        return
    carried = json.dumps(dict(sorted(provenance.items())))
    title = "# Made by valuescape from a survey file of the user's own."
    write_text(path, f"{title}\n{PROVENANCE_MARK}{carried}\n{frame.write_csv()}")


def _require_a_file(*files: Path | None) -> None:
    if not any(files):
        msg = "no survey file"
        raise UserError(msg, hint="name one with --survey, --trend, or both")


@command
def main(
    *,
    survey: Path | None = None,
    trend: Path | None = None,
    space: Path,
    instrument: Path,
    countries: Path,
    folder: Path,
) -> None:
    """Read a file of wave 7, a trend file, or both; count; write the public tables that follow."""
    _require_a_file(survey, trend)
    persona_space, questions = read_space(space), read_instrument(instrument)
    known = published.read_countries(countries)
    made: list[tuple[dict[str, pl.DataFrame], dict[str, str]]] = []
    if survey is not None:
        people, said = read_people(survey, persona_space, questions, known)
        made.append((wave7_tables(people, persona_space, survey.name), said))
    if trend is not None:
        waves = read_trend(trend, persona_space)
        counted = wave_tables(
            cut_indicators(waves, persona_space, known), persona_space, trend.name
        )
        made.append((counted, survey_provenance("trend", waves)))
    folder.mkdir(parents=True, exist_ok=True)
    for frames, provenance in made:
        for name, frame in frames.items():
            path = folder / f"{name}.{'parquet' if name in IN_PARQUET else 'csv'}"
            write_reference(frame, path, provenance)
            logger.info("%s: %d rows", path, frame.height)


if __name__ == "__main__":
    run(main)
