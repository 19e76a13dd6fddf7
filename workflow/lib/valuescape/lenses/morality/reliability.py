"""Reliability: whether the items of a foundation measure one thing, and all the same thing.

LLM personas tend to be more consistent than people: a high alpha is no praise by itself.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from sklearn.decomposition import FactorAnalysis

from valuescape.answers import expected as answers
from valuescape.answers.expected import Readout
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import read_norms
from valuescape.lenses.morality.tables import SCORINGS
from valuescape.stats import resampling
from valuescape.stats.reliability import LEAST_VARIANCE, cronbach_alpha, cronbach_alpha_interval
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = tuple[str | float | int, ...]

logger = logging.getLogger(__name__)

# Fitting a factor, or shuffling a key, so often fixes an interval to about a tenth of its width.
MOST_FITS = 200


def omega(covariance: NDArray[np.float64]) -> float:
    """Return McDonald's omega total of a one-factor model fitted by maximum likelihood.

    Parameters
    ----------
    covariance : ndarray of float64, shape (k, k)
        Of the items of one scale.

    Returns
    -------
    float
        (sum l)^2 / ((sum l)^2 + sum psi), in [0, 1]; nan if an item does not vary.
    """
    spread = np.sqrt(np.diag(covariance))
    if not (spread**2 > LEAST_VARIANCE).all():
        return np.nan
    # The likelihood hangs on the covariance alone: these few rows have it, and mean 0.
    values, vectors = np.linalg.eigh(covariance / np.outer(spread, spread))
    rows = (vectors * np.sqrt(np.maximum(values, 0) * len(values))).T
    fit = FactorAnalysis(n_components=1, svd_method="lapack").fit(np.vstack([rows, -rows]))
    common = float((fit.components_[0] * spread).sum()) ** 2
    unique = float((fit.noise_variance_ * spread**2).sum())
    return common / (common + unique)


def correlations(covariance: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the correlations, or None if something does not vary."""
    variances = np.diag(covariance)
    if not (variances > LEAST_VARIANCE).all():
        return None
    return np.asarray(covariance / np.sqrt(np.outer(variances, variances)))


def first_share(covariance: NDArray[np.float64]) -> float:
    """Return the share of the first principal component of the correlations, in [0, 1]."""
    found = correlations(covariance)
    return np.nan if found is None else float(np.linalg.eigvalsh(found)[-1] / len(found))


def effective_dependence(covariance: NDArray[np.float64]) -> float:
    """Return 1 - det(R)^(1 / (p - 1)) (Pena & Rodriguez 2003), in [0, 1]; 0 if independent."""
    found = correlations(covariance)
    if found is None:
        return np.nan
    sign, log = np.linalg.slogdet(found)
    return 1.0 if sign <= 0 else float(1 - np.exp(log / (len(found) - 1)))


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


def covariances(items: NDArray[np.float64], draws: Draws) -> NDArray[np.float64]:
    """Return the covariance of items, then that of bootstrap draws of the personas.

    Parameters
    ----------
    items : ndarray of float64, shape (n, k)
        None missing.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    ndarray of float64, shape (1 + n_replicates, k, k)
        Divided by n.
    """
    n, k = items.shape
    centred = items - items.mean(axis=0)
    upper = np.triu_indices(k)
    columns = np.column_stack([centred, centred[:, upper[0]] * centred[:, upper[1]]])
    drawn = resampling.resampled_sums(columns, draws, "score quality/personas")
    sums = np.vstack([columns.sum(axis=0), drawn]) / n
    found = np.empty((len(sums), k, k))
    found[:, upper[0], upper[1]] = found[:, upper[1], upper[0]] = sums[:, k:]
    return np.asarray(found - sums[:, :k, None] * sums[:, None, :k])


def reliability_rows(
    scoring: str,
    covariance: NDArray[np.float64],
    key: NDArray[np.float64],
    n: int,
    rng: np.random.Generator,
) -> list[Row]:
    """Return the reliability of each foundation.

    Parameters
    ----------
    scoring : str
        One of `SCORINGS`: that of the items.
    covariance : ndarray of float64, shape (1 + n_replicates, n_items, n_items)
        From `covariances`.
    key : ndarray of float64, shape (n_items, 6)
        1 where an item belongs to a foundation.
    n : int
        Number of personas.
    rng : Generator
        Shuffles the key.

    Returns
    -------
    list of tuple
        Rows of RELIABILITY.
    """
    agreed = congruence(covariance[0], key)
    n_shuffles = len(covariance) - 1
    shuffled = [congruence(covariance[0], rng.permutation(key)) for _ in range(n_shuffles)]
    null = resampling.null_95(np.array(shuffled))
    rows: list[Row] = []
    for f, foundation in enumerate(FOUNDATIONS):
        own = covariance[np.ix_(np.arange(len(covariance)), *[np.flatnonzero(key[:, f])] * 2)]
        alpha = cronbach_alpha(own[0])
        fits = np.array([omega(each) for each in own])
        ends = resampling.interval(fits[0], fits[1:], bounds=(0, 1))
        rows.append(
            (foundation, scoring, alpha,
             *cronbach_alpha_interval(alpha, n, int(key[:, f].sum())),
             float(fits[0]), float(ends[0]), float(ends[1]), float(agreed[f]),
             float(null[f]), n)
        )  # fmt: skip
    return rows


def constraint_rows(
    scoring: str,
    covariance: NDArray[np.float64],
    key: NDArray[np.float64],
    human: NDArray[np.float64],
    n: int,
) -> list[Row]:
    """Return how far one dimension decides the items, and the foundations.

    Parameters
    ----------
    scoring, covariance, key, n
        As in `reliability_rows`.
    human : ndarray of float64, shape (n_countries, 6)
        Mean foundation scores of people by country, raw.

    Returns
    -------
    list of tuple
        Rows of CONSTRAINT.
    """
    singular = scoring == "ipsatised"
    weights = key / key.sum(axis=0)
    of_foundations = np.einsum("ia,dij,jb->dab", weights, covariance, weights)
    people = np.cov((human - human.mean(axis=1, keepdims=True) * singular).T)
    of_people = (first_share(people), np.nan if singular else effective_dependence(people))
    rows: list[Row] = []
    for of, matrices, beside in (
        ("items", covariance, (np.nan, np.nan)), ("foundations", of_foundations, of_people)
    ):  # fmt: skip
        shares = np.array([first_share(each) for each in matrices])
        ends = resampling.interval(shares[0], shares[1:], bounds=(0, 1))
        p = matrices.shape[1]
        # The greatest eigenvalue of independent columns (Marchenko & Pastur 1967).
        chance = (1 + np.sqrt(p / n)) ** 2 / p
        depends = np.nan if singular else effective_dependence(matrices[0])
        rows.append(
            (of, scoring, float(shares[0]), float(ends[0]), float(ends[1]), min(chance, 1.0),
             depends, *beside, n)
        )  # fmt: skip
    return rows


def analyse(
    items: NDArray[np.float64], key: NDArray[np.float64], human: NDArray[np.float64], draws: Draws
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return reliability and constraint, raw and ipsatised.

    Parameters
    ----------
    items : ndarray of float64, shape (n, n_items)
        Answers of personas, none missing.
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
    n = len(items)
    few = Draws(min(draws.n, MOST_FITS), draws.seed)
    rng = few.generator("score quality/shuffled keys")
    reliable: list[Row] = []
    constrained: list[Row] = []
    for scoring in SCORINGS:
        own = items - items.mean(axis=1, keepdims=True) * (scoring == "ipsatised")
        covariance = covariances(own, few)
        reliable += reliability_rows(scoring, covariance, key, n, rng)
        constrained += constraint_rows(scoring, covariance, key, human, n)
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
    items = items[np.isfinite(items).all(axis=1)]
    logger.info("%d of %d personas answered all items", len(items), answered.height)
    key = np.array([[question.scale == name for name in FOUNDATIONS] for question in mfq.questions])
    by_country = read_norms(norms)
    means = [by_country.filter(foundation=f).sort("country")["mean"] for f in FOUNDATIONS]
    human = np.column_stack([column.to_numpy() for column in means])
    reliable, constrained = analyse(items, key.astype(float), human, Draws(replicates, seed))
    provenance = tables.joined_provenance([responses])
    tables.write(reliable, reliability, moral_tables.RELIABILITY, provenance)
    tables.write(constrained, constraint, moral_tables.CONSTRAINT, provenance)


if __name__ == "__main__":
    run(main)
