"""Files: written whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


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
