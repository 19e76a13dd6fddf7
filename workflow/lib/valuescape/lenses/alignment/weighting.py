"""Personas of a group, weighted to its humans; and the design alone: answers just as configured.

A design asks every level alike, humans do not: even a persona that follows its configuration to the
letter then lies far from every group. So the answers of a group's personas are carried to the human
shares of the levels of those variables that the questionnaire asks too; and the same is done for a
persona that answers as configured, which no LLM answers.

A group of the least size cannot be raked to such shares: few of its personas hold the levels that
most humans hold. Its mean answers are carried there by the effects of the levels, estimated by
least squares over the personas of all groups, groups aside: a regression estimator (Saerndal,
Swensson & Wretman 1992, Model Assisted Survey Sampling, section 6.4), whose weights are linear in
the levels. It assumes that a level moves answers alike in all groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from valuescape.answers.distributions import padded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers
    from valuescape.stats.emd import OptionGrid
    from valuescape.stats.resampling import Draws
    from valuescape.study.instruments import Instrument
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

WEIGHTED, ADHERENT, ADHERENT_WEIGHTED = (
    "personas_weighted", "design_adherent", "design_adherent_weighted"
)  # fmt: skip
"""Personas weighted to their group's humans; every persona answering as configured; the same
weighted."""
NOBODY = "no personas"
FREE = 10
"""Fewer personas beyond the effects to be estimated leave these, or their noise, unknown."""
BLOCK = 4096
"""Personas whose deviations are held at once."""


@dataclass(frozen=True)
class Configured:
    """A question that asks the very thing by which the personas were configured.

    Attributes
    ----------
    question : int
        Its place among the questions.
    levels : ndarray of int8, shape (n_personas,)
        Level of each persona.
    answers : ndarray of float64, shape (n_levels, n_options)
        What a persona answers that follows its level.
    binned : ndarray of float64, shape (n_options, n_levels)
        1 where an option falls in a level.
    """

    question: int
    levels: NDArray[np.int8]
    answers: Array
    binned: Array


def configured_questions(
    levels: NDArray[np.int8], space: PersonaSpace, instrument: Instrument
) -> list[Configured]:
    """Return the questions that configured the personas, with what the levels are on them.

    Parameters
    ----------
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations.
    space : PersonaSpace
        The variables.
    instrument : Instrument
        Whose questions marked `conditioning` are one variable's only question.

    Returns
    -------
    list of Configured
        In the order of the instrument. A level's value that lies between two options, 5.5, is
        answered by both alike.
    """
    column_of = {v.wvs7[0]: c for c, v in enumerate(space.variables) if len(v.wvs7) == 1}
    found = []
    for place, question in enumerate(instrument.questions):
        if not question.conditioning or question.id not in column_of:
            continue
        column = column_of[question.id]
        of_variable = space.variables[column].levels
        at = np.interp([lv.value for lv in of_variable], question.values,
                       np.arange(question.n_options))  # fmt: skip
        answers = np.clip(1 - np.abs(at[:, None] - np.arange(question.n_options)), 0, 1)
        binned = [[int(value) in lv.codes for lv in of_variable] for value in question.values]
        found.append(
            Configured(place, levels[:, column], answers, np.asarray(binned, dtype=np.float64))
        )
    return found


def adherent_columns(configured: Sequence[Configured]) -> Array:
    """Return the answers of personas that answer exactly as configured, to these questions alone.

    Parameters
    ----------
    configured : sequence of Configured
        At least one question.

    Returns
    -------
    ndarray of float64, shape (n_personas, sum of their numbers of options)
        As from `option_columns`.
    """
    return np.column_stack([each.answers[each.levels] for each in configured])


@dataclass(frozen=True)
class Levels:
    """The levels of the personas, and where the humans' shares of these levels stand.

    Attributes
    ----------
    indicators : ndarray of float64, shape (n_personas, n_effects)
        1 at a persona's level, of all levels but the first of each variable.
    margin_of : ndarray of float64, shape (n_effects, n_questions, most_options)
        1 at the options of a question that fall in the level.
    """

    indicators: Array
    margin_of: Array

    @cached_property
    def questions(self) -> NDArray[np.int64]:
        """The question that each level is answered to, shape (n_effects,)."""
        return np.asarray(self.margin_of.any(axis=-1).argmax(axis=-1))

    def shares(self, humans: Array) -> Array:
        """Return the share of each level among humans, (..., n_effects); nan where not asked."""
        known = np.asarray(np.isfinite(humans).all(axis=-1))[..., self.questions]
        found = np.tensordot(np.nan_to_num(humans), self.margin_of, ((-2, -1), (-2, -1)))
        return np.where(known, found, np.nan)


def levels_of(configured: Sequence[Configured], grid: OptionGrid, n: int) -> Levels:
    """Return the levels that answers are carried by; none without such questions."""
    indicators, margin_of = [np.zeros((n, 0))], [np.zeros((0, *grid.present.shape))]
    for each in configured:
        n_options, n_levels = each.binned.shape
        indicators.append(np.eye(n_levels)[each.levels][:, 1:])
        place = np.zeros((n_levels - 1, *grid.present.shape))
        place[:, each.question, :n_options] = each.binned.T[1:]
        margin_of.append(place)
    return Levels(np.concatenate(indicators, axis=1), np.concatenate(margin_of))


@dataclass(frozen=True)
class Effects:
    """Mean answers of groups, and how levels move them.

    Attributes
    ----------
    shares : ndarray of float64, shape (n_groups, n_columns)
        Mean valid answer of each group, side by side for all options; nan without any.
    n : ndarray of float64, shape (n_groups, n_columns)
        Valid answers.
    means : ndarray of float64, shape (n_groups, n_effects, n_columns)
        Mean indicator of those who gave them.
    slopes : ndarray of float64, shape (n_effects, n_columns)
        What a level adds to the share of an option.
    roots : ndarray of float64, shape (n_columns, n_effects, n_effects)
        Cholesky factors of the inverse of the indicators' sums of squares within groups.
    noise : ndarray of float64, shape (n_groups, n_columns, n_columns)
        Covariance of the means of what levels do not explain.
    residual : ndarray of float64, shape (n_columns, n_columns)
        Covariance of a persona's answers beside what levels explain.
    """

    shares: Array
    n: Array
    means: Array
    slopes: Array
    roots: Array
    noise: Array
    residual: Array


def estimate_effects(
    columns: Array, indicators: Array, members: Sequence[NDArray[np.int64]], grid: OptionGrid
) -> Effects | None:
    """Estimate mean answers of groups and effects of levels from the valid answers.

    Parameters
    ----------
    columns : ndarray of float64, shape (n_personas, n_columns)
        As from `option_columns`: a valid answer sums to 1, a refused one to 0.
    indicators : ndarray of float64, shape (n_personas, n_effects)
        Levels of the personas; without any, means alone are estimated.
    members : sequence of ndarray of int64
        Rows of each group.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    Effects or None
        By least squares with a mean for each group, question by question over those who answered
        it, which leaves no bias where refusals depend on levels; None if a question that was
        answered does not tell all effects.
    """
    n_options = grid.present.sum(axis=1)
    starts = np.concatenate([[0], np.cumsum(n_options)[:-1]])
    of_column = np.repeat(np.arange(len(n_options)), n_options)
    n_effects, n_columns, n_groups = indicators.shape[1], columns.shape[1], len(members)
    squares = np.zeros((len(n_options), n_effects, n_effects))
    products = np.zeros((n_effects, n_columns))
    sums, sums_x = np.zeros((n_groups, n_columns)), np.zeros((n_groups, n_effects, len(n_options)))
    n = np.zeros((n_groups, len(n_options)))
    for group, rows in _blocks(members):
        answers, x = columns[rows], indicators[rows]
        valid = np.add.reduceat(answers, starts, axis=1)
        pairs = (x[:, :, None] * x[:, None]).reshape(len(x), -1)
        squares += (valid.T @ pairs).reshape(squares.shape)
        products += x.T @ answers
        sums[group] += answers.sum(axis=0)
        sums_x[group] += x.T @ valid
        n[group] += valid.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares, means = sums / n[:, of_column], sums_x / n[:, None]
    known = np.nan_to_num(means)
    squares -= np.einsum("gq,giq,gjq->qij", n, known, known)
    products -= np.einsum("gk,gik,gk->ik", n[:, of_column], known[..., of_column],
                          np.nan_to_num(shares))  # fmt: skip
    free = n.sum(axis=0) - (n > 0).sum(axis=0) - n_effects
    answered = n.sum(axis=0) > 0
    if n_effects:
        told = np.asarray(np.linalg.matrix_rank(squares, hermitian=True)) == n_effects
        if not answered.any() or ((~told | (free < FREE)) & answered).any():
            return None
    squares[~answered] = np.eye(n_effects)
    inverse = np.linalg.inv(squares)
    slopes = np.einsum("kij,jk->ik", inverse[of_column], products)
    noise = np.zeros((n_groups, n_columns, n_columns))
    fitted = np.nan_to_num(shares) - np.einsum("gik,ik->gk", known[..., of_column], slopes)
    for group, rows in _blocks(members):
        answers, x = columns[rows], indicators[rows]
        valid = np.add.reduceat(answers, starts, axis=1)[:, of_column]
        deviations = answers - valid * (fitted[group] + x @ slopes)
        noise[group] += deviations.T @ deviations
    scale = 1 / np.sqrt(np.maximum(free, 1))[of_column]
    residual = noise.sum(axis=0) * scale[:, None] * scale
    with np.errstate(divide="ignore", invalid="ignore"):
        # What is left of a group's numbers once its mean and its part of the effects are known.
        left = n - 1 - n_effects * n / np.maximum(n.sum(axis=0), 1)
        scales = np.where(left > 0, 1 / np.sqrt(n * left), 0.0)[:, of_column]
    return Effects(
        shares,
        n[:, of_column],
        means[..., of_column],
        slopes,
        np.linalg.cholesky(inverse)[of_column],
        noise * scales[:, :, None] * scales[:, None],
        residual,
    )


def _blocks(members: Sequence[NDArray[np.int64]]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield the number of each group with a few thousand of its rows at a time."""
    for group, rows in enumerate(members):
        for start in range(0, len(rows), BLOCK):
            yield group, rows[start : start + BLOCK]


def carried_shares(
    effects: Effects, shares: tuple[Array, Array], rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return the answers of each group at the humans' shares of levels, and draws of them.

    Draws are normal, with the variance of what levels do not explain, of the effects of levels, and
    of the humans' shares themselves, which are drawn as the humans are.

    Parameters
    ----------
    effects : Effects
        Of the groups.
    shares : (ndarray, ndarray)
        Shares of levels among the humans of each group, shape (n_groups, n_effects), nan where not
        asked: the answers then stay as they are; and draws, shape (n_replicates, n_groups, ...).
    rng : Generator
        Random numbers.

    Returns
    -------
    (ndarray, ndarray)
        Shares, shape (n_groups, n_columns), and draws of them; one or the other may fall a little
        outside of [0, 1]. nan where nobody answered.
    """
    n_groups, n_columns = effects.shares.shape
    human, drawn_human = shares
    apart = np.nan_to_num(human[..., None] - effects.means)
    found = effects.shares + np.einsum("gik,ik->gk", apart, effects.slopes)
    n_draws, n_effects = len(drawn_human), effects.slopes.shape[0]
    standard = rng.standard_normal((n_draws * n_effects, n_columns)) @ _root(effects.residual).T
    wrong = np.einsum(
        "kij,bjk->bik", effects.roots, standard.reshape(n_draws, n_effects, n_columns)
    )
    drawn = np.empty((n_draws, n_groups, n_columns))
    for group in range(n_groups):
        own = rng.standard_normal((n_draws, n_columns)) @ _root(effects.noise[group]).T
        moved = np.nan_to_num(drawn_human[:, group] - human[group]) @ effects.slopes
        drawn[:, group] = found[group] + own + np.einsum("ik,bik->bk", apart[group], wrong) + moved
    return found, drawn


def _root(covariance: Array) -> Array:
    if not covariance.any():  # nobody, or nothing that varies
        return covariance
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.clip(values, 0, None)))


@dataclass(frozen=True)
class WeightedAnswers:
    """Answers of weighted personas, and of personas that answer as configured, by group.

    Attributes
    ----------
    by_comparator : dict of str to (ndarray, ndarray)
        By `WEIGHTED`, `ADHERENT` and `ADHERENT_WEIGHTED`: shares, shape (n_groups, n_questions,
        most_options), and draws of them, shape (n_replicates, ...); nan where there are none.
    why_not : tuple of str
        Why a group has no weighted answers; empty if it has.
    """

    by_comparator: dict[str, tuple[Array, Array]]
    why_not: tuple[str, ...]


def weigh_answers(
    columns: Array,
    members: Sequence[NDArray[np.int64]],
    configured: Sequence[Configured],
    humans: tuple[HumanAnswers, Array],
    *,
    grid: OptionGrid,
    draws: Draws,
) -> WeightedAnswers:
    """Weight the personas of each group to its humans.

    Parameters
    ----------
    columns : ndarray of float64, shape (n_personas, sum of the numbers of options)
        As from `option_columns`.
    members : sequence of ndarray of int64
        The personas of each group of humans; further groups help to estimate the effects.
    configured : sequence of Configured
        Questions that configured them.
    humans : (HumanAnswers, ndarray)
        The groups, and draws of their shares, shape (n_replicates, n_groups, ...).
    grid : OptionGrid
        Questions and options.
    draws : Draws
        How many, and their seed.

    Returns
    -------
    WeightedAnswers
        By group of humans.
    """
    levels = levels_of(configured, grid, len(columns))
    shares, drawn = (levels.shares(side) for side in (humans[0].shares, humans[1]))
    none, n_groups = np.zeros((len(columns), 0)), len(shares)
    everything, places = list(range(len(grid.questions))), [each.question for each in configured]
    adherent = adherent_columns(configured) if configured else none
    found = {}
    for name, answers, questions, indicators in (
        (WEIGHTED, columns, everything, levels.indicators),
        (ADHERENT, adherent, places, none),
        (ADHERENT_WEIGHTED, adherent, places, levels.indicators),
    ):
        asked = grid.taken(questions)
        both = np.full((draws.n + 1, n_groups, *grid.present.shape), np.nan)
        effects = estimate_effects(answers, indicators, members, asked) if configured else None
        if effects is not None:
            n_effects = indicators.shape[1]
            estimate, replicates = carried_shares(
                effects,
                _groups_of(shares, drawn, len(members), n_effects),
                draws.generator(f"alignment/{name}/{n_groups}"),
            )
            both[0][:, questions] = padded(estimate[:n_groups], asked)
            both[1:][:, :, questions] = padded(replicates[:, :n_groups], asked)
        found[name] = (both[0], both[1:])
    if not configured:
        unknown = "no question that configured the personas is known"
        return WeightedAnswers(found, (unknown,) * n_groups)
    return WeightedAnswers(found, _why_not(found[WEIGHTED][0], shares, members))


def _groups_of(shares: Array, drawn: Array, n_groups: int, n_effects: int) -> tuple[Array, Array]:
    """Return the humans' shares of some levels with rows for further groups that humans lack."""
    further = n_groups - len(shares)
    padding = ((0, further), (0, 0))
    return (
        np.pad(shares[:, :n_effects], padding, constant_values=np.nan),
        np.pad(drawn[..., :n_effects], ((0, 0), *padding), constant_values=np.nan),
    )


def _why_not(
    weighted: Array, shares: Array, members: Sequence[NDArray[np.int64]]
) -> tuple[str, ...]:
    found = []
    estimated = np.isfinite(weighted).any()
    for group, known in enumerate(np.isfinite(shares)):
        if not len(members[group]):
            found.append(NOBODY)
        elif not known.any():
            found.append("humans were asked no question that configured the personas")
        else:
            found.append("" if estimated else "too few personas for the effects of levels")
    return tuple(found)
