"""Demographics: who each persona is, drawn by design and independent of its configuration.

A study with `demographics: assigned` draws country, settlement, sex, age and education of every
persona; what groups differ in and what configurations differ in are then two things. Within a
country the attributes are drawn one by one from the shares of its survey respondents: the shares
are public, the joint ones are not, so that attributes do not go together as they do in people.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.core.seeds import seed_of
from valuescape.study import tables as study_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

LOG = logging.getLogger(__name__)
Demographics = Literal["written", "assigned"]
"""Who decides on a persona's demographics: the writer of its biography, or the design."""
Countries = Literal["balanced", "respondents"]
"""How countries are drawn: ``balanced``, every continent as probable as any other, and in it every
country; ``respondents``, as the respondents of the survey divide over the countries."""
ASSIGNED = ("country", "settlement", "sex", "age", "education")
"""What is drawn, beside the continent of the country."""
FROM_MARGINS = ("settlement", "sex", "age", "education")
MARGINS = {
    "country": pl.String,
    "attribute": pl.String,
    "category": pl.String,
    "share_percent": pl.Float64,
    "n": pl.Int64,
}
AGE_BAND = re.compile(r"([0-9]+)(?:-([0-9]+)| and older)")
# The margins do not say how old those of the open band are; few respondents are older.
OLDEST = 79


def drawn_categories(
    chances: NDArray[np.float64], uniform: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return which category each number falls in, where categories divide [0, 1) by chance.

    Parameters
    ----------
    chances : ndarray of float64, shape (n_categories,)
        Not negative; divided by their sum.
    uniform : ndarray of float64, shape (n,)
        Numbers in [0, 1).

    Returns
    -------
    ndarray of int64, shape (n,)
        Positions of categories; none without a chance.
    """
    ends = np.cumsum(chances) / np.sum(chances)
    return np.searchsorted(ends, uniform, side="right")


def country_chances(
    margins: pl.DataFrame, continents: Mapping[str, str], countries: Countries
) -> dict[str, float]:
    """Return how probable each country is.

    Parameters
    ----------
    margins : DataFrame
        With the columns `MARGINS`.
    continents : mapping of str to str
        Country to continent.
    countries : {"balanced", "respondents"}
        As described there.

    Returns
    -------
    dict of str to float
        Countries in alphabetical order; chances sum to 1.

    Raises
    ------
    UserError
        If a country has no continent or lacks an attribute.
    """
    wanted = margins.filter(pl.col("attribute").is_in(FROM_MARGINS))
    known = wanted.group_by("country").agg(
        pl.col("attribute").unique(),
        n=pl.col("n").filter(pl.col("attribute") == "sex").max(),
    )
    numbers: dict[str, float] = {}
    for country, attributes, n in known.sort("country").iter_rows():
        missing = [name for name in FROM_MARGINS if name not in attributes]
        if missing:
            msg = f"the margins of {country!r} lack the attribute {missing[0]!r}"
            raise UserError(msg, hint="add its shares to reference.margins, or remove the country")
        if country not in continents:
            msg = f"the margins know {country!r}, which has no continent"
            raise UserError(msg, hint="add the country to reference.countries")
        numbers[country] = float(n)
    if countries == "respondents":
        return {country: n / sum(numbers.values()) for country, n in numbers.items()}
    of = [continents[country] for country in numbers]
    return {
        country: 1 / len(set(of)) / of.count(continent)
        for country, continent in zip(numbers, of, strict=True)
    }


def ages_of(bands: Sequence[str], uniform: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return an age within each band, every year as probable as any other.

    Parameters
    ----------
    bands : sequence of str, length n
        Such as ``30-44``, or ``60 and older``, which ends at 79.
    uniform : ndarray of float64, shape (n,)
        Numbers in [0, 1).

    Returns
    -------
    ndarray of int16, shape (n,)
        Years.

    Raises
    ------
    UserError
        If a band is not written so.
    """
    ends = {}
    for band in set(bands):
        found = AGE_BAND.fullmatch(band)
        if not found:
            msg = f"{band!r} is no age band"
            raise UserError(
                msg, hint="write the bands of reference.margins as 30-44 or 60 and older"
            )
        ends[band] = (int(found[1]), int(found[2] or OLDEST))
    low, high = np.array([ends[band] for band in bands]).reshape(-1, 2).T
    return np.asarray(low + np.floor(uniform * (high - low + 1)), dtype=np.int16)


def assign_demographics(
    persona_ids: Sequence[int],
    margins: pl.DataFrame,
    continents: Mapping[str, str],
    seed: int,
    countries: Countries,
) -> pl.DataFrame:
    """Draw who each persona is.

    Each draw has a seed of its own, made of the persona and the attribute. So a persona is the
    same in every design and every shard, and nobody's demographics hang on its configuration.

    Parameters
    ----------
    persona_ids : sequence of int, length n
        The personas.
    margins : DataFrame
        With the columns `MARGINS`: of each country, the shares of settlement, sex, age and
        education.
    continents : mapping of str to str
        Country to continent.
    seed : int
        The study's seed.
    countries : {"balanced", "respondents"}
        How countries are drawn.

    Returns
    -------
    DataFrame
        Table DEMOGRAPHICS, a row a persona.
    """

    def uniform(attribute: str) -> NDArray[np.float64]:
        own = [seed_of(seed, "demographics", attribute, number) for number in persona_ids]
        return np.array(own) / 2**31

    chances = country_chances(margins, continents, countries)
    names = np.array(list(chances))
    country = names[drawn_categories(np.array([*chances.values()]), uniform("country"))]
    found: dict[str, NDArray[np.str_]] = {}
    for attribute in FROM_MARGINS:
        numbers, drawn = uniform(attribute), np.empty(len(persona_ids), dtype=object)
        rows = margins.filter(attribute=attribute).sort("category")
        for (each,), shares in rows.group_by("country"):
            here = country == each
            place = drawn_categories(shares["share_percent"].to_numpy(), numbers[here])
            drawn[here] = shares["category"].to_numpy()[place]
        found[attribute] = drawn
    return pl.DataFrame(
        {
            "persona_id": persona_ids,
            "country": country,
            "continent": [continents[each] for each in country],
            **found,
            "age": ages_of(list(found["age"]), uniform("year of age")),
        },
        schema=dict(study_tables.DEMOGRAPHICS.columns),
    )


def read_margins(path: Path) -> pl.DataFrame:
    """Read the shares of the survey's respondents by country and attribute."""
    return read_reference(path, MARGINS)


def read_continents(path: Path) -> dict[str, str]:
    """Read the continent of each country."""
    table = read_reference(path, {"country": pl.String, "continent": pl.String})
    return dict(zip(table["country"], table["continent"], strict=True))


@command
def main(
    *,
    personas: Path,
    margins: Path,
    countries: Path,
    drawn: Countries,
    seed: int,
    demographics: Path,
) -> None:
    """Draw the demographics of the study's personas."""
    ids = tables.read(personas, study_tables.PERSONAS)["persona_id"].to_list()
    assigned = assign_demographics(
        ids, read_margins(margins), read_continents(countries), seed, drawn
    )
    provenance = {**tables.provenance(personas), "demographics": f"assigned, countries {drawn}"}
    tables.write(assigned, demographics, study_tables.DEMOGRAPHICS, provenance)
    LOG.info("%d personas live in %d countries", len(ids), assigned["country"].n_unique())


if __name__ == "__main__":
    run(main)
