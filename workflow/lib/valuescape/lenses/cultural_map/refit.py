"""The map's instrument, refitted to the user's EVS/WVS file, beside the published one.

The refit follows the official procedure; the other ways of fitting are there to be compared. No
answer of an LLM is read.
"""

from __future__ import annotations

import json
import logging
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.files import write_text
from valuescape.core.reference import PROVENANCE_MARK, read_reference
from valuescape.humans import tables as human_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.factor_analysis import (
    Humans,
    Rotation,
    country_means,
    equal_countries,
    fit_map,
    pairwise_correlation,
    resampled_within,
)
from valuescape.lenses.cultural_map.positions import (
    REIMPLEMENTATIONS_RMS,
    Projection,
    read_centroids,
    read_projection,
)
from valuescape.lenses.cultural_map.rotation import axis_target, rotated_loadings
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats import resampling
from valuescape.stats.polychoric import polychoric_matrix
from valuescape.stats.resampling import Draws
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Fits = dict[tuple[str, str], Projection]
    Agreement = dict[tuple[str, str], float]

logger = logging.getLogger(__name__)

OFFICIAL: tuple[str, Rotation] = ("refit", "varimax_kaiser")
ROTATIONS: tuple[Rotation, ...] = (
    "varimax_kaiser", "varimax", "scores_varimax", "procrustes_target",
)  # fmt: skip
COUNTRIES = {"country": pl.String, "iso_numeric": pl.Int64}
# A country that the published map does not have.
NO_REGION = "Not on the published map"
# Agreement of the two public reimplementations that REIMPLEMENTATIONS_RMS compares.
REIMPLEMENTATIONS = {"country_r": np.array([0.979, 0.973]), "country_rms": REIMPLEMENTATIONS_RMS}
FEWEST_COUNTRIES = 3
# Measures that compare two maps; the others describe one.
COMPARED = ("congruence", "country_r", "country_rms", "offset")


def humans_of(respondents: pl.DataFrame, codes: tuple[str, ...]) -> Humans:
    """Return what a refit reads of single respondents.

    Parameters
    ----------
    respondents : DataFrame
        Table INDICATORS.
    codes : tuple of str
        The ten indicators.

    Returns
    -------
    Humans
        With the survey's case weights.

    Raises
    ------
    UserError
        If an indicator is missing.
    """
    missing = [code for code in codes if code not in respondents.columns]
    if missing:
        msg = f"the survey's indicators have no {missing[0]!r}, which the map needs"
        raise UserError(msg, hint="delete indicators.parquet and run snakemake again")
    values = respondents.select(pl.col(codes).cast(pl.Float64).fill_null(np.nan))
    weights = respondents["weight"].cast(pl.Float64).to_numpy()
    return Humans(codes, values.to_numpy(), weights)


def fit_variants(humans: Humans, countries: NDArray[np.int64], target: Array) -> Fits:
    """Fit the map in every way that is compared.

    Parameters
    ----------
    humans : Humans
        Answers, with the survey's case weights.
    countries : ndarray of int64, shape (n,)
        Number of each respondent's country, from 0.
    target : ndarray of float64, shape (n_indicators, 2)
        As from `axis_target`.

    Returns
    -------
    dict of (str, str) to Projection
        By fit and rotation, as in table MAP_VARIANTS; the official one is `OFFICIAL`.
    """
    counted = {
        "refit": humans.weights,
        "refit_equal_countries": equal_countries(humans.weights, countries),
        "refit_unweighted": np.ones_like(humans.weights),
    }
    found: Fits = {}
    for (fit, weights), rotation in product(counted.items(), ROTATIONS):
        found[fit, rotation] = fit_map(
            Humans(humans.codes, humans.values, weights), target, rotation
        )
    polychoric = polychoric_matrix(humans.values, humans.weights)
    found["refit_polychoric", OFFICIAL[1]] = fit_map(humans, target, OFFICIAL[1], polychoric)
    return found


def refit_resampled(
    humans: Humans, countries: NDArray[np.int64], official: Projection, draws: Draws
) -> Iterator[tuple[Projection, Humans]]:
    """Refit the map to respondents drawn anew within each country.

    Parameters
    ----------
    humans : Humans
        Answers, with the survey's case weights.
    countries : ndarray of int64, shape (n,)
        Number of each respondent's country, from 0.
    official : Projection
        The refit, to whose axes each draw's are turned (Procrustes): what stays is the
        uncertainty of the plane, not that of the rotation, which SENSITIVITY shows.
    draws : Draws
        How many, and their seed.

    Yields
    ------
    (Projection, Humans)
        The refit, and whom it was fitted to.
    """
    loadings = rotated_loadings(official.weights)
    for times in resampled_within(countries, draws, "map_refit/respondents"):
        drawn = Humans(humans.codes, humans.values, humans.weights * times)
        yield fit_map(drawn, loadings, "procrustes_target"), drawn


def compare_maps(
    found: Projection, means: Array, published: Projection, published_means: Array
) -> Agreement:
    """Compare a refit with the published map.

    Parameters
    ----------
    found, published : Projection
        Same indicators in the same order.
    means, published_means : ndarray of float64, shape (n_countries, 2)
        Country means by the refit and as published; nan where a map has none.

    Returns
    -------
    dict of (str, str) to float
        By axis and measure of table MAP_REFIT.
    """
    ours, theirs = rotated_loadings(found.weights), rotated_loadings(published.weights)
    size = np.linalg.norm(ours, axis=0) * np.linalg.norm(theirs, axis=0)
    both = ~np.isnan(means + published_means).any(axis=1)
    gaps = (means - published_means)[both]
    enough = both.sum() >= FEWEST_COUNTRIES
    measures: Agreement = {}
    for k, axis in enumerate(AXES):
        measures[axis, "congruence"] = float((ours[:, k] @ theirs[:, k]) / size[k])
        pair = (means[both, k], published_means[both, k])
        measures[axis, "country_r"] = float(resampling.correlation(*pair)) if enough else np.nan
        measures[axis, "country_rms"] = (
            float(np.sqrt(np.mean(gaps[:, k] ** 2))) if enough else np.nan
        )
        measures[axis, "offset"] = float(gaps[:, k].mean()) if enough else np.nan
    measures["both", "n_countries"] = float(both.sum())
    return measures


def agreement_table(
    estimates: Mapping[tuple[str, str], Agreement], drawn: Sequence[Agreement]
) -> pl.DataFrame:
    """Return agreements of all fits, those of the official one with intervals.

    Parameters
    ----------
    estimates : mapping of (str, str) to dict
        By fit and rotation.
    drawn : sequence of dict
        The same of each replicate of the official fit.

    Returns
    -------
    DataFrame
        Table MAP_REFIT.
    """
    rows = []
    for key, measures in estimates.items():
        for (axis, measure), estimate in measures.items():
            low = high = None
            if key == OFFICIAL and drawn and measure in COMPARED:
                values = np.array([each[axis, measure] for each in drawn])
                low, high = (float(end) for end in resampling.interval(estimate, values))
            by_axis = REIMPLEMENTATIONS.get(measure)
            others = None if by_axis is None else float(by_axis[AXES.index(axis)])
            rows.append((*key, axis, measure, estimate, low, high, others))
    return pl.DataFrame(rows, schema=map_tables.MAP_REFIT.columns, orient="row").fill_nan(None)


def projection_frame(projection: Projection) -> pl.DataFrame:
    """Return a projection in the columns of the published one.

    Parameters
    ----------
    projection : Projection
        Weights, means and SDs.

    Returns
    -------
    DataFrame
        `map_tables.PROJECTION`.
    """
    columns = (projection.codes, *projection.weights.T, projection.means, projection.sds)
    return pl.DataFrame(dict(zip(map_tables.PROJECTION, columns, strict=True)))


def _stacked(named: Sequence[tuple[Mapping[str, object], Projection]]) -> pl.DataFrame:
    return pl.concat(
        projection_frame(projection).with_columns(**{k: pl.lit(v) for k, v in names.items()})
        for names, projection in named
    )


def describe_respondents(humans: Humans) -> Agreement:
    """Return the number of complete respondents and the spectrum of their correlations.

    Parameters
    ----------
    humans : Humans
        Answers and case weights.

    Returns
    -------
    dict of (str, str) to float
        n_respondents, and eigenvalues from the greatest on, as in table MAP_REFIT.
    """
    complete = float((~np.isnan(humans.values).any(axis=1)).sum())
    correlation, _, _ = pairwise_correlation(humans.values, humans.weights)
    spectrum = np.linalg.eigvalsh(correlation)[::-1]
    return {("both", "n_respondents"): complete} | {
        ("both", f"eigenvalue_{k + 1:02d}"): float(value) for k, value in enumerate(spectrum)
    }


def reference_of_means(
    published: pl.DataFrame, means: Array, countries: pl.DataFrame
) -> pl.DataFrame:
    """Return country means in the columns of the published ones.

    Parameters
    ----------
    published : DataFrame with country, region
        Every country of the survey; region is null if the published map does not have it.
    means : ndarray of float64, shape (n_countries, 2)
        By the refit; a country with nan is left out.
    countries : DataFrame with country, iso_numeric
        The countries known here.

    Returns
    -------
    DataFrame with country, iso_numeric, region, self_expression, secular
        In the order of `published`.
    """
    return (
        published.with_columns(pl.col("region").fill_null(NO_REGION))
        .with_columns(self_expression=means[:, 0], secular=means[:, 1])
        .filter(pl.col("secular").is_not_nan())
        .join(countries, on="country", maintain_order="left")
        .select(*COUNTRIES, "region", *AXES)
    )


def as_csv(frame: pl.DataFrame, title: str, provenance: Mapping[str, str]) -> str:
    """Return a table in the form of config/reference, with where it comes from.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    title : str
        What it is.
    provenance : mapping of str to str
        Of the microdata.

    Returns
    -------
    str
        csv below ``#`` lines.
    """
    carried = json.dumps(dict(sorted(provenance.items())))
    return f"# {title}\n{PROVENANCE_MARK}{carried}\n{frame.write_csv()}"


@command
def main(
    *,
    space: Path,
    indicators: Path,
    projection: Path,
    centroids: Path,
    countries: Path,
    seed: int,
    replicates: int,
    refit: Path,
    means: Path,
    agreement: Path,
    variants: Path,
    draws: Path,
) -> None:
    """Read single respondents, refit the map, write it, its variants, draws and agreement."""
    published = read_projection(projection)
    respondents = tables.read(indicators, human_tables.INDICATORS)
    axes = {variable.ivs: variable.axis for variable in read_space(space).variables}
    known = read_reference(countries, COUNTRIES)
    humans = humans_of(respondents, published.codes)
    names = respondents["country"].unique().sort()
    homes = respondents["country"].replace_strict(
        names, range(len(names)), return_dtype=pl.Int64
    ).to_numpy()  # fmt: skip
    centres = names.to_frame("country").join(
        read_centroids(centroids), on="country", how="left", maintain_order="left"
    )
    published_means = centres.select(pl.col(AXES).fill_null(np.nan)).to_numpy()

    secular = np.array([axes[code] == "secular" for code in published.codes])
    found = fit_variants(humans, homes, axis_target(published.weights, secular))
    refitted_means = {key: country_means(each, humans, homes) for key, each in found.items()}
    described = describe_respondents(humans)
    complete = {key: value for key, value in described.items() if key[1] == "n_respondents"}
    estimates = {
        key: compare_maps(each, refitted_means[key], published, published_means)
        | (described if key == OFFICIAL else complete)
        for key, each in found.items()
    }
    official, official_agreement = found[OFFICIAL], estimates[OFFICIAL]
    resampled, resampled_agreement = [], []
    for each, whom in refit_resampled(humans, homes, official, Draws(replicates, seed)):
        resampled.append(each)
        at = country_means(each, whom, homes)
        resampled_agreement.append(compare_maps(each, at, published, published_means))
    logger.info(
        "%d of %d respondents with all ten answers; congruence with the published axes %.3f, %.3f",
        official_agreement["both", "n_respondents"],
        len(homes),
        *(official_agreement[axis, "congruence"] for axis in AXES),
    )
    named = [({"fit": fit, "rotation": rotation}, each) for (fit, rotation), each in found.items()]
    named.append(({"fit": "published", "rotation": "as_fitted"}, published))
    numbered = [({"draw": k}, each) for k, each in enumerate(resampled)]
    placed = reference_of_means(centres, refitted_means[OFFICIAL], known)
    provenance = tables.joined_provenance([indicators])
    projected = projection_frame(official)
    write_text(refit, as_csv(projected, "The map's projection, refitted", provenance))
    write_text(means, as_csv(placed, "Mean position of each country by the refit", provenance))
    agreed = agreement_table(estimates, resampled_agreement)
    tables.write(agreed, agreement, map_tables.MAP_REFIT, provenance)
    tables.write(_stacked(named), variants, map_tables.MAP_VARIANTS, provenance)
    stacked = _stacked(numbered).cast({"draw": pl.Int32})
    tables.write(stacked, draws, map_tables.INSTRUMENT_DRAWS, provenance)


if __name__ == "__main__":
    run(main)
