"""Reliability of the respondent: how far personas answer a question alike, however it is asked."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, expected_values, require_same_personas
from valuescape.answers.scales import scale_scores
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.gstudy import ROUNDING, Study, facets_of
from valuescape.stats.resampling import Draws
from valuescape.stats.variance_components import CONFIGURATION, crossed
from valuescape.study import tables as study_tables
from valuescape.study.conditions import FACETS, Condition
from valuescape.study.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

PARTS = (CONFIGURATION, *FACETS)
NOBODY = "not defined: no two personas answered under all conditions"
NO_VARIANCE = "not defined: the same answer everywhere"
ALONE = "not defined: no other condition differs in the facets alone"


def answers_of(
    instrument: Instrument, responses: pl.DataFrame, readout: Readout
) -> dict[str, Array]:
    """Return the answers to each question, and the scores on each scale, shape (n_personas,)."""
    values = expected_values(responses, instrument, readout)
    scores = scale_scores(responses, instrument, readout)
    of_scales = {
        name: scores[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in instrument.scales
    }
    return {q.id: values[:, k] for k, q in enumerate(instrument.questions)} | of_scales


def shares_of(parts: Mapping[str, Array]) -> list[float | None]:
    """Return the share of each of `PARTS` in the variance of one answer, and of the rest.

    Parameters
    ----------
    parts : mapping of str to ndarray of float64, shape (1,)
        Components.

    Returns
    -------
    list of float or None
        They sum to 1; None for what has no component. A facet stands with its interaction with the
        configuration, unless that is in the answers.
    """
    total = sum(float(value[0]) for value in parts.values())
    found: dict[str, float] = {}
    for name, value in parts.items():
        facets = [part for part in name.split(" x ") if part != CONFIGURATION]
        if len(facets) <= 1:
            part = facets[0] if facets else CONFIGURATION
            found[part] = found.get(part, 0.0) + float(value[0]) / total
    return [*map(found.get, PARTS), max(1 - sum(found.values()), 0.0)]


def reliability_row(
    instrument: str,
    question: str,
    answered: Sequence[Array],
    facets: Sequence[Mapping[str, object]],
    draws: Draws,
) -> tuple[object, ...]:
    """Return a row of ITEM_RELIABILITY.

    Parameters
    ----------
    instrument, question : str
        What was asked.
    answered : sequence of ndarray of float64, each of shape (n_personas,)
        One a condition; nan where not valid.
    facets : sequence of mapping
        Level of each facet of `FACETS` under each condition.
    draws : Draws
        Bootstrap draws over personas.

    Returns
    -------
    tuple
        Over the largest crossing of the conditions.
    """
    study = Study.of(crossed([values[:, None] for values in answered], facets), draws)
    found = study.found
    sizes = (len(found.scores), *found.sizes.values())
    nothing = [None] * (4 + len(PARTS) + 1)
    if len(found.scores) <= 1:
        return instrument, question, *nothing, *sizes, NOBODY
    if not np.ptp(found.scores) > ROUNDING:
        return instrument, question, *nothing, *sizes, NO_VARIANCE
    if not study.values:
        return instrument, question, *nothing, *sizes, ALONE
    icc = [float(each[0]) for each in study.values["explainable_share"]]
    g = float(study.values["g_coefficient"][0][0])
    return instrument, question, *icc, g, *shares_of(study.parts), *sizes, ""


@command
def main(
    *,
    instruments: list[Path],
    responses: list[Path],
    conditions: list[Condition],
    seed: int,
    replicates: int,
    item_reliability: Path,
) -> None:
    """Read the responses of all conditions, instrument by instrument; write the reliability."""
    facets = [facets_of(each) for each in conditions]
    rows: list[tuple[object, ...]] = []
    for place, file in enumerate(instruments):
        instrument = read_instrument(file)
        paths = responses[place * len(conditions) : (place + 1) * len(conditions)]
        frames = [tables.read(path, study_tables.RESPONSES) for path in paths]
        for path, frame in zip(paths, frames, strict=True):
            require_same_personas(frames[0], frame, f"{paths[0]} and {path}")
        readouts: list[Readout] = [each.readout for each in conditions]  # type: ignore[misc]
        answered = [
            answers_of(instrument, frame, readout)
            for frame, readout in zip(frames, readouts, strict=True)
        ]
        rows += [
            reliability_row(
                instrument.name, name, [each[name] for each in answered], facets,
                Draws(replicates, seed),
            )
            for name in answered[0]
        ]  # fmt: skip
        logger.info("%s: %d conditions", instrument.name, len(conditions))
    schema = dict(robustness_tables.ITEM_RELIABILITY.columns)
    found = pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)
    provenance = tables.joined_provenance(responses)
    tables.write(found, item_reliability, robustness_tables.ITEM_RELIABILITY, provenance)


if __name__ == "__main__":
    run(main)
