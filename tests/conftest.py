"""Fixtures: a copy of this checkout in which Snakemake runs with the synthetic respondent."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
import yaml

ROOT = Path(__file__).parents[1]
# a machine with other work to do is no failure of the code
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
NOT_COPIED = shutil.ignore_patterns(
    ".*", "results", "inference-*", "__pycache__", "*.egg-info", "test_*.py", "docs"
)
# The smallest study: 144 personas in three shards, answered by the synthetic respondent.
STUDY = {"study": "test", "models": ["synthetic"], "shards": 3, "bootstrap_replicates": 20}
# An interpreter that fails for one shard, while the file `broken` lies in the checkout.
FLAKY_PYTHON = """#!/bin/sh
case "$*" in
    *--shard*0002-of-0003*) if [ -e broken ]; then echo "this shard breaks"; exit 1; fi ;;
esac
exec python "$@"
"""


@dataclass(frozen=True)
class Checkout:
    """A copy of this checkout, and Snakemake in it."""

    path: Path

    def configure(self, **keys: object) -> None:
        """Lay these keys over the config of the test study."""
        text = yaml.safe_dump(STUDY | keys)
        (self.path / "study.yaml").write_text(text, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Snakemake, its environment not activated and the package not on the path.

        It leads a process group of its own, so that it can be killed with all its jobs.
        """
        if (self.path / "study.yaml").is_file():
            arguments = (*arguments, "--configfile", "study.yaml")
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments, "--cores", "2"],
            cwd=self.path,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Snakemake to its end, and return what it printed."""
        running = self.start(*arguments)
        printed, _ = running.communicate()
        return subprocess.CompletedProcess(running.args, running.returncode, printed)

    def plan(self, *arguments: str) -> dict[str, int]:
        """Return how many jobs of each rule Snakemake would run."""
        return jobs(self.snakemake("--dry-run", *arguments))


# Tests that take longest, first, so that two workers end at about the same time.
LONG = ("gpu_environment", "slurm_long", "slurm", "model", "workflow", "kill", "long", "drawing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests, and mark those that are not `LONG` as `unit`."""
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in LONG])
    for item in items:
        if not any(item.get_closest_marker(name) for name in LONG):
            item.add_marker("unit")


def jobs(run: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Return how many jobs of each rule a run of Snakemake announced."""
    assert run.returncode == 0, run.stdout
    if "Nothing to be done" in run.stdout:
        return {}
    _, _, table = run.stdout.partition("Job stats:")
    counts = {
        name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)
    }
    assert counts.pop("total")
    return counts


def copy(source: Path, path: Path) -> Checkout:
    """Return a copy of the checkout at `source`; times are kept."""
    shutil.copytree(source, path, ignore=NOT_COPIED if source == ROOT else None)
    return Checkout(path)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a checkout in which nothing has run; not to be changed."""
    return copy(ROOT, tmp_path_factory.mktemp("fresh") / "checkout")


@dataclass(frozen=True)
class FailedThenFinished:
    """A study of which one shard failed at first, and then did not."""

    checkout: Checkout
    failed: subprocess.CompletedProcess[str]
    made_before: dict[Path, int]
    finished: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def failed_then_finished(tmp_path_factory: pytest.TempPathFactory) -> FailedThenFinished:
    """Return the whole test study, run twice: the second of three shards failed the first time."""
    # in a place as users have them
    checkout = copy(
        ROOT,
        tmp_path_factory.mktemp("finished") / "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}'s own",
    )
    flaky = checkout.path / "flaky-python"
    flaky.write_text(FLAKY_PYTHON, encoding="utf-8")
    flaky.chmod(0o755)
    interpreters = dict.fromkeys(["controller", "inference-cpu", "inference-gpu"], "./flaky-python")
    checkout.configure(pythons=interpreters)
    broken = checkout.path / "broken"
    broken.touch()
    failed = checkout.snakemake()
    shards = (checkout.path / "results/test/synthetic/biographies").glob("*.parquet")
    made_before = {shard: shard.stat().st_mtime_ns for shard in shards}
    broken.unlink()
    finished = checkout.snakemake()
    checkout.configure()
    return FailedThenFinished(checkout, failed, made_before, finished)


@pytest.fixture
def finished(failed_then_finished: FailedThenFinished, tmp_path: Path) -> Checkout:
    """Return a copy of a checkout in which the test study has run to its end."""
    return copy(failed_then_finished.checkout.path, tmp_path / "checkout")
