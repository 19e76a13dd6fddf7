"""Nothing finished is lost, asked twice or mixed: parts, fingerprints, kills, new shard counts."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
import yaml

from small_study import SmallStudy
from valuescape.asking.checkpoint import CONTEXT_HASH, STOPPED, Checkpoint, Interval, context_hash
from valuescape.core import tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument

ROOT = Path(__file__).parents[2]
INSTRUMENTS = [str(ROOT / f"config/instruments/{name}.yaml") for name in ("iw", "mfq2")]
CONDITION = Condition("base", readout="drawn")
TABLE = tables.Table("answers", {"persona_id": pl.UInt32, "Q1": pl.Int8}, ("persona_id",))
OFTEN = Interval(rows=2, seconds=1000)
FINGERPRINT = {"model": "a", "seed": "1"}
HASHES = {number: context_hash(f"you are {number}") for number in range(6)}


def checkpoint(folder, fingerprint=FINGERPRINT, interval=OFTEN, shard="0001-of-0001"):
    return Checkpoint(folder, fingerprint, TABLE, shard, interval)


def fill(folder, ids, **kwargs):
    kept = checkpoint(folder, **kwargs)
    for number in ids:
        kept.add({"persona_id": number, "Q1": number}, HASHES[number])
    return kept


def ids(frame):
    return sorted(frame["persona_id"].to_list())


def test_a_killed_job_loses_at_most_one_interval(tmp_path):
    fill(tmp_path, range(5))  # killed here: the fifth row is in no part yet
    assert checkpoint(tmp_path).take_over(HASHES) == {0, 1, 2, 3}


def test_a_part_is_due_after_some_seconds_too(tmp_path):
    fill(tmp_path, [0], interval=Interval(rows=1000, seconds=0.0))
    assert checkpoint(tmp_path).take_over(HASHES) == {0}


def test_rows_of_any_shard_are_taken_over_once(tmp_path):
    fill(tmp_path, [0, 1], shard="0001-of-0002")
    fill(tmp_path, [1, 2], shard="0001-of-0003")
    kept = checkpoint(tmp_path)
    assert kept.take_over(HASHES) == {0, 1, 2}
    assert ids(kept.rows) == [0, 1, 2]


def test_a_finished_shard_leaves_one_part_which_is_its_table(tmp_path):
    """Nothing is kept twice, and the rows stay when the table is removed to be made again."""
    table = tmp_path / "shard.parquet"
    fill(tmp_path / "parts", [0, 1, 2])  # killed
    resumed = checkpoint(tmp_path / "parts")
    assert resumed.take_over(HASHES) == {0, 1}
    for number in (2, 3, 4):
        resumed.add({"persona_id": number, "Q1": number}, HASHES[number])
    resumed.finish(table, resumed.rows, {"origin": "here"})
    [part] = (tmp_path / "parts").glob("*/*.parquet")
    assert part.samefile(table)
    assert ids(pl.read_parquet(table)) == [0, 1, 2, 3, 4]
    table.unlink()
    assert checkpoint(tmp_path / "parts").take_over(HASHES) == {0, 1, 2, 3, 4}


def test_rows_with_another_context_outlive_the_shard_that_does_not_hold_them(tmp_path):
    fill(tmp_path / "parts", [0, 1])
    changed = {number: context_hash("another biography") for number in HASHES}
    now = checkpoint(tmp_path / "parts")
    assert not now.take_over(changed)
    now.add({"persona_id": 0, "Q1": 0}, changed[0])
    now.finish(tmp_path / "shard.parquet", now.rows, {})
    assert checkpoint(tmp_path / "parts").take_over(HASHES) == {0, 1}


def test_a_disk_without_second_names_keeps_the_part(tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    kept = fill(tmp_path / "parts", range(3))
    kept.flush()
    kept.finish(tmp_path / "shard.parquet", kept.rows, {})
    assert "Operation not permitted" in caplog.text
    assert checkpoint(tmp_path / "parts").take_over(HASHES) == {0, 1, 2}


def test_a_persona_that_is_told_something_else_is_asked_again(tmp_path):
    fill(tmp_path, [0, 1])
    now = HASHES | {1: context_hash("you have changed")}
    assert checkpoint(tmp_path).take_over(now) == {0}


def test_another_fingerprint_is_never_mixed_and_its_keys_are_named(tmp_path, caplog):
    fill(tmp_path, [0, 1])
    other = checkpoint(tmp_path, fingerprint=FINGERPRINT | {"seed": "2"})
    assert not other.take_over(HASHES)
    assert "seed changed from 1 to 2" in caplog.text
    assert "model" not in caplog.text
    assert "Hint: change it back" in caplog.text
    assert checkpoint(tmp_path).take_over(HASHES) == {0, 1}  # changed back: all is there again


@pytest.mark.parametrize("damage", ["truncated", "corrupt", "foreign"])
def test_a_damaged_part_is_set_aside_and_only_its_rows_are_asked_again(tmp_path, caplog, damage):
    fill(tmp_path, [0, 1])
    [part] = tmp_path.glob("*/*.parquet")
    fill(tmp_path, [2, 3])
    if damage == "foreign":
        fill(tmp_path / "elsewhere", [0, 1], fingerprint={"model": "b"})
        part.write_bytes(next(tmp_path.glob("elsewhere/*/*.parquet")).read_bytes())
    else:
        content = part.read_bytes()
        part.write_bytes(content[: len(content) // 2] if damage == "truncated" else b"?" * 99)
    assert checkpoint(tmp_path).take_over(HASHES) == {2, 3}
    assert part.name in caplog.text
    assert [path.suffix for path in part.parent.glob(f"{part.stem}*")] == [".set-aside"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a folder with personas, biographies and a synthetic model that takes its time."""
    folder = tmp_path_factory.mktemp("study")
    model = yaml.safe_load((ROOT / "config/models/synthetic.yaml").read_text("utf-8"))
    model["settings"] = {"pace": {"requests_per_second": 13_000}}
    (folder / "synthetic.yaml").write_text(yaml.safe_dump(model))
    study = SmallStudy(folder)
    study.begin(folder / "synthetic.yaml", "oa144")
    for count in (1, 3):
        for shard in (f"{number + 1:04}-of-{count:04}" for number in range(count)):
            study.write(shard)
    return study


def ask(study, folder, shard="0001-of-0001", log=subprocess.DEVNULL):
    """Start the job that asks a shard."""
    given = study.job(shard, folder / "parts", flush_rows=10) | {
        "prompt": ROOT / "config/prompts/answer.md",
        "demographics": "written",
        "biographies": study.written(shard),
        "instruments": INSTRUMENTS,
        "condition": CONDITION.json(),
        "responses": [folder / f"{shard}-{name}.parquet" for name in ("iw", "mfq2")],
    }
    command = [sys.executable, "-m", "valuescape.asking.responses"]
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        command += [f"--{name.replace('_', '-')}", *map(str, values)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow/lib")}
    return subprocess.Popen(command, env=environment, stderr=log)


def n_kept(folder):
    """Count the rows of all parts; one may be replaced meanwhile."""
    total = 0
    for part in (folder / "parts").glob("*/*/*.parquet"):
        with contextlib.suppress(OSError):
            total += pl.scan_parquet(part).select(pl.len()).collect().item()
    return total


def ask_with_kills(study, folder, times, number):
    """Ask a shard; end the job with a signal after a random number of rows, some times."""
    generator = random.Random(7)
    for _ in range(times):
        job = ask(study, folder)
        enough = n_kept(folder) + generator.randint(1, 40)
        while n_kept(folder) < enough and job.poll() is None:
            time.sleep(0.005)
        job.send_signal(number)
        assert job.wait() in (-number, STOPPED, 0)
    before = n_kept(folder)
    assert ask(study, folder).wait() == 0
    return before


def answers(folder, shard="0001-of-0001"):
    return [(folder / f"{shard}-{name}.parquet").read_bytes() for name in ("iw", "mfq2")]


@pytest.fixture(scope="module")
def uninterrupted(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    assert ask(study, folder).wait() == 0
    return answers(folder)


@pytest.mark.kill
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1])
def test_a_killed_and_resumed_shard_equals_an_uninterrupted_one(
    study, uninterrupted, tmp_path, number
):
    times = int(os.environ.get("VALUESCAPE_KILLS", "2"))  # 20 on demand
    assert ask_with_kills(study, tmp_path, times, number) > 0
    assert answers(tmp_path) == uninterrupted
    taken_over = json.loads(study.stats.read_text("utf-8"))["n_taken_over"]
    assert taken_over >= 10  # what was finished was not asked again


@pytest.mark.kill
def test_a_job_told_to_stop_keeps_every_answer_that_it_was_given(study, tmp_path):
    with (tmp_path / "log").open("w") as log:
        job = ask(study, tmp_path, log=log)
        while not n_kept(tmp_path):
            assert job.poll() is None
            time.sleep(0.005)
        job.send_signal(signal.SIGTERM)
        assert job.wait() == STOPPED
    found = re.search(r"stopped by SIGTERM with (\d+) of", (tmp_path / "log").read_text())
    kept = sum(
        pl.read_parquet(part).height * len(instrument.asked)
        for instrument in map(read_instrument, map(Path, INSTRUMENTS))
        for part in (tmp_path / "parts" / instrument.name).glob("*/*.parquet")
    )
    assert int(found[1]) == kept  # no questionnaire was left half answered


@pytest.mark.kill
def test_another_number_of_shards_takes_over_every_finished_answer(study, tmp_path, uninterrupted):
    assert ask(study, tmp_path).wait() == 0
    shards = [f"{number}-of-0003" for number in ("0001", "0002", "0003")]
    for shard in shards:
        assert ask(study, tmp_path, shard).wait() == 0
        assert json.loads(study.stats.read_text("utf-8"))["n_requests"] == 0
    gathered = tmp_path / "iw.parquet"
    study.gather([tmp_path / f"{shard}-iw.parquet" for shard in shards], gathered, "iw")
    (tmp_path / "whole.parquet").write_bytes(uninterrupted[0])
    whole = pl.read_parquet(tmp_path / "whole.parquet").drop(CONTEXT_HASH)
    assert pl.read_parquet(gathered).equals(whole)
