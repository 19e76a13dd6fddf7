"""Score quality: whether the items of a foundation measure one thing, and all the same thing.

    python -m valuescape.lenses.morality.reliability --responses F --instrument F --norms F --answers KIND \
        --seed N --replicates N --reliability F --constraint F

LLM personas tend to be more consistent than people: a high alpha is no praise by itself.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import f as f_distribution
from sklearn.decomposition import FactorAnalysis

from valuescape.answers import expected as answers
from valuescape.answers.inputs import parser_of_answers
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.core.reference import read_reference
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import resampling
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws

logger = logging.getLogger(__name__)

SCORINGS = ("raw", "ipsatised")
# Fitting a factor, or shuffling a key, so often fixes an interval to about a tenth of its width.
MOST_FITS = 200
LEAST_VARIANCE = 1e-12


def alpha(covariance: NDArray[np.float64]) -> float:
    """Return Cronbach's alpha (1951, Psychometrika 16:297).

    Parameters
    ----------
    covariance : ndarray of float64, shape (k, k)
        Of the items of one scale.

    Returns
    -------
    float
        At most 1; nan if the scale does not vary.
    """
    k, total = len(covariance), float(covariance.sum())
    if total <= LEAST_VARIANCE:
        return np.nan
    return float(k / (k - 1) * (1 - np.trace(covariance) / total))


def alpha_interval(found: float, n: int, k: int) -> tuple[float, float]:
    """Return the 95 % interval of alpha (Feldt 1965, Psychometrika 30:357).

    Parameters
    ----------
    found : float
        Alpha.
    n, k : int
        Number of personas and of items.

    Returns
    -------
    (float, float)
        Lower and upper end.
    """
    ends = f_distribution.ppf([0.975, 0.025], n - 1, (n - 1) * (k - 1))
    low, high = 1 - (1 - found) * np.array([ends[0], ends[1]])
    return float(low), float(high)


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
    few = resampling.Draws(min(draws.n, MOST_FITS), draws.seed)
    rng = few.generator("score quality/shuffled keys")
    scale = key / key.sum(axis=0)
    reliable: list[tuple[str | float | int, ...]] = []
    bound: list[tuple[str | float | int, ...]] = []
    for scoring in SCORINGS:
        own = items - items.mean(axis=1, keepdims=True) * (scoring == "ipsatised")
        all_draws = covariances(own, few)
        whole = all_draws[0]
        agreed = congruence(whole, key)
        shuffled = [congruence(whole, rng.permutation(key)) for _ in range(few.n)]
        null = resampling.null_bound(np.array(shuffled))
        for f, foundation in enumerate(FOUNDATIONS):
            mine = np.ix_(np.arange(len(all_draws)), *[np.flatnonzero(key[:, f])] * 2)
            found = alpha(all_draws[mine][0])
            fits = np.array([omega(covariance) for covariance in all_draws[mine]])
            ends = resampling.interval(fits[0], fits[1:], bounds=(0, 1))
            reliable.append(
                (foundation, scoring, found, *alpha_interval(found, n, int(key[:, f].sum())),
                 float(fits[0]), float(ends[0]), float(ends[1]), float(agreed[f]),
                 float(null[f]), n)
            )  # fmt: skip
        people = human - human.mean(axis=1, keepdims=True) * (scoring == "ipsatised")
        folded = np.einsum("ia,dij,jb->dab", scale, all_draws, scale)
        spread = np.cov(people.T)
        singular = scoring == "ipsatised"
        of_people = (first_share(spread), np.nan if singular else effective_dependence(spread))
        for of, matrices, beside in (
            ("items", all_draws, (np.nan, np.nan)), ("foundations", folded, of_people)
        ):  # fmt: skip
            shares = np.array([first_share(covariance) for covariance in matrices])
            ends = resampling.interval(shares[0], shares[1:], bounds=(0, 1))
            p = matrices.shape[1]
            # The greatest eigenvalue of independent columns (Marchenko & Pastur 1967).
            chance = (1 + np.sqrt(p / n)) ** 2 / p
            depends = np.nan if singular else effective_dependence(matrices[0])
            bound.append(
                (of, scoring, float(shares[0]), float(ends[0]), float(ends[1]), min(chance, 1.0),
                 depends, *beside, n)
            )  # fmt: skip
    reliability = pl.DataFrame(
        reliable, schema=dict(moral_tables.RELIABILITY.columns), orient="row"
    )
    constraint = pl.DataFrame(bound, schema=dict(moral_tables.CONSTRAINT.columns), orient="row")
    return reliability.fill_nan(None), constraint.fill_nan(None)


def main(argv: Sequence[str] | None = None) -> None:
    """Read answers and norms, write reliability and constraint.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    files = ("responses", "instrument", "norms", "reliability", "constraint")
    args = parser_of_answers(__doc__, files).parse_args(argv)
    instrument = read_instrument(args.instrument)
    responses = tables.read(args.responses, study_tables.RESPONSES)
    items = answers.expected_values(responses, instrument, args.answers)
    items = items[np.isfinite(items).all(axis=1)]
    logger.info("%d of %d personas answered all items", len(items), responses.height)
    key = np.array(
        [[question.foundation == name for name in FOUNDATIONS] for question in instrument.questions]
    )
    norms = read_reference(
        args.norms, {"country": pl.String, "foundation": pl.String, "mean": pl.Float64}
    )
    people = [norms.filter(pl.col("foundation") == f).sort("country")["mean"] for f in FOUNDATIONS]
    draws = resampling.Draws(args.replicates, args.seed)
    human = np.column_stack([column.to_numpy() for column in people])
    reliability, constraint = analyse(items, key.astype(float), human, draws)
    provenance = tables.joined_provenance([args.responses])
    tables.write(reliability, args.reliability, moral_tables.RELIABILITY, provenance)
    tables.write(constraint, args.constraint, moral_tables.CONSTRAINT, provenance)


if __name__ == "__main__":
    run(main)
