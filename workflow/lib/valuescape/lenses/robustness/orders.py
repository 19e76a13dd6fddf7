"""Order effects: what it changes to list the options of each question from last to first."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, require_same_personas
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.paired import Paired, distances
from valuescape.lenses.robustness.tables import ALL_QUESTIONS
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

NOBODY = "not defined: no persona answered in both orders"
NO_DIFFERENCE = "the very same answers in both orders, as where options are not listed"


def recencies(pair: Paired) -> Array:
    """Return the share of the option listed last less that listed first, shape (n_personas,).

    Mean over both orders: each of the two options at the ends stands first once and last once, so
    that what they say cancels. 0 unless known.
    """
    forward = pair.first[:, -1] - pair.first[:, 0]
    backward = pair.second[:, 0] - pair.second[:, -1]
    return np.where(pair.known, (forward + backward) / 2, 0.0)


def order_table(
    instrument: Instrument,
    answered: tuple[pl.DataFrame, pl.DataFrame],
    readout: Readout,
    draws: Draws,
) -> pl.DataFrame:
    """Return the order effects of an instrument's questions.

    Parameters
    ----------
    instrument : Instrument
        What was asked.
    answered : (DataFrame, DataFrame)
        Tables RESPONSES, options listed forward and reversed.
    readout : {"probabilities", "modal", "drawn"}
        What is read of a response.
    draws : Draws
        Bootstrap draws over personas, and swaps of the orders.

    Returns
    -------
    DataFrame
        Table ORDER_EFFECTS, the rows of this instrument.
    """
    pairs = [Paired.of(question, answered, (readout, readout)) for question in instrument.asked]
    purpose = f"order/{instrument.name}"
    found = distances(pairs, draws, purpose)
    columns = np.column_stack(
        [np.column_stack([pair.known, pair.shifts, recencies(pair)]) for pair in pairs]
    )
    sums = np.vstack([columns.sum(axis=0), resampling.resampled_sums(columns, draws, purpose)])
    counts, shifts, recency = np.moveaxis(sums.reshape(len(sums), len(pairs), 3), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shifts, recency = shifts / counts, recency / counts
    rows: list[tuple[object, ...]] = []
    for place, (question, pair) in enumerate(zip(instrument.asked, pairs, strict=True)):
        n = int(found.n[place])
        if not n:
            rows.append((instrument.name, question.id, *[None] * 10, 0, NOBODY))
            continue
        varies = np.ptp(pair.steps) > 0
        rows.append(
            (
                instrument.name, question.id, *pair.means(),
                *_with_ends(shifts[:, place], varies=bool(varies)),
                *_with_ends(recency[:, place], varies=True),
                float(found.estimates[place]), float(found.null_95[place]) if varies else None, n,
                "" if varies or found.estimates[place] > 0 else NO_DIFFERENCE,
            )
        )  # fmt: skip
    known = found.n > 0
    if known.any():
        rows.append(
            (
                instrument.name, ALL_QUESTIONS, None, None,
                *_with_ends(shifts[:, known].mean(axis=1), varies=True),
                *_with_ends(recency[:, known].mean(axis=1), varies=True),
                float(found.estimates[known].mean()),
                float(resampling.null_95(found.swapped[:, known].mean(axis=1))),
                int(found.n[known].max()), "",
            )
        )  # fmt: skip
    schema = dict(robustness_tables.ORDER_EFFECTS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _with_ends(values: Array, *, varies: bool) -> tuple[float, float | None, float | None]:
    """Return an estimate, the first of the values, with the interval that the others make."""
    low, high = resampling.interval(values[0], values[1:], (-1, 1))
    return float(values[0]), float(low) if varies else None, float(high) if varies else None


@command
def main(
    *,
    instruments: list[Path],
    forward: list[Path],
    reversed: list[Path],  # noqa: A002 - the option's name
    readout: Readout,
    seed: int,
    replicates: int,
    order_effects: Path,
) -> None:
    """Read responses in both orders, by instrument; write what differs. Without them, no rows."""
    found = [pl.DataFrame(schema=dict(robustness_tables.ORDER_EFFECTS.columns))]
    for file, *paths in zip(instruments, forward, reversed, strict=bool(forward)):
        first, second = (tables.read(path, study_tables.RESPONSES) for path in paths)
        require_same_personas(first, second, f"{paths[0]} and {paths[1]}")
        instrument = read_instrument(file)
        found.append(order_table(instrument, (first, second), readout, Draws(replicates, seed)))
        logger.info("%s: %d questions in both orders", instrument.name, found[-1].height - 1)
    provenance = tables.joined_provenance([*forward, *reversed])
    tables.write(pl.concat(found), order_effects, robustness_tables.ORDER_EFFECTS, provenance)


if __name__ == "__main__":
    run(main)
