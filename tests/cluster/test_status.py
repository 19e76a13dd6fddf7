"""Where a study stands, read from results, queue, leases and logs that lie there."""

from __future__ import annotations

import asyncio
import importlib
import logging

import polars as pl
import pytest

from valuescape.asking import lease as shard_lock
from valuescape.cluster import failed_logs, status
from valuescape.cluster import watch as slurm_run
from valuescape.cluster.stages import stages
from valuescape.core import slurm
from valuescape.core.errors import UserError

CONFIG = {
    "study": "test",
    "models": ["synthetic"],
    "conditions": [{"name": "base"}],
    "instruments": ["iw", "mfq2"],
    "shards": 4,
}
QUESTIONS = {"iw": 10, "mfq2": 36}
LOG = "00:00:01 responses base 0002-of-0004: 46 of 184 answers, 4.60/s, 0.5 min left\n"
# 2 runs, 3 waits for longer than its partition allows, and another study's job is there too
QUEUE = """\
7|RUNNING|None|valuescape_1|node1|1:00|rule_answer_instruments_wildcards_test_synthetic_base_0002-of-0004|{here}
8|PENDING|PartitionTimeLimit|valuescape_1||0:00|rule_answer_instruments_wildcards_test_synthetic_base_0003-of-0004|{here}
9|RUNNING|None|valuescape_2|node1|1:00|rule_answer_instruments_wildcards_test2_synthetic_base_0001-of-0004|{here}
10|RUNNING|None|valuescape_1|node1|1:00|rule_answer_instruments_wildcards_test_synthetic_base_0001-of-0004|/elsewhere
"""


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
    told = "\n".join(status.stage_lines(responses, queue, 16, QUESTIONS))
    # 4 personas of shard 1 answered 46 questions each; of shard 2, 2 x 10 and 1 x 36
    assert "5 of 16 personas, 240 of 736 answers" in told
    assert "4.60 answers/s now, all in 1.8 min" in told  # 496 / 4.6 s
    assert "1 job waits: PartitionTimeLimit (its runtime is longer" in told


def test_a_failed_shard_is_shown_with_its_log_and_hint(responses):
    told = "\n".join(status.failed_lines(responses))
    assert "0004-of-0004.log" in told
    assert "    Error: no weights\n" in told
    assert "Hint: look for them" in told.splitlines()[-1]


def test_without_slurm_a_held_shard_runs_and_one_whose_job_stopped_failed(responses):
    with shard_lock.only_one(responses.parts, "0003-of-0004"):
        status.judge(responses, [], at_work=False)
        assert list(responses.states.values())[2] == "running"
    status.judge(responses, [], at_work=False)
    assert list(responses.states.values()) == ["done", "failed", "missing", "failed"]
    with pytest.raises(SystemExit), shard_lock.only_one(responses.parts, "0003-of-0004"):
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


def test_no_slurm_is_not_an_empty_queue(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slurm.jobs() is None
    assert slurm.lives("1") is None


@pytest.mark.parametrize(
    ("said", "status_code", "lives"),
    [
        ("echo RUNNING", 0, True),
        ("echo SUSPENDED", 0, True),
        ("echo COMPLETING", 0, None),
        ("true", 0, False),
        ("echo 'slurm_load_jobs error: Invalid job id specified' >&2", 1, False),
        ("echo 'Unable to contact slurm controller' >&2", 1, None),
    ],
)
def test_a_job_lives_as_long_as_slurm_says(tmp_path, monkeypatch, said, status_code, lives):
    program = tmp_path / "squeue"
    program.write_text(f"#!/bin/sh\n{said}\nexit {status_code}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert slurm.lives("17") is lives


def test_jobs_of_a_killed_snakemake_are_named(queue):
    with pytest.raises(UserError) as told:
        slurm_run.check_orphans(queue, "valuescape", "test", queue[0].folder)
    assert "(2)" in told.value.message
    assert "scancel 7 8;" in told.value.hint


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
    assert words in failed_logs.hint(text)


def test_the_executor_sees_that_a_job_was_cancelled_or_preempted(monkeypatch):
    executor = importlib.import_module(slurm_run.EXECUTOR)
    monkeypatch.setattr(executor, "query_job_status", executor.query_job_status)
    slurm_run.tell_all_ends()
    # as sacct prints states, and read by the executor's own reader
    said = r"printf '5|CANCELLED by 1000\n6|PREEMPTED\n7|RUNNING\n8|COMPLETED\n'"
    states, _ = asyncio.run(executor.query_job_status(said, logging.getLogger()))
    assert states == {"5": "CANCELLED", "6": "CANCELLED", "7": "RUNNING", "8": "COMPLETED"}


@pytest.mark.parametrize(
    ("age", "words"), [(None, "does not answer"), (60, "forgets a job 60 seconds after its end")]
)
def test_squeue_is_not_asked_of_a_slurm_that_forgets_too_soon(monkeypatch, age, words):
    executor = importlib.import_module(slurm_run.EXECUTOR)
    monkeypatch.setattr(executor, "get_min_job_age", lambda: age)
    with pytest.raises(UserError, match=words):
        slurm_run.keep_to_squeue(40)


def test_a_controller_that_is_away_does_not_turn_squeue_into_sacct(monkeypatch):
    executor = importlib.import_module(slurm_run.EXECUTOR)
    monkeypatch.setattr(executor, "get_min_job_age", iter([300, None]).__next__)
    slurm_run.keep_to_squeue(40)
    assert executor.get_min_job_age() == executor.get_min_job_age() == 300
