"""Individuals: how the people of the user's own survey file scatter on the map, by country.

The same table as config/reference/iw_individual_moments.csv, in whose place it stands.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans import published
from valuescape.humans import tables as human_tables
from valuescape.humans.aggregate import read_people, write_reference
from valuescape.humans.respondents import code_name
from valuescape.lenses.cultural_map.clouds import inside_hull
from valuescape.lenses.cultural_map.positions import read_centroids, read_projection
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from valuescape.lenses.cultural_map.positions import Projection
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]
    Row = dict[str, float | int | str | None]

logger = logging.getLogger(__name__)

DIGITS = 4
# A correlation of two people is no scatter.
FEWEST = 3


def individual_moments(
    people: pl.DataFrame, space: PersonaSpace, projection: Projection, centroids: pl.DataFrame
) -> pl.DataFrame:
    """Describe the scatter of respondents by country, of all, and within countries.

    Parameters
    ----------
    people : DataFrame
        As from `humans.aggregate.people_of`.
    space : PersonaSpace
        Which of its columns are the ten indicators.
    projection : Projection
        The map.
    centroids : DataFrame with country, self_expression, secular
        Countries on the map; their hull is the area between them.

    Returns
    -------
    DataFrame
        Table INDIVIDUAL_MOMENTS; countries with fewer than three complete answers are left out, and
        weighted rows where all weights are alike.
    """
    codes = [variable.ivs for variable in space.variables]
    columns = [code_name(variable) for variable in space.variables]
    answers = people.select(pl.col(columns).cast(pl.Float64)).to_numpy()
    places = projection.positions(answers, codes, "the respondents")
    corners = centroids.select(AXES).to_numpy()
    known = {name: place for name, *place in centroids.select("country", *AXES).iter_rows()}
    country, weight = people["country"].to_numpy(), people["weight"].to_numpy()
    complete = np.isfinite(places).all(axis=1)
    names = [c for c in sorted({*country}) if (complete & (country == c)).sum() >= FEWEST]
    rows: list[Row] = []
    centred = places.copy()
    for name in names:
        here = country == name
        beside = _pair("item_mean", _projected_means(answers[here], codes, projection))
        own = _pair("centroid", known.get(name, (None, None)))
        for how, each in ((published.UNWEIGHTED, None), (published.WEIGHTED, weight)):
            rows.append(
                {"country": name, "weight": how, "n_respondents": int(here.sum())}
                | _moments(places[here & complete], corners, _of(each, here & complete))
                | (beside if each is None else {})
                | own
            )
            if np.ptp(weight[here]) == 0:
                break
        centred[here] -= places[here & complete].mean(axis=0)
    kept = complete & np.isin(country, names)
    counted = np.isin(country, names)
    everyone = _pair("item_mean", _projected_means(answers[counted], codes, projection))
    whole: Row = {"weight": published.UNWEIGHTED, "n_respondents": int(counted.sum())}
    rows.append({"country": published.ALL} | whole | _moments(places[kept], corners) | everyone)
    within = _moments(centred[kept], corners) | {"share_in_hull": None}
    rows.append({"country": published.WITHIN} | whole | within)
    table = human_tables.INDIVIDUAL_MOMENTS
    found = pl.DataFrame(rows, schema=dict(table.columns)).fill_nan(None)
    return tables.check(found.with_columns(pl.selectors.float().round(DIGITS)), table, "people")


def _projected_means(answers: Array, codes: Sequence[str], projection: Projection) -> Array:
    """Return where the means of all who answered a question lie, shape (2,); nan if one is none."""
    known = np.isfinite(answers)
    n = known.sum(axis=0)
    sums = np.where(known, answers, 0.0).sum(axis=0)
    means = np.divide(sums, n, out=np.full(len(codes), np.nan), where=n > 0)
    return np.asarray(projection.positions(means[None], codes, "the respondents")[0])


def _pair(measure: str, values: Iterable[float | None]) -> Row:
    """Return a measure on the two axes; null where there is none."""
    return {
        f"{measure}_{axis}": None if value is None else float(value)
        for axis, value in zip(AXES, values, strict=True)
    }


def _of(weight: Array | None, rows: NDArray[np.bool_]) -> Array | None:
    return None if weight is None else weight[rows]


def _moments(places: Array, corners: Array, weight: Array | None = None) -> Row:
    """Return means, SDs and correlation on the two axes, and the share in the hull."""
    if not len(places):
        return {"n": 0}
    mean = np.average(places, axis=0, weights=weight)
    covariance = np.cov(places.T, aweights=weight, ddof=0)
    sd = np.sqrt(np.diag(covariance))
    inside = np.average(inside_hull(places, corners), weights=weight)
    return {
        "n": len(places),
        **_pair("mean", mean),
        **_pair("sd", sd),
        "correlation": float(covariance[0, 1] / np.prod(sd)) if sd.all() else None,
        "share_in_hull": float(inside),
    }


@command
def main(
    *,
    survey: Path,
    space: Path,
    instrument: Path,
    countries: Path,
    projection: Path,
    centroids: Path,
    individuals: Path,
) -> None:
    """Read the survey file, project its people, write table INDIVIDUAL_MOMENTS."""
    persona_space = read_space(space)
    known = published.read_countries(countries)
    people, said = read_people(survey, persona_space, read_instrument(instrument), known)
    frozen, placed = read_projection(projection), read_centroids(centroids)
    found = individual_moments(people, persona_space, frozen, placed)
    logger.info("%s: people of %d countries on the map", survey, found["country"].n_unique() - 2)
    write_reference(found, individuals, said)


if __name__ == "__main__":
    run(main)
