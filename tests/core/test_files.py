"""Files: written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat

import polars as pl
import pytest

from valuescape.core import files
from valuescape.core.errors import UserError
from valuescape.core.files import follow_umask, require_space, whole_file, write_text


def test_a_file_stands_there_whole(tmp_path):
    write_text(tmp_path / "new/folder/file.txt", "all of it\n")
    assert (tmp_path / "new/folder/file.txt").read_text(encoding="utf-8") == "all of it\n"
    assert [path.name for path in (tmp_path / "new/folder").iterdir()] == ["file.txt"]


def test_an_error_leaves_what_was_there_and_nothing_else(tmp_path):
    file = tmp_path / "file.txt"
    file.write_text("before", encoding="utf-8")

    def breaks() -> None:
        with whole_file(file) as partial:
            partial.write_text("half", encoding="utf-8")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks()
    assert file.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [file]


FULL = (
    "parquet: File out of specification: underlying IO error: No space left on device (os error 28)"
)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on the disk"),
        (pl.exceptions.ComputeError(FULL), "no space left on the disk"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "your quota is used up"),
        (PermissionError(errno.EACCES, "Permission denied"), "you may not write"),
        (OSError(errno.EROFS, "Read-only file system"), "can only be read"),
        (OSError(errno.ENAMETOOLONG, "File name too long"), "a name is too long"),
    ],
)
def test_a_disk_that_takes_nothing_is_told_with_the_file(tmp_path, error, message):
    file = tmp_path / "part.parquet"

    def fails() -> None:
        with whole_file(file):
            raise error

    with pytest.raises(UserError, match=message) as caught:
        fails()
    assert caught.value.message.startswith(str(file))
    assert not list(tmp_path.iterdir())


def test_no_job_begins_on_a_full_disk(tmp_path, monkeypatch):
    require_space(tmp_path)
    require_space(tmp_path / "not there yet")
    monkeypatch.setattr(files, "LEAST_FREE", 10**20)
    with pytest.raises(UserError, match="no space left on the disk"):
        require_space(tmp_path)


def test_a_quota_is_found_by_writing(tmp_path, monkeypatch):
    def refuses(**_):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(files.tempfile, "TemporaryFile", refuses)
    with pytest.raises(UserError, match="your quota is used up"):
        require_space(tmp_path)


def test_what_is_written_for_one_is_read_by_the_group(tmp_path):
    file = tmp_path / "weights"
    file.touch(mode=0o600)
    mask = os.umask(0o027)
    try:
        follow_umask(file)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
