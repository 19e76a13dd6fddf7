"""Consistent personas: the answers of a condition without those of contradicting biographies.

Nothing is asked for it: the condition that keeps all personas is. Which biographies contradict the
configuration of their persona is found by `lenses.quality.text_contradictions`.
"""

from __future__ import annotations

import logging
from pathlib import Path

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument

LOG = logging.getLogger(__name__)


def set_aside(
    responses: pl.DataFrame, instrument: Instrument, consistency: pl.DataFrame
) -> pl.DataFrame:
    """Set aside the valid answers of personas whose biography contradicts their configuration.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES.
    instrument : Instrument
        What was asked.
    consistency : DataFrame
        Table CONSISTENCY of the same personas.

    Returns
    -------
    DataFrame
        Table RESPONSES: of these answers, status ``set_aside``, no choice and no probabilities.
    """
    contradicting = consistency.filter(pl.col("n_contradictions") > 0)["persona_id"]
    aside = pl.col("persona_id").is_in(contradicting.implode())
    changed = []
    for question in (*instrument.questions, *instrument.parts):
        status = f"{question.id}_status"
        valid = aside & (pl.col(status) == "valid")
        own = [question.id, f"{question.id}_mass"]
        own += [f"{question.id}_p{place + 1}" for place in range(question.n_options)]
        changed.append(pl.when(valid).then(pl.lit("set_aside")).otherwise(status).alias(status))
        changed += [
            pl.when(~valid).then(name).alias(name) for name in own if name in responses.columns
        ]
    return responses.with_columns(changed)


@command
def main(*, instrument: Path, responses: Path, consistency: Path, gathered: Path) -> None:
    """Read all responses and who contradicts; write the responses with some set aside."""
    found = tables.read(consistency, study_tables.CONSISTENCY)
    frame = tables.read(responses, study_tables.RESPONSES)
    kept = set_aside(frame, read_instrument(instrument), found)
    LOG.info("%d personas set aside", (found["n_contradictions"] > 0).sum())
    tables.write(kept, gathered, study_tables.RESPONSES, tables.provenance(responses))


if __name__ == "__main__":
    run(main)
