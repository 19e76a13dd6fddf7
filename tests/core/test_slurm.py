"""Slurm: what squeue says, and what it means when it says nothing."""

from __future__ import annotations

import pytest

from valuescape.core import slurm


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


QUEUE = """\
7|PENDING|PartitionTimeLimit|valuescape_1||0:00|rule_a_wildcards_test_base|/here
8|PENDING|Priority|valuescape_1||0:00|rule_b_wildcards_test_base|/here
9|RUNNING|None|other_1|node1|1:00|rule_a_wildcards_test_base|/here
10|RUNNING|None|valuescape_1|node1|1:00|rule_a_wildcards_test2_base|/here
"""


def test_the_jobs_of_a_study_are_known_by_name_comment_and_folder(tmp_path, monkeypatch):
    program = tmp_path / "squeue"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{QUEUE}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    jobs = slurm.jobs()
    assert [job.id for job in jobs] == ["7", "8", "9", "10"]
    ours = slurm.of_study(jobs, "valuescape", "test", "/here")
    assert [job.id for job in ours] == ["7", "8"]
    assert slurm.of_study(jobs, "valuescape", "test", "/elsewhere") == []
    (line,) = [line for line in slurm.waiting(ours) if "PartitionTimeLimit" in line]
    assert "lower runtime" in line
