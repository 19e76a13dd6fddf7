"""Invariance: who ignores its persona is invariant, who is moved past the margin is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_effects import cube
from valuescape.core import tables
from valuescape.lenses.morality import invariance
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import ReadCondition, read_norms
from valuescape.lenses.morality.measure import human_profiles
from valuescape.stats.level_effects import membership
from valuescape.study import tables as study_tables
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import PersonaSpace, read_space

CONFIG = Path(__file__).parents[3] / "config"
NORMS = CONFIG / "reference/mfq2_country_norms.csv"
SPACE_FILE = CONFIG / "persona_space.yaml"


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


def judged(scores, levels, profiles, readings=None, *, full=False):
    """Return the verdicts of conditions of these scores, by probabilities alone unless read."""
    conditions = [
        ReadCondition(each, each[None] if readings is None else readings, "probabilities")
        for each in scores
    ]
    found = invariance.invariance_table(conditions, levels, profiles, full=full)
    tables.check(found, moral_tables.INVARIANCE, "the test")
    return found.filter(pl.col("readout") == ("probabilities" if readings is None else "drawn"))


def test_margins_are_those_of_humans(indifferent, profiles):
    found = judged([indifferent[1]], indifferent[0], profiles)
    margins = dict(found.select("foundation", "margin_within").iter_rows())
    assert [round(margins[foundation], 2) for foundation in FOUNDATIONS] == [
        0.15, 0.19, 0.14, 0.17, 0.15, 0.16,
    ]  # fmt: skip
    halves = dict(found.select("foundation", "margin_between").iter_rows())
    assert halves["purity"] == pytest.approx(0.27, abs=0.005)


def test_who_ignores_its_persona_is_invariant_in_all_sixty_cells(indifferent, profiles):
    levels, scores = indifferent
    found = judged([scores], levels, profiles)
    assert found.height == 60
    assert set(found["verdict_within"]) == set(found["verdict_between"]) == {"invariant"}
    assert found["sd_over_human_between"].max() < 0.15
    # they could have shown ten times the margin, and did not
    assert (found["possible_range"] > 4 * found["margin_within"]).all()


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
        found = judged([moved], levels, profiles)
        cell = found.filter(pl.col("variable") == "trust", pl.col("foundation") == "care")
        assert cell["range"].item() == pytest.approx(times * margin)
        assert cell["verdict_within"].item() == verdict
        assert set(found["verdict_within"]) == {"invariant", verdict}


def test_few_personas_decide_nothing(space, profiles):
    ids = persona_ids(space, "oa144")
    levels = membership(space, space.levels_of(ids))
    scores = np.clip(np.random.default_rng(2).normal(3, 0.8, (len(ids), 6)), 1, 5)
    assert set(judged([scores], levels, profiles)["verdict_within"]) == {"undecided"}


def test_expectations_are_compressed_and_individuals_are_judged(space, profiles):
    """Referee B11: invariant in 58 of 60 cells while the variables explain 90 % of the variance."""
    ids = persona_ids(space, "oa144")
    levels = membership(space, space.levels_of(ids))
    rng = np.random.default_rng(5)
    effects = rng.normal(0, 0.03, (6, 32))
    expected = 3 + levels.matrix @ effects.T + rng.normal(0, 0.03, (144, 6))
    readings = expected + rng.normal(0, 0.28, (20, 144, 6))
    by_probabilities = judged([expected], levels, profiles)
    assert (by_probabilities["verdict_within"] == "invariant").sum() > 50
    # scores of so small an SD could hardly have varied by more
    assert (by_probabilities["possible_range"] < 2 * by_probabilities["margin_within"]).all()
    drawn = judged([expected], levels, profiles, readings)
    assert (drawn["verdict_within"] == "undecided").sum() > 50
    assert (drawn["possible_range"] > by_probabilities["possible_range"]).all()
    # readings tell the same effect, each with the noise of an individual
    gap = np.abs(drawn["range"].to_numpy() - by_probabilities["range"].to_numpy())
    assert gap.mean() < 0.03
    width = (drawn["ci90_high"] - drawn["range"]).to_numpy()
    trust = (drawn["variable"] == "trust").to_numpy()
    assert width[trust] == pytest.approx(1.66 * 0.28 / np.sqrt(36), rel=0.1)


@pytest.mark.long
def test_verdicts_hold_for_the_family(space, profiles):
    """One claim in twenty would be wrong by itself; of all sixty together none is."""
    levels = membership(space, space.levels_of(persona_ids(space, "oa144")))
    care = 0.2 * profiles.filter(foundation="care")["human_sd_within"].item()
    trust = levels.matrix[:, 4] - levels.matrix[:, 5]
    rng, wrong = np.random.default_rng(6), 0
    for _ in range(20):
        # the range of every foundation over trust lies at the margin of care, or above its own
        scores = 3 + 0.5 * 1.4 * care * trust[:, None] + rng.normal(0, 0.2, (144, 6))
        rows = invariance.invariance_rows([scores[None]], levels, profiles, "drawn", full=False)
        wrong += any(row[0] == "trust" and row[8] == "invariant" for row in rows)
    assert wrong == 0


def test_the_greatest_possible_range_by_hand():
    # all of an SD of .1 between two levels of half the personas each: they lie at +-.1
    assert invariance.possible_range(0.1, np.array([0.5, 0.5])) == pytest.approx(0.2)
    # between two of four levels: +-.1 sqrt(2), the others at 0
    assert invariance.possible_range(0.1, np.full(4, 0.25)) == pytest.approx(0.2 * np.sqrt(2))
    assert invariance.possible_range(3.0, np.array([0.5, 0.5])) == 4.0


@pytest.mark.long
def test_the_interval_holds_the_range_that_was_planted():
    inside = 0
    rng = np.random.default_rng(7)
    space = cube(3)
    level = np.repeat(np.arange(3, dtype=np.int8), 60)
    levels = membership(space, level[:, None])
    truth = np.array([-0.2, 0.1, 0.2])
    scores = truth[level][:, None] + rng.normal(0, 0.5, (180, 1200))
    for block in np.split(scores, 200, axis=1):
        pooled = invariance.pooled_effects([block[None]], levels, full=False, drawn=False)
        for f in range(6):
            found = invariance.level_range(pooled.effects[f], pooled.variances[f], pooled.df[f])
            inside += found.low <= 0.4 <= found.high
    assert inside / 1200 > 0.87


def test_without_scores_or_spread_nothing_is_judged(indifferent, profiles):
    levels, scores = indifferent
    lost = scores.copy()
    lost[:, 0], lost[:, 1] = np.nan, 3.0
    found = judged([lost], levels, profiles)
    for foundation, words in (("care", "no persona has"), ("equality", "the same for all")):
        own = found.filter(foundation=foundation)
        for column in ("range", "ci90_low", "verdict_within", "verdict_between", "range_in_sd"):
            assert own[column].null_count() == 10
        assert own["interval_from"].str.contains(words).all()
    assert found.filter(foundation="purity")["verdict_within"].null_count() == 0


def test_on_the_full_cube_ranges_are_exact(profiles):
    """Referee B7: every configuration was asked; there is no interval, and nothing to decide."""
    small = cube(2, 3, 4)
    levels = membership(small, small.levels_of(np.arange(24)))
    scores = np.random.default_rng(1).normal(3, 0.3, (24, 6))
    found = judged([scores], levels, profiles, full=True)
    assert found["ci90_low"].null_count() == found["ci90_high"].null_count() == found.height
    below = (found["range"] < found["margin_within"]).to_list()
    assert (found["verdict_within"] == "invariant").to_list() == below
    assert set(found["verdict_within"]) <= {"invariant", "varies"}


def test_the_command_writes_the_verdicts(space, indifferent, profiles, tmp_path):
    ids = persona_ids(space, "oa144")
    names = [variable.name for variable in space.variables]
    columns = dict(zip(names, space.levels_of(ids).T, strict=True))
    personas = pl.DataFrame({"persona_id": ids, **columns})
    scores = np.clip(indifferent[1][: len(ids)], 1, 5)
    scored = pl.DataFrame({"persona_id": ids, **dict(zip(FOUNDATIONS, scores.T, strict=True))})
    persona = {name: pl.lit(0.0) for name in ("persona_mean", "ci_low", "ci_high", "persona_sd",
                                             "drawn_sd")}  # fmt: skip
    for name, frame, table in (
        ("personas", personas, study_tables.PERSONAS),
        ("scores", scored, moral_tables.FOUNDATION_SCORES),
        (
            "drawn_scores",
            scored.with_columns(reading=pl.lit(0, pl.Int16)),
            moral_tables.DRAWN_SCORES,
        ),
        ("profiles", profiles.with_columns(**persona), moral_tables.FOUNDATION_PROFILES),
    ):
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic"})
    files = {name: tmp_path / name for name in ("personas", "profiles", "invariance", "variation")}
    invariance.main(
        space=SPACE_FILE, norms=NORMS, scores=[tmp_path / "scores"],
        drawn_scores=[tmp_path / "drawn_scores"], readout="probabilities", seed=1, replicates=20,
        **files,
    )  # fmt: skip
    assert tables.read(tmp_path / "invariance", moral_tables.INVARIANCE).height == 120
    assert tables.provenance(tmp_path / "invariance")["engine"] == "synthetic"
    variation = tables.read(tmp_path / "variation", moral_tables.FOUNDATION_VARIATION)
    assert variation.height == 12


def test_conditions_that_disagree_widen_the_interval(indifferent, profiles):
    levels, scores = indifferent
    trust = levels.matrix[:, [4]]
    conditions = [scores + shift * trust for shift in (-0.3, 0.3, -0.2, 0.2)]
    alone = judged(conditions[:1], levels, profiles)
    found = judged(conditions, levels, profiles)
    cell = (pl.col("variable") == "trust") & (pl.col("foundation") == "care")
    assert set(found["n_conditions"]) == {4}
    assert alone.filter(cell)["verdict_within"].item() == "varies"
    row = found.filter(cell).row(0, named=True)
    # a standard error of 0.29 / 2 over four conditions; one-sided 5 % of Student's t is 2.35 of it
    assert row["ci90_high"] - row["range"] == pytest.approx(2.35 * 0.294 / 2, rel=0.02)
    assert row["verdict_within"] == "undecided"
    assert row["interval_from"].endswith("4 conditions")
