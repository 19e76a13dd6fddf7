"""Scale scores: the mean of the items of each scale that an instrument declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import probabilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.study.instruments import Instrument, Scale


def item_values(
    responses: pl.DataFrame, instrument: Instrument, scale: Scale, readout: Readout
) -> NDArray[np.float64]:
    """Return the answers of personas to the items of a scale, all counting the same way.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES, n rows.
    instrument : Instrument
        What was asked.
    scale : Scale
        One of its scales.
    readout : {"probabilities", "modal", "drawn"}
        What is read of a response.

    Returns
    -------
    ndarray of float64, shape (n, n_items)
        Within the option values; a reversed item is the least plus the greatest value, minus the
        answer; nan where an answer is not valid.
    """
    columns = []
    for item in scale.items:
        question = instrument.question(item)
        values = question.values
        column = probabilities(responses, question, readout) @ values
        columns.append(values[0] + values[-1] - column if item in scale.reversed else column)
    return np.column_stack(columns)


def scale_scores(responses: pl.DataFrame, instrument: Instrument, readout: Readout) -> pl.DataFrame:
    """Return the score of every persona on every scale of an instrument.

    Parameters
    ----------
    responses, instrument, readout
        As in `item_values`.

    Returns
    -------
    DataFrame
        `persona_id`, and a column for each scale: the mean of its items, null unless all of them
        were answered.
    """
    scores = {
        name: item_values(responses, instrument, scale, readout).mean(axis=1)
        for name, scale in instrument.scales.items()
    }
    return responses.select("persona_id").with_columns(
        pl.Series(name, values, nan_to_null=True) for name, values in scores.items()
    )
