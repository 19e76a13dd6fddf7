"""Rehearse a study on a throw-away Slurm, with stand-ins at the made-up speed of a GPU.

    PYTHONPATH=workflow/lib:tests .venv/bin/python tests/benchmarks/rehearse_cluster.py --shards 16

Each persona that is asked stands for so many that a shard takes what one of the full study would
take, divided by `faster` of config/models/rehearsal.yaml. A job of another partition pushes two of
its jobs out. Prints one JSON object: seconds by the clock as `propose_shards` foretells them from
one measured shard, and as they were; those of shards, stragglers among them; how often jobs were
submitted. Every job of Slurm starts Snakemake twice, some six processor seconds each: 128 shards on
two cores take half an hour, 16 some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import mean

import yaml

from cluster.throwaway import Cluster
from conftest import ROOT, Checkout, copy
from valuescape.cluster.propose_shards import JOB_SECONDS, Speed, read_speeds
from valuescape.study.space import read_space

MODEL = "rehearsal"
STAGES = ("biographies", "base/responses")
PROFILE = [
    *("--profile", "profiles/slurm", "--slurm-status-command", "squeue", "--quiet", "all"),
    *("--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "10"),
]


def prepare(path: Path, design: str, n_asked: int, made_up: dict[str, object]) -> Checkout:
    """Return a checkout in which each asked persona takes the time of all that it stands for."""
    checkout = copy(ROOT, path)
    file = checkout.path / f"config/models/{MODEL}.yaml"
    model = yaml.safe_load(file.read_text(encoding="utf-8"))
    each = n_asked / read_space(ROOT / "config/persona_space.yaml").n_personas
    for key in ("requests_per_second", "tokens_per_second"):
        model["settings"]["pace"][key] *= each
    model["settings"]["pace"] |= made_up
    file.write_text(yaml.safe_dump(model), encoding="utf-8")
    pythons = dict.fromkeys(("controller", "inference-cpu", "inference-gpu"), "python")
    study = {"models": [MODEL], "design": design, "pythons": pythons, "study": "measured"}
    study |= {"instruments": ["iw", "wvb_probe", "mfq2"], "checkpoint": {"rows": 1, "seconds": 5}}
    for name, count in (("measured", n_asked // 2), ("rehearsal", 0)):
        text = yaml.safe_dump(study | {"study": name, "shards": count})
        (checkout.path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return checkout


def targets(study: str, shards: list[str]) -> list[str]:
    """Return the statistics of shards, which stand beside their answers."""
    return [f"results/{study}/{MODEL}/{STAGES[1]}/{shard}.json" for shard in shards]


def statistics(checkout: Checkout, study: str) -> list[Path]:
    """Return what the shards of a study say of their own time."""
    folder = checkout.path / f"results/{study}/{MODEL}"
    return [file for stage in STAGES for file in sorted((folder / stage).glob("*-of-*.json"))]


def foretold(speeds: list[Speed], n_personas: int, count: int, gpus: int) -> float:
    """Return seconds by the clock, as `propose_shards` adds them up."""
    return sum(-(-count // gpus) * speed.seconds(n_personas / count) for speed in speeds)


def jobs_of(cluster: Cluster) -> dict[str, float]:
    """Return how long the jobs of Slurm ran, those that it still knows and that are completed."""
    lines = cluster.run("squeue", "-h", "-t", "completed", "-o", "%i %S %e").splitlines()
    found = {}
    for line in lines:
        job, *ends = line.split()
        start, end = (datetime.fromisoformat(each) for each in ends)
        found[job] = (end - start).total_seconds()
    return found


def main() -> None:
    """Measure one shard, rehearse all of them, print what was foretold and what came."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=int, default=16)
    parser.add_argument("--design", default="oa144")
    parser.add_argument("--faster", type=float, default=10)
    parser.add_argument("--stragglers", type=float, default=0.05, help="share of jobs")
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--gpus", type=int, default=4, help="of a node")
    args = parser.parse_args()
    gpus = args.nodes * args.gpus
    n_asked = int(args.design.removeprefix("oa"))
    made_up = {"faster": args.faster, "stragglers": {"share": args.stragglers, "times": 3}}
    folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
    cluster = Cluster(folder / "slurm", nodes=args.nodes, gpus=args.gpus, cpus=16, port=31817)
    checkout = prepare(folder / "checkout", args.design, n_asked, made_up)
    environment = os.environ | cluster.environment
    environment.pop("PYTHONPATH", None)
    snakemake = [sys.executable, "-m", "snakemake"]

    def run(*line: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*snakemake, *line], cwd=checkout.path, env=environment)

    first = targets("measured", [f"0001-of-{n_asked // 2:04}"])
    measuring = ["--cores", "1", "--resources", "gpu=1", "--quiet", "all"]
    if run(*measuring, "--configfile", "measured.yaml", "--", *first).wait():
        sys.exit("Error: no shard could be measured")
    speeds = read_speeds(statistics(checkout, "measured"), MODEL)
    study = checkout.path / "rehearsal.yaml"
    text = study.read_text(encoding="utf-8").replace("shards: 0", f"shards: {args.shards}")
    study.write_text(text, encoding="utf-8")
    shards = [f"{number + 1:04}-of-{args.shards:04}" for number in range(args.shards)]
    cluster.up()
    try:
        begun = time.monotonic()
        running = run(*PROFILE, "--configfile", "rehearsal.yaml", "--jobs", str(2 * gpus), "--",
                      *targets("rehearsal", shards))  # fmt: skip
        ran: dict[str, float] = {}
        urgent = ["-p", "urgent", "--gres=gpu:2", "-o", "/dev/null", "--wrap", "sleep 20"]
        while running.poll() is None:
            time.sleep(2)
            ran |= jobs_of(cluster)
            if urgent and len(statistics(checkout, "rehearsal")) >= args.shards:
                cluster.run("sbatch", *urgent)
                urgent = []
        seconds = time.monotonic() - begun
    finally:
        cluster.down()
    found = [json.loads(file.read_text()) for file in statistics(checkout, "rehearsal")]
    asking = sorted(round(each["seconds_ask"], 1) for each in found if "resp" in each["stage"])
    taken = [each["seconds_load"] + each["seconds_ask"] for each in found]
    # those that were pushed out are left out on both sides
    own = mean(ran.values()) - mean(taken)
    told = {
        "status": running.returncode,
        "shards": args.shards,
        "gpus": gpus,
        "foretold_seconds": round(foretold(speeds, n_asked, args.shards, gpus), 1),
        "seconds_of_a_job_beside_the_engine": round(own, 1),
        "foretold_with_these": round(
            foretold(speeds, n_asked, args.shards, gpus)
            + len(speeds) * -(-args.shards // gpus) * (own - JOB_SECONDS), 1
        ),
        "seconds": round(seconds, 1),
        "measured": [f"{s.stage}: {s.seconds_starting:.1f} s, {s.personas_per_hour:.0f} personas/h"
                     for s in speeds],
        "seconds_of_answering": asking,
        "asked_in_two_jobs": sum(each["n_taken_over"] > 0 for each in found),
        "folder": str(checkout.path),
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
