"""Rendered tables: every number is there, and whose answers they are is said first."""

from __future__ import annotations

import polars as pl
import pytest

from made_up_results import make
from valuescape.core import tables
from valuescape.lenses.morality.tables import LEVEL_EFFECTS
from valuescape.reporting import rendered_tables
from valuescape.reporting.catalogue import result_tables

SYNTHETIC = {"engine": "synthetic", "model": "synthetic", "study design": "oa144"}


@pytest.mark.parametrize("table", result_tables(), ids=lambda table: table.name)
def test_csv_keeps_every_digit_and_markdown_every_row(table, tmp_path):
    path, folder = tmp_path / "table.parquet", tmp_path / "rendered"
    tables.write(make(table), path, table, SYNTHETIC)
    rendered_tables.main(tables=[path], names=[table.name], folder=folder)
    expected = tables.read(path, table)
    found = pl.read_csv(folder / f"{table.name}.csv", schema=dict(table.columns))
    assert found.equals(expected)
    source = (folder / f"{table.name}.source.txt").read_text()
    assert source.startswith("SYNTHETIC RESPONDENT - not an LLM.")
    lines = (folder / f"{table.name}.md").read_text().splitlines()
    assert lines[0].startswith("SYNTHETIC RESPONDENT - not an LLM.")
    assert "engine: synthetic" in lines
    assert "LLM personas are not people. model: synthetic, design: oa144" in lines
    assert sum(line.startswith("|") for line in lines) == expected.height + 2


def test_markdown_rounds_and_escapes():
    frame = pl.DataFrame({"group": ["a|b"], "share": [-0.00001], "low": [None], "n": [93_312]})
    lines = rendered_tables.as_markdown(frame, ["what"]).splitlines()
    assert lines[0] == "what"
    assert lines[-1] == "| a\\|b | 0.000 | \N{EN DASH} | 93,312 |"
    assert lines[-2] == "| :--- | ---: | :--- | ---: |"


def test_a_real_engine_is_not_marked():
    lines = rendered_tables.opening_lines(LEVEL_EFFECTS, {"engine": "vllm", "model": "gpt-oss-20b"})
    assert lines[0].startswith("Effect of each cultural level")
    assert "model: gpt-oss-20b" in lines
