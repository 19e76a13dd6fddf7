"""Checkpoint: the finished rows of a shard, kept while the shard is still being asked.

A job keeps what is finished in one part, a table in `<folder>/<fingerprint>/` that it writes anew,
whole, as rows come in. The fingerprint is the hash of everything that determines an answer, and
stands there in words as `fingerprint.json`. A job takes over every row of its personas from the
parts of its own fingerprint, whichever shard or job wrote them, and asks only what is missing;
rows of another fingerprint are never read. A killed job loses at most what it has finished since
it last wrote its part. In the end the part is the shard's finished table under another name: it
takes no further space, and stays when Snakemake removes the table to make it again.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import time
import uuid
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import polars as pl

from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.files import write_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from types import FrameType

    from valuescape.core.tables import Table

LOG = logging.getLogger(__name__)
# The context of a persona may change although nothing else does (a biography written anew).
CONTEXT_HASH = "context_hash"
STOPPED = 143  # exit status after a signal to stop, as a shell gives it for SIGTERM


@dataclass(frozen=True)
class Interval:
    """When the part is written: after so many rows or so many seconds, whichever comes first.

    Attributes
    ----------
    rows : int
        Finished since it was last written.
    seconds : float
        Seconds since it was last written.
    """

    rows: int
    seconds: float


def context_hash(text: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of a persona's context."""
    return sha256(text.encode()).hexdigest()[:16]


def of_shard(table: Table) -> Table:
    """Return what a shard's file of a table must be: each row with the hash of its context."""
    return replace(
        table, name=f"shard of {table.name}", columns={**table.columns, CONTEXT_HASH: pl.String}
    )


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
        self._table = of_shard(table)
        self._schema = dict(self._table.columns)
        self._shard, self._interval = shard, interval
        self._kept = pl.DataFrame(schema=self._schema)
        self._again = self._kept
        self._new: list[dict[str, Any]] = []
        self._part = self._folder / f"{shard}.{uuid.uuid4().hex[:12]}.parquet"
        self._replaced: list[Path] = []
        self._written = time.monotonic()
        if not self._folder.is_dir():
            self._tell_what_differs(folder)
            write_text(self._folder / "fingerprint.json", text + "\n")
        for partial in self._folder.glob(f".{shard}.*.partial"):
            partial.unlink(missing_ok=True)

    def take_over(self, hashes: Mapping[int, str]) -> set[int]:
        """Take over the rows that need not be asked again.

        Parameters
        ----------
        hashes : mapping of int to str
            persona_id to the hash of its context now.

        Returns
        -------
        set of int
            The personas among these that had the same context.
        """
        wanted = pl.DataFrame(
            {"persona_id": list(hashes), CONTEXT_HASH: list(hashes.values())},
            schema={"persona_id": pl.UInt32, CONTEXT_HASH: pl.String},
        )
        on = ["persona_id", CONTEXT_HASH]
        found = [self._kept]
        for path in sorted(self._folder.glob("*.parquet")):
            part = self._read(path)
            if part is None:
                continue
            found.append(part.join(wanted, on=on, how="semi"))
            # an earlier job's part of this very shard: this job's own will hold all of it
            if path.name.startswith(f"{self._shard}.") and found[-1].height == part.height:
                self._replaced.append(path)
        self._kept = pl.concat(found).unique("persona_id", keep="first")
        return set(self._kept["persona_id"])

    def ask_again(self, outcomes: Collection[str]) -> dict[int, dict[str, Any]]:
        """Return the rows taken over of which something has one of these outcomes.

        They are no longer among the finished ones, but stay in the part until they are.

        Parameters
        ----------
        outcomes : collection of str
            Such as malformed; none if empty.

        Returns
        -------
        dict of int to dict
            By persona_id.
        """
        states = [name for name in self._schema if name == "status" or name.endswith("_status")]
        if not outcomes or not states:
            return {}
        failed = pl.any_horizontal(pl.col(states).is_in(list(outcomes)))
        self._again = self._kept.filter(failed)
        self._kept = self._kept.filter(~failed.fill_null(value=False))
        return {row["persona_id"]: row for row in self._again.iter_rows(named=True)}

    @property
    def rows(self) -> pl.DataFrame:
        """All finished rows, with the hashes of their contexts."""
        new = pl.DataFrame(self._new, schema=self._schema)
        return pl.concat([self._kept, new])

    def add(self, row: Mapping[str, Any], context: str) -> None:
        """Keep a finished row; write the part if it is time.

        Parameters
        ----------
        row : mapping
            Columns of the row.
        context : str
            Hash of the persona's context.
        """
        self._new.append({**row, CONTEXT_HASH: context})
        due = time.monotonic() - self._written >= self._interval.seconds
        if due or len(self._new) >= self._interval.rows:
            self.flush()

    def flush(self) -> None:
        """Write what is finished as this job's part, by one atomic rename."""
        if self._new:
            self._kept, self._new = self.rows, []
            still = self._again.join(self._kept, on="persona_id", how="anti")
            part = pl.concat([self._kept, still])
            tables.write(part, self._part, self._table, self._fingerprint)
            self._remove_replaced()
        self._written = time.monotonic()

    def finish(self, path: Path, finished: pl.DataFrame, provenance: Mapping[str, str]) -> None:
        """Write the shard's table, and keep it as the shard's only part.

        Parameters
        ----------
        path : Path
            Where to.
        finished : DataFrame
            `rows`, with columns that follow from them, if any do.
        provenance : mapping of str to str
            Where the rows come from, beside the fingerprint.
        """
        table = replace(self._table, further=True)
        tables.write(finished, path, table, {**provenance, **self._fingerprint})
        whole = self._folder / f"{self._shard}.whole.parquet"
        other_name = whole.with_name(f".{self._shard}.{uuid.uuid4().hex[:12]}.partial")
        try:
            os.link(path, other_name)
        except OSError as error:  # a disk that knows no second names
            LOG.warning("%s stays beside %s (%s)", self._part.name, path, error.strerror)
            return
        other_name.replace(whole)
        self._replaced = [part for part in (*self._replaced, self._part) if part != whole]
        self._remove_replaced()

    def _remove_replaced(self) -> None:
        while self._replaced:
            self._replaced.pop().unlink(missing_ok=True)

    def _read(self, path: Path) -> pl.DataFrame | None:
        """Read a part; set aside what is no part of this fingerprint, and say so."""
        try:
            frame = tables.read(path, self._table, list(self._schema))
            own = self._fingerprint.items() <= tables.provenance(path).items()
            fault = "" if own else f"{path}: is foreign"
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
