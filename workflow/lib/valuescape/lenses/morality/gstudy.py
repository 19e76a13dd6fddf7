"""Generalisability: how much of a foundation score is the configuration, how much the condition.

The scores are those of the same personas under conditions that differ in nothing but the biography
replicate, the option order and the replicate. One condition alone separates none of these, and the
table says which conditions would be needed.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.expected import Readout
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.stats.variance_components import (
    COMPONENTS,
    Crossed,
    coefficients,
    components,
    crossed,
    square_columns,
)
from valuescape.study import tables as study_tables
from valuescape.study.conditions import FACETS, Condition
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    # A value and the two ends of its interval.
    Estimate = tuple[Array, Array, Array]

logger = logging.getLogger(__name__)

ROUNDING = 1e-12
NEEDS = {
    "biography": "needs conditions that differ in `biography_replicate`",
    "order": "needs conditions that differ in `option_order`",
    "configuration x order": "needs conditions that differ in `option_order`",
    "biography x order": "needs conditions that differ in `biography_replicate` and `option_order`",
    "answer": "needs conditions that differ in `replicate`",
    "drawing one option": "needs the mode single, which gives option probabilities",
}
WITH_ONE_CONDITION = {
    "configuration": "holds everything: one biography, one order, one answer",
    "explainable_share": "at most this, if each item is answered by one draw; one condition "
    "shows no more",
    "drawing one option": "by the option probabilities",
}
WITH_ONE_BIOGRAPHY = {
    "configuration": "holds what the persona's one biography adds, if its context has one",
}
CANNOT_DIFFER = (
    "the replicates gave the very same answers, as in mode single unless an option is drawn"
)
NO_PERSONAS = "not defined: no two personas have all six scores"
NEEDS_ANY = "needs conditions that differ in `replicate`, `option_order` or `biography_replicate`"


def without_idle_replicates(found: Crossed) -> tuple[Crossed, bool]:
    """Leave out replicates that cannot differ: they would say that answers hold no noise.

    Parameters
    ----------
    found : Crossed
        Scores by facet.

    Returns
    -------
    (Crossed, bool)
        With the first replicate alone if all are the same, and whether they are.
    """
    answers_apart = np.ptp(found.scores, axis=3) if found.scores.size else np.zeros(1)
    idle = found.sizes[2] > 1 and not (answers_apart > ROUNDING).any()
    return (Crossed(found.scores[:, :, :, :1]), True) if idle else (found, False)


def draw_variance(responses: pl.DataFrame, instrument: Instrument, n_scores: int) -> Array:
    """Return the variance that a score gets if each of its items is answered by one draw.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES; without option probabilities (modes that write an answer) it is not known.
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
        place = FOUNDATIONS.index(str(question.scale))
        known = np.isfinite(mean)
        spread = (shares @ question.values**2 - mean**2)[known]
        total[place] += spread.mean() if known.any() else np.nan
        count[place] += 1
    return np.asarray(total / count**2)


def one_condition(
    scores: Array, drawn_answer: Array, readout: str, draws: Draws
) -> tuple[Estimate, Estimate]:
    """Return what one condition shows: the variance of scores, and a bound of what is explainable.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        None missing.
    drawn_answer : ndarray of float64, shape (6,)
        From `draw_variance`.
    readout : str
        ``probabilities``, ``modal`` or ``drawn``: scores of chosen options hold the draw already.
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
        whole = total + drawn_answer if readout == "probabilities" else total
        part = np.maximum(whole - drawn_answer, 0.0)
        undefined = np.full(whole.shape, np.nan)
        return np.asarray(np.divide(part, whole, out=undefined, where=whole > 0))

    share = bound(variance)
    return (
        (variance, *resampling.interval(variance, drawn, bounds=(0, np.inf))),
        (share, *resampling.interval(share, bound(drawn), bounds=(0, 1))),
    )


def several_conditions(
    found: Crossed, draws: Draws
) -> tuple[dict[str, Estimate], dict[str, Array]]:
    """Return the variance components and coefficients that several conditions show.

    Parameters
    ----------
    found : Crossed
        Scores by facet.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    (dict of str to three ndarrays, dict of str to ndarray), each of shape (6,)
        Each component and coefficient with its 95 % interval, and the components' shares of their
        sum.
    """
    n, sizes = len(found.scores), found.sizes
    columns = square_columns(found)
    parts = components(columns.sum(axis=0), n, sizes)
    drawn = components(resampling.resampled_sums(columns, draws, "gstudy/personas"), n, sizes)
    total = sum(parts.values(), np.zeros(len(FOUNDATIONS)))
    values: dict[str, Estimate] = {}
    shares: dict[str, Array] = {}
    for name, value in parts.items():
        values[name] = (value, *resampling.interval(value, drawn[name], bounds=(0, np.inf)))
        undefined = np.full(len(FOUNDATIONS), np.nan)
        shares[name] = np.divide(value, total, out=undefined, where=total > 0)
    spread = coefficients(drawn, sizes)
    for name, value in coefficients(parts, sizes).items():
        values[name] = (value, *resampling.interval(value, spread[name], bounds=(0, 1)))
    return values, shares


def gstudy_table(found: Crossed, drawn_answer: Array, readout: str, draws: Draws) -> pl.DataFrame:
    """Return variance components and coefficients.

    Parameters
    ----------
    found : Crossed
        Scores by facet.
    drawn_answer : ndarray of float64, shape (6,)
        From `draw_variance`.
    readout : str
        What scores are made of: ``probabilities``, ``modal`` or ``drawn``.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    DataFrame
        Table GSTUDY; what the conditions do not show is null, with a remark on what it needs.
    """
    found, idle = without_idle_replicates(found)
    n, sizes = len(found.scores), found.sizes
    nothing = np.full(len(FOUNDATIONS), np.nan)
    values: dict[str, Estimate] = {}
    shares: dict[str, Array] = {}
    if max(sizes) > 1 and n > 1:
        values, shares = several_conditions(found, draws)
    elif n > 1:
        own = one_condition(found.scores[:, 0, 0, 0], drawn_answer, readout, draws)
        values["configuration"] = own[0]
        if np.isfinite(drawn_answer).any():
            values["explainable_share"] = own[1]
    if np.isfinite(drawn_answer).any():
        values["drawing one option"] = (drawn_answer, nothing, nothing)
    # What does not vary has components of 0, and no interval of them.
    varies = np.ptp(found.scores.reshape(-1, len(FOUNDATIONS)), axis=0) > ROUNDING if n else nothing
    rows: list[tuple[Any, ...]] = []
    for name in (*COMPONENTS, "explainable_share", "g_coefficient", "drawing one option"):
        value, low, high = values.get(name, (nothing,) * 3)
        share, remark = shares.get(name, nothing), holds(name, sizes, known=name in values)
        if n <= 1 and name not in values:
            remark = NO_PERSONAS
        elif idle and name == "answer":
            remark = "; ".join([remark, CANNOT_DIFFER] if name in values else [CANNOT_DIFFER])
        for f, foundation in enumerate(FOUNDATIONS):
            ends = (low[f], high[f]) if varies[f] > 0 else (np.nan, np.nan)
            cell = (value[f], *ends, share[f])
            rows.append((foundation, name, *cell, remark, n, *sizes))
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
        return f"not separated from {facet}{' x order' if o > 1 else ''}"
    if max(sizes) == 1:
        return WITH_ONE_CONDITION.get(name, "")
    return WITH_ONE_BIOGRAPHY.get(name, "") if b == 1 else ""


@command
def main(
    *,
    scores: list[Path],
    responses: Path,
    instrument: Path,
    conditions: list[Condition],
    readout: Readout,
    seed: int,
    replicates: int,
    gstudy: Path,
) -> None:
    """Read the scores of several conditions, write the components."""
    frames = [tables.read(path, moral_tables.FOUNDATION_SCORES) for path in scores]
    for path, frame in zip(scores, frames, strict=True):
        answers.require_same_personas(frames[0], frame, f"{scores[0]} and {path}")
    facets = [{facet: getattr(each, facet) for facet in FACETS} for each in conditions]
    found = crossed([frame.select(FOUNDATIONS).to_numpy() for frame in frames], facets)
    logger.info("%d personas; biographies, orders, answers: %s", len(found.scores), found.sizes)
    answered = tables.read(responses, study_tables.RESPONSES)
    drawing = draw_variance(answered, read_instrument(instrument), len(FOUNDATIONS))
    table = gstudy_table(found, drawing, readout, Draws(replicates, seed))
    provenance = tables.joined_provenance([*scores, responses])
    tables.write(table, gstudy, moral_tables.GSTUDY, provenance)


if __name__ == "__main__":
    run(main)
