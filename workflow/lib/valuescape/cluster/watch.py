"""Run on Slurm: what is looked at before the first job is submitted, and while jobs wait.

The Snakefile calls `begin` when a run starts whose jobs go to Slurm.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuescape.core import slurm
from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

EXECUTOR = "snakemake_executor_plugin_slurm"
LOOKS = 3  # so many first intervals the executor wants an ended job to be remembered
SECONDS_TO_FIRST_LOOK = 15.0  # a job that can never start is best told of at once
SECONDS_BETWEEN_LOOKS = 60.0


def begin(settings: object, study: str) -> None:
    """Look before jobs are submitted; then tell, while they wait, what they wait for.

    Parameters
    ----------
    settings : object
        What the executor of this run was told; nothing is done for one that is not Slurm's.
    study : str
        Name of the study.
    """
    if not type(settings).__module__.startswith(EXECUTOR):
        return
    prefix = str(getattr(settings, "jobname_prefix", ""))
    if getattr(settings, "status_command", "") == "squeue":
        keep_to_squeue(float(getattr(settings, "init_seconds_before_status_checks", 0)))
    else:
        check_accounting()
    check_orphans(slurm.jobs() or [], prefix, study, str(Path.cwd()))
    tell_all_ends()
    watch = threading.Thread(target=_watch, args=(prefix, study, str(Path.cwd())), daemon=True)
    watch.start()


def check_accounting() -> None:
    """Refuse to ask an accounting database that the cluster does not have.

    Raises
    ------
    UserError
        If Slurm keeps no accounts: Snakemake would wait for ever.
    """
    answer = slurm.ask("scontrol", "show", "config")
    lines = answer[0].splitlines() if answer else []
    found = [line.split("=")[-1].strip() for line in lines if "AccountingStorageType" in line]
    if found and found[0] in {"accounting_storage/none", "(null)"}:
        msg = "jobs are to be asked after with sacct, but this cluster has no accounting database"
        hint = "set slurm-status-command: squeue in profiles/slurm/config.yaml"
        raise UserError(msg, hint=hint)


def keep_to_squeue(seconds: float) -> None:
    """Let the executor ask squeue even while Slurm's controller is away for a moment.

    Version 2.8.0 asks the controller again before each look how long it remembers jobs that have
    ended. When it does not answer, sacct is asked instead, for as long as there are attempts; if
    there are no accounts, the jobs are forgotten after that, and waited for without end.

    Parameters
    ----------
    seconds : float
        Age at which a job is first asked after.

    Raises
    ------
    UserError
        If the controller does not answer now, or forgets jobs before they are asked after.
    """
    executor: Any = importlib.import_module(EXECUTOR)
    remembered = executor.get_min_job_age()
    if remembered is None:
        msg = "Slurm does not answer (scontrol show config)"
        raise UserError(msg, hint="wait until sinfo answers, then run snakemake again")
    if remembered < LOOKS * seconds:
        msg = (
            f"Slurm forgets a job {remembered} seconds after its end (MinJobAge), and jobs would "
            f"first be asked after when they are {seconds:.0f} seconds old"
        )
        hint = (
            f"set slurm-init-seconds-before-status-checks to {remembered // LOOKS:.0f} or less in "
            "profiles/slurm/config.yaml, or slurm-status-command: sacct"
        )
        raise UserError(msg, hint=hint)
    executor.get_min_job_age = lambda: remembered


def check_orphans(found: list[slurm.Job], prefix: str, study: str, folder: str) -> None:
    """Refuse to submit while jobs of a Snakemake that is no more still wait or run.

    Parameters
    ----------
    found : list of Job
        This user's jobs.
    prefix, study, folder : str
        By which the study's are known.

    Raises
    ------
    UserError
        If there is one: the same shards would be submitted a second time.
    """
    orphans = slurm.of_study(found, prefix, study, folder)
    if not orphans:
        return
    lines = [f"  {job.id} {job.state} {job.elapsed} {job.node} {job.comment}" for job in orphans]
    msg = "\n".join(
        [f"jobs of an earlier run of this study still wait or run ({len(orphans)}):", *lines]
    )
    hint = (
        "wait until they have ended (what they finish counts), or cancel them: scancel "
        f"{' '.join(job.id for job in orphans)}; then run snakemake again"
    )
    raise UserError(msg, hint=hint)


def tell_all_ends() -> None:
    """Let the executor see two ends of jobs that it takes for going on, so that it submits again.

    Version 2.8.0 does not know ``CANCELLED by 1000``, which is what sacct says of a cancelled job,
    and waits for ever. It also leaves it to Slurm to start a preempted job again, which Slurm does
    not do with ``slurm-no-requeue`` or ``PreemptMode=CANCEL``.
    """
    executor: Any = importlib.import_module(EXECUTOR)
    query: Callable[..., Awaitable[tuple[dict[str, str] | None, float | None]]]
    query = executor.query_job_status

    async def with_all_ends(*args: object) -> tuple[dict[str, str] | None, float | None]:
        states, seconds = await query(*args)
        return states and {job: _state(said) for job, said in states.items()}, seconds

    executor.query_job_status = with_all_ends


def _state(said: str) -> str:
    """Return the state of a job as the executor knows it."""
    word = said.split(" ", maxsplit=1)[0]
    return "CANCELLED" if word == "PREEMPTED" else word


def _watch(prefix: str, study: str, folder: str) -> None:
    """Say what jobs wait for, whenever that changes."""
    told: list[str] = []
    time.sleep(SECONDS_TO_FIRST_LOOK)
    while True:
        ours = slurm.of_study(slurm.jobs() or [], prefix, study, folder)
        lines = slurm.waiting(ours)
        without_counts = [line.partition(": ")[2] for line in lines]
        if without_counts != told:
            told = without_counts
            for line in lines:
                sys.stderr.write(f"Slurm: {line}\n")
        time.sleep(SECONDS_BETWEEN_LOOKS)
