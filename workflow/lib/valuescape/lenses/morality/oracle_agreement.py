"""How well the direct ratings of an LLM predict what its personas answer.

The oracle rates, for each level of each cultural variable, how strongly a person of that level
endorses each foundation. Centred within variables, its ratings predict the level effects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.core.errors import UserError
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import resampling
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.stats.level_effects import Membership

# The rating by the option probabilities, not one that was drawn.
EXPECTED = "expected"
# Columns of a prediction persona by persona.
PREDICTION = ("r_personas", "r_ci_low", "r_ci_high", "spearman_personas", "slope_personas",
              "r2_personas", "rmse_personas")  # fmt: skip
# Fisher's z has the variance 1 / (n - 3).
LEAST_PAIRS = 3
# Ratings and effects that differ by less are one rank: rounding breaks no tie.
DECIMALS = 9
TIE = 10.0**-DECIMALS


def mean_ratings(oracle: pl.DataFrame, draw: str = EXPECTED) -> pl.DataFrame:
    """Return one rating for each level and foundation, the mean over the wordings.

    Parameters
    ----------
    oracle : DataFrame
        Table ORACLE.
    draw : str
        Which rating: the expected one, or one that was drawn.

    Returns
    -------
    DataFrame
        variable, level, foundation, rating; null where no wording has a rating.
    """
    kept = oracle.filter(pl.col("draw") == draw)
    key = ("variable", "level", "foundation")
    return kept.group_by(key, maintain_order=True).agg(pl.col("rating").mean())


def oracle_ratings(
    oracle: pl.DataFrame, levels: Membership, draw: str = EXPECTED
) -> NDArray[np.float64]:
    """Return the oracle's ratings, the mean over wordings, centred within each variable.

    Parameters
    ----------
    oracle : DataFrame
        Table ORACLE.
    levels : Membership
        Levels wanted.
    draw : str
        Which rating: the expected one, or one that was drawn.

    Returns
    -------
    ndarray of float64, shape (n_foundations, n_levels)
        In points of the oracle's scale; a level without a rating takes its variable's mean, 0;
        nan if a variable has no rating at all.

    Raises
    ------
    UserError
        If a level is not in the table.
    """
    ratings = {
        (variable, level, foundation): rating
        for variable, level, foundation, rating in mean_ratings(oracle, draw).iter_rows()
    }
    raw = np.full((len(FOUNDATIONS), len(levels.level)), np.nan)
    for column, (number, level) in enumerate(zip(levels.variable, levels.level, strict=True)):
        for row, foundation in enumerate(FOUNDATIONS):
            key = (levels.variables[number], int(level), foundation)
            if key not in ratings:
                msg = f"the oracle has no rating of variable, level, foundation {key}"
                raise UserError(msg, hint="ask the oracle with this persona space")
            raw[row, column] = np.nan if ratings[key] is None else ratings[key]
    return _centred(raw, levels.variable)


def _centred(values: NDArray[np.float64], variable: NDArray[np.int64]) -> NDArray[np.float64]:
    """Subtract each variable's mean over its levels, along the last axis."""
    centred = values.copy()
    for number in np.unique(variable):
        own = values[..., variable == number]
        known = ~np.isnan(own)
        count = known.sum(axis=-1, keepdims=True)
        total = np.nan_to_num(own).sum(axis=-1, keepdims=True)
        mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
        filled = np.where(known, own - mean, 0.0)
        centred[..., variable == number] = np.where(count > 0, filled, np.nan)
    return centred


def null_correlations(
    ratings: NDArray[np.float64],
    measured: NDArray[np.float64],
    variable: NDArray[np.int64],
    draws: resampling.Draws,
    purpose: str,
) -> NDArray[np.float64]:
    """Return the |r| that chance gives: levels shuffled within each variable.

    Parameters
    ----------
    ratings, measured : ndarray of float64, shape (n_foundations, n_levels)
        Centred ratings and level effects.
    variable : ndarray of int64, shape (n_levels,)
        Variable of each level; levels of a variable stand together.
    draws : Draws
        The shuffles.
    purpose : str
        What they are for.

    Returns
    -------
    ndarray of float64, shape (n_shuffles, n_foundations + 1)
        |r| of each shuffle, for each foundation, then for all together.
    """
    sizes = np.bincount(variable)
    starts = np.cumsum(sizes) - sizes
    rng = draws.generator(purpose)
    found = np.empty((draws.n, len(ratings) + 1))
    for shuffle in range(draws.n):
        order = np.concatenate(
            [start + rng.permutation(size) for start, size in zip(starts, sizes, strict=True)]
        )
        found[shuffle] = _with_all(ratings[:, order], measured)
    return np.abs(found)


def _with_all(ratings: NDArray[np.float64], measured: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlations by foundation, then over all pairs, of shape (..., n_foundations + 1).

    Foundations whose effects or ratings are not known do not count among all.
    """
    by_foundation = resampling.correlation(ratings, measured)
    known = np.isfinite(ratings).all(axis=-1)
    known &= np.isfinite(measured).all(axis=-1).reshape(-1, len(ratings)).all(axis=0)
    flat = measured[..., known, :].reshape(*measured.shape[:-2], -1)
    together = np.full(flat.shape[:-1], np.nan)
    if known.any():
        together = resampling.correlation(ratings[known].reshape(-1), flat)
    return np.concatenate([by_foundation, np.asarray(together)[..., None]], axis=-1)


def persona_predictions(
    scores: NDArray[np.float64], ratings: NDArray[np.float64], levels: Membership
) -> dict[str, NDArray[np.float64]]:
    """Compare each persona's scores with what the oracle's ratings of its levels predict.

    A persona's prediction is a + b times the sum of the ratings of its ten levels, a and b
    fitted by least squares: b is 1 if ratings were effects in scale points, and may be negative.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, n_foundations)
        Foundation scores; nan where there is none.
    ratings : ndarray of float64, shape (n_foundations, n_levels)
        Centred ratings.
    levels : Membership
        Which persona has which level.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_foundations,)
        r_personas with its 95 % interval (Fisher's z), spearman_personas, slope_personas,
        r2_personas (negative where r is: ratings that point the wrong way earn nothing) and
        rmse_personas (scale points) of ORACLE_AGREEMENT; nan if scores or ratings do not vary.
    """
    found = np.full((len(PREDICTION), scores.shape[1]), np.nan)
    predicted = levels.matrix @ ratings.T
    for f, known in enumerate(~np.isnan(scores).T):
        x, y = predicted[known, f], scores[known, f]
        # Two or three points correlate whatever they are.
        r = float(resampling.correlation(x, y)) if len(x) > LEAST_PAIRS else np.nan
        if np.isnan(r):
            continue
        ends = resampling.correlation_interval(r, len(x))
        slope = r * y.std() / x.std()
        rmse = y.std() * np.sqrt(max(1 - r**2, 0.0))
        found[:, f] = r, *ends, rank_correlation(x, y), slope, r * abs(r), rmse
    return dict(zip(PREDICTION, found, strict=True))


def rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return Spearman's correlation; values that differ by rounding alone are tied.

    Parameters
    ----------
    first, second : ndarray of float64, shape (m,)
        Paired values, in units of about 1.

    Returns
    -------
    float
        In [-1, 1]; nan where a value is missing or a side does not vary.
    """
    if not len(first) or np.isnan(first + second).any():
        return np.nan
    ranks = (pl.Series(np.round(values, DECIMALS)).rank().to_numpy() for values in (first, second))
    return float(resampling.correlation(*ranks))


def agreement(
    ratings: NDArray[np.float64],
    measured: NDArray[np.float64],
    drawn: NDArray[np.float64],
    null: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Compare ratings with level effects, by foundation and over all.

    Parameters
    ----------
    ratings : ndarray of float64, shape (n_foundations, n_levels)
        Centred ratings.
    measured : ndarray of float64, shape (n_foundations, n_levels)
        Level effects.
    drawn : ndarray of float64, shape (n_replicates, n_foundations, n_levels)
        Level effects of other measurements with the same noise.
    null : ndarray of float64, shape (n_shuffles, n_foundations + 1)
        As from `null_correlations`.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_foundations + 1,)
        Columns pearson, ci_low, ci_high, spearman, slope, null_95_pearson and null_percentile of
        ORACLE_AGREEMENT; the last entry is that of `all`. The slope is of effects on ratings.
    """
    pearson = _with_all(ratings, measured)
    low, high = resampling.interval(pearson, _with_all(ratings, drawn), bounds=(-1, 1))
    known = np.isfinite(ratings + measured).all(axis=1)
    together = (ratings[known].reshape(-1), measured[known].reshape(-1))
    rows = [*zip(ratings, measured, strict=True), together]
    # Ties with the estimate, such as shuffles that change nothing, are no evidence against it.
    below = (null < np.abs(pearson) - TIE).mean(axis=0)
    spearman = [rank_correlation(first, second) for first, second in rows]
    slope = [
        float((first @ second) / (first @ first)) if first @ first > 0 else np.nan
        for first, second in rows
    ]
    return {
        "pearson": pearson,
        "ci_low": low,
        "ci_high": high,
        "spearman": np.array(spearman),
        "slope": np.array(slope),
        "null_95_pearson": resampling.null_95(null),
        "null_percentile": np.where(np.isnan(pearson), np.nan, below),
    }


def agreement_table(
    compared: dict[str, NDArray[np.float64]],
    predicted: dict[str, NDArray[np.float64]],
    ceiling: NDArray[np.float64],
    variances: NDArray[np.float64],
) -> pl.DataFrame:
    """Join the measures of how well the oracle predicts.

    Parameters
    ----------
    compared : dict of str to ndarray of float64, shape (n_foundations + 1,)
        As from `agreement`.
    predicted : dict of str to ndarray of float64, shape (n_foundations,)
        As from `persona_predictions`.
    ceiling : ndarray of float64, shape (n_foundations,)
        Share of the variance that the best additive model explains of configurations that it was
        not fitted to.
    variances : ndarray of float64, shape (n_foundations,)
        Variance of each foundation score: the row `all` weights the shares by it.

    Returns
    -------
    DataFrame
        Table ORACLE_AGREEMENT.
    """
    # Below 0 the mean predicts better, and that is an additive rating too.
    ceiling = np.maximum(ceiling, 0.0)
    shares = {"r2_personas": predicted["r2_personas"], "r2_additive_ceiling": ceiling}
    # In scale points, of the six foundations together: the root of the mean square.
    errors = {
        "rmse_personas": predicted["rmse_personas"],
        "rmse_no_skill": np.sqrt(variances),
        "rmse_additive": np.sqrt(variances * (1 - ceiling)),
    }
    columns = compared | {name: np.append(values, np.nan) for name, values in predicted.items()}
    columns |= {name: _appended_mean(values, variances) for name, values in shares.items()}
    columns |= {
        name: np.append(values, _root_mean_square(values)) for name, values in errors.items()
    }
    frame = pl.DataFrame({"foundation": [*FOUNDATIONS, moral_tables.ALL], **columns})
    return frame.select(*moral_tables.ORACLE_AGREEMENT.columns).fill_nan(None)


def _root_mean_square(errors: NDArray[np.float64]) -> float:
    known = errors[np.isfinite(errors)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else np.nan


def _appended_mean(
    shares: NDArray[np.float64], variances: NDArray[np.float64]
) -> NDArray[np.float64]:
    known = ~np.isnan(shares) & (np.nan_to_num(variances) > 0)
    mean = np.average(shares[known], weights=variances[known]) if known.any() else np.nan
    return np.append(shares, mean)
