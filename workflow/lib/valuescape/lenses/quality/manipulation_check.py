"""Manipulation check: whether personas answer the questions of their configuration accordingly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import probabilities
from valuescape.core.errors import UserError
from valuescape.lenses.quality import tables as quality_tables
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.stats.resampling import Draws
    from valuescape.study.instruments import Instrument
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

# A variance below this is rounding: an answer that does not vary has no slope.
LEAST_VARIANCE = 1e-12
FEWEST = 3
TOO_FEW = "not defined: fewer than three personas gave a valid answer"
ALIKE = "not defined: the answer is the same for all personas"
NO_CONTRAST = "not defined: all who answered are configured alike"


def configured_and_answered(
    space: PersonaSpace,
    personas: pl.DataFrame,
    responses: Sequence[tuple[Instrument, pl.DataFrame]],
    readout: Readout,
) -> tuple[list[str], Array, Array]:
    """Return, for each question that measures a cultural variable, both values of each persona.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    personas : DataFrame
        Table PERSONAS.
    responses : sequence of (Instrument, DataFrame)
        Instruments and their RESPONSES.
    readout : {"probabilities", "modal", "drawn"}
        What is read of a response.

    Returns
    -------
    (list of str, ndarray, ndarray), the arrays of shape (n_personas, n_asked)
        Variables that were asked, their configured and their answered values; nothing was answered
        as configured where configurations are not known.

    Raises
    ------
    UserError
        If a question measures a variable that the space does not have.
    """
    names = [variable.name for variable in space.variables]
    known = set(names) <= set(personas.columns)
    levels = personas.select(names).to_numpy() if known else np.zeros((personas.height, len(names)))
    values = space.values_of(levels)
    values_answered: dict[str, Array] = {}
    for instrument, answered in responses:
        for question in instrument.questions:
            if question.variable is None:
                continue
            if question.variable not in names:
                msg = f"{instrument.name}, {question.id}: no variable {question.variable!r}"
                raise UserError(msg, hint=f"the persona space has {', '.join(names)}")
            values_answered[question.variable] = (
                probabilities(answered, question, readout) @ question.values
            )
    columns = [values[:, names.index(name)] for name in values_answered]
    shape = (personas.height, len(values_answered))
    answers = np.array([*values_answered.values()]).T.reshape(shape)
    return (
        list(values_answered),
        np.array(columns).T.reshape(shape),
        answers if known else np.full(shape, np.nan),
    )


def _moment_columns(configured: Array, answered: Array) -> Array:
    """Columns whose sums determine slopes; six for each variable, zero without an answer."""
    known = ~np.isnan(answered)
    x, y = np.where(known, configured, 0.0), np.where(known, answered, 0.0)
    return np.stack([known, x, y, x * x, y * y, x * y], axis=-1).reshape(len(x), -1)


def _slopes(sums: Array) -> tuple[Array, Array]:
    """Slopes and correlations, each of shape (..., n_variables)."""
    moments = sums.reshape(*sums.shape[:-1], -1, 6)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y, xx, yy, xy = np.moveaxis(moments[..., 1:], -1, 0) / moments[..., 0]
        covariance, spread = xy - x * y, xx - x * x
        slope = np.where(spread > LEAST_VARIANCE, covariance / spread, np.nan)
        varies = (spread > LEAST_VARIANCE) & (yy - y * y > LEAST_VARIANCE)
        correlation = np.where(varies, covariance / np.sqrt(spread * (yy - y * y)), np.nan)
    return slope, np.clip(correlation, -1, 1)


def top_above_bottom(configured: Array, answered: Array) -> float:
    """Return how often a persona of the top level answers higher than one of the bottom level.

    Parameters
    ----------
    configured : ndarray of float64, shape (n,)
        Survey values of the configured levels.
    answered : ndarray of float64, shape (n,)
        Answers; nan where not valid.

    Returns
    -------
    float
        Probability over all pairs, a tie counting half; 0.5 is the no-skill baseline; nan without
        pairs.
    """
    known = ~np.isnan(answered)
    top = answered[known & (configured == configured.max(initial=-np.inf))]
    bottom = np.sort(answered[known & (configured == configured.min(initial=np.inf))])
    if not len(top) or not len(bottom):
        return float("nan")
    below = np.searchsorted(bottom, top, side="left")
    not_above = np.searchsorted(bottom, top, side="right")
    return float((below + not_above).mean() / (2 * len(bottom)))


def check_manipulation(
    variables: Sequence[str],
    configured: Array,
    answered: Array,
    draws: Draws,
) -> pl.DataFrame:
    """Compare what personas answer with how they were configured.

    Parameters
    ----------
    variables : sequence of str
        Names of the variables.
    configured, answered : ndarray of float64, shape (n_personas, n_variables)
        Survey values; an answer is nan where it is not valid.
    draws : Draws
        Bootstrap draws, and shuffles of the personas.

    Returns
    -------
    DataFrame
        Table MANIPULATION_CHECK; null, and why, where an answer does not vary or hardly anybody
        gave one.
    """
    columns = _moment_columns(configured, answered)
    slope, correlation = _slopes(columns.sum(axis=0))
    n = np.isfinite(answered).sum(axis=0)
    # Two points always lie on a line.
    enough = n >= FEWEST
    slope, correlation = (np.where(enough, each, np.nan) for each in (slope, correlation))
    sums = resampling.resampled_sums(columns, draws, "quality/personas")
    low, high = resampling.interval(slope, _slopes(sums)[0])
    varies = np.isfinite(correlation)
    null = _null_correlation(configured, answered, draws)
    low, high, null = (np.where(varies, each, np.nan) for each in (low, high, null))
    alike = np.where(np.isfinite(slope), ALIKE, NO_CONTRAST)
    remarks = np.where(varies, "", np.where(enough, alike, TOO_FEW))
    frame = pl.DataFrame(
        {
            "variable": variables,
            "slope": slope,
            "ci_low": low,
            "ci_high": high,
            "correlation": correlation,
            "null_95_correlation": null,
            "top_above_bottom": [
                top_above_bottom(x, y) for x, y in zip(configured.T, answered.T, strict=True)
            ],
            "n_personas": n,
            "remark": remarks.astype(str).tolist(),
        },
        schema=quality_tables.MANIPULATION_CHECK.columns,
    )
    return frame.fill_nan(None)


def _null_correlation(configured: Array, answered: Array, draws: Draws) -> Array:
    """95th percentile of |r| when answers are shuffled over personas, by variable."""
    known = (~np.isnan(answered)).sum(axis=0)
    x, y = _standardised(configured), _standardised(answered)
    # Missing answers weigh nothing; the configured values left beside the others keep mean 0
    # and variance 1 in expectation, so r is their mean product.
    products = resampling.shuffled_products(y, x, draws, "quality/shuffles")
    with np.errstate(divide="ignore", invalid="ignore"):
        return resampling.null_95(np.abs(products) / known)


def _standardised(columns: Array) -> Array:
    """Columns of mean 0 and variance 1, 0 where nan; nan throughout if a column does not vary."""
    known = ~np.isnan(columns)
    n = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, columns - np.where(known, columns, 0).sum(axis=0) / n, 0.0)
    sd = np.sqrt((centred**2).sum(axis=0) / n)
    return centred / np.where(sd**2 > LEAST_VARIANCE, sd, np.nan)
