"""Scale scores: the mean of the items of each scale that an instrument declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import drawn_values, probabilities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.stats.resampling import Draws
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
    asked = [instrument.question(item) for item in scale.items]
    answers = np.column_stack([probabilities(responses, q, readout) @ q.values for q in asked])
    return counting_one_way(answers, instrument, scale)


def counting_one_way(
    answers: NDArray[np.float64], instrument: Instrument, scale: Scale
) -> NDArray[np.float64]:
    """Turn the answers to a scale's reversed items round.

    Parameters
    ----------
    answers : ndarray of float64, shape (n, n_items)
        To the items of the scale, in its order.
    instrument : Instrument
        What was asked.
    scale : Scale
        One of its scales.

    Returns
    -------
    ndarray of float64, shape (n, n_items)
        A reversed item is the least plus the greatest value, minus the answer.
    """
    values = [instrument.question(item).values for item in scale.items]
    turned = np.array([item in scale.reversed for item in scale.items])
    ends = np.array([float(each[0] + each[-1]) for each in values])
    return np.where(turned, ends - answers, answers)


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


def drawn_items(
    responses: pl.DataFrame, instrument: Instrument, readout: Readout, draws: Draws
) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Yield the answers to the items of every scale, personas read as individuals.

    Parameters
    ----------
    responses, instrument, readout, draws
        As in `expected.drawn_values`.

    Yields
    ------
    dict of str to ndarray of float64, each of shape (n, n_items)
        By scale, as from `item_values`.
    """
    place = {question.id: column for column, question in enumerate(instrument.questions)}
    for answers in drawn_values(responses, instrument, readout, draws):
        yield {
            name: counting_one_way(answers[:, [place[i] for i in scale.items]], instrument, scale)
            for name, scale in instrument.scales.items()
        }
