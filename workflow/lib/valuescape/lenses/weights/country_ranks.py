"""Whether personas weighted to countries rank the countries as their humans do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import rankdata

from valuescape.lenses.weights import tables as weight_tables
from valuescape.stats import resampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers
    from valuescape.stats.emd import OptionGrid
    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

FEWEST_COUNTRIES = 3
# Shares are rounded to 1e-4 in the public aggregates; double precision leaves 1e-15.
DIGITS = 9


def rank_countries(
    own: Array, surface: Array, humans: HumanAnswers, grid: OptionGrid, draws: Draws
) -> pl.DataFrame:
    """Compare how personas and humans rank the countries, question by question.

    Parameters
    ----------
    own, surface : ndarray of float64, shape (n_countries, n_questions, most_options)
        Answers under each country's weights: of personas, of the human response surface.
    humans : HumanAnswers
        Of the same countries.
    grid : OptionGrid
        Questions and options.
    draws : Draws
        Draws of countries, and shuffles of them.

    Returns
    -------
    DataFrame
        Table COUNTRY_RANKS, of questions asked in three countries or more.
    """
    rows = []
    rng = draws.generator("poststratification/ranks")
    for number, question in enumerate(grid.questions):
        value = grid.values[number].astype(np.float64)
        # what differs by rounding alone is a tie
        persona_means, human_means, surface_means = (
            np.round(each[:, number] @ value, DIGITS) for each in (own, humans.shares, surface)
        )
        known = np.isfinite(human_means) & np.isfinite(persona_means)
        if known.sum() < FEWEST_COUNTRIES:
            continue
        pair = persona_means[known], human_means[known]
        taken = rng.integers(0, known.sum(), (draws.n, known.sum()))
        estimate = spearman(*pair)
        low, high = resampling.interval(estimate, spearman(pair[0][taken], pair[1][taken]), (-1, 1))
        shuffled = rng.permuted(np.tile(pair[1], (draws.n, 1)), axis=1)
        null_95 = resampling.null_95(spearman(np.broadcast_to(pair[0], shuffled.shape), shuffled))
        modelled = surface_means[known]
        of_surface = spearman(modelled, pair[1]) if np.isfinite(modelled).all() else np.nan
        values = (float(value) for value in (estimate, low, high, null_95, of_surface))
        rows.append((question, *values, int(known.sum())))
    schema = dict(weight_tables.COUNTRY_RANKS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def spearman(first: Array, second: Array) -> Array:
    """Return Spearman's rank correlation along the last axis; nan where one does not vary."""
    return resampling.correlation(rankdata(first, axis=-1), rankdata(second, axis=-1))
