"""Weights: margins met, nearest to uniform, transport as POT has it, and known truths found."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

import made_up_survey as survey
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.humans.margins import (
    complete,
    country_margins,
    level_margins,
    public_margins,
    read_prevalence,
)
from valuescape.lenses.weights import fit as weights
from valuescape.lenses.weights import schemes as weight_schemes
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.diagnostics import kish, pair_variation, total_variation
from valuescape.stats import raking
from valuescape.stats import semi_relaxed_ot as semi_relaxed
from valuescape.stats.raking import Margin
from valuescape.stats.resampling import Draws
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.space import PersonaSpace

CONFIG = Path(__file__).parents[3] / "config"
SPACE = survey.SPACE
WHOLE = SPACE.levels_of(np.arange(SPACE.n_personas))
SMALL = PersonaSpace("small", "", SPACE.variables[1:4])  # 2 x 3 x 3
SMALL_LEVELS = SMALL.levels_of(np.arange(SMALL.n_personas))


@pytest.fixture(scope="module")
def world():
    """Return 20,000 respondents of one known population, and the population."""
    rng = np.random.default_rng(5)
    tilt = rng.normal(0, 1.0, len(SPACE.variables))
    frame = survey.respondents([survey.draw(SPACE, "A", tilt, 20_000, rng)])
    return frame.with_columns(weight=pl.lit(1.0)), survey.configurations(SPACE, tilt)


def test_all_45_pairs_of_margins_are_met_on_the_whole_space(world):
    humans = complete(world[0], SPACE)
    margins = raking.margins_of(humans.levels, humans.weights, SPACE.radices, 2)
    assert len(margins) == 45
    fitted = raking.fit(WHOLE, margins)
    assert fitted.residual < 1e-9
    assert raking.residual(WHOLE, fitted.weights, margins) == fitted.residual


def test_raking_is_the_nearest_to_uniform_of_all_weights_that_meet_the_margins():
    levels = SMALL_LEVELS[[0, 2, 3, 7, 8, 10, 13, 14, 15, 17]]  # a part of the space
    target = np.random.default_rng(3).dirichlet(np.ones(len(levels)))
    margins = raking.margins_of(levels, target, SMALL.radices, 1)
    fitted = raking.fit(levels, margins)
    constraints = [
        {"type": "eq", "fun": lambda w, k=k, v=v, m=m: w[levels[:, v] == k].sum() - m.shares[k]}
        for m in margins
        for v in m.variables
        for k in range(len(m.shares) - (v > 0))
    ]
    oracle = minimize(
        lambda w: (w * np.log(w * len(w))).sum(),
        np.full(len(levels), 1 / len(levels)),
        bounds=[(1e-9, 1)] * len(levels),
        constraints=constraints,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert oracle.success
    np.testing.assert_allclose(fitted.weights, oracle.x, atol=1e-5)


@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1, 2]))
def test_fitted_weights_are_shares_that_meet_what_can_be_met(seed, size):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(SMALL.n_personas, 0.5))
    margins = raking.margins_of(SMALL_LEVELS, shares, SMALL.radices, size)
    fitted = raking.fit(SMALL_LEVELS, margins)
    assert (fitted.weights >= 0).all()
    assert fitted.weights.sum() == pytest.approx(1)
    assert fitted.residual < 1e-3  # shares near 0 are met slowly


def test_margins_that_no_persona_can_meet_leave_a_residual():
    levels = np.array([[0, 0], [1, 1]], dtype=np.int8)
    margins = [Margin((0,), np.array([0.5, 0.5])), Margin((1,), np.array([0.2, 0.8]))]
    fitted = raking.fit(levels, margins)
    # the first persona is to have 0.5 and 0.2: half way between, both are missed by 0.15
    assert fitted.weights == pytest.approx([0.35, 0.65])
    assert fitted.residual == pytest.approx(0.15)


def _costs(space: PersonaSpace) -> np.ndarray:
    level = survey.scaled(space, space.levels_of(np.arange(space.n_personas)))
    return np.abs(level[:, None] - level[None]).mean(axis=-1)


def test_transport_is_that_of_pot():
    with warnings.catch_warnings():  # POT's own source has an invalid escape
        warnings.simplefilter("ignore")
        import ot  # noqa: PLC0415
    rng = np.random.default_rng(2)
    humans = rng.dirichlet(np.full(SMALL.n_personas, 0.3))
    member = rng.random(SMALL.n_personas) < 0.6
    prior, eps = member / member.sum(), 0.05
    plan = ot.unbalanced.sinkhorn_unbalanced(
        prior[member], humans, _costs(SMALL)[member], eps, (eps, np.inf),
        numItermax=5000, stopThr=1e-13,
    )  # fmt: skip
    np.testing.assert_allclose(plan.sum(axis=0), humans, rtol=1e-6)
    found = semi_relaxed.weights(humans, member, SMALL.radices, eps)
    np.testing.assert_allclose(found[member], plan.sum(axis=1), atol=1e-7)
    assert (found[~member] == 0).all()


def test_transport_with_little_spread_moves_humans_as_the_linear_program_does():
    # without the pull to the prior each human goes to the nearest persona: a linear program
    member = np.zeros(SMALL.n_personas, dtype=bool)
    member[[0, 5, 16]] = True
    humans = np.zeros(SMALL.n_personas)
    humans[[1, 4, 17]] = 0.5, 0.2, 0.3  # nearest: 0, 5, 16, each without a tie
    costs = _costs(SMALL)[member]
    n, m = costs.shape
    columns = np.kron(np.ones((1, n)), np.eye(m))
    program = linprog(costs.ravel(), A_eq=columns, b_eq=humans)
    best = program.x.reshape(n, m).sum(axis=1)
    found = semi_relaxed.weights(humans, member, SMALL.radices, 0.01)
    np.testing.assert_allclose(found[member], best, atol=1e-3)


def test_finer_schemes_are_nearer_to_the_population(world):
    frame, truth = world
    ids = np.arange(SPACE.n_personas, dtype=np.uint32)
    smoothing = weight_schemes.Smoothing(1e4, 0.01)
    found = weight_schemes.from_respondents(SPACE, ids, complete(frame, SPACE), smoothing)
    assert tuple(found) == weight_schemes.SCHEMES
    off = {scheme: total_variation(each, truth) for scheme, each in found.items()}
    raw = total_variation(complete(frame, SPACE).shares(SPACE), truth)
    assert off["ipf_pairs"] < off["raking"] < off["uniform"]
    assert off["ipf_pairs"] < raw / 3  # pairs are all that was planted
    assert off["joint"] < raw
    assert off["semi_relaxed_ot"] < off["uniform"]
    assert all(each.sum() == pytest.approx(1) for each in found.values())
    pairs = {scheme: pair_variation(SPACE, each, truth) for scheme, each in found.items()}
    assert pairs["ipf_pairs"] < pairs["raking"] < pairs["uniform"]


def test_smoothing_is_chosen_on_held_out_respondents(world):
    humans = complete(world[0], SPACE)
    halves = weights.halves_of(humans, Draws(1, 7))
    assert sum(len(half.levels) for half in halves) == len(humans.levels)
    chosen = weight_schemes.choose_smoothing(SPACE, halves)
    # pairs tell all of this population: the prior is to count for more than 10,000 respondents
    assert chosen.prior_respondents >= 1e4
    assert chosen.spread in weight_schemes.SPREADS


def test_kish_counts_equal_weights_in_full():
    assert kish(np.full(8, 0.125)) == pytest.approx(8)
    assert kish(np.array([0.5, 0.5, 0, 0])) == pytest.approx(2)


def test_public_margins_are_of_eight_variables():
    prevalence = read_prevalence(CONFIG / "reference/iw_level_prevalence.csv")
    margins = public_margins(prevalence, SPACE)
    names = [SPACE.variables[margin.variables[0]].name for margin in margins]
    assert set(names) == {v.name for v in SPACE.variables} - {"pride", "autonomy"}
    assert all(margin.shares.sum() == pytest.approx(1) for margin in margins)
    god = margins[names.index("god")]
    assert god.shares.tolist() == pytest.approx([0.1594, 0.1454, 0.1934, 0.5019], abs=2e-4)


def test_the_public_margins_follow_from_the_public_distributions():
    reference = CONFIG / "reference"
    shares = pl.read_csv(reference / "wvs7_country_distributions.csv", comment_prefix="#")
    people = pl.read_csv(reference / "wvs7_respondents.csv", comment_prefix="#")
    n = dict(people.select("country", "n").iter_rows())
    margins = public_margins(read_prevalence(reference / "iw_level_prevalence.csv"), SPACE)
    of_countries = country_margins(shares, SPACE)
    assert len(of_countries) == 50
    for name in ("happiness", "god", "abortion"):
        column = [v.name for v in SPACE.variables].index(name)
        pooled, total = 0.0, 0.0
        for country, found in of_countries.items():
            for margin in found:
                if margin.variables == (column,):
                    pooled, total = pooled + n[country] * margin.shares, total + n[country]
        world = next(m for m in margins if m.variables == (column,))
        np.testing.assert_allclose(pooled / total, world.shares, atol=2e-4)


def test_a_variable_that_hardly_anyone_answered_was_not_asked():
    rng = np.random.default_rng(0)
    frame = survey.respondents([survey.draw(SPACE, "A", np.zeros(10), 200, rng)])
    asked = frame.with_columns(pride=pl.when(pl.int_range(pl.len()) < 60).then("pride"))
    names = [SPACE.variables[m.variables[0]].name for m in level_margins(asked, SPACE)]
    assert "pride" not in names
    assert len(names) == 9
    nobody = frame.with_columns(pride=pl.lit(None, pl.Int8))
    with pytest.raises(UserError, match="none of 200 respondents answered all"):
        complete(nobody, SPACE)


@pytest.mark.parametrize("surveyed", [False, True], ids=["public", "respondents"])
def test_the_command_writes_weights_and_says_what_is_wanting(tmp_path, world, surveyed):
    personas = designs.personas(SPACE, designs.persona_ids(SPACE, "oa144"))
    tables.write(personas, tmp_path / "personas.parquet", study_tables.PERSONAS, {"space": "s"})
    survey_file = tmp_path / "respondents.parquet"
    told = {"survey": "SYNTHETIC"}
    tables.write(world[0].head(5000), survey_file, survey.survey_tables.RESPONDENTS, told)
    arguments = {
        "--space": CONFIG / "persona_space.yaml",
        "--personas": tmp_path / "personas.parquet",
        "--prevalence": CONFIG / "reference/iw_level_prevalence.csv",
        "--weights": tmp_path / "w.parquet",
        "--diagnostics": tmp_path / "d.parquet",
        "--seed": 1,
    } | ({"--respondents": survey_file} if surveyed else {})
    weights.main([str(word) for pair in arguments.items() for word in pair])
    found = tables.read(tmp_path / "w.parquet", weight_tables.WEIGHTS)
    sums = dict(found.group_by("scheme").agg(pl.col("weight").sum()).iter_rows())
    further = {"semi_relaxed_ot"} if surveyed else set()
    assert set(sums) == {"uniform", "raking"} | further
    assert all(total == pytest.approx(1) for total in sums.values())
    provenance = tables.provenance(tmp_path / "w.parquet")
    assert "ipf_pairs, joint" in provenance["weights left out"]
    assert ("pride, autonomy" in provenance["weights left out"]) == (not surveyed)
    assert (provenance.get("survey") == "SYNTHETIC") == surveyed
    checks = tables.read(tmp_path / "d.parquet", weight_tables.WEIGHTS_DIAGNOSTICS)
    values = {(s, m): (v, f) for s, m, v, f in checks.iter_rows()}
    assert values["uniform", "kish_effective_n"][0] == pytest.approx(144)
    assert values["raking", "residual_levels"][0] < weight_schemes.TOLERATED
    assert values["ipf_pairs", "kish_effective_n"][0] is None
    if surveyed:
        # 144 of 93,312 configurations: next to no human has one of them, and the table says so
        assert values["humans", "covered_share"][0] < 0.1
        off, floor = values["raking", "held_out_pairs"]
        assert floor < off < values["uniform", "held_out_pairs"][0]
