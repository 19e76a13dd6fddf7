"""Moral foundations: scores, planted level effects, and human norms as published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf

from made_up_answers import probabilities_about, responses
from made_up_effects import cube, oracle_table
from valuescape.core import tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import read_norms
from valuescape.lenses.morality.measure import (
    effect_table,
    human_profiles,
    main,
    measure_effects,
    profile_table,
)
from valuescape.lenses.morality.noise import BOUND, NONE, REPLICATES, RESIDUAL
from valuescape.lenses.morality.oracle_stability import stability_table
from valuescape.lenses.morality.variation import ipsatised
from valuescape.stats.level_effects import membership
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE_FILE = CONFIG / "persona_space.yaml"
INSTRUMENT_FILE = CONFIG / "instruments/mfq2.yaml"
NORMS_FILE = CONFIG / "reference/mfq2_country_norms.csv"


@pytest.fixture(scope="module")
def norms() -> pl.DataFrame:
    return read_norms(NORMS_FILE)


def all_tables(scores, levels, oracle, norms, draws):
    measured = measure_effects(scores, levels, full=False, drawn=False)
    own = measure_effects(ipsatised(scores), levels, full=False, drawn=False)
    return {
        "effects": effect_table(measured, own),
        "profiles": profile_table(measured, scores[None], norms),
        "oracle_agreement": measured.agreement_table(oracle, draws),
        "oracle_stability": stability_table(oracle, levels, measured.fit.effects),
    }


def test_planted_effects_and_their_oracle_are_recovered(norms):
    space = cube(2, 3, 4, 3)
    grid = space.levels_of(np.tile(np.arange(72), 20))
    levels = membership(space, grid)
    rng = np.random.default_rng(9)
    planted = rng.normal(0, 0.3, (6, 12))
    for number in range(4):
        own = levels.variable == number
        planted[:, own] -= planted[:, own].mean(axis=1, keepdims=True)
    planted[5] = 0.0  # purity does not depend on the configuration
    scores = 3 + levels.matrix @ planted.T + rng.normal(0, 0.2, (len(grid), 6))
    oracle = oracle_table(space, np.clip(3 + planted, 1, 5))
    found = all_tables(scores, levels, oracle, norms, Draws(200, 3))
    for name, table in (
        ("effects", moral_tables.LEVEL_EFFECTS),
        ("profiles", moral_tables.FOUNDATION_PROFILES),
        ("oracle_agreement", moral_tables.ORACLE_AGREEMENT),
        ("oracle_stability", moral_tables.ORACLE_STABILITY),
    ):  # fmt: skip
        tables.check(found[name], table, "the test")
    measured = found["effects"]["effect"].to_numpy().reshape(6, 12)
    assert measured == pytest.approx(planted, abs=0.03)
    low, high = (found["effects"][end].to_numpy().reshape(6, 12) for end in ("ci_low", "ci_high"))
    assert ((low <= planted) & (planted <= high)).mean() > 0.85  # 95 % of 72, give or take
    p = dict(found["effects"].group_by("foundation").agg(pl.col("p_holm").min()).iter_rows())
    assert p["care"] < 1e-6
    assert p["purity"] > 0.05
    agreement = {row["foundation"]: row for row in found["oracle_agreement"].iter_rows(named=True)}
    assert agreement["care"]["pearson"] > 0.99
    assert agreement["care"]["slope"] == pytest.approx(1, abs=0.05)
    assert agreement["care"]["null_95_pearson"] < agreement["care"]["pearson"]
    predicted = levels.matrix @ planted[0]
    fit = smf.ols("y ~ x", pd.DataFrame({"y": scores[:, 0], "x": predicted})).fit()
    assert agreement["care"]["slope_personas"] == pytest.approx(fit.params["x"])
    assert agreement["care"]["r2_personas"] == pytest.approx(fit.rsquared)
    assert agreement["care"]["rmse_personas"] == pytest.approx(np.sqrt(fit.ssr / len(grid)))
    # of configurations that it was not fitted to, the additive model does no better
    assert agreement["care"]["rmse_additive"] == pytest.approx(
        agreement["care"]["rmse_personas"], rel=0.01
    )
    assert agreement["care"]["rmse_personas"] < agreement["care"]["rmse_no_skill"]
    assert agreement["care"]["r_ci_low"] < agreement["care"]["r_personas"]
    assert agreement["care"]["r2_personas"] == pytest.approx(
        agreement["care"]["r2_additive_ceiling"], abs=0.01
    )
    assert agreement["purity"]["pearson"] is None  # the oracle sees no effect there
    assert agreement["all"]["pearson"] > 0.98


def test_without_a_valid_answer_every_estimate_is_null(norms):
    space = cube(2, 3)
    levels = membership(space, space.levels_of(np.arange(6)))
    oracle = oracle_table(space, np.full((6, 5), 3.0))
    found = all_tables(np.full((6, 6), np.nan), levels, oracle, norms, Draws(20, 1))
    assert found["effects"]["effect"].null_count() == 30
    assert found["oracle_agreement"]["pearson"].null_count() == 7
    assert found["profiles"]["persona_mean"].null_count() == 6
    assert found["profiles"]["human_mean"].null_count() == 0


def test_human_norms_show_no_invariant_foundation(norms):
    found = {row["foundation"]: row for row in human_profiles(norms).iter_rows(named=True)}
    mean = {"care": 3.96, "equality": 3.00, "proportionality": 3.90, "loyalty": 3.74,
            "authority": 3.78, "purity": 3.19}  # fmt: skip
    between = (0.31, 0.32, 0.29, 0.41, 0.35, 0.54)
    within = (0.75, 0.94, 0.68, 0.83, 0.75, 0.81)
    eta_squared = (0.138, 0.099, 0.144, 0.187, 0.171, 0.299)
    for k, foundation in enumerate(FOUNDATIONS):
        row = found[foundation]
        assert row["human_mean"] == pytest.approx(mean[foundation], abs=0.006)
        assert row["human_sd_between"] == pytest.approx(between[k], abs=0.006)
        assert row["human_sd_within"] == pytest.approx(within[k], abs=0.006)
        own = norms.filter(pl.col("foundation") == foundation)
        n, means = own["n"].to_numpy(), own["mean"].to_numpy()
        square_between = (n * (means - row["human_mean"]) ** 2).sum()
        square_within = (n - 1).sum() * row["human_sd_within"] ** 2
        share = square_between / (square_between + square_within)
        assert share == pytest.approx(eta_squared[k], abs=0.001)


def test_whole_lens_from_files(tmp_path):
    space, instrument = read_space(SPACE_FILE), read_instrument(INSTRUMENT_FILE)
    ids = np.arange(0, space.n_personas, 641, dtype=np.uint32)
    grid = space.levels_of(ids)
    god = 3 - (grid[:, 4] - 1.5) * 0.5  # endorsed less, the higher the level of god
    answered = responses(
        instrument,
        {q.id: probabilities_about(q, god) for q in instrument.questions},
        persona_ids=ids,
    )
    names = [variable.name for variable in space.variables]
    personas = pl.DataFrame({"persona_id": ids, **dict(zip(names, grid.T, strict=True))})
    ratings = np.full((6, 32), 3.0)
    for number in range(10):
        radix = int(space.radices[number])
        start = int(space.radices[:number].sum())
        ratings[:, start : start + radix] += np.linspace(0.4, -0.4, radix)
    frames = {
        "personas": (personas, study_tables.PERSONAS),
        "responses": (answered, study_tables.RESPONSES),
        "oracle": (oracle_table(space, ratings), study_tables.ORACLE),
    }
    for name, (frame, table) in frames.items():
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic"})
    results = (
        "scores",
        "drawn_scores",
        "effects",
        "profiles",
        "oracle_agreement",
        "oracle_stability",
    )
    files = {name: tmp_path / name for name in (*frames, *results)} | {
        "space": SPACE_FILE, "instrument": INSTRUMENT_FILE, "norms": NORMS_FILE
    }  # fmt: skip
    main(**files, replicate_responses=[], readout="probabilities", seed=1, replicates=30)
    scores = tables.read(tmp_path / "scores", moral_tables.FOUNDATION_SCORES)
    assert scores["care"].to_numpy() == pytest.approx(god, abs=1e-3)
    drawn = tables.read(tmp_path / "drawn_scores", moral_tables.DRAWN_SCORES)
    assert drawn["reading"].unique().to_list() == [*range(20)]
    assert drawn.group_by("persona_id").agg(pl.col("care").mean()).sort("persona_id")[
        "care"
    ].to_numpy() == pytest.approx(god, abs=0.3)
    agreement = tables.read(tmp_path / "oracle_agreement", moral_tables.ORACLE_AGREEMENT)
    assert (agreement["pearson"] > 0).all()
    assert tables.provenance(tmp_path / "profiles")["engine"] == "synthetic"


def test_a_score_that_does_not_vary_has_no_interval_and_no_p(norms):
    space = cube(2, 3, 4)
    levels = membership(space, space.levels_of(np.tile(np.arange(24), 3)))
    scores = np.random.default_rng(1).normal(3, 0.3, (72, 6))
    scores[:, 0] = 3.0
    scores[:, 1] = np.nan
    oracle = oracle_table(space, np.random.default_rng(2).uniform(1, 5, (6, 9)))
    found = all_tables(scores, levels, oracle, norms, Draws(50, 1))
    effects = found["effects"]
    care, equality = (effects.filter(foundation=name) for name in ("care", "equality"))
    assert set(care["effect"]) == {0.0}
    for own, words in ((care, "the same for all"), (equality, "no persona has the score")):
        assert own.select("ci_low", "ci_high", "p_holm").null_count().row(0) == (9, 9, 9)
        assert own["interval_from"].str.contains(words).all()
    rows = {row["foundation"]: row for row in found["oracle_agreement"].iter_rows(named=True)}
    for name in ("care", "equality"):
        assert rows[name]["pearson"] is None
        assert rows[name]["null_percentile"] is None
        assert rows[name]["r2_additive_ceiling"] is None
    # the others are compared all the same
    assert rows["all"]["pearson"] is not None
    profile = {row["foundation"]: row for row in found["profiles"].iter_rows(named=True)}
    assert (profile["care"]["persona_mean"], profile["care"]["persona_sd"]) == (3.0, 0.0)
    assert profile["care"]["ci_low"] is None


def test_one_persona_has_scores_and_nothing_else(norms):
    space = cube(2, 3)
    levels = membership(space, space.levels_of(np.arange(1)))
    oracle = oracle_table(space, np.full((6, 5), 3.0))
    found = all_tables(np.full((1, 6), 2.5), levels, oracle, norms, Draws(20, 1))
    assert found["effects"]["effect"].null_count() == 30
    assert found["profiles"]["persona_mean"].to_list() == [2.5] * 6
    assert found["profiles"]["persona_sd"].null_count() == 6
    assert found["profiles"]["ci_low"].null_count() == 6


def test_on_the_full_cube_replicates_alone_are_noise(norms):
    """Referee B7: no sampling of configurations; A10: replicates that cannot differ are none."""
    space = cube(2, 3, 4)
    levels = membership(space, space.levels_of(np.arange(24)))
    rng = np.random.default_rng(5)
    truth = rng.normal(3, 0.4, (24, 6))
    exact = measure_effects(truth, levels, full=True, drawn=False)
    assert np.isnan(exact.intervals()[0]).all()
    assert exact.noise.source == NONE
    assert measure_effects(truth, levels, full=True, drawn=True).noise.source == BOUND
    again = measure_effects(truth, levels, full=True, drawn=False, replicates=[truth, truth])
    assert again.noise.source == NONE
    noisy = [truth + rng.normal(0, 0.1, truth.shape) for _ in range(40)]
    found = measure_effects(noisy[0], levels, full=True, drawn=False, replicates=noisy[1:])
    assert found.noise.source == REPLICATES
    low, high, _ = found.intervals()
    # the first variable has two levels of twelve: .1 / sqrt(24) is the error of its effect
    assert (high - low)[:, 0] == pytest.approx(2 * 1.96 * 0.1 / np.sqrt(24), rel=0.1)
    fraction = measure_effects(noisy[0], levels, full=False, drawn=False, replicates=noisy[1:])
    assert fraction.noise.source == RESIDUAL
