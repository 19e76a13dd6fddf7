"""Runs beside each other: which cells count, and alignment over the questions common to all."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from made_up_answers import instrument, question
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.alignment.tables import ALIGNMENT_CELLS
from valuescape.lenses.comparison import measure
from valuescape.lenses.comparison.tables import COMPARISON_ALIGNMENT
from valuescape.study import tables as study_tables

ASKED = instrument(
    question("Q1", [1, 2], conditioning=True), question("Q2", [1, 2]), question("Q3", [1, 2])
)


def cells(*rows):
    """Return cells of a run: group, question, why it is left out, distance."""
    columns = ["group", "question", "left_out", "emd"]
    types = {"group": pl.String, "question": pl.String, "left_out": pl.String, "emd": pl.Float64}
    return pl.DataFrame(rows, schema={name: types[name] for name in columns}, orient="row")


def run(name, frame):
    frame = frame.with_columns(
        n_personas=pl.lit(40), emd_floor=pl.lit(0.01), emd_uniform=pl.lit(0.3)
    )
    frames = {ALIGNMENT_CELLS.name: frame}
    return measure.RunResults(SimpleNamespace(name=name), frames, [])


def test_what_configured_the_personas_does_not_count_and_without_such_questions_all_do():
    assert measure.compared_questions(ASKED).tolist() == [False, True, True]
    unmarked = instrument(question("Q1", [1, 2]), question("Q2", [1, 2]))
    assert measure.compared_questions(unmarked).tolist() == [True, True]


def test_a_cell_counts_unless_it_is_left_out_or_missing():
    frame = cells(
        ("A", "Q1", None, 0.1), ("A", "Q2", None, 0.1), ("A", "Q3", "few humans", None),
        ("all", "Q2", None, 0.1), ("all", "Q3", None, 0.1),
    )  # fmt: skip
    counted = measure.counted_cells(frame, ASKED, ["A", "B"])
    np.testing.assert_array_equal(counted, [[0, 1, 0], [0, 0, 0], [0, 1, 1]])


def test_alignment_is_over_the_questions_that_count_in_every_run():
    first = cells(("A", "Q1", None, 0.9), ("A", "Q2", None, 0.1), ("A", "Q3", None, 0.5))
    second = cells(("A", "Q2", None, 0.2), ("A", "Q3", "few personas", None))
    # a run without any cell of a group takes no question from the others
    third = cells(("A", "Q2", "few personas", None), ("A", "Q3", "few personas", None))
    runs = [run("s/one/c", first), run("s/two/c", second), run("s/three/c", third)]
    found = measure.alignment_table(runs, ASKED)
    tables.check(found, COMPARISON_ALIGNMENT, "the test")
    named = {row["run"]: row for row in found.iter_rows(named=True)}
    assert named["s/one/c"]["alignment"] == pytest.approx(1 - 0.1)
    assert named["s/two/c"]["alignment"] == pytest.approx(1 - 0.2)
    assert named["s/one/c"]["n_questions"] == named["s/two/c"]["n_questions"] == 1
    assert (named["s/one/c"]["ceiling"], named["s/one/c"]["uniform"]) == (0.99, 0.7)
    without = named["s/three/c"]
    assert (without["alignment"], without["n_questions"]) == (None, 0)
    assert "few personas" in without["reason"]


def personas(path, levels):
    frame = pl.DataFrame(
        {"persona_id": pl.Series(list(levels), dtype=pl.UInt32)}
        | {"god": pl.Series(list(levels.values()), dtype=pl.Int8)}
    )
    tables.write(frame, path, study_tables.PERSONAS, {})
    return path


def test_a_number_of_a_persona_is_the_same_configuration_in_both_studies(tmp_path):
    own = personas(tmp_path / "own.parquet", {0: 0, 1: 1})
    measure.require_same_space(own, personas(tmp_path / "more.parquet", {1: 1, 2: 0}))
    with pytest.raises(UserError, match=r"1 personas of .* have other levels"):
        measure.require_same_space(own, personas(tmp_path / "other.parquet", {0: 0, 1: 0}))
    further = pl.read_parquet(own).with_columns(trust=pl.lit(0, dtype=pl.Int8))
    tables.write(further, tmp_path / "further.parquet", study_tables.PERSONAS, {})
    with pytest.raises(UserError, match=r"has variables \['god', 'trust'\]"):
        measure.require_same_space(own, tmp_path / "further.parquet")
