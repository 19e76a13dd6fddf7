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
    human_profiles,
    main,
    measure_effects,
)
from valuescape.lenses.morality.oracle_stability import stability_table
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
    measured = measure_effects(scores, levels, draws)
    return {
        "effects": measured.effect_table(),
        "shares": measured.share_table(),
        "profiles": measured.profile_table(norms),
        "oracle_agreement": measured.agreement_table(oracle),
        "oracle_stability": stability_table(oracle, levels, measured.effects),
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
        ("effects", moral_tables.LEVEL_EFFECTS), ("shares", moral_tables.VARIANCE_SHARES),
        ("profiles", moral_tables.FOUNDATION_PROFILES),
        ("oracle_agreement", moral_tables.ORACLE_AGREEMENT),
        ("oracle_stability", moral_tables.ORACLE_STABILITY),
    ):  # fmt: skip
        tables.check(found[name], table, "the test")
    measured = found["effects"]["effect"].to_numpy().reshape(6, 12)
    assert measured == pytest.approx(planted, abs=0.03)
    low, high = (found["effects"][end].to_numpy().reshape(6, 12) for end in ("ci_low", "ci_high"))
    assert ((low <= planted) & (planted <= high)).mean() > 0.85  # 95 % of 72, give or take
    shares = found["shares"]
    purity = shares.filter(pl.col("foundation") == "purity")
    assert (purity["share"] <= 2 * purity["null_95_share"]).all()
    care = shares.filter(pl.col("foundation") == "care")
    assert care["share"].sum() > 0.6
    agreement = {row["foundation"]: row for row in found["oracle_agreement"].iter_rows(named=True)}
    assert agreement["care"]["pearson"] > 0.99
    assert agreement["care"]["slope"] == pytest.approx(1, abs=0.05)
    assert agreement["care"]["null_95_pearson"] < agreement["care"]["pearson"]
    predicted = levels.matrix @ planted[0]
    fit = smf.ols("y ~ x", pd.DataFrame({"y": scores[:, 0], "x": predicted})).fit()
    assert agreement["care"]["slope_personas"] == pytest.approx(fit.params["x"])
    assert agreement["care"]["r2_personas"] == pytest.approx(fit.rsquared)
    assert agreement["care"]["rmse_personas"] == pytest.approx(np.sqrt(fit.ssr / len(grid)))
    assert agreement["care"]["rmse_additive"] <= agreement["care"]["rmse_personas"]
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
    assert found["shares"]["share"].null_count() == 12
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
    results = ("scores", "effects", "shares", "profiles", "oracle_agreement", "oracle_stability")
    files = {name: tmp_path / name for name in (*frames, *results)} | {
        "space": SPACE_FILE, "instrument": INSTRUMENT_FILE, "norms": NORMS_FILE
    }  # fmt: skip
    main(**files, readout="probabilities", seed=1, replicates=30)
    scores = tables.read(tmp_path / "scores", moral_tables.FOUNDATION_SCORES)
    assert scores["care"].to_numpy() == pytest.approx(god, abs=1e-3)
    shares = tables.read(tmp_path / "shares", moral_tables.VARIANCE_SHARES)
    assert (shares.filter(pl.col("variable") == "god")["share"] > 0.99).all()
    agreement = tables.read(tmp_path / "oracle_agreement", moral_tables.ORACLE_AGREEMENT)
    assert (agreement["pearson"] > 0).all()
    assert tables.provenance(tmp_path / "profiles")["engine"] == "synthetic"
