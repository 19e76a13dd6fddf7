"""Weighted personas: what a regression finds, planted effects, and the design alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from made_up_answers import instrument, question
from made_up_groups import CONFIG, PROBE, write_inputs
from valuescape.answers.distributions import HumanAnswers, human_arrays, padded
from valuescape.core import tables
from valuescape.humans import tables as human_tables
from valuescape.lenses.alignment.weighting import (
    ADHERENT,
    ADHERENT_WEIGHTED,
    WEIGHTED,
    adherent_columns,
    configured_questions,
    estimate_effects,
    weigh_answers,
)
from valuescape.stats import raking
from valuescape.stats.emd import emd, grid_of
from valuescape.stats.resampling import Draws
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

SPACE = read_space(CONFIG / "persona_space.yaml")
ASKED = read_instrument(PROBE)
ASKED = replace(ASKED, questions=tuple(ASKED.question(q) for q in ("Q46", "Q57", "Q164", "Q1")))
GRID = grid_of(ASKED)
LEVELS = SPACE.levels_of(persona_ids(SPACE, "oa144"))
CONFIGURED = configured_questions(LEVELS, SPACE, ASKED)
SHARES = np.random.default_rng(3).dirichlet(np.ones(10), (2, 4)) * GRID.present
SHARES /= SHARES.sum(axis=-1, keepdims=True)


def humans(shares=SHARES):
    """Return humans of groups, and draws of them that do not vary."""
    size = np.full(shares.shape[:2], 1000.0)
    names = tuple(f"group {k}" for k in range(len(shares)))
    draws = np.repeat(shares[None], 50, axis=0)
    return HumanAnswers(names, shares, size, size, size), draws


MEMBERS = [np.arange(0, 144, 2), np.arange(1, 144, 2)]
EVEN = GRID.uniform[:3][GRID.present[:3]]
"""Uniform answers to what configured the personas."""


def weighed(columns, members, people):
    """Return the weighted answers of personas of the balanced fraction."""
    return weigh_answers(columns, members, CONFIGURED, people, grid=GRID, draws=Draws(50, 1))


def test_the_answer_of_a_persona_that_follows_its_level():
    happy, _, god = CONFIGURED
    assert [each.question for each in CONFIGURED] == [0, 1, 2]
    assert happy.answers.tolist() == np.eye(4).tolist()
    # 1, 4, 7 and 10 of ten; the levels share the options out
    assert god.answers.argmax(axis=1).tolist() == [0, 3, 6, 9]
    assert god.binned.sum(axis=0).tolist() == [2, 3, 3, 2]
    assert (god.binned.sum(axis=1) == 1).all()
    between = replace(SPACE.variables[4].levels[1], value=5.5)
    variable = replace(SPACE.variables[4], levels=(between,))
    space = replace(SPACE, variables=(variable,))
    [found] = configured_questions(np.zeros((1, 1), dtype=np.int8), space, ASKED)
    assert found.answers[0, 4:6].tolist() == [0.5, 0.5]


def test_the_perfectly_adherent_respondent_reaches_its_ceiling_once_weighted():
    """Referee B1: a persona that answers as configured got .783 where uniform got .780."""
    adherent = np.column_stack([adherent_columns(CONFIGURED), np.full((144, 4), 0.25)])
    found = weighed(adherent, MEMBERS, humans()).by_comparator
    alignment = {
        name: 1 - emd(shares, SHARES, GRID.gaps)[:, :3] for name, (shares, _) in found.items()
    }
    assert alignment[WEIGHTED] == pytest.approx(alignment[ADHERENT_WEIGHTED])
    # four levels are four options of happiness, two of trust; ten options of God have four levels
    assert alignment[WEIGHTED][:, :2] == pytest.approx(1)
    assert (alignment[WEIGHTED] > alignment[ADHERENT] - 1e-9).all()
    assert np.isnan(found[ADHERENT][0][:, 3]).all()  # it is no question that configures
    # humans known exactly: nothing is left to chance
    assert np.ptp(found[ADHERENT_WEIGHTED][1], axis=0)[:, :3].max() == pytest.approx(0, abs=1e-9)


def test_the_design_alone_is_no_nearer_to_humans_than_uniform_answers(tmp_path):
    """Referee B1: .783 and .780 over Q46, Q57 and Q164, here of 66 populations."""
    write_inputs(tmp_path)
    table = tables.read(tmp_path / "humans.parquet", human_tables.HUMANS)
    people = human_arrays(table, "continent", GRID)
    design = padded(adherent_columns(CONFIGURED).mean(axis=0), GRID.taken([0, 1, 2]))
    found = 1 - emd(design, people.shares[:, :3], GRID.gaps[:3]).mean()
    uniform = 1 - emd(GRID.uniform[:3], people.shares[:, :3], GRID.gaps[:3]).mean()
    assert found == pytest.approx(uniform, abs=0.02)
    assert found < 0.85


def test_effects_are_those_of_least_squares_on_the_valid_answers():
    rng = np.random.default_rng(4)
    columns = np.column_stack([rng.dirichlet(np.ones(k), 144) for k in (4, 2, 10, 4)])
    columns[rng.random(144) < 0.3, :4] = 0  # refused
    members = [np.arange(50), np.arange(50, 144)]
    indicators = np.column_stack(
        [np.eye(len(each.binned.T))[each.levels][:, 1:] for each in CONFIGURED]
    )
    found = estimate_effects(columns, indicators, members, GRID)
    group = np.zeros((144, 2))
    group[:50, 0] = group[50:, 1] = 1
    for part in (slice(0, 4), slice(4, 6)):
        valid = columns[:, part].sum(axis=1) > 0
        design = np.column_stack([group, indicators])[valid]
        beta = np.linalg.lstsq(design, columns[valid, part], rcond=None)[0]
        np.testing.assert_allclose(found.slopes[:, part], beta[2:], atol=1e-10)


def test_planted_answers_come_back_at_the_humans_shares_though_levels_refuse():
    """Referee A3: additive truth, refusals by level: least squares recovers it exactly."""
    rng = np.random.default_rng(5)
    effects = [rng.normal(0, 0.04, (len(each.binned.T), 4)) for each in CONFIGURED]
    effects = [each - each.mean(axis=1, keepdims=True) for each in effects]
    answer = 0.25 + sum(e[c.levels] for e, c in zip(effects, CONFIGURED, strict=True))
    columns = np.column_stack([np.tile(EVEN, (144, 1)), answer])
    columns[(CONFIGURED[2].levels == 3) & (CONFIGURED[0].levels < 3), 16:] = 0
    found, drawn = weighed(columns, MEMBERS, humans()).by_comparator[WEIGHTED]
    for group in range(2):
        margins = [SHARES[group, c.question, : len(c.binned)] @ c.binned for c in CONFIGURED]
        truth = 0.25 + sum(m @ e for m, e in zip(margins, effects, strict=True))
        np.testing.assert_allclose(found[group, 3, :4], truth, atol=1e-9)
    np.testing.assert_allclose(drawn[:, :, 3], np.repeat(found[None, :, 3], 50, axis=0), atol=1e-6)


def test_on_the_whole_space_it_is_raking():
    levels = np.stack(np.meshgrid(range(4), range(2), range(4), indexing="ij"), -1).reshape(-1, 3)
    names = ("happiness", "trust", "god")
    space = replace(SPACE, variables=tuple(v for v in SPACE.variables if v.name in names))
    whole = configured_questions(levels.astype(np.int8), space, ASKED)
    rng = np.random.default_rng(6)
    effects = [rng.normal(0, 0.03, (len(each.binned.T), 4)) for each in whole]
    effects = [each - each.mean(axis=1, keepdims=True) for each in effects]
    answer = 0.25 + sum(e[c.levels] for e, c in zip(effects, whole, strict=True))
    columns = np.column_stack([np.tile(EVEN, (32, 1)), answer])
    found = weigh_answers(
        columns, [np.arange(32)], whole, humans(SHARES[:1]), grid=GRID, draws=Draws(50, 1)
    ).by_comparator[WEIGHTED][0]
    margins = [
        raking.Margin((column,), SHARES[0, c.question, : len(c.binned)] @ c.binned)
        for column, c in enumerate(whole)
    ]
    weights = raking.fit(levels.astype(np.int8), margins).weights
    np.testing.assert_allclose(found[0, 3, :4], weights @ answer, atol=1e-8)


def test_few_personas_and_unasked_humans_have_no_weighted_answers():
    columns = np.full((144, 20), 0.25)
    columns[:, 4:6], columns[:, 6:16] = 0.5, 0.1
    few = weigh_answers(
        columns[:2], [np.arange(2), np.arange(0)],
        [replace(each, levels=each.levels[:2]) for each in CONFIGURED],
        humans(), grid=GRID, draws=Draws(50, 1),
    )  # fmt: skip
    assert few.why_not == ("too few personas for the effects of levels", "no personas")
    assert np.isnan(few.by_comparator[WEIGHTED][0]).all()
    # one persona answers as configured all the same
    assert np.isfinite(few.by_comparator[ADHERENT][0][0, :3]).all()
    unasked = SHARES.copy()
    unasked[1, :3] = np.nan
    found = weighed(columns, MEMBERS, humans(unasked))
    assert found.why_not[1] == "humans were asked no question that configured the personas"
    nothing = weigh_answers(
        columns, [np.arange(144)], [], humans(SHARES[:1]), grid=GRID, draws=Draws(50, 1)
    )
    assert nothing.why_not == ("no question that configured the personas is known",)


def test_an_instrument_that_asks_nothing_configured_has_no_design():
    asked = instrument(question("Q46", (1, 2, 3, 4)))
    assert configured_questions(LEVELS, SPACE, asked) == []
