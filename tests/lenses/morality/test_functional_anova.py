"""Functional ANOVA: planted effects come back, shares sum to one, what cannot be told is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.morality import anova as moral_anova
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality import trends as moral_trends
from valuescape.lenses.morality.functional_anova import (
    decompose,
    effect,
    effect_variances,
    replicate_noise,
    shares,
)
from valuescape.stats.level_effects import membership
from valuescape.study import tables as study_tables
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import Level, PersonaSpace, Variable, read_space

SPACE_FILE = Path(__file__).parents[3] / "config/persona_space.yaml"
PLANTED_PAIR = (0, 4)


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


@pytest.fixture(scope="module")
def space() -> PersonaSpace:
    return read_space(SPACE_FILE)


@pytest.fixture(scope="module")
def mains() -> np.ndarray:
    """Return 32 x 6 effects that sum to zero within each variable."""
    whole = read_space(SPACE_FILE)
    rng = np.random.default_rng(3)
    variable = np.repeat(np.arange(10), whole.radices)
    found = rng.normal(0, 0.15, (6, 32))
    for number in range(10):
        own = variable == number
        found[:, own] -= found[:, own].mean(axis=1, keepdims=True)
    return found


@pytest.fixture(scope="module")
def pair() -> np.ndarray:
    """Return a 4 x 4 interaction that sums to zero over either side."""
    found = np.random.default_rng(5).normal(0, 0.2, (4, 4))
    found -= found.mean(axis=0)
    return found - found.mean(axis=1, keepdims=True)


def planted(space: PersonaSpace, ids: np.ndarray, mains: np.ndarray, pair: np.ndarray):
    levels = space.levels_of(ids)
    interaction = pair[levels[:, PLANTED_PAIR[0]], levels[:, PLANTED_PAIR[1]]]
    return levels, 3 + membership(space, levels).matrix @ mains.T + interaction[:, None]


def variances_of(space: PersonaSpace, mains: np.ndarray, pair: np.ndarray) -> np.ndarray:
    """Return the mean square of each variable's effects, then of the interaction."""
    variable = np.repeat(np.arange(10), space.radices)
    squares = [(mains[:, variable == number] ** 2).mean(axis=1) for number in range(10)]
    return np.array([*squares, np.full(6, (pair**2).mean())])


def test_planted_effects_come_back_exactly_on_the_full_cube(space, mains, pair):
    levels, scores = planted(space, persona_ids(space, "full"), mains, pair)
    found = moral_anova.analyse(scores, levels, space)
    expected = variances_of(space, mains, pair)
    by_measure = found["shares"].partition_by("measure", as_dict=True)
    for measure, of_pair in (("first_order", 0.0), ("total", 1.0), ("shapley", 0.5)):
        table = by_measure[measure,]
        for number, variable in enumerate(space.variables):
            wanted = expected[number] + of_pair * (number in PLANTED_PAIR) * expected[-1]
            own = table.filter(pl.col("variable") == variable.name)
            found_shares = dict(own.select("foundation", "share").iter_rows())
            row = [found_shares[foundation] for foundation in FOUNDATIONS]
            assert row == pytest.approx(wanted / expected.sum(axis=0), abs=1e-9)
    shapley = by_measure["shapley",].group_by("foundation").agg(pl.col("share").sum())
    assert shapley["share"].to_numpy() == pytest.approx(1)
    orders = found["orders"]
    assert orders["n_effects"].sum() == 6 * 1023
    assert orders["df"].sum() == 6 * (space.n_personas - 1)
    assert orders.filter(pl.col("order") > 2)["share"].max() == pytest.approx(0, abs=1e-12)
    names = [space.variables[number].name for number in PLANTED_PAIR]
    told = (pl.col("variable") == names[0]) & (pl.col("other_variable") == names[1])
    pairs = found["pairs"]
    assert pairs.filter(told)["largest_effect"].to_numpy() == pytest.approx(np.abs(pair).max())
    assert pairs.filter(~told)["share"].max() == pytest.approx(0, abs=1e-12)
    grid = np.empty((*space.radices, 6))
    grid[tuple(levels.T)] = scores
    assert effect(grid, PLANTED_PAIR)[..., 2] == pytest.approx(pair)
    assert effect(grid, [3]).T.reshape(6, 3) == pytest.approx(mains[:, 9:12])


@pytest.mark.parametrize(("design", "mixed"), [("oa144", "two"), ("oa288", "two"),
                                               ("oa5184", "three")])  # fmt: skip
def test_on_a_fraction_main_effects_come_back_and_the_rest_is_refused(space, mains, design, mixed):
    rng = np.random.default_rng(1)
    nothing = np.zeros((4, 4))
    levels, scores = planted(space, persona_ids(space, design), mains, nothing)
    scores += rng.normal(0, 0.1, scores.shape)
    found = moral_anova.analyse(scores, levels, space)
    first = found["shares"].filter(pl.col("measure") == "first_order")
    assert set(first["estimable"]) == {f"mixed with interactions of {mixed} variables"}
    expected = variances_of(space, mains, nothing)
    truth = expected[:10] / (expected.sum(axis=0) + 0.01)
    places = {variable.name: number for number, variable in enumerate(space.variables)}
    inside = [
        row["ci_low"] <= truth[places[row["variable"]], FOUNDATIONS.index(row["foundation"])] + 0.01
        and truth[places[row["variable"]], FOUNDATIONS.index(row["foundation"])]
        <= row["ci_high"] + 0.01
        for row in first.iter_rows(named=True)
    ]
    assert np.mean(inside) > 0.9
    refused = found["shares"].filter(pl.col("measure") != "first_order")
    assert refused["share"].null_count() == refused.height == 120
    assert refused["estimable"].str.starts_with("not estimable").all()
    assert found["pairs"]["share"].null_count() == found["pairs"].height == 270
    assert found["orders"].filter(pl.col("order") > 1)["share"].null_count() == 54


def test_a_fraction_of_strength_three_parts_main_effects_from_a_pair(space, mains, pair):
    wanted = variances_of(space, mains, pair)[PLANTED_PAIR[0]]
    levels, scores = planted(space, persona_ids(space, "oa5184"), mains, pair)
    parts = decompose(scores, levels, space.radices, None)
    assert parts.variances[PLANTED_PAIR[0]] == pytest.approx(wanted)


def test_an_unbalanced_design_is_refused(space, mains, pair):
    levels, scores = planted(space, persona_ids(space, "handful"), mains, pair)
    with pytest.raises(UserError, match="does not part the effects"):
        decompose(scores, levels, space.radices, None)
    found = moral_anova.analyse(scores, levels, space)
    assert found["shares"]["share"].null_count() == 180
    assert set(found["shares"]["estimable"]) == {moral_anova.UNBALANCED}


def test_effects_agree_with_least_squares():
    small = cube(2, 3, 4)
    levels = small.levels_of(np.arange(24))
    scores = np.random.default_rng(4).normal(3, 1, (24, 1)) + levels[:, [1]]
    parts = decompose(scores, levels, small.radices, None)
    frame = pd.DataFrame(levels, columns=["a", "b", "c"]).assign(y=scores[:, 0])
    table = anova_lm(smf.ols("y ~ C(a) * C(b) + C(a) * C(c) + C(b) * C(c)", frame).fit())
    names = ["C(a)", "C(b)", "C(a):C(b)", "C(c)", "C(a):C(c)", "C(b):C(c)", "Residual"]
    assert 24 * parts.variances[:, 0] == pytest.approx(table["sum_sq"][names].to_numpy())
    assert parts.df.tolist() == table["df"][names].tolist()
    # the residual is the one effect of three variables: the noise that is told by
    assert parts.noise[0] == pytest.approx(table["mean_sq"]["Residual"])
    squares, noise = table["sum_sq"], table["mean_sq"]["Residual"]
    found = shares(parts, parts.weights("first_order", 1))
    omega = (squares["C(b)"] - 2 * noise) / (squares.sum() + noise)
    assert found.omega_squared[0] == pytest.approx(omega)


def test_squares_sum_to_the_variance():
    grid = np.random.default_rng(0).normal(size=(3, 2, 4, 3, 2))
    found = effect_variances(grid)
    assert found.shape == (16, 2)
    assert found.sum(axis=0) == pytest.approx(grid.reshape(-1, 2).var(axis=0))


def test_noise_alone_reaches_its_null_one_time_in_twenty():
    small = cube(3, 2, 3, 2)
    levels = small.levels_of(np.arange(36))
    scores = np.random.default_rng(2).normal(0, 1, (36, 4000))
    parts = decompose(scores, levels, small.radices, np.ones(4000))
    for measure in moral_anova.MEASURES:
        found = shares(parts, parts.weights(measure, 0))
        assert np.mean(found.share > found.null_share) == pytest.approx(0.05, abs=0.015)
        assert abs(found.omega_squared.mean()) < 0.05 < found.share.mean()


def test_replicates_tell_the_noise():
    rng = np.random.default_rng(6)
    truth = rng.normal(3, 1, (4000, 2))
    asked = [truth + rng.normal(0, 0.3, truth.shape) for _ in range(3)]
    assert replicate_noise(asked) == pytest.approx(np.full(2, 0.09), rel=0.05)
    assert replicate_noise(asked[:1]) is None


def test_missing_scores_are_filled_unless_too_many(space, mains):
    levels, scores = planted(space, persona_ids(space, "oa288"), mains, np.zeros((4, 4)))
    complete = moral_anova.analyse(scores, levels, space)["shares"]
    scores[::20, 0] = np.nan
    scores[::5, 1] = np.nan
    found = moral_anova.analyse(scores, levels, space)
    orders = {row["foundation"]: row for row in found["orders"].filter(pl.col("order") == 1)
              .iter_rows(named=True)}  # fmt: skip
    assert orders["care"]["n_filled"] == 15
    assert orders["care"]["share"] == pytest.approx(1)
    assert orders["equality"]["share"] is None
    care = pl.col("foundation") == "care"
    shared = found["shares"].filter(care)["share"].drop_nulls().to_numpy()
    assert shared == pytest.approx(complete.filter(care)["share"].drop_nulls().to_numpy())


def test_a_line_and_a_bend_are_told_apart():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    n = np.full(4, 25.0)
    assert moral_trends.contrast_shares(values * 2, n, values) == pytest.approx((1, 0))
    bend = (values - 2.5) ** 2
    assert moral_trends.contrast_shares(bend, n, values) == pytest.approx((0, 1), abs=1e-12)
    assert moral_trends.contrast_shares(values[:2], n[:2], values[:2]) == pytest.approx((1, 0))
    assert np.isnan(moral_trends.contrast_shares(np.ones(4), n, values)).all()


def test_shapes_are_named_by_firm_steps():
    errors, values = np.full(3, 0.01), np.array([10.0, 5.0, 1.0])  # the value falls by level
    assert moral_trends.shape(np.array([1.0, 2.0, 3.0]), errors, values) == "falling"
    assert moral_trends.shape(np.array([3.0, 2.0, 1.0]), errors, values) == "rising"
    assert moral_trends.shape(np.array([1.0, 2.0, 1.0]), errors, values) == "not monotone"
    assert moral_trends.shape(np.array([1.0, 2.0, 1.99]), errors, values) == "undecided"
    assert moral_trends.shape(np.ones(3), errors, values) == "flat"


def test_mutual_information_is_one_if_the_level_decides_and_none_by_chance():
    level = np.tile(np.arange(4, dtype=np.int8), 500)
    found, null = moral_trends.mutual_information(1.0 + level, level)
    assert found == pytest.approx(1, abs=0.01)
    assert null < 0.02
    # a bend has no slope, but is seen
    bend = np.abs(level - 1.5)
    assert moral_trends.mutual_information(bend, level)[0] > 0.99
    rng = np.random.default_rng(1)
    above = 0
    for _ in range(400):
        found, null = moral_trends.mutual_information(rng.integers(6, 30, 2000) / 6, level)
        above += found > null
    assert above / 400 == pytest.approx(0.05, abs=0.035)


def test_the_command_reads_replicates_and_writes_four_tables(space, mains, pair, tmp_path):
    ids = persona_ids(space, "oa144")
    levels, scores = planted(space, ids, mains, pair)
    names = [variable.name for variable in space.variables]
    personas = pl.DataFrame({"persona_id": ids, **dict(zip(names, levels.T, strict=True))})
    tables.write(personas, tmp_path / "personas", study_tables.PERSONAS, {})
    rng = np.random.default_rng(8)
    for name in ("scores", "again"):
        noisy = np.clip(scores + rng.normal(0, 0.05, scores.shape), 1, 5)
        frame = pl.DataFrame({"persona_id": ids, **dict(zip(FOUNDATIONS, noisy.T, strict=True))})
        path = tmp_path / name
        tables.write(frame, path, moral_tables.FOUNDATION_SCORES, {"engine": "synthetic"})
    outputs = ("shares", "orders", "pairs", "trends")
    arguments = ["--space", str(SPACE_FILE), "--replicate-scores", str(tmp_path / "again")]
    for name in ("personas", "scores", *outputs):
        arguments += [f"--{name}", str(tmp_path / name)]
    moral_anova.main(arguments)
    orders = tables.read(tmp_path / "orders", moral_tables.ANOVA_ORDERS)
    assert set(orders["noise_from"]) == {"replicates"}
    assert orders["noise_mean_square"].to_numpy() == pytest.approx(0.0025, rel=0.5)
    assert tables.provenance(tmp_path / "trends")["engine"] == "synthetic"
