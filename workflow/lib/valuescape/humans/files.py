"""Survey files: the columns asked for, of a csv, SPSS or Stata file, also a packed one.

A survey file is the user's own; nothing here knows which survey it is. Only the columns asked for
are read, by their names; what stands behind a colon in a name (``Q1: Important in life``) is its
label. A file of another kind, or one that is cut off, is an error that names it.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import shutil
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import polars as pl

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    import pyreadstat

KINDS = (".csv", ".sav", ".zsav", ".dta")
PACKED = (".csv.gz", ".zip")
SEPARATORS = (",", ";", "\t", "|")
_MOST_NAMED = 30
# A header of 1,000 names of 30 letters is 30 kB.
_LONGEST_HEADER = 1_000_000
# As csv files of R, SPSS, Stata and Python write that there is no value.
_NO_VALUE = ("", "na", "n/a", "<na>", "nan", "null", "#null!", "none", "#n/a", "-")
_NO_VALUE_OF_STATA = r"^\.[a-z]?$"
# Text is looked at in pieces of this size.
_PIECE = 1 << 22
_NOT_IN_CSV = "\x1f"  # ASCII unit separator: no survey file holds it, so a line stays one field
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
        A .csv, .sav, .zsav or .dta file, a .csv.gz, or a .zip that holds one of them.
    numbers, texts : collection of str
        Columns wanted; those of texts may be missing, and are null then. Upper and lower case are
        alike unless the file tells them apart: releases of one survey do not agree.
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
        reader = _reader(path, plain)
        found = _found(path, reader.names, [*numbers], [*texts, *optional])
        frame = reader.read(list(found.values()))
    frame = frame.select(pl.col(there).alias(wanted) for wanted, there in found.items())
    # a blank line is no respondent
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    if frame.is_empty():
        msg = f"{path}: there are columns but no respondents"
        raise UserError(msg, hint=_WHOLE)
    counted = [name for name in found if name not in texts]
    frame = frame.with_columns(_as_numbers(frame, counted, path)).with_columns(
        pl.col(name).cast(pl.String) if name in found else pl.lit(None, pl.String).alias(name)
        for name in texts
    )
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Survey(path, frame, sha256)


def check_columns(path: Path, numbers: Collection[str]) -> None:
    """Refuse a survey file that cannot be opened or lacks columns, without reading its respondents.

    Parameters
    ----------
    path : Path
        As for `read_survey`. A file of SPSS or Stata in a zip is not opened.
    numbers : collection of str
        Columns wanted.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".zip"]:
        with _opened(path) as archive:
            if not _only_member(path, archive.namelist()).lower().endswith(".csv"):
                return
    with _unpacked(path, header_only=True) as plain:
        _found(path, _reader(path, plain, whole=False).names, [*numbers], ())


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


def _reader(path: Path, plain: Path, *, whole: bool = True) -> _Csv | _Labelled:
    if plain.suffix.lower() == ".csv":
        return _Csv(path, plain, whole=whole)
    return _Labelled(path, plain)


# Yields the file itself, or the one survey file in it, unpacked for as long as it is read; or the
# beginning of a packed csv.
@contextmanager
def _unpacked(path: Path, *, header_only: bool = False) -> Iterator[Path]:
    if path.suffix.lower() in KINDS:
        yield path
        return
    if not path.name.lower().endswith(PACKED):
        msg = f"{path}: {path.suffix or 'a file without an ending'} is no survey file"
        kinds = f"{', '.join((*KINDS, PACKED[0]))}, or a .zip that holds one"
        hint = f"give one of {kinds}"
        if path.suffix.lower() in {".xls", ".xlsx", ".ods"}:
            hint += "; save the sheet as csv, codes and not labels"
        raise UserError(msg, hint=hint)
    with tempfile.TemporaryDirectory() as folder:
        try:
            plain = _copied(path, Path(folder), _LONGEST_HEADER if header_only else None)
        # an encrypted archive is a RuntimeError, a compression unknown here NotImplementedError
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            msg = f"{path}: cannot be unpacked ({error})"
            raise UserError(msg, hint=_WHOLE) from error
        yield plain


def _copied(path: Path, folder: Path, n_bytes: int | None) -> Path:
    """Return a copy of what is packed in a file, or of its first bytes."""
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            name = _only_member(path, archive.namelist())
            plain = folder / Path(name).name
            with archive.open(name) as packed:
                _copy(packed, plain, n_bytes)
        return plain
    plain = folder / path.stem
    with gzip.open(path) as packed:
        _copy(packed, plain, n_bytes)
    return plain


def _copy(packed: IO[bytes] | gzip.GzipFile, plain: Path, n_bytes: int | None) -> None:
    with plain.open("wb") as file:
        if n_bytes is None:
            shutil.copyfileobj(packed, file)
        else:
            file.write(packed.read(n_bytes))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, OSError) as error:
        msg = f"{path}: cannot be unpacked ({error})"
        raise UserError(msg, hint=_WHOLE) from error


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
        told = ", ".join(map(repr, missing[:_MOST_NAMED]))
        told += f" and {len(missing) - _MOST_NAMED} more" if missing[_MOST_NAMED:] else ""
        msg = f"{path}: no column {told}"
        first = ", ".join(names[:3]) or "none"
        hint = f"its first columns are {first}; take the official file with all its columns"
        raise UserError(msg, hint=hint)
    return found


def _as_numbers(frame: pl.DataFrame, names: Sequence[str], path: Path) -> pl.DataFrame:
    # all at once: a file may have hundreds of columns
    written = pl.col([name for name in names if not frame.schema[name].is_numeric()])
    text = written.cast(pl.String).str.strip_chars()
    nothing = text.str.to_lowercase().is_in(_NO_VALUE) | text.str.contains(_NO_VALUE_OF_STATA)
    texts = frame.select(pl.when(~nothing).then(text))
    # a comma can only be a decimal one: no thousands are set apart in codes and weights
    number = pl.all().str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    numbers = texts.select(pl.when(number.is_finite()).then(number))
    for name in texts.columns:
        if numbers[name].null_count() > texts[name].null_count():
            row = (numbers[name].is_null() & texts[name].is_not_null()).arg_max() or 0
            told = f"{texts[name][row]!r} is no number"
            msg = f"{path}: column {name!r}, respondent {row + 1}: {told}"
            hint = "take the file with codes, not with labels; a mended file may have slipped "
            raise UserError(msg, hint=f"{hint}columns")
    return frame.select(pl.col(names)).with_columns(*numbers).cast(pl.Float64)


class _Labelled:
    """An SPSS or Stata file."""

    def __init__(self, path: Path, plain: Path) -> None:
        import pyreadstat  # takes a tenth of a second, and every call of Snakemake checks studies

        self.path, self.plain = path, plain
        sav = plain.suffix.lower() in {".sav", ".zsav"}
        self.program = "SPSS" if sav else "Stata"
        self.misread = (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError,
                        KeyError)  # fmt: skip
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
        except self.misread as error:
            msg = f"{self.path}: cannot be read as a file of {self.program} ({error})"
            raise UserError(msg, hint=_WHOLE) from error
        return frame, metadata


class _Csv:
    """A file of separated values with names in its first line."""

    def __init__(self, path: Path, plain: Path, *, whole: bool = True) -> None:
        self.path, self.plain = path, plain
        with plain.open("rb") as file:
            beginning = file.read(_LONGEST_HEADER)
            file.seek(max(0, file.seek(0, SEEK_END) - 1))
            ended = file.read() in {b"\n", b"\r"}
        # a byte that is no UTF-8 stands in a label, whatever letter it is: names are plain
        text = beginning.decode("utf-8-sig", "replace")
        if "\0" in text:
            msg = f"{path}: its first line is no text in UTF-8"
            raise UserError(msg, hint="take the csv as it was downloaded, or the .sav or .dta file")
        first = re.split("\r\n|\n|\r", text, maxsplit=1)[0]
        if len(first) == len(text) and len(beginning) == _LONGEST_HEADER:
            msg = f"{path}: its first line does not end within {_LONGEST_HEADER:,} characters"
            raise UserError(msg, hint="end each line with a line break, the names in the first")
        self.separator = max(SEPARATORS, key=first.count)
        lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))
        try:
            names = next(csv.reader(lines, delimiter=self.separator), [])
        except csv.Error as error:
            msg = f"{path}: its first line cannot be read as names ({error})"
            raise UserError(msg, hint=_WHOLE) from error
        self.names = [name.partition(":")[0].strip() for name in names]
        double = {name for name in self.names if name and self.names.count(name) > 1}
        if double:
            msg = f"{path}: the column {min(double)!r} stands there twice"
            raise UserError(msg, hint=_WHOLE)
        if whole and not ended:
            msg = f"{path}: its last line does not end, as if the file were cut off"
            raise UserError(msg, hint=f"{_WHOLE}; if it is whole, end it with a line break")

    def read(self, names: Sequence[str]) -> pl.DataFrame:
        with tempfile.TemporaryDirectory() as folder:
            plain = self._with_line_feeds(Path(folder))
            self._refuse_ragged_lines(plain)
            # What is not UTF-8 stands in columns that nobody asked for, or is then no number.
            table = pl.scan_csv(
                plain, separator=self.separator, infer_schema=False, encoding="utf8-lossy"
            )
            # the header is ours: polars would rename what it finds odd
            theirs = table.collect_schema().names()
            ours = [name or there for name, there in zip(self.names, theirs, strict=False)]
            try:
                columns = dict(zip(theirs, ours, strict=False))
                return table.rename(columns).select(names).collect()
            except pl.exceptions.PolarsError as error:
                msg = f"{self.path}: cannot be read as csv ({str(error).splitlines()[0]})"
                raise UserError(msg, hint=_WHOLE) from error

    def _with_line_feeds(self, folder: Path) -> Path:
        """Return the file, or a copy of one whose lines end with carriage returns alone."""
        with self.plain.open("rb") as file:
            beginning = file.read(_LONGEST_HEADER)
            if b"\n" in beginning or b"\r" not in beginning:
                return self.plain
            file.seek(0)
            copy = folder / "lines.csv"
            with copy.open("wb") as lines:
                while piece := file.read(_PIECE):
                    lines.write(piece.replace(b"\r", b"\n"))
        return copy

    def _refuse_ragged_lines(self, plain: Path) -> None:
        # polars fills short lines up, and does not see long ones in columns that it skips
        text = pl.col("line")
        n_separators = len(self.names) - 1
        lines = pl.scan_csv(
            plain,
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
        try:
            ragged = lines.filter(
                text.str.contains('"', literal=True)
                | (text.str.count_matches(self.separator, literal=True) != n_separators)
            ).collect(engine="streaming")
        except pl.exceptions.PolarsError as error:
            msg = f"{self.path}: cannot be read as csv ({str(error).splitlines()[0]})"
            raise UserError(msg, hint=_WHOLE) from error
        # a quoted cell may hold line breaks: only then lines are no rows
        if (ragged["line"].str.count_matches('"', literal=True) % 2 == 1).any():
            self._refuse_ragged_rows(plain)
            return
        for number, line in ragged.select("number", "line").iter_rows():
            cells = next(csv.reader([line], delimiter=self.separator, strict=False))
            self._refuse_ragged(number, len(cells))

    def _refuse_ragged_rows(self, plain: Path) -> None:
        with plain.open(encoding="utf-8", errors="replace", newline="") as file:
            rows = csv.reader(file, delimiter=self.separator)
            try:
                for row in rows:
                    if any(cell.strip() for cell in row):
                        self._refuse_ragged(rows.line_num, len(row))
            except csv.Error as error:
                msg = f"{self.path}: line {rows.line_num} cannot be read ({error})"
                raise UserError(msg, hint=_WHOLE) from error

    def _refuse_ragged(self, number: int, n_cells: int) -> None:
        if n_cells != len(self.names):
            msg = f"{self.path}: line {number} has {n_cells} cells, the header {len(self.names)}"
            raise UserError(msg, hint=_WHOLE)
