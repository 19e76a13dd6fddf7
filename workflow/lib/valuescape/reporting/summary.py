"""Close a study: what was made and where, what was asked, how fast, and the headline numbers.

    python -m valuescape.reporting.summary --study NAME --map-summary F... --alignment-summary F... \
        --alignment-scores F... --discrimination F... \
        --oracle-agreement F... --validity F... --stats F... --figures F... --reports F... \
        --projection JSON --output F

Model and condition of a table are the folders in which it lies.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.core.wording import NOT_PEOPLE, interval, number, synthetic_marks
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.reporting.costs import Cost, read_costs
from valuescape.reporting.headlines import Headline, main_headlines, worth_headlines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 78
SUMMARISED = (
    "map_summary",
    "alignment_summary",
    "alignment_scores",
    "discrimination",
    "oracle_agreement",
    "validity",
)
"""The tables of a model and condition that are read."""


def cost_line(cost: Cost) -> str:
    """Return what a stage cost, in a line.

    Parameters
    ----------
    cost : Cost
        Of a stage of a model.

    Returns
    -------
    str
        Shards, requests, tokens, seconds and speed.
    """
    return (
        f"{cost.model}, {cost.stage}: {cost.shards} shards, {cost.n_requests:,} requests, "
        f"{cost.prompt_tokens:,} prompt and {cost.output_tokens:,} output tokens, "
        f"{number(cost.prefix_hit_rate, 2)} of the prompts from the prefix cache, "
        f"{cost.seconds_ask:,.0f} s asking and {cost.seconds_load:,.0f} s loading, "
        f"{number(cost.output_tokens_per_second, 1)} output tokens/s"
        + (
            f"; {cost.n_taken_over:,} answers of earlier jobs taken over, their cost not counted"
            if cost.n_taken_over
            else ""
        )
    )


def projection_lines(
    costs: Sequence[Cost], personas: int, speeds: Mapping[str, float]
) -> list[str]:
    """Return what the stages would take for the personas of the full study.

    Parameters
    ----------
    costs : sequence of Cost
        Of this study; a stage's first word names its kind.
    personas : int
        Of the full study.
    speeds : mapping of str to float
        Kind of stage to tokens computed a second.

    Returns
    -------
    list of str
        One line a stage with anything asked, and what they rest on.
    """
    lines = [
        f"{personas:,} personas, from the tokens an answer took here (another tokenizer counts",
        "otherwise) and the speed in the config; start-up of the jobs comes on top.",
    ]
    for cost in costs:
        speed = speeds[cost.stage.split()[0]]
        hours = cost.projected_hours(personas, speed)
        lines.append(
            f"{cost.model}, {cost.stage}: {number(hours, 1)} GPU hours at {speed:,.0f} tokens/s"
        )
    return lines


def validity_lines(validity: pl.DataFrame) -> list[str]:
    """Return one line a stage: what was asked and what became of it.

    Parameters
    ----------
    validity : DataFrame
        `lens_tables.VALIDITY`.

    Returns
    -------
    list of str
        Counts of every outcome.
    """
    outcomes = ("asked", "valid", "refused", "malformed", "truncated", "out_of_range")
    sums = validity.group_by("stage").agg(pl.col(outcomes).sum()).sort("stage")
    lines = []
    for stage, asked, valid, *others in sums.iter_rows():
        share = f" ({100 * valid / asked:.1f} %)" if asked else ""
        rest = ", ".join(f"{n:,} {name}" for n, name in zip(others, outcomes[2:], strict=True))
        lines.append(f"{stage.replace('_', ' ')}: {asked:,} asked, {valid:,} valid{share}, {rest}")
    return lines


def headline_lines(headline: Headline) -> list[str]:
    """Return a headline number with its interval, baseline and best.

    Parameters
    ----------
    headline : Headline
        The number.

    Returns
    -------
    list of str
        Lines, the first one naming the lens.
    """
    sure = interval(headline.ci_low, headline.ci_high)
    lines = [
        f"{headline.lens}: {headline.measure}",
        f"  estimate {number(headline.estimate)}  (95 % interval {sure})",
        f"  no skill {number(headline.no_skill)}  ({headline.no_skill_is})",
        f"  best     {number(headline.best)}  ({headline.best_is})",
    ]
    if headline.estimate is None and headline.undefined_if:
        lines.append(f"  not defined where {headline.undefined_if}")
    return [*lines, f"  {headline.beside}"] if headline.beside else lines


def condition_of(path: Path) -> tuple[str, str]:
    """Return model and condition of a table at ``.../model/condition/lens/table.parquet``.

    Parameters
    ----------
    path : Path
        The table.

    Returns
    -------
    model, condition : str
        The folders' names.
    """
    return path.parts[-4], path.parts[-3]


def condition_lines(files: Mapping[str, Path]) -> list[str]:
    """Return the section of one model and condition.

    Parameters
    ----------
    files : mapping of str to Path
        By the names of `SUMMARISED`.

    Returns
    -------
    list of str
        Marks of what is synthetic, accounting, headline numbers.
    """
    lines: list[str] = []
    for marked in synthetic_marks(tables.joined_provenance(files.values())).items():
        lines += marked
    validity = tables.read(files["validity"], quality_tables.VALIDITY)
    lines += validity_lines(validity)
    for headline in headlines_of(files):
        lines += ["", *headline_lines(headline)]
    return lines


def headlines_of(files: Mapping[str, Path]) -> tuple[Headline, ...]:
    """Return the headline numbers of one model and condition, in the order of the lenses."""
    first, alignment, last = main_headlines(
        tables.read(files["map_summary"], map_tables.MAP_SUMMARY),
        tables.read(files["alignment_summary"], alignment_tables.ALIGNMENT_SUMMARY),
        tables.read(files["oracle_agreement"], moral_tables.ORACLE_AGREEMENT),
    )
    worth = worth_headlines(
        tables.read(files["alignment_scores"], alignment_tables.ALIGNMENT_SCORES),
        tables.read(files["discrimination"], alignment_tables.DISCRIMINATION),
    )
    return first, alignment, *worth, last


def side_by_side(sections: Mapping[tuple[str, str], Mapping[str, Path]]) -> list[str]:
    """Return the headline numbers of all models and conditions below one another, by lens.

    Parameters
    ----------
    sections : mapping of (model, condition) to files
        At least two, else there is nothing to compare.

    Returns
    -------
    list of str
        A heading and a block a lens; empty for a single model and condition.
    """
    if len(sections) < 2:  # noqa: PLR2004 - nothing stands beside a single one
        return []
    lines = ["", "Side by side (estimate, 95 % interval, no skill)", "-" * WIDTH]
    names = {key: f"{key[0]}, {key[1]}" for key in sorted(sections)}
    for key in names:
        for mark in synthetic_marks(tables.joined_provenance(sections[key].values())):
            names[key] += f" ({mark})"
    width = max(map(len, names.values()))
    for lens in zip(*(headlines_of(sections[key]) for key in names), strict=True):
        lines.append(f"{lens[0].lens}: {lens[0].measure}")
        for name, headline in zip(names.values(), lens, strict=True):
            sure = interval(headline.ci_low, headline.ci_high)
            numbers = f"{number(headline.estimate):>7}  {sure}  {number(headline.no_skill)}"
            lines.append(f"  {name:<{width}}  {numbers}")
    return lines


def place_lines(figures: Sequence[Path], reports: Sequence[Path]) -> list[str]:
    """Return where reports and figures lie.

    Parameters
    ----------
    figures, reports : sequence of Path
        The files.

    Returns
    -------
    list of str
        Each report, and each folder of figures with the figures' names.
    """
    folders: dict[Path, list[str]] = {}
    for figure in figures:
        names = folders.setdefault(figure.parent, [])
        if figure.stem not in names:
            names.append(figure.stem)
    lines = [str(report) for report in reports]
    for folder, names in folders.items():
        lines += [f"{folder}/", f"  {', '.join(names)}"]
    return lines


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--study", required=True)
    for name in SUMMARISED:
        options.add_argument(f"--{name.replace('_', '-')}", type=Path, nargs="+", required=True)
    for name in ("stats", "figures", "reports"):
        options.add_argument(f"--{name}", type=Path, nargs="*", default=[])
    options.add_argument("--projection", type=json.loads, required=True, help="JSON object")
    options.add_argument("--output", type=Path, required=True)
    return options


def main(argv: Sequence[str] | None = None) -> None:
    """Read the tables of all models and conditions and write the summary."""
    arguments = parser().parse_args(argv)
    sections: dict[tuple[str, str], dict[str, Path]] = {}
    for name in SUMMARISED:
        for path in getattr(arguments, name):
            sections.setdefault(condition_of(path), {})[name] = path
    lines = [f"Study {arguments.study}", "=" * WIDTH, NOT_PEOPLE]
    for (model, condition), files in sorted(sections.items()):
        lines += ["", f"Model {model}, condition {condition}", "-" * WIDTH]
        lines += condition_lines(files)
    lines += side_by_side(sections)
    lines += ["", "Cost (seconds are sums over shards)", "-" * WIDTH]
    costs = read_costs(arguments.stats)
    lines += [cost_line(cost) for cost in costs]
    projected = arguments.projection
    lines += ["", "What the full study would take", "-" * WIDTH]
    lines += projection_lines(costs, projected["personas"], projected["tokens_per_second"])
    lines += ["", "Reports and figures", "-" * WIDTH]
    lines += place_lines(arguments.figures, arguments.reports)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
