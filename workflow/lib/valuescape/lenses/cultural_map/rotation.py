"""Rotations of the map's two components: from score weights back to loadings, and to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def component_loadings(weights: Array) -> tuple[Array, Array]:
    """Recover the unrotated loadings of two principal components from their score weights.

    With eigenvectors V and eigenvalues D of the correlation matrix and any rotation T, regression
    weights are W = V D^-1/2 T. So W'W = T' D^-1 T holds both D and T: nothing else of the data is
    needed.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_indicators, 2)
        Weights of unit-variance component scores, rotated in any orthogonal way.

    Returns
    -------
    (ndarray of shape (n_indicators, 2), ndarray of shape (2,))
        Loadings V D^1/2 and eigenvalues D, the greatest first.
    """
    inverse, turned = np.linalg.eigh(weights.T @ weights)
    return (weights @ turned) / inverse, 1.0 / inverse


def varimax(loadings: Array, *, kaiser: bool = False) -> Array:
    """Rotate loadings to the varimax criterion (Kaiser 1958, Psychometrika 23:187-200).

    Parameters
    ----------
    loadings : ndarray of float64, shape (n_indicators, 2)
        Any orthogonal position.
    kaiser : bool
        Whether each row is first scaled to length 1, so that all indicators count the same.

    Returns
    -------
    ndarray of float64, shape (2, 2)
        Orthogonal T; the rotated loadings are ``loadings @ T``.
    """
    rows = loadings
    if kaiser:
        rows = loadings / np.linalg.norm(loadings, axis=1, keepdims=True)
    # For two factors the best angle is known in closed form (Kaiser 1958).
    u, v = rows[:, 0] ** 2 - rows[:, 1] ** 2, 2 * rows[:, 0] * rows[:, 1]
    n = len(rows)
    sine = 2 * (u @ v) - 2 * u.sum() * v.sum() / n
    cosine = (u @ u - v @ v) - (u.sum() ** 2 - v.sum() ** 2) / n
    angle = np.arctan2(sine, cosine) / 4
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def procrustes(loadings: Array, target: Array) -> Array:
    """Rotate loadings as near as possible to a target (Schoenemann 1966, Psychometrika 31:1-10).

    Parameters
    ----------
    loadings, target : ndarray of float64, shape (n_indicators, 2)
        The target: 1 or -1 where an indicator belongs to an axis, else 0.

    Returns
    -------
    ndarray of float64, shape (2, 2)
        Orthogonal T.
    """
    left, _, right = np.linalg.svd(loadings.T @ target)
    return np.asarray(left @ right)


def axis_target(weights: Array, secular: NDArray[np.bool_]) -> Array:
    """Return what a Procrustes rotation turns to: five indicators on each axis.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_indicators, 2)
        Score weights of the published map; they give the signs.
    secular : ndarray of bool, shape (n_indicators,)
        Which indicators belong to the second axis; the others belong to the first.

    Returns
    -------
    ndarray of float64, shape (n_indicators, 2)
        1 or -1 on the indicator's own axis, else 0.
    """
    loadings = rotated_loadings(weights)
    return np.where(np.column_stack([~secular, secular]), np.sign(loadings), 0.0)


def rotated_loadings(weights: Array) -> Array:
    """Return the loadings that belong to score weights, as they are rotated.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_indicators, 2)
        Weights W of unit-variance component scores.

    Returns
    -------
    ndarray of float64, shape (n_indicators, 2)
        W (W'W)^-1.
    """
    return np.asarray(weights @ np.linalg.inv(weights.T @ weights))


def pinned(loadings: Array, first: int, second: int) -> Array:
    """Return the permutation and signs that name the axes.

    Parameters
    ----------
    loadings : ndarray of float64, shape (n_indicators, 2)
        Rotated loadings.
    first : int
        Row of the indicator that lies high on axis 1 (justifiability of homosexuality).
    second : int
        Row of the indicator that lies low on axis 2 (importance of God).

    Returns
    -------
    ndarray of float64, shape (2, 2)
        Multiplied from the right it swaps the axes where God's importance speaks for the first,
        and turns their signs.
    """
    size = np.abs(loadings)
    swap = size[first, 0] + size[second, 1] < size[first, 1] + size[second, 0]
    order = np.eye(2)[:, ::-1] if swap else np.eye(2)
    turned = loadings @ order
    signs = np.where([turned[first, 0] < 0, turned[second, 1] > 0], -1.0, 1.0)
    return np.asarray(order * signs)
