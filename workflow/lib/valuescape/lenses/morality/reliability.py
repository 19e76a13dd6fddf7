"""Reliability: whether the items of a foundation measure one thing, and all the same thing.

A high alpha is no praise by itself. Expected answers hold no draw, and hang together whatever the
model makes of an item; beside people stand personas read as individuals, who choose one option.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.optimize import minimize

from valuescape.answers import expected as answers
from valuescape.answers.expected import Readout, n_readings
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import read_norms
from valuescape.lenses.morality.tables import SCORINGS
from valuescape.stats import resampling
from valuescape.stats.dependence import effective_dependence
from valuescape.stats.reliability import LEAST_VARIANCE, cronbach_alpha, cronbach_alpha_interval
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Row = tuple[str | float | int, ...]

logger = logging.getLogger(__name__)

# Fitting a factor, or shuffling a key, so often fixes an interval to about a tenth of its width.
MOST_FITS = 100
# Unique variances from which the factor model is fitted, and the least that an item keeps.
STARTS = (0.5, 0.9)
LEAST_UNIQUE = 0.005
SMALLEST = 1e-12
# One factor of two items has no unique solution; two personas always lie on a line.
FEWEST_ITEMS = 3
FEWEST_PERSONAS = 3
ROWS_AT_ONCE = 2048


def omega(covariance: NDArray[np.float64], starts: tuple[float, ...] = STARTS) -> float:
    """Return McDonald's omega total of a one-factor model fitted by maximum likelihood.

    Parameters
    ----------
    covariance : ndarray of float64, shape (k, k)
        Of the items of one scale.
    starts : tuple of float
        Unique variances from which the fit starts; one is enough for a bootstrap draw.

    Returns
    -------
    float
        (sum l)^2 / ((sum l)^2 + sum psi), in [0, 1]; nan if an item does not vary, or the fit
        does not converge.
    """
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if len(covariance) < FEWEST_ITEMS or not (spread**2 > LEAST_VARIANCE).all():
        return np.nan
    correlation = covariance / np.outer(spread, spread)
    fits = [_one_factor(correlation, start) for start in starts]
    found = [fit for fit in fits if fit is not None]
    if not found:
        return np.nan
    # The likelihood may have more than one top: the highest counts.
    _, loadings, unique = min(found, key=lambda fit: fit[0])
    common = float((loadings * spread).sum()) ** 2
    return common / (common + float((unique * spread**2).sum()))


def _one_factor(
    correlation: NDArray[np.float64], start: float
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]] | None:
    """Return discrepancy, loadings and unique variances of the one-factor model, if it converges.

    Given unique variances the loadings are known, so that these alone are searched for (Joreskog
    1967, Psychometrika 32:443). Expectation-maximisation takes thousands of steps for the same.
    """

    def scaled(unique: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        root = np.sqrt(unique)
        values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
        return values, root * vectors[:, -1] * np.sqrt(max(float(values[-1]) - 1, 0.0))

    def discrepancy(unique: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values, loadings = scaled(unique)
        rest = np.maximum(values[:-1], SMALLEST)
        value = float((rest - np.log(rest) - 1).sum())
        implied = np.outer(loadings, loadings) + np.diag(unique)
        return value, np.diag(implied - correlation) / unique**2

    k = len(correlation)
    found = minimize(
        discrepancy, np.full(k, start), jac=True, method="L-BFGS-B",
        bounds=[(LEAST_UNIQUE, 1.0)] * k, options={"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-8},
    )  # fmt: skip
    if not found.success:
        return None
    return float(found.fun), scaled(found.x)[1], found.x


def correlations(covariance: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the correlations, or None if something does not vary."""
    variances = np.diag(covariance)
    if not (variances > LEAST_VARIANCE).all():
        return None
    return np.asarray(covariance / np.sqrt(np.outer(variances, variances)))


def first_share(covariance: NDArray[np.float64]) -> float:
    """Return the share of the first principal component of the correlations, in [0, 1]."""
    found = correlations(covariance)
    return np.nan if found is None else min(float(np.linalg.eigvalsh(found)[-1] / len(found)), 1.0)


def dependence(covariance: NDArray[np.float64]) -> float:
    """Return the effective dependence, in [0, 1]; nan if something does not vary."""
    found = correlations(covariance)
    if found is None:
        return np.nan
    return float(effective_dependence(np.linalg.eigvalsh(found).astype(np.float64)))


def congruence(covariance: NDArray[np.float64], key: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how well the leading components, rotated to a key, agree with it.

    Parameters
    ----------
    covariance : ndarray of float64, shape (n_items, n_items)
        Of all items.
    key : ndarray of float64, shape (n_items, n_scales)
        1 where an item belongs to a scale.

    Returns
    -------
    ndarray of float64, shape (n_scales,)
        Tucker's coefficient after an orthogonal Procrustes rotation, in [-1, 1].
    """
    found = correlations(covariance)
    if found is None:
        return np.full(key.shape[1], np.nan)
    values, vectors = np.linalg.eigh(found)
    leading = slice(len(found) - key.shape[1], None)
    loadings = vectors[:, leading] * np.sqrt(np.maximum(values[leading], 0))
    left, _, right = np.linalg.svd(loadings.T @ key)
    turned = loadings @ left @ right
    return np.asarray(
        (turned * key).sum(axis=0) / np.sqrt((turned**2).sum(axis=0) * (key**2).sum(axis=0))
    )


def covariance_sums(items: NDArray[np.float64], draws: Draws, purpose: str) -> NDArray[np.float64]:
    """Return the covariance of items, then that of bootstrap draws of the personas.

    Parameters
    ----------
    items : ndarray of float64, shape (n, k)
        None missing.
    draws : Draws
        Bootstrap draws.
    purpose : str
        What they are for.

    Returns
    -------
    ndarray of float64, shape (1 + n_replicates, k, k)
        Divided by n; nan without personas.
    """
    n, k = items.shape
    if n == 0:
        return np.full((1 + draws.n, k, k), np.nan)
    centred = items - items.mean(axis=0)
    upper = np.triu_indices(k)
    sums = np.zeros((1 + draws.n, k + len(upper[0])))
    # Products of all pairs at once would take twenty times the memory of the items.
    blocks = [slice(start, start + ROWS_AT_ONCE) for start in range(0, n, ROWS_AT_ONCE)]
    for draw, weights in resampling.resampled_weights(n, draws, purpose):
        for rows in blocks:
            sums[1:][draw] += weights[:, rows] @ _with_products(centred[rows], upper)
    for rows in blocks:
        sums[0] += _with_products(centred[rows], upper).sum(axis=0)
    sums /= n
    found = np.empty((len(sums), k, k))
    found[:, upper[0], upper[1]] = found[:, upper[1], upper[0]] = sums[:, k:]
    return np.asarray(found - sums[:, :k, None] * sums[:, None, :k])


def _with_products(
    rows: NDArray[np.float64], pairs: tuple[NDArray[np.int64], ...]
) -> NDArray[np.float64]:
    """Return columns, and beside them the products of pairs of them."""
    return np.column_stack([rows, rows[:, pairs[0]] * rows[:, pairs[1]]])


@dataclass(frozen=True)
class ItemCovariances:
    """Covariances of the same items in one or several readings of the personas.

    Attributes
    ----------
    estimates : ndarray of float64, shape (n_readings, k, k)
        Of each reading.
    drawn : ndarray of float64, shape (n_replicates, k, k)
        Of bootstrap draws of the personas, as many of each reading.
    n : int
        Personas who answered all these items.
    """

    estimates: NDArray[np.float64]
    drawn: NDArray[np.float64]
    n: int

    def measure(
        self,
        statistic: Callable[[NDArray[np.float64]], float],
        of_draws: Callable[[NDArray[np.float64]], float] | None = None,
    ) -> tuple[float, float, float]:
        """Return a statistic in [0, 1] of covariances with its interval, the mean over readings.

        Parameters
        ----------
        statistic : callable
            Of a covariance matrix; nan where it is not defined.
        of_draws : callable, optional
            The same of bootstrap draws, if a faster one will do.

        Returns
        -------
        (float, float, float)
            Estimate and the ends of its 95 % interval.
        """
        found = _mean([statistic(each) for each in self.estimates])
        if np.isnan(found):
            return np.nan, np.nan, np.nan
        others = np.array([(of_draws or statistic)(each) for each in self.drawn])
        low, high = resampling.interval(found, others, bounds=(0, 1))
        return found, float(low), float(high)

    def of(self, weights: NDArray[np.float64]) -> ItemCovariances:
        """Return the covariances of sums of items, weights of shape (k, n_sums)."""
        estimates, drawn = (weights.T @ each @ weights for each in (self.estimates, self.drawn))
        return ItemCovariances(estimates, drawn, self.n)


def _mean(values: list[float]) -> float:
    """Mean over the readings that define a number, nan if none does."""
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else np.nan


def covariances(readings: NDArray[np.float64], draws: Draws) -> ItemCovariances:
    """Return the covariances of items over the personas who answered them all.

    Parameters
    ----------
    readings : ndarray of float64, shape (n_readings, n_personas, k)
        nan where an answer is not valid, the same in every reading.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    ItemCovariances
        nan with fewer personas than `FEWEST_PERSONAS`.
    """
    known = np.isfinite(readings[0]).all(axis=1)
    n = int(known.sum())
    rows = readings[:, known] if n >= FEWEST_PERSONAS else readings[:, :0]
    share = Draws(-(-draws.n // len(rows)), draws.seed)
    found = np.stack(
        [
            covariance_sums(each, share, f"score quality/personas {number}")
            for number, each in enumerate(rows)
        ]
    )
    drawn = found[:, 1:].reshape(-1, *found.shape[2:])
    return ItemCovariances(found[:, 0], drawn, n)


def why_missing(n: int, *values: float) -> str:
    """Say why numbers of items are missing; empty if none is."""
    if np.isfinite(values).all():
        return ""
    if n < FEWEST_PERSONAS:
        return f"not defined: {n} personas answered all items"
    return "not defined: an item, or the score, is the same for all personas"


def reliability_rows(
    scoring: str,
    readout: str,
    readings: NDArray[np.float64],
    whole: ItemCovariances,
    key: NDArray[np.float64],
    *,
    draws: Draws,
) -> list[Row]:
    """Return the reliability of each foundation.

    Parameters
    ----------
    scoring : str
        One of `SCORINGS`: that of the items.
    readout : str
        What the items are made of.
    readings : ndarray of float64, shape (n_readings, n_personas, n_items)
        Answers; nan where not valid.
    whole : ItemCovariances
        Of all of them.
    key : ndarray of float64, shape (n_items, 6)
        1 where an item belongs to a foundation.
    draws : Draws
        Bootstrap draws, and shuffles of the key.

    Returns
    -------
    list of tuple
        Rows of RELIABILITY: each foundation of the personas who answered its items.
    """
    agreed = np.mean([congruence(each, key) for each in whole.estimates], axis=0)
    rng = draws.generator("score quality/shuffled keys")
    first = whole.estimates[0]
    null = resampling.null_95(
        np.array([congruence(first, rng.permutation(key)) for _ in range(draws.n)])
    )
    rows: list[Row] = []
    for f, foundation in enumerate(FOUNDATIONS):
        own = covariances(readings[:, :, key[:, f] > 0], draws)
        k = int(key[:, f].sum())
        alpha = _mean([cronbach_alpha(each) for each in own.estimates])
        ends = (np.nan, np.nan) if np.isnan(alpha) else cronbach_alpha_interval(alpha, own.n, k)
        once = partial(omega, starts=STARTS[:1])
        # The mean over many readings does not hang on one fit.
        fitted = own.measure(omega if len(own.estimates) == 1 else once, once)
        beside = (float(agreed[f]), float(null[f]))
        remark = why_missing(own.n, alpha, fitted[0])
        if not remark and np.isnan(agreed[f]):
            remark = f"no congruence: {whole.n} personas answered all items, or one never varies"
        rows.append((foundation, scoring, readout, alpha, *ends, *fitted, *beside, own.n, remark))
    return rows


def constraint_rows(
    scoring: str,
    readout: str,
    of_items: ItemCovariances,
    key: NDArray[np.float64],
    human: NDArray[np.float64],
) -> list[Row]:
    """Return how far one dimension decides the items, and the foundations.

    Parameters
    ----------
    scoring, readout, key
        As in `reliability_rows`.
    of_items : ItemCovariances
        Of all items.
    human : ndarray of float64, shape (n_countries, 6)
        Mean foundation scores of people by country, raw.

    Returns
    -------
    list of tuple
        Rows of CONSTRAINT.
    """
    singular = scoring == "ipsatised"
    of_foundations = of_items.of(key / key.sum(axis=0))
    people = np.cov((human - human.mean(axis=1, keepdims=True) * singular).T)
    of_people = (first_share(people), np.nan if singular else dependence(people))
    rows: list[Row] = []
    for of, matrices, beside in (
        ("items", of_items, (np.nan, np.nan)), ("foundations", of_foundations, of_people)
    ):  # fmt: skip
        share = matrices.measure(first_share)
        p, n = matrices.estimates.shape[1], matrices.n
        # The greatest eigenvalue of independent columns (Marchenko & Pastur 1967).
        chance = min((1 + np.sqrt(p / n)) ** 2 / p, 1.0) if np.isfinite(share[0]) else np.nan
        depends = np.nan if singular else _mean([dependence(m) for m in matrices.estimates])
        remark = why_missing(n, share[0])
        rows.append((of, scoring, readout, *share, chance, depends, *beside, n, remark))
    return rows


def analyse(
    readings: Mapping[str, NDArray[np.float64]],
    key: NDArray[np.float64],
    human: NDArray[np.float64],
    draws: Draws,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return reliability and constraint, raw and ipsatised, in every readout.

    Parameters
    ----------
    readings : mapping of str to ndarray of float64, shape (n_readings, n_personas, n_items)
        Answers of personas by readout; nan where not valid.
    key : ndarray of float64, shape (n_items, 6)
        1 where an item belongs to a foundation.
    human : ndarray of float64, shape (n_countries, 6)
        Mean foundation scores of people by country.
    draws : Draws
        Bootstrap draws, and shuffles of the key.

    Returns
    -------
    (DataFrame, DataFrame)
        Tables RELIABILITY and CONSTRAINT.
    """
    few = Draws(min(draws.n, MOST_FITS), draws.seed)
    reliable: list[Row] = []
    constrained: list[Row] = []
    for readout, items in readings.items():
        for scoring in SCORINGS:
            own = items
            if scoring == "ipsatised":
                own = items - items.mean(axis=-1, keepdims=True)
            of_items = covariances(own, few)
            reliable += reliability_rows(scoring, readout, own, of_items, key, draws=few)
            constrained += constraint_rows(scoring, readout, of_items, key, human)
    reliability = pl.DataFrame(
        reliable, schema=dict(moral_tables.RELIABILITY.columns), orient="row"
    )
    constraint = pl.DataFrame(
        constrained, schema=dict(moral_tables.CONSTRAINT.columns), orient="row"
    )
    return reliability.fill_nan(None), constraint.fill_nan(None)


@command
def main(
    *,
    responses: Path,
    instrument: Path,
    norms: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    reliability: Path,
    constraint: Path,
) -> None:
    """Read answers and norms, write reliability and constraint."""
    mfq = read_instrument(instrument)
    answered = tables.read(responses, study_tables.RESPONSES)
    items = answers.expected_values(answered, mfq, readout)
    complete = np.isfinite(items).all(axis=1).sum()
    logger.info("%d of %d personas answered all items", complete, answered.height)
    readings: dict[str, NDArray[np.float64]] = {readout: items[None]}
    if readout == "probabilities":
        times = Draws(n_readings(len(items)), seed)
        drawn = answers.drawn_values(answered, mfq, readout, times)
        readings["drawn"] = np.stack(list(drawn))
    key = np.array([[question.scale == name for name in FOUNDATIONS] for question in mfq.questions])
    by_country = read_norms(norms)
    means = [by_country.filter(foundation=f).sort("country")["mean"] for f in FOUNDATIONS]
    human = np.column_stack([column.to_numpy() for column in means])
    reliable, constrained = analyse(readings, key.astype(float), human, Draws(replicates, seed))
    provenance = tables.joined_provenance([responses])
    tables.write(reliable, reliability, moral_tables.RELIABILITY, provenance)
    tables.write(constrained, constraint, moral_tables.CONSTRAINT, provenance)


if __name__ == "__main__":
    run(main)
