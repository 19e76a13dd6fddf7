"""Slurm: which jobs there are, why they wait, and whether one still lives."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FIELDS = "%i|%T|%r|%j|%N|%M|%k|%Z"
ANSWER_SECONDS = 30.0  # longer than this nobody waits for squeue
# States of a job that will still write, or may. Of one that is completing, Slurm itself waits for
# the end of its processes.
LIVING = ("PENDING", "CONFIGURING", "RUNNING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING")
# What Slurm gives as the reason of a job that waits (man squeue, "JOB REASON CODES"): what it
# means for a user, where that is not its turn in the queue.
REASONS = {
    "PartitionTimeLimit": "its runtime is longer than its partition allows, so it never starts: "
    "lower runtime in profiles/slurm/config.yaml",
    "PartitionNodeLimit": "its partition has not enough nodes, so it never starts",
    "PartitionConfig": "what it asks for exceeds a limit of its partition, so it never starts",
    "BadConstraints": "no node has what it asks for, so it never starts: check mem_mb, gpu_model "
    "and gpu in profiles/slurm/config.yaml",
    "AccountNotAllowed": "the account may not use this partition, so it never starts",
    "InvalidAccount": "the account is not known, so it never starts: set slurm_account",
    "InvalidQOS": "the quality of service is not known, so it never starts",
    "JobHeldUser": "it was held: scontrol release it",
    "JobHeldAdmin": "it was held by an administrator: ask them",
    "launch failed requeued held": "it could not be started and is held: scontrol release it",
    "ReqNodeNotAvail": "nodes are down, drained or reserved: sinfo -R tells why",
    "PartitionDown": "its partition is down: sinfo tells",
    "PartitionInactive": "its partition takes no jobs to run now: sinfo tells",
    "Reservation": "it waits for its reservation",
}
LIMITS = ("Assoc", "QOS", "Max")  # beginnings of the many names of limits on users and accounts


@dataclass(frozen=True)
class Job:
    """A job in Slurm's queue.

    Attributes
    ----------
    id, name, state, reason, node, elapsed, comment, folder : str
        As squeue prints them; the comment is the rule and its wildcards.
    """

    id: str
    state: str
    reason: str
    name: str
    node: str
    elapsed: str
    comment: str
    folder: str


def ask(*command: str) -> tuple[str, str] | None:
    """Return what a command of Slurm prints and complains; None if Slurm is not here or silent.

    Parameters
    ----------
    *command : str
        Program and arguments.

    Returns
    -------
    tuple of str or None
        Output and complaint.
    """
    try:
        ran = subprocess.run(  # noqa: S603 - no shell, and no word of it is a user's
            command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if ran.returncode and not ran.stderr:
        return None
    return ran.stdout, ran.stderr


def jobs() -> list[Job] | None:
    """Return this user's jobs that wait or run; None if there is no Slurm, or no answer."""
    answer = ask("squeue", "--noheader", f"--user={os.getuid()}", f"--format={FIELDS}")
    if answer is None or answer[1]:
        return None
    lines = [line for line in answer[0].splitlines() if line.strip()]
    return [Job(*line.split("|", FIELDS.count("|"))) for line in lines]


def of_study(found: Iterable[Job], prefix: str, study: str, folder: str) -> list[Job]:
    """Return the jobs that a Snakemake submitted for a study from a folder.

    Parameters
    ----------
    found : iterable of Job
        Jobs.
    prefix : str
        Beginning of the names of Snakemake's jobs.
    study : str
        A job of another study, by the first wildcard in its comment, is left out.
    folder : str
        Where Snakemake was started.

    Returns
    -------
    list of Job
        Those that will still write.
    """
    own = f"_wildcards_{study}_"
    return [
        job
        for job in found
        if job.name.startswith(f"{prefix}_")
        and job.folder == folder
        and job.state in LIVING
        and ("_wildcards_" not in job.comment or own in f"{job.comment}_")
    ]


def lives(job: str) -> bool | None:
    """Return whether Slurm holds a job for living; None if it does not say.

    Parameters
    ----------
    job : str
        Its id.

    Returns
    -------
    bool or None
        A job of which only the end of its processes is awaited is neither.
    """
    answer = ask("squeue", "--noheader", f"--job={job}", "--format=%T")
    if answer is None:
        return None
    said, complaint = answer
    if complaint:
        return False if "Invalid job id" in complaint else None
    states = set(said.split())
    if states & set(LIVING):
        return True
    return None if states else False


def meaning(reason: str) -> str:
    """Return what the reason of a waiting job means for a user.

    Parameters
    ----------
    reason : str
        As Slurm has it.

    Returns
    -------
    str
        In words; empty for a job that only waits for its turn.
    """
    for name, words in REASONS.items():
        if reason.startswith(name):
            return words
    if reason.startswith(LIMITS):
        return "a limit of your account or user is reached; it starts when other jobs have ended"
    return ""


def waiting(found: Iterable[Job]) -> list[str]:
    """Return one line for each reason for which jobs wait.

    Parameters
    ----------
    found : iterable of Job
        Jobs.

    Returns
    -------
    list of str
        Number of jobs, Slurm's reason, what it means.
    """
    reasons = Counter(job.reason for job in found if job.state == "PENDING")
    lines = []
    for reason, count in reasons.most_common():
        means = meaning(reason)
        jobs_wait = "1 job waits" if count == 1 else f"{count} jobs wait"
        lines.append(f"{jobs_wait}: {reason}" + (f" ({means})" if means else ""))
    return lines
