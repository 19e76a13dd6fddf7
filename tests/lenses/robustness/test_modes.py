"""Modes compared: a planted distance, inflated batteries, validity and cost come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from conftest import ROOT
from made_up_answers import probabilities_about, responses
from valuescape.core import tables
from valuescape.lenses.robustness import modes
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument

if TYPE_CHECKING:
    import polars as pl

FILE = ROOT / "config/instruments/mfq2.yaml"
MFQ2 = read_instrument(FILE)
N = 80
SINGLE = Condition("base")
BATTERY = Condition("battery", mode="battery", readout="drawn")


def answers(common: float, seed: int, shift: float = 0.0) -> pl.DataFrame:
    """Return answers drawn about a persona's own level, which weighs so much in each item."""
    rng = np.random.default_rng(seed)
    own = np.random.default_rng(1).normal(0, 1, N)
    given = {}
    for item in MFQ2.questions:
        mean = 3 + shift + common * own + rng.normal(0, 0.8, N)
        given[item.id] = probabilities_about(item, np.clip(np.rint(mean), 1, 5))
    return responses(MFQ2, given)


def answered(condition: Condition, frame: pl.DataFrame) -> modes.Answered:
    return modes.Answered(condition, frame, 120.0, 0.5)


def test_a_battery_that_hangs_together_has_an_inflated_alpha():
    rows = modes.mode_rows(
        MFQ2,
        [answered(SINGLE, answers(0.3, 2)), answered(BATTERY, answers(0.9, 3, shift=0.4))],
        Draws(60, 1),
    )
    first, second = rows
    assert (first["remark"], first.get("distance")) == (modes.SAME, None)
    assert second["alpha_inflation"] == pytest.approx(second["alpha"] - first["alpha"])
    assert 0 < second["inflation_low"] < second["alpha_inflation"] < second["inflation_high"]
    # all answers 0.4 of four steps higher: a tenth of the scale, before answers at the ends
    assert second["distance"] == pytest.approx(0.1, abs=0.03)
    assert second["distance"] > second["null_95"]
    assert second["persona_distance"] > second["distance"]


def test_probabilities_are_compared_as_individuals_with_answers_that_were_written():
    """One distribution, read by its probabilities and by draws of it: no inflation either way."""
    rng = np.random.default_rng(4)
    means = {q.id: np.clip(rng.normal(3, 0.7, N), 1, 5) for q in MFQ2.questions}
    given = {q.id: probabilities_about(q, means[q.id]) for q in MFQ2.questions}
    drawn = {
        code: np.eye(5)[(rng.random((N, 1)) > np.cumsum(shares, axis=1)).sum(axis=1).clip(max=4)]
        for code, shares in given.items()
    }
    _, second = modes.mode_rows(
        MFQ2,
        [answered(SINGLE, responses(MFQ2, given)), answered(BATTERY, responses(MFQ2, drawn))],
        Draws(60, 1),
    )
    assert second["inflation_low"] < 0 < second["inflation_high"]
    assert second["distance"] < 0.04


def test_the_command_writes_a_row_an_instrument_and_condition(tmp_path):
    frames = {"base": answers(0.3, 2), "battery": answers(0.9, 3)}
    paths, stats = [], []
    for name, frame in frames.items():
        paths.append(tmp_path / name)
        tables.write(frame, paths[-1], study_tables.RESPONSES, {"engine": "synthetic"})
        for shard in (1, 2):
            stats.append(tmp_path / f"{name}{shard}.json")
            counts = {"n_answers": 50, "prompt_tokens": 1000, "cached_prompt_tokens": 400,
                      "output_tokens": 100, "seconds_ask": 5.0}  # fmt: skip
            stats[-1].write_text(json.dumps(counts), encoding="utf-8")
    modes.main(instruments=[FILE], responses=paths, conditions=[SINGLE, BATTERY], stats=stats,
               seed=1, replicates=20, mode_comparison=tmp_path / "found")  # fmt: skip
    found = tables.read(tmp_path / "found", robustness_tables.MODE_COMPARISON)
    assert found["condition"].to_list() == ["base", "battery"]
    assert found["tokens_per_answer"].to_list() == [14.0, 14.0]
    assert found["seconds_per_answer"].to_list() == [0.1, 0.1]
    assert found["valid_share"].to_list() == [1.0, 1.0]


def test_a_mode_that_nobody_answers_says_so():
    silent = responses(
        MFQ2,
        {q.id: np.full((N, 5), 0.2) for q in MFQ2.questions},
        {q.id: ["refused"] * N for q in MFQ2.questions},
    )
    _, second = modes.mode_rows(
        MFQ2, [answered(SINGLE, answers(0.3, 2)), answered(BATTERY, silent)], Draws(20, 1)
    )
    assert (second["remark"], second["valid_share"]) == (modes.NOBODY, 0)
    assert np.isnan(second["alpha_inflation"])
