"""Watching a run on Slurm: what is looked at first, and what the executor is told."""

from __future__ import annotations

import asyncio
import importlib
import logging

import pytest

from valuescape.cluster import watch
from valuescape.core import slurm
from valuescape.core.errors import UserError

HERE = "/somewhere/study"


def job(number: str, comment: str, folder: str = HERE, name: str = "valuescape_1") -> slurm.Job:
    return slurm.Job(number, "RUNNING", "None", name, "node1", "1:00", comment, folder)


JOBS = [
    job("7", "rule_answer_instruments_wildcards_test_synthetic_base_0002-of-0004"),
    job("8", "rule_answer_instruments_wildcards_test_synthetic_base_0003-of-0004"),
    job("9", "rule_answer_instruments_wildcards_test2_synthetic_base_0001-of-0004"),
    job("10", "rule_answer_instruments_wildcards_test_synthetic_base_0001-of-0004", "/elsewhere"),
]


def test_jobs_of_a_killed_snakemake_are_named():
    with pytest.raises(UserError) as refused:
        watch.check_orphans(JOBS, "valuescape", "test", HERE)
    assert "(2)" in refused.value.message
    assert "scancel 7 8;" in refused.value.hint
    watch.check_orphans(JOBS[2:], "valuescape", "test", HERE)


@pytest.mark.parametrize("kept", ["accounting_storage/none", "(null)"])
def test_a_cluster_without_accounts_is_not_asked_for_them(monkeypatch, kept):
    said = f"AccountingStorageHost = here\nAccountingStorageType   = {kept}\n"
    monkeypatch.setattr(slurm, "ask", lambda *args: (said, "", 0))
    with pytest.raises(UserError, match="no accounting database"):
        watch.check_accounting()
    monkeypatch.setattr(slurm, "ask", lambda *args: (said.replace(kept, "slurmdbd"), "", 0))
    watch.check_accounting()


def test_a_run_without_slurm_is_left_alone(monkeypatch):
    monkeypatch.setattr(slurm, "ask", lambda *args: pytest.fail("Slurm was asked"))
    watch.begin(object(), "test")


def test_the_executor_sees_that_a_job_was_cancelled_or_preempted(monkeypatch):
    executor = importlib.import_module(watch.EXECUTOR)
    monkeypatch.setattr(executor, "query_job_status", executor.query_job_status)
    watch.tell_all_ends()
    # as sacct prints states, and read by the executor's own reader
    said = r"printf '5|CANCELLED by 1000\n6|PREEMPTED\n7|RUNNING\n8|COMPLETED\n'"
    states, _ = asyncio.run(executor.query_job_status(said, logging.getLogger()))
    assert states == {"5": "CANCELLED", "6": "CANCELLED", "7": "RUNNING", "8": "COMPLETED"}


@pytest.mark.parametrize(
    ("age", "words"), [(None, "does not answer"), (60, "forgets a job 60 seconds after its end")]
)
def test_squeue_is_not_asked_of_a_slurm_that_forgets_too_soon(monkeypatch, age, words):
    executor = importlib.import_module(watch.EXECUTOR)
    monkeypatch.setattr(executor, "get_min_job_age", lambda: age)
    with pytest.raises(UserError, match=words):
        watch.keep_to_squeue(40)


def test_a_controller_that_is_away_does_not_turn_squeue_into_sacct(monkeypatch):
    executor = importlib.import_module(watch.EXECUTOR)
    monkeypatch.setattr(executor, "get_min_job_age", iter([300, None]).__next__)
    watch.keep_to_squeue(40)
    assert executor.get_min_job_age() == executor.get_min_job_age() == 300
