"""Human answers by country, continent, in all, and by the study's own grouping.

Either from public aggregates of the WVS, which are unweighted shares of valid answers; or from
single respondents (table RESPONDENTS), weighted by the survey's own weights, which mend each
country's sample. In both a continent, and the whole, pools its countries' respondents as they
are: a country counts by how many were interviewed there, not by its population.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.answers.distributions import BETWEEN_FIELDS, BETWEEN_VALUES
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.reference import carried_provenance, read_reference
from valuescape.humans import published
from valuescape.humans import tables as human_tables
from valuescape.study.instruments import Instrument, Question, read_instrument

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

# Shares are printed with two decimals of a per cent; ten options may be off by 0.05 together.
ROUNDING_PERCENT = 0.1
ALL = "all"
"""The one group of the grouping `all`."""
PLACES = ("continent", "country")
CROSSED = ("continent", "settlement", "education")
"""The fields that WorldValuesBench crosses, the only ones that a public table does."""


def grouping_name(fields: Sequence[str]) -> str:
    """Return what a grouping by these fields is called: ``continent+settlement+education``."""
    return BETWEEN_FIELDS.join(fields)


def group_names(fields: Sequence[str]) -> pl.Expr:
    """Return the group of each row of a table with these columns.

    Parameters
    ----------
    fields : sequence of str
        Fields of a biography, crossed; columns of BIOGRAPHIES as of RESPONDENTS.

    Returns
    -------
    Expr of str
        ``Africa``, or ``Africa / urban / Tertiary``; null where a field is unknown.
    """
    return pl.concat_str(list(fields), separator=BETWEEN_VALUES).alias("group")


def country_shares(
    distributions: pl.DataFrame,
    answered: pl.DataFrame,
    respondents: pl.DataFrame,
    instrument: Instrument,
) -> pl.DataFrame:
    """Return the human answers to an instrument's questions by country.

    Parameters
    ----------
    distributions : DataFrame with question, country, code, share_percent
        Shares of valid answers, in per cent.
    answered : DataFrame with question, country, n
        How many gave one, as far as it is known.
    respondents : DataFrame with country, n
        How many were interviewed: a little more.
    instrument : Instrument
        Its questions and options are taken; others are left out.

    Returns
    -------
    DataFrame with country, question, option, share, n
        Every option of a question that a country was asked, none left out; shares sum to 1.
    """
    options = _options(instrument)
    found = distributions.rename({"code": "option"}).join(
        options.select("question").unique(), on="question"
    )
    _check_distributions(found, options, respondents, instrument.name)
    asked = found.select("question", "country").unique()
    shares = asked.join(options, on="question").join(
        found, on=["question", "country", "option"], how="left"
    )
    share = pl.col("share_percent").fill_null(0.0)
    valid = answered.select("question", "country", valid="n")
    return (
        shares.with_columns(share=share / share.sum().over("question", "country"))
        .join(respondents, on="country")
        .join(valid, on=["question", "country"], how="left")
        .select("country", "question", "option", "share", n=pl.coalesce("valid", "n"))
        .sort("country", "question", "option")
    )


def _options(instrument: Instrument) -> pl.DataFrame:
    return pl.DataFrame(
        [(q.id, option.value) for q in instrument.questions for option in q.options],
        schema={"question": pl.String, "option": pl.Int8},
        orient="row",
    )


def pooled(shares: pl.DataFrame, group: pl.Expr, grouping: str) -> pl.DataFrame:
    """Pool countries, each weighted by its number of respondents.

    Parameters
    ----------
    shares : DataFrame with country, question, option, share, n
        Shares of each country; further columns may stand there.
    group : Expr
        The group of each row.
    grouping : {"country", "continent", "all"}
        What the groups are.

    Returns
    -------
    DataFrame
        Rows of table HUMANS; `n_respondents` sums over the countries that were asked.
    """
    weight = pl.col("n").cast(pl.Float64)
    return (
        shares.group_by(group.alias("group"), "question", "option")
        .agg(
            share=(pl.col("share") * weight).sum() / weight.sum(),
            n_respondents=weight.sum(),
            n_effective=weight.sum(),  # public aggregates are unweighted
            n_countries=pl.len().cast(pl.Int32),
        )
        .with_columns(grouping=pl.lit(grouping), share=pl.col("share").clip(0, 1))
        .select(*human_tables.HUMANS.columns)
    )


def human_answers(
    distributions: pl.DataFrame,
    answered: pl.DataFrame,
    respondents: pl.DataFrame,
    countries: pl.DataFrame,
    instrument: Instrument,
) -> pl.DataFrame:
    """Return the human answers by country, by continent and in all.

    Parameters
    ----------
    distributions, answered, respondents : DataFrame
        As in `country_shares`.
    countries : DataFrame with country, continent
        The continent of each country.
    instrument : Instrument
        The questions.

    Returns
    -------
    DataFrame
        Table HUMANS.

    Raises
    ------
    UserError
        If a country has no continent, or the distributions are wrong (a question unknown, a code
        that is no option, shares that do not sum to 100, no number of respondents).
    """
    shares = country_shares(distributions, answered, respondents, instrument)
    homeless = shares.join(countries, on="country", how="anti")
    if homeless.height:
        msg = f"{homeless['country'][0]!r} has answers but stands not among the countries"
        raise UserError(msg, hint="add its continent to the table of countries")
    shares = shares.join(countries, on="country")
    return pl.concat(
        [
            pooled(shares, pl.col("country"), "country"),
            pooled(shares, pl.col("continent"), "continent"),
            pooled(shares, pl.lit(ALL), "all"),
        ]
    )


def group_answers(
    groups: pl.DataFrame, instrument: Instrument, fields: Sequence[str]
) -> pl.DataFrame:
    """Return the human answers of the groups of WorldValuesBench.

    Parameters
    ----------
    groups : DataFrame
        Table GROUP_DISTRIBUTIONS.
    instrument : Instrument
        The questions; some of them are not in that table.
    fields : sequence of str
        Those of `CROSSED`, in the order of the study's grouping.

    Returns
    -------
    DataFrame
        Rows of table HUMANS.
    """
    return _of_options(groups.with_columns(group_names(fields)), instrument, grouping_name(fields))


def attribute_answers(
    by_group: pl.DataFrame, countries: pl.DataFrame, instrument: Instrument, fields: Sequence[str]
) -> pl.DataFrame:
    """Return the human answers by one attribute, within countries, continents or in all.

    Parameters
    ----------
    by_group : DataFrame
        Table QUESTION_BY_GROUP.
    countries : DataFrame with country, continent
        The continent of each country.
    instrument : Instrument
        The questions.
    fields : sequence of str
        An attribute of that table, alone or with one of `PLACES`.

    Returns
    -------
    DataFrame
        Rows of table HUMANS. Countries are pooled by how many answered; a country's group of fewer
        than 30 is in none.
    """
    attribute = next(field for field in fields if field not in PLACES)
    named = by_group.filter(pl.col("attribute") == attribute).rename({"category": attribute})
    known = named.join(countries.select("country", "continent"), on="country")
    heads = pl.col("share_percent") * pl.col("n")
    cells = known.with_columns(group_names(fields)).group_by("question", "group", "code")
    pooled_groups = cells.agg(
        share_percent=heads.sum() / pl.col("n").sum(),
        n=pl.col("n").sum(),
        n_countries=pl.len().cast(pl.Int32),
    )
    return _of_options(pooled_groups, instrument, grouping_name(fields))


def _of_options(groups: pl.DataFrame, instrument: Instrument, grouping: str) -> pl.DataFrame:
    """Return shares by group as rows of table HUMANS, each question with all its options."""
    cell = ["question", "group"]
    known = groups.rename({"code": "option"}).join(
        _options(instrument).select("question").unique(), on="question"
    )
    of_cell = known.group_by(cell).agg(pl.col("n").max(), pl.col("n_countries").max())
    share = pl.col("share_percent").fill_null(0.0)
    n = pl.col("n").cast(pl.Float64)
    return (
        of_cell.join(_options(instrument), on="question")
        .join(known.select(*cell, "option", "share_percent"), on=[*cell, "option"], how="left")
        .with_columns(
            grouping=pl.lit(grouping),
            share=(share / share.sum().over(cell)).clip(0, 1),
            n_respondents=n,
            n_effective=n,  # public aggregates are unweighted
        )
        .select(*human_tables.HUMANS.columns)
    )


def respondents_answers(
    respondents: pl.DataFrame, instrument: Instrument, fields: Sequence[str]
) -> pl.DataFrame:
    """Return what respondents answered, under every grouping.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS.
    instrument : Instrument
        The questions.
    fields : sequence of str
        The study's grouping.

    Returns
    -------
    DataFrame
        Table HUMANS. Who lacks a field is in no group of that grouping, but in the others.
    """
    groupings = {
        "country": pl.col("country").alias("group"),
        "continent": pl.col("continent").alias("group"),
        "all": pl.lit(ALL).alias("group"),
        grouping_name(fields): group_names(fields),
    }
    return pl.concat(
        _weighted_shares(respondents, question, group, grouping)
        for grouping, group in groupings.items()
        for question in instrument.questions
    )


def _weighted_shares(
    respondents: pl.DataFrame, question: Question, group: pl.Expr, grouping: str
) -> pl.DataFrame:
    weight = pl.col("weight")
    valid = respondents.select(group, "country", "weight", option=pl.col(question.id)).drop_nulls()
    groups = valid.group_by("group").agg(
        total=weight.sum(),
        n_respondents=pl.len().cast(pl.Float64),
        n_effective=weight.sum() ** 2 / (weight**2).sum(),
        n_countries=pl.col("country").n_unique().cast(pl.Int32),
    )
    options = pl.Series("option", [option.value for option in question.options], dtype=pl.Int8)
    chosen = valid.group_by("group", "option").agg(share=weight.sum())
    return (
        groups.join(options.to_frame(), how="cross")
        .join(chosen, on=["group", "option"], how="left")
        .with_columns(
            grouping=pl.lit(grouping),
            question=pl.lit(question.id),
            share=(pl.col("share").fill_null(0.0) / pl.col("total")).clip(0, 1),
        )
        .select(*human_tables.HUMANS.columns)
    )


def _check_distributions(
    found: pl.DataFrame, options: pl.DataFrame, respondents: pl.DataFrame, instrument: str
) -> None:
    hint = "compare the table of distributions with its description in docs/data.md"
    if found.is_empty():
        msg = f"no question of the instrument {instrument!r} has human answers"
        raise UserError(msg, hint=hint)
    stray = found.join(options, on=["question", "option"], how="anti")
    if stray.height:
        country, question, option = stray.select("country", "question", "option").row(0)
        msg = f"{country}, {question}: code {option} is no option of {instrument!r}"
        raise UserError(msg, hint=hint)
    sums = found.group_by("country", "question").agg(pl.col("share_percent").sum())
    off = sums.filter((pl.col("share_percent") - 100).abs() > ROUNDING_PERCENT)
    if off.height:
        country, question, total = off.sort("country", "question").row(0)
        msg = f"{country}, {question}: the shares sum to {total:.2f}, not to 100 per cent"
        raise UserError(msg, hint=hint)
    uncounted = found.join(respondents, on="country", how="anti")
    if uncounted.height:
        msg = f"{uncounted['country'][0]!r} has answers but no number of respondents"
        raise UserError(msg, hint="add it to the table of respondents")


@command
def main(
    *,
    distributions: Path,
    answered: Path,
    question_by_group: Path,
    group_distributions: Path,
    respondents: Path,
    countries: Path,
    instrument: Path,
    survey: Path | None = None,
    grouping: list[str],
    humans: Path,
) -> None:
    """Read public aggregates or single respondents, pool them, write table HUMANS."""
    questions = read_instrument(instrument)
    if survey is not None:
        people = tables.read(survey, human_tables.RESPONDENTS)
        answers = respondents_answers(people, questions, grouping)
        provenance = tables.provenance(survey)
        provenance["humans"] = (
            f"{provenance['wvs7 file']}: valid answers of {people.height} respondents, "
            "weighted by W_WEIGHT"
        )
    else:
        known = published.read_countries(countries)
        answers = human_answers(
            published.read_country_distributions(distributions),
            published.read_answered(answered),
            read_reference(respondents, {"country": pl.String, "n": pl.Int64}),
            known,
            questions,
        )
        if set(grouping) == set(CROSSED):
            groups = published.read_group_distributions(group_distributions)
            answers = answers.vstack(group_answers(groups, questions, grouping))
        elif not set(grouping) <= set(PLACES):
            by_group = published.read_question_by_group(question_by_group)
            answers = answers.vstack(attribute_answers(by_group, known, questions, grouping))
        provenance = carried_provenance(distributions) | {
            "humans": f"{distributions}: unweighted valid answers, pooled by respondents"
        }
    n_known, n_questions = answers["question"].n_unique(), len(questions.questions)
    logger.info("%d of %d questions of %s have human answers", n_known, n_questions, questions.name)
    tables.write(answers, humans, human_tables.HUMANS, provenance)


if __name__ == "__main__":
    run(main)
