"""Modes compared: what it changes to read probabilities, or to let the model write its answers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import STATUSES, Readout, outcome_counts, require_same_personas
from valuescape.answers.scales import drawn_items
from valuescape.asking.job import read_statistics
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.morality.reliability import covariance_sums
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.paired import Paired, distances
from valuescape.stats import resampling
from valuescape.stats.reliability import cronbach_alpha
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

READINGS = 5
"""How often one option is drawn of probabilities: alpha of individuals, as the other modes give."""
MOST_DRAWS = 200
SAME = "the condition of this report"
NOBODY = "not defined: no persona answered in both modes"


@dataclass(frozen=True)
class Answered:
    """Responses to an instrument under a condition, and what an answer cost.

    Attributes
    ----------
    condition : Condition
        How they were asked.
    responses : DataFrame
        Table RESPONSES.
    tokens, seconds : float or None
        An answer, over all instruments; None where no job asked any.
    """

    condition: Condition
    responses: pl.DataFrame
    tokens: float | None
    seconds: float | None

    @property
    def readout(self) -> Readout:
        """What is read of a response."""
        return self.condition.readout  # type: ignore[return-value]


def alphas(answered: Answered, instrument: Instrument, draws: Draws) -> Array:
    """Return the mean reliability of an instrument's scales, personas read as individuals.

    Parameters
    ----------
    answered : Answered
        Responses.
    instrument : Instrument
        What was asked.
    draws : Draws
        Bootstrap draws of the personas; the same for all conditions.

    Returns
    -------
    ndarray of float64, shape (1 + n_draws,)
        Cronbach's alpha, mean over readings and scales, then of bootstrap draws; nan without a
        scale that varies.
    """
    times = Draws(READINGS, draws.seed)
    readings = list(drawn_items(answered.responses, instrument, answered.readout, times))
    found = []
    for scale in instrument.scales:
        items = np.stack([each[scale] for each in readings])
        # who answered all items of the instrument's scale, or else draws would not be paired
        known = np.isfinite(items[0]).all(axis=1)
        if not known.any():
            continue
        of_readings = [
            [cronbach_alpha(each) for each in covariance_sums(reading[known], draws, "modes/alpha")]
            for reading in items
        ]
        found.append(np.mean(of_readings, axis=0))
    return np.mean(found, axis=0) if found else np.full(1 + draws.n, np.nan)


def valid_share(responses: pl.DataFrame, instrument: Instrument) -> float:
    """Return the share of valid answers, in [0, 1]."""
    counts = [outcome_counts(responses, question.id) for question in instrument.asked]
    asked = sum(each[status] for each in counts for status in STATUSES)
    return sum(each["valid"] for each in counts) / asked if asked else np.nan


def mode_rows(
    instrument: Instrument, several: Sequence[Answered], draws: Draws
) -> list[dict[str, object]]:
    """Return the rows of an instrument: the first condition, and the others beside it.

    Parameters
    ----------
    instrument : Instrument
        What was asked.
    several : sequence of Answered
        Of the same personas.
    draws : Draws
        Bootstrap draws over personas, and swaps of the modes.

    Returns
    -------
    list of dict
        Rows of MODE_COMPARISON.
    """
    few = Draws(min(draws.n, MOST_DRAWS), draws.seed)
    reliable = [alphas(each, instrument, few) for each in several]
    rows = []
    for each, alpha in zip(several, reliable, strict=True):
        row: dict[str, object] = {
            "instrument": instrument.name, "condition": each.condition.name,
            "mode": each.condition.mode, "readout": each.readout, "alpha": float(alpha[0]),
            "valid_share": valid_share(each.responses, instrument),
            "tokens_per_answer": each.tokens, "seconds_per_answer": each.seconds,
            "n_personas": each.responses.height, "remark": SAME,
        }  # fmt: skip
        if each is not several[0]:
            row |= _apart(instrument, several[0], each, draws)
            gained = alpha - reliable[0]
            low, high = (np.nan, np.nan)
            if np.isfinite(gained[0]):
                low, high = (float(end) for end in resampling.interval(gained[0], gained[1:]))
            row |= {
                "alpha_inflation": float(gained[0]), "inflation_low": low, "inflation_high": high,
            }  # fmt: skip
        rows.append(row)
    return rows


def _apart(
    instrument: Instrument, first: Answered, second: Answered, draws: Draws
) -> Mapping[str, object]:
    """Return how far the answers of two conditions lie apart, mean over questions."""
    pairs = [
        Paired.of(q, (first.responses, second.responses), (first.readout, second.readout))
        for q in instrument.asked
    ]
    found = distances(pairs, draws, f"modes/{instrument.name}")
    known = found.n > 0
    if not known.any():
        return {"n_personas": 0, "remark": NOBODY}
    estimate = float(found.estimates[known].mean())
    low, high = resampling.interval(estimate, found.drawn[:, known].mean(axis=1), (0, 1))
    return {
        "distance": estimate, "ci_low": float(low), "ci_high": float(high),
        "null_95": float(resampling.null_95(found.swapped[:, known].mean(axis=1))),
        "persona_distance": float(found.of_personas[known].mean()),
        "n_personas": int(found.n[known].max()), "remark": "",
    }  # fmt: skip


def cost_of(files: Sequence[Path]) -> tuple[float | None, float | None]:
    """Return the tokens computed and the seconds taken by an answer; None if none was asked."""
    total = read_statistics(files)
    n = total["n_answers"]
    if not n:
        return None, None
    tokens = total["prompt_tokens"] - total["cached_prompt_tokens"] + total["output_tokens"]
    # an engine that counts none, such as the stand-in of tests, costs nothing that could be told
    return tokens / n or None, total["seconds_ask"] / n or None


@command
def main(
    *,
    instruments: list[Path],
    responses: list[Path],
    conditions: list[Condition],
    stats: list[Path],
    seed: int,
    replicates: int,
    mode_comparison: Path,
) -> None:
    """Read responses, instrument by instrument, and statistics, condition by condition."""
    n, n_shards = len(conditions), len(stats) // len(conditions)
    costs = [cost_of(stats[place * n_shards : (place + 1) * n_shards]) for place in range(n)]
    rows = []
    for place, file in enumerate(instruments):
        paths = responses[place * n : (place + 1) * n]
        frames = [tables.read(path, study_tables.RESPONSES) for path in paths]
        for path, frame in zip(paths, frames, strict=True):
            require_same_personas(frames[0], frame, f"{paths[0]} and {path}")
        several = [
            Answered(condition, frame, *cost)
            for condition, frame, cost in zip(conditions, frames, costs, strict=True)
        ]
        rows += mode_rows(read_instrument(file), several, Draws(replicates, seed))
    schema = dict(robustness_tables.MODE_COMPARISON.columns)
    found = pl.DataFrame(rows, schema=schema).fill_nan(None)
    logger.info("modes: %s", ", ".join(dict.fromkeys(each.mode for each in conditions)))
    provenance = tables.joined_provenance(responses)
    tables.write(found, mode_comparison, robustness_tables.MODE_COMPARISON, provenance)


if __name__ == "__main__":
    run(main)
