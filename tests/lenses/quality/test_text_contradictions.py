"""Contradictions of texts: planted ones are found at their rates, by classifier and judge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_biographies as made_up
from made_up_answers import responses
from valuescape.core import tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality import text_contradictions as contradictions
from valuescape.lenses.quality.attribute_recovery import recover, words_of
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.judging import instrument_of
from valuescape.study.space import read_space

SPACE_FILE = Path(__file__).parents[3] / "config/persona_space.yaml"
SPACE = read_space(SPACE_FILE)
NAMES = [variable.name for variable in SPACE.variables]
DRAWS = Draws(200, 1)
N = 900
PLANTED = {"trust": 0.15, "petition": 0.1}


def readings_of(levels, written, columns):
    """Return what the classifier reads of some variables; the others are left unread."""
    words = words_of(written["biography"].to_list(), DRAWS)
    recoveries = [
        recover(words if name in columns else None, levels[:, column],
                len(SPACE.variables[column].levels), DRAWS)
        for column, name in enumerate(NAMES)
    ]  # fmt: skip
    return recoveries, contradictions.classified(recoveries, levels, DRAWS)


def judgements(ids, shown, sure=0.9):
    """Return what a judge says that sees which levels are shown; -1: the text does not tell."""
    asked = instrument_of(SPACE)
    shares = {}
    for column, question in enumerate(asked.questions):
        place = np.where(shown[:, column] < 0, question.n_options - 1, shown[:, column])
        own = np.full((len(ids), question.n_options), (1 - sure) / (question.n_options - 1))
        own[np.arange(len(ids)), place] = sure
        shares[question.id] = own
    return responses(asked, shares, persona_ids=ids)


def test_planted_contradictions_are_found_at_their_rates():
    levels, personas = made_up.drawn(SPACE, N)
    ids = personas["persona_id"].to_numpy()
    written = made_up.biographies(SPACE, levels, ids, contradicting=PLANTED)
    columns = [*PLANTED, "authority"]
    recoveries, reading = readings_of(levels, written, columns)
    found = contradictions.count_contradictions([reading], levels, SPACE)
    tables.check(found, quality_tables.TEXT_CONTRADICTIONS, "the test")
    of = {row["variable"]: row for row in found.iter_rows(named=True)}
    for name, rate in PLANTED.items():
        assert of[name]["n_shown"] > 0.6 * N
        assert of[name]["ci_low"] <= rate <= of[name]["ci_high"]
    assert of["authority"]["share"] < 0.01
    assert of["authority"]["by_chance"] == pytest.approx(2 / 3, abs=0.05)
    assert of["god"]["remark"] == contradictions.UNTOLD
    recovered, cells = contradictions.measure_recovery(
        recoveries, levels, written["biography"], SPACE, DRAWS
    )
    tables.check(recovered, quality_tables.ATTRIBUTE_RECOVERY, "the test")
    tables.check(cells, quality_tables.RECOVERY_CONFUSION, "the test")
    trust = recovered.filter(variable="trust").row(0, named=True)
    shown = [made_up.shown_level(text, SPACE.variables[1]) for text in written["biography"]]
    # no reader can be right more often than the texts are, and words tell nearly all of it
    assert 0 <= np.mean(levels[:, 1] == shown) - trust["balanced_accuracy"] < 0.05
    assert trust["null_95"] < 0.6
    assert trust["calibration_error"] < 0.1


def test_texts_that_tell_nothing_are_not_taken_to_contradict():
    levels, personas = made_up.drawn(SPACE, 144)
    ids = personas["persona_id"].to_numpy()
    written = made_up.biographies(SPACE, levels, ids, silent=1.0)
    recoveries, reading = readings_of(levels, written, ["trust", "god"])
    assert not reading.telling.any()
    assert not reading.contradicted(levels).any()
    recovered, _ = contradictions.measure_recovery(
        recoveries, levels, written["biography"], SPACE, DRAWS
    )
    told = recovered.drop_nulls("null_95")
    assert told["variable"].to_list() == ["trust", "god"]
    assert (told["balanced_accuracy"] < told["null_95"] + 0.08).all()


def test_a_judge_finds_what_is_planted_and_agrees_with_the_classifier():
    levels, personas = made_up.drawn(SPACE, N)
    ids = personas["persona_id"].to_numpy()
    written = made_up.biographies(SPACE, levels, ids, contradicting=PLANTED)
    rng = np.random.default_rng(5)
    shown = np.array(
        [
            [made_up.shown_level(text, variable) for variable in SPACE.variables]
            for text in written["biography"]
        ]
    )
    silent = rng.random(shown.shape) < 0.2
    some = np.sort(rng.choice(N, 400, replace=False))
    said = judgements(ids[some], np.where(silent, -1, shown)[some])
    _, classifier = readings_of(levels, written, ["trust"])
    judge = contradictions.judged(said, written["persona_id"], levels, SPACE, DRAWS)
    found = contradictions.count_contradictions([classifier, judge], levels, SPACE)
    of = {row["variable"]: row for row in found.filter(reader="judge").iter_rows(named=True)}
    assert of["trust"]["n_read"] == 400
    assert 0.7 * 400 < of["trust"]["n_shown"] < 0.9 * 400
    for name, rate in PLANTED.items():
        assert of[name]["ci_low"] <= rate <= of[name]["ci_high"]
    assert of["god"]["share"] == 0.0
    assert 0.4 < of["trust"]["kappa"] < 1.0
    both = contradictions.consistency_of(
        [classifier, judge], written, levels, SPACE, personas["persona_id"]
    )
    assert both["reader"].value_counts(sort=True).rows() == [("classifier", 500), ("judge", 400)]
    unsure = judgements(ids[some], shown[some], sure=0.4)
    reading = contradictions.judged(unsure, written["persona_id"], levels, SPACE, DRAWS)
    assert (reading.shown == contradictions.NOT_SHOWN).all()


def test_the_worst_biographies_come_first():
    levels = np.zeros((3, len(NAMES)), dtype=np.int8)
    shown = levels.copy()
    shown[0, 0], shown[2, :2] = 1, 1
    probability = np.where(shown, 0.9, 0.8)
    everything = np.ones(len(NAMES), dtype=bool)
    reading = contradictions.Reading("judge", np.ones(3, bool), shown, probability, everything)
    texts = pl.DataFrame(
        {"persona_id": [3, 5, 8], "biography": ["a", "b", "c"]},
        schema_overrides={"persona_id": pl.UInt32},
    )
    ids = pl.Series("persona_id", [3, 4, 5, 8], dtype=pl.UInt32)
    found = contradictions.consistency_of([reading], texts, levels, SPACE, ids)
    assert found["n_contradictions"].to_list() == [1, 0, 0, 2]
    worst = contradictions.worst_biographies(found, texts)
    assert worst["persona_id"].to_list() == [8, 3]
    assert worst["contradictions"][1] == "happiness is 0, shows 1 (0.90)"


@pytest.mark.parametrize(("n", "status"), [(60, "valid"), (8, "valid"), (12, "malformed")])
def test_the_command_writes_its_tables(tmp_path, n, status):
    levels, personas = made_up.drawn(SPACE, n)
    written = made_up.biographies(SPACE, levels, personas["persona_id"].to_numpy(), quoting=1.0)
    written = written.with_columns(status=pl.lit(status))
    tables.write(personas, tmp_path / "personas", study_tables.PERSONAS, {})
    tables.write(written, tmp_path / "biographies", study_tables.BIOGRAPHIES, {})
    results = {
        "recovery": quality_tables.ATTRIBUTE_RECOVERY,
        "confusion": quality_tables.RECOVERY_CONFUSION,
        "contradictions": quality_tables.TEXT_CONTRADICTIONS,
        "consistency": study_tables.CONSISTENCY,
        "worst": quality_tables.WORST_BIOGRAPHIES,
    }
    contradictions.main(
        space=SPACE_FILE,
        personas=tmp_path / "personas",
        biographies=tmp_path / "biographies",
        model="one",
        judge="one",
        seed=1,
        replicates=20,
        **{name: tmp_path / name for name in results},
    )
    found = {name: tables.read(tmp_path / name, table) for name, table in results.items()}
    assert found["consistency"].height == n
    recovered = found["recovery"]
    assert recovered.height == 10
    if status == "valid":
        assert (recovered["quoted_share"] == 1.0).all()
    else:
        assert recovered["remark"].to_list() == [contradictions.NOBODY] * 10
