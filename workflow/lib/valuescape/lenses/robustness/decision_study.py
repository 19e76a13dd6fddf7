"""Decision study: how many personas, wordings and replicates a wanted interval takes.

From the variance components of a study of generalisability (Brennan 2001, Generalizability Theory,
ch. 4), for the mean foundation score over all configurations.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import stdtrit as t_quantile

from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.wordings import TAIL
from valuescape.stats.variance_components import coefficients, mean_error
from valuescape.study.conditions import FACETS
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

HALF_WIDTHS = (0.2, 0.1, 0.05)
BALANCED = (144, 288, 1728, 5184)
MOST_WORDINGS, MOST_ANSWERS = 30, 5
NEEDED = ("configuration", "wording", "configuration x wording")
UNKNOWN = "not known: the study does not tell wordings from the rest"
TOO_WIDE = (
    f"not with {MOST_WORDINGS} wordings and all configurations: wordings, or orders, differ by more"
)


def decision_table(parts: Mapping[str, Array], n_configurations: int, orders: int) -> pl.DataFrame:
    """Return the cheapest design for each wanted interval.

    Parameters
    ----------
    parts : mapping of str to ndarray of float64, shape (6,)
        Variance components of the foundation scores.
    n_configurations : int
        Of the persona space: asked all, they are no draw.
    orders : int
        Option orders that are asked, 1 or 2.

    Returns
    -------
    DataFrame
        Table DECISION_STUDY.
    """
    sizes = sorted({n for n in BALANCED if n < n_configurations} | {n_configurations})
    designs = list(product(sizes, range(2, MOST_WORDINGS + 1), range(1, MOST_ANSWERS + 1)))
    rows: list[tuple[object, ...]] = []
    halves = np.full((len(designs), len(FOUNDATIONS)), np.nan)
    parts = in_one_mode(parts)
    if all(name in parts for name in NEEDED):
        halves = half_widths(parts, designs, n_configurations, orders)
    cost = np.array([n * wordings * answers * orders for n, wordings, answers in designs])
    for f, foundation in enumerate(FOUNDATIONS):
        for wanted in HALF_WIDTHS:
            enough = np.flatnonzero(halves[:, f] <= wanted)
            if not len(enough):
                remark = TOO_WIDE if np.isfinite(halves[:, f]).all() else UNKNOWN
                rows.append((foundation, wanted, *[None] * 7, remark))
                continue
            # of two that cost the same, the one that is narrower
            best = min(enough, key=lambda each: (cost[each], halves[each, f]))
            n, wordings, answers = designs[best]
            over = facet_sizes(wordings, answers, orders)
            g = coefficients({name: part[f] for name, part in parts.items()}, over)
            rows.append(
                (foundation, wanted, n, wordings, answers, orders, int(cost[best]),
                 float(halves[best, f]), float(g["g_coefficient"]), "")
            )  # fmt: skip
    schema = dict(robustness_tables.DECISION_STUDY.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def in_one_mode(parts: Mapping[str, Array]) -> dict[str, Array]:
    """Return the components of studies in one mode, which is chosen and no draw.

    What a mode moves all personas by is then no error. What it moves single personas by belongs to
    what else they differ in.

    Parameters
    ----------
    parts : mapping of str to ndarray of float64, shape (6,)
        Variance components; their names are facets, joined by `` x ``.

    Returns
    -------
    dict of str to ndarray
        Of the same foundations, without the mode.
    """
    found: dict[str, Array] = {}
    for name, part in parts.items():
        others = " x ".join(facet for facet in name.split(" x ") if facet != "mode")
        if others:
            found[others] = found.get(others, 0.0) + part
    return found


def facet_sizes(wordings: int, answers: int, orders: int) -> dict[str, int]:
    """Return how many levels each facet of a proposed design has; one biography."""
    return dict.fromkeys(FACETS, 1) | {"order": orders, "wording": wordings, "answer": answers}


def half_widths(
    parts: Mapping[str, Array],
    designs: Sequence[tuple[int, int, int]],
    n_configurations: int,
    orders: int,
) -> Array:
    """Return half of the 95 % interval of the mean score that designs would have.

    Parameters
    ----------
    parts, n_configurations, orders
        As in `decision_table`.
    designs : sequence of (int, int, int)
        Numbers of personas, wordings and answers.

    Returns
    -------
    ndarray of float64, shape (n_designs, 6)
        In scale points; degrees of freedom by Satterthwaite, from what wordings move all personas
        by alike.
    """
    found = []
    for n, wordings, answers in designs:
        sizes = facet_sizes(wordings, answers, orders)
        variance = mean_error(parts, n, sizes, n_configurations)
        of_wordings = parts["wording"] / wordings
        ratio = np.divide(
            variance, of_wordings, out=np.full_like(variance, 1e6), where=of_wordings > 0
        )
        found.append(t_quantile((wordings - 1) * ratio**2, TAIL) * np.sqrt(variance))
    return np.array(found)
