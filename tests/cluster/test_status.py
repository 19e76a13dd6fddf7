"""Status: where a study stands, read from results, queue, leases and logs that lie there."""

from __future__ import annotations

import shutil

import polars as pl
import pytest

from conftest import ROOT
from valuescape.asking import lease
from valuescape.cluster import status
from valuescape.cluster.stages import stages
from valuescape.core import slurm

CONFIG = {
    "study": "test",
    "models": ["synthetic"],
    "conditions": [{"name": "base"}],
    "instruments": ["iw", "mfq2"],
    "shards": 4,
    "readout": "probabilities",
    "attempts": 1,
    "answers": "asked",
    "judge": {"biographies": 0},
}
QUESTIONS = {"iw": 10, "mfq2": 36}
LOG = "00:00:01 responses base 0002-of-0004: 46 of 184 answers, 4.60/s, 0.5 min left\n"
QUEUE = """\
7|RUNNING|None|valuescape_1|node1|1:00|rule_answer_instruments_wildcards_test_synthetic_base_0002-of-0004|{here}
8|PENDING|PartitionTimeLimit|valuescape_1||0:00|rule_answer_instruments_wildcards_test_synthetic_base_0003-of-0004|{here}
9|RUNNING|None|valuescape_2|node1|1:00|rule_answer_instruments_wildcards_test2_synthetic_base_0001-of-0004|{here}
10|RUNNING|None|valuescape_1|node1|1:00|rule_answer_instruments_wildcards_test_synthetic_base_0001-of-0004|/elsewhere
"""


@pytest.fixture(autouse=True)
def model(tmp_path):
    """Put the model's file where a study that lies here looks for it."""
    models = tmp_path / "config/models"
    models.mkdir(parents=True)
    shutil.copy(ROOT / "config/models/synthetic.yaml", models)


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """Put a squeue on PATH that knows four jobs; return those of the study."""
    program = tmp_path / "squeue"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{QUEUE.format(here=tmp_path)}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return slurm.of_study(slurm.jobs(), "valuescape", "test", str(tmp_path))


@pytest.fixture
def responses(tmp_path, monkeypatch, queue):
    """Return the stage of the responses: shard 1 is done, 2 runs, 3 waits, 4 failed."""
    monkeypatch.chdir(tmp_path)
    (stage,) = [each for each in stages(CONFIG) if each.name.endswith("responses")]
    work = list(stage.work.values())
    work[0].output.parent.mkdir(parents=True)
    work[0].output.write_text("{}")
    for shard, instrument, n in (("0002", "iw", 2), ("0002", "mfq2", 1)):
        folder = stage.parts / instrument / "abc"
        folder.mkdir(parents=True)
        (folder / "fingerprint.json").write_text("{}")
        rows = pl.DataFrame({"persona_id": list(range(n))})
        rows.write_parquet(folder / f"{shard}-of-0004.x.parquet")
    work[1].log.parent.mkdir(parents=True)
    work[1].log.write_text(LOG)
    work[3].log.write_text("Error: no weights\nHint: look for them\n")
    status.judge(stage, queue, at_work=True)
    return stage


def test_every_shard_is_in_one_state(responses):
    assert list(responses.states.values()) == ["done", "running", "pending", "failed"]


def test_personas_answers_rate_and_reason_are_told(responses, queue):
    lines = "\n".join(status.stage_lines(responses, queue, 16, QUESTIONS))
    # 4 personas of shard 1 answered 46 questions each; of shard 2, 2 x 10 and 1 x 36
    assert "5 of 16 personas, 240 of 736 answers" in lines
    assert "4.60 answers/s now, all in 1.8 min" in lines  # 496 / 4.6 s
    assert "1 job waits: PartitionTimeLimit (its runtime is longer" in lines


def test_a_failed_shard_is_shown_with_its_log_and_hint(responses):
    lines = "\n".join(status.failed_lines(responses))
    assert "0004-of-0004.log" in lines
    assert "    Error: no weights\n" in lines
    assert "Hint: look for them" in lines.splitlines()[-1]


def test_without_slurm_a_held_shard_runs_and_one_whose_job_stopped_failed(responses):
    with lease.only_one(responses.parts, "0003-of-0004"):
        status.judge(responses, [], at_work=False)
        assert list(responses.states.values())[2] == "running"
    status.judge(responses, [], at_work=False)
    assert list(responses.states.values()) == ["done", "failed", "missing", "failed"]
    with pytest.raises(SystemExit), lease.only_one(responses.parts, "0003-of-0004"):
        raise SystemExit(143)
    status.judge(responses, [], at_work=False)
    assert list(responses.states.values()) == ["done", "failed", "failed", "failed"]


@pytest.mark.parametrize(
    ("said", "at_work", "state"),
    [("", True, "running"), ("Error: no column\n", True, "failed"), ("", False, "failed")],
)
def test_a_job_without_lease_is_judged_by_its_log(tmp_path, monkeypatch, said, at_work, state):
    monkeypatch.chdir(tmp_path)
    (report,) = [each for each in stages(CONFIG) if each.name.endswith("report")]
    (work,) = report.work.values()
    work.log.parent.mkdir(parents=True)
    work.log.write_text(said)
    status.judge(report, [], at_work=at_work)
    assert list(report.states.values()) == [state]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory", "gpu_memory_utilization"),
        ("slurmstepd: error: Detected 1 oom-kill event", "mem_mb"),
        ("slurmstepd: error: *** JOB 4 CANCELLED AT ... DUE TO TIME LIMIT ***", "time limit"),
        ("slurmstepd: error: *** JOB 4 CANCELLED AT ... DUE TO PREEMPTION ***", "preempted"),
        ("", "no reason"),
    ],
)
def test_each_way_to_fail_has_a_hint(text, words):
    assert words in status.hint(text)
