"""A study whose Snakemake is killed, again and again, ends as one that was left in peace."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest
import yaml

from conftest import ROOT, Checkout, copy

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.workflow
BASE = "results/test/slow/base"
MADE = [
    "results/test/slow/biographies.parquet",
    *(f"{BASE}/responses/{instrument}.parquet" for instrument in ("iw", "wvb_probe", "mfq2")),
    f"{BASE}/map/positions.parquet",
]
KILLS = int(os.environ.get("VALUESCAPE_KILLS", "2"))  # 20 on demand
# With no signal that a process can catch: as the kernel does it when memory is short.
VICTIMS = ("snakemake", "snakemake and its jobs")


def slow_study(path: Path) -> Checkout:
    """Return a checkout with a synthetic respondent that takes a few seconds a shard."""
    checkout = copy(ROOT, path)
    model = yaml.safe_load((ROOT / "config/models/synthetic.yaml").read_text("utf-8"))
    model |= {"name": "slow", "settings": {"pace": {"requests_per_second": 9000}}}
    (checkout.path / "config/models/slow.yaml").write_text(yaml.safe_dump(model))
    checkout.configure(models=["slow"], shards=2, checkpoint={"rows": 10, "seconds": 1})
    return checkout


def files(checkout: Checkout) -> dict[str, bytes]:
    return {name: (checkout.path / name).read_bytes() for name in MADE}


def killed(checkout: Checkout, seconds: float, victim: str) -> bool:
    """Start the study and kill it after so many seconds, unless it has ended before."""
    with checkout.start(*MADE) as running:  # at the end waits, and closes its output
        late = time.monotonic() + seconds
        while time.monotonic() < late and running.poll() is None:
            time.sleep(0.05)
        if running.poll() is not None:
            return False
        if victim == "snakemake":
            running.kill()
        else:
            os.killpg(running.pid, signal.SIGKILL)
    assert checkout.snakemake("--unlock").returncode == 0
    return True


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """Return the files of an uninterrupted study and the seconds it took."""
    checkout = slow_study(tmp_path_factory.mktemp("peace") / "checkout")
    started = time.monotonic()
    run = checkout.snakemake(*MADE)
    assert run.returncode == 0, run.stdout
    return files(checkout), time.monotonic() - started


def test_a_killed_study_ends_as_one_left_in_peace(
    in_peace: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    uninterrupted, seconds = in_peace
    checkout = slow_study(tmp_path / "checkout")
    generator = random.Random(11)
    n_killed = 0
    while n_killed < KILLS:
        # from before the first job to the end of the last
        seconds_left = generator.uniform(2.0, max(4.0, seconds))
        if killed(checkout, seconds_left, generator.choice(VICTIMS)):
            n_killed += 1
        else:  # what is finished is not done again, so that in the end a run outpaces its killer
            assert files(checkout) == uninterrupted
            shutil.rmtree(checkout.path / "results")
    run = checkout.snakemake(*MADE)
    assert run.returncode == 0, run.stdout
    assert files(checkout) == uninterrupted
