"""Checkpoint: finished rows of a shard, kept in parts while the shard is still being asked.

A part is a small table in `<folder>/<fingerprint>/`. The fingerprint is the hash of everything
that determines an answer, and stands there in words as `fingerprint.json`. A job takes over every
row of its personas from the parts of its own fingerprint, whichever shard or job wrote them, and
asks only what is missing; rows of another fingerprint are never read. A killed job loses at most
what it has finished since its last part.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import time
import uuid
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import polars as pl

from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.files import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import FrameType

    from valuescape.core.tables import Table

LOG = logging.getLogger(__name__)
# The context of a persona may change although nothing else does (a biography written anew).
CONTEXT_HASH = "context_hash"
STOPPED = 143  # exit status after a signal to stop, as a shell gives it for SIGTERM


@dataclass(frozen=True)
class Interval:
    """When a part is written: after so many rows or so many seconds, whichever comes first.

    Attributes
    ----------
    rows : int
        Finished rows.
    seconds : float
        Seconds since the last part.
    """

    rows: int
    seconds: float


def context_hash(text: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of a persona's context."""
    return sha256(text.encode()).hexdigest()[:16]


class Checkpoint:
    """The parts of one fingerprint.

    Parameters
    ----------
    folder : Path
        Where the parts of all fingerprints of this stage lie.
    fingerprint : mapping of str to str
        Everything that determines an answer, by name.
    table : Table
        What a row must be, with all its columns.
    shard : str
        Whose job this is; part of the names of its files only.
    interval : Interval
        When to write.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: Mapping[str, str],
        table: Table,
        shard: str,
        interval: Interval,
    ) -> None:
        self._fingerprint = dict(sorted(fingerprint.items()))
        text = json.dumps(self._fingerprint, indent=2)
        self._folder = folder / sha256(text.encode()).hexdigest()[:16]
        self._schema = {**table.columns, CONTEXT_HASH: pl.String}
        self._table = tables.Table(f"part of {table.name}", self._schema, table.key)
        self._shard, self._interval = shard, interval
        self._rows: list[dict[str, Any]] = []
        self._written = time.monotonic()
        if not self._folder.is_dir():
            self._tell_what_differs(folder)
            write_text(self._folder / "fingerprint.json", text + "\n")
        for partial in self._folder.glob(f".{shard}.*.partial"):
            partial.unlink(missing_ok=True)

    def finished(self, hashes: Mapping[int, str]) -> pl.DataFrame:
        """Return the rows that need not be asked again.

        Parameters
        ----------
        hashes : mapping of int to str
            persona_id to the hash of its context now.

        Returns
        -------
        DataFrame
            Rows of these personas that had the same context, each once.
        """
        wanted = pl.DataFrame(
            {"persona_id": list(hashes), CONTEXT_HASH: list(hashes.values())},
            schema={"persona_id": pl.UInt32, CONTEXT_HASH: pl.String},
        )
        # a row that was asked again stands in a later part
        files = sorted(self._folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
        parts = [self._read(path) for path in files]
        empty = pl.DataFrame(schema=self._schema)
        rows = pl.concat([empty, *(part for part in parts if part is not None)])
        found = rows.join(wanted, on=["persona_id", CONTEXT_HASH], how="semi")
        return found.unique("persona_id", keep="last", maintain_order=True).drop(CONTEXT_HASH)

    def add(self, row: Mapping[str, Any], context: str) -> None:
        """Keep a finished row; write a part if it is time.

        Parameters
        ----------
        row : mapping
            Columns of the row.
        context : str
            Hash of the persona's context.
        """
        self._rows.append({**row, CONTEXT_HASH: context})
        due = time.monotonic() - self._written >= self._interval.seconds
        if due or len(self._rows) >= self._interval.rows:
            self.flush()

    def flush(self) -> None:
        """Write what is finished as a part, by one atomic rename."""
        if self._rows:
            frame = pl.DataFrame(self._rows, schema=self._schema)
            path = self._folder / f"{self._shard}.{uuid.uuid4().hex[:12]}.parquet"
            tables.write(frame, path, self._table, self._fingerprint)
            self._rows = []
        self._written = time.monotonic()

    def _read(self, path: Path) -> pl.DataFrame | None:
        """Read a part; set aside what is no part of this fingerprint, and say so."""
        try:
            frame = tables.read(path, self._table)
            fault = "" if tables.provenance(path) == self._fingerprint else f"{path}: is foreign"
        except UserError as error:
            fault = error.message
        if not fault:
            return frame
        aside = path.with_suffix(".set-aside")
        path.replace(aside)
        LOG.warning("%s; set aside as %s, its rows are asked again", fault, aside.name)
        return None

    def _tell_what_differs(self, folder: Path) -> None:
        """Say which keys differ from the most recent other fingerprint, if there is one."""
        others = sorted(folder.glob("*/fingerprint.json"), key=os.path.getmtime)
        if not others:
            return
        before = json.loads(others[-1].read_text(encoding="utf-8"))
        for key in sorted(before.keys() | self._fingerprint.keys()):
            old, new = before.get(key, "nothing"), self._fingerprint.get(key, "nothing")
            if old != new:
                LOG.warning("%s changed from %s to %s", key, old, new)
        LOG.warning(
            "so finished rows of before are not used, and all are asked anew. "
            "Hint: change it back to go on with them; delete %s to forget them",
            others[-1].parent,
        )


class Stop:
    """Whether the job was asked to stop (SIGTERM, or SIGUSR1 as a scheduler's warning).

    Attributes
    ----------
    asked : str
        Name of the signal; empty until there is one.
    urged : bool
        Whether it was asked again: it is to end at once, not to finish what is begun.
    """

    def __init__(self) -> None:
        self.asked = ""
        self.urged = False
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.urged = bool(self.asked)
        self.asked = signal.Signals(number).name

    def end(self, done: int, total: int) -> None:
        """End the job, after what is finished was written.

        Parameters
        ----------
        done, total : int
            How far it has come.

        Raises
        ------
        SystemExit
            With status 143.
        """
        LOG.warning("stopped by %s with %s of %s done; run again to go on", self.asked, done, total)
        raise SystemExit(STOPPED)
