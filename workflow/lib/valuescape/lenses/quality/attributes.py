"""Attributes: what biographies and survey files tell of a person, as categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.lenses.quality.demographics import JOINED_OCCUPATIONS, age_band
from valuescape.lenses.quality.sectors import sector
from valuescape.study.demographics import ASSIGNED

if TYPE_CHECKING:
    from valuescape.study.demographics import Demographics

PLACES = ("country", "continent")
PAPER_BAND, OTHER_AGES = "30-49", "other ages"
AGE_OF_PAPER = "age 30-49"
"""The band in which arXiv:2601.22396 finds most of its personas."""
ATTRIBUTES = (
    "age", AGE_OF_PAPER, "sex", "education", "occupation", "sector", "religion", "household",
    "settlement", *PLACES,
)  # fmt: skip


def attributes_of(people: pl.DataFrame) -> pl.DataFrame:
    """Return the attributes of personas or respondents as categories.

    Parameters
    ----------
    people : DataFrame
        With age, and any other of the attributes; with the column biography sectors are told.

    Returns
    -------
    DataFrame
        A String column for each attribute that is there, in the order of `ATTRIBUTES`; null where
        it is not known.
    """
    age = pl.col("age")
    of_paper = pl.when(age.is_between(30, 49)).then(pl.lit(PAPER_BAND))
    found = people.with_columns(
        pl.when(age.is_not_null()).then(of_paper.otherwise(pl.lit(OTHER_AGES))).alias(AGE_OF_PAPER),
        age=age_band(),
    )
    if "biography" in people.columns:
        found = found.with_columns(sector(people["biography"]).alias("sector"))
    if "occupation" in people.columns:
        found = found.with_columns(pl.col("occupation").replace(JOINED_OCCUPATIONS))
    return found.select(name for name in ATTRIBUTES if name in found.columns)


def of_personas(biographies: pl.DataFrame, demographics: Demographics) -> pl.DataFrame:
    """Return the attributes that valid biographies state.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES, valid rows.
    demographics : {"written", "assigned"}
        Where a study assigns them, what biographies state of them counts.

    Returns
    -------
    DataFrame
        As from `attributes_of`.
    """
    if demographics == "assigned":
        continents = biographies.select("country", "continent").drop_nulls().unique()
        biographies = (
            biographies.with_columns(pl.col(f"stated_{name}").alias(name) for name in ASSIGNED)
            .drop("continent")
            .join(continents, on="country", how="left", maintain_order="left")
        )
    return attributes_of(biographies)
