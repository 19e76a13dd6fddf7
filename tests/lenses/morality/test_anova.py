"""Functional ANOVA tables: planted shares come back; what a design cannot estimate is empty."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_effects import (
    PLANTED_PAIR,
    main_effects,
    pair_effect,
    planted_scores,
    planted_variances,
)
from valuescape.core import tables
from valuescape.lenses.morality import anova as moral_anova
from valuescape.lenses.morality import tables as moral_tables
from valuescape.study import tables as study_tables
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import PersonaSpace, read_space

SPACE_FILE = Path(__file__).parents[3] / "config/persona_space.yaml"


@pytest.fixture(scope="module")
def space() -> PersonaSpace:
    return read_space(SPACE_FILE)


@pytest.fixture(scope="module")
def mains(space):
    return main_effects(space)


@pytest.fixture(scope="module")
def pair():
    return pair_effect()


def test_planted_effects_come_back_exactly_on_the_full_cube(space, mains, pair):
    levels, scores = planted_scores(space, persona_ids(space, "full"), mains, pair)
    found = moral_anova.analyse(scores, levels, space)
    expected = planted_variances(space, mains, pair)
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
    own_pair = (pl.col("variable") == names[0]) & (pl.col("other_variable") == names[1])
    pairs = found["pairs"]
    assert pairs.filter(own_pair)["largest_effect"].to_numpy() == pytest.approx(np.abs(pair).max())
    assert pairs.filter(~own_pair)["share"].max() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("design", "mixed"), [("oa144", "two"), ("oa288", "two"),
                                               ("oa5184", "three")])  # fmt: skip
def test_on_a_fraction_main_effects_come_back_and_the_rest_is_refused(space, mains, design, mixed):
    rng = np.random.default_rng(1)
    nothing = np.zeros((4, 4))
    levels, scores = planted_scores(space, persona_ids(space, design), mains, nothing)
    scores += rng.normal(0, 0.1, scores.shape)
    found = moral_anova.analyse(scores, levels, space)
    first = found["shares"].filter(pl.col("measure") == "first_order")
    assert set(first["estimable"]) == {f"mixed with interactions of {mixed} variables"}
    expected = planted_variances(space, mains, nothing)
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


def test_a_design_that_is_not_balanced_leaves_the_shares_empty(space, mains, pair):
    levels, scores = planted_scores(space, persona_ids(space, "handful"), mains, pair)
    found = moral_anova.analyse(scores, levels, space)
    assert found["shares"]["share"].null_count() == 180
    assert set(found["shares"]["estimable"]) == {moral_anova.UNBALANCED}


def test_in_a_fraction_missing_scores_change_nothing_of_what_is_additive(space, mains):
    """Referee A3: the shares of a fraction follow from least squares, whoever refuses."""
    levels, scores = planted_scores(space, persona_ids(space, "oa288"), mains, np.zeros((4, 4)))
    complete = moral_anova.analyse(scores, levels, space)["shares"]
    scores[::20, 0] = np.nan
    scores[levels[:, 4] + levels[:, 5] == 4, 1] = np.nan
    found = moral_anova.analyse(scores, levels, space)
    assert set(found["orders"]["n_filled"]) == {0}
    for foundation in ("care", "equality"):
        own = pl.col("foundation") == foundation
        shared = found["shares"].filter(own)["share"].drop_nulls().to_numpy()
        assert shared == pytest.approx(complete.filter(own)["share"].drop_nulls().to_numpy())


def test_the_command_reads_replicates_and_writes_four_tables(space, mains, pair, tmp_path):
    ids = persona_ids(space, "oa144")
    levels, scores = planted_scores(space, ids, mains, pair)
    names = [variable.name for variable in space.variables]
    personas = pl.DataFrame({"persona_id": ids, **dict(zip(names, levels.T, strict=True))})
    tables.write(personas, tmp_path / "personas", study_tables.PERSONAS, {})
    rng = np.random.default_rng(8)
    for name in ("scores", "again"):
        noisy = np.clip(scores + rng.normal(0, 0.05, scores.shape), 1, 5)
        frame = pl.DataFrame({"persona_id": ids, **dict(zip(FOUNDATIONS, noisy.T, strict=True))})
        path = tmp_path / name
        tables.write(frame, path, moral_tables.FOUNDATION_SCORES, {"engine": "synthetic"})
    files = {
        name: tmp_path / name
        for name in ("personas", "scores", "shares", "orders", "pairs", "trends")
    }
    moral_anova.main(
        space=SPACE_FILE, replicate_scores=[tmp_path / "again"], readout="probabilities", **files
    )
    orders = tables.read(tmp_path / "orders", moral_tables.ANOVA_ORDERS)
    assert set(orders["noise_from"]) == {"replicates"}
    assert orders["noise_mean_square"].to_numpy() == pytest.approx(0.0025, rel=0.5)
    assert tables.provenance(tmp_path / "trends")["engine"] == "synthetic"
