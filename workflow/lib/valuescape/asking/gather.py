"""Gather: join the shards; refuse missing, double and unknown personas, and say which."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.answers.expected import outcome_counts
from valuescape.asking.checkpoint import CONTEXT_HASH, of_shard
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG = logging.getLogger(__name__)
NAMED = 5  # ids that a message names


def join_shards(shards: Mapping[str, pl.DataFrame], personas: pl.Series) -> pl.DataFrame:
    """Return the rows of all shards, one a persona.

    Parameters
    ----------
    shards : mapping of str to DataFrame
        File to rows.
    personas : Series of UInt32
        The study's persona_ids.

    Returns
    -------
    DataFrame
        Sorted by persona_id.

    Raises
    ------
    UserError
        If a persona is missing, double or unknown, or shards have different columns.
    """
    first = next(iter(shards.values()))
    for file, frame in shards.items():
        if frame.schema != first.schema:
            odd = min(name for name, _ in set(frame.schema.items()) ^ set(first.schema.items()))
            msg = f"{file}: its column {odd!r} is not as in the other shards"
            raise UserError(msg, hint=f"delete {file} and run snakemake again")
    origin = pl.concat(
        [frame.select("persona_id", file=pl.lit(file)) for file, frame in shards.items()]
    )
    double = origin.filter(pl.col("persona_id").is_duplicated())
    if double.height:
        files = double.filter(pl.col("persona_id") == double["persona_id"][0])["file"].to_list()
        msg = f"persona {double['persona_id'][0]} stands in {' and in '.join(files)}"
        raise UserError(msg, hint="delete the file that does not belong to the study")
    unknown = origin.filter(~pl.col("persona_id").is_in(personas.implode()))
    if unknown.height:
        msg = f"{unknown['file'][0]}: persona {unknown['persona_id'][0]} is not in the study"
        raise UserError(msg, hint=f"delete {unknown['file'][0]} and run snakemake again")
    missing = personas.filter(~personas.is_in(origin["persona_id"].implode()))
    if len(missing):
        msg = f"{len(missing):,} of {len(personas):,} personas are in no shard, the first are "
        msg += str(missing.sort().head(NAMED).to_list())
        raise UserError(msg, hint="delete the shards that should hold them; run snakemake again")
    return pl.concat(list(shards.values())).sort("persona_id")


def check_accounts(responses: pl.DataFrame, instrument: Instrument, where: str) -> None:
    """Refuse a table in which an answer is neither valid nor given a reason why not.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES, all personas.
    instrument : Instrument
        What was asked.
    where : str
        The file, for the message.

    Raises
    ------
    UserError
        If a question was not asked, or an outcome of it is none of the five, of which asked
        would then not be the sum.
    """
    for question in (*instrument.questions, *instrument.parts):
        if f"{question.id}_status" not in responses.columns:
            msg = f"{where}: question {question.id} of {instrument.name} was not asked"
            raise UserError(msg, hint="delete the responses and run snakemake again")
        outcome_counts(responses, question.id)


@command
def main(
    *, personas: Path, shards: list[Path], gathered: Path, instrument: Path | None = None
) -> None:
    """Read the shards of the biographies, or of the responses to an instrument; write one table."""
    table = study_tables.RESPONSES if instrument else study_tables.BIOGRAPHIES
    ids = tables.read(personas, study_tables.PERSONAS)["persona_id"]
    parts = {str(path): tables.read(path, of_shard(table)).drop(CONTEXT_HASH) for path in shards}
    frame = join_shards(parts, ids)
    if instrument:
        check_accounts(frame, read_instrument(instrument), str(gathered))
    tables.write(frame, gathered, table, tables.joined_provenance(shards))
    LOG.info("%s: %d personas from %d shards", table.name, frame.height, len(shards))


if __name__ == "__main__":
    run(main)
