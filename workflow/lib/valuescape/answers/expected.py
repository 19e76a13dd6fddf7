"""From the wide responses of an instrument to arrays: option probabilities and expected values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws
    from valuescape.study.instruments import Instrument, Question

Readout = Literal["probabilities", "modal", "drawn"]
"""What is read of a response: the probabilities of all options, the most probable option, or one
option drawn from them (or written by the model)."""

READINGS = 20
"""How often one option is drawn of every distribution, where personas are read as individuals."""
ENOUGH_READ = 400_000
"""Personas times readings that are enough: with many personas a reading is precise by itself."""

STATUSES = ("valid", "refused", "malformed", "truncated", "out_of_range")
"""What becomes of a question that is asked."""
NOT_ASKED = "not_asked"
"""The status of a question that the language of a condition does not have."""


def outcome_counts(responses: pl.DataFrame, question_id: str) -> dict[str, int]:
    """Count the outcomes of one question.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES.
    question_id : str
        The question.

    Returns
    -------
    dict of str to int
        One entry for each of `STATUSES` and for `NOT_ASKED`; they sum to the number of rows.

    Raises
    ------
    UserError
        If the question was not asked or a status is unknown.
    """
    statuses = _column(responses, f"{question_id}_status")
    found = {str(status): int(count) for status, count in statuses.value_counts().iter_rows()}
    known = (*STATUSES, NOT_ASKED)
    unknown = sorted(set(found) - set(known))
    if unknown:
        msg = f"{question_id}_status: status {unknown[0]!r} is none of {', '.join(known)}"
        raise UserError(msg, hint="remove the responses of this condition and run snakemake again")
    return {status: found.get(status, 0) for status in known}


def probabilities(
    responses: pl.DataFrame, question: Question, readout: Readout
) -> NDArray[np.float64]:
    """Return how probable each option is for each persona.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES, n rows.
    question : Question
        A question of the instrument that was asked.
    readout : {"probabilities", "modal", "drawn"}
        Option probabilities divided by their sum, or 1 at the chosen option.

    Returns
    -------
    ndarray of float64, shape (n, n_options)
        Options in survey order; a row sums to 1, or is nan where the answer is not valid.

    Raises
    ------
    UserError
        If the question was not asked, a status is unknown, a valid answer carries no probability
        or chose what is no option.
    """
    outcome_counts(responses, question.id)
    valid = (responses[f"{question.id}_status"] == "valid").to_numpy()
    if readout != "probabilities":
        chosen = _column(responses, question.id).cast(pl.Float64).to_numpy()
        shares = (chosen[:, None] == question.values[None, :]).astype(np.float64)
        fault = f"{question.id}: a valid answer is none of the options {question.values.tolist()}"
    else:
        names = [f"{question.id}_p{k}" for k in range(1, question.n_options + 1)]
        shares = np.column_stack(
            [_column(responses, name).cast(pl.Float64).to_numpy() for name in names]
        )
        fault = f"{question.id}: a valid answer has no option probabilities in {names}"
    totals = shares.sum(axis=1)
    if np.any(valid & ~(totals > 0)):
        raise UserError(fault, hint="change `readout` or ask again")
    result = np.full(shares.shape, np.nan)
    result[valid] = shares[valid] / totals[valid, None]
    return result


def expected_values(
    responses: pl.DataFrame, instrument: Instrument, readout: Readout
) -> NDArray[np.float64]:
    """Return the mean answer of each persona to each question, on the survey's own scale.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES, n rows.
    instrument : Instrument
        What was asked.
    readout : {"probabilities", "modal", "drawn"}
        As in `probabilities`.

    Returns
    -------
    ndarray of float64, shape (n, n_questions)
        Within the option values; nan where the answer is not valid.
    """
    return np.column_stack(
        [probabilities(responses, q, readout) @ q.values for q in instrument.questions]
    )


def n_readings(n_personas: int) -> int:
    """Return how often personas are read as individuals: `READINGS`, of many personas less often.

    Parameters
    ----------
    n_personas : int
        How many there are.

    Returns
    -------
    int
        20 up to 20,000 personas, 5 of all 93,312.
    """
    return min(READINGS, max(2, -(-ENOUGH_READ // max(n_personas, 1))))


def drawn_values(
    responses: pl.DataFrame, instrument: Instrument, readout: Readout, draws: Draws
) -> Iterator[NDArray[np.float64]]:
    """Yield what personas answer if each is read as an individual: one option a question.

    An expected value has no spread of its own, so that spreads, correlations and reliabilities
    of expected values are not those of people, who choose. A number of individual humans is
    compared with the mean of the same number over these readings.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES, n rows.
    instrument : Instrument
        What was asked.
    readout : {"probabilities", "modal", "drawn"}
        Chosen options are answers of individuals already: they are the only reading.
    draws : Draws
        How many readings (`n_readings`), and the study's seed. Options of different questions are
        drawn independently, and the same for every lens.

    Yields
    ------
    ndarray of float64, shape (n, n_questions)
        Option values on the survey's own scale; nan where the answer is not valid.
    """
    shares = [probabilities(responses, question, readout) for question in instrument.questions]
    if readout != "probabilities":
        yield np.column_stack(
            [
                own @ question.values
                for own, question in zip(shares, instrument.questions, strict=True)
            ]
        )
        return
    # Of n_options - 1 inner bounds, as many lie below a uniform number as the option's place says.
    bounds = [np.cumsum(own, axis=1)[:, :-1] for own in shares]
    generators = [
        draws.generator(f"drawn answers/{instrument.name}/{question.id}")
        for question in instrument.questions
    ]
    for _ in range(draws.n):
        columns = []
        for question, below, rng in zip(instrument.questions, bounds, generators, strict=True):
            place = (rng.random((len(below), 1)) >= below).sum(axis=1)
            known = np.isfinite(below[:, 0])
            columns.append(np.where(known, question.values[place].astype(np.float64), np.nan))
        yield np.column_stack(columns)


def require_same_personas(first: pl.DataFrame, second: pl.DataFrame, names: str) -> None:
    """Refuse two tables whose rows are not the same personas in the same order.

    Parameters
    ----------
    first, second : DataFrame
        Tables with `persona_id`, sorted by it.
    names : str
        What the two tables are, for the message.

    Raises
    ------
    UserError
        If they differ.
    """
    if not first["persona_id"].equals(second["persona_id"]):
        msg = f"{names} hold different personas ({first.height:,} and {second.height:,} rows)"
        raise UserError(msg, hint="run snakemake again: both must come from one design")


def _column(responses: pl.DataFrame, name: str) -> pl.Series:
    if name not in responses.columns:
        msg = f"the responses have no column {name!r}"
        raise UserError(msg, hint="they were made with another instrument file; ask again")
    return responses[name]
