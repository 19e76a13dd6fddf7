"""Figure: alignment of personas beside no-skill baselines, other humans and the same humans.

A value of alignment means nothing by itself: every panel holds the no-skill baselines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from valuescape.figures import style
from valuescape.lenses.alignment.tables import question_set_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COMPARATORS = {
    "human_floor": "Same humans, drawn again (floor)",
    "human_pooled": "Humans of all other groups",
    "human_other_mean": "Humans of another group",
    "human_other_worst": "Humans of the farthest group",
    "design_adherent_weighted": "Answers as configured, weighted",
    "design_adherent": "Answers as configured (no LLM)",
    "personas_weighted": "LLM personas, weighted",
    "persona": "LLM personas",
    "persona_conditions": "LLM personas, all conditions",
    "persona_shuffled": "LLM personas of all groups",
    "configuration_only": "LLM given the configuration",
    "demographics_only": "LLM given demographics",
    "null_prompt": "LLM given no persona",
    "uniform": "Uniform answers (no skill)",
    "majority": "Commonest answer (no skill)",
}
"""Comparators from the top down, and their labels."""
AGGREGATES = {
    "cell_mean": "a  Mean of cells",
    "respondent_weighted": "b  By respondents",
    "persona_weighted": "c  By personas",
    "country_weighted": "d  By countries",
    "world": "e  All as one group",
}
PAPER = (0.790, 0.809)
"""Range of weighted alignment that arXiv:2601.22396 reports; which weights it means is not said."""
STYLES = (("o", style.BLACK), ("s", style.BLUE), ("^", style.VERMILION), ("D", style.GREEN))
HALF_ROW = 0.3
BOLD = ("personas_weighted", "persona")


def shown(summary: pl.DataFrame) -> list[str]:
    """Return the comparators of a summary from the top down.

    Returns
    -------
    list of str
        Those that stand in it, also where no condition asked them.
    """
    found = set(summary["comparator"])
    return [name for name in COMPARATORS if name in found]


def plotted(summary: pl.DataFrame) -> pl.DataFrame:
    """Return the points and intervals of the figure.

    Returns
    -------
    DataFrame
        The summary's columns with ``height``, the place of a point over the axis.
    """
    sizes = summary["question_set"].unique().sort(descending=True).to_list()
    comparators = shown(summary)
    step = 2 * HALF_ROW / max(len(sizes) - 1, 1)
    order = pl.col("comparator").replace_strict({a: i for i, a in enumerate(comparators)})
    question_set = pl.col("question_set").replace_strict({q: i for i, q in enumerate(sizes)})
    if summary.is_empty():
        return summary.with_columns(pl.lit(None, pl.Float64).alias("height"))
    return summary.with_columns(
        (-(order.cast(pl.Float64)) + HALF_ROW - step * question_set.cast(pl.Float64)).alias(
            "height"
        )
    ).sort("aggregate", "height", descending=[False, True])


@style.styled
def draw(summary: pl.DataFrame) -> Figure:
    """Draw one panel an aggregate, with all comparators and question sets.

    Returns
    -------
    Figure
        Farther right is nearer to the humans.
    """
    marks = plotted(summary)
    sizes = marks["question_set"].unique().sort(descending=True).to_list()
    comparators = shown(summary)
    figure = style.new_figure(style.WIDTH_DOUBLE, 1.4 + 0.28 * max(len(comparators), 4))
    grid = figure.add_gridspec(
        2, len(AGGREGATES), height_ratios=(0.28 * max(len(comparators), 4), 0.3)
    )
    first: Axes | None = None
    for column, (aggregate, title) in enumerate(AGGREGATES.items()):
        axes = figure.add_subplot(grid[0, column], sharex=first, sharey=first)
        _draw_panel(axes, marks.filter(pl.col("aggregate") == aggregate), sizes, comparators)
        axes.set_title(title)
        axes.set_xlabel("Alignment")
        if first is None:
            axes.set_yticks(
                [-i for i in range(len(comparators))], [COMPARATORS[name] for name in comparators]
            )
            for label, name in zip(axes.get_yticklabels(), comparators, strict=True):
                label.set_fontweight("bold" if name in BOLD else "normal")
            first = axes
        else:
            axes.tick_params(labelleft=False, left=False)
    handles: list[Line2D | Patch] = [
        Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            markersize=3.4,
            label=question_set_words(size, sizes),
        )
        for size, (marker, colour) in zip(sizes, STYLES, strict=False)
    ]
    handles.append(Line2D([], [], color=style.GREY, marker="o", markersize=3.4, linestyle="none",
                          markerfacecolor="white", label="with noise taken off"))  # fmt: skip
    handles.append(Patch(facecolor=style.PALE, label="range that arXiv:2601.22396 reports"))
    style.legend_below(figure.add_subplot(grid[1, :]), handles, columns=2)
    return figure


def _draw_panel(
    axes: Axes, rows: pl.DataFrame, sizes: Sequence[int], comparators: Sequence[str]
) -> None:
    axes.axvspan(*PAPER, color=style.PALE, zorder=0, linewidth=0)
    for size, (marker, colour) in zip(sizes, STYLES, strict=False):
        points = rows.filter(pl.col("question_set") == size)
        x, y = points["alignment"].to_numpy(), points["height"].to_numpy()
        known = points.drop_nulls(["ci_low", "ci_high"])
        axes.hlines(known["height"].to_numpy(), known["ci_low"].to_numpy(),
                    known["ci_high"].to_numpy(), color=colour, linewidth=1.1, zorder=2)  # fmt: skip
        axes.plot(x, y, linestyle="none", marker=marker, markersize=2.6, color=colour, zorder=3)
        corrected = points["corrected"].to_numpy()
        axes.plot(corrected, y, linestyle="none", marker=marker, markersize=2.6, color=colour,
                  markerfacecolor="white", markeredgewidth=0.6, zorder=4)  # fmt: skip
    axes.grid(axis="x")
    axes.set_ylim(-max(len(comparators), 1) + 0.5, 0.5)
    for place in (-comparators.index(name) for name in BOLD if name in comparators):
        axes.axhspan(place - 0.5, place + 0.5, facecolor="none", edgecolor=style.GREY,
                     linewidth=0.5, linestyle=":")  # fmt: skip
    unknown = rows.filter(pl.col("alignment").is_null()).unique("comparator")
    for name, basis in unknown.sort("comparator").select("comparator", "basis").iter_rows():
        axes.text(
            0.02,
            -comparators.index(name),
            basis.partition(":")[0],
            transform=axes.get_yaxis_transform(),
            color=style.GREY,
            fontsize=style.SMALL,
            style="italic",
            verticalalignment="center",
        )


def footer(summary: pl.DataFrame, cells: pl.DataFrame) -> str:
    """Return which groups are averaged, and how many personas stand behind a cell."""
    of_groups = summary.filter(pl.col("aggregate") == "cell_mean").sort("n_cells", descending=True)
    groups = str(of_groups["groups"][0] or "") if of_groups.height else ""
    groups = groups.replace(" countries)", ")")
    averaged = cells.filter(pl.col("group") != "all", pl.col("left_out").is_null())
    n = style.counted(averaged["n_personas"], "personas a cell")
    return f"{n}; groups and their countries: {groups or 'none'}"
