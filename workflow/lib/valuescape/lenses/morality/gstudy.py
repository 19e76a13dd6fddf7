"""Generalisability: how much of a foundation score is the configuration, how much the asking.

    python -m valuescape.lenses.morality.gstudy --scores F F ... --conditions JSON --responses F --instrument F \
        --answers KIND --seed N --replicates N --output F

`--scores` are those of the same personas under conditions that differ in nothing but the writing
of their biographies, the option order and the replicate; `--conditions` says in which, in the same
order. A study that asks once can tell none of these apart, and the table says what it would need.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.inputs import parser_of_answers
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import resampling
from valuescape.stats.variance_components import (
    COMPONENTS,
    Crossed,
    coefficients,
    components,
    crossed,
    square_columns,
)
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

NEEDS = {
    "biography": "needs conditions that differ in `biographies`",
    "order": "needs conditions that differ in `option_order`",
    "configuration x order": "needs conditions that differ in `option_order`",
    "biography x order": "needs conditions that differ in `biographies` and `option_order`",
    "answer": "needs conditions that differ in `replicate`",
    "drawing one option": "needs the mode single, which gives option probabilities",
}
ASKED_ONCE = {
    "configuration": "holds everything: one biography, one order, one answer",
    "explainable_share": "at most this, if each item is answered by one draw; asked once, no more "
    "is told",
    "drawing one option": "by the option probabilities",
}
WITH_ONE_BIOGRAPHY = {
    "configuration": "holds what the persona's one biography adds, if it is told one",
}
NEEDS_ANY = "needs conditions that differ in `replicate`, `option_order` or `biographies`"


def draw_variance(responses: pl.DataFrame, instrument: Instrument, n_scores: int) -> Array:
    """Return the variance that a score gets if each of its items is answered by one draw.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES; without option probabilities (modes that write an answer) nothing is known.
    instrument : Instrument
        Items and their foundations.
    n_scores : int
        Number of foundations.

    Returns
    -------
    ndarray of float64, shape (n_scores,)
        Mean over personas, in squared scale points; nan without a valid answer.
    """
    if all(responses[f"{q.id}_p1"].is_null().all() for q in instrument.questions):
        return np.full(n_scores, np.nan)
    total, count = np.zeros(n_scores), np.zeros(n_scores)
    for question in instrument.questions:
        shares = answers.probabilities(responses, question, "probabilities")
        mean = shares @ question.values
        place = FOUNDATIONS.index(str(question.foundation))
        known = np.isfinite(mean)
        spread = (shares @ question.values**2 - mean**2)[known]
        total[place] += spread.mean() if known.any() else np.nan
        count[place] += 1
    return np.asarray(total / count**2)


def asked_once(
    scores: Array, drawn_answer: Array, kind: str, draws: Draws
) -> tuple[tuple[Array, Array, Array], tuple[Array, Array, Array]]:
    """Return what one asking tells: the variance of scores, and a bound of what is explainable.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        None missing.
    drawn_answer : ndarray of float64, shape (6,)
        From `draw_variance`.
    kind : str
        ``probabilities`` or ``chosen``: scores of chosen options hold the draw already.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    (tuple, tuple) of three ndarrays of shape (6,)
        Variance, and the greatest share of it that anything but the draw explains in [0, 1], each
        with its 95 % interval.
    """
    n = len(scores)
    y = scores - scores.mean(axis=0)
    sums = resampling.resampled_sums(np.hstack([y, y**2]), draws, "gstudy/personas") / n
    width = scores.shape[1]
    variance = (y**2).sum(axis=0) / (n - 1)
    drawn = (sums[:, width:] - sums[:, :width] ** 2) * n / (n - 1)

    def bound(total: Array) -> Array:
        whole = total + drawn_answer if kind == "probabilities" else total
        part = np.maximum(whole - drawn_answer, 0.0)
        undefined = np.full(whole.shape, np.nan)
        return np.asarray(np.divide(part, whole, out=undefined, where=whole > 0))

    share = bound(variance)
    return (
        (variance, *resampling.interval(variance, drawn, bounds=(0, np.inf))),
        (share, *resampling.interval(share, bound(drawn), bounds=(0, 1))),
    )


def gstudy_table(found: Crossed, drawn_answer: Array, kind: str, draws: Draws) -> pl.DataFrame:
    """Return variance components and coefficients.

    Parameters
    ----------
    found : Crossed
        Scores by facet.
    drawn_answer : ndarray of float64, shape (6,)
        From `draw_variance`.
    kind : str
        What scores are made of: ``probabilities`` or ``chosen``.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    DataFrame
        Table GSTUDY; what the conditions do not tell is null, and says what it needs.
    """
    n, sizes = len(found.scores), found.sizes
    nothing = np.full(len(FOUNDATIONS), np.nan)
    values: dict[str, tuple[Array, Array, Array]] = {}
    shares: dict[str, Array] = {}
    if max(sizes) > 1 and n > 1:
        columns = square_columns(found)
        parts = components(columns.sum(axis=0), n, sizes)
        sums = resampling.resampled_sums(columns, draws, "gstudy/personas")
        drawn = components(sums, n, sizes)
        total = sum(parts.values(), np.zeros(len(FOUNDATIONS)))
        for name, value in parts.items():
            ends = resampling.interval(value, drawn[name], bounds=(0, np.inf))
            values[name] = (value, *ends)
            shares[name] = np.divide(value, total, out=nothing.copy(), where=total > 0)
        spread = coefficients(drawn, sizes)
        for name, value in coefficients(parts, sizes).items():
            values[name] = (value, *resampling.interval(value, spread[name], bounds=(0, 1)))
    elif n > 1:
        own = asked_once(found.scores[:, 0, 0, 0], drawn_answer, kind, draws)
        values["configuration"] = own[0]
        if np.isfinite(drawn_answer).any():
            values["explainable_share"] = own[1]
    if np.isfinite(drawn_answer).any():
        values["drawing one option"] = (drawn_answer, nothing, nothing)
    rows: list[tuple[Any, ...]] = []
    for name in (*COMPONENTS, "explainable_share", "g_coefficient", "drawing one option"):
        value, low, high = values.get(name, (nothing,) * 3)
        share, told = shares.get(name, nothing), holds(name, sizes, known=name in values)
        for f, foundation in enumerate(FOUNDATIONS):
            cell = (value[f], low[f], high[f], share[f])
            rows.append((foundation, name, *cell, told, n, *sizes))
    schema = dict(moral_tables.GSTUDY.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def holds(name: str, sizes: tuple[int, int, int], *, known: bool) -> str:
    """Say what a row holds beside its name, or what it would need.

    Parameters
    ----------
    name : str
        Component or coefficient.
    sizes : (int, int, int)
        Numbers of biographies, orders and answers.
    known : bool
        Whether it has a value.

    Returns
    -------
    str
        In words.
    """
    b, o, r = sizes
    if not known:
        return NEEDS.get(name, NEEDS_ANY)
    if name == "answer" and r == 1:
        facet = "biography" if b > 1 else "configuration"
        return f"not told apart from {facet}{' x order' if o > 1 else ''}"
    if max(sizes) == 1:
        return ASKED_ONCE.get(name, "")
    return WITH_ONE_BIOGRAPHY.get(name, "") if b == 1 else ""


def _parser() -> argparse.ArgumentParser:
    parser = parser_of_answers(__doc__, ("responses", "instrument", "output"))
    parser.add_argument("--scores", type=Path, nargs="+", required=True)
    parser.add_argument("--conditions", type=json.loads, required=True, help="JSON, in that order")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read the scores of several conditions, write the components.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    args = _parser().parse_args(argv)
    frames = [tables.read(path, moral_tables.FOUNDATION_SCORES) for path in args.scores]
    for path, frame in zip(args.scores, frames, strict=True):
        answers.require_same_personas(frames[0], frame, f"{args.scores[0]} and {path}")
    found = crossed([f.select(FOUNDATIONS).to_numpy() for f in frames], args.conditions)
    logger.info("%d personas; biographies, orders, answers: %s", len(found.scores), found.sizes)
    responses = tables.read(args.responses, study_tables.RESPONSES)
    drawing = draw_variance(responses, read_instrument(args.instrument), len(FOUNDATIONS))
    draws = resampling.Draws(args.replicates, args.seed)
    provenance = tables.joined_provenance([*args.scores, args.responses])
    table = gstudy_table(found, drawing, args.answers, draws)
    tables.write(table, args.output, moral_tables.GSTUDY, provenance)


if __name__ == "__main__":
    run(main)
