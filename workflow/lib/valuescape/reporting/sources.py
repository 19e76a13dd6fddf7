"""Files that determined results: what they say of themselves, and their hashes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuescape.core.documents import read_yaml
from valuescape.core.tables import provenance
from valuescape.study.instruments import read_instrument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Source:
    """A file that determined results.

    Attributes
    ----------
    path : str
        As the command line names it.
    words : tuple of str
        What it says of itself: title, source, licence.
    sha256 : str
        Of its bytes.
    """

    path: str
    words: tuple[str, ...]
    sha256: str


def sources(paths: Sequence[Path], words: Mapping[Path, tuple[str, ...]]) -> list[Source]:
    """Return what files say of themselves, with their hashes.

    Parameters
    ----------
    paths : sequence of Path
        Files that determined results.
    words : mapping of Path to tuple of str
        What is known of some of them.

    Returns
    -------
    list of Source
        In the order of the paths.
    """
    return [
        Source(str(path), words.get(path, ()), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in paths
    ]


def opening_comment(path: Path) -> tuple[str, ...]:
    """Return what a reference table says of its source and licence.

    Parameters
    ----------
    path : Path
        A csv, or Parquet.

    Returns
    -------
    tuple of str
        The lines marked ``#`` at the top of a csv, without the mark; the provenance of Parquet.
    """
    if path.suffix == ".parquet":
        return tuple(provenance(path).values())
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return tuple(lines)


def instrument_words(path: Path) -> tuple[str, ...]:
    """Return title, source and licence of an instrument.

    Parameters
    ----------
    path : Path
        Its YAML file.

    Returns
    -------
    tuple of str
        Three sentences.
    """
    instrument = read_instrument(path)
    return (instrument.title, f"Source: {instrument.source}", f"Licence: {instrument.licence}")


def translation_words(path: Path) -> tuple[str, ...]:
    """Return the source and the licence of wording in another language.

    Parameters
    ----------
    path : Path
        A file of `config/languages`.

    Returns
    -------
    tuple of str
        What was published, who translated it, its class, its licence; empty for a file that says
        nothing of its source.
    """
    if path.suffix != ".yaml":
        return ()
    source = read_yaml(path).content.get("source")
    if source is None:
        return ()
    return (
        source["title"],
        f"Translator: {source['translator']} (class {source['class']})",
        f"Licence: {source['licence']}",
    )
