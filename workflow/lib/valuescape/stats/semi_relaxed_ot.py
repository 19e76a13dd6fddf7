"""Semi-relaxed optimal transport: humans are moved to near personas, each persona taking any share.

The plan T moves human shares h (over configurations) to personas of prior share a, and minimises

    <C, T> + eps KL(T | a h') + eps KL(T 1 | a),   T' 1 = h

(Peyre & Cuturi 2019, Computational Optimal Transport, eq. 10.8, with the human side kept). All
humans are moved; how much a persona takes is free but for a pull towards its prior share. Row sums
of T are the weights.

POT's `unbalanced.sinkhorn_unbalanced` solves the same problem for a kernel held whole in memory
(tests compare with it); between all 93,312 configurations that kernel would have 8.7e9 entries.
Since the cost adds up over the variables, the kernel is a Kronecker product of small matrices, and
is applied one variable at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# A step that moves no weight's logarithm by more than this ends the iteration.
SETTLED = 1e-7
MOST_STEPS = 1000


def step_costs(radices: NDArray[np.int64]) -> list[Array]:
    """Return what moving from one level to another costs, for each variable.

    Parameters
    ----------
    radices : ndarray of int64, shape (n_variables,)
        Number of levels of each variable.

    Returns
    -------
    list of ndarray of float64, shape (n_levels, n_levels)
        |difference of levels| / (n_levels - 1) / n_variables: the whole cost lies in [0, 1].
    """
    costs = []
    for count in radices.tolist():
        level = np.arange(count)
        costs.append(np.abs(level[:, None] - level) / max(count - 1, 1) / len(radices))
    return costs


def weights(
    humans: Array, member: NDArray[np.bool_], radices: NDArray[np.int64], eps: float
) -> Array:
    """Return the weights of personas by semi-relaxed transport from humans.

    Parameters
    ----------
    humans : ndarray of float64, shape (n_configurations,)
        Human share of each configuration of the space; sums to 1.
    member : ndarray of bool, shape (n_configurations,)
        Whether a configuration is a persona of the design.
    radices : ndarray of int64, shape (n_variables,)
        Number of levels of each variable.
    eps : float
        How far humans are spread, in units of the cost; at least 0.002, below which the kernel
        underflows.

    Returns
    -------
    ndarray of float64, shape (n_configurations,)
        Not negative, sum 1; 0 where `member` is False.
    """
    kernels = [np.exp(-cost / eps) for cost in step_costs(radices)]
    prior = member / member.sum()
    scale = np.ones(len(humans))
    for _ in range(MOST_STEPS):
        human_scale = humans / _spread(prior * scale, kernels)
        reached = _spread(human_scale, kernels)
        # with equal strengths eps / (eps + eps) = 1/2
        following = 1 / np.sqrt(reached)
        moved = np.abs(np.log(following[member] / scale[member])).max()
        scale = following
        if moved < SETTLED:
            break
    human_scale = humans / _spread(prior * scale, kernels)
    found = prior * scale * _spread(human_scale, kernels)
    return np.asarray(found / found.sum())


def _spread(mass: Array, kernels: Sequence[Array]) -> Array:
    """Apply the kernel to a function of the configurations, one variable at a time."""
    rest = mass
    for kernel in kernels:
        # the leading variable is applied and moved to the end; after all, the order is as before
        rest = (kernel @ rest.reshape(len(kernel), -1)).T
    return rest.reshape(-1)
