"""Generalisability: how much of a foundation score is the configuration, how much the asking.

    python -m valuescape.gstudy --scores F F ... --conditions JSON --responses F --instrument F \
        --seed N --replicates N --output F

`--scores` are those of the same personas under conditions that differ in nothing but the writing
of their biographies, the option order and the replicate; `--conditions` says in which, in the same
order. A study that asks once can tell none of these apart, and the table says what it would need.

Components by the expected mean squares of the balanced random model (Cronbach, Gleser, Nanda &
Rajaratnam 1972; Brennan 2001, Generalizability Theory, ch. 3): biographies are nested in
configurations, option orders crossed with both, answers nested in all.
"""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape import answers, lens_tables, moral_tables, resampling, tables
from valuescape.errors import run
from valuescape.instruments import FOUNDATIONS, Instrument, read_instrument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.resampling import Draws

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

FACETS = ("biographies", "option_order", "replicate")
COMPONENTS = ("configuration", "biography", "order", "configuration x order", "biography x order",
              "answer")  # fmt: skip
# Errors of a comparison of configurations: what is equal for all of them, the order, is none.
ERRORS = ("biography", "configuration x order", "biography x order", "answer")
NEEDS = {
    "biography": "needs conditions that differ in `biographies`",
    "order": "needs conditions that differ in `option_order`",
    "configuration x order": "needs conditions that differ in `option_order`",
    "biography x order": "needs conditions that differ in `biographies` and `option_order`",
    "answer": "needs conditions that differ in `replicate`",
    "drawing one option": "needs the mode single, which gives option probabilities",
}
NEEDS_ANY = "needs conditions that differ in `replicate`, `option_order` or `biographies`"


@dataclass(frozen=True)
class Crossed:
    """Scores of the same personas in a balanced set of conditions.

    Attributes
    ----------
    scores : ndarray of float64, shape (n_personas, n_biographies, n_orders, n_answers, n_scores)
        None missing.
    """

    scores: Array

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Numbers of biographies, orders and answers."""
        _, b, o, r, _ = self.scores.shape
        return b, o, r


def crossed(scores: Sequence[Array], conditions: Sequence[Mapping[str, Any]]) -> Crossed:
    """Arrange scores by facet; personas without a score somewhere are left out.

    Parameters
    ----------
    scores : sequence of ndarray of float64, each of shape (n_personas, n_scores)
        One a condition; nan where not known.
    conditions : sequence of mapping
        Their facets.

    Returns
    -------
    Crossed
        The largest complete crossing that holds the first condition: where biographies, orders
        and replicates are not all combined, facets are taken in this order.
    """
    by_key = {
        tuple(condition[facet] for facet in FACETS): each
        for condition, each in zip(conditions, scores, strict=True)
    }
    first = tuple(conditions[0][facet] for facet in FACETS)
    levels: list[list[Any]] = [[value] for value in first]
    for place in range(len(FACETS)):
        for value in sorted({key[place] for key in by_key} - {first[place]}):
            wider = [*levels]
            wider[place] = [*levels[place], value]
            if all(key in by_key for key in product(*wider)):
                levels = wider
    cells = [by_key[key] for key in product(*levels)]
    stacked = np.stack(cells, axis=1)
    known = np.isfinite(stacked).all(axis=(1, 2))
    shape = tuple(len(values) for values in levels)
    return Crossed(stacked[known].reshape(int(known.sum()), *shape, stacked.shape[-1]))


def square_columns(found: Crossed) -> Array:
    """Return what each persona adds to the sums of squares, for bootstraps by weights.

    Parameters
    ----------
    found : Crossed
        The scores, none missing.

    Returns
    -------
    ndarray of float64, shape (n_personas, n_columns * n_scores)
        Columns: mean, its square, then squares of biographies, of orders, of biographies by
        orders and of answers about their means, then the mean of each order.
    """
    y = found.scores - found.scores.mean(axis=(0, 1, 2, 3))
    person = y.mean(axis=(1, 2, 3))
    life, order, both = y.mean(axis=(2, 3)), y.mean(axis=(1, 3)), y.mean(axis=3)
    of_life = life - person[:, None]
    of_order = order - person[:, None]
    of_both = both - life[:, :, None] - order[:, None] + person[:, None, None]
    of_answer = y - both[:, :, :, None]
    columns = [
        person, person**2, (of_life**2).sum(axis=1), (of_order**2).sum(axis=1),
        (of_both**2).sum(axis=(1, 2)), (of_answer**2).sum(axis=(1, 2, 3)),
        *np.moveaxis(order, 1, 0),
    ]  # fmt: skip
    return np.concatenate(columns, axis=1)


def components(sums: Array, n: int, sizes: tuple[int, int, int]) -> dict[str, Array]:
    """Return variance components from sums of squares.

    Parameters
    ----------
    sums : ndarray of float64, shape (..., n_columns * n_scores)
        Column sums of `square_columns`.
    n : int
        Number of personas.
    sizes : (int, int, int)
        Numbers of biographies, orders and answers.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., n_scores)
        By `COMPONENTS`, only those that the design tells: what is not told apart is within the
        last of them (with one biography, ``configuration`` holds it). Not negative.
    """
    b, o, r = sizes
    table = sums.reshape(*sums.shape[:-1], 6 + o, -1)
    mean, square, life, order, both, answer = np.moveaxis(table[..., :6, :], -2, 0)
    of_orders = table[..., 6:, :] / n - (mean / n)[..., None, :]
    order_square = n * (of_orders**2).sum(axis=-2)
    squares = {
        "configuration": (b * o * r * (square - mean**2 / n), n - 1),
        "biography": (o * r * life, n * (b - 1)),
        "order": (b * r * order_square, o - 1),
        "configuration x order": (b * r * (order - order_square), (n - 1) * (o - 1)),
        "biography x order": (r * both, n * (b - 1) * (o - 1)),
        "answer": (answer, n * b * o * (r - 1)),
    }
    ms = {name: value / df for name, (value, df) in squares.items() if df > 0}
    # What has no repetition of its own is the error of the rest.
    error = next(ms[name] for name in reversed(COMPONENTS) if name in ms)
    of_both = ms.get("biography x order", error)
    of_life = ms.get("biography", of_both)
    of_pair = ms.get("configuration x order", of_both)
    found = {
        "configuration": (ms["configuration"] - of_life - of_pair + of_both) / (b * o * r),
        "biography": (of_life - of_both) / (o * r),
        "order": (ms.get("order", of_pair) - of_pair) / (n * b * r),
        "configuration x order": (of_pair - of_both) / (b * r),
        "biography x order": (of_both - error) / r,
        "answer": error,
    }
    told = set(ms) | {"answer"}
    if r == 1:  # the last component with squares is the error itself
        told.remove(next(name for name in reversed(COMPONENTS) if name in ms))
    return {name: np.maximum(found[name], 0.0) for name in COMPONENTS if name in told}


def coefficients(parts: Mapping[str, Array], sizes: tuple[int, int, int]) -> dict[str, Array]:
    """Return how well scores tell configurations apart.

    Parameters
    ----------
    parts : mapping of str to ndarray of float64
        From `components`.
    sizes : (int, int, int)
        Numbers of biographies, orders and answers.

    Returns
    -------
    dict of str to ndarray of float64
        ``explainable_share``: of the variance of one score, asked once: no model of the
        configuration can explain more. ``g_coefficient``: the same of the mean over all
        conditions asked. In [0, 1]; nan where nothing varies.
    """
    b, o, r = sizes
    over = {"biography": b, "configuration x order": o, "biography x order": b * o,
            "answer": b * o * r}  # fmt: skip
    signal = parts["configuration"]
    single = sum((parts[name] for name in ERRORS if name in parts), np.zeros_like(signal))
    mean = sum((parts[n] / over[n] for n in ERRORS if n in parts), np.zeros_like(signal))
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "explainable_share": signal / (signal + single),
            "g_coefficient": signal / (signal + mean),
        }


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


def gstudy_table(found: Crossed, drawn_answer: Array, draws: Draws) -> pl.DataFrame:
    """Return variance components and coefficients.

    Parameters
    ----------
    found : Crossed
        Scores by facet.
    drawn_answer : ndarray of float64, shape (6,)
        From `draw_variance`.
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
    if np.prod(sizes) > 1 and n > 1:
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
        values["configuration"] = (found.scores[:, 0, 0, 0].var(axis=0, ddof=1), nothing, nothing)
    if np.isfinite(drawn_answer).any():
        values["drawing one option"] = (drawn_answer, nothing, nothing)
    rows: list[tuple[Any, ...]] = []
    for name in (*COMPONENTS, "explainable_share", "g_coefficient", "drawing one option"):
        value, low, high = values.get(name, (nothing,) * 3)
        share, told = shares.get(name, nothing), holds(name, sizes, known=name in values)
        for f, foundation in enumerate(FOUNDATIONS):
            own = (value[f], low[f], high[f], share[f])
            rows.append((foundation, name, *own, told, n, *sizes))
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
    if name == "drawing one option":
        return "by the option probabilities; asking once more adds it where options are drawn"
    if name == "configuration" and max(sizes) == 1:
        return "holds everything: one biography, one order, one answer"
    if name == "configuration" and b == 1:
        return "holds what the persona's one biography adds, if it is told one"
    if name == "answer" and r == 1:
        return f"not told apart from {'biography' if b > 1 else 'configuration'}" + (
            " x order" if o > 1 else ""
        )
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scores", type=Path, nargs="+", required=True)
    parser.add_argument("--conditions", type=json.loads, required=True, help="JSON, in that order")
    for name in ("responses", "instrument", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    resampling.add_arguments(parser)
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
    frames = [tables.read(path, lens_tables.FOUNDATION_SCORES) for path in args.scores]
    for path, frame in zip(args.scores, frames, strict=True):
        answers.require_same_personas(frames[0], frame, f"{args.scores[0]} and {path}")
    found = crossed([f.select(FOUNDATIONS).to_numpy() for f in frames], args.conditions)
    logger.info("%d personas; biographies, orders, answers: %s", len(found.scores), found.sizes)
    responses = tables.read(args.responses, tables.RESPONSES)
    drawing = draw_variance(responses, read_instrument(args.instrument), len(FOUNDATIONS))
    draws = resampling.Draws(args.replicates, args.seed)
    provenance = tables.joined_provenance([*args.scores, args.responses])
    table = gstudy_table(found, drawing, draws)
    tables.write(table, args.output, moral_tables.GSTUDY, provenance)


if __name__ == "__main__":
    run(main)
