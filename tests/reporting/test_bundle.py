"""The bundle: read back by what others use; no microdata, keys or places; whole or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from made_up_bundle import HOME, ORIGIN, STUDY
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.reporting import bundle
from valuescape.reporting.catalogue import result_tables


def test_tables_are_read_back_by_plain_readers(made):
    found = sorted(made.rglob("*.csv"))
    assert len(found) > len(result_tables())
    for path in found:
        frame = pd.read_csv(path)
        again = pl.read_csv(path, infer_schema_length=None)
        assert list(frame.columns) == again.columns
        parquet = path.with_suffix(".parquet")
        if parquet.is_file():
            whole = pl.read_parquet(parquet)
            assert list(frame.columns) == whole.columns
            assert frame.shape[0] == whole.height
            assert set(json.loads(path.with_suffix(".provenance.json").read_text())) == {*ORIGIN}


def test_nothing_of_the_machine_and_nobody_s_answers(made):
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in made.rglob("*")
        if path.is_file() and path.suffix in bundle.READABLE
    )
    for planted in (f"{HOME}someone", "/scratch/me", "not for others", "node17", "respondent_id"):
        assert planted not in text
    assert not list(made.rglob("*respondents*"))
    study = json.loads((made / "study.json").read_text())
    assert study["survey"]["wvs7"] == "wave7.sav"
    assert study["endpoint"] == {"api_key": "(not published)", "address": "(a server)"}
    for path in made.rglob("*.parquet"):
        assert tables.provenance(path) == {}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '{"k": "sk-abcdefghijklmnop1234"}', "a.json holds what looks like a key"),
        ("a.md", "weights at /data/models/w.gguf", "a.md names a place of this machine: /data"),
        ("a.csv", "token\nhushhush99\n", "a.csv holds what looks like a key"),
        ("a.csv", f"x\n{Path.home()}/wvs.csv\n", "names a place of this machine"),
    ],
)
def test_what_slips_through_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        bundle.require_clean(tmp_path, {"SOME_API_KEY": "hushhush99", "PATH": "/usr/bin"})


def test_a_single_human_is_refused(tmp_path):
    pl.DataFrame({"respondent_id": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(UserError, match="a row for a single human"):
        bundle.require_clean(tmp_path, {})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("config/models/a.yaml and/or 1/2", "config/models/a.yaml and/or 1/2"),
        ("https://arxiv.org/abs/2601.22396", "https://arxiv.org/abs/2601.22396"),
        (f'{{"file": "{HOME}me/models/w.gguf"}}', '{"file": "w.gguf"}'),
        ("~/data/wvs.sav", "wvs.sav"),
        (r"C:\Users\me\wvs.sav", "wvs.sav"),
        ("http://10.0.0.7:8000/v1", "(a server)"),
    ],
)
def test_places_are_taken_out(text, left):
    assert bundle.without_places(text) == left


def test_a_failed_bundle_leaves_the_older_one(written):
    bundle.main(**written)
    before = sorted(written["bundle"].rglob("*"))
    written["config"].write_text(json.dumps(STUDY | {"note": "sk-abcdefghijklmnop1234"}))
    with pytest.raises(UserError, match="looks like a key"):
        bundle.main(**written)
    assert sorted(written["bundle"].rglob("*")) == before
    assert [path.name for path in written["bundle"].parent.glob(".bundle*")] == []


def test_personas_drawn_from_respondents_stay_at_home(written):
    written["config"].write_text(json.dumps(STUDY | {"design": "respondents500"}))
    bundle.main(**written)
    folders = {path.name for path in written["bundle"].iterdir() if path.is_dir()}
    assert folders == {"tables"}
    assert not list(written["bundle"].rglob("positions.*"))


def test_card_and_checksums(made):
    card = (made / "README.md").read_text(encoding="utf-8")
    assert "LLM personas are not people" in card
    assert "What an LLM persona is not" in card
    assert "licence" in card
    sums = dict(
        reversed(line.split("  ")) for line in (made / "SHA256SUMS").read_text().splitlines()
    )
    files = {p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file()}
    assert set(sums) == files - {"SHA256SUMS"}
    for place, digest in sums.items():
        assert hashlib.sha256((made / place).read_bytes()).hexdigest() == digest
