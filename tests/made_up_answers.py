"""Made-up answers of personas, in the shape of gathered responses. Nothing here was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.study.instruments import Instrument, Option, Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def question(name: str, values: Sequence[int], **keys: object) -> Question:
    """Return a question whose options are labelled by their values."""
    options = tuple(Option(value, str(value), str(value)) for value in values)
    return Question(name, f"What of {name}?", options, **keys)


def instrument(*questions: Question, name: str = "made_up") -> Instrument:
    """Return an instrument of these questions."""
    return Instrument(name, "Made up", "nobody", "none", "Please answer.", questions)


def probabilities_about(asked: Question, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return option probabilities, on two neighbouring options, with these expected values."""
    values = asked.values
    place = np.interp(expected, values, np.arange(len(values)))
    low = np.minimum(place.astype(int), len(values) - 2)
    result = np.zeros((len(expected), len(values)))
    rows = np.arange(len(expected))
    result[rows, low] = 1 - (place - low)
    result[rows, low + 1] = place - low
    return result


def responses(
    asked: Instrument,
    answers: dict[str, NDArray[np.float64]],
    statuses: dict[str, Sequence[str]] | None = None,
    persona_ids: Sequence[int] | None = None,
) -> pl.DataFrame:
    """Return table RESPONSES from option probabilities, shape (n, n_options) by question.

    Questions that only a derived indicator needs are answered evenly, and it as given.
    """
    n = len(next(iter(answers.values())))
    answers = {q.id: np.full((n, q.n_options), 1 / q.n_options) for q in asked.parts} | answers
    columns: dict[str, pl.Series] = {
        "persona_id": pl.Series(range(n) if persona_ids is None else persona_ids, dtype=pl.UInt32)
    }
    for q in (*asked.questions, *asked.parts):
        status = pl.Series((statuses or {}).get(q.id, ["valid"] * n), dtype=pl.String)
        whole = np.rint(answers[q.id] * tables.PROBABILITY_UNIT).astype(np.uint16)
        chosen = pl.Series(q.values[whole.argmax(axis=1)].astype(np.int8))
        columns[q.id] = (
            chosen.to_frame("c").select(pl.when(status == "valid").then("c")).to_series()
        )
        columns[f"{q.id}_status"] = status
        columns[f"{q.id}_attempts"] = pl.Series([1] * n, dtype=pl.UInt8)
        columns[f"{q.id}_mass"] = pl.Series(np.full(n, 0.9, dtype=np.float32))
        for k in range(q.n_options):
            columns[f"{q.id}_p{k + 1}"] = pl.Series(whole[:, k])
    return pl.DataFrame(columns)
