"""Human answers by country, continent and in all, from public aggregates of the WVS.

    python -m valuescape.humans --distributions F --respondents F --countries F \
        --instrument F --output F

The aggregates are unweighted shares of valid answers by country. A continent, and the whole,
pools its countries' respondents as they are: a country counts by how many were interviewed
there, not by its population.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape import lens_tables, tables
from valuescape.errors import UserError, run
from valuescape.instruments import Instrument, read_instrument
from valuescape.reference import read_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

# Shares are printed with two decimals of a per cent; ten options may be off by 0.05 together.
ROUNDING_PERCENT = 0.1
ALL = "all"
"""The one group of the grouping `all`."""


def country_shares(
    distributions: pl.DataFrame, respondents: pl.DataFrame, instrument: Instrument
) -> pl.DataFrame:
    """Return the human answers to an instrument's questions by country.

    Parameters
    ----------
    distributions : DataFrame with question, country, code, share_percent
        Shares of valid answers, in per cent.
    respondents : DataFrame with country, n
        How many were interviewed.
    instrument : Instrument
        Its questions and options are taken; others are left out.

    Returns
    -------
    DataFrame with country, question, option, share, n
        Every option of a question that a country was asked, none left out; shares sum to 1.
    """
    options = pl.DataFrame(
        [(q.id, option.value) for q in instrument.questions for option in q.options],
        schema={"question": pl.String, "option": pl.Int8},
        orient="row",
    )
    found = distributions.rename({"code": "option"}).join(
        options.select("question").unique(), on="question"
    )
    _check_distributions(found, options, respondents, instrument.name)
    asked = found.select("question", "country").unique()
    shares = asked.join(options, on="question").join(
        found, on=["question", "country", "option"], how="left"
    )
    share = pl.col("share_percent").fill_null(0.0)
    return (
        shares.with_columns(share=share / share.sum().over("question", "country"))
        .join(respondents, on="country")
        .select("country", "question", "option", "share", "n")
        .sort("country", "question", "option")
    )


def pooled(shares: pl.DataFrame, group: pl.Expr, grouping: str) -> pl.DataFrame:
    """Pool countries, each weighted by its number of respondents.

    Parameters
    ----------
    shares : DataFrame with country, question, option, share, n
        As from `country_shares`; further columns may stand there.
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
        .select(*lens_tables.HUMANS.columns)
    )


def human_answers(
    distributions: pl.DataFrame,
    respondents: pl.DataFrame,
    countries: pl.DataFrame,
    instrument: Instrument,
) -> pl.DataFrame:
    """Return the human answers under every grouping.

    Parameters
    ----------
    distributions, respondents : DataFrame
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
    shares = country_shares(distributions, respondents, instrument)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("distributions", "respondents", "countries", "instrument", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read the public aggregates, pool them, write table HUMANS.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = _parser().parse_args(argv)
    distributions = read_reference(
        args.distributions,
        {
            "question": pl.String,
            "country": pl.String,
            "code": pl.Int8,
            "share_percent": pl.Float64,
        },
    )
    respondents = read_reference(args.respondents, {"country": pl.String, "n": pl.Int64})
    countries = read_reference(args.countries, {"country": pl.String, "continent": pl.String})
    instrument = read_instrument(args.instrument)
    answers = human_answers(distributions, respondents, countries, instrument)
    n_known, n_asked = answers["question"].n_unique(), len(instrument.questions)
    logger.info("%d of %d questions of %s have human answers", n_known, n_asked, instrument.name)
    provenance = {
        "humans": f"{args.distributions}: unweighted valid answers, pooled by respondents"
    }
    tables.write(answers, args.output, lens_tables.HUMANS, provenance)


if __name__ == "__main__":
    run(main)
