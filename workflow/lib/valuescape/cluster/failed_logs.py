"""Logs of failed jobs: what a user can do, by what stands there."""

from __future__ import annotations

import re

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
