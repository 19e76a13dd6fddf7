"""What a cluster does to jobs, on a real Slurm that comes up for these tests and goes again."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from cluster.throwaway import Cluster, default_folder, why_not
from conftest import ROOT, copy

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "Slurm is here"),
]
# No accounting database, and nobody wants to wait 40 seconds for a job of one.
PROFILE = [
    *("--workflow-profile", "profiles/slurm", "--configfile", "study.yaml"),
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"),
    *("--max-status-checks-per-second", "2", "--latency-wait", "10", "--jobs", "6"),
]
STUDY = {
    "study": "test",
    "models": ["synthetic"],
    "shards": 2,
    "bootstrap_replicates": 20,
    "checkpoint": {"rows": 5, "seconds": 1000},
}
FIGURES = ["figure_cultural_map", "figure_alignment_heat", "figure_mft_effects"]
RESULTS = "results/test/synthetic"


@pytest.fixture(scope="session")
def cluster():
    """Return a cluster of two nodes with two GPUs each."""
    here = Cluster(default_folder())
    here.up()
    yield here
    here.down()


@dataclass
class Study:
    """A checkout on the cluster."""

    path: Path
    cluster: Cluster

    def configure(self, **keys: object) -> None:
        """Write the study's config: the smallest study, and these keys."""
        (self.path / "study.yaml").write_text(yaml.safe_dump(STUDY | keys), encoding="utf-8")

    def slow_down(self, seconds: float) -> None:
        """Let the synthetic respondent think so long about each answer."""
        file = self.path / "tests/data/planted_effects.yaml"
        planted = yaml.safe_load(file.read_text(encoding="utf-8"))
        file.write_text(yaml.safe_dump(planted | {"seconds_per_answer": seconds}), encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Snakemake on the cluster; its output goes to `snakemake.log`."""
        environment = os.environ | self.cluster.environment
        environment.pop("PYTHONPATH", None)
        with (self.path / "snakemake.log").open("w", encoding="utf-8") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "snakemake", *arguments, *PROFILE],
                cwd=self.path,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run Snakemake on the cluster and return what it printed."""
        assert self.start(*arguments).wait() == status, self.said
        return self.said

    @property
    def said(self) -> str:
        """What Snakemake printed last time, or has printed so far."""
        return (self.path / "snakemake.log").read_text(encoding="utf-8")


@pytest.fixture
def study(cluster, tmp_path):
    """Return a new checkout on the cluster."""
    made = Study(copy(ROOT, tmp_path / "checkout").path, cluster)
    made.configure()
    return made


def test_a_study_is_submitted_and_finished_and_one_figure_needs_no_job(study):
    said = study.run(*FIGURES)
    for figure in FIGURES:
        name = figure.removeprefix("figure_")
        assert (study.path / RESULTS / f"base/figures/{name}.pdf").is_file()
    assert said.count("SLURM jobid") >= 8
    # drawn again: nothing is submitted
    (study.path / RESULTS / "base/figures/mft_effects.pdf").unlink()
    said = study.run("figure_mft_effects")
    assert "SLURM jobid" not in said
    assert (study.path / RESULTS / "base/figures/mft_effects.pdf").is_file()
