"""Files: written whole or not at all; and what a disk that is full or closed is told as."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import polars as pl

LEAST_FREE = 50_000_000
"""Bytes that must be free where results lie before a job begins."""
_PROBE = 1_000_000
# Libraries in other languages tell the system's error by its number, in their own words.
_OS_ERROR = re.compile(r"\(os error ([0-9]+)\)")
_AGAIN = "run snakemake again: what is finished is kept"
_DISK_ERRORS = {
    errno.ENOSPC: ("no space left on the disk", f"make room there (df -h, df -i), and {_AGAIN}"),
    errno.EDQUOT: (
        "your quota is used up, of space or of the number of files,",
        f"delete what you no longer need (quota -s tells the limits), and {_AGAIN}",
    ),
    errno.EFBIG: (
        "a file may not be so large here",
        f"raise the limit (ulimit -f), or take another disk, and {_AGAIN}",
    ),
    errno.EACCES: (
        "you may not write",
        "ask its owner (ls -ld), or work in a checkout of your own",
    ),
    errno.EPERM: ("you may not write", "ask its owner (ls -ld), or work in a checkout of your own"),
    errno.EROFS: (
        "the disk can only be read",
        "work in a checkout on a disk that can be written to",
    ),
    errno.EIO: ("the disk reports a fault", f"tell who looks after it, and {_AGAIN}"),
    errno.ENAMETOOLONG: (
        "a name is too long",
        "take shorter names for study, models and conditions",
    ),
}


def disk_error(error: Exception, path: Path | str) -> UserError | None:
    """Return what the system says of a disk as a mistake that a user can correct.

    Parameters
    ----------
    error : Exception
        Of the system, or of a library that quotes it.
    path : Path or str
        What was to be written.

    Returns
    -------
    UserError or None
        None if it is about something else.
    """
    number = error.errno if isinstance(error, OSError) else None
    quoted = _OS_ERROR.search(str(error))
    if number is None and quoted:
        number = int(quoted[1])
    if number not in _DISK_ERRORS:
        return None
    what, hint = _DISK_ERRORS[number]
    return UserError(f"{path}: {what}", hint=hint)


def require_space(folder: Path) -> None:
    """Refuse to begin where nothing can be written, before hours of work are lost there.

    Parameters
    ----------
    folder : Path
        Where results lie; passed over if it is not there yet.

    Raises
    ------
    UserError
        If less than `LEAST_FREE` is free, or a file cannot be made.
    """
    if not folder.is_dir():
        return
    try:
        # only writing shows a quota
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_PROBE))
            probe.flush()
    except OSError as error:
        raise disk_error(error, folder) or error from error
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        what, hint = _DISK_ERRORS[errno.ENOSPC]
        msg = f"{folder}: {what} ({free / 1e6:.0f} MB are free, a job wants {LEAST_FREE / 1e6:.0f})"
        raise UserError(msg, hint=hint)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a place to write to beside a file, and put what is there in the file's place at once.

    Parameters
    ----------
    path : Path
        The file; its folder is made.

    Yields
    ------
    Path
        A hidden file in the same folder. It is gone afterwards, also after an error; the file
        itself is then as it was.

    Raises
    ------
    UserError
        If the disk is full or may not be written to.
    """  # noqa: DOC502 - raised as what it is told as
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except Exception as error:
        told = disk_error(error, path)
        if told is None:
            raise
        raise told from error
    finally:
        _forget(partial)


def _forget(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        return  # where nothing may be written, nothing was


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    text : str
        All that it holds afterwards.
    """
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_csv(frame: pl.DataFrame, csv: Path, source: Path, lines: Iterable[str]) -> None:
    """Write a table as CSV that every program can read, and beside it where it comes from.

    Parameters
    ----------
    frame : DataFrame
        The rows. All digits are kept; null is empty.
    csv : Path
        A header and the rows, nothing else.
    source : Path
        A text of the lines.
    lines : iterable of str
        What the table is, whose answers it holds, and its provenance.
    """
    text = "".join(f"{' '.join(line.split())}\n" for line in lines if line)
    write_text(source, text)
    write_text(csv, frame.write_csv())


def follow_umask(path: Path) -> None:
    """Let a file be read by whom the umask lets: some libraries write for the owner alone.

    Parameters
    ----------
    path : Path
        The file.
    """
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)
