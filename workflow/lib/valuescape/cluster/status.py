"""Status: where a study stands, with Slurm and without, while it runs and after.

    python -m valuescape.cluster.status --configfile config/paper.yaml

What is done is read from the results, what runs from Slurm's queue and from the leases of shards
(valuescape.asking.lease), how fast from the logs. Nothing is changed; it may be called at any time.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.asking.lease import is_alive, leases
from valuescape.cluster.checks import FURTHER_CHECKS
from valuescape.cluster.stages import Stage, count_personas, stages
from valuescape.core import slurm
from valuescape.core.command import run_as_is
from valuescape.study.check import read_study
from valuescape.study.instruments import read_instrument
from valuescape.study.shards import shard_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GOES_ON = "it goes on when snakemake submits it again, or is run again"
# What stands in the log of a job that failed, and what a user can do.
HINTS = {
    r"CUDA out of memory|OutOfMemoryError": "lower gpu_memory_utilization, max_num_seqs or "
    "max_model_len in the model file, or take a larger GPU",
    r"oom.?kill|Out Of Memory|MemoryError|exceeded memory limit": "raise mem_mb in the profile",
    r"DUE TO TIME LIMIT": f"it reached its time limit; {GOES_ON}",
    r"PREEMPTION": f"it was preempted; {GOES_ON}",
    r"stopped by SIG\w+": f"it was told to stop and kept what it had; {GOES_ON}",
    r"CANCELLED": f"it was cancelled; {GOES_ON}",
    r"No module named": "the environment is not complete: run envs/install.sh",
    r"Bus error|No space left": "a file system is full (results, or temporary files)",
}
STATES = ("done", "running", "pending", "failed", "missing")
LAST_LINES = 6
STALE_SECONDS = 600.0  # a log that is older says nothing of the present rate
MOST_FAILED = 5
PROGRESS = re.compile(r": ([\d,]+) of ([\d,]+) (personas|answers), ([\d,.]+)/s, ([\d,.]+) min left")
SLURM_LOGS = Path("results/slurm-logs")
SNAKEMAKE_LOCKS = Path(".snakemake/locks")  # one that was killed leaves its own there
FAILURE = re.compile(r"^(Error|Traceback)", re.MULTILINE)
WAITING = ("PENDING", "CONFIGURING")


def judge(stage: Stage, jobs: Sequence[slurm.Job], *, at_work: bool) -> None:
    """Fill in what became of each job of a stage.

    Parameters
    ----------
    stage : Stage
        Its states are set.
    jobs : sequence of Job
        The study's jobs in Slurm's queue; empty without Slurm.
    at_work : bool
        Whether a Snakemake runs in this folder.
    """
    queued = {job.comment.removeprefix("rule_"): job for job in jobs}
    for key, work in stage.work.items():
        job = queued.get(key)
        lease = leases(stage.parts, work.output.stem)[-1:] if stage.parts else []
        if work.output.is_file():
            state = "done"
        elif job:
            state = "pending" if job.state in WAITING else "running"
        elif lease and is_alive(lease[0]):
            state = "running"
        elif lease:  # of one that finished, the result was removed since
            state = "missing" if lease[0].facts.get("ended") == "finished" else "failed"
        elif work.log.is_file():
            state = "running" if at_work and not FAILURE.search(text_of(work.log)) else "failed"
        else:
            state = "missing"
        stage.states[key] = state


def text_of(log: Path) -> str:
    """Return what stands in a log; nothing if it is not there."""
    return log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""


def finished_rows(stage: Stage, shard: str) -> dict[str, int]:
    """Return how many rows the parts of a shard hold, by instrument.

    Parameters
    ----------
    stage : Stage
        One that keeps parts.
    shard : str
        Name of the shard.

    Returns
    -------
    dict of str to int
        Of the latest fingerprint; biographies have the instrument "".
    """
    if not stage.parts or not stage.parts.is_dir():
        return {}
    by_folder: dict[str, Path] = {}
    for file in sorted(
        stage.parts.rglob("fingerprint.json"), key=lambda path: path.stat().st_mtime
    ):
        place = file.parent.parent.relative_to(stage.parts)
        by_folder["" if place == Path() else str(place)] = file.parent
    rows = {}
    for name, folder in by_folder.items():
        files = list(folder.glob(f"{shard}.*.parquet"))
        rows[name] = sum(pl.scan_parquet(file).select(pl.len()).collect().item() for file in files)
    return rows


def counts(
    stage: Stage, n_personas: int, questions: Mapping[str, int]
) -> tuple[int, int, int, int]:
    """Return what is finished in a stage that asks, and what is asked in all.

    Parameters
    ----------
    stage : Stage
        With its states.
    n_personas : int
        Of the study.
    questions : mapping of str to int
        Questions of each instrument.

    Returns
    -------
    personas, of_personas, answers, of_answers : int
        A persona counts when it has answered everything; biographies have no answers.
    """
    personas = answers = 0
    each = sum(questions.values()) if stage.unit == "answers" else 0
    for key, work in stage.work.items():
        shard = work.output.stem
        start, stop = shard_bounds(shard, n_personas)
        if stage.states[key] == "done":
            personas += stop - start
            answers += (stop - start) * each
        else:
            rows = finished_rows(stage, shard)
            wanted = questions if each else {"": 0}
            personas += min((min(rows.get(name, 0), stop - start) for name in wanted), default=0)
            answers += sum(rows.get(name, 0) * n for name, n in wanted.items())
    return personas, n_personas, answers, n_personas * each


def rate(stage: Stage, now: float) -> tuple[float, float, str]:
    """Return how fast the running jobs of a stage are.

    Parameters
    ----------
    stage : Stage
        With its states.
    now : float
        Seconds since the epoch.

    Returns
    -------
    per_second, longest : float
        Sum of the rates, and the most minutes that any of them says are left.
    unit : str
        ``personas`` or ``answers``; empty if no job says anything.
    """
    per_second = longest = 0.0
    unit = ""
    for key, state in stage.states.items():
        log = stage.work[key].log
        if state != "running":
            continue
        found = PROGRESS.findall(text_of(log))
        if found and now - log.stat().st_mtime < STALE_SECONDS:
            unit = found[-1][2]
            per_second += float(found[-1][3].replace(",", ""))
            longest = max(longest, float(found[-1][4].replace(",", "")))
    return per_second, longest, unit


def hint(text: str) -> str:
    """Return what a user can do about a job whose log is this.

    Parameters
    ----------
    text : str
        Of the job's log and Slurm's.

    Returns
    -------
    str
        The log's own hint if it has one.
    """
    own = re.findall(r"^Hint: (.+)$", text, flags=re.MULTILINE)
    if own:
        return str(own[-1])
    for pattern, words in HINTS.items():
        if re.search(pattern, text):
            return words
    return (
        "its log has no reason: it was killed (memory, node?) or another job holds it; "
        "run snakemake again, with more mem_mb if it ends so again"
    )


def failed_lines(stage: Stage) -> list[str]:
    """Return the last words of the jobs of a stage that failed, and what to do.

    Parameters
    ----------
    stage : Stage
        With its states.

    Returns
    -------
    list of str
        At most `MOST_FAILED` jobs.
    """
    lines: list[str] = []
    failed = [key for key, state in stage.states.items() if state == "failed"]
    for key in failed[:MOST_FAILED]:
        work = stage.work[key]
        text = text_of(work.log)
        last = leases(stage.parts, work.output.stem)[-1:] if stage.parts else []
        rule, _, wildcards = key.partition("_wildcards_")
        folder = SLURM_LOGS / f"rule_{rule}" / wildcards
        of_slurm = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]
        slurm_text = text_of(of_slurm[0]) if of_slurm else ""
        lines.append(f"failed: {stage.name} {work.output.stem}, {work.log}")
        lines += [f"    {line}" for line in text.splitlines()[-LAST_LINES:]]
        if last and last[0].facts.get("ended"):
            lines.append(f"    {last[0].holder} ended: {last[0].facts['ended']}")
        lines += [f"    Slurm: {path}" for path in of_slurm]
        reasons = "\n".join(line for line in slurm_text.splitlines() if "error:" in line)
        lines.append(f"    Hint: {hint(text + reasons)}")
    if len(failed) > MOST_FAILED:
        lines.append(f"... and {len(failed) - MOST_FAILED} more")
    return lines


def stage_lines(
    stage: Stage, jobs: Sequence[slurm.Job], n_personas: int, questions: Mapping[str, int]
) -> list[str]:
    """Return where a stage stands.

    Parameters
    ----------
    stage : Stage
        With its states.
    jobs : sequence of Job
        The study's jobs in Slurm's queue.
    n_personas : int
        Of the study.
    questions : mapping of str to int
        Questions of each instrument.

    Returns
    -------
    list of str
        Counts; for a stage that asks also personas, answers, rate and time left; why jobs wait.
    """
    numbers = Counter(stage.states.values())
    lines = [f"{stage.name:<36}" + "".join(f"{numbers[state]:>9}" for state in STATES)]
    if stage.unit:
        personas, of_personas, answers, of_answers = counts(stage, n_personas, questions)
        line = f"    {personas:,} of {of_personas:,} personas"
        line += f", {answers:,} of {of_answers:,} answers" if of_answers else ""
        per_second, longest, unit = rate(stage, time.time())
        if per_second:
            left = of_answers - answers if unit == "answers" else of_personas - personas
            line += f"; {per_second:,.2f} {unit}/s now, all in {left / per_second / 60:,.1f} min"
            line += f" at this rate; jobs that run end within {longest:,.1f} min"
        lines.append(line)
    mine = [job for job in jobs if job.comment.removeprefix("rule_") in stage.work]
    return lines + [f"    {line}" for line in slurm.waiting(mine)]


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.cluster.status", description="Show where a study stands."
    )
    command.add_argument("--configfile", type=Path, nargs="+", default=[], help="of the study")
    command.add_argument("--prefix", default="valuescape", help="slurm-jobname-prefix")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Read results, queue, leases and logs, and print where the study stands."""
    args = parser().parse_args(argv)
    config = read_study(args.configfile, FURTHER_CHECKS)
    n_personas = count_personas(config)
    files = [Path(f"config/instruments/{name}.yaml") for name in config["instruments"]]
    read = [read_instrument(file) for file in files]
    questions = {instrument.name: len(instrument.asked) for instrument in read}
    queue = slurm.jobs()
    jobs = slurm.of_study(queue or [], args.prefix, config["study"], str(Path.cwd()))
    lines = [f"Study {config['study']}, {n_personas:,} personas in {config['shards']} shards"]
    lines.append("no Slurm here, or it does not answer" if queue is None else "Slurm answers")
    at_work = any(SNAKEMAKE_LOCKS.glob("*"))
    if at_work:
        lines.append("Snakemake runs here, or was killed and left its lock")
    lines.append(f"{'':<36}" + "".join(f"{state:>9}" for state in STATES))
    failed: list[str] = []
    known: set[str] = set()
    for stage in stages(config):
        judge(stage, jobs, at_work=at_work)
        lines += stage_lines(stage, jobs, n_personas, questions)
        failed += failed_lines(stage)
        known |= stage.work.keys()
    others = [job for job in jobs if job.comment.removeprefix("rule_") not in known]
    lines += [f"also {job.state.lower()}: {job.comment}" for job in others]
    sys.stdout.write("\n".join(lines + failed) + "\n")


if __name__ == "__main__":
    run_as_is(main)
