"""Figure: alignment of personas beside what no skill, other humans and the same humans reach.

    python -m valuescape.figures.alignment_baselines --summary F --cells F --pdf F --png F --csv F

A value of alignment means nothing by itself: every panel holds what no skill reaches.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.figures import style
from valuescape.lenses.alignment import tables as alignment_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ANSWERERS = {
    "human_floor": "Same humans again (floor)",
    "human_pooled": "Humans of all other groups",
    "human_other_mean": "Humans of another group",
    "human_other_worst": "Humans of the farthest group",
    "persona": "LLM personas",
    "persona_conditions": "LLM personas, all conditions",
    "persona_shuffled": "LLM personas of any group",
    "configuration_only": "LLM told the configuration",
    "demographics_only": "LLM told demographics",
    "no_persona": "LLM told nothing",
    "uniform": "Uniform answers (no skill)",
    "majority": "Commonest answer (no skill)",
}
"""Answerers from the top down, and what a reader is told they are."""
AGGREGATES = {
    "cell_mean": "a  Mean of cells",
    "respondent_weighted": "b  By respondents",
    "persona_weighted": "c  By personas",
    "country_weighted": "d  By countries",
}
PAPER = (0.790, 0.809)
"""Range of weighted alignment that arXiv:2601.22396 reports; which weights it means is not said."""
STYLES = (("o", style.BLACK), ("s", style.BLUE), ("^", style.VERMILION))
HALF_ROW = 0.22


def shown(summary: pl.DataFrame) -> list[str]:
    """Return the answerers of a summary from the top down.

    Parameters
    ----------
    summary : DataFrame
        `lens_tables.ALIGNMENT_SUMMARY`.

    Returns
    -------
    list of str
        Those that stand in it, also where no condition asked them.
    """
    found = set(summary["answerer"])
    return [name for name in ANSWERERS if name in found]


def plotted(summary: pl.DataFrame) -> pl.DataFrame:
    """Return the points and intervals of the figure.

    Parameters
    ----------
    summary : DataFrame
        `lens_tables.ALIGNMENT_SUMMARY`.

    Returns
    -------
    DataFrame
        The summary's columns with ``height``, the place of a point over the axis.
    """
    sizes = summary["questions"].unique().sort(descending=True).to_list()
    answerers = shown(summary)
    step = 2 * HALF_ROW / max(len(sizes) - 1, 1)
    order = pl.col("answerer").replace_strict({a: i for i, a in enumerate(answerers)})
    version = pl.col("questions").replace_strict({q: i for i, q in enumerate(sizes)})
    if summary.is_empty():
        return summary.with_columns(pl.lit(None, pl.Float64).alias("height"))
    return summary.with_columns(
        (-(order.cast(pl.Float64)) + HALF_ROW - step * version.cast(pl.Float64)).alias("height")
    ).sort("aggregate", "height", descending=[False, True])


@style.styled
def draw(summary: pl.DataFrame) -> Figure:
    """Draw one panel an aggregate, with all answerers and question sets.

    Parameters
    ----------
    summary : DataFrame
        `lens_tables.ALIGNMENT_SUMMARY`.

    Returns
    -------
    Figure
        Farther right is nearer to the humans.
    """
    marks = plotted(summary)
    sizes = marks["questions"].unique().sort(descending=True).to_list()
    answerers = shown(summary)
    figure = style.new_figure(style.WIDTH_DOUBLE, 1.4 + 0.28 * max(len(answerers), 4))
    grid = figure.add_gridspec(
        2, len(AGGREGATES), height_ratios=(0.28 * max(len(answerers), 4), 0.3)
    )
    first: Axes | None = None
    for column, (aggregate, title) in enumerate(AGGREGATES.items()):
        axes = figure.add_subplot(grid[0, column], sharex=first, sharey=first)
        _draw_panel(axes, marks.filter(pl.col("aggregate") == aggregate), sizes, answerers)
        axes.set_title(title)
        axes.set_xlabel("Alignment (1 - EMD)")
        if first is None:
            axes.set_yticks(
                [-i for i in range(len(answerers))], [ANSWERERS[name] for name in answerers]
            )
            if "persona" in answerers:
                axes.get_yticklabels()[answerers.index("persona")].set_fontweight("bold")
            first = axes
        else:
            axes.tick_params(labelleft=False, left=False)
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=colour, marker=marker, markersize=3.4, label=_told(size, sizes))
        for size, (marker, colour) in zip(sizes, STYLES, strict=False)
    ]
    handles.append(Patch(facecolor=style.PALE, label="range that arXiv:2601.22396 reports"))
    style.legend_below(figure.add_subplot(grid[1, :]), handles, columns=2)
    return figure


def _draw_panel(
    axes: Axes, rows: pl.DataFrame, sizes: Sequence[int], answerers: Sequence[str]
) -> None:
    axes.axvspan(*PAPER, color=style.PALE, zorder=0, linewidth=0)
    for size, (marker, colour) in zip(sizes, STYLES, strict=False):
        points = rows.filter(pl.col("questions") == size)
        x, y = points["alignment"].to_numpy(), points["height"].to_numpy()
        known = points.drop_nulls(["ci_low", "ci_high"])
        axes.hlines(known["height"].to_numpy(), known["ci_low"].to_numpy(),
                    known["ci_high"].to_numpy(), color=colour, linewidth=1.1, zorder=2)  # fmt: skip
        axes.plot(x, y, linestyle="none", marker=marker, markersize=2.6, color=colour, zorder=3)
    axes.grid(axis="x")
    axes.set_ylim(-max(len(answerers), 1) + 0.5, 0.5)
    if "persona" in answerers:
        place = -answerers.index("persona")
        axes.axhspan(place - 0.5, place + 0.5, facecolor="none", edgecolor=style.GREY,
                     linewidth=0.5, linestyle=":")  # fmt: skip
    for name in sorted(set(rows.filter(pl.col("basis") == "not asked")["answerer"])):
        axes.text(
            0.02,
            -answerers.index(name),
            "not asked",
            transform=axes.get_yaxis_transform(),
            color=style.GREY,
            fontsize=style.SMALL,
            style="italic",
            verticalalignment="center",
        )


def _told(size: int, sizes: Sequence[int]) -> str:
    meaning = ("all", "without conditioning ones", "without near copies either")
    return f"{size} questions" + (f", {meaning[sizes.index(size)]}" if len(sizes) > 1 else "")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--summary", type=Path, required=True)
    options.add_argument("--cells", type=Path, required=True)
    style.add_targets(options)
    return options


def main(argv: Sequence[str] | None = None) -> None:
    """Read the summary, draw, save."""
    arguments = parser().parse_args(argv)
    summary = tables.read(arguments.summary, alignment_tables.ALIGNMENT_SUMMARY)
    cells = tables.read(arguments.cells, alignment_tables.ALIGNMENT_CELLS)
    style.save(
        draw(summary),
        plotted(summary),
        style.targets(arguments),
        tables.joined_provenance([arguments.summary, arguments.cells]),
        style.counted(cells["n_personas"], "personas answer a question of a group"),
    )


if __name__ == "__main__":
    run(main)
