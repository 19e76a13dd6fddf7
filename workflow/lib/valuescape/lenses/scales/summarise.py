"""Scales: mean, spread and reliability of every scale that an instrument declares.

An instrument says under `scales` which of its questions measure one thing and which count
reversed, so that a new questionnaire needs no code. MFQ-2 has a lens of its own and is left out.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, require_same_personas
from valuescape.answers.inputs import read_configurations
from valuescape.answers.scales import item_values
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.scales import tables as scale_tables
from valuescape.stats import resampling
from valuescape.stats.reliability import cronbach_alpha
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from valuescape.study.instruments import Instrument, Scale

logger = logging.getLogger(__name__)

WITH_OWN_LENS = ("mfq2",)
"""Instruments whose scales have a lens of their own."""
FEWEST = 2


def possible_scores(instrument: Instrument, scale: Scale) -> tuple[float, float]:
    """Return the least and the greatest possible score; all items have the same option values."""
    values = instrument.question(scale.items[0]).values
    return float(values[0]), float(values[-1])


def summary_row(
    items: NDArray[np.float64], bounds: tuple[float, float], draws: Draws, purpose: str
) -> tuple[int, int, float, float, float, float, float]:
    """Return what a row of table SCALE_SUMMARY says of a scale.

    Parameters
    ----------
    items : ndarray of float64, shape (n_personas, n_items)
        Answers; nan where not valid.
    bounds : (float, float)
        Least and greatest possible score.
    draws : Draws
        Bootstrap draws over configurations.
    purpose : str
        What its random numbers are drawn for.

    Returns
    -------
    tuple
        Items, personas, mean with its interval, standard deviation, alpha; nan where not defined.
    """
    known = items[np.isfinite(items).all(axis=1)]
    n, n_items = len(known), items.shape[1]
    if n == 0:
        return (n_items, 0, *[np.nan] * 5)
    scores = known.mean(axis=1)
    mean = float(scores.mean())
    drawn = resampling.resampled_sums(scores[:, None], draws, purpose)[:, 0] / n
    low, high = resampling.interval(mean, drawn, bounds)
    if n < FEWEST:
        return n_items, n, mean, float(low), float(high), np.nan, np.nan
    alpha = cronbach_alpha(np.atleast_2d(np.cov(known, rowvar=False)))
    return n_items, n, mean, float(low), float(high), float(scores.std(ddof=1)), alpha


def summarise_scales(
    answered: Iterable[tuple[Instrument, pl.DataFrame]], readout: Readout, draws: Draws
) -> pl.DataFrame:
    """Return table SCALE_SUMMARY.

    Parameters
    ----------
    answered : iterable of (Instrument, DataFrame)
        What was asked, and table RESPONSES.
    readout : {"probabilities", "modal", "drawn"}
        What is read of a response.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    DataFrame
        One row a scale, without those of `WITH_OWN_LENS`; empty if no other instrument declares
        any.
    """
    rows = [
        (
            instrument.name,
            name,
            *summary_row(
                item_values(responses, instrument, scale, readout),
                possible_scores(instrument, scale),
                draws,
                f"scales/{instrument.name}/{name}",
            ),
        )
        for instrument, responses in answered
        if instrument.name not in WITH_OWN_LENS
        for name, scale in instrument.scales.items()
    ]
    schema = dict(scale_tables.SCALE_SUMMARY.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: list[Path],
    instruments: list[Path],
    readout: Readout,
    seed: int,
    replicates: int,
    summary: Path,
) -> None:
    """Read all responses, score the scales that the instruments declare, write their summary."""
    design = read_configurations(space, personas)
    answered = []
    for instrument, path in zip(instruments, responses, strict=True):
        frame = tables.read(path, study_tables.RESPONSES)
        require_same_personas(design.personas, frame, f"{personas} and {path}")
        answered.append((read_instrument(instrument), frame))
    found = summarise_scales(answered, readout, Draws(replicates, seed))
    if found.is_empty():
        names = ", ".join(instrument.name for instrument, _ in answered)
        logger.info("no scales to summarise: %s declare none, or have a lens of their own", names)
    else:
        logger.info("%d scales of %d instruments", found.height, found["instrument"].n_unique())
    provenance = tables.joined_provenance([personas, *responses])
    tables.write(found, summary, scale_tables.SCALE_SUMMARY, provenance)


if __name__ == "__main__":
    run(main)
