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

from valuescape.answers.expected import Readout, n_readings, require_same_personas
from valuescape.answers.inputs import read_configurations
from valuescape.answers.scales import drawn_items, item_values
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
ROUNDING = 1e-12


def possible_scores(instrument: Instrument, scale: Scale) -> tuple[float, float]:
    """Return the least and the greatest possible score; all items have the same option values."""
    values = instrument.question(scale.items[0]).values
    return float(values[0]), float(values[-1])


def summary_row(
    readings: NDArray[np.float64], bounds: tuple[float, float], draws: Draws, purpose: str
) -> tuple[int, int, float, float, float, float, float, str]:
    """Return what a row of table SCALE_SUMMARY says of a scale.

    Parameters
    ----------
    readings : ndarray of float64, shape (n_readings, n_personas, n_items)
        Answers; nan where not valid, the same in every reading.
    bounds : (float, float)
        Least and greatest possible score.
    draws : Draws
        Bootstrap draws over configurations.
    purpose : str
        What its random numbers are drawn for.

    Returns
    -------
    tuple
        Items, personas, mean with its interval, standard deviation, alpha, and why a number is
        missing; nan where not defined. Means over the readings.
    """
    known = readings[:, np.isfinite(readings[0]).all(axis=1)]
    n, n_items = known.shape[1:]
    if n == 0:
        return (n_items, 0, *[np.nan] * 5, "not defined: no persona answered all items")
    scores = known.mean(axis=2)
    mean = float(scores.mean())
    if n < FEWEST:
        return (n_items, n, mean, *[np.nan] * 4, "not defined: one persona answered all items")
    drawn = resampling.resampled_sums(scores.T, draws, purpose).mean(axis=1) / n
    low, high = resampling.interval(mean, drawn, bounds)
    sd = float(scores.std(axis=1, ddof=1).mean())
    alphas = [cronbach_alpha(np.atleast_2d(np.cov(each, rowvar=False))) for each in known]
    found = [alpha for alpha in alphas if np.isfinite(alpha)]
    alpha = float(np.mean(found)) if found else np.nan
    remark = "" if found else "no alpha: one item, or the score is the same for all personas"
    if not sd > ROUNDING:
        # What does not vary has no interval.
        low = high = np.full((), np.nan)
    return n_items, n, mean, float(low), float(high), sd, alpha, remark


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
        Bootstrap draws over configurations, and the seed of the readings.

    Returns
    -------
    DataFrame
        One row a scale and readout, without those of `WITH_OWN_LENS`; empty if no other
        instrument declares any.
    """
    rows: list[tuple[object, ...]] = []
    for instrument, responses in answered:
        if instrument.name in WITH_OWN_LENS or not instrument.scales:
            continue
        of_readout: dict[str, dict[str, NDArray[np.float64]]] = {
            readout: {
                name: item_values(responses, instrument, scale, readout)[None]
                for name, scale in instrument.scales.items()
            }
        }
        if readout == "probabilities":
            times = Draws(n_readings(responses.height), draws.seed)
            drawn = list(drawn_items(responses, instrument, readout, times))
            of_readout["drawn"] = {
                name: np.stack([each[name] for each in drawn]) for name in instrument.scales
            }
        rows += [
            (
                instrument.name,
                name,
                read,
                *summary_row(
                    of_readout[read][name],
                    possible_scores(instrument, scale),
                    draws,
                    f"scales/{instrument.name}/{name}",
                ),
            )
            for name, scale in instrument.scales.items()
            for read in of_readout
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
        n_scales = found.select("instrument", "scale").n_unique()
        logger.info("%d scales of %d instruments", n_scales, found["instrument"].n_unique())
    provenance = tables.joined_provenance([personas, *responses])
    tables.write(found, summary, scale_tables.SCALE_SUMMARY, provenance)


if __name__ == "__main__":
    run(main)
