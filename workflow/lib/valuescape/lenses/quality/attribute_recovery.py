"""Attribute recovery: whether the text of a biography tells the levels of its configuration.

A classifier that knows nothing but words is fitted to some personas and guesses the levels of the
others. Each configuration is one persona, so that none is on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import random_table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from valuescape.stats import resampling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

FOLDS = 5
MOST_FITTED = 2000
"""Texts that a classifier is fitted to, drawn from the other folds: all texts are guessed."""
MOST_WORDS = 20_000
# The larger the number, the less it shrinks. Few texts need little, or probabilities stay near the
# shares of the levels; many words that tell nothing need more, or chance makes them sure.
INVERSE_PENALTIES = (1.0, 3.0, 10.0, 30.0)
BINS = 10


@dataclass(frozen=True)
class Recovery:
    """How well a variable is told by texts.

    Attributes
    ----------
    probabilities : ndarray of float64, shape (n, n_levels)
        Of each level, from a classifier fitted to other texts; nan where there is none.
    confusion : ndarray of int64, shape (n_levels, n_levels)
        Texts by configured level and by the most probable one.
    """

    probabilities: Array
    confusion: NDArray[np.int64]

    @property
    def guessed(self) -> NDArray[np.int64]:
        """The most probable level of each text."""
        return np.asarray(self.probabilities.argmax(axis=1))


def words_of(texts: Sequence[str], draws: Draws) -> csr_matrix:
    """Return how much each word, and pair of words, weighs in each text (TF-IDF).

    Parameters
    ----------
    texts : sequence of str, length n
        Biographies.
    draws : Draws
        Which of many texts say what words there are.

    Returns
    -------
    sparse matrix of float32, shape (n, n_words)
        At most 20,000 words and pairs that stand in two texts or more; no columns if there are
        none.
    """
    counts = TfidfVectorizer(
        ngram_range=(1, 2), min_df=2, max_features=MOST_WORDS, sublinear_tf=True, dtype=np.float32
    )
    chosen = _drawn(np.arange(len(texts)), 3 * MOST_FITTED, draws, "recovery/words")
    try:
        counts.fit([texts[place] for place in chosen])
    except ValueError:  # no word stands in two texts
        return None
    return counts.transform(texts)


def recover(words: csr_matrix, levels: NDArray[np.int8], n_levels: int, draws: Draws) -> Recovery:
    """Let classifiers guess the level of a variable of each text.

    Parameters
    ----------
    words : sparse matrix, shape (n, n_words)
        From `words_of`.
    levels : ndarray of int8, shape (n,)
        Configured.
    n_levels : int
        Of the variable.
    draws : Draws
        How folds are cut and texts drawn.

    Returns
    -------
    Recovery
        Empty if a level has fewer texts than there are folds.
    """
    n = len(levels)
    probabilities = np.full((n, n_levels), np.nan)
    if words is None or np.bincount(levels, minlength=n_levels).min() < FOLDS:
        return Recovery(probabilities, np.zeros((n_levels, n_levels), dtype=np.int64))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=draws.seed % 2**31)
    penalty = _least_surprised(words, levels, draws)
    for number, (others, own) in enumerate(folds.split(np.zeros(n), levels)):
        fitted = _drawn(others, MOST_FITTED, draws, f"recovery/{number}")
        classifier = _fitted(words[fitted], levels[fitted], penalty)
        # a level of few personas may miss among those drawn
        probabilities[np.ix_(own, classifier.classes_)] = classifier.predict_proba(words[own])
    probabilities = np.nan_to_num(probabilities)
    cells = np.bincount(levels * n_levels + probabilities.argmax(axis=1), minlength=n_levels**2)
    return Recovery(probabilities, cells.reshape(n_levels, n_levels))


def _fitted(
    words: csr_matrix, levels: NDArray[np.int8], inverse_penalty: float
) -> LogisticRegression:
    classifier = LogisticRegression(C=inverse_penalty, max_iter=100, tol=1e-3)
    return classifier.fit(words, levels)


def _least_surprised(words: csr_matrix, levels: NDArray[np.int8], draws: Draws) -> float:
    """Return the penalty whose probabilities fit a fifth of the texts best, by the others."""
    some = _drawn(np.arange(len(levels)), MOST_FITTED, draws, "recovery/penalty")
    cut = draws.generator("recovery/cut").permutation(some)
    held, others = np.split(cut, [len(cut) // FOLDS])
    surprises = []
    for inverse_penalty in INVERSE_PENALTIES:
        classifier = _fitted(words[others], levels[others], inverse_penalty)
        place = np.searchsorted(classifier.classes_, levels[held])
        known = np.isin(levels[held], classifier.classes_)
        chances = classifier.predict_proba(words[held][known])
        surprises.append(-np.log(chances[np.arange(known.sum()), place[known]]).mean())
    return INVERSE_PENALTIES[int(np.argmin(surprises))]


def _drawn(places: NDArray[np.int64], most: int, draws: Draws, purpose: str) -> NDArray[np.int64]:
    """Return the places, of many some."""
    if len(places) <= most:
        return places
    return np.sort(draws.generator(purpose).choice(places, most, replace=False))


def balanced_accuracy(confusion: NDArray[np.int64] | Array) -> Array:
    """Return the mean share of right guesses over the levels.

    Parameters
    ----------
    confusion : ndarray, shape (..., n_levels, n_levels)
        Configured by guessed.

    Returns
    -------
    ndarray of float64, shape (...)
        Over the levels that occur; nan if none does.
    """
    of_level = confusion.sum(axis=-1)
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    shares = np.divide(right, of_level, out=np.zeros(right.shape), where=of_level > 0)
    occurring = (of_level > 0).sum(axis=-1)
    nothing = np.full(np.shape(occurring), np.nan)
    mean = np.divide(shares.sum(axis=-1), occurring, out=nothing, where=occurring > 0)
    return np.asarray(mean)


def against_chance(confusion: NDArray[np.int64], draws: Draws, purpose: str) -> tuple[float, float]:
    """Return what balanced accuracy is by chance, with the guesses as they are.

    Parameters
    ----------
    confusion : ndarray of int64, shape (n_levels, n_levels)
        Configured by guessed.
    draws : Draws
        How many shuffles of the levels over the texts.
    purpose : str
        What they are drawn for.

    Returns
    -------
    (float, float)
        What one shuffle in twenty exceeds, and the share of shuffles, this order among them, that
        are as right; nan and 1 where nothing was guessed.
    """
    rows, columns = confusion.sum(axis=1), confusion.sum(axis=0)
    if not rows.sum():
        return float("nan"), 1.0
    tables = random_table(rows, columns).rvs(draws.n, random_state=draws.generator(purpose))
    shuffled = balanced_accuracy(tables)
    as_right = (shuffled >= balanced_accuracy(confusion) - 1e-12).sum()
    return float(resampling.null_95(shuffled)), float((1 + as_right) / (1 + draws.n))


def accuracy_replicates(
    recoveries: Sequence[Recovery], levels: NDArray[np.int8], draws: Draws
) -> list[Array]:
    """Return balanced accuracies over bootstrap draws of the personas, their guesses as they are.

    Parameters
    ----------
    recoveries : sequence of Recovery
        One a variable.
    levels : ndarray of int8, shape (n, n_variables)
        Configured.
    draws : Draws
        How many.

    Returns
    -------
    list of ndarray of float64, shape (n_replicates,)
        One a variable.
    """
    columns = []
    for column, each in enumerate(recoveries):
        configured = levels[:, column, None] == np.arange(each.probabilities.shape[1])
        right = (each.guessed == levels[:, column])[:, None] & configured
        columns += [configured, right]
    sums = resampling.resampled_sums(
        np.hstack(columns).astype(np.float64), draws, "quality/personas"
    )
    found, start = [], 0
    for each in recoveries:
        width = each.probabilities.shape[1]
        n, right = sums[:, start : start + width], sums[:, start + width : start + 2 * width]
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(np.nanmean(np.where(n > 0, right / n, np.nan), axis=1))
        start += 2 * width
    return found


def calibration_error(
    probabilities: Array, levels: NDArray[np.int8], draws: Draws, purpose: str
) -> tuple[float, float]:
    """Return how far probabilities lie from how often guesses are right.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n, n_levels)
        Of each level.
    levels : ndarray of int8, shape (n,)
        Configured.
    draws : Draws
        How often the floor is drawn.
    purpose : str
        What for.

    Returns
    -------
    (float, float)
        Expected calibration error of the most probable level over ten bins (Guo et al. 2017,
        arXiv:1706.04599), and what it would be if the probabilities were true.
    """
    top = probabilities.max(axis=1)
    place = np.minimum((top * BINS).astype(int), BINS - 1)
    n = np.bincount(place, minlength=BINS)
    summed = np.bincount(place, top, BINS)
    right = np.bincount(place, probabilities.argmax(axis=1) == levels, BINS)
    mean = np.divide(summed, n, out=np.zeros(BINS), where=n > 0)
    drawn = draws.generator(purpose).binomial(n, np.clip(mean, 0, 1), (draws.n, BINS))
    error, floor = (np.abs(each - summed).sum(axis=-1) / len(top) for each in (right, drawn))
    return float(error), float(floor.mean())
