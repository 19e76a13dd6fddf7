"""Lay all models and conditions of a study beside each other, and those of another study too."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from valuescape.answers.distributions import (
    BETWEEN_FIELDS,
    group_labels,
    human_arrays,
    option_columns,
)
from valuescape.answers.expected import Readout, require_same_personas
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.humans import tables as human_tables
from valuescape.humans.distributions import ALL
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.groups import Least
from valuescape.lenses.alignment.summary import question_sets
from valuescape.lenses.comparison import tables as comparison_tables
from valuescape.lenses.comparison.costs import read_costs
from valuescape.lenses.comparison.differences import Humans, RunAnswers, differences
from valuescape.lenses.comparison.headlines import Headline, summary_headlines
from valuescape.lenses.comparison.runs import RESULTS, Run, pairs_of
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.clouds import inside_hull
from valuescape.lenses.cultural_map.positions import read_centroids
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats.emd import grid_of
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

AXES = map_tables.AXES
WITHIN_HULL = "within_hull"
CLOUDS = ("persona", "persona_drawn", "design")
SKILL = "Alignment, rescaled"
"""The lens of the headline that cost is set against."""


@dataclass(frozen=True)
class RunResults:
    """A run with the tables that are read of it.

    Attributes
    ----------
    run : Run
        Whose.
    frames : dict of str to DataFrame
        By the names of `RESULTS`.
    headlines : list of Headline
        Those of the closing summary.
    """

    run: Run
    frames: dict[str, pl.DataFrame]
    headlines: list[Headline]

    @classmethod
    def read(cls, each: Run) -> RunResults:
        """Read the tables of a run; one that cannot be made of its respondents has no rows."""
        frames = {entry.name: entry.without_rows() for entry in RESULTS}
        frames |= {entry.name: tables.read(each.table(entry), entry) for entry in each.results}
        return cls(each, frames, summary_headlines(frames))


def require_same_space(first: Path, second: Path) -> None:
    """Refuse two studies in which a number of a persona is not the same configuration.

    Parameters
    ----------
    first, second : Path
        Their tables PERSONAS.

    Raises
    ------
    UserError
        If the cultural variables differ, or a persona's levels.
    """
    one, other = (tables.read(path, study_tables.PERSONAS) for path in (first, second))
    hint = "compare studies of one persona space"
    if one.schema != other.schema:
        msg = f"{second} has variables {other.columns[1:]}, and {first} {one.columns[1:]}"
        raise UserError(msg, hint=hint)
    shared = one.join(other, on="persona_id", how="semi").height
    equal = one.join(other, on=one.columns, how="semi").height
    if equal < shared:
        msg = f"{shared - equal} personas of {second} have other levels than in {first}"
        raise UserError(msg, hint=hint)


def read_answers(
    results: RunResults,
    instrument: Instrument,
    grouping: Sequence[str],
    groups: Sequence[str],
    corners: NDArray[np.float64],
) -> RunAnswers:
    """Read what is compared of a run, persona by persona.

    Parameters
    ----------
    results : RunResults
        The run.
    instrument : Instrument
        What was asked.
    grouping : sequence of str
        Fields of a biography that make the groups.
    groups : sequence of str
        The groups of humans.
    corners : ndarray of float64, shape (n_countries, 2)
        Countries on the map.

    Returns
    -------
    RunAnswers
        In the order of the personas' ids.
    """
    each, frames = results.run, results.frames
    responses = tables.read(each.responses, study_tables.RESPONSES)
    fields = ["persona_id", *grouping]
    people = tables.read(each.biographies, study_tables.BIOGRAPHIES, fields).sort("persona_id")
    positions, scores = (
        frames[entry.name] for entry in (map_tables.POSITIONS, moral_tables.FOUNDATION_SCORES)
    )
    for frame in (people, positions, scores):
        require_same_personas(responses, frame, f"the responses and other tables of {each.name}")
    places = positions.select(AXES).to_numpy()
    inside = np.where(np.isfinite(places).all(axis=1), inside_hull(places, corners), np.nan)
    values = dict(zip(AXES, places.T, strict=True)) | {WITHIN_HULL: inside}
    values |= {name: scores[name].to_numpy() for name in FOUNDATIONS}
    labels = group_labels(people, grouping)
    numbers = labels.replace_strict(
        groups, range(len(groups)), default=len(groups), return_dtype=pl.Int64
    ).to_numpy()
    return RunAnswers(
        each.name,
        None if each.respondents == "other" else responses["persona_id"].to_numpy(),
        values,
        option_columns(responses, instrument, cast("Readout", each.condition.readout)),
        numbers,
        counted_cells(frames[alignment_tables.ALIGNMENT_CELLS.name], instrument, groups),
        {headline.lens: headline for headline in results.headlines},
    )


def compared_questions(instrument: Instrument) -> NDArray[np.bool_]:
    """Return which questions count: those that did not configure the personas, if there are any."""
    sets = list(question_sets(instrument).values())
    return sets[min(1, len(sets) - 1)]


def counted_cells(
    cells: pl.DataFrame, instrument: Instrument, groups: Sequence[str]
) -> NDArray[np.bool_]:
    """Return which cells of a run count.

    Parameters
    ----------
    cells : DataFrame
        Table ALIGNMENT_CELLS.
    instrument : Instrument
        The questions.
    groups : sequence of str
        The groups.

    Returns
    -------
    ndarray of bool, shape (n_groups + 1, n_questions)
        Last: everybody as one group.
    """
    kept = cells.filter(pl.col("left_out").is_null()).select("group", "question").rows()
    counted = set(kept)
    found = [
        [(group, question.id) in counted for question in instrument.questions]
        for group in (*groups, ALL)
    ]
    return np.array(found) & compared_questions(instrument)


def headline_table(results: Sequence[RunResults]) -> pl.DataFrame:
    """Return table COMPARISON_HEADLINES."""
    rows = [
        (
            each.run.name, headline.lens, each.run.study, each.run.model, each.run.condition.name,
            headline.measure, headline.estimate, headline.ci_low, headline.ci_high,
            headline.baseline, headline.ceiling,
            (headline.undefined_because or None) if headline.estimate is None else None,
        )
        for each in results
        for headline in each.headlines
    ]  # fmt: skip
    schema = comparison_tables.COMPARISON_HEADLINES.columns
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def position_table(results: Sequence[RunResults]) -> pl.DataFrame:
    """Return table COMPARISON_POSITIONS."""
    return pl.concat(
        each.frames[map_tables.MAP_SUMMARY.name]
        .filter(pl.col("object").is_in(CLOUDS))
        .select(pl.lit(each.run.name).alias("run"), pl.all())
        for each in results
    )


def foundation_table(results: Sequence[RunResults]) -> pl.DataFrame:
    """Return table COMPARISON_FOUNDATIONS."""
    return pl.concat(
        each.frames[moral_tables.FOUNDATION_PROFILES.name]
        .rename({"persona_mean": "estimate"})
        .select(
            pl.lit(each.run.name).alias("run"),
            *(pl.col(name) for name in comparison_tables.COMPARISON_FOUNDATIONS.columns
              if name != "run"),
        )
        for each in results
    )  # fmt: skip


def alignment_table(results: Sequence[RunResults], instrument: Instrument) -> pl.DataFrame:
    """Return the alignment of every run by group, over the questions that count in all of them.

    Parameters
    ----------
    results : sequence of RunResults
        The runs.
    instrument : Instrument
        The questions.

    Returns
    -------
    DataFrame
        Table COMPARISON_ALIGNMENT. A run none of whose cells of a group counts has no number
        there and takes no question from the others.
    """
    chosen = compared_questions(instrument)
    questions = [q.id for q, kept in zip(instrument.questions, chosen, strict=True) if kept]
    cells = pl.concat(
        each.frames[alignment_tables.ALIGNMENT_CELLS.name]
        .filter(pl.col("question").is_in(questions))
        .select(pl.lit(each.run.name).alias("run"), "group", "question", "n_personas",
                "left_out", "emd", "emd_floor", "emd_uniform")
        for each in results
    )  # fmt: skip
    counted = cells.filter(pl.col("left_out").is_null(), pl.col("emd").is_not_null())
    n_runs = counted.group_by("group").agg(pl.col("run").n_unique().alias("runs"))
    common = (
        counted.group_by("group", "question")
        .agg(pl.col("run").n_unique().alias("there"))
        .join(n_runs, on="group")
        .filter(pl.col("there") == pl.col("runs"))
        .select("group", "question")
    )
    means = (
        counted.join(common, on=["group", "question"])
        .group_by("run", "group")
        .agg(
            (1 - pl.col("emd").mean()).alias("alignment"),
            (1 - pl.col("emd_floor").mean()).alias("ceiling"),
            (1 - pl.col("emd_uniform").mean()).alias("uniform"),
            pl.len().cast(pl.Int64).alias("n_questions"),
        )
    )
    why = cells.group_by("run", "group").agg(
        pl.col("n_personas").max().cast(pl.Int64),
        pl.col("left_out").drop_nulls().mode().sort().first(),
    )
    reason = pl.when(pl.col("alignment").is_null()).then(
        pl.col("left_out").fill_null("no question counts in every run")
    )
    return (
        why.join(means, on=["run", "group"], how="left")
        .with_columns(reason.alias("reason"), pl.col("n_questions").fill_null(0))
        .select(*comparison_tables.COMPARISON_ALIGNMENT.columns)
    )


def cost_table(results: Sequence[RunResults]) -> pl.DataFrame:
    """Return table COMPARISON_COSTS; of a run for which nothing was asked no cost is known."""
    rows = []
    for each in results:
        skill = next(headline for headline in each.headlines if headline.lens == SKILL)
        known: tuple[int | float | str | None, ...] = (None,) * 6
        if each.run.stats:
            (cost,) = read_costs(each.run.stats)
            n = cost.n_answers or None
            known = (
                cost.n_answers, cost.computed_tokens, n and cost.computed_tokens / n,
                cost.seconds_ask, n and cost.seconds_ask / n,
                ", ".join(sorted(filter(None, cost.devices))),
            )  # fmt: skip
        rows.append((each.run.name, *known, skill.estimate, skill.ci_low, skill.ci_high))
    schema = comparison_tables.COMPARISON_COSTS.columns
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


@command
def main(
    *,
    runs: list[Run],
    inputs: list[Path],
    humans: Path,
    instrument: Path,
    centroids: Path,
    grouping: list[str],
    least: Least,
    seed: int,
    replicates: int,
    headlines: Path,
    differences_table: Path,
    positions: Path,
    alignment: Path,
    foundations: Path,
    costs: Path,
) -> None:
    """Read the tables of all runs, compare them, write the tables of the comparison."""
    of_personas = dict.fromkeys(run.personas for run in runs if run.respondents != "other")
    for first, second in pairwise(of_personas):
        require_same_space(first, second)
    asked = read_instrument(instrument)
    grid = grid_of(asked)
    people = tables.read(humans, human_tables.HUMANS)
    groups = human_arrays(people, BETWEEN_FIELDS.join(grouping), grid)
    whom = Humans(grid, groups, human_arrays(people, ALL, grid), least.personas)
    corners = read_centroids(centroids).select(AXES).to_numpy()
    results = [RunResults.read(each) for each in runs]
    answers = [read_answers(each, asked, grouping, groups.groups, corners) for each in results]
    apart = differences(answers, pairs_of(runs), whom, Draws(replicates, seed))
    made_of = tables.joined_provenance(
        [path for path in [*inputs, humans] if path.suffix == ".parquet"]
    )
    for frame, path, table in (
        (headline_table(results), headlines, comparison_tables.COMPARISON_HEADLINES),
        (apart, differences_table, comparison_tables.COMPARISON_DIFFERENCES),
        (position_table(results), positions, comparison_tables.COMPARISON_POSITIONS),
        (alignment_table(results, asked), alignment, comparison_tables.COMPARISON_ALIGNMENT),
        (foundation_table(results), foundations, comparison_tables.COMPARISON_FOUNDATIONS),
        (cost_table(results), costs, comparison_tables.COMPARISON_COSTS),
    ):
        tables.write(frame, path, table, made_of)


if __name__ == "__main__":
    run(main)
