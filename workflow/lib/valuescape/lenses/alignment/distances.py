"""How far every answerer lies from the humans of a group: personas, and what stands beside them.

The no-skill answerers need no LLM; other conditions of a study (no persona, demographics alone,
configuration alone) are compared as they were asked, and never made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from valuescape.answers.distributions import HumanAnswers, shares_of
from valuescape.stats.emd import Scales, emd, expected_floor, pairwise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PERSONA = "persona"
TOLD_ANSWERERS = {
    "nothing": "no_persona",
    "demographics": "demographics_only",
    "configuration": "configuration_only",
}
"""What answerers are called that are told less than the personas of the main condition."""
# Replicates that are compared at once: 50 x 46 groups x 36 questions x 10 options are 7 MB.
BLOCK = 50


def distances(
    counts: NDArray[np.float64],
    shares: NDArray[np.float64],
    humans: HumanAnswers,
    scales: Scales,
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
    scales : Scales
        Questions and options.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., n_groups, n_questions)
        By answerer: `persona`; `persona_shuffled`, the personas of all groups together, as if
        dealt to groups at random; `uniform`, all options alike; `majority`, the option that is
        the most common among the humans of all groups together; `human_pooled`, the humans of
        all other groups; `human_other_mean`, those of one other group, in the mean;
        `human_other_worst`, those of the group that is farthest over all questions
        (of the groups that were asked this one);
        `human_floor`, as many other humans of the same group, in expectation. nan where one is
        not defined.
    """
    # The groups' respondents, without those of groups that were not asked.
    heads = np.nan_to_num(shares) * humans.n_respondents[..., None]
    world = heads.sum(axis=-3, keepdims=True)
    mode = np.eye(scales.present.shape[1])[world.argmax(axis=-1)]
    mean, worst = other_groups(shares, scales)
    return {
        PERSONA: emd(shares_of(counts), shares, scales.gaps),
        "persona_shuffled": emd(shares_of(counts.sum(axis=-3, keepdims=True)), shares, scales.gaps),
        "uniform": emd(scales.uniform, shares, scales.gaps),
        "majority": emd(mode, shares, scales.gaps),
        "human_pooled": emd(shares_of(world - heads), shares, scales.gaps),
        "human_other_mean": mean,
        "human_other_worst": worst,
        "human_floor": expected_floor(shares, humans.n_effective / 2, scales.gaps),
    }


def other_groups(
    shares: NDArray[np.float64], scales: Scales
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far the humans of another group lie, in the mean and at worst.

    Parameters
    ----------
    shares : ndarray of float64, shape (..., n_groups, n_questions, most_options)
        Shares among humans; nan where a group was not asked.
    scales : Scales
        Questions and options.

    Returns
    -------
    (ndarray, ndarray), each of shape (..., n_groups, n_questions)
        Mean over the other groups; distance of the one whose mean over the questions is the
        largest. nan where no other group was asked.
    """
    flat = shares.reshape(-1, *shares.shape[-3:])
    found = [_other_groups(each, scales) for each in flat]
    mean, worst = (np.stack(side).reshape(shares.shape[:-1]) for side in zip(*found, strict=True))
    return mean, worst


def _other_groups(
    shares: NDArray[np.float64], scales: Scales
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    between = pairwise(shares, shares, scales.gaps)
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
    scales: Scales,
) -> dict[str, NDArray[np.float64]]:
    """Return `distances` of every bootstrap replicate.

    Parameters
    ----------
    counts, shares : ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Draws of personas and of humans.
    humans : HumanAnswers
        How many humans there are.
    scales : Scales
        Questions and options.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_replicates, n_groups, n_questions)
        By answerer.
    """
    found = [
        distances(counts[block], shares[block], humans, scales) for block in in_blocks(len(counts))
    ]
    return {name: np.concatenate([each[name] for each in found]) for name in found[0]}
