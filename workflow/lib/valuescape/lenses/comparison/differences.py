"""What two runs differ by: paired over the same personas wherever a number is made of them.

Configurations are drawn anew, in both runs the same ones, so that what a configuration adds to
either run cancels. The humans stay as they are: both runs are compared with the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import ndtr as normal_below
from scipy.special import ndtri as normal_quantile

from valuescape.answers.distributions import padded, shares_of
from valuescape.lenses.alignment.summary import weighted_mean
from valuescape.lenses.comparison import tables as comparison_tables
from valuescape.stats import resampling
from valuescape.stats.emd import OptionGrid, emd
from valuescape.stats.multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers
    from valuescape.lenses.comparison.headlines import Headline
    from valuescape.stats.resampling import Draws

    Array = NDArray[np.float64]

PAIRED, INDEPENDENT = "paired", "independent intervals"
GROUPS, EVERYBODY = "alignment over groups", "alignment of all as one"
FEWEST = 2
"""Of fewer personas nothing can be said of how a difference varies."""
# A difference whose standard error is below this does not vary but for rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class RunAnswers:
    """What is compared of a run, persona by persona.

    Attributes
    ----------
    name : str
        ``study/model/condition``.
    ids : ndarray of uint32, shape (n,), or None
        Its personas, ascending; None of other respondents, of whom none is in another run.
    values : dict of str to ndarray of float64, shape (n,)
        By measure; nan where a persona has no valid answer.
    columns : ndarray of float64, shape (n, sum of the numbers of options)
        Answers side by side, as from `answers.distributions.option_columns`.
    group : ndarray of int64, shape (n,)
        Number of a persona's group; the number of groups for one of none.
    counts : ndarray of bool, shape (n_groups + 1, n_questions)
        Cells that count; last those of everybody as one group.
    headlines : dict of str to Headline
        By lens.
    """

    name: str
    ids: NDArray[np.uint32] | None
    values: dict[str, Array]
    columns: Array
    group: NDArray[np.int64]
    counts: NDArray[np.bool_]
    headlines: dict[str, Headline]


@dataclass(frozen=True)
class Humans:
    """Whom the answers are compared with.

    Attributes
    ----------
    grid : OptionGrid
        Questions and options.
    groups, everybody : HumanAnswers
        Of each group, and of all as one.
    least : int
        Personas behind a cell that counts.
    """

    grid: OptionGrid
    groups: HumanAnswers
    everybody: HumanAnswers
    least: int

    @property
    def shares(self) -> Array:
        """Shares of options, shape (n_groups + 1, n_questions, most_options)."""
        return np.concatenate([self.groups.shares, self.everybody.shares])


@dataclass(frozen=True)
class Distances:
    """Distances of a run's answers from the humans, with draws of its personas.

    Attributes
    ----------
    n : ndarray of float64, shape (n_groups + 1, n_questions)
        Personas with a valid answer.
    emds : ndarray of float64, shape (n_groups + 1, n_questions)
        Last row: of everybody as one group.
    drawn : ndarray of float64, shape (n_replicates, n_groups + 1, n_questions)
        Of each draw.
    """

    n: Array
    emds: Array
    drawn: Array


def measure_distances(
    run: RunAnswers, taken: NDArray[np.int64], humans: Humans, draws: Draws
) -> Distances:
    """Measure how far some personas of a run answer from the humans.

    Parameters
    ----------
    run : RunAnswers
        The run.
    taken : ndarray of int64, shape (m,)
        Rows of the personas, in the order of their ids.
    humans : Humans
        Whom they are compared with.
    draws : Draws
        Bootstrap draws of the personas: of as many personas always the same.

    Returns
    -------
    Distances
        A persona takes its group and all its answers along into a draw.
    """
    columns, group = run.columns[taken], run.group[taken]
    members = [np.flatnonzero(group == number) for number in range(len(humans.groups.groups) + 1)]
    shares = humans.shares

    def emds(sums: Array) -> Array:
        """Return distances from the sums of each group's columns, those of no group last."""
        everybody = sums.sum(axis=-2, keepdims=True)
        counts = padded(np.concatenate([sums[..., :-1, :], everybody], axis=-2), humans.grid)
        return emd(shares_of(counts), shares, humans.grid.gaps)

    whole = np.stack([columns[rows].sum(axis=0) for rows in members])
    drawn = np.full((draws.n, *shares.shape[:2]), np.nan)
    for block, weights in resampling.resampled_weights(len(taken), draws, "comparison/personas"):
        drawn[block] = emds(np.stack([weights[:, rows] @ columns[rows] for rows in members], 1))
    with_all = np.concatenate([whole[:-1], whole.sum(axis=0, keepdims=True)])
    n = np.rint(padded(with_all, humans.grid).sum(axis=-1))
    return Distances(n, emds(whole), drawn)


@dataclass(frozen=True)
class Difference:
    """A difference and how it varies.

    Attributes
    ----------
    measure : str
        Of what.
    estimate, low, high : float
        Second less first, and its 95 % interval; nan where not known.
    error : float
        Its standard error.
    basis : str
        `PAIRED` or `INDEPENDENT`.
    n_personas, n_cells : int or None
        What it is a mean over.
    reason : str or None
        Why a number is missing.
    """

    measure: str
    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    error: float = np.nan
    basis: str = PAIRED
    n_personas: int | None = None
    n_cells: int | None = None
    reason: str | None = None

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference; nan where it does not vary or is not known."""
        if not self.error > ROUNDING:
            return np.nan
        return float(2 * normal_below(-abs(self.estimate) / self.error))


def of_draws(
    measure: str, estimate: float, drawn: Array, n_personas: int, n_cells: int | None = None
) -> Difference:
    """Return a paired difference from its bootstrap draws.

    Parameters
    ----------
    measure : str
        Of what.
    estimate : float
        The difference.
    drawn : ndarray of float64, shape (n_replicates,)
        That of each draw.
    n_personas : int
        Personas with a valid answer in both runs.
    n_cells : int, optional
        Cells that it is a mean over.

    Returns
    -------
    Difference
        Without a p-value where no draw differs.
    """
    low, high = resampling.interval(estimate, drawn)
    error = float(np.nanstd(drawn, ddof=1))
    still = "no persona answers differently" if abs(estimate) < ROUNDING else (
        "all personas differ by the same: nothing varies"
    )  # fmt: skip
    reason = None if error > ROUNDING else still
    return Difference(
        measure, estimate, float(low), float(high), error, PAIRED, n_personas, n_cells, reason
    )


def paired_means(
    first: Mapping[str, Array], second: Mapping[str, Array], draws: Draws
) -> list[Difference]:
    """Compare means over the same personas.

    Parameters
    ----------
    first, second : mapping of str to ndarray of float64, shape (n,)
        Values of the same personas by measure; nan where not known.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    list of Difference
        Of each measure, over the personas that have it in both runs.
    """
    apart = {name: second[name] - values for name, values in first.items()}
    known = np.column_stack([np.isfinite(values) for values in apart.values()])
    columns = np.column_stack([np.nan_to_num(values) for values in apart.values()])
    sums = resampling.resampled_sums(
        np.hstack([columns, known.astype(np.float64)]), draws, "comparison/personas"
    )
    total, times = np.split(sums, 2, axis=1)
    drawn = np.divide(total, times, out=np.full(total.shape, np.nan), where=times > 0)
    found = []
    for column, name in enumerate(apart):
        n = int(known[:, column].sum())
        if n < FEWEST:
            few = f"{n} personas have a valid answer in both"
            found.append(Difference(name, n_personas=n, reason=few))
        else:
            estimate = float(columns[:, column].sum() / n)
            found.append(of_draws(name, estimate, drawn[:, column], n))
    return found


def paired_alignment(
    first: Distances, second: Distances, counts: NDArray[np.bool_], least: int, n_personas: int
) -> list[Difference]:
    """Compare alignment over the cells that count in both runs.

    Parameters
    ----------
    first, second : Distances
        Of the same personas, in the same draws.
    counts : ndarray of bool, shape (n_groups + 1, n_questions)
        Cells that count in both runs.
    least : int
        Personas behind a cell that counts.
    n_personas : int
        How many personas there are.

    Returns
    -------
    list of Difference
        Of the mean over cells of groups, and of everybody as one group.
    """
    cells = counts & (np.minimum(first.n, second.n) >= max(least, 1))
    cells &= np.isfinite(first.emds) & np.isfinite(second.emds)
    found = []
    for name, rows in ((GROUPS, slice(0, -1)), (EVERYBODY, slice(-1, None))):
        weights = cells[rows].astype(np.float64)
        n_cells = int(weights.sum())
        if not n_cells:
            none = "no question of a group counts in both runs"
            found.append(Difference(name, n_personas=n_personas, n_cells=0, reason=none))
            continue
        nearer = [
            weighted_mean(one[..., rows, :], weights) - weighted_mean(other[..., rows, :], weights)
            for one, other in ((first.emds, second.emds), (first.drawn, second.drawn))
        ]
        found.append(of_draws(name, float(nearer[0]), nearer[1], n_personas, n_cells))
    return found


def independent(measure: str, first: Headline, second: Headline) -> Difference:
    """Compare two numbers by their own intervals, as if they had nothing in common.

    The interval is that of Zou & Donner (2008, Statistics in Medicine 27:1693): the distances of
    the ends from the estimates, each side by itself, add as squares.

    Parameters
    ----------
    measure : str
        Of what.
    first, second : Headline
        With their intervals.

    Returns
    -------
    Difference
        Wider than need be where both runs ask the same personas.
    """
    ends = (first.estimate, second.estimate, first.ci_low, first.ci_high, second.ci_low,
            second.ci_high)  # fmt: skip
    if first.estimate is None or second.estimate is None:
        missing = first if first.estimate is None else second
        why = missing.undefined_because or "a run has no estimate"
        return Difference(measure, basis=INDEPENDENT, reason=why)
    estimate = second.estimate - first.estimate
    if any(end is None for end in ends):
        return Difference(measure, estimate, basis=INDEPENDENT, reason="a run has no interval")
    one, other, one_low, one_high, other_low, other_high = (float(end or 0.0) for end in ends)
    low = estimate - np.hypot(other - other_low, one_high - one)
    high = estimate + np.hypot(other_high - other, one - one_low)
    error = float(high - low) / (2 * float(normal_quantile((1 + resampling.CONFIDENCE) / 2)))
    reason = None if error > ROUNDING else "nothing varies in either run"
    return Difference(measure, estimate, float(low), float(high), error, INDEPENDENT, reason=reason)


def in_common(first: RunAnswers, second: RunAnswers) -> tuple[NDArray[np.uint32], str]:
    """Return the personas of both runs, and why they are too few, empty if they are not."""
    if first.ids is None or second.ids is None:
        return np.empty(0, dtype=np.uint32), "no personas in common: answers of other respondents"
    shared = np.intersect1d(first.ids, second.ids)
    return shared, f"{len(shared)} personas in common" if len(shared) < FEWEST else ""


def _rows(run: RunAnswers, personas: NDArray[np.uint32]) -> NDArray[np.int64]:
    ids = np.empty(0) if run.ids is None else run.ids
    return np.flatnonzero(np.isin(ids, personas))


def differences(
    runs: Sequence[RunAnswers], pairs: Sequence[tuple[int, int]], humans: Humans, draws: Draws
) -> pl.DataFrame:
    """Compare pairs of runs.

    Parameters
    ----------
    runs : sequence of RunAnswers
        All of them.
    pairs : sequence of (int, int)
        Numbers of the runs that are compared.
    humans : Humans
        Whom alignment is with.
    draws : Draws
        Bootstrap draws of configurations.

    Returns
    -------
    DataFrame
        Table COMPARISON_DIFFERENCES; p-values adjusted for all of its rows.
    """
    measured: dict[tuple[int, bytes], Distances] = {}

    def distances(number: int, shared: NDArray[np.uint32]) -> Distances:
        key = (number, shared.tobytes())
        if key not in measured:
            run = runs[number]
            measured[key] = measure_distances(run, _rows(run, shared), humans, draws)
        return measured[key]

    rows = []
    for pair in pairs:
        first, second = (runs[number] for number in pair)
        shared, few = in_common(first, second)
        if few:
            names = (*first.values, GROUPS, EVERYBODY)
            found = [Difference(name, n_personas=len(shared), reason=few) for name in names]
        else:
            one, other = (
                {name: values[_rows(run, shared)] for name, values in run.values.items()}
                for run in (first, second)
            )
            found = paired_means(one, other, draws)
            found += paired_alignment(
                distances(pair[0], shared), distances(pair[1], shared),
                first.counts & second.counts, humans.least, len(shared),
            )  # fmt: skip
        found += [
            independent(lens, headline, second.headlines[lens])
            for lens, headline in first.headlines.items()
        ]
        rows += [(first.name, second.name, each) for each in found]
    adjusted = holm(np.array([each.p_value for _, _, each in rows]))
    return pl.DataFrame(
        [
            (first, second, each.measure, each.estimate, each.low, each.high, each.p_value,
             float(p_holm), each.basis, each.n_personas, each.n_cells, each.reason)
            for (first, second, each), p_holm in zip(rows, adjusted, strict=True)
        ],
        schema=comparison_tables.COMPARISON_DIFFERENCES.columns,
        orient="row",
    ).fill_nan(None)  # fmt: skip
