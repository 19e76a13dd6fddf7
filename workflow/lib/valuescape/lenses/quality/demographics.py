"""Demographics: what the biographies say of their personas, beside the survey's respondents.

Human shares are those of the WVS-7 respondents: whom the survey interviewed, not how the world's
people divide. Of countries and continents they are those of all respondents; of sex, age and so on,
those in the countries that personas state, each country by as many personas as state it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.humans import aggregate
from valuescape.lenses.quality import tables as quality_tables
from valuescape.stats import resampling
from valuescape.study.demographics import ASSIGNED

if TYPE_CHECKING:
    from collections.abc import Mapping

# The WVS interviews people from 18 on.
TOO_YOUNG, ADULT = "under 18", 18
ATTRIBUTES = ("sex", "continent", "country", "settlement", "education")
# Free words: the most frequent are listed, the rest is one category.
FREE_ATTRIBUTES = ("occupation", "household", "religion")
MOST_CATEGORIES = 20
OTHER = "other"
# The survey tells neither apart (Q281): a persona's category, and the survey's.
JOINED_OCCUPATIONS = {
    "Professionals": "Professionals + Technicians and associate professionals",
    "Technicians and associate professionals": (
        "Professionals + Technicians and associate professionals"
    ),
    "Elementary occupations (farm worker)": "Elementary occupations",
}
NOT_STATED = "not stated"


def human_margins(countries: pl.DataFrame, respondents: pl.DataFrame) -> pl.DataFrame:
    """Return how the WVS-7 respondents divide over countries and continents.

    Parameters
    ----------
    countries : DataFrame with country, continent
        Continent of each country.
    respondents : DataFrame with country, n
        Number of respondents.

    Returns
    -------
    DataFrame with attribute, category, human_share, human_n
        Every country that has respondents; `human_n`: all of them.
    """
    counted = respondents.join(countries, on="country", how="left")
    total = counted["n"].sum()
    return pl.concat(
        counted.drop_nulls(attribute)
        .group_by(pl.col(attribute).alias("category"))
        .agg(human_share=pl.col("n").sum() / total)
        .select(
            "category",
            "human_share",
            human_n=pl.lit(total, pl.Int64),
            attribute=pl.lit(attribute),
        )
        for attribute in ("country", "continent")
    )


def same_countries_margins(biographies: pl.DataFrame, margins: pl.DataFrame) -> pl.DataFrame:
    """Return how people divide in the countries that personas state.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES.
    margins : DataFrame
        Table COUNTRY_MARGINS.

    Returns
    -------
    DataFrame with attribute, category, human_share, human_n
        Each country counts by the valid personas that state it, of those where the attribute is
        known; `human_n`: their respondents.
    """
    stated = biographies.filter(pl.col("status") == "valid").group_by("country").agg(pl.len())
    known = margins.join(stated, on="country")
    of_attribute = (
        known.unique(["country", "attribute"])
        .group_by("attribute")
        .agg(total=pl.col("len").sum(), human_n=pl.col("n").sum().cast(pl.Int64))
    )
    heads = pl.col("len") * pl.col("share_percent") / 100
    return (
        known.with_columns(pl.col("category").replace(JOINED_OCCUPATIONS))
        .group_by("attribute", "category")
        .agg(heads=heads.sum())
        .join(of_attribute, on="attribute")
        .select(
            "category",
            (pl.col("heads") / pl.col("total")).alias("human_share"),
            "human_n",
            "attribute",
        )
        .filter(pl.col("attribute").is_in([*ATTRIBUTES, *FREE_ATTRIBUTES, "age"]))
    )


def override_margins(margins: pl.DataFrame, respondents: pl.DataFrame) -> pl.DataFrame:
    """Put the user's own respondents in place of public margins, where they tell an attribute.

    Parameters
    ----------
    margins : DataFrame
        Table COUNTRY_MARGINS.
    respondents : DataFrame
        Table RESPONDENTS.

    Returns
    -------
    DataFrame with country, attribute, category, share_percent, n
        Shares of the respondents by their weights.
    """
    own = aggregate.attribute_margins(
        respondents.with_columns(aggregate.age_band()), aggregate.GROUPED_BY
    )
    columns = ("country", "attribute", "category", "share_percent", "n")
    told = own.select(*columns[:3], share_percent="share_weighted_percent", n="n")
    others = margins.filter(~pl.col("attribute").is_in(aggregate.GROUPED_BY))
    return pl.concat([told, others.select(columns)])


def count_demographics(
    biographies: pl.DataFrame, margins: pl.DataFrame, continents: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Count what the valid biographies say of their personas.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES; its texts are not read.
    margins : DataFrame
        As from `human_margins` and `same_countries_margins`; its categories are listed even
        without a persona.
    continents : mapping of str to str, optional
        Country to continent, in a study that assigns demographics: what is counted is then what
        biographies state of them.

    Returns
    -------
    DataFrame
        Table DEMOGRAPHICS, with Wilson intervals.
    """
    valid = biographies.filter(pl.col("status") == "valid")
    stated = valid
    if continents:
        stated = valid.with_columns(pl.col(f"stated_{name}").alias(name) for name in ASSIGNED)
        stated = stated.with_columns(
            continent=pl.col("country").replace_strict(continents, return_dtype=pl.String)
        )
    described = stated.select(
        *ATTRIBUTES,
        *(_most_frequent(valid[name].replace(JOINED_OCCUPATIONS)) for name in FREE_ATTRIBUTES),
        age=age_band(),
    )
    assigned = _counted(valid.select(*ATTRIBUTES, age=age_band())).select(
        "attribute", "category", assigned_share=pl.col("n_personas") / valid.height
    )
    counts = _counted(described).join(
        margins, on=["attribute", "category"], how="full", coalesce=True
    )
    counts = counts.join(
        assigned if continents else assigned.clear(),
        on=["attribute", "category"],
        how="full" if continents else "left",
        coalesce=True,
    ).with_columns(pl.col("n_personas").fill_null(0))
    if valid.is_empty():
        return counts.clear().match_to_schema(
            quality_tables.DEMOGRAPHICS.columns, missing_columns="insert"
        )
    low, high = resampling.wilson(counts["n_personas"].to_numpy(), valid.height)
    return counts.with_columns(
        share=pl.col("n_personas") / valid.height, ci_low=low, ci_high=high
    ).select(*quality_tables.DEMOGRAPHICS.columns)


def _counted(described: pl.DataFrame) -> pl.DataFrame:
    """Count the personas of each category of each column."""
    return (
        described.select(pl.all().cast(pl.String).fill_null(NOT_STATED))
        .unpivot(variable_name="attribute", value_name="category")
        .group_by("attribute", "category")
        .agg(n_personas=pl.len().cast(pl.Int64))
    )


def age_band() -> pl.Expr:
    """Return the band of the column ``age``."""
    young = pl.when(pl.col("age") < ADULT).then(pl.lit(TOO_YOUNG))
    return young.otherwise(aggregate.age_band()).alias("age")


def _most_frequent(words: pl.Series) -> pl.Series:
    """Replace all but the most frequent values by one category."""
    tidy = words.str.strip_chars()
    ranked = tidy.drop_nulls().value_counts().sort(["count", tidy.name], descending=[True, False])
    kept = ranked[tidy.name].head(MOST_CATEGORIES).implode()
    frame = tidy.to_frame()
    named = pl.when(pl.col(tidy.name).is_in(kept) | pl.col(tidy.name).is_null())
    return frame.select(named.then(pl.col(tidy.name)).otherwise(pl.lit(OTHER))).to_series()
