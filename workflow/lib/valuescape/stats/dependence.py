"""How far answers depend on each other, in one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def effective_dependence(eigenvalues: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the effective dependence of variables, from the eigenvalues of their correlations.

    Parameters
    ----------
    eigenvalues : ndarray of float64, shape (..., p)
        Of correlation matrices of p variables; nan where one is not known.

    Returns
    -------
    ndarray of float64, shape (...)
        1 - det(R)^(1 / (p - 1)) (Pena & Rodriguez 2003, Journal of Multivariate Analysis 85:361),
        in [0, 1]: 0 if independent, 1 if a variable follows from the others; nan for one variable.
    """
    p = eigenvalues.shape[-1]
    if p == 1:
        return np.full(eigenvalues.shape[:-1], np.nan)
    log_determinant = np.log(np.clip(eigenvalues, np.finfo(float).tiny, None)).sum(axis=-1)
    return np.asarray(1 - np.exp(log_determinant / (p - 1)))
