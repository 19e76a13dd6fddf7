"""Invariance: who ignores its persona is invariant, who is moved past the margin is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from valuescape.core import tables
from valuescape.lenses.morality import invariance
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import read_norms
from valuescape.lenses.morality.measure import human_profiles
from valuescape.stats.level_effects import membership
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import PersonaSpace, read_space

CONFIG = Path(__file__).parents[3] / "config"
NORMS = CONFIG / "reference/mfq2_country_norms.csv"
SPACE_FILE = CONFIG / "persona_space.yaml"
DRAWS = Draws(300, 4)


@pytest.fixture(scope="module")
def space() -> PersonaSpace:
    return read_space(SPACE_FILE)


@pytest.fixture(scope="module")
def profiles() -> pl.DataFrame:
    return human_profiles(read_norms(NORMS))


@pytest.fixture(scope="module")
def indifferent(space, profiles):
    """Return levels, and scores that vary like people but not with the persona."""
    ids = persona_ids(space, "oa5184")
    within = dict(profiles.select("foundation", "human_sd_within").iter_rows())
    spread = np.array([within[foundation] for foundation in FOUNDATIONS])
    scores = 3 + np.random.default_rng(1).normal(0, 0.5, (len(ids), 6)) * spread
    return membership(space, space.levels_of(ids)), scores


def test_margins_are_those_of_humans(indifferent, profiles):
    found = invariance.invariance_table([indifferent[1]], indifferent[0], profiles, Draws(20, 1))
    margins = dict(found.select("foundation", "margin_within").iter_rows())
    assert [round(margins[foundation], 2) for foundation in FOUNDATIONS] == [
        0.15, 0.19, 0.14, 0.17, 0.15, 0.16,
    ]  # fmt: skip
    halves = dict(found.select("foundation", "margin_between").iter_rows())
    assert halves["purity"] == pytest.approx(0.27, abs=0.005)


def test_who_ignores_its_persona_is_invariant_in_all_sixty_cells(indifferent, profiles):
    levels, scores = indifferent
    found = invariance.invariance_table([scores], levels, profiles, DRAWS)
    assert found.height == 60
    assert set(found["verdict_within"]) == set(found["verdict_between"]) == {"invariant"}
    assert found["sd_over_human_between"].max() < 0.15


def test_an_effect_of_twice_the_margin_varies_and_one_at_the_margin_is_undecided(
    indifferent, profiles
):
    levels, scores = indifferent
    margin = 0.2 * profiles.filter(pl.col("foundation") == "care")["human_sd_within"].item()
    trust = levels.matrix[:, 4]  # the first level of the second variable
    for times, verdict in ((2, "varies"), (1, "undecided")):
        moved = scores.copy()
        # the noise of the two means is taken off, so that the range is just what is planted
        gap = moved[trust == 1, 0].mean() - moved[trust == 0, 0].mean()
        moved[:, 0] += (times * margin - gap) * trust
        found = invariance.invariance_table([moved], levels, profiles, DRAWS)
        cell = found.filter(pl.col("variable") == "trust", pl.col("foundation") == "care")
        assert cell["range"].item() == pytest.approx(times * margin)
        assert cell["verdict_within"].item() == verdict
        assert set(found["verdict_within"]) == {"invariant", verdict}


def test_few_personas_decide_nothing(space, profiles):
    ids = persona_ids(space, "oa144")
    levels = membership(space, space.levels_of(ids))
    scores = np.clip(np.random.default_rng(2).normal(3, 0.8, (len(ids), 6)), 1, 5)
    found = invariance.invariance_table([scores], levels, profiles, DRAWS)
    assert set(found["verdict_within"]) == {"undecided"}


def test_the_interval_holds_the_range_that_was_planted(profiles):
    inside = 0
    rng = np.random.default_rng(7)
    level = np.repeat(np.arange(3), 60)
    truth = np.array([-0.2, 0.1, 0.2])
    for _ in range(200):
        scores = truth[level] + rng.normal(0, 0.5, 180)
        drawn = []
        for _ in range(100):
            own = rng.integers(0, 180, 180)
            drawn.append([scores[own][level[own] == k].mean() for k in range(3)])
        means = np.array([scores[level == k].mean() for k in range(3)])
        low, high = invariance.range_interval(
            means[None], np.array(drawn)[:, None], np.zeros(3, dtype=np.int64)
        )
        inside += bool(low.item() <= 0.4 <= high.item())
    assert inside / 200 > 0.87


def test_without_scores_nothing_is_decided(indifferent, profiles):
    levels, scores = indifferent
    found = invariance.invariance_table(
        [np.full_like(scores, np.nan)], levels, profiles, Draws(5, 1)
    )
    assert found["range"].null_count() == 60
    assert set(found["verdict_within"]) == {"undecided"}


def test_the_command_writes_the_verdicts(space, indifferent, profiles, tmp_path):
    ids = persona_ids(space, "oa144")
    names = [variable.name for variable in space.variables]
    columns = dict(zip(names, space.levels_of(ids).T, strict=True))
    personas = pl.DataFrame({"persona_id": ids, **columns})
    scores = np.clip(indifferent[1][: len(ids)], 1, 5)
    scored = pl.DataFrame({"persona_id": ids, **dict(zip(FOUNDATIONS, scores.T, strict=True))})
    persona = {name: pl.lit(0.0) for name in ("persona_mean", "ci_low", "ci_high", "persona_sd")}
    for name, frame, table in (
        ("personas", personas, study_tables.PERSONAS),
        ("scores", scored, moral_tables.FOUNDATION_SCORES),
        ("profiles", profiles.with_columns(**persona), moral_tables.FOUNDATION_PROFILES),
    ):
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic"})
    files = {name: tmp_path / name for name in ("personas", "profiles", "invariance", "variation")}
    scores_of = [tmp_path / "scores"]
    invariance.main(space=SPACE_FILE, norms=NORMS, scores=scores_of, seed=1, replicates=20, **files)
    assert tables.read(tmp_path / "invariance", moral_tables.INVARIANCE).height == 60
    assert tables.provenance(tmp_path / "invariance")["engine"] == "synthetic"
    variation = tables.read(tmp_path / "variation", moral_tables.FOUNDATION_VARIATION)
    assert variation.height == 12


def test_conditions_that_disagree_widen_the_interval(indifferent, profiles):
    levels, scores = indifferent
    trust = levels.matrix[:, [4]]
    conditions = [scores + shift * trust for shift in (-0.3, 0.3, -0.2, 0.2)]
    alone = invariance.invariance_table(conditions[:1], levels, profiles, DRAWS)
    found = invariance.invariance_table(conditions, levels, profiles, DRAWS)
    cell = (pl.col("variable") == "trust") & (pl.col("foundation") == "care")
    assert set(found["n_conditions"]) == {4}
    assert alone.filter(cell)["verdict_within"].item() == "varies"
    row = found.filter(cell).row(0, named=True)
    # a standard error of 0.29 / 2 over the conditions; one-sided 5 % is 1.64 of it
    assert row["ci90_high"] - row["range"] == pytest.approx(1.64 * 0.29 / 2, rel=0.15)
    assert row["verdict_within"] == "undecided"
