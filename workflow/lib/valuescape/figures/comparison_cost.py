"""Figure: what an answer costs, against the alignment that a model reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.ticker import LogLocator

from valuescape.figures import compared_runs, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from valuescape.figures.compared_runs import Look

PANELS = {
    "tokens_per_answer": ("a  Tokens", "Tokens computed for an answer"),
    "seconds_per_answer": ("b  Seconds", "Seconds for an answer, summed over shards"),
}
# From this ratio of the dearest to the cheapest on, costs are drawn by their logarithm.
WIDE = 10.0


def plotted(costs: pl.DataFrame) -> pl.DataFrame:
    """Return what the figure shows: the table of costs, with the names of the runs."""
    names = {name: look.label for name, look in compared_runs.looks_of(costs["run"]).items()}
    return costs.with_columns(pl.col("run").replace_strict(names).alias("label"))


@style.styled
def draw(costs: pl.DataFrame) -> Figure:
    """Draw a point for each run, in tokens and in seconds.

    Returns
    -------
    Figure
        Two panels with one vertical axis.
    """
    marks = plotted(costs)
    known = marks.drop_nulls([*PANELS, "skill"])["run"]
    looks = compared_runs.looks_of(costs["run"], set(known))
    columns = compared_runs.legend_columns(looks.values())
    legend = compared_runs.legend_height(len(looks), columns)
    figure = style.new_figure(style.WIDTH_DOUBLE, 2.7 + legend)
    grid = figure.add_gridspec(2, 2, height_ratios=(2.2, legend))
    left = figure.add_subplot(grid[0, 0])
    right = figure.add_subplot(grid[0, 1], sharey=left)
    for axes, (column, (title, label)) in zip((left, right), PANELS.items(), strict=True):
        _draw_costs(axes, marks, looks, column)
        axes.set_title(title)
        axes.set_xlabel(label)
    left.set_ylabel("Alignment, rescaled\n(0 uniform answers, 1 ceiling)")
    right.tick_params(labelleft=False)
    style.legend_below(
        figure.add_subplot(grid[1, :]), compared_runs.handles(looks.values()), columns=columns
    )
    return figure


def _draw_costs(axes: Axes, marks: pl.DataFrame, looks: dict[str, Look], column: str) -> None:
    axes.grid()
    axes.axhline(0.0, color=style.BLACK, linestyle=":", linewidth=0.9, zorder=2)
    known = marks.drop_nulls([column, "skill"])
    for row in known.iter_rows(named=True):
        look, x = looks[row["run"]], row[column]
        if row["skill_low"] is not None:
            axes.plot([x, x], [row["skill_low"], row["skill_high"]], color=look.colour,
                      linewidth=1.2, zorder=3)  # fmt: skip
        axes.plot([x], [row["skill"]], **compared_runs.point(look), zorder=4)
    values = known[column].to_numpy()
    if len(values) and values.min() > 0 and values.max() / values.min() > WIDE:
        axes.set_xscale("log")
        # plain numbers: the style prints no mathematics
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    else:
        axes.set_xlim(left=0.0)
        axes.locator_params(axis="x", nbins=5)


def footer(costs: pl.DataFrame) -> str:
    """Return how many answers stand behind a point, for the footer."""
    return style.counted(costs["n_answers"], "answers a run")
