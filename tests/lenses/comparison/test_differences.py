"""What runs differ by: a planted difference is found and no other; paired is surer than not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from valuescape.answers.distributions import HumanAnswers
from valuescape.core import tables
from valuescape.lenses.comparison import tables as comparison_tables
from valuescape.lenses.comparison.differences import (
    EVERYBODY,
    GROUPS,
    INDEPENDENT,
    PAIRED,
    Humans,
    RunAnswers,
    differences,
    independent,
    measure_distances,
    of_draws,
    paired_means,
)
from valuescape.lenses.comparison.headlines import Headline
from valuescape.stats.emd import OptionGrid
from valuescape.stats.resampling import Draws

N = 144
DRAWS = Draws(300, 1)
GRID = OptionGrid(
    ("Q1", "Q2"),
    np.array([[1, 2, 3], [1, 2, 0]], dtype=np.int8),
    np.array([[True, True, True], [True, True, False]]),
    np.array([[0.5, 0.5], [1.0, 0.0]]),
)
SHARES = np.array([[[0.5, 0.3, 0.2], [0.4, 0.6, 0.0]], [[0.2, 0.3, 0.5], [0.7, 0.3, 0.0]]])
NUMBERS = np.full((2, 2), 500.0)
PEOPLE = HumanAnswers(("A", "B"), SHARES, NUMBERS, NUMBERS, NUMBERS / 100)
ALL = HumanAnswers(("all",), SHARES.mean(axis=0, keepdims=True), *[NUMBERS[:1]] * 3)
HUMANS = Humans(GRID, PEOPLE, ALL, 20)


def headline(lens, estimate, half):
    """Return a headline number with an interval."""
    ends = (None, None) if half is None else (estimate - half, estimate + half)
    return Headline(lens, "a number", estimate, *ends, 0.0, "nothing", 1.0, "all")


def made_up(name, seed, *, care=0.0, ids=None):
    """Return a run whose personas share what their configuration adds, with noise of its own."""
    common, own = np.random.default_rng(0), np.random.default_rng(seed)
    numbers = np.arange(N, dtype=np.uint32) if ids is None else ids
    values = {
        measure: common.normal(3, 1, N) + own.normal(shift, 0.1, N)
        for measure, shift in (("self_expression", 0.0), ("secular", 0.0), ("care", care),
                               ("purity", 0.0))
    }  # fmt: skip
    raw = common.dirichlet(np.full(5, 4.0), N) + own.uniform(0, 0.02, (N, 5))
    first, second = raw[:, :3], raw[:, 3:]
    columns = np.hstack([first / first.sum(axis=1)[:, None], second / second.sum(axis=1)[:, None]])
    return RunAnswers(
        f"test/{name}/base",
        numbers,
        values,
        columns,
        np.arange(N) % 3,  # the third are of no group
        np.ones((3, 2), dtype=np.bool_),
        {"Morality": headline("Morality", 0.3, 0.1)},
    )


def by_measure(frame):
    return {row["measure"]: row for row in frame.iter_rows(named=True)}


def test_a_planted_difference_is_found_and_no_other():
    runs = [made_up("one", 1), made_up("other", 2, care=0.2), made_up("third", 3)]
    frame = differences(runs, [(0, 1), (0, 2), (1, 2)], HUMANS, DRAWS)
    tables.check(frame, comparison_tables.COMPARISON_DIFFERENCES, "made up")
    sure = frame.filter(frame["p_holm"] < 0.05)
    assert {(row["first"], row["second"], row["measure"]) for row in sure.to_dicts()} == {
        ("test/one/base", "test/other/base", "care"),
        ("test/other/base", "test/third/base", "care"),
    }
    (found, _) = sure.sort("first")["difference"]
    assert found == pytest.approx(0.2, abs=0.03)


def test_the_same_personas_tell_more_than_two_intervals():
    first, second = made_up("one", 1), made_up("other", 2, care=0.2)
    paired = by_measure(differences([first, second], [(0, 1)], HUMANS, DRAWS))["care"]
    # by hand: the standard error of the mean of 144 differences
    apart = second.values["care"] - first.values["care"]
    half = 1.96 * apart.std(ddof=1) / np.sqrt(N)
    assert paired["basis"] == PAIRED
    assert paired["difference"] == pytest.approx(apart.mean())
    assert (paired["ci_high"] - paired["ci_low"]) / 2 == pytest.approx(half, rel=0.15)
    # the two runs by themselves vary ten times as much
    assert half < 0.2 * 1.96 * np.hypot(*(run.values["care"].std() for run in (first, second))) / 12


def test_alignment_by_hand():
    run = made_up("one", 1)
    taken = np.arange(N)
    found = measure_distances(run, taken, HUMANS, DRAWS)
    shares = run.columns[run.group == 1][:, 3:].mean(axis=0)
    # two options: the difference of shares at the first
    assert found.emds[1, 1] == pytest.approx(abs(shares[0] - 0.7))
    everybody = run.columns[:, 3:].mean(axis=0)
    assert found.emds[2, 1] == pytest.approx(abs(everybody[0] - 0.55))
    assert found.n.tolist() == [[48, 48], [48, 48], [144, 144]]
    assert found.drawn.shape == (DRAWS.n, 3, 2)
    assert found.drawn.std(axis=0).max() < 0.1
    assert found.drawn.mean(axis=0) == pytest.approx(found.emds, abs=0.02)


def test_only_cells_that_count_in_both_are_compared():
    first, second = made_up("one", 1), made_up("other", 2)
    counts = np.array([[True, False], [False, False], [True, True]])
    second = dataclasses.replace(second, counts=counts)
    rows = by_measure(differences([first, second], [(0, 1)], HUMANS, DRAWS))
    assert (rows[GROUPS]["n_cells"], rows[EVERYBODY]["n_cells"]) == (1, 2)
    none = dataclasses.replace(second, counts=np.zeros_like(counts))
    rows = by_measure(differences([first, none], [(0, 1)], HUMANS, DRAWS))
    assert rows[GROUPS]["difference"] is None
    assert "counts in both" in rows[GROUPS]["reason"]


def test_what_does_not_vary_has_no_p_value():
    run = made_up("one", 1)
    rows = differences([run, dataclasses.replace(run, name="test/two/base")], [(0, 1)], HUMANS,
                       DRAWS)  # fmt: skip
    paired = rows.filter(rows["basis"] == PAIRED)
    assert paired["p_value"].null_count() == paired.height
    assert set(paired["difference"]) == {0.0}
    assert set(paired["reason"]) == {"no persona answers differently"}
    shifted = of_draws("care", 0.5, np.full(10, 0.5), 144)
    assert np.isnan(shifted.p_value)
    assert shifted.reason == "all personas differ by the same: nothing varies"


def test_missing_answers_are_left_out_in_pairs():
    first = {"care": np.array([1.0, 2.0, np.nan, 4.0])}
    second = {"care": np.array([2.0, np.nan, 9.0, 6.0])}
    (found,) = paired_means(first, second, DRAWS)
    assert found.estimate == pytest.approx(1.5)
    assert found.n_personas == 2
    (nothing,) = paired_means({"care": np.full(4, np.nan)}, second, DRAWS)
    assert nothing.reason == "0 personas have a valid answer in both"


def test_only_personas_in_common_are_compared():
    other = np.arange(100, 100 + N, dtype=np.uint32)
    runs = [made_up("one", 1), made_up("other", 2, ids=other)]
    rows = by_measure(differences(runs, [(0, 1)], HUMANS, DRAWS))
    assert rows["purity"]["n_personas"] == 44
    runs[1] = made_up("other", 2, ids=other + 1000)
    rows = by_measure(differences(runs, [(0, 1)], HUMANS, DRAWS))
    assert rows["purity"]["reason"] == rows[GROUPS]["reason"] == "0 personas in common"


def test_other_respondents_are_not_paired_with_personas_of_the_same_numbers():
    personas = made_up("one", 1)
    others = dataclasses.replace(made_up("other", 2, care=5.0), ids=None)
    found = by_measure(differences([personas, others], [(0, 1)], HUMANS, DRAWS))
    assert found["care"]["difference"] is None
    assert found["care"]["reason"] == "no personas in common: answers of other respondents"
    assert (found["Morality"]["basis"], found["Morality"]["difference"]) == (INDEPENDENT, 0.0)


def test_independent_intervals_by_hand():
    found = independent("Morality", headline("m", 0.3, 0.03), headline("m", 0.5, 0.04))
    assert found.basis == INDEPENDENT
    assert (found.low, found.high) == pytest.approx((0.2 - 0.05, 0.2 + 0.05))
    assert found.error == pytest.approx(0.05 / 1.96, rel=1e-3)
    assert "no interval" in independent("m", headline("m", 0.3, None), headline("m", 1, 1)).reason
    unknown = Headline(
        "m", "m", None, None, None, 0.0, "", 1.0, "", undefined_because="nothing varies"
    )
    assert independent("m", unknown, headline("m", 0.3, 0.1)).reason == "nothing varies"
