"""Acquiescence: how far a persona says yes to a moral statement and to its negation alike.

Half of what items and negations sum to, less the middle of the scale, is acquiescence; half their
difference is the content (Billiet & McClendon 2000, Structural Equation Modeling 7:608). Without
responses to the negations only the mean of the items is known, in which yes-saying and conviction
are mixed.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, require_same_personas
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import foundation_scores
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

NO_PERSONAS = "not defined: no persona answered all items"
NO_SPREAD = "no interval: the score is the same for all personas"
NO_NEGATIONS = "needs the instrument mfq2_inverted among `instruments`"
# Below this a product of variances is rounding.
ROUNDING = 1e-20
LEAST_SPREAD = 1e-9
MEANS = ("mean", "mean_inverted", "acquiescence", "balanced")


def middle_of(instrument: Instrument, inverted: Instrument) -> float:
    """Return the middle of the scale that items and negations share.

    Parameters
    ----------
    instrument, inverted : Instrument
        The items and their negations.

    Returns
    -------
    float
        In scale points.

    Raises
    ------
    UserError
        If they are not as many items of the same foundations, on one scale.
    """
    keys = [[(q.scale, tuple(q.values)) for q in i.questions] for i in (instrument, inverted)]
    if keys[0] != keys[1] or len({values for _, values in keys[0]}) > 1:
        msg = f"{inverted.name} does not negate {instrument.name} item by item, on one scale"
        raise UserError(msg, hint="give its items the foundations and options of the others")
    values = keys[0][0][1]
    return float(values[0] + values[-1]) / 2


def measures(items: Array, inverted: Array, middle: float) -> Array:
    """Return the measures of each persona whose interval is that of a mean.

    Parameters
    ----------
    items, inverted : ndarray of float64, shape (n_personas, n_scores)
        Scores by the items, and by the negations as answered.
    middle : float
        Middle of the scale.

    Returns
    -------
    ndarray of float64, shape (n_personas, 4, n_scores)
        In the order of `MEANS`, in scale points.
    """
    yes = (items + inverted) / 2 - middle
    return np.stack([items, inverted, yes, items - yes], axis=1)


def acquiescence_table(
    items: Array, inverted: Array | None, middle: float, draws: Draws
) -> pl.DataFrame:
    """Return the measures of all foundations.

    Parameters
    ----------
    items : ndarray of float64, shape (n_personas, 6)
        Foundation scores; nan where not known.
    inverted : ndarray of float64, shape (n_personas, 6), or None
        The same of the negations; None without responses to them.
    middle : float
        Middle of the scale.
    draws : Draws
        Bootstrap draws over personas.

    Returns
    -------
    DataFrame
        Table ACQUIESCENCE.
    """
    negated = inverted is not None
    other = np.full(items.shape, np.nan) if inverted is None else inverted
    # The row `all` is of each persona's mean over the six.
    x, y = (np.column_stack([each, each.mean(axis=1)]) for each in (items, other))
    rows: list[tuple[str | float | int, ...]] = []
    for f, foundation in enumerate((*FOUNDATIONS, moral_tables.ALL)):
        known = np.isfinite(x[:, f]) & (np.isfinite(y[:, f]) | (not negated))
        a, b, n = x[known, f], y[known, f], int(known.sum())
        own = measures(a[:, None], b[:, None], middle)[:, :, 0]
        columns = np.column_stack([own, a * a, b * b, a * b])
        sums = resampling.resampled_sums(np.nan_to_num(columns), draws, "acquiescence/personas")
        estimate = columns.mean(axis=0) if n else np.full(columns.shape[1], np.nan)
        drawn = sums / max(n, 1)
        ends = resampling.interval(estimate[:4], drawn[:, :4])
        for k, measure in enumerate(MEANS):
            remark = NO_PERSONAS if not n else ""
            remark = remark if negated or measure == "mean" else NO_NEGATIONS
            value = (estimate[k], ends[0][k], ends[1][k]) if not remark else (np.nan,) * 3
            if not remark and not np.ptp(own[:, k]) > LEAST_SPREAD:
                value, remark = (estimate[k], np.nan, np.nan), NO_SPREAD
            rows.append((foundation, measure, *map(float, value), remark, n))
        r, of_draws = _correlation(estimate), _correlation(drawn)
        low, high = (
            resampling.interval(r, of_draws, bounds=(-1, 1)) if negated else (np.nan, np.nan)
        )
        remark = NO_NEGATIONS
        if negated:
            remark = NO_PERSONAS if not n else "" if np.isfinite(r) else NO_SPREAD
        row = (float(r) if negated else np.nan, float(low), float(high))
        rows.append((foundation, "correlation", *row, remark, n))
    schema = dict(moral_tables.ACQUIESCENCE.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _correlation(means: Array) -> Array:
    """Pearson's r from mean items, negations, and (last) squares and product."""
    a, b, aa, bb, ab = (means[..., k] for k in (0, 1, -3, -2, -1))
    spread = np.maximum((aa - a**2) * (bb - b**2), 0.0)
    found = np.full(np.shape(spread), np.nan)
    return np.asarray(np.divide(ab - a * b, np.sqrt(spread), out=found, where=spread > ROUNDING))


@command
def main(
    *,
    responses: Path,
    instrument: Path,
    inverted: Path | None = None,
    inverted_instrument: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    acquiescence: Path,
) -> None:
    """Read the answers to items and negations, write the measures."""
    plain, negated = read_instrument(instrument), read_instrument(inverted_instrument)
    answered = tables.read(responses, study_tables.RESPONSES)
    items = foundation_scores(answered, plain, readout)
    negations, read = None, [responses]
    if inverted is None:
        logger.info("%s", NO_NEGATIONS)
    else:
        to_negations = tables.read(inverted, study_tables.RESPONSES)
        require_same_personas(answered, to_negations, f"{responses} and {inverted}")
        negations = foundation_scores(to_negations, negated, readout)
        read.append(inverted)
    middle = middle_of(plain, negated)
    table = acquiescence_table(items, negations, middle, Draws(replicates, seed))
    provenance = tables.joined_provenance(read)
    tables.write(table, acquiescence, moral_tables.ACQUIESCENCE, provenance)


if __name__ == "__main__":
    run(main)
