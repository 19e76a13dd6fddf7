"""Both orders: the mean of what personas answer with the options listed forward and reversed.

Nothing is asked for it: the two conditions that it stands between are. Rupprecht et al. (2025,
arXiv:2507.07188) found that nearly all models lean to what is listed last; in the mean of both
orders that leaning cancels to first order.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import polars as pl

from valuescape.answers.expected import outcome_counts, require_same_personas
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, Question, read_instrument

LOG = logging.getLogger(__name__)


def average_orders(
    forward: pl.DataFrame, backward: pl.DataFrame, instrument: Instrument
) -> pl.DataFrame:
    """Return the mean of the answers in two orders.

    Parameters
    ----------
    forward, backward : DataFrame
        Tables RESPONSES of the same personas, with option probabilities.
    instrument : Instrument
        What was asked.

    Returns
    -------
    DataFrame
        Table RESPONSES. An answer is valid if both are, and else what the first that is not became
        of; its option is the modal one, its attempts are those of both, its mass is the mean.
    """
    questions = (*instrument.questions, *instrument.parts)
    columns = [column for question in questions for column in _columns(forward, backward, question)]
    return forward.select("persona_id").with_columns(columns)


def _columns(forward: pl.DataFrame, backward: pl.DataFrame, question: Question) -> list[pl.Series]:
    name = question.id
    for frame in (forward, backward):
        outcome_counts(frame, name)
    first, second = (frame[f"{name}_status"] for frame in (forward, backward))
    status = pl.select(pl.when(first == "valid").then(second).otherwise(first)).to_series()
    valid = (status == "valid").to_numpy()
    names = [f"{name}_p{k}" for k in range(1, question.n_options + 1)]
    shares = [frame.select(names).to_numpy().astype(np.float64) for frame in (forward, backward)]
    units = np.where(valid[:, None], np.rint((shares[0] + shares[1]) / 2), np.nan)
    chosen = question.values[np.where(valid[:, None], units, 0.0).argmax(axis=1)]
    attempts = forward[f"{name}_attempts"].cast(pl.Int64) + backward[f"{name}_attempts"]
    mass = (forward[f"{name}_mass"] + backward[f"{name}_mass"]) / 2
    return [
        pl.Series(name, np.where(valid, chosen, np.nan), nan_to_null=True).cast(pl.Int8),
        status.alias(f"{name}_status"),
        attempts.clip(upper_bound=255).cast(pl.UInt8).alias(f"{name}_attempts"),
        mass.cast(pl.Float32).alias(f"{name}_mass"),
        *(
            pl.Series(column, values, nan_to_null=True).cast(pl.UInt16)
            for column, values in zip(names, units.T, strict=True)
        ),
    ]


@command
def main(*, instrument: Path, forward: Path, backward: Path, gathered: Path) -> None:
    """Read the responses in both orders, write their mean."""
    frames = [tables.read(path, study_tables.RESPONSES) for path in (forward, backward)]
    require_same_personas(*frames, f"{forward} and {backward}")
    found = average_orders(*frames, read_instrument(instrument))
    LOG.info("%d personas in both orders", found.height)
    provenance = tables.joined_provenance([forward, backward])
    tables.write(found, gathered, study_tables.RESPONSES, provenance)


if __name__ == "__main__":
    run(main)
