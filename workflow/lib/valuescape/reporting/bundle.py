"""Write what is to be published of a study: one folder, whole or not at all.

Tables as Parquet and as CSV that every program reads, with their provenance beside them; answers
for SPSS and Stata; a data dictionary, a card, metadata and checksums. Only tables that are named
here or that the report shows go in, so that no answer of a single human does; what tells of the
machine or opens an account is taken out, and looked for once more at the end.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.wording import NOT_PEOPLE, synthetic_marks
from valuescape.lenses.comparison.runs import Run
from valuescape.reporting import croissant
from valuescape.reporting.catalogue import (
    OF_PERSONAS,
    ROOMS,
    comparison_result_tables,
    result_tables,
)
from valuescape.reporting.data_dictionary import codebook, dictionary, written_about
from valuescape.reporting.sources import instrument_words, opening_comment
from valuescape.reporting.statistical_files import label_answers, write_dta, write_sav
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.languages import asks_instrument
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from valuescape.core.tables import Table
    from valuescape.study.instruments import Instrument
    from valuescape.study.space import PersonaSpace

METADATA, CHECKSUMS = "croissant.json", "SHA256SUMS"
LICENCE = (
    "The code is under the MIT licence; what may be done with the data follows from the licences "
    "of its sources, which README.md names"
)
# An absolute path, on any system, and the address of a server with its port.
PLACE = re.compile(
    r"(?<![\w/:.])(?:file:/+|~?/(?=\w))(?:[^\s/\"'<>|,;]+/)+[^\s\"'<>|,;]*"
    r"|\b[A-Za-z]:\\[^\s\"'<>|,;]+"
)
SERVER = re.compile(r"https?://[^\s/\"']*(?::[0-9]+|@)[^\s\"'<>|,;]*")
# Keys as providers form them, and what stands behind a word for a key.
KEY = re.compile(
    r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bhf_[A-Za-z0-9]{16,}|\bAKIA[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bBearer\s+[A-Za-z0-9._-]{16,}"
)
SECRET_NAME = re.compile(r"(?i)(api_?key|token|secret|password)$")
SHORTEST_SECRET = 8
READABLE = (".csv", ".json", ".md", ".txt", ".cff", "")


@dataclass
class Contents:
    """What was written into a folder.

    Attributes
    ----------
    folder : Path
        Where.
    columns : dict of str to Schema
        Of each CSV, by its path in the folder.
    entries : dict of str to Table
        The tables, by name.
    provenance : dict of str to set of str
        Of all of them together.
    """

    folder: Path
    columns: dict[str, pl.Schema] = field(default_factory=dict)
    entries: dict[str, Table] = field(default_factory=dict)
    provenance: dict[str, set[str]] = field(default_factory=dict)

    def add(self, frame: pl.DataFrame, place: str, provenance: Mapping[str, str]) -> None:
        """Write a table as Parquet and CSV, and its provenance beside both."""
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        known = {key: without_places(value) for key, value in sorted(provenance.items())}
        frame.write_parquet(f"{path}.parquet", compression="zstd")
        frame.write_csv(f"{path}.csv")
        self.columns[f"{place}.csv"] = frame.schema
        self.text(f"{place}.provenance.json", json.dumps(known, indent=2) + "\n")
        for key, value in known.items():
            self.provenance.setdefault(key, set()).update(value.split(" | "))

    def table(self, path: Path, entry: Table, place: str) -> pl.DataFrame:
        """Read a table, add it, and return it."""
        frame = tables.read(path, entry)
        self.entries[entry.name] = entry
        self.add(frame, place, tables.provenance(path))
        return frame

    def text(self, place: str, text: str) -> None:
        """Write a text."""
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of every file, by its path in the folder."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }


def without_places(text: str) -> str:
    """Return a text without what tells of the machine: of a path its last part is left.

    Parameters
    ----------
    text : str
        Provenance, or a line of a configuration.

    Returns
    -------
    str
        Relative paths and public addresses stay as they are.
    """
    hidden = SERVER.sub("(a server)", text)
    return PLACE.sub(lambda found: re.split(r"[/\\]", found[0].rstrip("/\\"))[-1], hidden)


def without_secrets(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any value of a document
    """Return a configuration without paths of the machine and without what is named as a key."""
    if isinstance(value, dict):
        return {key: without_secrets(each, str(key)) for key, each in value.items()}
    if isinstance(value, list):
        return [without_secrets(each, name) for each in value]
    if isinstance(value, str):
        return "(not published)" if SECRET_NAME.search(name) else without_places(value)
    return value


def require_clean(folder: Path, environment: Mapping[str, str]) -> None:
    """Refuse a folder that tells of the machine, opens an account or holds answers of humans.

    Parameters
    ----------
    folder : Path
        What is to be published.
    environment : mapping of str to str
        Of the process: values of what is named like a key must stand nowhere.

    Raises
    ------
    UserError
        With the file, and what stands there.
    """
    secrets = {
        value
        for name, value in environment.items()
        if SECRET_NAME.search(name) and len(value) >= SHORTEST_SECRET
    }
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        where = path.relative_to(folder)
        if path.suffix == ".parquet" and "respondent_id" in pl.read_parquet_schema(path):
            msg = f"{where} has a row for a single human (respondent_id)"
            raise UserError(msg, hint="microdata are never published; leave that table out")
        if path.suffix not in READABLE:
            continue
        text = path.read_text(encoding="utf-8")
        key = KEY.search(text)
        if key or any(secret in text for secret in secrets):
            shown = f", it begins with {key[0][:6]}" if key else ""
            msg = f"{where} holds what looks like a key{shown}"
            raise UserError(msg, hint="take it out of the study's files, and make it invalid")
        # of what a model writes, only the account's own folder is looked for
        found = re.search(re.escape(str(Path.home())) + r"/\w", text)
        if not path.name.endswith(".csv"):
            found = found or PLACE.search(text) or SERVER.search(text)
        if found:
            msg = f"{where} names a place of this machine: {found[0]}"
            raise UserError(msg, hint="name files in the study relative to the checkout")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a place to write to beside a folder, and put what is there in its place at once.

    Parameters
    ----------
    folder : Path
        The folder; an older one is replaced.

    Yields
    ------
    Path
        An empty folder, gone afterwards, also after an error; the folder itself is then as it was.
    """
    partial, old = (
        folder.with_name(f".{folder.name}.{os.getpid()}.{what}") for what in ("partial", "old")
    )
    partial.mkdir(parents=True)
    try:
        yield partial
        if folder.exists():
            folder.rename(old)
        partial.rename(folder)
    finally:
        for each in (partial, old):
            shutil.rmtree(each, ignore_errors=True)


def add_answers(
    contents: Contents,
    runs: Sequence[Run],
    instruments: Sequence[Instrument],
    space: PersonaSpace,
) -> None:
    """Write what single personas are, wrote and answered, of every run."""
    personas = contents.table(runs[0].personas, study_tables.PERSONAS, "personas/personas")
    written: dict[Path, pl.DataFrame] = {}
    for each in runs:
        told = each.biographies
        if told not in written:
            place = f"biographies/{each.model}/{told.stem}"
            written[told] = contents.table(told, study_tables.BIOGRAPHIES, place)
        for instrument in instruments:
            if not asks_instrument(each.condition, instrument.name):
                continue
            path = each.responses.with_name(f"{instrument.name}.parquet")
            place = f"answers/{each.model}/{each.condition.name}/{instrument.name}"
            answers = contents.table(path, study_tables.RESPONSES, place)
            labelled = label_answers(answers, instrument, written[told], personas, space)
            title = f"{instrument.title}: {each.model}, {each.condition.name}"
            write_sav(labelled, contents.folder / f"{place}.sav", title)
            write_dta(labelled, contents.folder / f"{place}.dta", title)


def add_tables(
    contents: Contents, runs: Sequence[Run], names: Sequence[str], *, of_personas: bool
) -> None:
    """Write the tables of results of every run, and those that compare the runs."""
    known = [*result_tables(), *comparison_result_tables()]
    wanted = [entry for entry in known if entry.name in names]
    if of_personas:
        wanted += OF_PERSONAS
    done = set()
    for entry in wanted:
        for path in dict.fromkeys(each.table(entry) for each in runs):
            place = path.relative_to(runs[0].folder).with_suffix("").as_posix()
            if place not in done:
                contents.table(path, entry, f"tables/{place}")
                done.add(place)


def card(
    study: str, runs: Sequence[Run], provenance: Mapping[str, str], words: Sequence[str]
) -> str:
    """Return the card of the data set: what it is, what it is not, what is where, on what terms.

    Parameters
    ----------
    study : str
        Its name.
    runs : sequence of Run
        Models and conditions.
    provenance : mapping of str to str
        Of all tables together.
    words : sequence of str
        What models, instruments and reference tables say of their source and licence.

    Returns
    -------
    str
        Markdown.
    """
    environment = Environment(
        loader=PackageLoader("valuescape.reporting"),
        # Markdown needs no escapes
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("bundle.md.j2").render(
        study=study,
        runs=runs,
        marks=synthetic_marks(provenance),
        not_people=NOT_PEOPLE,
        design=provenance.get("study design", "not known"),
        words=words,
    )


def source_words(
    models: Sequence[Path], instruments: Sequence[Path], reference: Sequence[Path]
) -> list[str]:
    """Return a line for each model, instrument and reference table: source and licence."""
    lines = []
    for path in models:
        model = yaml.safe_load(path.read_text(encoding="utf-8"))
        lines.append(f"Model {model['title']}: licence {model['licence']}")
    lines += [" ".join(instrument_words(path)) for path in instruments]
    lines += [
        f"{path.name}: {' '.join(opening_comment(path))}"
        for path in reference
        if opening_comment(path)
    ]
    return list(dict.fromkeys(without_places(" ".join(line.split())) for line in lines))


@command
def main(
    *,
    study: str,
    runs: list[Run],
    tables: list[str],
    instruments: list[Path],
    models: list[Path],
    space: Path,
    reference: list[Path],
    config: Path,
    licence: Path,
    citation: Path,
    bundle: Path,
) -> None:
    """Read a study's results and write them as they can be published."""
    settings = json.loads(config.read_text(encoding="utf-8"))
    asked = [read_instrument(path) for path in instruments]
    # personas drawn from respondents tell what single humans answered
    of_personas = not str(settings["design"]).startswith("respondents")
    with whole_folder(bundle) as folder:
        contents = Contents(folder)
        add_tables(contents, runs, tables, of_personas=of_personas)
        if of_personas:
            add_answers(contents, runs, asked, read_space(space))
        provenance = {key: " | ".join(sorted(each)) for key, each in contents.provenance.items()}
        about = written_about(ROOMS)
        dictionary(contents.entries.values(), about).write_csv(folder / "data_dictionary.csv")
        codebook(asked).write_csv(folder / "codebook.csv")
        contents.text("study.json", json.dumps(without_secrets(settings), indent=2) + "\n")
        words = source_words(models, instruments, reference)
        contents.text("README.md", card(study, runs, provenance, words))
        shutil.copyfile(licence, folder / "LICENSE")
        shutil.copyfile(citation, folder / "CITATION.cff")
        described = croissant.metadata(
            f"valuescape-{study}",
            f"Answers of LLM personas, and how they stand to humans. {NOT_PEOPLE}",
            LICENCE, contents.digests(), contents.columns,
        )  # fmt: skip
        contents.text(METADATA, json.dumps(described, indent=2, ensure_ascii=False) + "\n")
        sums = "".join(f"{digest}  {place}\n" for place, digest in contents.digests().items())
        contents.text(CHECKSUMS, sums)
        require_clean(folder, os.environ)


if __name__ == "__main__":
    run(main)
