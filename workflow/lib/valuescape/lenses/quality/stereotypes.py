"""Stereotypes: how biographies divide over attributes against humans, and by cultural level."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from valuescape.answers.expected import require_same_personas
from valuescape.answers.inputs import read_configurations
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.reference import read_reference
from valuescape.humans import aggregate, published
from valuescape.humans import tables as human_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.attributes import (
    AGE_OF_PAPER,
    ATTRIBUTES,
    OTHER_AGES,
    PAPER_BAND,
    PLACES,
    attributes_of,
    of_personas,
)
from valuescape.lenses.quality.demographics import ADULT, JOINED_OCCUPATIONS
from valuescape.stats import information, resampling
from valuescape.stats.multiplicity import holm
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.demographics import Demographics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace

OF_RESPONDENTS = ("age", AGE_OF_PAPER, "sex", "education", "settlement", *PLACES)
"""What a survey file tells of each respondent."""
# How much of each band of the public margins lies in the paper's.
SHARE_OF_BAND = {"30-44": 1.0, "45-59": 1 / 3}
POPULATION, NONE = "population", "none"
NO_HUMANS = "no human shares are known"
NOBODY = "not defined: no valid biography"
ALIKE = "not defined: all personas are alike, or chance alone tells all"


class HumanShares(NamedTuple):
    """Shares of people by country and attribute, in one way of counting.

    Attributes
    ----------
    weighting : str
        ``unweighted``, ``W_WEIGHT`` or ``population``.
    by_country : DataFrame with country, attribute, category, share
        Shares of a country and attribute sum to 1; country ``all`` of countries and continents.
    """

    weighting: str
    by_country: pl.DataFrame


def human_shares(
    margins: pl.DataFrame, respondents: pl.DataFrame, countries: pl.DataFrame
) -> list[HumanShares]:
    """Return the human shares that public tables know.

    Parameters
    ----------
    margins : DataFrame
        Table COUNTRY_MARGINS.
    respondents : DataFrame with country, n
        How many were interviewed.
    countries : DataFrame
        Table COUNTRIES.

    Returns
    -------
    list of HumanShares
        Respondents unweighted, by their weights, and the population. The share of people of 30 to
        49 is that of 30 to 44 and a third of the next band, as if its fifteen years were alike.
    """
    placed = countries.join(respondents, on="country", how="left")
    unweighted = [_of_margins(margins, "share_percent"), *_places(placed, "n")]
    return [
        HumanShares(published.UNWEIGHTED, pl.concat(unweighted)),
        HumanShares(published.WEIGHTED, _of_margins(margins, "share_weighted_percent")),
        HumanShares(POPULATION, pl.concat(_places(placed, "population"))),
    ]


def _of_margins(margins: pl.DataFrame, column: str) -> pl.DataFrame:
    columns = ("country", "attribute", "category", "share")
    known = margins.filter(pl.col("attribute").is_in(ATTRIBUTES)).drop_nulls(column)
    category = pl.col("category").replace(JOINED_OCCUPATIONS)
    # in the order of the margins, here and below: the last digit of a sum hangs on it
    by_category = known.group_by("country", "attribute", category, maintain_order=True)
    shares = by_category.agg(share=pl.col(column).sum() / 100)
    found = [shares.select(columns)]
    if AGE_OF_PAPER not in margins["attribute"]:
        of_band = pl.col("category").replace_strict(SHARE_OF_BAND, default=0.0)
        ages = shares.filter(attribute="age").group_by("country", maintain_order=True)
        in_band = ages.agg(share=(pl.col("share") * of_band).sum())
        found += [
            in_band.select(
                "country",
                pl.lit(AGE_OF_PAPER).alias("attribute"),
                pl.lit(name).alias("category"),
                share.alias("share"),
            )
            for name, share in ((PAPER_BAND, pl.col("share")), (OTHER_AGES, 1 - pl.col("share")))
        ]
    # rounded shares, and categories that were left out, do not quite sum to 1
    total = pl.col("share").sum().over("country", "attribute")
    return pl.concat(found).with_columns(pl.col("share") / total)


def _places(placed: pl.DataFrame, counted: str) -> list[pl.DataFrame]:
    """Return how people divide over countries, and over continents."""
    known = placed.drop_nulls(counted)
    share = pl.col(counted).sum() / known[counted].sum()
    return [
        known.group_by(category=pl.col(place), maintain_order=True)
        .agg(share=share)
        .select(
            pl.lit("all").alias("country"), pl.lit(place).alias("attribute"), "category", "share"
        )
        for place in PLACES
    ]


def compare_with_humans(
    personas: pl.DataFrame, humans: Sequence[HumanShares], draws: Draws
) -> pl.DataFrame:
    """Compare how personas and humans divide over each attribute.

    Parameters
    ----------
    personas : DataFrame
        From `of_personas`.
    humans : sequence of HumanShares
        Each with the attributes that it knows.
    draws : Draws
        Behind intervals and floors.

    Returns
    -------
    DataFrame
        Table STEREOTYPES.
    """
    rows = []
    for attribute in ATTRIBUTES:
        known = [each for each in humans if attribute in each.by_country["attribute"]]
        for each in known or [HumanShares(NONE, pl.DataFrame())]:
            row = _compared(personas, attribute, each, draws)
            rows.append({"attribute": attribute, "weighting": each.weighting, **row})
    return pl.DataFrame(rows, schema=dict(quality_tables.STEREOTYPES.columns))


def _compared(
    personas: pl.DataFrame, attribute: str, humans: HumanShares, draws: Draws
) -> dict[str, Any]:
    """Return a row of table STEREOTYPES but its key."""
    stated = personas.filter(pl.col(attribute).is_not_null()).select(
        "country", category=pl.col(attribute)
    )
    if humans.weighting != NONE:
        shares = humans.by_country.filter(attribute=attribute)
        here = pl.lit("all") if attribute in PLACES else pl.col("country")
        stated = stated.with_columns(here.alias("country"))
        stated = stated.filter(pl.col("country").is_in(shares["country"].unique().implode()))
    if stated.is_empty():
        return {"n_personas": 0, "remark": NOBODY}
    n_countries = 0 if attribute in PLACES else stated["country"].n_unique()
    counts = stated["category"].value_counts(name="n")
    if humans.weighting == NONE:
        n = counts["n"].to_numpy().astype(np.float64)
        bits = float(information.corrected_entropy_bits(n))
        return {
            "n_personas": int(n.sum()),
            "entropy_bits": bits,
            "most_exceeding": counts.sort("n", "category", descending=True)["category"][0],
            "share": float(n.max() / n.sum()),
            "remark": NO_HUMANS,
        }
    by_country = stated.group_by("country", maintain_order=True)
    weights = by_country.agg(weight=pl.len() / stated.height)
    expected = (
        shares.join(weights, on="country")
        .group_by("category")
        .agg(human=(pl.col("share") * pl.col("weight")).sum())
    )
    both = counts.join(expected, on="category", how="full", coalesce=True)
    both = both.fill_null(0).sort("category")
    purpose = f"stereotypes/{attribute}/{humans.weighting}"
    row = _measured(both["n"].to_numpy(), both["human"].to_numpy(), draws, purpose)
    exceeding = both.with_columns(share=pl.col("n") / stated.height).sort(
        pl.col("share") - pl.col("human"), descending=True
    )
    return {
        "n_personas": stated.height,
        "n_countries": n_countries or None,
        **row,
        "most_exceeding": exceeding["category"][0],
        "share": exceeding["share"][0],
        "human_share": exceeding["human"][0],
        "remark": "",
    }


def _measured(
    counts: NDArray[np.int64], human: NDArray[np.float64], draws: Draws, purpose: str
) -> dict[str, float | None]:
    """Return entropies and divergence, with their intervals and the floor."""
    n = int(counts.sum())
    rng = draws.generator(purpose)
    human = human / human.sum()
    drawn = rng.multinomial(n, counts / n, draws.n).astype(np.float64)
    of_humans = rng.multinomial(n, human, draws.n).astype(np.float64)
    bits = float(information.corrected_entropy_bits(counts.astype(np.float64)))
    human_bits = float(information.entropy_bits(human))
    divergence = float(information.divergence_bits(counts / n, human))
    low, high = resampling.interval(
        divergence, information.divergence_bits(drawn / n, human), (0.0, 1.0)
    )
    varied = human_bits > information.LEAST_BITS
    found: dict[str, float | None] = {
        "entropy_bits": bits,
        "human_entropy_bits": human_bits,
        "divergence_bits": divergence,
        "ci_low": float(low),
        "ci_high": float(high),
        "floor_bits": float(information.divergence_bits(of_humans / n, human).mean()),
    }
    if varied:
        ratios = information.corrected_entropy_bits(drawn) / human_bits
        least, most = resampling.interval(bits / human_bits, ratios, (0.0, np.inf))
        found |= {
            "entropy_ratio": bits / human_bits,
            "entropy_ci_low": float(least),
            "entropy_ci_high": float(most),
        }
    return found


def contingency(
    categories: pl.Series, levels: NDArray[np.integer], n_levels: int
) -> tuple[list[str], NDArray[np.int64]]:
    """Count people by category and level.

    Parameters
    ----------
    categories : Series of String, length n
        Null where not known.
    levels : ndarray of int, shape (n,)
        From 0; negative where not known.
    n_levels : int
        Of the variable.

    Returns
    -------
    (list of str, ndarray of int64 of shape (n_categories, n_levels))
        Categories in alphabetical order, and the counts.
    """
    known = categories.is_not_null().to_numpy() & (levels >= 0)
    names = categories.drop_nulls().unique().sort().to_list()
    place = categories.replace_strict(
        {name: number for number, name in enumerate(names)}, default=0, return_dtype=pl.Int64
    ).to_numpy()
    cells = np.bincount(place[known] * n_levels + levels[known], minlength=len(names) * n_levels)
    return names, cells.reshape(len(names), n_levels)


def measure_dependence(
    personas: pl.DataFrame,
    levels: NDArray[np.int8],
    space: PersonaSpace,
    draws: Draws,
    people: tuple[pl.DataFrame, NDArray[np.int8]] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Measure what the levels of a configuration tell of a persona's attributes.

    Parameters
    ----------
    personas : DataFrame
        From `of_personas`, n rows.
    levels : ndarray of int8, shape (n, n_variables)
        Of the same personas.
    space : PersonaSpace
        The variables.
    draws : Draws
        Behind intervals and chance.
    people : tuple of (DataFrame, ndarray), optional
        The same of respondents, from `attributes_of`, levels -1 where not known.

    Returns
    -------
    (DataFrame, DataFrame)
        Tables DEMOGRAPHIC_DEPENDENCE and DEMOGRAPHIC_LEVELS.
    """
    rows, by_level = [], []
    for attribute in ATTRIBUTES:
        for column, variable in enumerate(space.variables):
            n_levels = len(variable.levels)
            names, counts = contingency(personas[attribute], levels[:, column], n_levels)
            purpose = f"dependence/{attribute}/{variable.name}"
            key = {"attribute": attribute, "variable": variable.name}
            rows.append(key | _told(counts, draws, purpose))
            human_names: list[str] = []
            human = np.zeros((0, n_levels), dtype=np.int64)
            if people is not None and attribute in people[0].columns:
                human_names, human = contingency(
                    people[0][attribute], people[1][:, column], n_levels
                )
                told = information.told(human, draws, f"{purpose}/humans")
                rows[-1] |= {
                    "human_adjusted": told.adjusted if np.isfinite(told.adjusted) else None,
                    "human_n": int(human.sum()),
                }
            by_level.append(
                _levels(names, counts, dict(zip(human_names, _within(human), strict=True))).select(
                    pl.lit(attribute).alias("attribute"),
                    "category",
                    pl.lit(variable.name).alias("variable"),
                    pl.exclude("category"),
                )
            )
    table = pl.DataFrame(rows, schema=dict(quality_tables.DEMOGRAPHIC_DEPENDENCE.columns))
    p = table["p"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    table = table.with_columns(p_holm=pl.Series(holm(p)).fill_nan(None))
    schema = dict(quality_tables.DEMOGRAPHIC_LEVELS.columns)
    return table, pl.concat(by_level).select(pl.col(k).cast(v) for k, v in schema.items())


def _told(counts: NDArray[np.int64], draws: Draws, purpose: str) -> dict[str, Any]:
    told = information.told(counts, draws, purpose)
    row: dict[str, Any] = {"n_personas": int(counts.sum())}
    if not np.isfinite(told.adjusted):
        return row | {"remark": ALIKE if row["n_personas"] else NOBODY}
    return row | {
        "information_bits": told.bits,
        "by_chance_bits": told.by_chance,
        "adjusted": told.adjusted,
        "ci_low": told.ci_low,
        "ci_high": told.ci_high,
        "null_95": told.null_95,
        "p": told.p,
        "remark": "",
    }


def _within(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return shares of categories at each level; nan at a level of nobody."""
    totals = counts.sum(axis=0)
    return np.where(totals > 0, counts / np.maximum(totals, 1), np.nan)


def _levels(
    names: list[str], counts: NDArray[np.int64], human: dict[str, NDArray[np.float64]]
) -> pl.DataFrame:
    """Return the shares of categories at each level of a variable."""
    totals, n = counts.sum(axis=0), int(counts.sum())
    frames = []
    for level, total in enumerate(totals.tolist()):
        low, high = resampling.wilson(counts[:, level], total)
        frames.append(
            pl.DataFrame(
                {
                    "category": names,
                    "level": level,
                    "n_personas": total,
                    "share": _within(counts)[:, level],
                    "ci_low": low,
                    "ci_high": high,
                    "share_of_all": counts.sum(axis=1) / max(n, 1),
                    "human_share": [
                        float(human[name][level]) if name in human else None for name in names
                    ],
                },
                schema_overrides={"category": pl.String, "human_share": pl.Float64},
            )
        )
    return pl.concat(frames).fill_nan(None)


def _adults(people: pl.DataFrame) -> pl.DataFrame:
    return people.filter(pl.col("age").is_null() | (pl.col("age") >= ADULT))


def respondents_of(
    people: pl.DataFrame, space: PersonaSpace
) -> tuple[pl.DataFrame, NDArray[np.int8]]:
    """Return attributes and levels of the adult respondents of a survey file.

    Parameters
    ----------
    people : DataFrame
        Table RESPONDENTS.
    space : PersonaSpace
        The variables.

    Returns
    -------
    (DataFrame, ndarray of int8 of shape (n, n_variables))
        As from `attributes_of`; -1 where a level is not known.
    """
    adults = _adults(people)
    levels = adults.select(pl.col(each.name).fill_null(-1) for each in space.variables).to_numpy()
    return attributes_of(adults), levels


def with_own(margins: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Put the user's own respondents in place of public margins, where they tell an attribute.

    Parameters
    ----------
    margins : DataFrame
        Table COUNTRY_MARGINS.
    people : DataFrame
        Table RESPONDENTS.

    Returns
    -------
    DataFrame
        Table COUNTRY_MARGINS less its source; with the paper's band of ages, which public margins
        do not know.
    """
    told = [name for name in OF_RESPONDENTS if name not in PLACES]
    adults = _adults(people)
    described = attributes_of(adults).with_columns(adults["weight"])
    own = aggregate.attribute_margins(described, told)
    columns = [name for name in human_tables.COUNTRY_MARGINS.columns if name != "source"]
    others = margins.filter(~pl.col("attribute").is_in(told))
    return pl.concat([own.select(columns), others.select(columns)], how="vertical_relaxed")


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
    demographics_from: Demographics,
    seed: int,
    replicates: int,
    stereotypes: Path,
    dependence: Path,
    levels: Path,
) -> None:
    """Read biographies and human shares; write how they differ, and what hangs on the levels."""
    configurations = read_configurations(space, personas)
    written = tables.read(biographies, study_tables.BIOGRAPHIES)
    require_same_personas(configurations.personas, written, f"{personas} and {biographies}")
    interviewed = read_reference(respondents, {"country": pl.String, "n": pl.Int64})
    divided = published.read_country_margins(margins)
    provenance = tables.joined_provenance([personas, biographies])
    people = None
    if survey is not None:
        own = tables.read(survey, human_tables.RESPONDENTS)
        interviewed = own.group_by("country").agg(n=pl.len().cast(pl.Int64))
        divided = with_own(divided, own)
        people = respondents_of(own, configurations.space)
        provenance |= tables.provenance(survey)
    humans = human_shares(divided, interviewed, published.read_countries(countries))
    valid = (written["status"] == "valid").to_numpy()
    described = of_personas(written.filter(valid), demographics_from)
    draws = Draws(replicates, seed)
    compared = compare_with_humans(described, humans, draws)
    pairs, by_level = measure_dependence(
        described, configurations.levels[valid], configurations.space, draws, people
    )
    tables.write(compared, stereotypes, quality_tables.STEREOTYPES, provenance)
    tables.write(pairs, dependence, quality_tables.DEMOGRAPHIC_DEPENDENCE, provenance)
    tables.write(by_level, levels, quality_tables.DEMOGRAPHIC_LEVELS, provenance)


if __name__ == "__main__":
    run(main)
