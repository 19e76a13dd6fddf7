"""Survey files: the columns asked for, of a csv, SPSS (.sav) or Stata (.dta) file or its zip.

A survey file is the user's own; nothing here knows which survey it is. Only the columns asked for
are read, by their names. A file of another kind, or one that is cut off, is an error that names it.
"""

from __future__ import annotations

import csv
import hashlib
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyreadstat

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

KINDS = (".csv", ".sav", ".dta")
SEPARATORS = (",", ";", "\t", "|")
# A header of 1,000 names of 30 letters is 30 kB.
_LONGEST_HEADER = 1_000_000
_NO_VALUE = ("", "NA", ".")
_NOT_IN_CSV = "\x1f"  # ASCII unit separator: no survey file holds it, so a line stays one field
_MISREAD = (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError, KeyError)
_WHOLE = "take the whole file as it was downloaded, and compare its size with the original"


@dataclass(frozen=True)
class Survey:
    """What was read of a survey file.

    Attributes
    ----------
    path : Path
        The file, as the user named it.
    frame : DataFrame
        The columns asked for, under the names asked for: Float64, or String for texts. One row a
        respondent, in the order of the file.
    sha256 : str
        Of the file that the user named.
    """

    path: Path
    frame: pl.DataFrame
    sha256: str


def read_survey(
    path: Path, numbers: Collection[str], texts: Collection[str], optional: Collection[str] = ()
) -> Survey:
    """Read columns of a survey file.

    Parameters
    ----------
    path : Path
        A .csv, .sav or .dta file, or a .zip that holds one of them.
    numbers, texts : collection of str
        Columns wanted. Upper and lower case are alike unless the file tells them apart: releases
        of one survey do not agree.
    optional : collection of str
        Columns of numbers that are read if the file has them.

    Returns
    -------
    Survey
        Blank cells, and what SPSS or Stata declare missing, are null.

    Raises
    ------
    UserError
        If there is no such file, it is of another kind, cut off or empty, lacks a column, or a
        cell of `numbers` holds text.
    """
    if not path.is_file():
        msg = f"{path}: there is no such file"
        raise UserError(msg, hint="look at `survey:` in the config")
    with _unpacked(path) as plain:
        reader = _Csv(path, plain) if plain.suffix.lower() == ".csv" else _Labelled(path, plain)
        found = _found(path, reader.names, [*numbers, *texts], optional)
        frame = reader.read(list(found.values()))
    frame = frame.select(pl.col(there).alias(wanted) for wanted, there in found.items())
    if frame.is_empty():
        msg = f"{path}: there are columns but no respondents"
        raise UserError(msg, hint=_WHOLE)
    frame = frame.with_columns(
        _as_numbers(frame[name], path) for name in found if name not in texts
    ).with_columns(pl.col(list(texts)).cast(pl.String))
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Survey(path, frame, sha256)


def survey_provenance(kind: str, survey: Survey) -> dict[str, str]:
    """Return what a table made from a survey file says of it.

    Parameters
    ----------
    kind : {"wvs7", "trend"}
        Which survey; begins each key.
    survey : Survey
        The file; its text column `version` was read.

    Returns
    -------
    dict of str to str
        Name, checksum, rows and version. A synthetic file says so in its version or its name, and
        then stands as SYNTHETIC before the version.
    """
    versions = survey.frame["version"]
    version = ", ".join(versions.drop_nulls().unique().sort()) or "not said"
    if "synthetic" in survey.path.name.lower() and "SYNTHETIC" not in version:
        version = f"SYNTHETIC {version}"
    return {
        f"{kind} file": survey.path.name,
        f"{kind} sha256": survey.sha256,
        f"{kind} rows": str(versions.len()),
        f"{kind} version": version,
    }


# Yields the file itself, or the one survey file in a zip, unpacked for as long as it is read.
@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    if path.suffix.lower() in KINDS:
        yield path
        return
    if path.suffix.lower() != ".zip":
        msg = f"{path}: {path.suffix or 'a file without an ending'} is no survey file"
        raise UserError(msg, hint=f"give one of {', '.join(KINDS)}, or a .zip that holds it")
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                plain = Path(archive.extract(_only_member(path, archive.namelist()), folder))
        # an encrypted archive is a RuntimeError, a compression unknown here NotImplementedError
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            msg = f"{path}: cannot be unpacked ({error})"
            raise UserError(msg, hint=_WHOLE) from error
        yield plain


def _only_member(path: Path, names: Sequence[str]) -> str:
    surveys = [
        name
        for name in names
        if Path(name).suffix.lower() in KINDS and not name.startswith("__MACOSX/")
    ]
    if len(surveys) == 1:
        return surveys[0]
    held = ", ".join(surveys or names) or "nothing"
    msg = f"{path}: holds {len(surveys)} survey files instead of one ({held})"
    raise UserError(msg, hint="unpack it and name the file that you want")


def _found(
    path: Path, names: Sequence[str], wanted: Sequence[str], optional: Collection[str]
) -> dict[str, str]:
    folded: dict[str, str] = {}
    for name in reversed(names):  # of several that differ in case alone, the first
        folded[name.casefold()] = name
    found = {}
    for column in (*wanted, *optional):
        there = column if column in names else folded.get(column.casefold())
        if there is not None:
            found[column] = there
    missing = [column for column in wanted if column not in found]
    if missing:
        msg = f"{path}: no column {missing[0]!r}"
        msg += f", nor {len(missing) - 1} more that are needed" if missing[1:] else ""
        first = ", ".join(names[:3]) or "none"
        hint = f"its first columns are {first}; take the official file with all its columns"
        raise UserError(msg, hint=hint)
    return found


def _as_numbers(column: pl.Series, path: Path) -> pl.Series:
    if column.dtype.is_numeric():
        return column.cast(pl.Float64)
    text = column.cast(pl.String).str.strip_chars()
    text = text.set(text.is_in(_NO_VALUE), None)
    # a comma can only be a decimal one: no thousands are set apart in codes and weights
    number = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    number = number.set(~number.is_finite(), None)
    wrong = number.is_null() & text.is_not_null()
    if wrong.any():
        row = wrong.arg_max() or 0
        msg = f"{path}: column {column.name!r}, respondent {row + 1}: {text[row]!r} is no number"
        hint = "take the file with codes, not with labels; a mended file may have slipped columns"
        raise UserError(msg, hint=hint)
    return number


class _Labelled:
    """An SPSS or Stata file."""

    def __init__(self, path: Path, plain: Path) -> None:
        self.path, self.plain = path, plain
        sav = plain.suffix.lower() == ".sav"
        self.program = "SPSS" if sav else "Stata"
        self.reading: Callable[..., Any] = pyreadstat.read_sav if sav else pyreadstat.read_dta
        _, metadata = self._read(metadataonly=True)
        self.names: Sequence[str] = metadata.column_names
        self.n_rows: int | None = metadata.number_rows

    def read(self, names: Sequence[str]) -> pl.DataFrame:
        frame, _ = self._read(usecols=list(names), disable_datetime_conversion=True)
        if self.n_rows is not None and frame.height != self.n_rows:
            msg = f"{self.path}: holds {frame.height} of the {self.n_rows} respondents it announces"
            raise UserError(msg, hint=_WHOLE)
        return frame

    def _read(self, **options: object) -> tuple[pl.DataFrame, pyreadstat.metadata_container]:
        try:
            frame, metadata = self.reading(str(self.plain), output_format="polars", **options)
        except _MISREAD as error:
            msg = f"{self.path}: cannot be read as a file of {self.program} ({error})"
            raise UserError(msg, hint=_WHOLE) from error
        return frame, metadata


class _Csv:
    """A file of separated values with names in its first line."""

    def __init__(self, path: Path, plain: Path) -> None:
        self.path, self.plain = path, plain
        with plain.open("rb") as file:
            line = file.readline(_LONGEST_HEADER)
            file.seek(max(0, file.seek(0, SEEK_END) - 1))
            ended = file.read() == b"\n"
        try:
            header = line.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            header = "\0"
        if "\0" in header:
            msg = f"{path}: its first line is no text in UTF-8"
            raise UserError(msg, hint="take the csv as it was downloaded, or the .sav or .dta file")
        self.separator = max(SEPARATORS, key=header.count)
        self.names = next(csv.reader([header], delimiter=self.separator), [])
        double = {name for name in self.names if self.names.count(name) > 1}
        if double:
            msg = f"{path}: the column {min(double)!r} stands there twice"
            raise UserError(msg, hint=_WHOLE)

        if not ended:
            msg = f"{path}: its last line does not end, as if the file were cut off"
            raise UserError(msg, hint=f"{_WHOLE}; if it is whole, end it with a line break")

    def read(self, names: Sequence[str]) -> pl.DataFrame:
        self._refuse_ragged_lines()
        # What is not UTF-8 stands in columns that nobody asked for, or is then no number.
        table = pl.scan_csv(
            self.plain, separator=self.separator, infer_schema=False, encoding="utf8-lossy"
        )
        # the header is ours: polars would rename what it finds odd
        columns = dict(zip(table.collect_schema().names(), self.names, strict=False))
        try:
            return table.rename(columns).select(names).collect()
        except pl.exceptions.PolarsError as error:
            msg = f"{self.path}: cannot be read as csv ({str(error).splitlines()[0]})"
            raise UserError(msg, hint=_WHOLE) from error

    def _refuse_ragged_lines(self) -> None:
        # polars fills short lines up, and does not see long ones in columns that it skips
        text = pl.col("line")
        lines = pl.scan_csv(
            self.plain,
            has_header=False,
            separator=_NOT_IN_CSV,
            quote_char=None,
            infer_schema=False,
            new_columns=["line"],
            encoding="utf8-lossy",
            truncate_ragged_lines=True,
            row_index_name="number",
            row_index_offset=1,
        ).filter(text.str.strip_chars() != "")
        n_separators = len(self.names) - 1
        ragged = (
            lines.filter(
                text.str.contains('"', literal=True)
                | (text.str.count_matches(self.separator, literal=True) != n_separators)
            )
            .select("number", "line")
            .collect(engine="streaming")
        )
        for number, line in ragged.iter_rows():
            cells = next(csv.reader([line], delimiter=self.separator, strict=False))
            if len(cells) != len(self.names) or line.count('"') % 2:
                msg = f"{self.path}: line {number} has {len(cells)} cells, the header "
                msg += f"{len(self.names)}"
                raise UserError(msg, hint=_WHOLE)
