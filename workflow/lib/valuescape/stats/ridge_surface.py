"""Ridge regression on main effects and interactions: how strong, chosen by cross-validation.

Several answers are predicted at once from the configurations. Coefficients are shrunk as if drawn
from normal distributions, those of interactions more than those of main effects, so that the error
of what the configurations cannot tell apart is as large as the effects themselves: a fraction in
which an interaction looks like a main effect is not read as if it showed the main effect alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from valuescape.stats.interactions import EffectColumns

    Array = NDArray[np.float64]

# Noise over variance of a coefficient of a main effect.
PENALTIES = tuple(float(value) for value in 10.0 ** np.arange(-1, 4.1, 1 / 3))
# Variance of a coefficient of a pair over that of a main effect; there are ten times as many.
RATIOS = (0.3, 0.1, 0.03, 0.01)
# A leverage nearer to 1 leaves nothing to predict a configuration by.
LEAST_FREEDOM = 1e-6
# With all of it the covariance of residuals would have no inverse.
MOST_SHARE = 0.95
MEAN, MAIN, PAIRS = "mean", "main effects", "main effects and pairs"


@dataclass(frozen=True)
class Candidate:
    """One strength of the ridge.

    Attributes
    ----------
    form : str
        `MEAN` (no effects at all), `MAIN` or `PAIRS`.
    penalty : float
        Of coefficients of main effects: noise over their variance.
    ratio : float
        Variance of a coefficient of a pair over that of a main effect; 0 without pairs.
    """

    form: str
    penalty: float
    ratio: float

    def prior(self, pair: NDArray[np.bool_]) -> Array:
        """Return the variance of each coefficient, in units of the noise, shape (n_columns,)."""
        if self.form == MEAN:
            return np.zeros(len(pair))
        return np.where(pair, self.ratio, 1.0) / self.penalty


CANDIDATES = (
    Candidate(MEAN, 1.0, 0.0),
    *(Candidate(MAIN, penalty, 0.0) for penalty in PENALTIES),
    *(Candidate(PAIRS, penalty, ratio) for ratio in RATIOS for penalty in PENALTIES),
)
"""From the simplest to the richest."""


@dataclass(frozen=True)
class LeftOut:
    """Each configuration predicted from all others, by one candidate.

    Attributes
    ----------
    predicted : ndarray of float64, shape (n, n_answers)
        Predictions.
    leverage : ndarray of float64, shape (n,)
        How much each configuration's own answer moves its fitted one, in [0, 1).
    """

    predicted: Array
    leverage: Array


def leave_one_out(
    columns: EffectColumns, answers: Array, candidates: Sequence[Candidate] = CANDIDATES
) -> list[LeftOut]:
    """Predict each configuration from all others, by every candidate.

    Parameters
    ----------
    columns : EffectColumns
        Of n configurations, at least 2.
    answers : ndarray of float64, shape (n, n_answers)
        Without nan.
    candidates : sequence of Candidate
        Strengths of the ridge.

    Returns
    -------
    list of LeftOut
        One a candidate. No model is fitted n times: the residual divided by one minus the leverage
        is that of the others' prediction (Allen 1974, Technometrics 16:125).
    """
    n = len(answers)
    centre = answers.mean(axis=0)
    found: list[LeftOut] = []
    last: Array | None = None
    turned = answers
    for each, (left, squares) in zip(candidates, _decomposed(columns, candidates), strict=True):
        if left is not last:
            last, turned = left, left.T @ (answers - centre)
        kept = squares / (squares + each.penalty)
        leverage = 1 / n + (left**2) @ kept
        fitted = centre + left @ (kept[:, None] * turned)
        freedom = np.maximum(1 - leverage, LEAST_FREEDOM)[:, None]
        found.append(LeftOut(answers - (answers - fitted) / freedom, leverage))
    return found


def log_evidence(
    columns: EffectColumns, answers: Array, candidates: Sequence[Candidate] = CANDIDATES
) -> Array:
    """Return how probable the answers are under each candidate's variances.

    Parameters
    ----------
    columns : EffectColumns
        Of n configurations, at least 2.
    answers : ndarray of float64, shape (n, n_answers)
        Without nan; each varies.
    candidates : sequence of Candidate
        Strengths of the ridge.

    Returns
    -------
    ndarray of float64, shape (n_candidates,)
        Restricted log-likelihood but for a constant, the noise of each answer at its most
        probable, summed over answers (Harville 1977, JASA 72:320-338).
    """
    n = len(answers)
    centred = answers - answers.mean(axis=0)
    whole = (centred**2).sum(axis=0)
    found = []
    for each, (left, squares) in zip(candidates, _decomposed(columns, candidates), strict=True):
        explained = ((left.T @ centred) ** 2 * (squares / (squares + each.penalty))[:, None]).sum(
            axis=0
        )
        rest = np.maximum(whole - explained, LEAST_FREEDOM**2 * whole)
        determinant = np.log1p(squares / each.penalty).sum()
        found.append(-0.5 * ((n - 1) * np.log(rest) + determinant).sum())
    return np.array(found)


def _decomposed(
    columns: EffectColumns, candidates: Sequence[Candidate]
) -> Iterator[tuple[Array, Array]]:
    """Yield, for each candidate, left vectors and squares of the singular values of its columns.

    Columns are scaled by the candidate's ratio alone, so that many share a decomposition.
    """
    known: dict[Candidate, tuple[Array, Array]] = {}
    for each in candidates:
        shape = replace(each, penalty=1.0)
        if shape not in known:
            scaled = columns.matrix * np.sqrt(shape.prior(columns.pair))
            scaled = scaled[:, scaled.any(axis=0)]
            left, singular, _ = np.linalg.svd(scaled - scaled.mean(axis=0), full_matrices=False)
            known[shape] = left, singular**2
        yield known[shape]


@dataclass(frozen=True)
class Surface:
    """Answers as a function of the configuration, fitted to some configurations.

    Attributes
    ----------
    candidate : Candidate
        Strength of the ridge.
    coefficients : ndarray of float64, shape (1 + n_columns, n_answers)
        The mean over all configurations, then one a column.
    unit_covariance : ndarray of float64, shape (1 + n_columns, 1 + n_columns)
        Of their errors, under residuals of variance 1.
    residuals : ndarray of float64, shape (n, n_answers)
        What the surface leaves of each fitted configuration, of the spread that another
        configuration's would have.
    smoother : ndarray of float64, shape (1 + n_columns, n)
        From answers to coefficients.
    three_way : float or None
        How much of the residuals' variance is what three variables do together, in [0, 1]; None if
        that is not known.
    freedom : float
        How many free residuals these are worth: n less what the coefficients take up.
    """

    candidate: Candidate
    coefficients: Array
    unit_covariance: Array
    residuals: Array
    smoother: Array
    three_way: float | None
    freedom: float

    @property
    def residual_covariance(self) -> Array:
        """Covariance of the answers' residuals, shape (n_answers, n_answers)."""
        return np.asarray(self.residuals.T @ self.residuals / len(self.residuals))

    def predict(self, matrix: Array) -> Array:
        """Return the surface at configurations, given their columns; shape (n, n_answers)."""
        return np.asarray(self.coefficients[0] + matrix @ self.coefficients[1:])


def fit_surface(
    columns: EffectColumns, answers: Array, candidate: Candidate, three_way: Array | None = None
) -> Surface:
    """Fit one candidate.

    Parameters
    ----------
    columns : EffectColumns
        Of n configurations.
    answers : ndarray of float64, shape (n, n_answers)
        Without nan.
    candidate : Candidate
        Strength of the ridge.
    three_way : ndarray of float64, shape (n, n), or None
        As from `interactions.three_way_kernel`: what three variables do together may look like
        less in a fraction. The residuals show how much of them that is, and are weighted by it.
        None: residuals are taken as independent.

    Returns
    -------
    Surface
        With the errors of its coefficients.
    """
    share = None if three_way is None else three_way_share(columns.matrix, answers, three_way)
    smoother, covariance = solve(columns, candidate, three_way, share)
    coefficients = smoother @ answers
    design = np.column_stack([np.ones(len(answers)), columns.matrix])
    # a residual of the fit is too small, one left out too large, by the same factor
    freedom = 1 - np.einsum("ij,jk,ik->i", design, covariance, design, optimize=True)
    spread = np.sqrt(np.maximum(freedom, LEAST_FREEDOM))[:, None]
    residuals = (answers - design @ coefficients) / spread
    told = 0.0 if three_way is None else share
    free = float(freedom.sum())
    return Surface(candidate, coefficients, covariance, residuals, smoother, told, free)


def solve(
    columns: EffectColumns, candidate: Candidate, three_way: Array | None, share: float | None
) -> tuple[Array, Array]:
    """Return how coefficients follow from answers, and how sure they are, before any is given.

    Parameters
    ----------
    columns, candidate, three_way
        As in `fit_surface`.
    share : float or None
        Of what is left, how much three variables do together, in [0, 1]; None: not known.

    Returns
    -------
    smoother : ndarray of float64, shape (1 + n_columns, n)
        From answers to coefficients: generalised least squares, with a ridge.
    covariance : ndarray of float64, shape (1 + n_columns, 1 + n_columns)
        Of their errors, under residuals of variance 1 of which this is the share.
    """
    n, n_columns = columns.matrix.shape
    prior = np.r_[0.0, candidate.prior(columns.pair)]
    known = np.r_[0, np.flatnonzero(prior > 0)]
    design = np.column_stack([np.ones(n), columns.matrix])[:, known]
    penalty = np.diag(np.r_[0.0, 1 / prior[known[1:]]])
    weighted = design
    if three_way is not None and share:
        together = share * three_way
        together[np.diag_indices(n)] += 1 - share
        weighted = cho_solve(cho_factor(together, overwrite_a=True, check_finite=False), design)
    inverse = np.linalg.inv(design.T @ weighted + penalty)
    smoother, covariance = np.zeros((1 + n_columns, n)), np.zeros((1 + n_columns, 1 + n_columns))
    smoother[known] = inverse @ weighted.T
    covariance[np.ix_(known, known)] = inverse
    return smoother, covariance


def three_way_share(matrix: Array, answers: Array, three_way: Array) -> float | None:
    """Return how much of what main effects and pairs leave is due to three variables together.

    Products of residuals are regressed on the kernel (Haseman & Elston 1972, Behavior Genetics
    2:3-19), both without what main effects and pairs take up.

    Parameters
    ----------
    matrix : ndarray of float64, shape (n, n_columns)
        Columns of main effects and pairs.
    answers : ndarray of float64, shape (n, n_answers)
        Without nan.
    three_way : ndarray of float64, shape (n, n)
        Kernel of interactions of three variables.

    Returns
    -------
    float or None
        In [0, 1]; None if there are too few configurations to tell, 0 if nothing is left.
    """
    n = len(matrix)
    basis, _ = np.linalg.qr(np.column_stack([np.ones(n), matrix]))
    if 2 * basis.shape[1] > n:
        return None
    rest = answers - basis @ (basis.T @ answers)
    squares = float((rest**2).sum())
    if squares <= LEAST_FREEDOM**2 * float((answers**2).sum()):
        return 0.0
    # traces of the identity and of the kernel, both projected: P, PK, PKPK
    inner = basis.T @ three_way
    own = inner @ basis
    of_one = float(n - basis.shape[1])
    of_kernel = float(np.trace(three_way) - np.trace(own))
    of_squares = float(np.vdot(three_way, three_way) - 2 * (inner**2).sum() + (own**2).sum())
    found = float(np.einsum("ia,ij,ja->", rest, three_way, rest, optimize=True))
    noise, kernel = np.linalg.lstsq(
        np.array([[of_one, of_kernel], [of_kernel, of_squares]]),
        np.array([squares, found]),
        rcond=None,
    )[0]
    noise, kernel = max(noise, 0.0), max(kernel, 0.0)
    return min(MOST_SHARE, float(kernel / (noise + kernel))) if noise + kernel > 0 else 0.0


def root(covariance: Array) -> Array:
    """Return the symmetric root of a covariance, of whatever rank."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)
