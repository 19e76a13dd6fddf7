"""Groups against groups: what is planted comes back, and what is not does not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from made_up_answers import instrument, question
from valuescape.answers.distributions import HumanAnswers
from valuescape.core import tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.discrimination import (
    Rounds,
    between_groups,
    discrimination_tables,
    index,
    nearest_is_own,
    rank_correlations,
)
from valuescape.lenses.alignment.equivalent_n import worth, worth_table
from valuescape.lenses.alignment.group_geometry import (
    geometry_table,
    mantel,
    matching,
    plane,
    position_table,
)
from valuescape.lenses.alignment.joint_transport import compared, group_rows
from valuescape.stats.emd import emd, expected_floor, scales_of
from valuescape.stats.resampling import Draws

G, Q, K = 7, 12, 4
ASKED = instrument(*(question(f"Q{q}", (1, 2, 3, 4)) for q in range(Q)))
SCALES = scales_of(ASKED)
NAMES = tuple("abcdefg")


def drawn(rng, truth, n, size=()):
    """Return shares among n people of each group and question."""
    return rng.multinomial(n, truth, size=(*size, G, Q)) / n


def rounds(told, *, seed=1, n=300, draws=150):
    """Return humans drawn from groups that differ, and personas drawn from `told(truth)`."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet(np.full(K, 3.0), (G, Q))
    personas, humans = drawn(rng, told(truth), n), drawn(rng, truth, 1000)
    return Rounds(
        SCALES, personas, humans,
        drawn(rng, personas, n, (draws,)), drawn(rng, humans, 1000, (draws,)),
        drawn(rng, humans, 1000, (30,)),
    )  # fmt: skip


def measures(frame, contract):
    tables.check(frame, contract, "the test")
    return {row["measure"]: row for row in frame.iter_rows(named=True)}


def test_distances_and_indices_by_hand():
    rng = np.random.default_rng(2)
    first, second = rng.dirichlet(np.ones(K), (2, 3, Q))
    found = between_groups(first, second, SCALES)
    assert found[0, 2] == pytest.approx(emd(first[0], second[2], SCALES.gaps).mean())
    distance = np.array([[0.1, 0.4], [0.2, 0.3]])
    assert index(distance) == pytest.approx(1 - 0.2 / 0.3)
    assert nearest_is_own(distance) == 0.5
    ranks = rank_correlations(first[..., 0], second[..., 0])
    assert ranks[4] == pytest.approx(spearmanr(first[:, 4, 0], second[:, 4, 0]).statistic)


def test_personas_like_their_own_humans_are_told_from_others():
    found = rounds(lambda truth: truth)
    table, by_question = discrimination_tables(found, Draws(400, 3))
    of = measures(table, alignment_tables.DISCRIMINATION)
    tables.check(by_question, alignment_tables.QUESTION_ORDER, "the test")
    assert of["index"]["p_value"] < 0.01
    assert of["index"]["null"] < of["index"]["ci_low"] < of["index"]["ci_high"]
    assert of["index"]["estimate"] > 0.75 * of["index"]["best"]
    assert of["nearest_is_own"]["estimate"] == 1
    assert of["rank_correlation"]["estimate"] > 0.8
    shape = measures(geometry_table(found), alignment_tables.GROUP_GEOMETRY)
    assert shape["mantel"]["estimate"] > shape["mantel"]["null"]
    assert shape["mantel"]["p_value"] < 0.01
    assert shape["gromov_wasserstein"]["estimate"] < shape["gromov_wasserstein"]["null"]
    assert shape["matched_share"]["estimate"] == pytest.approx(1)
    assert shape["spread_ratio"]["estimate"] == pytest.approx(1, abs=0.1)


def test_personas_that_know_no_groups_are_told_to_be_such():
    p_values, geometries = [], []
    for seed in range(12):
        alike = rounds(lambda truth: truth.mean(axis=0), seed=seed, draws=60)
        table, _ = discrimination_tables(alike, Draws(100, seed))
        of = measures(table, alignment_tables.DISCRIMINATION)
        assert abs(of["index"]["estimate"]) < 0.05
        p_values.append(of["index"]["p_value"])
        shape = measures(geometry_table(alike), alignment_tables.GROUP_GEOMETRY)
        geometries.append(shape["mantel"]["p_value"])
        assert shape["spread_ratio"]["estimate"] < 0.4
    # at the nominal 5 %, three of twelve or more: once in fifty
    for values in (p_values, geometries):
        assert np.mean(np.array(values) <= 0.05) < 0.25


def test_wrong_names_keep_the_geometry_but_not_the_discrimination():
    turned = rounds(lambda truth: np.roll(truth, 1, axis=0))
    table, _ = discrimination_tables(turned, Draws(100, 3))
    of = measures(table, alignment_tables.DISCRIMINATION)
    assert of["index"]["estimate"] < of["index"]["null"]
    assert of["nearest_is_own"]["estimate"] == 0
    shape = measures(geometry_table(turned), alignment_tables.GROUP_GEOMETRY)
    # whatever the groups are called, their shape is the humans'
    assert shape["gromov_wasserstein"]["estimate"] < shape["gromov_wasserstein"]["null"]


def test_geometry_by_hand():
    line = np.abs(np.subtract.outer([0.0, 1.0, 3.0], [0.0, 1.0, 3.0]))
    assert mantel(line, 5 * line) == pytest.approx(1)
    assert matching(line, 5 * line) == pytest.approx((0, 1), abs=1e-7)
    swapped = line[[1, 0, 2]][:, [1, 0, 2]]
    cost, stays = matching(swapped, line)
    assert (cost, stays) == pytest.approx((0, 1 / 3), abs=1e-7)
    places, explained = plane(line)
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1)
    assert gaps == pytest.approx(line)
    assert explained == pytest.approx(1)
    positions = position_table(rounds(lambda truth: truth), NAMES)
    tables.check(positions, alignment_tables.GROUP_POSITIONS, "the test")
    sides = [positions.filter(population=name).select("x", "y").to_numpy()
             for name in ("human", "persona")]  # fmt: skip
    # turned onto each other, not merely drawn side by side
    assert np.linalg.norm(sides[0] - sides[1]) < np.linalg.norm(sides[0]) / 2


@pytest.mark.parametrize("k", [3, 20, 100])
def test_as_many_humans_as_were_drawn_come_back(k):
    rng = np.random.default_rng(k)
    truth = rng.dirichlet(np.full(K, 3.0), (G, Q))
    size = np.full((G, Q), 2000.0)
    humans = HumanAnswers(NAMES, drawn(rng, truth, 2000), size, size, np.ones((G, Q)))
    asked = np.stack([drawn(rng, truth, k) for _ in range(20)])
    distance = emd(asked, humans.shares, SCALES.gaps)
    found = worth_table(
        {"persona": distance.mean(axis=0)}, {"persona": distance}, humans,
        np.ones((G, Q), dtype=bool), SCALES,
    )  # fmt: skip
    tables.check(found, alignment_tables.HUMAN_WORTH, "the test")
    row = found.filter(group="all").row(0, named=True)
    # the formula of the floor is 6 % too large for draws of five, so k 12 % too large
    assert row["n_worth"] == pytest.approx(k, rel=0.2)
    assert row["ci_low"] <= row["n_worth"] <= row["ci_high"]


def test_nearer_than_noise_is_worth_more_than_can_be_told():
    single = np.array([0.2])
    assert worth(np.array(0.001), single, np.array([100.0]), np.ones(1)) == np.inf
    assert np.isnan(worth(np.array(np.nan), single, np.array([100.0]), np.ones(1)))
    # 0.2 x sqrt(1/16 + 1/100)
    found = worth(np.array(0.2 * np.sqrt(1 / 16 + 1 / 100)), single, np.array([100.0]), np.ones(1))
    assert found == pytest.approx(16)
    assert expected_floor(np.array([0.5, 0.5]), np.array(1.0), np.ones(1)) > 0


def test_two_groups_have_no_order_to_shuffle():
    found = rounds(lambda truth: truth)
    sides = (found.personas, found.humans, found.drawn_personas, found.drawn_humans, found.again)
    pair = Rounds(SCALES, *(side[..., :2, :, :] for side in sides))
    for frame in (*discrimination_tables(pair, Draws(9, 1)), geometry_table(pair)):
        assert isinstance(frame, pl.DataFrame)
        assert frame.is_empty()


def test_only_whole_persons_show_answers_that_do_not_go_together():
    rng = np.random.default_rng(3)
    trait = rng.random((2000, 1))
    humans = (rng.random((2000, 8)) < trait).astype(float)
    # the same answers to every question, dealt to other persons
    dealt = rng.permuted(humans, axis=0)[:400]
    of = {row[1]: row for row in group_rows("all", dealt, humans, Draws(4, 1))}
    like = {row[1]: row for row in group_rows("all", humans[:400], humans[400:], Draws(4, 1))}
    for measure, above in (("dependence_gap", 6), ("joint", 6)):
        assert of[measure][above] > 0.03
        assert abs(like[measure][above]) < 0.01
    assert abs(of["marginal"][6]) < 0.01  # no single question shows it
    assert group_rows("a", dealt[:20], humans, Draws(4, 1)) == []


def test_measures_of_two_persons_by_hand():
    first, second = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    # each question has one 0 and one 1 on both sides; any match of persons costs a half
    assert compared(first, second, 1)[:3] == pytest.approx([0.5, 0.0, 0.5])
