"""The map's instrument, refitted to the user's EVS/WVS file, beside the published one.

    python -m valuescape.lenses.cultural_map.refit --space F --indicators F --projection F --centroids F \
        --countries F --seed N --replicates N --refit F --means F --agreement F --variants F \
        --draws F

The refit follows the official procedure; the other ways of fitting are there to be compared. No
answer of an LLM is read.
"""

from __future__ import annotations

import json
import logging
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.inputs import parser_of_files
from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.core.reference import PROVENANCE_MARK, read_reference
from valuescape.humans import tables as human_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.factor_analysis import (
    Humans,
    Rotation,
    country_means,
    equal_countries,
    pairwise_correlation,
    refit,
    resampled_within,
)
from valuescape.lenses.cultural_map.positions import (
    AXES,
    REIMPLEMENTATIONS_RMS,
    Projection,
    read_projection,
)
from valuescape.lenses.cultural_map.rotation import axis_target, rotated_loadings
from valuescape.stats import resampling
from valuescape.stats.polychoric import polychoric_matrix
from valuescape.study.space import read_space

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]
    Fits = dict[tuple[str, str], Projection]

logger = logging.getLogger(__name__)

OFFICIAL: tuple[str, Rotation] = ("refit", "varimax_kaiser")
ROTATIONS: tuple[Rotation, ...] = (
    "varimax_kaiser", "varimax", "scores_varimax", "procrustes_target",
)  # fmt: skip
CENTROIDS = {"country": pl.String, "region": pl.String, **dict.fromkeys(AXES, pl.Float64)}
COUNTRIES = {"country": pl.String, "iso_numeric": pl.Int64}
# A country that the published map does not have.
NO_REGION = "Not on the published map"
# Of the two public makings of the map that REIMPLEMENTATIONS_RMS compares.
REIMPLEMENTATIONS = {"country_r": np.array([0.979, 0.973]), "country_rms": REIMPLEMENTATIONS_RMS}
FEWEST_COUNTRIES = 3
# Measures of two maps; the others tell of one.
COMPARED = ("congruence", "country_r", "country_rms", "offset")


def read_humans(path: Path, codes: tuple[str, ...]) -> tuple[Humans, pl.Series]:
    """Read the indicators of single respondents.

    Parameters
    ----------
    path : Path
        Table INDICATORS.
    codes : tuple of str
        The ten indicators.

    Returns
    -------
    (Humans, Series of str)
        Answers with the survey's case weights, and the country of each respondent.

    Raises
    ------
    UserError
        If an indicator is not there.
    """
    respondents = tables.read(path, human_tables.INDICATORS)
    missing = [code for code in codes if code not in respondents.columns]
    if missing:
        msg = f"{path}: no indicator {missing[0]!r}, which the map needs"
        raise UserError(msg, hint=f"delete {path} and run snakemake again")
    values = respondents.select(pl.col(codes).cast(pl.Float64).fill_null(np.nan))
    weights = respondents["weight"].cast(pl.Float64).to_numpy()
    return Humans(codes, values.to_numpy(), weights), respondents["country"]


def fits(humans: Humans, countries: NDArray[np.int64], target: Array) -> Fits:
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
        found[fit, rotation] = refit(Humans(humans.codes, humans.values, weights), target, rotation)
    behind = polychoric_matrix(humans.values, humans.weights)
    found["refit_polychoric", OFFICIAL[1]] = refit(humans, target, OFFICIAL[1], behind)
    return found


def replicates(
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
        yield refit(drawn, loadings, "procrustes_target"), drawn


def agreement(
    found: Projection, means: Array, published: Projection, places: Array
) -> dict[tuple[str, str], float]:
    """Compare a refit with the published map.

    Parameters
    ----------
    found, published : Projection
        Same indicators in the same order.
    means, places : ndarray of float64, shape (n_countries, 2)
        Country means by the refit and as published; nan where a map has none.

    Returns
    -------
    dict of (str, str) to float
        By axis and measure of table MAP_REFIT.
    """
    ours, theirs = rotated_loadings(found.weights), rotated_loadings(published.weights)
    size = np.linalg.norm(ours, axis=0) * np.linalg.norm(theirs, axis=0)
    both = ~np.isnan(means + places).any(axis=1)
    gaps = (means - places)[both]
    enough = both.sum() >= FEWEST_COUNTRIES
    measures: dict[tuple[str, str], float] = {}
    for k, axis in enumerate(AXES):
        measures[axis, "congruence"] = float((ours[:, k] @ theirs[:, k]) / size[k])
        pair = (means[both, k], places[both, k])
        measures[axis, "country_r"] = float(resampling.correlation(*pair)) if enough else np.nan
        measures[axis, "country_rms"] = (
            float(np.sqrt(np.mean(gaps[:, k] ** 2))) if enough else np.nan
        )
        measures[axis, "offset"] = float(gaps[:, k].mean()) if enough else np.nan
    measures["both", "n_countries"] = float(both.sum())
    return measures


def agreement_table(
    estimates: Mapping[tuple[str, str], Mapping[tuple[str, str], float]],
    drawn: Sequence[Mapping[tuple[str, str], float]],
) -> pl.DataFrame:
    """Return agreements of all fits, those of the official one with intervals.

    Parameters
    ----------
    estimates : mapping of (str, str) to dict
        By fit and rotation, as from `agreement`.
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
            pair = REIMPLEMENTATIONS.get(measure)
            beside = None if pair is None else float(pair[AXES.index(axis)])
            rows.append((*key, axis, measure, estimate, low, high, beside))
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


def main(argv: Sequence[str] | None = None) -> None:
    """Read single respondents, refit the map, write it, its variants, draws and agreement.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    read = ("space", "indicators", "projection", "centroids", "countries")
    written = ("refit", "means", "agreement", "variants", "draws")
    parser = parser_of_files(__doc__, (*read, *written))
    resampling.add_arguments(parser)
    args = parser.parse_args(argv)
    published = read_projection(args.projection)
    humans, homes = read_humans(args.indicators, published.codes)
    names = homes.unique().sort()
    countries = homes.replace_strict(names, range(len(names)), return_dtype=pl.Int64).to_numpy()
    axis = {variable.ivs: variable.axis for variable in read_space(args.space).variables}
    secular = np.array([axis[code] == "secular" for code in published.codes])
    found = fits(humans, countries, axis_target(published.weights, secular))
    theirs = names.to_frame("country").join(
        read_reference(args.centroids, CENTROIDS), on="country", how="left", maintain_order="left"
    )
    places = theirs.select(pl.col(AXES).fill_null(np.nan)).to_numpy()
    means = {key: country_means(each, humans, countries) for key, each in found.items()}
    official = found[OFFICIAL]
    estimates = {key: agreement(each, means[key], published, places) for key, each in found.items()}
    complete = float((~np.isnan(humans.values).any(axis=1)).sum())
    for measures in estimates.values():
        measures["both", "n_respondents"] = complete
    spectrum = np.linalg.eigvalsh(pairwise_correlation(humans.values, humans.weights)[0])[::-1]
    for k, value in enumerate(spectrum):
        estimates[OFFICIAL]["both", f"eigenvalue_{k + 1:02d}"] = float(value)
    drawn, compared = [], []
    for k, (each, whom) in enumerate(
        replicates(humans, countries, official, resampling.Draws(args.replicates, args.seed))
    ):
        drawn.append(({"draw": k}, each))
        at = country_means(each, whom, countries)
        compared.append(agreement(each, at, published, places))
    variants = [({"fit": fit, "rotation": turn}, each) for (fit, turn), each in found.items()]
    variants.append(({"fit": "published", "rotation": "as_fitted"}, published))
    provenance = tables.joined_provenance([args.indicators])
    _write_reference(args, official, theirs, means[OFFICIAL], provenance)
    of_axis = estimates[OFFICIAL]
    logger.info(
        "%d of %d respondents with all ten answers; congruence with the published axes %.3f, %.3f",
        int(complete), len(homes),
        *(of_axis[each, "congruence"] for each in AXES),
    )  # fmt: skip
    for frame, path, table in (
        (agreement_table(estimates, compared), args.agreement, map_tables.MAP_REFIT),
        (_stacked(variants), args.variants, map_tables.MAP_VARIANTS),
        (_stacked(drawn).cast({"draw": pl.Int32}), args.draws, map_tables.INSTRUMENT_DRAWS),
    ):
        tables.write(frame, path, table, provenance)


def _write_reference(
    args: argparse.Namespace, official: Projection, theirs: pl.DataFrame, means: Array,
    provenance: Mapping[str, str],
) -> None:  # fmt: skip
    known = read_reference(args.countries, COUNTRIES)
    placed = (
        theirs.with_columns(pl.col("region").fill_null(NO_REGION))
        .with_columns(self_expression=means[:, 0], secular=means[:, 1])
        .filter(pl.col("secular").is_not_nan())
        .join(known, on="country", maintain_order="left")
        .select(*COUNTRIES, "region", *AXES)
    )
    files = (
        (projection_frame(official), args.refit, "The map's projection, refitted"),
        (placed, args.means, "Mean place of each country by the refit"),
    )
    for frame, path, title in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_csv(frame, title, provenance), encoding="utf-8")


if __name__ == "__main__":
    run(main)
