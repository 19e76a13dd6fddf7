"""Constraint: how strongly answers depend on each other, by the spectrum of their correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.stats import resampling
from valuescape.stats.dependence import effective_dependence
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# Below this a variance is rounding: an answer that does not vary correlates with nothing.
LEAST_VARIANCE = 1e-12


def spectrum(sums: Array, n_variables: int) -> Array:
    """Return the eigenvalues of correlation matrices.

    Parameters
    ----------
    sums : ndarray of float64, shape (..., 1 + n_variables + n_variables^2)
        Sums of 1, the answers, and their products.
    n_variables : int
        Number of answers.

    Returns
    -------
    ndarray of float64, shape (..., n_variables)
        The greatest first; they sum to n_variables. nan where an answer does not vary.
    """
    n = sums[..., :1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[..., 1 : n_variables + 1] / n
        products = sums[..., n_variables + 1 :] / n
        square = products.reshape(*sums.shape[:-1], n_variables, n_variables)
        covariance = square - mean[..., :, None] * mean[..., None, :]
        variance = np.diagonal(covariance, axis1=-2, axis2=-1)
        sd = np.sqrt(np.where(variance > LEAST_VARIANCE, variance, np.nan))
        correlation = covariance / sd[..., :, None] / sd[..., None, :]
    known = np.asarray(~np.isnan(correlation).any(axis=(-2, -1), keepdims=True))
    values = np.linalg.eigvalsh(np.where(known, correlation, np.eye(n_variables)))[..., ::-1]
    return np.where(known[..., 0], values, np.nan)


def _measures(eigenvalues: Array) -> dict[str, Array]:
    """Measures of spectra, shape (..., n_variables), each of shape (...)."""
    n = eigenvalues.shape[-1]
    found = {f"eigenvalue_{k + 1:02d}": eigenvalues[..., k] for k in range(n)}
    found["first_component_share"] = eigenvalues[..., 0] / n
    found["effective_dependence"] = effective_dependence(eigenvalues)
    return found


def compare_constraint(
    answered: Mapping[str, Sequence[Array]], configured: Array, human: Array, draws: Draws
) -> pl.DataFrame:
    """Compare how strongly answers depend on each other: of personas, their design and humans.

    Parameters
    ----------
    answered : mapping of str to sequence of ndarray of float64, shape (n, n_variables)
        By object of table CONSTRAINT, persona answers in each reading; personas with nan are left
        out. Measures of several readings are averaged.
    configured : ndarray of float64, shape (n, n_variables)
        Their configurations.
    human : ndarray of float64, shape (n_known,)
        Eigenvalues among humans, the greatest first: as many as are known.
    draws : Draws
        Bootstrap draws over personas, and shuffles of each answer; shared by the readings.

    Returns
    -------
    DataFrame
        Table CONSTRAINT.
    """
    width = configured.shape[1]
    rows: list[tuple[str, str, float, float | None, float | None, float | None]] = []
    for name, readings in answered.items():
        own = Draws(-(-draws.n // len(readings)), draws.seed)
        found = [
            _of_personas(reading, own, f"constraint/{number}" if number else "constraint")
            for number, reading in enumerate(readings)
        ]
        for measure in found[0][0]:
            estimate = float(np.mean([each[measure] for each, _, _ in found]))
            bounds = (0.0, 1.0 if "eigenvalue" not in measure else np.inf)
            apart = [drawn[measure] - each[measure] for each, drawn, _ in found]
            low, high = resampling.interval(estimate, estimate + np.concatenate(apart), bounds)
            null_95 = resampling.null_95(np.concatenate([chance[measure] for *_, chance in found]))
            ends = (float(low), float(high), float(null_95))
            rows.append((name, measure, estimate, *ends))
    flat = _measures(spectrum(_moments(configured - configured.mean(axis=0)).sum(axis=0), width))
    rows += [("design", name, float(value), None, None, None) for name, value in flat.items()]
    people = _measures(human)
    if len(human) < width:
        # The determinant needs the whole spectrum.
        people["first_component_share"] = human[..., 0] / width
        del people["effective_dependence"]
    rows += [("human", name, float(value), None, None, None) for name, value in people.items()]
    return pl.DataFrame(rows, schema=map_tables.CONSTRAINT.columns, orient="row").fill_nan(None)


def _of_personas(
    answered: Array, draws: Draws, purpose: str
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """Return the measures of one reading: found, of personas drawn anew, of answers shuffled."""
    y = answered[~np.isnan(answered).any(axis=1)]
    width = answered.shape[1]
    # Standardised first: products of raw answers lose digits.
    y = (y - y.mean(axis=0)) / np.where(y.std(axis=0) > 0, y.std(axis=0), 1) if len(y) else y
    columns = _moments(y)
    found = spectrum(columns.sum(axis=0), width)
    drawn = spectrum(resampling.resampled_sums(columns, draws, f"{purpose}/personas"), width)
    shuffled = _shuffled_moments(y, draws, f"{purpose}/shuffles")
    return _measures(found), _measures(drawn), _measures(spectrum(shuffled, width))


def _shuffled_moments(y: Array, draws: Draws, purpose: str) -> Array:
    """Return sums as `spectrum` takes them, one row a draw, each answer shuffled by itself."""
    n, width = y.shape
    squares = np.zeros((draws.n, width, width))
    if n >= resampling.MANY:
        # then the products of pairs are normal, and independent of each other
        first, second = np.triu_indices(width, 1)
        squares[:, first, second] = resampling.shuffled_products(
            y[:, first], y[:, second], draws, purpose
        )
        squares += squares.transpose(0, 2, 1) + np.diag((y**2).sum(axis=0))
    else:
        rng = draws.generator(purpose)
        for square in squares:
            apart = rng.permuted(y, axis=0)
            square[:] = apart.T @ apart
    sums = np.tile([n, *y.sum(axis=0)], (draws.n, 1))
    return np.concatenate([sums, squares.reshape(draws.n, -1)], axis=1)


def _moments(rows: Array) -> Array:
    products = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), rows.shape[1] ** 2)
    return np.concatenate([np.ones((len(rows), 1)), rows, products], axis=1)
