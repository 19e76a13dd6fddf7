"""Write the report of one model and condition: a single HTML page that needs no network.

Every number is read from a table; figures are inlined; every text is escaped. Which tables and
figures stand in which section follows from their entries (`reporting.catalogue`,
`figures.catalogue`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from valuescape.core import wording
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.files import write_text
from valuescape.core.tables import Table, joined_provenance, read
from valuescape.figures.catalogue import FIGURES
from valuescape.lenses.comparison.costs import read_costs
from valuescape.lenses.comparison.headlines import report_headlines
from valuescape.lenses.quality.tables import low_mass
from valuescape.reporting.catalogue import LENS_READS, OF_STUDY, SECTIONS, Section, result_tables
from valuescape.reporting.sources import (
    instrument_words,
    opening_comment,
    sources,
    translation_words,
)
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

TOLD = {
    "demographics": "who the person is (age, sex, country, settlement, education)",
    "configuration": "what the person holds, in ten statements",
    "biography": "the biography",
}
DEMOGRAPHICS_ARE = {
    "written": "It chose age, sex, country and schooling of each itself, to fit the values.",
    "assigned": (
        "Age, sex, country and schooling of each were drawn, independent of the values, and given."
    ),
}
SHOWN_BIOGRAPHIES = 3
WORST_QUESTIONS = 5
# Of the paper, arXiv:2601.22396: its range of weighted alignment.
PAPER_ALIGNMENT = (0.790, 0.809)


@dataclass(frozen=True)
class Picture:
    """A figure with its caption, as it stands on the page."""

    name: str
    source: str
    caption: tuple[str, ...]


@dataclass(frozen=True)
class Printed:
    """A table, or what of it is printed, as it stands on the page."""

    entry: Table
    content: dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A section of the page: figures, tables to read, folded ones, and those only linked."""

    section: Section
    pictures: list[Picture]
    tables: list[Printed]
    folded: list[Printed]
    linked: list[Table]


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a caption in plain reStructuredText.

    Parameters
    ----------
    text : str
        Paragraphs set apart by empty lines.

    Returns
    -------
    tuple of str
        Each on one line.
    """
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def pictures(figures: Sequence[Path]) -> dict[str, list[Picture]]:
    """Return the figures, inlined, with the captions of their entries.

    Parameters
    ----------
    figures : sequence of Path
        PNG files, named like their entries in the catalogue of figures.

    Returns
    -------
    dict of str to list of Picture
        By section, in the order of the catalogue; `source` is a data URI.

    Raises
    ------
    UserError
        If a file is named like no figure of the catalogue.
    """
    left = {path.stem: path for path in figures}
    found: dict[str, list[Picture]] = {key: [] for key in (*SECTIONS, OF_STUDY)}
    for entry in FIGURES:
        if entry.name in left:
            encoded = base64.b64encode(left.pop(entry.name).read_bytes()).decode("ascii")
            source = f"data:image/png;base64,{encoded}"
            found[entry.section].append(Picture(entry.name, source, paragraphs(entry.caption)))
    if left:
        msg = f"{next(iter(left.values()))}: no entry of a figure has this name"
        raise UserError(msg, hint="give the figure an entry in figures/catalogue.py")
    return found


def matched(
    files: Sequence[Path], study: str, model: str, condition: str
) -> dict[str, tuple[Table, Path]]:
    """Return the entries of tables with their files, by name.

    Parameters
    ----------
    files : sequence of Path
        Tables of a study.
    study, model, condition : str
        Whose they are.

    Returns
    -------
    dict of str to (Table, Path)
        In the order of the catalogue.

    Raises
    ------
    UserError
        If a file is no table of the catalogue.
    """
    found = {}
    left = {f"/{path.as_posix()}": path for path in files}
    for entry in result_tables():
        place = f"/{study}/{entry.path.format(model=model, condition=condition)}"
        for name in [name for name in left if name.endswith(place)]:
            found[entry.name] = (entry, left.pop(name))
    if left:
        msg = f"{next(iter(left.values()))}: no entry of a table has this path"
        raise UserError(msg, hint="give the table an entry in the `tables` module of its room")
    return found


def parts(
    entries: Iterable[Table], frames: Mapping[str, pl.DataFrame], figures: Sequence[Path]
) -> dict[str, Part]:
    """Return the sections of the page that show something, with all figures and tables.

    Parameters
    ----------
    entries : iterable of Table
        Tables of the study.
    frames : mapping of str to DataFrame
        Their rows, by name.
    figures : sequence of Path
        PNG files.

    Returns
    -------
    dict of str to Part
        By section; what has a note is printed, what has none is linked.
    """
    drawn = pictures(figures)
    found = {key: Part(section, drawn[key], [], [], []) for key, section in SECTIONS.items()}
    for entry in entries:
        part = found[entry.section]
        if entry.note:
            frame = frames[entry.name]
            excerpt = entry.excerpt(frame) if entry.excerpt else frame
            (part.folded if entry.folded else part.tables).append(Printed(entry, printed(excerpt)))
        else:
            part.linked.append(entry)
    return {
        key: part
        for key, part in found.items()
        if part.pictures or part.tables or part.folded or part.linked
    }


def printed(frame: pl.DataFrame) -> dict[str, Any]:
    """Return a table for the template.

    Parameters
    ----------
    frame : DataFrame
        The rows.

    Returns
    -------
    dict
        ``columns`` (name and whether it holds numbers) and ``rows`` of print.
    """
    numeric = [dtype.is_numeric() for dtype in frame.dtypes]
    return {
        "columns": [
            (name.replace("_", " "), number)
            for name, number in zip(frame.columns, numeric, strict=True)
        ],
        "rows": [
            list(zip((wording.cell(value) for value in row), numeric, strict=True))
            for row in frame.iter_rows()
        ],
    }


def worst_questions(validity: pl.DataFrame) -> pl.DataFrame:
    """Return the questions with the smallest share of valid answers.

    Parameters
    ----------
    validity : DataFrame
        `lenses.quality.tables.VALIDITY`.

    Returns
    -------
    DataFrame
        At most five rows, none if all answers are valid.
    """
    return (
        validity.filter(pl.col("valid") < pl.col("asked"))
        .with_columns((pl.col("valid") / pl.col("asked")).alias("valid_share"))
        .sort("valid_share", "stage", "question")
        .head(WORST_QUESTIONS)
        .select("stage", "question", "asked", "valid", "valid_share")
    )


def not_asked(validity: pl.DataFrame) -> dict[str, str]:
    """Return why a lens has no results, or not of all questions.

    Parameters
    ----------
    validity : DataFrame
        `lenses.quality.tables.VALIDITY`.

    Returns
    -------
    dict of str to str
        By section of the report, for those whose questions the language of the condition lacks.
    """
    found = {}
    for section, instrument in LENS_READS.items():
        asked = validity.filter(stage=instrument)
        missing = asked.filter(asked=0)["question"].to_list()
        if missing and len(missing) == asked.height:
            found[section] = (
                f"Not defined: the language of this condition has no wording of {instrument}, so "
                "that it was not asked."
            )
        elif missing:
            found[section] = (
                f"The language of this condition has no wording of {len(missing)} of the "
                f"{asked.height} questions of {instrument}, which were not asked: "
                f"{', '.join(missing)}. Compare conditions on the questions that both have."
            )
    return found


def example_biographies(biographies: pl.DataFrame) -> list[dict[str, Any]]:
    """Return valid biographies spread evenly over the personas, none picked by hand.

    Parameters
    ----------
    biographies : DataFrame
        `study.tables.BIOGRAPHIES`.

    Returns
    -------
    list of dict
        Rows by column: the first, the middle and the last valid one.
    """
    valid = biographies.filter(pl.col("status") == "valid").sort("persona_id")
    last = valid.height - 1
    places = sorted({i * last // (SHOWN_BIOGRAPHIES - 1) for i in range(SHOWN_BIOGRAPHIES)})
    return [valid.row(place, named=True) for place in places if valid.height]


def read_config(path: Path) -> dict[str, Any]:
    """Read the merged configuration of the run.

    Parameters
    ----------
    path : Path
        YAML or JSON.

    Returns
    -------
    dict
        By key.

    Raises
    ------
    UserError
        If it cannot be read or holds no keys.
    """
    hint = f"delete {path} and run snakemake again"
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        msg = f"{path}: cannot be read as YAML ({error})"
        raise UserError(msg, hint=hint) from error
    if not isinstance(config, dict):
        msg = f"{path}: holds {type(config).__name__}, not the keys of a configuration"
        raise UserError(msg, hint=hint)
    return config


def told_in_words(settings: Mapping[str, Any], condition: str) -> str:
    """Return what a persona is told of itself under a condition.

    Parameters
    ----------
    settings : mapping
        The configuration of the run.
    condition : str
        Name of one of its conditions.

    Returns
    -------
    str
        To follow "it was told".
    """
    entry = next(entry for entry in settings["conditions"] if entry["name"] == condition)
    context = Condition.of(entry, settings).context
    parts = [TOLD[part] for part in context]
    told = " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]])) or "nothing of a person"
    return told if "demographics" in context else f"{told}; no age, sex, country or schooling"


def not_made(known: Collection[str]) -> list[str]:
    """Return the titles of tables that answers given elsewhere are not enough for.

    Parameters
    ----------
    known : collection of str
        Names of the tables that are made.

    Returns
    -------
    list of str
        Those that need configurations that are not known, or the study's own asking.
    """
    return [entry.title for entry in result_tables() if entry.name not in known and not entry.needs]


def render(page: Mapping[str, Any], template: str = "report.html.j2") -> str:
    """Return a page; every text is escaped.

    Parameters
    ----------
    page : mapping of str to value
        What the template needs, by name.
    template : str
        One of this room's templates.

    Returns
    -------
    str
        HTML.
    """
    environment = Environment(
        loader=PackageLoader("valuescape.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(page)


@command
def main(
    *,
    study: str,
    model: str,
    condition: str,
    tables: list[Path],
    biographies: Path,
    figures: list[Path],
    stats: list[Path],
    config: Path,
    instruments: list[Path],
    reference: list[Path],
    prompts: list[Path],
    translations: list[Path] | None = None,
    report: Path,
) -> None:
    """Read tables, figures and what determined them, and write the page."""
    known = matched(tables, study, model, condition)
    frames = {entry.name: entry.without_rows() for entry in result_tables()}
    frames |= {name: read(path, entry) for name, (entry, path) in known.items()}
    written = read(biographies, study_tables.BIOGRAPHIES)
    provenance = joined_provenance([*tables, biographies])
    elsewhere = provenance.get("engine") == "external"
    settings = read_config(config)
    words = {path: opening_comment(path) for path in reference}
    words |= {path: instrument_words(path) for path in instruments}
    spoken = [path for path in translations or () if path not in reference]
    words |= {path: translation_words(path) for path in spoken}
    page = {
        "study": study,
        "model": model,
        "condition": condition,
        "marks": wording.marks(provenance) | low_mass(frames["validity"]),
        "wording": wording,
        "headlines": report_headlines(
            {entry.name: entry.without_rows() for entry in result_tables()} | frames
        ),
        "parts": parts([entry for entry, _ in known.values()], frames, figures),
        "not_asked": not_asked(frames["validity"]),
        "worst_questions": printed(worst_questions(frames["validity"])),
        "paper": PAPER_ALIGNMENT,
        "biographies": example_biographies(written),
        "n_personas": written.height,
        "demographics_are": DEMOGRAPHICS_ARE[settings["demographics"]],
        "told": told_in_words(settings, condition),
        "elsewhere": provenance.get("answers given elsewhere", ""),
        "not_made": not_made(known) if elsewhere else [],
        "costs": read_costs(stats),
        "provenance": provenance,
        "config_text": yaml.safe_dump(settings, sort_keys=False, allow_unicode=True),
        "data": sources([*instruments, *spoken, *reference], words),
        "texts": sources(prompts, {}),
    }
    write_text(report, render(page))


if __name__ == "__main__":
    run(main)
