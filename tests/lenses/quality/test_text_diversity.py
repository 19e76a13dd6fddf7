"""Diversity of texts: by hand, and planted duplicates at their rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_biographies as made_up
from valuescape.core import tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality import text_diversity as diversity
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.space import read_space

SPACE = read_space(Path(__file__).parents[3] / "config/persona_space.yaml")
DRAWS = Draws(20, 1)


def texts(*said: str) -> diversity.Texts:
    return diversity.Texts.read(pl.Series(list(said)))


def test_words_and_pairs_by_hand():
    two = texts("You are here.", "You are, you are")
    assert (two.n, two.starts.tolist()) == (2, [0, 3, 7])
    assert diversity.distinct(two, 1) == 3 / 7
    # you are, are here | you are, are you, you are: no pair reaches over both texts
    assert diversity.distinct(two, 2) == 3 / 5
    assert two.only(np.array([1])).codes.tolist() == two.codes[3:].tolist()
    assert np.isnan(diversity.distinct(texts("one"), 2))


def test_self_bleu_is_1_of_copies_and_small_of_texts_with_nothing_in_common():
    assert diversity.self_bleu(texts("a b c d e", "a b c d e")) == pytest.approx(1.0)
    apart = diversity.self_bleu(texts("a b c d e", "f g h i j"))
    assert apart == pytest.approx((0.5**4 / (5 * 4 * 3 * 2)) ** 0.25)
    # of a b c d the runs a, b, ab stand in the other: 2/4, 1/3, and half a run of 2 and of 1
    half = diversity.self_bleu(texts("a b c d", "a b e f"))
    assert half == pytest.approx((2 / 4 * 1 / 3 * 0.5 / 2 * 0.5 / 1) ** 0.25)
    # each counts as often as one other text has it
    assert diversity.self_bleu(texts("a a a a", "a a a a", "a b c d")) < 1


def test_openings_and_nearest_texts():
    three = texts("you are a nurse in Lima", "you are a nurse in Rome", "you are")
    assert diversity.same_opening(three) == pytest.approx(1 / 3)
    assert diversity.nearest(texts("a b", "a b", "a b")) == pytest.approx(1.0)
    assert diversity.nearest(texts("a b", "c d")) == pytest.approx(0.0)
    assert diversity.repeated(np.array([2, 1])) == pytest.approx(1 / 3)
    counted = diversity.count_openings(pl.Series(["You are a man, of few."] * 2 + ["You sing."]))
    assert counted.rows()[0] == (1, "you are a man of", 2, pytest.approx(2 / 3))


def test_near_duplicates_are_those_with_most_runs_in_common():
    rng = np.random.default_rng(1)
    words = [f"w{number}" for number in range(400)]
    base = list(rng.choice(words, 60))
    near = [*base[:58], "other", "end"]
    half = [*base[:45], *rng.choice(words, 15)]
    lone = list(rng.choice(words, 60))
    found = diversity.near_duplicates(texts(*map(" ".join, (base, near, half, lone, []))), DRAWS)
    assert found.tolist() == [True, True, False, False, False]


def test_planted_duplicates_are_found_at_their_rate():
    levels, personas = made_up.drawn(SPACE, 800)
    written = made_up.biographies(SPACE, levels, personas["persona_id"].to_numpy(), duplicates=0.1)
    read = diversity.Texts.read(written["biography"])
    found = diversity.near_duplicates(read, DRAWS)
    same = (written["biography"] == written["biography"][0]).to_numpy()
    assert found.tolist() == same.tolist()


def test_the_table_sets_texts_beside_shuffled_ones():
    levels, personas = made_up.drawn(SPACE, 60)
    ids = personas["persona_id"].to_numpy()
    written = made_up.biographies(SPACE, levels, ids, quoting=1.0, duplicates=0.2)
    read = diversity.Texts.read(written["biography"])
    found = diversity.measure_diversity(read, DRAWS)
    checked = tables.check(found, quality_tables.TEXT_DIVERSITY, "the test")
    of = {row["measure"]: row for row in checked.iter_rows(named=True)}
    assert of["self-BLEU"]["ci_low"] > of["self-BLEU"]["shuffled"]
    assert of["distinct 2"]["ci_high"] < of["distinct 2"]["shuffled"]
    assert all(row["ci_low"] <= row["value"] <= row["ci_high"] for row in of.values())
    alike = of["near duplicates"]
    assert (alike["n_texts"], alike["shuffled"]) == (60, 0.0)
    assert 0.0 < alike["ci_low"] <= 0.2 <= alike["ci_high"] < 0.5
    few = diversity.measure_diversity(texts("a b"), DRAWS)
    assert few["remark"].to_list() == [diversity.TOO_FEW] * 6


@pytest.mark.parametrize("n", [60, 0])
def test_the_command_writes_its_tables(tmp_path, n):
    levels, personas = made_up.drawn(SPACE, 60)
    written = made_up.biographies(SPACE, levels, personas["persona_id"].to_numpy())
    written = written.with_columns(
        status=pl.when(pl.int_range(pl.len()) < n).then(pl.lit("valid")).otherwise(pl.lit("x"))
    )
    tables.write(written, tmp_path / "biographies", study_tables.BIOGRAPHIES, {})
    results = {
        "diversity": quality_tables.TEXT_DIVERSITY,
        "openings": quality_tables.TEXT_OPENINGS,
        "names": quality_tables.NAME_DIVERSITY,
    }
    diversity.main(
        biographies=tmp_path / "biographies",
        seed=1,
        **{name: tmp_path / name for name in results},
    )
    found = {name: tables.read(tmp_path / name, table) for name, table in results.items()}
    everybody = found["names"].filter(sex="all", country="all")
    assert everybody["n_personas"].sum() == n
    assert everybody["n_names"].sum() == (4 if n else 0)
