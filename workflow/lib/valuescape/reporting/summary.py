"""Close a study: what was made and where, what was asked, how fast, and the headline numbers.

Model and condition of a table are the folders in which it lies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.files import write_text
from valuescape.core.wording import NOT_PEOPLE, interval, marks, number
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.comparison.costs import Cost, read_costs
from valuescape.lenses.comparison.headlines import Headline, summary_headlines
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.surface import tables as surface_tables
from valuescape.study.judging import NAME as JUDGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 78
SUMMARISED = {
    table.name: table
    for table in (
        map_tables.MAP_SUMMARY,
        alignment_tables.ALIGNMENT_SUMMARY,
        alignment_tables.ALIGNMENT_SCORES,
        alignment_tables.DISCRIMINATION,
        moral_tables.ORACLE_AGREEMENT,
        quality_tables.VALIDITY,
        robustness_tables.ROBUSTNESS,
        surface_tables.SURFACE_QUANTITIES,
    )
}
"""The tables of a model and condition that are read, by name."""


@dataclass(frozen=True)
class ConditionResults:
    """What is summarised of one model under one condition.

    Attributes
    ----------
    model, condition : str
        Their names.
    marks : dict of str to str
        What of it is synthetic or predicted, and what that means.
    validity : DataFrame
        Table VALIDITY.
    headlines : list of Headline
        The headline numbers.
    """

    model: str
    condition: str
    marks: dict[str, str]
    validity: pl.DataFrame
    headlines: list[Headline]


@dataclass(frozen=True)
class Projection:
    """The full study, as the config tells it.

    Attributes
    ----------
    personas : int
        How many there are.
    tokens_per_second : dict of str to float
        Of one GPU, by kind of stage.
    requests_per_second : float
        Of the process that keeps it busy.
    """

    personas: int
    tokens_per_second: dict[str, float]
    requests_per_second: float

    @classmethod
    def parse(cls, text: str) -> Projection:
        """Return what stands in one line of JSON."""
        return cls(**json.loads(text))


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


def projection_lines(costs: Sequence[Cost], projection: Projection) -> list[str]:
    """Return what the stages would take for the personas of the full study.

    Parameters
    ----------
    costs : sequence of Cost
        Of this study; a stage's first word names its kind.
    projection : Projection
        The full study.

    Returns
    -------
    list of str
        One line a stage with anything asked, and what they rest on.
    """
    lines = [
        f"{projection.personas:,} personas, from the tokens an answer took here (another tokenizer",
        "counts otherwise) and the speeds in the config, at most",
        f"{projection.requests_per_second:,.0f} requests/s; start-up of the jobs comes on top.",
    ]
    for cost in costs:
        is_judge = cost.stage == JUDGE
        kind = "responses" if is_judge else cost.stage.split()[0]
        # the judge reads as many biographies of a larger study
        personas = round(cost.n_personas) if is_judge else projection.personas
        speed = projection.tokens_per_second[kind]
        hours = cost.projected_hours(personas, speed, projection.requests_per_second)
        lines.append(
            f"{cost.model}, {cost.stage}: {number(hours, 1)} GPU hours at {speed:,.0f} tokens/s"
        )
    return lines


def validity_lines(validity: pl.DataFrame) -> list[str]:
    """Return one line a stage: what was asked and what became of it.

    Parameters
    ----------
    validity : DataFrame
        `lenses.quality.tables.VALIDITY`.

    Returns
    -------
    list of str
        Counts of every outcome.
    """
    outcomes = ("asked", "valid", "refused", "malformed", "truncated", "out_of_range", "set_aside")
    sums = validity.group_by("stage").agg(pl.col("not_asked", *outcomes).sum()).sort("stage")
    lines = []
    for stage, left_out, asked, valid, *others in sums.iter_rows():
        share = f" ({100 * valid / asked:.1f} %)" if asked else ""
        counted = zip(others, outcomes[2:], strict=True)
        # most studies set nothing aside
        rest = ", ".join(f"{n:,} {name}" for n, name in counted if n or name != "set_aside")
        rest += f", {left_out:,} not asked" if left_out else ""
        lines.append(f"{stage.replace('_', ' ')}: {asked:,} asked, {valid:,} valid{share}, {rest}")
    return lines


def headline_lines(headline: Headline) -> list[str]:
    """Return a headline number with its interval, baseline and ceiling.

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
        f"  estimate           {number(headline.estimate)}  (95 % interval {sure})",
        f"  no-skill baseline  {number(headline.baseline)}  ({headline.baseline_is})",
        f"  ceiling            {number(headline.ceiling)}  ({headline.ceiling_is})",
    ]
    if headline.estimate is None and headline.undefined_because:
        lines.append(f"  not defined: {headline.undefined_because}")
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


def read_results(model: str, condition: str, files: Mapping[str, Path]) -> ConditionResults:
    """Read what is summarised of one model under one condition.

    Parameters
    ----------
    model, condition : str
        Their names.
    files : mapping of str to Path
        By the names of `SUMMARISED`; a lens whose questions are not asked in the language of the
        condition, or that needs configurations that are not known, has none.

    Returns
    -------
    ConditionResults
        Its headline numbers are in the order of the lenses.
    """
    frames = {
        name: tables.read(files[name], table) if name in files else table.without_rows()
        for name, table in SUMMARISED.items()
    }
    found = marks(tables.joined_provenance(files.values()))
    found |= quality_tables.low_mass(frames["validity"])
    return ConditionResults(model, condition, found, frames["validity"], summary_headlines(frames))


def condition_lines(results: ConditionResults) -> list[str]:
    """Return what is said of a model and condition: its marks, counts, headline numbers."""
    lines = ["", f"Model {results.model}, condition {results.condition}", "-" * WIDTH]
    for marked in results.marks.items():
        lines += marked
    lines += validity_lines(results.validity)
    for headline in results.headlines:
        lines += ["", *headline_lines(headline)]
    return lines


def side_by_side(results: Sequence[ConditionResults]) -> list[str]:
    """Return the headline numbers of all models and conditions below one another, by lens.

    Parameters
    ----------
    results : sequence of ConditionResults
        At least two, else there is nothing to compare.

    Returns
    -------
    list of str
        A heading and a block a lens; empty for a single model and condition.
    """
    if len(results) < 2:  # noqa: PLR2004 - nothing stands beside a single one
        return []
    lines = ["", "Side by side (estimate, 95 % interval, no-skill baseline)", "-" * WIDTH]
    names = [
        f"{each.model}, {each.condition}" + "".join(f" ({mark})" for mark in each.marks)
        for each in results
    ]
    width = max(map(len, names))
    for lens in zip(*(each.headlines for each in results), strict=True):
        lines.append(f"{lens[0].lens}: {lens[0].measure}")
        for name, headline in zip(names, lens, strict=True):
            sure = interval(headline.ci_low, headline.ci_high)
            numbers = f"{number(headline.estimate):>7}  {sure}  {number(headline.baseline)}"
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


def by_condition(
    paths: Mapping[str, Sequence[Path]],
) -> dict[tuple[str, str], dict[str, Path]]:
    """Return the tables of each model and condition.

    Parameters
    ----------
    paths : mapping of str to sequence of Path
        By the names of `SUMMARISED`.

    Returns
    -------
    dict of (model, condition) to dict of str to Path
        Sorted; by the same names.
    """
    found: dict[tuple[str, str], dict[str, Path]] = {}
    for name, files in paths.items():
        for path in files:
            found.setdefault(condition_of(path), {})[name] = path
    return dict(sorted(found.items()))


@command
def main(
    *,
    study: str,
    map_summary: list[Path],
    alignment_summary: list[Path],
    alignment_scores: list[Path],
    discrimination: list[Path],
    oracle_agreement: list[Path],
    validity: list[Path],
    robustness: list[Path] | None = None,
    surface_quantities: list[Path] | None = None,
    stats: list[Path],
    figures: list[Path],
    reports: list[Path],
    projection: Projection,
    summary: Path,
) -> None:
    """Read the tables of all models and conditions and write the summary."""
    paths = {
        "map_summary": map_summary,
        "alignment_summary": alignment_summary,
        "alignment_scores": alignment_scores,
        "discrimination": discrimination,
        "oracle_agreement": oracle_agreement,
        "validity": validity,
        "robustness": robustness or [],
        "surface_quantities": surface_quantities or [],
    }
    results = [read_results(*key, files) for key, files in by_condition(paths).items()]
    lines = [f"Study {study}", "=" * WIDTH, NOT_PEOPLE]
    for each in results:
        lines += condition_lines(each)
    lines += side_by_side(results)
    lines += ["", "Cost (seconds are sums over shards)", "-" * WIDTH]
    costs = read_costs(stats)
    lines += [cost_line(cost) for cost in costs]
    lines += ["", "What the full study would take", "-" * WIDTH]
    lines += projection_lines(costs, projection)
    lines += ["", "Reports and figures", "-" * WIDTH]
    lines += place_lines(figures, reports)
    write_text(summary, "\n".join(lines) + "\n")


if __name__ == "__main__":
    run(main)
