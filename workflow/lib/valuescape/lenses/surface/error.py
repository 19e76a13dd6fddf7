"""How the error of the response surface falls with the number of personas that are asked."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.wording import PREDICTED
from valuescape.lenses.surface import tables as surface_tables
from valuescape.lenses.surface.fit import FEWEST, Z, distances, fit_questions, on_simplex
from valuescape.lenses.surface.predict import Asked, read_asked
from valuescape.stats.interactions import effect_columns
from valuescape.stats.resampling import Draws
from valuescape.study.conditions import Condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

SURFACE, MEAN_ALONE = "surface", "mean_alone"
PARTS = (8, 4, 2)
"""A surface is fitted to one part in so many of the personas, and tried on the others."""


def errors_of_part(asked: Asked, part: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return the errors of surfaces fitted to some personas, for the others.

    Parameters
    ----------
    asked : Asked
        What was asked.
    part : ndarray of bool, shape (n,)
        Personas that surfaces are fitted to.

    Returns
    -------
    (ndarray of float64, ndarray of float64), each of shape (n_others, n_questions)
        EMD from a persona's answers, of the surface and of the mean alone; nan where there is
        no valid answer, or no surface.
    """
    radices = asked.space.radices
    inside = [each[part] for each in asked.shares]
    surfaces = fit_questions(asked.levels[part], radices, asked.questions, inside)
    matrix = effect_columns(asked.levels[~part], radices).matrix
    found = np.full((2, len(matrix), len(surfaces)), np.nan)
    for k, fitted in enumerate(surfaces):
        if fitted is not None:
            answers = asked.shares[k][~part]
            predicted = on_simplex(fitted.surface.predict(matrix))
            found[0, :, k] = distances(predicted, answers, fitted.question)[0]
            mean = fitted.answers.mean(axis=0)
            found[1, :, k] = distances(mean, answers, fitted.question)[0]
    return found[0], found[1]


def errors_left_out(asked: Asked) -> tuple[Array, Array]:
    """Return the errors of surfaces fitted to all others, for each persona; as `errors_of_part`."""
    surfaces = fit_questions(asked.levels, asked.space.radices, asked.questions, asked.shares)
    found = np.full((2, len(asked.levels), len(surfaces)), np.nan)
    for k, fitted in enumerate(surfaces):
        if fitted is not None:
            for number, predicted in enumerate((fitted.left_out, fitted.mean_alone)):
                emd, _ = distances(predicted, fitted.answers, fitted.question)
                found[number, fitted.rows, k] = emd
    return found[0], found[1]


def error_rows(asked: Asked, draws: Draws) -> Iterator[tuple[object, ...]]:
    """Yield rows of SURFACE_ERROR.

    Parameters
    ----------
    asked : Asked
        What was asked.
    draws : Draws
        Seed of who is in which part.

    Yields
    ------
    tuple
        As in the table; parts too small to fit a surface are left out.
    """
    n = len(asked.levels)
    order = draws.generator("surface/parts").permutation(n)
    sizes = [n // part for part in PARTS if n // part >= FEWEST]
    for size in [*sizes, n]:
        errors = (
            errors_left_out(asked)
            if size == n
            else errors_of_part(asked, np.isin(np.arange(n), order[:size]))
        )
        names = np.array(asked.instrument_names)
        for instrument in dict.fromkeys(asked.instrument_names):
            own = names == instrument
            for predictor, found in zip((SURFACE, MEAN_ALONE), errors, strict=True):
                known = np.isfinite(found[:, own]).any(axis=1)
                if not known.any():
                    continue
                each = np.nanmean(found[known][:, own], axis=1)
                half = Z * each.std(ddof=1) / np.sqrt(len(each)) if len(each) > 1 else np.nan
                mean = float(each.mean())
                yield (
                    size, instrument, predictor, mean, mean - half, mean + half,
                    size / asked.space.n_personas, size * int(own.sum()),
                )  # fmt: skip


@command
def main(
    *,
    space: Path,
    personas: Path,
    instruments: list[Path],
    responses: list[Path],
    condition: Condition,
    seed: int,
    error: Path,
) -> None:
    """Read what was asked, fit surfaces to parts of it, write SURFACE_ERROR."""
    asked = read_asked(space, personas, instruments, responses, condition)
    rows = list(error_rows(asked, Draws(1, seed)))
    schema = dict(surface_tables.SURFACE_ERROR.columns)
    found = pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)
    provenance = tables.joined_provenance([personas, *responses])
    provenance[PREDICTED] = f"{len(asked.levels):,} asked personas"
    tables.write(found, error, surface_tables.SURFACE_ERROR, provenance)
    logger.info("errors of surfaces fitted to %s personas", found["n_personas"].unique().to_list())


if __name__ == "__main__":
    run(main)
