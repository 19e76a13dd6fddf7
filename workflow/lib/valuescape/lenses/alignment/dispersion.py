"""Why answers differ: another mean, or another spread; and whether personas vary too little.

The EMD splits into the distance of the means (location) and what remains (dispersion and shape),
because |mean difference| <= EMD on a line (Villani 2003, Topics in Optimal Transportation, section
1.2: the EMD is a supremum over functions of slope up to 1, of which the identity is one).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import entr

from valuescape.answers.distributions import HumanAnswers, shares_of
from valuescape.humans.clusters import redrawn
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.distances import in_blocks
from valuescape.stats import resampling
from valuescape.stats.emd import OptionGrid, emd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

MEASURES = ("emd", "location", "dispersion", "sd_ratio", "entropy_ratio")
ALL = "all"
# Pairs of draws of the same humans behind a floor: its error is a seventh of a draw's own spread.
FLOOR_DRAWS = 50


def spread(
    shares: NDArray[np.float64], grid: OptionGrid
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean, standard deviation and entropy of answers.

    Parameters
    ----------
    shares : ndarray of float64, shape (..., n_questions, most_options)
        Share of each option.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    tuple of ndarray of float64, each of shape (..., n_questions)
        Mean and SD on a scale of length 1; entropy as a share of that of uniform answers. nan
        where a share is nan.
    """
    place = np.concatenate([np.zeros((len(grid.gaps), 1)), np.cumsum(grid.gaps, axis=1)], axis=1)
    mean = (shares * place).sum(axis=-1)
    variance = (shares * place**2).sum(axis=-1) - mean**2
    entropy = entr(np.clip(shares, 0, 1)).sum(axis=-1) / np.log(grid.present.sum(axis=1))
    return mean, np.sqrt(np.clip(variance, 0, None)), entropy


def question_measures(
    answered: NDArray[np.float64],
    humans: NDArray[np.float64],
    complete: NDArray[np.bool_],
    grid: OptionGrid,
) -> NDArray[np.float64]:
    """Return the five measures by question and over all questions, averaged over groups.

    Parameters
    ----------
    answered, humans : ndarray of float64, shape (..., n_groups, n_questions, most_options)
        Shares of each option.
    complete : ndarray of bool, shape (n_groups, n_questions)
        Cells that count.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    ndarray of float64, shape (..., 5, n_questions + 1)
        In the order of `MEASURES`; the last column is over all questions. A ratio is that of the
        mean spreads. nan where no cell counts.
    """
    first, second = spread(answered, grid), spread(humans, grid)
    distance = emd(answered, humans, grid.gaps)
    location = np.abs(first[0] - second[0])
    parts = np.stack(
        np.broadcast_arrays(
            distance, location, distance - location, first[1], second[1], first[2], second[2]
        )
    )
    counted = complete & np.isfinite(parts).all(axis=0)
    kept = np.where(counted, parts, 0.0).sum(axis=-2)
    n = counted.sum(axis=-2)
    sums = np.concatenate([kept, kept.sum(axis=-1, keepdims=True)], axis=-1)
    total = np.concatenate([n, n.sum(axis=-1, keepdims=True)], axis=-1)
    means = np.divide(sums, total, out=np.full(sums.shape, np.nan), where=total > 0)
    found = [*means[:3], _ratio(means[3], means[4]), _ratio(means[5], means[6])]
    return np.stack(found, axis=-2)


def _ratio(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    undefined = np.full(first.shape, np.nan)
    return np.asarray(np.divide(first, second, out=undefined, where=second > 0))


def dispersion_table(
    answered: tuple[NDArray[np.float64], NDArray[np.float64]],
    drawn: tuple[NDArray[np.float64], NDArray[np.float64]],
    humans: HumanAnswers,
    counted: NDArray[np.bool_],
    *,
    grid: OptionGrid,
    draws: Draws,
) -> pl.DataFrame:
    """Return location, dispersion and the ratios of spread, with floor and baselines.

    Parameters
    ----------
    answered : (ndarray, ndarray), each of shape (n_groups, n_questions, most_options)
        Shares of personas, and of the pooled humans of the other groups.
    drawn : (ndarray, ndarray), each of shape (n_replicates, n_groups, n_questions, most_options)
        Draws: counts of personas, shares of humans.
    humans : HumanAnswers
        The groups.
    counted : ndarray of bool, shape (n_groups, n_questions)
        Cells that count.
    grid : OptionGrid
        Questions and options.
    draws : Draws
        Whose seed the floor uses.

    Returns
    -------
    DataFrame
        Table DISPERSION.
    """
    personas, pooled = answered

    def measured(side: NDArray[np.float64]) -> NDArray[np.float64]:
        return question_measures(side, humans.shares, counted, grid)

    estimate = measured(personas)
    replicates = np.concatenate(
        [
            question_measures(shares_of(drawn[0][block]), drawn[1][block], counted, grid)
            for block in in_blocks(len(drawn[0]))
        ]
    )
    low, high = resampling.interval(estimate, replicates)
    rng = draws.generator("location_dispersion/floor")
    twice = np.broadcast_to(humans.shares, (FLOOR_DRAWS, *humans.shares.shape))
    first, second = (redrawn(twice, humans.n_effective, rng) for _ in range(2))
    floor = question_measures(first, second, counted, grid).mean(axis=0)
    uniform = measured(np.broadcast_to(grid.uniform, personas.shape))
    columns = (estimate, low, high, uniform, measured(pooled), floor)
    rows = [
        (question, measure, *(float(side[row, column]) for side in columns))
        for column, question in enumerate((*grid.questions, ALL))
        for row, measure in enumerate(MEASURES)
        if np.isfinite(estimate[row, column])
    ]
    return pl.DataFrame(rows, schema=alignment_tables.DISPERSION.columns, orient="row").fill_nan(
        None
    )
