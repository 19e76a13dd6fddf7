"""Tables: what is refused on the way out and on the way in."""

from __future__ import annotations

import polars as pl
import pytest

from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.tables import SHARE, Table

CELLS = Table(
    "cells",
    {"group": pl.String, "question": pl.String, "share": pl.Float64, "n": pl.Int64},
    ("group", "question"),
    {"share": SHARE},
)
ROWS = pl.DataFrame(
    {"group": ["b", "a"], "question": ["Q1", "Q1"], "share": [0.5, None], "n": [3, 4]}
)


def test_rows_come_back_sorted_with_their_provenance(tmp_path):
    path = tmp_path / "new/cells.parquet"
    tables.write(ROWS, path, CELLS, {"model": "small"})
    assert tables.read(path, CELLS)["group"].to_list() == ["a", "b"]
    assert tables.provenance(path) == {"model": "small"}
    assert [file.name for file in path.parent.iterdir()] == ["cells.parquet"]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (ROWS.drop("n"), "no column 'n'"),
        (ROWS.with_columns(other=1), "column 'other' does not belong"),
        (ROWS.with_columns(pl.col("n").cast(pl.Int32)), "column 'n' is Int32, not Int64"),
        (ROWS.with_columns(group=pl.lit("a")), r"\('a', 'Q1'\) stands there twice"),
        (ROWS.with_columns(group=pl.lit(None, pl.String)), "is empty in a row"),
        (ROWS.with_columns(share=pl.lit(1.5)), "share = 1.5, not between 0.0 and 1.0"),
    ],
)
def test_what_is_no_such_table_is_not_written(tmp_path, rows, fault):
    with pytest.raises(UserError, match=fault):
        tables.write(rows, tmp_path / "cells.parquet", CELLS, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("columns", "rows", "fault"),
    [
        (["share"], ROWS.with_columns(share=pl.lit(1.5)), "share = 1.5"),
        (["group", "n"], ROWS.with_columns(pl.col("n").cast(pl.Int32)), "'n' is Int32"),
        (["group", "question"], ROWS.with_columns(group=pl.lit("a")), "stands there twice"),
        (["group", "missing"], ROWS, "cannot be read as cells"),
    ],
)
def test_single_columns_are_checked_too(tmp_path, columns, rows, fault):
    path = tmp_path / "cells.parquet"
    rows.write_parquet(path)
    with pytest.raises(UserError, match=fault):
        tables.read(path, CELLS, columns)


def test_single_columns_that_repeat_are_read(tmp_path):
    path = tmp_path / "cells.parquet"
    tables.write(ROWS, path, CELLS, {})
    assert tables.read(path, CELLS, ["question", "n"]).rows() == [("Q1", 4), ("Q1", 3)]
    assert tables.read(path, CELLS, ["n", "question", "group"]).columns == [
        "n",
        "question",
        "group",
    ]


def test_provenance_of_several_files_tells_where_they_differ(tmp_path):
    for name in ("one", "two"):
        tables.write(ROWS, tmp_path / name, CELLS, {"model": name, "seed": "1"})
    joined = tables.joined_provenance([tmp_path / "two", tmp_path / "one"])
    assert joined == {"model": "one | two", "seed": "1"}


def test_a_table_of_somebody_else_is_not_to_be_deleted(tmp_path, monkeypatch):
    path = tmp_path / "cells.parquet"
    path.write_bytes(b"no table")
    with pytest.raises(UserError) as caught:
        tables.read(path, CELLS)
    assert caught.value.hint.startswith("delete")
    # the superuser may read everything
    monkeypatch.setattr("os.access", lambda file, _: file != path)
    with pytest.raises(UserError) as caught:
        tables.read(path, CELLS)
    assert caught.value.hint.startswith("ask its owner")
