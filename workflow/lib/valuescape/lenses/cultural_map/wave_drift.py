"""How well predicted shifts between waves follow human ones, over countries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.lenses.weights import tables as weight_tables
from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

# A correlation over fewer shifts is no estimate.
FEWEST_SHIFTS = 3
# Below this, squared shifts are rounding.
LEAST_SQUARE = 1e-18


def measures(human: Array, predicted: Array, times: Array) -> dict[str, Array]:
    """Return how well predictions follow.

    Parameters
    ----------
    human, predicted : ndarray of float64, shape (n_shifts,)
        Shifts.
    times : ndarray of float64, shape (..., n_shifts)
        How often each counts.

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        slope, correlation, rms_error, rms_no_change, skill; nan where not defined.
    """
    total = times.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_h, mean_p = times @ human / total, times @ predicted / total
        hh = times @ human**2 / total - mean_h**2
        pp = times @ predicted**2 / total - mean_p**2
        hp = times @ (human * predicted) / total - mean_h * mean_p
        error = times @ (predicted - human) ** 2 / total
        still = times @ human**2 / total
        varies = (hh > LEAST_SQUARE) & (pp > LEAST_SQUARE)
        return {
            "slope": np.where(hh > LEAST_SQUARE, hp / hh, np.nan),
            "correlation": np.where(varies, np.clip(hp / np.sqrt(hh * pp), -1, 1), np.nan),
            "rms_error": np.sqrt(error),
            "rms_no_change": np.sqrt(still),
            "skill": np.where(still > LEAST_SQUARE, 1 - error / still, np.nan),
        }


def drift(shifts: pl.DataFrame, predictors: Sequence[str], draws: Draws) -> pl.DataFrame:
    """Summarise shifts over countries, for each quantity and predictor.

    Parameters
    ----------
    shifts : DataFrame
        Table WAVE_SHIFTS.
    predictors : sequence of str
        Its columns that predict.
    draws : Draws
        Draws of countries (all shifts of a country together), and shuffles of them.

    Returns
    -------
    DataFrame
        Table WAVE_DRIFT; of quantities with three shifts or more.
    """
    rows: list[tuple[str, str, str, float, float | None, float | None, float | None]] = []
    for (quantity,), frame in shifts.group_by("quantity", maintain_order=True):
        for predictor in predictors:
            known = frame.drop_nulls(predictor).sort("country", "from_wave")
            if known.height >= FEWEST_SHIFTS:
                rows += _rows(str(quantity), predictor, known, draws)
    schema = dict(weight_tables.WAVE_DRIFT.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _rows(
    quantity: str, predictor: str, known: pl.DataFrame, draws: Draws
) -> list[tuple[str, str, str, float, float | None, float | None, float | None]]:
    human, predicted = known["human"].to_numpy(), known[predictor].to_numpy()
    countries, place = np.unique(known["country"].to_numpy(), return_inverse=True)
    rng = draws.generator(f"waves/{quantity}")
    even = np.full(len(countries), 1 / len(countries))
    times = rng.multinomial(len(countries), even, size=draws.n)[:, place].astype(np.float64)
    estimates = measures(human, predicted, np.ones(len(human)))
    replicates = measures(human, predicted, times)
    shuffled = rng.permuted(np.tile(human, (draws.n, 1)), axis=1)
    against = resampling.correlation(np.broadcast_to(predicted, shuffled.shape), shuffled)
    null = float(resampling.null_bound(against))
    rows: list[tuple[str, str, str, float, float | None, float | None, float | None]] = []
    for measure, estimate in estimates.items():
        low, high = None, None
        if len(countries) > 1 and np.isfinite(estimate):
            bounds = {"correlation": (-1.0, 1.0), "skill": (-np.inf, 1.0)}
            least = 0.0 if measure.startswith("rms") else -np.inf
            ends = resampling.interval(
                estimate, replicates[measure], bounds.get(measure, (least, np.inf))
            )
            low, high = float(ends[0]), float(ends[1])
        beside = null if measure == "correlation" else None
        rows.append((quantity, predictor, measure, float(estimate), low, high, beside))
    noise = float(np.sqrt(np.nanmean(known["human_se"].to_numpy().astype(np.float64) ** 2)))
    for measure, value in (
        ("rms_noise", noise),
        ("n_shifts", float(len(human))),
        ("n_countries", float(len(countries))),
    ):
        rows.append((quantity, predictor, measure, value, None, None, None))
    return rows
