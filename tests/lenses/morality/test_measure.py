"""Morality: scores, level effects, variance shares, human norms, the oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.anova import anova_lm

from made_up_answers import instrument, probabilities_about, question, responses
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.measure import analyse, foundation_scores, human_profiles, main
from valuescape.lenses.morality.oracle_agreement import oracle_ratings
from valuescape.stats.level_effects import (
    additive_ceiling,
    effects,
    membership,
    moment_columns,
    moments_from_sums,
    null_shares,
    variance_shares,
)
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument
from valuescape.study.space import Level, PersonaSpace, Variable, read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE_FILE = CONFIG / "persona_space.yaml"
INSTRUMENT_FILE = CONFIG / "instruments/mfq2.yaml"
NORMS_FILE = CONFIG / "reference/mfq2_country_norms.csv"


def cube(*sizes: int) -> PersonaSpace:
    return PersonaSpace(
        "cube",
        "made up",
        tuple(
            Variable(
                f"v{number}", f"V{number}", f"X{number}", (), "secular",
                tuple(Level(k, f"level {k} of {number}", (k,)) for k in range(size)),
            )
            for number, size in enumerate(sizes)
        ),
    )  # fmt: skip


def moments(scores, levels):
    return moments_from_sums(moment_columns(scores, levels.matrix).sum(axis=0), scores.shape[1])


@pytest.fixture(scope="module")
def norms():
    numbers = {"n": pl.Int64, "mean": pl.Float64, "sd": pl.Float64}
    return read_reference(NORMS_FILE, {"country": pl.String, "foundation": pl.String, **numbers})


def test_scores_are_means_of_all_six_items():
    items = [question(f"I{i}", range(1, 6), foundation=FOUNDATIONS[i % 6]) for i in range(36)]
    expected = np.tile(np.arange(36) // 6 * 0.8 + 1, (2, 1))  # 1, 1.8, ..., 5 in each foundation
    expected[1, 7] = np.nan  # an item of equality
    found = foundation_scores(expected, instrument(*items))
    assert found[0] == pytest.approx(np.full(6, 3.0))
    assert np.isnan(found[1]).tolist() == [name == "equality" for name in FOUNDATIONS]
    with pytest.raises(UserError, match="no item of the foundation 'purity'"):
        foundation_scores(expected[:, :5], instrument(*items[:5]))


def test_shares_agree_with_anova_and_sum_below_one():
    space = cube(2, 3, 4)
    grid = space.levels_of(np.arange(24))
    levels = membership(space, grid)
    scores = np.random.default_rng(4).normal(3, 1, (24, 1)) + grid[:, [1]]
    found = variance_shares(moments(scores, levels), levels)[0]
    frame = pd.DataFrame(grid, columns=["a", "b", "c"]).assign(y=scores[:, 0])
    fit = smf.ols("y ~ C(a) + C(b) + C(c)", frame).fit()
    squares = anova_lm(fit)["sum_sq"]
    assert found == pytest.approx((squares.iloc[:3] / squares.sum()).to_numpy())
    assert found.sum() == pytest.approx(additive_ceiling(scores, levels)[0])
    assert found.sum() == pytest.approx(fit.rsquared)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.01, 100))
def test_shares_lie_in_bounds_whatever_the_scores(seed, scale):
    space = cube(3, 2, 3)
    levels = membership(space, space.levels_of(np.arange(18)))
    scores = np.random.default_rng(seed).normal(0, scale, (18, 2))
    found = variance_shares(moments(scores, levels), levels)
    assert (found >= 0).all()
    assert (found.sum(axis=1) <= 1 + 1e-9).all()
    centred = effects(moments(scores, levels), levels)
    for number in range(3):
        assert centred[:, levels.variable == number].sum(axis=1) == pytest.approx(
            0, abs=1e-9 * scale
        )


def test_scores_that_do_not_vary_have_no_shares():
    space = cube(2, 3)
    levels = membership(space, space.levels_of(np.arange(6)))
    constant = np.full((6, 1), 3.7)
    assert np.isnan(variance_shares(moments(constant, levels), levels)).all()
    assert np.isnan(additive_ceiling(constant, levels)).all()


def test_missing_scores_are_left_out_of_their_foundation_alone():
    space = cube(2)
    levels = membership(space, np.array([[0], [0], [1], [1]], dtype=np.int8))
    scores = np.array([[1.0, 1.0], [3.0, np.nan], [5.0, 5.0], [np.nan, 4.0]])
    found = effects(moments(scores, levels), levels)
    # first: means 2 and 5 about 3; second: 1 and 4.5 about 10 / 3
    assert found == pytest.approx(np.array([[-1, 2], [1 - 10 / 3, 4.5 - 10 / 3]]))


def oracle_table(space: PersonaSpace, ratings: np.ndarray) -> pl.DataFrame:
    levels = membership(space, space.levels_of([0]))
    rows = [
        (levels.variables[v], int(k), foundation, "oracle", "expected", float(ratings[f, column]))
        for column, (v, k) in enumerate(zip(levels.variable, levels.level, strict=True))
        for f, foundation in enumerate(FOUNDATIONS)
    ]
    return pl.DataFrame(rows, schema=study_tables.ORACLE.columns, orient="row")


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
    found = analyse(scores, levels, oracle, norms, Draws(200, 3))
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
    assert (purity["share"] <= 2 * purity["null_share"]).all()
    care = shares.filter(pl.col("foundation") == "care")
    assert care["share"].sum() > 0.6
    agreement = {row["foundation"]: row for row in found["oracle_agreement"].iter_rows(named=True)}
    assert agreement["care"]["pearson"] > 0.99
    assert agreement["care"]["slope"] == pytest.approx(1, abs=0.05)
    assert agreement["care"]["null_pearson"] < agreement["care"]["pearson"]
    foretold = levels.matrix @ planted[0]
    fit = smf.ols("y ~ x", pd.DataFrame({"y": scores[:, 0], "x": foretold})).fit()
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
    found = analyse(np.full((6, 6), np.nan), levels, oracle, norms, Draws(20, 1))
    assert found["effects"]["effect"].null_count() == 30
    assert found["shares"]["share"].null_count() == 12
    assert found["oracle_agreement"]["pearson"].null_count() == 7
    assert found["profiles"]["persona_mean"].null_count() == 6
    assert found["profiles"]["human_mean"].null_count() == 0


def test_null_share_is_what_chance_gives():
    space = cube(3, 2)
    levels = membership(space, space.levels_of(np.tile(np.arange(6), 50)))
    scores = np.random.default_rng(2).normal(0, 1, (300, 1))
    found = null_shares(scores, levels, Draws(2000, 5), "the test")
    # shares of shuffled scores are Beta(df / 2, (n - 1 - df) / 2), nearly chi2(df) / n
    assert found == pytest.approx(np.array([[5.99 / 299, 3.84 / 299]]), rel=0.12)


def test_missing_ratings_count_as_the_variables_mean():
    space = cube(3, 2)
    levels = membership(space, space.levels_of([0]))
    table = oracle_table(space, np.tile([1.0, 2.0, 5.0, 2.0, 4.0], (6, 1))).with_columns(
        rating=pl.when((pl.col("variable") == "v0") & (pl.col("level") == 2))
        .then(None)
        .otherwise("rating")
    )
    assert oracle_ratings(table, levels)[0].tolist() == [-0.5, 0.5, 0.0, -1.0, 1.0]
    with pytest.raises(UserError, match="no rating of variable, level, foundation"):
        oracle_ratings(table.filter(pl.col("level") == 0), levels)


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
    space, asked = read_space(SPACE_FILE), read_instrument(INSTRUMENT_FILE)
    ids = np.arange(0, space.n_personas, 641, dtype=np.uint32)
    grid = space.levels_of(ids)
    god = 3 - (grid[:, 4] - 1.5) * 0.5  # endorsed less, the higher the level of god
    answered = responses(
        asked, {q.id: probabilities_about(q, god) for q in asked.questions}, persona_ids=ids
    )
    names = [variable.name for variable in space.variables]
    personas = pl.DataFrame({"persona_id": ids, **dict(zip(names, grid.T, strict=True))})
    ratings = np.full((6, 32), 3.0)
    for number in range(10):
        radix = int(space.radices[number])
        start = int(space.radices[:number].sum())
        ratings[:, start : start + radix] += np.linspace(0.4, -0.4, radix)
    frames = {
        "personas": (personas, study_tables.PERSONAS), "responses": (answered, study_tables.RESPONSES),
        "oracle": (oracle_table(space, ratings), study_tables.ORACLE),
    }  # fmt: skip
    for name, (frame, table) in frames.items():
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic"})
    results = ("scores", "effects", "shares", "profiles", "oracle-agreement", "oracle-stability")
    files = {name: tmp_path / name for name in (*frames, *results)} | {
        "space": SPACE_FILE, "instrument": INSTRUMENT_FILE, "norms": NORMS_FILE
    }  # fmt: skip
    arguments = [x for name, path in files.items() for x in (f"--{name}", str(path))]
    main([*arguments, "--answers", "probabilities", "--seed", "1", "--replicates", "30"])
    scores = tables.read(tmp_path / "scores", moral_tables.FOUNDATION_SCORES)
    assert scores["care"].to_numpy() == pytest.approx(god, abs=1e-3)
    shares = tables.read(tmp_path / "shares", moral_tables.VARIANCE_SHARES)
    assert (shares.filter(pl.col("variable") == "god")["share"] > 0.99).all()
    agreement = tables.read(tmp_path / "oracle-agreement", moral_tables.ORACLE_AGREEMENT)
    assert (agreement["pearson"] > 0).all()
    assert tables.provenance(tmp_path / "profiles")["engine"] == "synthetic"
