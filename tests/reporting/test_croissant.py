"""Croissant: the metadata name what is there; the format's own library reads it."""

from __future__ import annotations

import json
import subprocess

import pandas as pd
import polars as pl
import pytest

from made_up_bundle import ROOT
from valuescape.reporting import croissant

CROISSANT = ROOT / "envs/croissant/bin/python"


def test_a_column_has_the_type_that_it_is_read_with():
    schema = pl.Schema({"n": pl.Int8, "share": pl.Float64, "sure": pl.Boolean, "who": pl.String})
    files = {"a/b.csv": "12", "a/b.parquet": "34", "LICENSE": "56"}
    told = croissant.metadata("name", "words", "MIT", files, {"a/b.csv": schema})
    assert [(each["contentUrl"], each["encodingFormat"], each["sha256"])
            for each in told["distribution"]] == [
        ("a/b.csv", "text/csv", "12"),
        ("a/b.parquet", "application/vnd.apache.parquet", "34"),
        ("LICENSE", "text/plain", "56"),
    ]  # fmt: skip
    (records,) = told["recordSet"]
    assert records["@id"] == "a/b"
    assert [(each["@id"], each["dataType"]) for each in records["field"]] == [
        ("a/b/n", "sc:Integer"), ("a/b/share", "sc:Float"), ("a/b/sure", "sc:Boolean"),
        ("a/b/who", "sc:Text"),
    ]  # fmt: skip
    source = {"fileObject": {"@id": "a/b.csv"}, "extract": {"column": "n"}}
    assert records["field"][0]["source"] == source


def test_metadata_name_every_file_and_column(made):
    described = json.loads((made / "croissant.json").read_text())
    named = {each["@id"] for each in described["distribution"]}
    assert all((made / place).is_file() for place in named)
    sets = {each["@id"]: each for each in described["recordSet"]}
    columns = [each["name"] for each in sets["tables/synthetic/base/map/summary"]["field"]]
    assert columns == pd.read_csv(made / "tables/synthetic/base/map/summary.csv").columns.to_list()


@pytest.mark.skipif(not CROISSANT.is_file(), reason="bash envs/install.sh croissant")
def test_the_library_of_croissant_validates_and_reads_it(made):
    code = """
import sys, itertools, mlcroissant
dataset = mlcroissant.Dataset(jsonld=sys.argv[1])
assert not dataset.metadata.ctx.issues.errors
print(len(list(dataset.records("tables/synthetic/base/map/summary"))))
"""
    done = subprocess.run(
        [CROISSANT, "-c", code, made / "croissant.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = pl.read_parquet(made / "tables/synthetic/base/map/summary.parquet").height
    assert int(done.stdout.split()[-1]) == rows
