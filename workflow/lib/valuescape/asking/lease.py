"""Leases: only one job at a time asks a shard, on whichever node, and a dead one blocks nobody.

A job takes the next number of its shard's leases in ``<parts>/leases`` by creating its file, which
is atomic on shared file systems too; nothing is deleted or renamed to get it, so that two jobs that
find a dead holder cannot both follow it. While it lives it touches the file. It is dead when it
said that it ended, when its process is gone (on the same machine), when Slurm says that its job
ended and it has been silent for some beats, or, where nobody can say, when it has been silent for
the length of a lease. A holder that was held for dead, but was only frozen, finds a higher number
than its own when it wakes, and stops.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuescape.core import slurm
from valuescape.core.errors import UserError
from valuescape.core.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG = logging.getLogger(__name__)
BEAT_SECONDS = 10.0
SILENT_SECONDS = 30.0  # three beats: a holder whose job has ended is not waited for longer
LEASE_SECONDS = 300.0  # of a holder of whom nobody knows
PATIENCE_SECONDS = 600.0  # how long a job waits for another one, with its GPU idle
FRUITLESS = 5  # so many jobs of a run in a row without one more part are the last
RUN_VARIABLE = "VALUESCAPE_RUN"  # set by the Snakefile: all jobs of one call of Snakemake


@dataclass(frozen=True)
class Lease:
    """A job's right to ask a shard.

    Attributes
    ----------
    path : Path
        Its file.
    number : int
        The highest of a shard holds.
    facts : dict
        ``run``, ``job``, ``machine``, ``node``, ``process``, ``began``, ``parts`` there when it
        began, and how it ``ended``: empty while it lives.
    """

    path: Path
    number: int
    facts: dict[str, Any]

    @property
    def holder(self) -> str:
        """Who holds it, in words."""
        job = f"Slurm job {self.facts['job']}" if self.facts.get("job") else "a process"
        since = self.facts.get("began", "some time")
        return (
            f"{job} on {self.facts.get('node', 'an unknown node')} "
            f"(process {self.facts.get('process', 'unknown')}, since {since})"
        )


def leases(parts: Path, shard: str) -> list[Lease]:
    """Return the leases of a shard, the latest last.

    Parameters
    ----------
    parts : Path
        Folder of the stage's parts.
    shard : str
        Name of the shard.

    Returns
    -------
    list of Lease
        One whose facts cannot be read (yet) has none.
    """
    found = []
    for path in (parts / "leases").glob(f"{shard}.[0-9]*.json"):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            facts = {}
        found.append(Lease(path, int(path.name.split(".")[1]), facts))
    return sorted(found, key=lambda lease: lease.number)


def machine() -> str:
    """Return what two processes share that can see each other: boot, process space, node."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, space = socket.gethostname(), ""
    return " ".join([boot, space, os.environ.get("SLURMD_NODENAME", "")]).strip()


def is_alive(lease: Lease) -> bool:
    """Return whether the holder of a lease may still be asking.

    Parameters
    ----------
    lease : Lease
        The latest of a shard.

    Returns
    -------
    bool
        When in doubt, true.
    """
    if lease.facts.get("ended"):
        return False
    if lease.facts.get("machine") == machine() and not _runs(int(lease.facts["process"])):
        return False
    silent = silence(lease)
    if silent <= SILENT_SECONDS:
        return True
    job = lease.facts.get("job")
    # a job that Slurm has queued again under its number says nothing of its former self
    lives = slurm.lives(job) if job and job != os.environ.get("SLURM_JOB_ID") else None
    return silent <= LEASE_SECONDS if lives is None else lives


def silence(lease: Lease) -> float:
    """Return for how many seconds the holder of a lease gave no sign, by the file system's clock.

    Parameters
    ----------
    lease : Lease
        Its file is compared with one made now, as clocks of nodes may differ.

    Returns
    -------
    float
        Seconds; 0 if the file has gone.
    """
    probe = lease.path.with_name(f".{uuid.uuid4().hex}.probe")
    probe.touch()
    try:
        return probe.stat().st_mtime - lease.path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
    finally:
        probe.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def count_parts(parts: Path, shard: str) -> int:
    """Return how many parts there are of a shard, of whichever fingerprint."""
    return sum(1 for _ in parts.rglob(f"{shard}.*.parquet"))


def check_fruitful(before: list[Lease], n_parts: int, shard: str) -> None:
    """Refuse a shard that was tried in vain too often in this run.

    Parameters
    ----------
    before : list of Lease
        All leases of the shard.
    n_parts : int
        Parts that are there now.
    shard : str
        Its name.

    Raises
    ------
    UserError
        If as many jobs of this run as `FRUITLESS` have ended one after the other without a part.
    """
    run = os.environ.get(RUN_VARIABLE)
    last = [lease.facts for lease in before if run and lease.facts.get("run") == run][-FRUITLESS:]
    if len(last) < FRUITLESS or any(facts.get("parts") != n_parts for facts in last):
        return
    ended = last[-1].get("ended") or "killed without a word (memory? time limit? node?)"
    msg = (
        f"shard {shard}: the last {FRUITLESS} jobs of this run ended without one more finished "
        f"part; the last one: {ended}"
    )
    hint = "mend that, or give it more time or memory in the profile; then run snakemake again"
    raise UserError(msg, hint=hint)


def take(parts: Path, shard: str) -> Lease:
    """Return the lease of a shard, once nobody else holds it.

    Parameters
    ----------
    parts : Path
        Folder of the stage's parts.
    shard : str
        Name of the shard.

    Returns
    -------
    Lease
        This process's.

    Raises
    ------
    UserError
        If another one holds it for longer than is waited.
    """
    folder = parts / "leases"
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + PATIENCE_SECONDS
    named = ""
    while True:
        before = leases(parts, shard)
        latest = before[-1] if before else None
        if latest is None or not is_alive(latest):
            n_parts = count_parts(parts, shard)
            check_fruitful(before, n_parts, shard)
            mine = _create(folder, shard, latest.number + 1 if latest else 1, n_parts)
            if mine and leases(parts, shard)[-1].number == mine.number:
                if latest and not latest.facts.get("ended"):
                    LOG.warning("shard %s goes on after %s has died", shard, latest.holder)
                return mine
            continue
        if latest.holder != named:
            named = latest.holder
            LOG.warning("shard %s is being asked by %s; waiting for it", shard, named)
        if time.monotonic() > deadline:
            msg = f"shard {shard} is being asked by {named}"
            hint = "let it end, or cancel it (scancel, kill); what it has finished is taken over"
            raise UserError(msg, hint=hint)
        time.sleep(BEAT_SECONDS / 2)


def _create(folder: Path, shard: str, number: int, n_parts: int) -> Lease | None:
    """Return a new lease of this number, or None if somebody was quicker."""
    path = folder / f"{shard}.{number:04d}.json"
    facts = {
        "run": os.environ.get(RUN_VARIABLE, ""),
        "job": os.environ.get("SLURM_JOB_ID", ""),
        "node": os.environ.get("SLURMD_NODENAME") or socket.gethostname(),
        "machine": machine(),
        "process": os.getpid(),
        "began": time.strftime("%Y-%m-%d %H:%M:%S"),
        "parts": n_parts,
        "ended": "",
    }
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(facts))
    except FileExistsError:
        return None
    return Lease(path, number, facts)


def _beat(lease: Lease, parts: Path, shard: str, over: threading.Event) -> None:
    """Touch the lease now and then; end the process if somebody else has taken the shard."""
    while not over.wait(BEAT_SECONDS):
        with contextlib.suppress(OSError):
            os.utime(lease.path)
        numbers = [found.number for found in leases(parts, shard)]
        if numbers and numbers[-1] > lease.number:
            LOG.error("shard %s was given to another job, as this one was held for dead", shard)
            os.kill(os.getpid(), signal.SIGTERM)
            return


def _release(lease: Lease, how: str) -> None:
    """Say that the holder has ended."""
    write_text(lease.path, json.dumps({**lease.facts, "ended": how}))


@contextlib.contextmanager
def only_one(parts: Path, shard: str) -> Iterator[None]:
    """Ask a shard while nobody else does.

    Parameters
    ----------
    parts : Path
        Folder of the stage's parts.
    shard : str
        Name of the shard.

    Yields
    ------
    None
        Once the shard is this process's; it is given back however the work ends.
    """
    lease = take(parts, shard)
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(lease, parts, shard, over), daemon=True)
    beat.start()
    how = "finished"
    try:
        yield
    except BaseException as error:
        how = f"{type(error).__name__}: {error}"
        raise
    finally:
        over.set()
        beat.join()
        _release(lease, how)
        if how == "finished":
            for older in leases(parts, shard)[:-1]:
                older.path.unlink(missing_ok=True)
