"""Acquiescence: how far a persona says yes to a moral statement and to its negation alike.

    python -m valuescape.lenses.morality.acquiescence --responses F --instrument F --inverted F \
        --inverted-instrument F --answers KIND --seed N --replicates N --output F

Half of what items and negations sum to, less the middle of the scale, is acquiescence; half their
difference is the content (Billiet & McClendon 2000, Structural Equation Modeling 7:608). Without
`--inverted` the study did not ask the negations: the mean of the items is all there is, in which
yes-saying and conviction cannot be told apart.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.inputs import parser_of_answers
from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.measure import foundation_scores
from valuescape.stats import resampling
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

ALL = "all"
NOT_ASKED = "needs the instrument mfq2_inverted among `instruments`"
# Below this a product of variances is rounding.
ROUNDING = 1e-20
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
    keys = [[(q.foundation, tuple(q.values)) for q in i.questions] for i in (instrument, inverted)]
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
        The same of the negations; None if they were not asked.
    middle : float
        Middle of the scale.
    draws : Draws
        Bootstrap draws over personas.

    Returns
    -------
    DataFrame
        Table ACQUIESCENCE.
    """
    asked = inverted is not None
    other = np.full(items.shape, np.nan) if inverted is None else inverted
    # The row `all` is of each persona's mean over the six.
    x, y = (np.column_stack([each, each.mean(axis=1)]) for each in (items, other))
    rows: list[tuple[str | float | int, ...]] = []
    for f, foundation in enumerate((*FOUNDATIONS, ALL)):
        known = np.isfinite(x[:, f]) & (np.isfinite(y[:, f]) | (not asked))
        a, b, n = x[known, f], y[known, f], int(known.sum())
        own = measures(a[:, None], b[:, None], middle)[:, :, 0]
        columns = np.column_stack([own, a * a, b * b, a * b])
        sums = resampling.resampled_sums(np.nan_to_num(columns), draws, "acquiescence/personas")
        estimate = columns.mean(axis=0) if n else np.full(columns.shape[1], np.nan)
        drawn = sums / max(n, 1)
        ends = resampling.interval(estimate[:4], drawn[:, :4])
        for k, measure in enumerate(MEANS):
            told = "" if asked or measure == "mean" else NOT_ASKED
            value = (estimate[k], ends[0][k], ends[1][k]) if not told else (np.nan,) * 3
            rows.append((foundation, measure, *map(float, value), told, n))
        r, of_draws = _correlation(estimate), _correlation(drawn)
        low, high = resampling.interval(r, of_draws, bounds=(-1, 1)) if asked else (np.nan, np.nan)
        told = "" if asked else NOT_ASKED
        row = (float(r) if asked else np.nan, float(low), float(high))
        rows.append((foundation, "correlation", *row, told, n))
    schema = dict(moral_tables.ACQUIESCENCE.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _correlation(means: Array) -> Array:
    """Pearson's r from mean items, negations, and (last) squares and product."""
    a, b, aa, bb, ab = (means[..., k] for k in (0, 1, -3, -2, -1))
    spread = np.maximum((aa - a**2) * (bb - b**2), 0.0)
    found = np.full(np.shape(spread), np.nan)
    return np.asarray(np.divide(ab - a * b, np.sqrt(spread), out=found, where=spread > ROUNDING))


def _parser() -> argparse.ArgumentParser:
    files = ("responses", "instrument", "inverted-instrument", "output")
    parser = parser_of_answers(__doc__, files)
    parser.add_argument("--inverted", type=Path, nargs="?", help="responses to the negations")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read the answers to items and negations, write the measures.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    args = _parser().parse_args(argv)
    instrument, negated = (
        read_instrument(args.instrument),
        read_instrument(args.inverted_instrument),
    )
    responses = tables.read(args.responses, study_tables.RESPONSES)
    items = foundation_scores(
        answers.expected_values(responses, instrument, args.answers), instrument
    )
    inverted, read = None, [args.responses]
    if args.inverted is None:
        logger.info("%s", NOT_ASKED)
    else:
        answered = tables.read(args.inverted, study_tables.RESPONSES)
        names = f"{args.responses} and {args.inverted}"
        answers.require_same_personas(responses, answered, names)
        expected = answers.expected_values(answered, negated, args.answers)
        inverted = foundation_scores(expected, negated)
        read.append(args.inverted)
    draws = resampling.Draws(args.replicates, args.seed)
    table = acquiescence_table(items, inverted, middle_of(instrument, negated), draws)
    provenance = tables.joined_provenance(read)
    tables.write(table, args.output, moral_tables.ACQUIESCENCE, provenance)


if __name__ == "__main__":
    run(main)
