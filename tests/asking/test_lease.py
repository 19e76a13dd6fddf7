"""A shard has one asker at a time, and a dead one blocks nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from valuescape.asking import lease as lease_module
from valuescape.asking.lease import only_one, take
from valuescape.core import slurm
from valuescape.core.errors import UserError

SHARD = "0001-of-0002"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(lease_module, "BEAT_SECONDS", 0.02)
    monkeypatch.setattr(lease_module, "PATIENCE_SECONDS", 0.1)
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.delenv(lease_module.RUN_VARIABLE, raising=False)


def held_elsewhere(parts, silent=0.0, **facts):
    """Leave the lease of a job on another machine that gave no sign for some seconds."""
    lease = take(parts, SHARD)
    lease.path.write_text(json.dumps({**lease.facts, "machine": "elsewhere", **facts}))
    os.utime(lease.path, (time.time() - silent,) * 2)
    return lease


def test_while_one_asks_nobody_else_does_and_the_holder_is_named(tmp_path):
    with only_one(tmp_path, SHARD), pytest.raises(UserError, match=f"process {os.getpid()}"):
        take(tmp_path, SHARD)
    assert take(tmp_path, SHARD).number == 2


def test_another_shard_is_not_held_up(tmp_path):
    with only_one(tmp_path, SHARD), only_one(tmp_path, "0002-of-0002"):
        pass


def test_a_killed_process_of_this_machine_is_followed_at_once(tmp_path):
    code = "import os, sys, pathlib; from valuescape.asking.lease import take; "
    code += f"take(pathlib.Path(sys.argv[1]), {SHARD!r}); os.kill(os.getpid(), 9)"
    library = os.pathsep.join(sys.path)
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": library},
        check=False,
    )
    assert take(tmp_path, SHARD).number == 2


@pytest.mark.parametrize(
    ("silent", "slurm_says", "free"),
    [
        (5, False, False),  # it has beaten a moment ago, whatever Slurm says
        (60, False, True),  # its job has ended
        (60, True, False),
        (10_000, True, False),  # suspended jobs are silent, and come back
        (60, None, False),  # nobody knows: its lease counts
        (10_000, None, True),
    ],
)
def test_a_holder_elsewhere_is_dead_when_slurm_or_its_lease_says_so(
    tmp_path, monkeypatch, silent, slurm_says, free
):
    monkeypatch.setattr(slurm, "lives", lambda job: slurm_says)
    held_elsewhere(tmp_path, silent, job="17")
    if free:
        assert take(tmp_path, SHARD).number == 2
    else:
        with pytest.raises(UserError, match="Slurm job 17"):
            take(tmp_path, SHARD)


def test_of_many_that_find_a_dead_holder_one_follows_it(tmp_path):
    held_elsewhere(tmp_path, silent=10_000)
    taken, refused = [], []

    def follow():
        try:
            taken.append(take(tmp_path, SHARD))
        except UserError:
            refused.append(1)

    threads = [threading.Thread(target=follow) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ([lease.number for lease in taken], len(refused)) == ([2], 7)


def test_a_holder_that_was_only_frozen_stops_when_it_wakes(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(os, "kill", lambda process, number: told.append(number))
    monkeypatch.setattr(lease_module, "_runs", lambda process: False)
    with only_one(tmp_path, SHARD):
        take(tmp_path, SHARD)  # another one holds it for dead
        for _ in range(100):
            if told:
                break
            time.sleep(0.02)
    assert told == [15]


def test_after_five_jobs_of_a_run_without_a_part_no_sixth_asks(tmp_path, monkeypatch):
    monkeypatch.setenv(lease_module.RUN_VARIABLE, "run 1")

    def fail():
        with pytest.raises(ValueError, match="no weights"), only_one(tmp_path, SHARD):
            raise ValueError("no weights")  # noqa: EM101, TRY003

    for _ in range(4):
        fail()
    (tmp_path / f"{SHARD}.abc.parquet").touch()  # one that came on: counted from here
    for _ in range(5):
        fail()
    with pytest.raises(UserError, match=r"last 5 jobs.*no weights"):
        take(tmp_path, SHARD)
    monkeypatch.setenv(lease_module.RUN_VARIABLE, "run 2")  # the user calls again
    with only_one(tmp_path, SHARD):
        pass
    assert [lease.facts["ended"] for lease in lease_module.leases(tmp_path, SHARD)] == ["finished"]
