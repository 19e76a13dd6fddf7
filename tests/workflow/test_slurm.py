"""What a cluster does to jobs, on a real Slurm that comes up for these tests and goes again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
import yaml

from cluster.throwaway import PORT, Cluster, why_not
from conftest import ROOT, copy
from valuescape.asking.lease import leases

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "Slurm is here"),
]
# No accounting database, and nobody wants to wait 40 seconds for a job of one.
PROFILE = [
    *("--profile", "profiles/slurm", "--configfile", "study.yaml"),
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"),
    *("--max-status-checks-per-second", "2", "--latency-wait", "10", "--jobs", "6"),
]
# Eight personas in two shards; each answers 91 questions for the map, the probe and the MFQ-2.
STUDY = {
    "study": "test",
    "models": ["synthetic"],
    "design": "handful",
    "shards": 2,
    "bootstrap_replicates": 20,
    "checkpoint": {"rows": 1, "seconds": 1000},
}
PATIENCE = 400.0  # seconds: a busy machine takes a minute to start a job
RESULTS = "results/test/synthetic"
SHARDS = ["0001-of-0002", "0002-of-0002"]
RESPONSES = [f"{RESULTS}/base/responses/{shard}.json" for shard in SHARDS]
# One that writes down which GPUs Slurm has given to it.
PYTHON_ON_GPUS = """#!/bin/sh
if [ -n "$CUDA_VISIBLE_DEVICES" ]; then echo "$CUDA_VISIBLE_DEVICES" >>devices; fi
exec python "$@"
"""
# An interpreter that needs more and more memory once something is finished, the first time.
HUNGRY_PYTHON = """#!/bin/sh
if rm hungry 2>/dev/null; then
    python -c "
import pathlib, time
while not list(pathlib.Path('results').rglob('responses/parts/*/*/0001-of-0002.*.parquet')):
    time.sleep(0.2)
eaten = bytearray(b'x') * 1_500_000_000
time.sleep(60)" &
fi
exec python "$@"
"""


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster of two nodes with two GPUs each, beside any other that is up."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    here = Cluster(folder, port=PORT + 20 + 20 * (os.getpid() % 250))
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

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Snakemake on the cluster; its output goes to `snakemake.log`."""
        environment = os.environ | self.cluster.environment
        environment.pop("PYTHONPATH", None)
        with (self.path / "snakemake.log").open("w", encoding="utf-8") as log:
            # what a shell started in the background ignores Ctrl-C, and so would its children
            return subprocess.Popen(
                [
                    *("env", "--default-signal=INT", sys.executable, "-m", "snakemake"),
                    *(*PROFILE, *arguments),
                ],
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

    def jobs(self, *options: str) -> list[list[str]]:
        """Return id, state and comment of the jobs that wait or run."""
        lines = self.cluster.run("squeue", "-h", "-o", "%i|%T|%k|%N", *options).splitlines()
        return [line.split("|") for line in lines]

    def running(self, shard: str) -> str:
        """Return the job that asks a shard, once it has finished some of it."""
        folder = self.path / RESULTS / "base/responses/parts"
        before = len(list(folder.rglob(f"{shard}.*.parquet")))
        deadline = time.monotonic() + PATIENCE
        while len(list(folder.rglob(f"{shard}.*.parquet"))) < before + 1:
            assert time.monotonic() < deadline, self.said
            time.sleep(0.2)
        (job,) = [job[0] for job in self.jobs("-t", "running") if job[2].endswith(shard)]
        return job

    def taken_over(self, shard: str) -> int:
        """Return how many sheets the last job of a shard found finished; each was asked once."""
        stats = json.loads((self.path / RESULTS / f"base/responses/{shard}.json").read_text())
        sheets = pl.concat(
            pl.read_parquet(self.path / RESULTS / f"base/responses/{name}/{shard}.parquet").select(
                "persona_id", instrument=pl.lit(name)
            )
            for name in ("iw", "iw_condensed", "wvb_probe", "mfq2")
        )
        assert sheets.height == sheets.unique().height == 16
        return int(stats["n_taken_over"])


def prepared(cluster: Cluster, path: Path, seconds_per_answer: float) -> Study:
    """Return a study whose personas have biographies and think so long about each answer."""
    made = Study(copy(ROOT, path).path, cluster)
    change_settings(made.path, pace=pace(seconds_per_answer))
    made.configure()
    made.run(*(f"{RESULTS}/biographies/{shard}.json" for shard in SHARDS))
    return made


@pytest.fixture(scope="module")
def with_biographies(cluster, tmp_path_factory):
    """Return a study that is to be copied before it is asked: 33 seconds a shard."""
    return prepared(cluster, tmp_path_factory.mktemp("slurm") / "checkout", 0.1)


@pytest.fixture
def study(with_biographies, tmp_path):
    """Return a copy of it, to be asked."""
    return Study(copy(with_biographies.path, tmp_path / "checkout").path, with_biographies.cluster)


def pace(seconds_per_answer: float) -> dict[str, float]:
    """Return the pace of a stand-in that thinks so long; a question has 5.4 options."""
    return {"requests_per_second": 5.4 / seconds_per_answer}


def change_settings(path: Path, **settings: object) -> None:
    """Give the synthetic respondent of a checkout these settings."""
    with (path / "config/models/synthetic.yaml").open("a", encoding="utf-8") as file:
        yaml.safe_dump({"settings": settings}, file)


def on_gpus(path: Path, n_gpus: int, **settings: object) -> str:
    """Let the jobs of a checkout take so many GPUs of a named type; return their interpreter."""
    model = path / "config/models/synthetic.yaml"
    text = model.read_text("utf-8").replace("environment: controller", "environment: inference-gpu")
    model.write_text(text, encoding="utf-8")
    change_settings(path, tensor_parallel_size=n_gpus, **settings)
    profile = path / "profiles/slurm/config.yaml"
    text = profile.read_text("utf-8").replace("# gpu_model: h100", "gpu_model: h100")
    profile.write_text(text, encoding="utf-8")
    interpreter = path / "on-gpus"
    interpreter.write_text(PYTHON_ON_GPUS, encoding="utf-8")
    interpreter.chmod(0o755)
    return "./on-gpus"


@pytest.fixture
def quick_study(cluster, tmp_path):
    """Return a new checkout whose personas answer at once, on two GPUs each."""
    made = Study(copy(ROOT, tmp_path / "checkout").path, cluster)
    pythons = {"controller": "python", "inference-cpu": "python"}
    pythons["inference-gpu"] = on_gpus(made.path, 2)
    made.configure(design="oa144", pythons=pythons)
    return made


def test_figures_are_made_through_slurm_and_one_of_them_again_without_a_job(quick_study):
    figures = ["figure_cultural_map", "figure_mft_effects"]
    said = quick_study.run(*figures)
    assert said.count("SLURM jobid") >= 10
    # two shards of biographies, two of responses, the oracle
    devices = (quick_study.path / "devices").read_text(encoding="utf-8").split()
    assert devices == 5 * ["0,1"]
    drawn = quick_study.path / RESULTS / "base/figures/mft_effects.pdf"
    assert drawn.is_file()
    drawn.unlink()
    assert "SLURM jobid" not in quick_study.run("figure_mft_effects")
    assert drawn.is_file()


@pytest.mark.slurm_long
def test_a_whole_study_is_submitted_and_finished(quick_study):
    said = quick_study.run()
    assert (quick_study.path / "results/test/summary.txt").read_text(encoding="utf-8") in said


def test_a_cancelled_job_and_one_whose_node_dies_go_on_and_lose_nothing(study):
    snakemake = study.start(*RESPONSES)
    cancelled = study.running(SHARDS[0])
    study.cluster.run("scancel", cancelled)
    study.running(SHARDS[1])
    (job,) = [job for job in study.jobs("-t", "running") if job[2].endswith(SHARDS[1])]
    study.cluster.kill(job[3])
    try:
        status = status_of(study)
        assert snakemake.wait() == 0, study.said
    finally:
        study.cluster.start(job[3])
    assert "synthetic base responses" in status
    assert "is: 'CANCELLED'" in study.said
    assert "node failure" in study.said
    assert all(study.taken_over(shard) >= 1 for shard in SHARDS)


def status_of(study):
    """Return what `valuescape.cluster.status` prints."""
    return subprocess.run(
        [sys.executable, "-m", "valuescape.cluster.status", "--configfile", "study.yaml"],
        cwd=study.path,
        env=os.environ
        | study.cluster.environment
        | {"PYTHONPATH": str(study.path / "workflow/lib")},
        text=True,
        capture_output=True,
        check=True,
    ).stdout


def test_a_job_that_needs_too_much_memory_is_killed_and_goes_on_with_more(study):
    hungry = study.path / "hungry-python"
    hungry.write_text(HUNGRY_PYTHON, encoding="utf-8")
    hungry.chmod(0o755)
    (study.path / "hungry").touch()
    interpreters = dict.fromkeys(["controller", "inference-cpu", "inference-gpu"], str(hungry))
    study.configure(pythons=interpreters)
    little = ["--set-resources", "answer_instruments:mem_mb=1000", "--retries", "0"]
    study.run(RESPONSES[0], *little, status=1)
    status = status_of(study)
    assert re.search(r"synthetic base responses +0 +0 +0 +1 +1", status), status
    assert "raise mem_mb" in status
    study.run(RESPONSES[0])
    assert study.taken_over(SHARDS[0]) >= 1


def test_a_killed_snakemake_run_again_at_once_asks_no_shard_twice(study):
    snakemake = study.start(RESPONSES[0])
    job = study.running(SHARDS[0])
    snakemake.kill()
    snakemake.wait()
    # frozen, so that it does not end too soon: Slurm says that it lives
    parts = study.path / RESULTS / "base/responses/parts"
    orphan = int(leases(parts, SHARDS[0])[-1].facts["process"])
    os.kill(orphan, signal.SIGSTOP)
    try:
        study.run(RESPONSES[0], "--unlock")
        said = study.run(RESPONSES[0], status=1)
        assert f"scancel {job}" in said
        assert "jobs of an earlier run of this study still wait or run (1)" in said
        assert "Traceback" not in said
        assert "SLURM jobid" not in said
        # whoever submits all the same, by another name, finds the shard held
        again = study.start(RESPONSES[0], "--slurm-jobname-prefix", "other")
        logs = study.path / "results/test/logs/answer_instruments/synthetic/base"
        deadline = time.monotonic() + PATIENCE
        # for a moment there is no log: Snakemake removes that of the job before
        while not any(
            f"is being asked by Slurm job {job} " in log.read_text(errors="replace")
            for log in logs.glob(f"{SHARDS[0]}.log")
        ):
            assert time.monotonic() < deadline, study.said
            time.sleep(0.5)
    finally:
        os.kill(orphan, signal.SIGCONT)
    assert again.wait() == 0, study.said
    assert study.taken_over(SHARDS[0]) == 16


def test_a_job_that_can_never_start_says_why(study):
    snakemake = study.start(
        RESPONSES[0], "--set-resources", "answer_instruments:slurm_partition=short"
    )
    reason = "1 job waits: PartitionTimeLimit (its runtime is longer than"
    deadline = time.monotonic() + PATIENCE
    while f"Slurm: {reason}" not in study.said:
        assert time.monotonic() < deadline, study.said
        time.sleep(0.5)
    assert reason in status_of(study)
    snakemake.send_signal(signal.SIGINT)
    snakemake.wait()
    assert not study.jobs("-t", "pending,running")


def test_a_cluster_without_accounting_is_not_asked_for_accounts(study):
    said = study.run(RESPONSES[0], "--slurm-status-command", "sacct", status=1)
    assert "set slurm-status-command: squeue" in said


@pytest.mark.slurm_long
def test_a_controller_that_is_away_for_a_while_is_waited_for(study):
    snakemake = study.start(RESPONSES[0])
    study.running(SHARDS[0])
    controller = int((study.cluster.folder / "pids/slurmctld").read_text())
    os.kill(controller, signal.SIGSTOP)
    try:
        time.sleep(70)  # the job ends meanwhile
    finally:
        os.kill(controller, signal.SIGCONT)
    assert snakemake.wait() == 0, study.said
    assert study.taken_over(SHARDS[0]) == 0


@pytest.mark.slurm_long
def test_a_preempted_job_goes_on(study):
    snakemake = study.start(RESPONSES[0])
    study.running(SHARDS[0])
    study.cluster.run(
        "sbatch", "-p", "urgent", "-N", "2", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 20"
    )
    assert snakemake.wait() == 0, study.said
    assert study.taken_over(SHARDS[0]) >= 1


@pytest.mark.slurm_long
def test_a_job_over_its_time_twice_finishes(cluster, tmp_path):
    # 197 seconds of asking, at most 90 before each warning: Slurm warns up to 30 seconds early
    study = prepared(cluster, tmp_path / "checkout", 0.6)
    limit = ["answer_instruments:runtime=2", "answer_instruments:slurm_extra='--signal=TERM@30'"]
    said = study.run(RESPONSES[0], "--set-resources", *limit)
    assert len(re.findall(r"stopped by SIGTERM with \d+ of \d+ done", said)) >= 2
    assert study.taken_over(SHARDS[0]) >= 2


@pytest.mark.slurm_long
def test_a_job_with_a_node_asks_on_all_its_gpus_and_goes_on_in_another(cluster, tmp_path):
    path = copy(ROOT, tmp_path / "checkout").path
    (path / ".venv").symlink_to(sys.prefix)
    for file in (path / "profiles/slurm_node").iterdir():
        text = file.read_text("utf-8").replace("gpus-per-node=4", "gpus-per-node=2")
        file.write_text(text.replace("gpu=4", "gpu=2"), encoding="utf-8")
    study = Study(path, cluster)
    study.configure()
    submit = ["sbatch", "--parsable", "--time=2", "--signal=B:TERM@30", "--chdir", str(path)]
    export = f"--export=ALL,VALUESCAPE_PYTHON={on_gpus(path, 1, pace=pace(0.6))}"
    script = str(path / "profiles/slurm_node/job.sh")
    cluster.run(*submit, export, script, *RESPONSES, "--configfile", "study.yaml")
    deadline = time.monotonic() + 3 * PATIENCE
    while study.jobs():
        assert time.monotonic() < deadline
        time.sleep(1)
    logs = sorted(path.glob("valuescape-node-*.log"))
    assert len(logs) >= 2
    assert "stopped by SIGTERM" in logs[0].read_text("utf-8")
    assert all(study.taken_over(shard) >= 1 for shard in SHARDS)
    assert set((path / "devices").read_text("utf-8").split()) == {"0", "1"}
