"""The bundle: read back by what others use; no microdata, keys or places; whole or not at all."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyreadstat
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.comparison.runs import runs_of
from valuescape.reporting import bundle
from valuescape.reporting.catalogue import OF_PERSONAS, result_tables
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
SPACE = CONFIG / "persona_space.yaml"
MFQ2 = CONFIG / "instruments/mfq2.yaml"
HOME = "/ho" + "me/"  # in parts, so that no test of the house finds a machine's path here
CROISSANT = ROOT / "envs/croissant/bin/python"
N = 20
STUDY = {
    "study": "test", "design": "oa144", "models": ["synthetic"], "conditions": [{"name": "base"}],
    "readout": "probabilities", "attempts": 1, "shards": 1, "seed": 1,
    "survey": {"wvs7": f"{HOME}someone/WVS/wave7.sav", "trend": None},
    "endpoint": {"api_key": "not for others", "address": "http://node17:8000/v1"},
}  # fmt: skip
ORIGIN = {"engine": "vllm", "model": "m", "study design": "oa144", "file": "/scratch/me/a b/w.gguf"}


def answers(instrument):
    """Return answers of N personas; the first to each question is refused."""
    rng = np.random.default_rng(3)
    columns = {"persona_id": pl.Series(range(N), dtype=pl.UInt32)}
    for question in instrument.questions:
        chosen = rng.choice(question.values, N).astype(np.int8)
        columns[question.id] = pl.Series([None, *chosen[1:].tolist()], dtype=pl.Int8)
        columns[f"{question.id}_status"] = pl.Series(["refused", *["valid"] * (N - 1)])
    return pl.DataFrame(columns)


@pytest.fixture
def written(tmp_path):
    """Return the arguments of the command, with everything that it reads."""
    folder = tmp_path / "results/test"
    (run,) = runs_of(STUDY, folder.as_posix())
    space = read_space(SPACE)
    levels = space.levels_of(pl.Series(range(N), dtype=pl.UInt32))
    personas = pl.DataFrame({"persona_id": pl.Series(range(N), dtype=pl.UInt32)}).with_columns(
        *(pl.Series(v.name, levels[:, k], dtype=pl.Int8) for k, v in enumerate(space.variables))
    )
    people = made_up.make(study_tables.BIOGRAPHIES, N)
    instrument = read_instrument(MFQ2)
    for frame, path, entry in (
        (personas, run.personas, study_tables.PERSONAS),
        (people, run.biographies, study_tables.BIOGRAPHIES),
        (answers(instrument), run.responses.with_name("mfq2.parquet"), study_tables.RESPONSES),
        *((made_up.make(entry, N), run.table(entry), entry)
          for entry in (*result_tables(), *OF_PERSONAS)),
    ):  # fmt: skip
        tables.write(frame, path, entry, ORIGIN)
    # what must never go in
    humans = folder / "survey/respondents.parquet"
    humans.parent.mkdir(exist_ok=True)
    pl.DataFrame({"respondent_id": [1], "Q1": [2]}).write_parquet(humans)
    config = folder / "config.json"
    config.write_text(json.dumps(STUDY), encoding="utf-8")
    return {
        "study": "test", "runs": [run], "tables": [entry.name for entry in result_tables()],
        "instruments": [MFQ2], "models": [CONFIG / "models/smollm2-135m.yaml"], "space": SPACE,
        "reference": sorted((CONFIG / "reference").glob("iw_*.csv")), "config": config,
        "licence": ROOT / "LICENSE", "citation": ROOT / "CITATION.cff",
        "bundle": folder / "bundle",
    }  # fmt: skip


@pytest.fixture
def made(written):
    bundle.main(**written)
    return written["bundle"]


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


def test_answers_are_read_back_with_their_words(made):
    base = made / "answers/synthetic/base"
    whole = pl.read_parquet(base / "mfq2.parquet")
    question = read_instrument(MFQ2).questions[0]
    for read, ending in ((pyreadstat.read_sav, "sav"), (pyreadstat.read_dta, "dta")):
        frame, meta = read(base / f"mfq2.{ending}")
        assert frame[question.id].dropna().astype(int).tolist() == whole[question.id][1:].to_list()
        assert pd.isna(frame[question.id][0])
        assert meta.column_names_to_labels[question.id][:40] == question.text[:40]
        words = meta.variable_value_labels[question.id]
        assert words[question.options[0].value] == question.options[0].label
        assert meta.variable_value_labels["level_god"][0]
    frame, meta = pyreadstat.read_sav(base / "mfq2.sav", user_missing=True)
    assert frame[question.id][0] == -1
    assert meta.variable_value_labels[question.id][-1] == "refused"
    frame, meta = pyreadstat.read_dta(base / "mfq2.dta")
    assert meta.variable_value_labels[f"{question.id}_why"][frame[f"{question.id}_why"][0]] == (
        "refused"
    )


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
    bundle.main(**written)
    assert sorted(written["bundle"].rglob("*")) == before
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


def test_card_dictionary_and_checksums(made):
    card = (made / "README.md").read_text(encoding="utf-8")
    assert "LLM personas are not people" in card
    assert "What an LLM persona is not" in card
    assert "licence" in card
    words = pl.read_csv(made / "data_dictionary.csv")
    assert {entry.name for entry in result_tables()} <= set(words["table"])
    told = words.filter(table="foundation_profiles", column="drawn_sd")["about"].item()
    assert "one draw" in told
    sums = dict(
        reversed(line.split("  ")) for line in (made / "SHA256SUMS").read_text().splitlines()
    )
    files = {p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file()}
    assert set(sums) == files - {"SHA256SUMS"}
    for place, digest in sums.items():
        assert hashlib.sha256((made / place).read_bytes()).hexdigest() == digest


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
