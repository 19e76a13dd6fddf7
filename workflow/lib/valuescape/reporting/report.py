"""Write the report of one model and condition: a single HTML page that needs no network.

    python -m valuescape.reporting.report --study NAME --model NAME --condition NAME --map-summary F \
        --alignment-summary F --alignment-scores F --discrimination F --effects F --shares F \
        --profiles F --oracle-agreement F \
        --core-variables F --foundation-variation F --country-fit F --reliability F \
        --oracle-stability F --gstudy F --acquiescence F --demographics F --validity F \
        --adherence F --map-recovery F --nearest F --stated-country F \
        --map-uncertainty F --map-sensitivity F --weighted-positions F --extremes F \
        --biographies F --figures F... \
        --captions F... --stats F... --config F --instruments F... --reference F... \
        --prompts F... --output F

Every number is read from a table; figures are inlined; every text is escaped.
"""

from __future__ import annotations

import argparse
import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from valuescape.core import tables, wording
from valuescape.core.errors import UserError, run
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.reporting import map_report
from valuescape.reporting.costs import read_costs
from valuescape.reporting.headlines import (
    ALL,
    alignment_headlines,
    core_headlines,
    main_headlines,
    worth_headlines,
)
from valuescape.reporting.sources import instrument_words, opening_comment, sources
from valuescape.study import tables as study_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OUTCOMES = ("valid", "refused", "malformed", "truncated", "out_of_range")
SHOWN_BIOGRAPHIES = 3
WORST_QUESTIONS = 5
# Of the paper, arXiv:2601.22396: its range of weighted alignment.
PAPER_ALIGNMENT = (0.790, 0.809)

TABLES = {
    "map_summary": map_tables.MAP_SUMMARY,
    "alignment_summary": alignment_tables.ALIGNMENT_SUMMARY,
    "alignment_scores": alignment_tables.ALIGNMENT_SCORES,
    "discrimination": alignment_tables.DISCRIMINATION,
    "effects": moral_tables.LEVEL_EFFECTS,
    "shares": moral_tables.VARIANCE_SHARES,
    "profiles": moral_tables.FOUNDATION_PROFILES,
    "oracle_agreement": moral_tables.ORACLE_AGREEMENT,
    "core_variables": moral_tables.CORE_VARIABLES,
    "foundation_variation": moral_tables.FOUNDATION_VARIATION,
    "country_fit": moral_tables.COUNTRY_FIT,
    "reliability": moral_tables.RELIABILITY,
    "oracle_stability": moral_tables.ORACLE_STABILITY,
    "gstudy": moral_tables.GSTUDY,
    "acquiescence": moral_tables.ACQUIESCENCE,
    "demographics": quality_tables.DEMOGRAPHICS,
    "validity": quality_tables.VALIDITY,
    "adherence": quality_tables.ADHERENCE,
    "biographies": study_tables.BIOGRAPHIES,
} | map_report.TABLES
"""What is read, by the name of its argument."""


@dataclass(frozen=True)
class Picture:
    """A figure with its caption."""

    name: str
    source: str
    caption: tuple[str, ...]


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


def pictures(figures: Sequence[Path], captions: Sequence[Path]) -> list[Picture]:
    """Return the figures, inlined, with the captions of the same name.

    Parameters
    ----------
    figures : sequence of Path
        PNG files, in the order of the report.
    captions : sequence of Path
        Texts named like the figures.

    Returns
    -------
    list of Picture
        `source` is a data URI.

    Raises
    ------
    UserError
        If a figure has no caption.
    """
    texts = {path.stem: path for path in captions}
    found = []
    for figure in figures:
        if figure.stem not in texts:
            msg = f"the figure {figure.stem} has no caption among {sorted(texts)}"
            raise UserError(msg, hint=f"write workflow/report/{figure.stem}.rst")
        encoded = base64.b64encode(figure.read_bytes()).decode("ascii")
        caption = paragraphs(texts[figure.stem].read_text(encoding="utf-8"))
        found.append(Picture(figure.stem, f"data:image/png;base64,{encoded}", caption))
    return found


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


def accounting(validity: pl.DataFrame) -> pl.DataFrame:
    """Sum the outcomes of each stage.

    Parameters
    ----------
    validity : DataFrame
        `lens_tables.VALIDITY`.

    Returns
    -------
    DataFrame
        Counts by stage, share of valid ones, mean probability on the options, and ``adds_up``:
        whether asked is the sum of the outcomes for every question.
    """
    return (
        validity.with_columns((pl.sum_horizontal(OUTCOMES) == pl.col("asked")).alias("adds_up"))
        .group_by("stage", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("questions"),
            pl.col("asked", *OUTCOMES).sum(),
            pl.col("option_mass").mean(),
            pl.col("adds_up").all(),
        )
        .with_columns((pl.col("valid") / pl.col("asked")).alias("valid_share"))
        .with_columns(
            pl.when("adds_up").then(pl.lit("yes")).otherwise(pl.lit("NO")).alias("adds_up")
        )
    )


def worst_questions(validity: pl.DataFrame) -> pl.DataFrame:
    """Return the questions with the smallest share of valid answers.

    Parameters
    ----------
    validity : DataFrame
        `lens_tables.VALIDITY`.

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


def example_biographies(biographies: pl.DataFrame) -> list[dict[str, Any]]:
    """Return valid biographies spread evenly over the personas, none picked by hand.

    Parameters
    ----------
    biographies : DataFrame
        `tables.BIOGRAPHIES`.

    Returns
    -------
    list of dict
        Rows by column: the first, the middle and the last valid one.
    """
    valid = biographies.filter(pl.col("status") == "valid").sort("persona_id")
    last = valid.height - 1
    places = sorted({i * last // (SHOWN_BIOGRAPHIES - 1) for i in range(SHOWN_BIOGRAPHIES)})
    return [valid.row(place, named=True) for place in places if valid.height]


def lens_frames(frames: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """Return the tables that the report prints, by name.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        By the names of `TABLES`.

    Returns
    -------
    dict
        As from `printed`.
    """
    pivoted = frames["shares"].pivot("foundation", index="variable", values="share")
    null = frames["shares"]["null_share"].max() if frames["shares"].height else None
    # The table is keyed by name; the reader wants the nearest to humans on top.
    alignment = frames["alignment_summary"].sort(
        ["questions", "aggregate", "alignment"], descending=[True, False, True], nulls_last=True
    )
    found = {
        name: printed(frames[name])
        for name in ("map_summary", "effects", "profiles", "oracle_agreement", "adherence",
                     "foundation_variation", "country_fit", "reliability", "oracle_stability",
                     "gstudy", "acquiescence")
    }  # fmt: skip
    whole = frames["core_variables"].filter(pl.col("foundation") == ALL).sort("rank")
    mapped = {name: printed(frame) for name, frame in map_report.shortened(frames).items()}
    return (
        found
        | mapped
        | {
            "alignment_summary": printed(
                alignment.select(
                    "questions", "aggregate", "answerer", "alignment", "ci_low", "ci_high"
                )
            ),
            "core_variables": printed(whole.drop("foundation", "interval_from")),
            "core_interval_from": "; ".join(whole["interval_from"].unique()),
            "shares": printed(pivoted),
            "null_share": wording.cell(null),
            "accounting": printed(accounting(frames["validity"])),
            "worst_questions": printed(worst_questions(frames["validity"])),
        }
    )


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


def contents(arguments: argparse.Namespace) -> dict[str, Any]:
    """Read everything that the page shows.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    dict
        What the template needs, by name.
    """
    paths = {name: getattr(arguments, name) for name in TABLES}
    frames = {name: tables.read(path, TABLES[name]) for name, path in paths.items()}
    provenance = tables.joined_provenance(paths.values())
    summaries = (frames["map_summary"], frames["alignment_summary"], frames["oracle_agreement"])
    map_headline, _, oracle_headline = main_headlines(*summaries)
    told = {path: opening_comment(path) for path in arguments.reference}
    told |= {path: instrument_words(path) for path in arguments.instruments}
    config = read_config(arguments.config)
    return {
        "study": arguments.study,
        "model": arguments.model,
        "condition": arguments.condition,
        "synthetic": wording.synthetic_marks(provenance),
        "wording": wording,
        "headlines": [
            map_headline,
            *alignment_headlines(frames["alignment_summary"]),
            *worth_headlines(frames["alignment_scores"], frames["discrimination"]),
            oracle_headline,
            *core_headlines(frames["core_variables"]),
        ],
        "lens": lens_frames(frames),
        "paper": PAPER_ALIGNMENT,
        "pictures": {
            picture.name: picture for picture in pictures(arguments.figures, arguments.captions)
        },
        "biographies": example_biographies(frames["biographies"]),
        "n_personas": frames["biographies"].height,
        "costs": read_costs(arguments.stats),
        "provenance": provenance,
        "config": config,
        "config_text": yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        "data": sources([*arguments.instruments, *arguments.reference], told),
        "texts": sources(arguments.prompts, {}),
    }


def render(page: Mapping[str, Any]) -> str:
    """Return the page; every text is escaped.

    Parameters
    ----------
    page : mapping of str to value
        From `contents`.

    Returns
    -------
    str
        HTML.
    """
    environment = Environment(
        loader=PackageLoader("valuescape"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(page)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("study", "model", "condition"):
        options.add_argument(f"--{name}", required=True)
    for name in TABLES:
        options.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True)
    for name in ("figures", "captions", "stats", "instruments", "reference", "prompts"):
        options.add_argument(f"--{name}", type=Path, nargs="*", default=[])
    options.add_argument("--config", type=Path, required=True)
    options.add_argument("--output", type=Path, required=True)
    return options


def main(argv: Sequence[str] | None = None) -> None:
    """Read tables, figures and sources and write the page."""
    arguments = parser().parse_args(argv)
    page = render(contents(arguments))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run(main)
