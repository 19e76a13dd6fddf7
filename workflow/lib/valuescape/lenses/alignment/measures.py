"""Further measures of nearness, as other benchmarks define them, and what refusals could hide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import entr

from valuescape.answers.distributions import shares_of
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.dispersion import spread
from valuescape.lenses.alignment.distances import in_blocks
from valuescape.lenses.alignment.summary import weighted_mean
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from valuescape.stats.emd import OptionGrid

    Array = NDArray[np.float64]


def total_variation(first: Array, second: Array) -> Array:
    """Return half the sum of the absolute differences of shares, in [0, 1]; nan for nan."""
    return np.asarray(np.abs(first - second).sum(axis=-1) / 2)


def jensen_shannon(first: Array, second: Array) -> Array:
    """Return the Jensen-Shannon distance of answer distributions.

    Parameters
    ----------
    first, second : ndarray of float64, shapes that broadcast to (..., n_options)
        Shares.

    Returns
    -------
    ndarray of float64, shape (...)
        Square root of the divergence in bits (Lin 1991, IEEE Trans. Information Theory 37:145, eq.
        3.4, with equal weights), in [0, 1]; nan for nan. 1 less it is GlobalOpinionQA's similarity
        (Durmus et al. 2023, arXiv:2306.16388).
    """
    middle = (first + second) / 2
    divergence = (entr(middle) - (entr(first) + entr(second)) / 2).sum(axis=-1) / np.log(2)
    return np.asarray(np.sqrt(np.clip(divergence, 0, 1)))


def bounds(shares: Array, humans: Array, refused: Array, gaps: Array) -> tuple[Array, Array]:
    """Return the least and greatest EMD that personas could have, had all of them answered.

    Nothing is assumed of what refused answers would be (Manski 1990, American Economic Review
    80:319-323).

    Parameters
    ----------
    shares, humans : ndarray of float64, shape (..., n_options)
        Shares of valid answers of personas, and among humans.
    refused : ndarray of float64, shape (...)
        Share of personas without a valid answer.
    gaps : ndarray of float64, shape that broadcasts to (..., n_options - 1)
        Distance from each option to the next; 0 beyond the last.

    Returns
    -------
    (ndarray, ndarray), each of shape (...)
        The greatest with all of them at one option, for the distance is convex; the least by
        giving them what is missing: the nearest rising curve (isotonic regression of least
        absolute deviations; Robertson & Waltman 1968, Annals of Mathematical Statistics
        39:1030-1039), kept within what was refused. nan where a side is.
    """
    silent = np.asarray(refused)[..., None]
    # What has to be added, up to each option, to answer as humans do.
    missing = np.cumsum(humans - (1 - silent) * shares, axis=-1)[..., :-1]
    steps = np.broadcast_to(gaps, missing.shape)
    n_options = missing.shape[-1] + 1
    real = np.concatenate([np.ones((*steps.shape[:-1], 1), dtype=np.bool_), steps > 0], axis=-1)
    at_one = (np.arange(n_options)[:, None] <= np.arange(n_options - 1)) * 1.0
    ends = (np.abs(missing[..., None, :] - silent[..., None] * at_one) * steps[..., None, :]).sum(
        axis=-1
    )
    most = np.where(real, ends, -np.inf).max(axis=-1)
    rising = np.clip(_rising(missing, steps), 0, silent)
    least = (np.abs(missing - rising) * steps).sum(axis=-1)
    known = np.isfinite(missing).all(axis=-1)
    return np.where(known, least, np.nan), np.where(known, most, np.nan)


def _rising(values: Array, weights: Array) -> Array:
    """Return the rising sequence nearest to values: max over starts of min over ends of medians."""
    n = values.shape[-1]
    median = np.empty((n, n, *values.shape[:-1]))
    for start in range(n):
        for end in range(start, n):
            median[start, end] = _median(
                values[..., start : end + 1], weights[..., start : end + 1]
            )
    return np.stack(
        [
            np.max([median[a, place:].min(axis=0) for a in range(place + 1)], axis=0)
            for place in range(n)
        ],
        axis=-1,
    )


def _median(values: Array, weights: Array) -> Array:
    order = np.argsort(values, axis=-1)
    heavy = np.cumsum(np.take_along_axis(weights, order, axis=-1), axis=-1)
    place = (heavy >= heavy[..., -1:] / 2).argmax(axis=-1)[..., None]
    found = np.take_along_axis(values, np.take_along_axis(order, place, axis=-1), axis=-1)
    return np.asarray(found[..., 0])


def cell_measures(
    shares: Array, humans: Array, refused: Array, grid: OptionGrid
) -> dict[str, Array]:
    """Return the further measures of each cell.

    Parameters
    ----------
    shares, humans : ndarray of float64, shape (n_groups, n_questions, most_options)
        Shares of personas and of humans.
    refused : ndarray of float64, shape (n_groups, n_questions)
        Share of personas without a valid answer.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_groups, n_questions)
        Columns of table ALIGNMENT_CELLS.
    """
    low, high = bounds(shares, humans, refused, grid.gaps)
    return {
        "tv": total_variation(shares, humans),
        "tv_uniform": total_variation(grid.uniform, humans),
        "js_distance": jensen_shannon(shares, humans),
        "entropy": spread(shares, grid)[2],
        "entropy_humans": spread(humans, grid)[2],
        "refused": refused,
        "emd_low": low,
        "emd_high": high,
    }


def measure_table(
    answers: tuple[Array, Array],
    humans: tuple[Array, Array],
    weights: Mapping[int, Array],
    *,
    pooled: Array,
    n_asked: Array,
    mass: Array,
    grid: OptionGrid,
) -> pl.DataFrame:
    """Return the further measures over cells, one line each.

    Parameters
    ----------
    answers : (ndarray, ndarray)
        Counts of personas, shape (n_groups, n_questions, most_options), and draws of them.
    humans : (ndarray, ndarray)
        Shares among humans, and draws of them.
    weights : mapping of int to ndarray of float64, shape (n_groups, n_questions)
        By number of questions, weight of each cell.
    pooled : ndarray of float64, shape (n_groups, n_questions, most_options)
        Shares among the humans of all other groups.
    n_asked : ndarray of float64, shape (n_groups, n_questions)
        Personas that were asked.
    mass : ndarray of float64, shape (n_groups, n_questions)
        Probability that fell on any option, nan where not known.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    DataFrame
        Table ALIGNMENT_MEASURES.
    """
    counts, drawn_counts = answers
    uniform = np.broadcast_to(grid.uniform, counts.shape)

    def means(side: Array, people: Array, silent: Array, cells: Array) -> dict[str, Array]:
        def over(values: Array) -> Array:
            return weighted_mean(values, cells)

        varied = over(total_variation(side, people))
        return {
            "tv_score": 1 - _over(varied, over(total_variation(grid.uniform, people))),
            "js_similarity": 1 - over(jensen_shannon(side, people)),
            "entropy": over(spread(side, grid)[2]),
            "refused": over(silent),
        }

    def of(side: Array, people: Array, cells: Array) -> dict[str, Array]:
        answered = np.rint(side.sum(axis=-1))
        silent = 1 - _over(answered, np.broadcast_to(n_asked, answered.shape))
        return means(shares_of(side), people, silent, cells)

    rows: list[tuple[str | int | float | None, ...]] = []
    for size, cells in weights.items():
        estimate = of(counts, humans[0], cells)
        drawn = [
            of(drawn_counts[block], humans[1][block], cells)
            for block in in_blocks(len(drawn_counts))
        ]
        none = np.zeros(cells.shape)
        beside = [means(side, humans[0], none, cells) for side in (uniform, pooled, humans[0])]
        for name, value in estimate.items():
            low, high = resampling.interval(value, np.concatenate([each[name] for each in drawn]))
            others = [float(each[name]) for each in beside] if name != "refused" else [None] * 3
            rows.append((name, size, float(value), float(low), float(high), *others))
        answered = np.rint(counts.sum(axis=-1))
        silent = 1 - _over(answered, np.broadcast_to(n_asked, answered.shape))
        least, most = bounds(shares_of(counts), humans[0], silent, grid.gaps)
        rows += [
            (name, size, float(value), *[None] * 5)
            for name, value in (
                ("alignment_if_refusals_agree", 1 - weighted_mean(least, cells)),
                ("alignment_if_refusals_oppose", 1 - weighted_mean(most, cells)),
                ("option_mass", weighted_mean(mass, cells)),
            )
        ]
    return pl.DataFrame(
        rows, schema=alignment_tables.ALIGNMENT_MEASURES.columns, orient="row"
    ).fill_nan(None)


def _over(first: Array, second: Array) -> Array:
    undefined = np.full(np.shape(first), np.nan)
    return np.asarray(np.divide(first, second, out=undefined, where=np.asarray(second) > 0))
