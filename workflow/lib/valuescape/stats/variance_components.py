"""Variance components of a balanced study: configuration, biography, option order, answer.

By the expected mean squares of the random model (Cronbach, Gleser, Nanda & Rajaratnam 1972; Brennan
2001, Generalizability Theory, ch. 3): biographies are nested in configurations, option orders
crossed with both, answers nested in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from valuescape.study.conditions import FACETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

COMPONENTS = ("configuration", "biography", "order", "configuration x order", "biography x order",
              "answer")  # fmt: skip
# Errors of a comparison of configurations: what is equal for all of them, the order, is none.
ERRORS = ("biography", "configuration x order", "biography x order", "answer")


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
    biography, order, both = y.mean(axis=(2, 3)), y.mean(axis=(1, 3)), y.mean(axis=3)
    of_biography = biography - person[:, None]
    of_order = order - person[:, None]
    of_both = both - biography[:, :, None] - order[:, None] + person[:, None, None]
    of_answer = y - both[:, :, :, None]
    columns = [
        person, person**2, (of_biography**2).sum(axis=1), (of_order**2).sum(axis=1),
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
        By `COMPONENTS`, only those that the design separates: what it does not is part of the
        last of them (with one biography, ``configuration`` holds it). Not negative.
    """
    b, o, r = sizes
    table = sums.reshape(*sums.shape[:-1], 6 + o, -1)
    mean, square, biography, order, both, answer = np.moveaxis(table[..., :6, :], -2, 0)
    of_orders = table[..., 6:, :] / n - (mean / n)[..., None, :]
    order_square = n * (of_orders**2).sum(axis=-2)
    squares = {
        "configuration": (b * o * r * (square - mean**2 / n), n - 1),
        "biography": (o * r * biography, n * (b - 1)),
        "order": (b * r * order_square, o - 1),
        "configuration x order": (b * r * (order - order_square), (n - 1) * (o - 1)),
        "biography x order": (r * both, n * (b - 1) * (o - 1)),
        "answer": (answer, n * b * o * (r - 1)),
    }
    ms = {name: value / df for name, (value, df) in squares.items() if df > 0}
    # What has no repetition of its own is the error of the rest.
    error = next(ms[name] for name in reversed(COMPONENTS) if name in ms)
    of_both = ms.get("biography x order", error)
    of_biography = ms.get("biography", of_both)
    of_pair = ms.get("configuration x order", of_both)
    found = {
        "configuration": (ms["configuration"] - of_biography - of_pair + of_both) / (b * o * r),
        "biography": (of_biography - of_both) / (o * r),
        "order": (ms.get("order", of_pair) - of_pair) / (n * b * r),
        "configuration x order": (of_pair - of_both) / (b * r),
        "biography x order": (of_both - error) / r,
        "answer": error,
    }
    separable = set(ms) | {"answer"}
    if r == 1:  # the last component with squares is the error itself
        separable.remove(next(name for name in reversed(COMPONENTS) if name in ms))
    return {name: np.maximum(found[name], 0.0) for name in COMPONENTS if name in separable}


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
