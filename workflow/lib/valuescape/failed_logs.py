"""Logs of failed jobs: what a user can do, by what stands there."""

from __future__ import annotations

import re

# What stands in the log of a job that failed, and what a user can do.
HINTS = {
    r"CUDA out of memory|OutOfMemoryError": "lower gpu_memory_utilization, max_num_seqs or "
    "max_model_len in the model file, or take a larger GPU",
    r"oom.?kill|Out Of Memory|MemoryError|exceeded memory limit": "raise mem_mb in the profile",
    r"DUE TO TIME LIMIT": "it reached its time limit; run snakemake again and it goes on",
    r"PREEMPTION": "it was preempted; run snakemake again and it goes on",
    r"stopped by SIG\w+": "it was told to stop and kept what it had; run snakemake again",
    r"CANCELLED": "it was cancelled; run snakemake again and it goes on",
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
