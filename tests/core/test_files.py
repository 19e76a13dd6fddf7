"""Files: written whole or not at all."""

from __future__ import annotations

import pytest

from valuescape.core.files import whole_file, write_text


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
