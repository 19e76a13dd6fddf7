"""Distances of personas, and of every other comparator, from the humans of a group.

No-skill baselines need no LLM; other conditions of a study (null prompt, demographics alone,
configuration alone) are compared by their own responses. Noise can only add to a distance:
`corrected_distances` takes off what it is expected to add.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erf

from valuescape.answers.distributions import HumanAnswers, shares_of
from valuescape.stats.emd import OptionGrid, emd, expected_floor, pairwise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PERSONA, UNIFORM, POOLED, FLOOR = "persona", "uniform", "human_pooled", "human_floor"
"""Comparators: personas; uniform answers; the humans of all other groups; the same humans again."""
# Replicates that are compared at once: 50 x 46 groups x 36 questions x 10 options are 7 MB.
BLOCK = 50


def distances(
    counts: NDArray[np.float64],
    shares: NDArray[np.float64],
    humans: HumanAnswers,
    grid: OptionGrid,
) -> dict[str, NDArray[np.float64]]:
    """Return the EMD of personas, and of each baseline, from the humans of a group.

    Parameters
    ----------
    counts : ndarray of float64, shape (..., n_groups, n_questions, most_options)
        Persona answers of each group.
    shares : ndarray of float64, same shape
        Shares among its humans: those of `humans`, or draws of them.
    humans : HumanAnswers
        How many humans there are.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., n_groups, n_questions)
        By comparator: `persona`; `persona_shuffled`, the personas of all groups together, as if
        dealt to groups at random; `uniform`, every option equally often; `majority`, the option
        that is the most common among the humans of all groups together; `human_pooled`, the humans
        of all other groups; `human_other_mean`, those of one other group, in the mean;
        `human_other_worst`, those of the group that is farthest over all questions
        (of the groups that were asked this one);
        `human_floor`, as many other humans of the same group, in expectation. nan where one is
        not defined.
    """
    world = _heads(shares, humans).sum(axis=-3, keepdims=True)
    mode = np.eye(grid.present.shape[1])[world.argmax(axis=-1)]
    mean, worst = other_groups(shares, grid)
    return {
        PERSONA: emd(shares_of(counts), shares, grid.gaps),
        "persona_shuffled": emd(shares_of(counts.sum(axis=-3, keepdims=True)), shares, grid.gaps),
        "uniform": emd(grid.uniform, shares, grid.gaps),
        "majority": emd(mode, shares, grid.gaps),
        "human_pooled": emd(others_pooled(shares, humans), shares, grid.gaps),
        "human_other_mean": mean,
        "human_other_worst": worst,
        "human_floor": expected_floor(shares, humans.n_effective / 2, grid.gaps),
    }


def others_pooled(shares: NDArray[np.float64], humans: HumanAnswers) -> NDArray[np.float64]:
    """Return the shares among the humans of all other groups.

    Parameters
    ----------
    shares : ndarray of float64, shape (..., n_groups, n_questions, most_options)
        Shares among the humans of each group: those of `humans`, or draws of them.
    humans : HumanAnswers
        How many there are.

    Returns
    -------
    ndarray of float64, same shape
        nan where no other group was asked.
    """
    heads = _heads(shares, humans)
    return shares_of(heads.sum(axis=-3, keepdims=True) - heads)


def _heads(shares: NDArray[np.float64], humans: HumanAnswers) -> NDArray[np.float64]:
    """Return respondents at each option, without those of groups that were not asked."""
    return np.asarray(np.nan_to_num(shares) * humans.n_respondents[..., None])


def other_groups(
    shares: NDArray[np.float64], grid: OptionGrid
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far the humans of another group lie, in the mean and at worst.

    Parameters
    ----------
    shares : ndarray of float64, shape (..., n_groups, n_questions, most_options)
        Shares among humans; nan where a group was not asked.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    (ndarray, ndarray), each of shape (..., n_groups, n_questions)
        Mean over the other groups; distance of the one whose mean over the questions is the
        largest. nan where no other group was asked.
    """
    flat = shares.reshape(-1, *shares.shape[-3:])
    found = [_other_groups(each, grid) for each in flat]
    mean, worst = (np.stack(side).reshape(shares.shape[:-1]) for side in zip(*found, strict=True))
    return mean, worst


def _other_groups(
    shares: NDArray[np.float64], grid: OptionGrid
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    between = pairwise(shares, shares, grid.gaps)
    n_groups = between.shape[-1]
    known = np.isfinite(between) & ~np.eye(n_groups, dtype=np.bool_)
    distance = np.where(known, between, 0.0)
    n_others, n_questions = known.sum(axis=-1), known.sum(axis=0)
    undefined = np.full(n_others.shape, np.nan)
    mean = np.divide(distance.sum(axis=-1), n_others, out=undefined, where=n_others > 0)
    total = np.divide(
        distance.sum(axis=0), n_questions, out=np.full(n_questions.shape, -1.0),
        where=n_questions > 0,
    )  # fmt: skip
    # The farthest of those that were asked this question.
    farthest = np.where(known, total, -1.0).argmax(axis=-1, keepdims=True)
    worst = np.take_along_axis(np.where(known, between, np.nan), farthest, axis=-1)[..., 0]
    return mean.T, worst.T


def in_blocks(n_replicates: int) -> Iterator[slice]:
    """Yield the replicates in blocks that fit the processor's cache.

    Parameters
    ----------
    n_replicates : int
        How many there are.

    Yields
    ------
    slice
        Of `BLOCK` replicates, the last one of fewer.
    """
    for start in range(0, n_replicates, BLOCK):
        yield slice(start, start + BLOCK)


def replicated_distances(
    counts: NDArray[np.float64],
    shares: NDArray[np.float64],
    humans: HumanAnswers,
    grid: OptionGrid,
) -> dict[str, NDArray[np.float64]]:
    """Return `distances` of every bootstrap replicate.

    Parameters
    ----------
    counts, shares : ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Draws of personas and of humans.
    humans : HumanAnswers
        How many humans there are.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_replicates, n_groups, n_questions)
        By comparator.
    """
    found = [
        distances(counts[block], shares[block], humans, grid) for block in in_blocks(len(counts))
    ]
    return {name: np.concatenate([each[name] for each in found]) for name in found[0]}


def folded_mean(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return E|d + Z| for a standard normal Z (Leone et al. 1961, Technometrics 3:543, eq. 5).

    Parameters
    ----------
    difference : ndarray of float64
        d.

    Returns
    -------
    ndarray of float64
        At least |d|; sqrt(2 / pi) at 0.
    """
    return np.asarray(
        difference * erf(difference / np.sqrt(2))
        + np.sqrt(2 / np.pi) * np.exp(-(difference**2) / 2)
    )


# Differences in units of their noise: from 0 in steps; beyond the last one noise adds nothing.
UNITS = np.arange(0, 6.05, 0.1)
# More rounds fit chance: the estimate then varies more than it gains.
ROUNDS = 20
# Of true differences, where they are no larger than the noise.
LEAST_MOMENT = 0.05


def expected_excess(observed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much noise is expected to have enlarged an absolute difference.

    Noise makes of a true difference t, in units of the noise, one of E|t + Z| in the mean, which is
    more than t, most where t is 0. How the true differences are distributed is estimated from all
    that were observed, without a form (Kiefer & Wolfowitz 1956, Annals of Mathematical Statistics
    27:887-906; by EM, Laird 1978, JASA 73:805-811), and the excess averaged over what t may be,
    given what was observed: empirical Bayes. Taken at the observed difference itself it would leave
    six tenths of the floor next to perfect agreement; so it leaves a fifth.

    Parameters
    ----------
    observed : ndarray of float64, shape (..., n)
        Absolute differences, in units of their noise; nan is left out.

    Returns
    -------
    ndarray of float64, shape (..., len(UNITS))
        At each observed difference of `UNITS`, in the same units.
    """
    likelihood = np.exp(-((UNITS[:, None] - UNITS) ** 2) / 2)
    likelihood += np.exp(-((UNITS[:, None] + UNITS) ** 2) / 2)
    flat = observed.reshape(math.prod(observed.shape[:-1]), observed.shape[-1])
    last = len(UNITS)
    place = np.rint(np.nan_to_num(np.minimum(flat, UNITS[-1]) / UNITS[1], nan=last)).astype(np.intp)
    place += (last + 1) * np.arange(len(flat))[:, None]
    times = np.bincount(place.ravel(), minlength=len(flat) * (last + 1)).astype(np.float64)
    # A tenth of an observation in all, so that what was not observed has an excess as well.
    times = times.reshape(len(flat), last + 1)[:, :last] + 0.1 / last
    # A normal distribution of the same second moment to begin with; zero is no side's own.
    moment = times @ UNITS**2 / times.sum(axis=1)
    prior = np.exp(-(UNITS**2) / (2 * np.maximum(moment - 1, LEAST_MOMENT))[:, None])
    prior[:, 0] /= 2
    prior /= prior.sum(axis=1, keepdims=True)
    for _ in range(ROUNDS):
        # By observed difference how likely it is, then how often each true one was behind it.
        prior *= (times / (prior @ likelihood.T)) @ likelihood / times.sum(axis=1, keepdims=True)
    excess = folded_mean(UNITS) - UNITS
    found = (prior * excess) @ likelihood.T / (prior @ likelihood.T)
    return np.asarray(found.reshape(*observed.shape[:-1], last))


def corrected_distances(
    personas: tuple[NDArray[np.float64], NDArray[np.float64]],
    humans: tuple[NDArray[np.float64], NDArray[np.float64]],
    gaps: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances less their bias, and the same of every draw.

    What noise is expected to have added, `expected_excess`, is taken off at each step between
    options. The noise is that of the draws, which countries and conditions as clusters enter. Draws
    are corrected as the estimate is, because the correction itself is uncertain.

    Parameters
    ----------
    personas : (ndarray, ndarray)
        Counts of personas, shape (n_groups, n_questions, most_options), and their bootstrap
        draws, shape (n_replicates, n_groups, n_questions, most_options).
    humans : (ndarray, ndarray), of the same shapes
        Shares among humans, and their draws.
    gaps : ndarray of float64, shape (n_questions, most_options - 1)
        Distance from each option to the next.

    Returns
    -------
    (ndarray, ndarray)
        Distances, shape (n_groups, n_questions), and those of the draws; may be negative; nan
        where a side did not answer.
    """
    # The design alone answers three questions of 36: the others cost nothing.
    answered = np.asarray(np.nan_to_num(personas[0]).any(axis=(0, 2)))
    widths = gaps[answered]

    def steps(counts: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
        apart = shares_of(counts[..., answered, :]) - shares[..., answered, :]
        return np.asarray(np.cumsum(apart, axis=-1)[..., :-1])

    observed = steps(personas[0], humans[0])
    sums, squares, n = (np.zeros(observed.shape) for _ in range(3))
    blocks = list(in_blocks(len(personas[1])))
    for block in blocks:
        drawn = steps(personas[1][block], humans[1][block])
        known = np.isfinite(drawn)
        n += known.sum(axis=0)
        sums += np.where(known, drawn, 0.0).sum(axis=0)
        squares += np.where(known, drawn**2, 0.0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.clip(squares / n - (sums / n) ** 2, 0, None)

    noise = np.sqrt(variance)
    known = np.isfinite(observed) & (noise > 0) & (widths > 0)

    def corrected(differences: NDArray[np.float64]) -> NDArray[np.float64]:
        sizes = np.abs(differences)
        units = sizes[:, known] / noise[known]
        for draw, (each, excess) in enumerate(zip(units, expected_excess(units), strict=True)):
            sizes[draw, known] -= noise[known] * np.interp(each, UNITS, excess, right=0.0)
        found = np.full((*differences.shape[:-2], len(gaps)), np.nan)
        found[..., answered] = (sizes * widths).sum(axis=-1)
        return found

    replicates = [corrected(steps(personas[1][block], humans[1][block])) for block in blocks]
    return corrected(observed[None])[0], np.concatenate(replicates)
