r"""Propose how many shards to cut a study into, from what its model was measured to do.

    python -m valuescape.cluster.propose_shards --configfile config/paper.yaml \
        --minutes 240 --gpus 8

The measurements are those that every finished shard leaves beside its results; a first study of the
same model on the same kind of GPU (`design: oa144`, `shards: 1`) is enough. A job should end before
its time limit, and the fewer jobs there are, the less time goes into starting them.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.cluster.checks import FURTHER_CHECKS
from valuescape.cluster.stages import count_personas
from valuescape.core.command import run_as_is
from valuescape.core.errors import UserError
from valuescape.study.check import read_study
from valuescape.study.models import is_asked_here, read_model
from valuescape.study.shards import MOST_SHARDS

if TYPE_CHECKING:
    from collections.abc import Sequence

# Two more interpreters of Snakemake start in every job: 7 s, measured on an idle node. On one that
# is busy it is much more (docs/cluster.md, a rehearsal).
JOB_SECONDS = 7.0
# Of the time limit; what is left is for a GPU that is slower than the measured one.
FILLED = 0.8
SECONDS_AN_HOUR = 3600.0
MINUTE = 60.0


@dataclass(frozen=True)
class Speed:
    """What shards of a stage were measured to take.

    Attributes
    ----------
    stage : str
        ``biographies`` or ``responses <condition>``.
    personas : int
        Personas of all measured shards that were asked from beginning to end.
    shards : int
        How many shards those were.
    seconds_asking, seconds_beside : float
        Sums over them: from the first question to the last answer, and the rest of the job.
    """

    stage: str
    personas: int
    shards: int
    seconds_asking: float
    seconds_beside: float

    @property
    def personas_per_hour(self) -> float:
        """Personas an hour of asking, in one job."""
        return SECONDS_AN_HOUR * self.personas / self.seconds_asking

    @property
    def seconds_starting(self) -> float:
        """Seconds of a job beside its questions: starting, loading, reading and writing."""
        return JOB_SECONDS + self.seconds_beside / self.shards

    def seconds(self, personas: float) -> float:
        """Return how long a job with so many personas takes."""
        return self.seconds_starting + personas * self.seconds_asking / self.personas


def read_speeds(files: Sequence[Path], model: str) -> list[Speed]:
    """Read what finished shards say of their own time.

    Parameters
    ----------
    files : sequence of Path
        Statistics of shards (JSON).
    model : str
        Only shards of this model count, and of them those that took nothing over.

    Returns
    -------
    list of Speed
        One a stage.
    """
    sums: dict[str, Speed] = {}
    for file in files:
        shard = json.loads(file.read_text(encoding="utf-8"))
        asked = shard.get("model") == model and shard.get("n_taken_over") == 0
        if not asked or not shard.get("seconds_ask") or not shard.get("n_personas"):
            continue
        stage = str(shard["stage"])
        old = sums.get(stage, Speed(stage, 0, 0, 0.0, 0.0))
        sums[stage] = Speed(
            stage,
            old.personas + int(shard["n_personas"]),
            old.shards + 1,
            old.seconds_asking + float(shard["seconds_ask"]),
            old.seconds_beside + float(shard["seconds_load"]) + float(shard.get("seconds_rest", 0)),
        )
    return [sums[stage] for stage in sorted(sums)]


def propose(speeds: Sequence[Speed], n_personas: int, seconds: float, at_once: int) -> int:
    """Return the fewest shards of which each fits into the time limit and which fill all GPUs.

    Parameters
    ----------
    speeds : sequence of Speed
        Of every stage; one count serves all.
    n_personas : int
        Of the study.
    seconds : float
        Time limit of a job.
    at_once : int
        Jobs that run side by side; the count is a multiple of it.

    Returns
    -------
    int
        Number of shards, in [1, 9999].

    Raises
    ------
    UserError
        If starting alone takes longer than a job may.
    """
    most = math.inf
    for speed in speeds:
        left = FILLED * seconds - speed.seconds_starting
        most = min(most, left * speed.personas / speed.seconds_asking)
    if most < 1:
        msg = f"no shard fits into {seconds / MINUTE:.0f} minutes: starting takes nearly as long"
        raise UserError(msg, hint="ask for more time (--minutes)")
    needed = math.ceil(n_personas / most)
    count = at_once * math.ceil(needed / at_once)
    return max(1, min(count, MOST_SHARDS, n_personas))


def cost_lines(
    speeds: Sequence[Speed], n_personas: int, count: int, at_once: int, gpus: int
) -> list[str]:
    """Return what a number of shards would cost, in words.

    Parameters
    ----------
    speeds : sequence of Speed
        Of every stage.
    n_personas : int
        Of the study.
    count : int
        Number of shards.
    at_once : int
        Jobs side by side.
    gpus : int
        GPUs of one job.

    Returns
    -------
    list of str
        One line a stage, and the sum.
    """
    lines, hours, wall, starting = [], 0.0, 0.0, 0.0
    for speed in speeds:
        seconds = speed.seconds(n_personas / count)
        rounds = math.ceil(count / at_once)
        hours += count * gpus * seconds / SECONDS_AN_HOUR
        starting += count * gpus * speed.seconds_starting / SECONDS_AN_HOUR
        wall += rounds * seconds / SECONDS_AN_HOUR
        lines.append(
            f"  {speed.stage}: {seconds / MINUTE:.1f} minutes a job, of which starting "
            f"{speed.seconds_starting:.0f} s ({100 * speed.seconds_starting / seconds:.1f} %)"
        )
    lines.append(
        f"  in all {hours:,.2f} GPU hours (starting {starting:,.2f}), {wall:,.2f} hours "
        f"by the clock with {at_once} jobs at a time"
    )
    return lines


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.cluster.propose_shards",
        description="Propose the number of shards.",
    )
    command.add_argument("--configfile", type=Path, nargs="+", default=[], help="of the study")
    command.add_argument("--minutes", type=float, required=True, help="time limit of a job")
    command.add_argument("--gpus", type=int, required=True, help="GPUs to be used at a time")
    command.add_argument("--results", type=Path, default=Path("results"), help="measured studies")
    return command


def read_model_speeds(results: Path, model: str) -> list[Speed]:
    """Return what finished shards of a model say of their own time, in any study.

    Raises
    ------
    UserError
        If nothing was measured.
    """
    files = sorted(results.glob(f"*/{model}/**/[0-9]*-of-[0-9]*.json"))
    speeds = read_speeds([file for file in files if "parts" not in file.parts], model)
    if not speeds:
        msg = f"{model}: no finished shard in {results} says how fast it is"
        hint = "run a small study of it first, on the same GPUs: design: oa144, shards: 1"
        raise UserError(msg, hint=hint)
    return speeds


def proposal_lines(
    model: str,
    speeds: Sequence[Speed],
    n_personas: int,
    *,
    seconds: float,
    at_once: int,
    gpus: int,
) -> list[str]:
    """Return what was measured of a model, the proposed number of shards, and two others."""
    count = propose(speeds, n_personas, seconds, at_once)
    lines = [f"{model}, {n_personas:,} personas, measured:"]
    lines += [
        f"  {speed.stage}: {speed.personas_per_hour:,.0f} personas an hour and job "
        f"({speed.personas:,} personas in {speed.shards} shards)"
        for speed in speeds
    ]
    lines.append(f"shards: {count}   # {math.ceil(n_personas / count):,} personas a job")
    lines += cost_lines(speeds, n_personas, count, at_once, gpus)
    for other in (2 * count, max(1, count // 2)):
        if other <= min(MOST_SHARDS, n_personas) and other != count:
            lines.append(f"with {other} shards instead")
            lines += cost_lines(speeds, n_personas, other, at_once, gpus)
    return lines


def main(argv: Sequence[str] | None = None) -> None:
    """Read the config and the measurements, and print what to set."""
    args = parser().parse_args(argv)
    config = read_study(args.configfile, FURTHER_CHECKS)
    n_personas = count_personas(config)
    for model in config["models"]:
        file = Path(f"config/models/{model}.yaml")
        if not is_asked_here(file):
            continue
        settings = read_model(file).settings
        gpus = int(settings.get("tensor_parallel_size", 1))
        at_once = max(1, args.gpus // gpus)
        speeds = read_model_speeds(args.results, model)
        seconds = MINUTE * args.minutes
        lines = proposal_lines(
            model, speeds, n_personas, seconds=seconds, at_once=at_once, gpus=gpus
        )
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    run_as_is(main)
