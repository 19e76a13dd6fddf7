"""Shipped shares: where a survey file says other than the public aggregates of the same survey.

A file of which one question counts from the other end, or two columns were exchanged, holds sound
codes. Only the shares that others published of it can tell.
"""

from __future__ import annotations

import polars as pl

OFF = 3.0
"""Percentage points by which the share of an option may differ: between releases it is less."""
LEAST_RESPONDENTS = 300
"""Fewer of a country are a part of its sample, whose shares differ by chance."""


def questions_off(respondents: pl.DataFrame, distributions: pl.DataFrame) -> pl.DataFrame:
    """Return questions whose shares differ from the shipped ones in some countries.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS.
    distributions : DataFrame with question, country, code, share_percent
        Unweighted shares of valid answers.

    Returns
    -------
    DataFrame with question, n_countries, n_off, points
        Questions with any country that is more than `OFF` points off; how many of the compared
        ones are; and the greatest difference, in percentage points. The worst first.
    """
    shipped = distributions.filter(pl.col("question").is_in(respondents.columns))
    asked = shipped["question"].unique().sort().to_list()
    answers = (
        respondents.select("country", *asked)
        .unpivot(index="country", variable_name="question", value_name="code")
        .drop_nulls("code")
        .with_columns(pl.col("code").cast(pl.Int64))
    )
    sizes = answers.group_by("question", "country").agg(n=pl.len())
    shares = answers.group_by("question", "country", "code").agg(chosen=pl.len())
    keys = ["question", "country"]
    return (
        shipped.with_columns(pl.col("code").cast(pl.Int64))
        .join(sizes.filter(pl.col("n") >= LEAST_RESPONDENTS), on=keys)
        .join(shares, on=[*keys, "code"], how="left")
        .with_columns(
            points=(
                100 * pl.col("chosen").fill_null(0) / pl.col("n") - pl.col("share_percent")
            ).abs()
        )
        .group_by(keys)
        .agg(pl.col("points").max())
        .group_by("question")
        .agg(
            n_countries=pl.len(),
            n_off=(pl.col("points") > OFF).sum(),
            points=pl.col("points").max(),
        )
        .filter(pl.col("n_off") > 0)
        .sort("n_off", "points", "question", descending=[True, True, False])
    )


def in_words(off: pl.DataFrame) -> str:
    """Return the questions of `questions_off` in one line; empty if there are none."""
    return ", ".join(
        f"{question} ({n_off} of {n} countries, up to {points:.0f} points)"
        for question, n, n_off, points in off.iter_rows()
    )
