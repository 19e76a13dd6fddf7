"""Figure: moral foundations of all models and conditions, beside those of humans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from valuescape.figures import compared_runs, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOWEST, HIGHEST = 1.0, 5.0
SPREAD = 0.7
"""Share of a foundation's room over which its runs stand side by side."""


def plotted(foundations: pl.DataFrame) -> pl.DataFrame:
    """Return what the figure shows.

    Returns
    -------
    DataFrame
        Columns of COMPARISON_FOUNDATIONS, ``label`` and the place ``x``.
    """
    looks = compared_runs.looks_of(foundations["run"])
    step = SPREAD / max(len(looks), 1)
    shift = {name: step * (k - (len(looks) - 1) / 2) for k, name in enumerate(looks)}
    return foundations.with_columns(
        pl.col("run")
        .replace_strict([*looks], [look.label for look in looks.values()])
        .alias("label"),
        (
            pl.col("foundation").replace_strict(style.FOUNDATIONS, range(len(style.FOUNDATIONS)))
            + pl.col("run").replace_strict(shift)
        ).alias("x"),
    )


@style.styled
def draw(foundations: pl.DataFrame) -> Figure:
    """Draw the runs' means side by side for each foundation, over the band of the countries.

    Returns
    -------
    Figure
        Six foundations on one scale.
    """
    marks = plotted(foundations)
    known = foundations.drop_nulls("estimate")["run"]
    looks = compared_runs.looks_of(foundations["run"], set(known))
    columns = compared_runs.legend_columns(looks.values())
    legend = compared_runs.legend_height(len(looks) + 2, columns)
    figure = style.new_figure(style.WIDTH_DOUBLE, 2.9 + legend)
    grid = figure.add_gridspec(2, 1, height_ratios=(2.4, legend))
    axes = figure.add_subplot(grid[0])
    axes.grid(axis="y")
    for place, foundation in enumerate(style.FOUNDATIONS):
        rows = marks.filter(pl.col("foundation") == foundation)
        human = rows.drop_nulls("human_mean").head(1)
        for row in human.iter_rows(named=True):
            low, high = row["human_country_min"], row["human_country_max"]
            axes.bar([place], [high - low], bottom=low, width=0.86, color=style.PALE, zorder=1)
            axes.plot([place - 0.43, place + 0.43], [row["human_mean"]] * 2, color=style.GREY,
                      linewidth=1.2, zorder=2)  # fmt: skip
    for name, look in looks.items():
        rows = marks.filter(pl.col("run") == name, pl.col("estimate").is_not_null())
        sure = rows.drop_nulls(["ci_low", "ci_high"])
        axes.vlines(sure["x"].to_numpy(), sure["ci_low"].to_numpy(), sure["ci_high"].to_numpy(),
                    color=look.colour, linewidth=1.3, zorder=3)  # fmt: skip
        axes.plot(rows["x"].to_numpy(), rows["estimate"].to_numpy(), zorder=4,
                  **compared_runs.point(look))  # fmt: skip
    axes.set_xticks(range(len(style.FOUNDATIONS)), [f.capitalize() for f in style.FOUNDATIONS])
    axes.tick_params(axis="x", length=0)
    axes.set_ylim(LOWEST - 0.1, HIGHEST + 0.1)
    axes.set_yticks(np.arange(LOWEST, HIGHEST + 1))
    axes.set_ylabel("MFQ-2 score (scale points, 1 to 5)")
    axes.set_title("Moral foundations of all models and conditions")
    handles = [
        *compared_runs.handles(looks.values()),
        Patch(facecolor=style.PALE, label="Humans: means of 19 countries"),
        Line2D([], [], color=style.GREY, linewidth=1.2, label="Humans: mean of the countries"),
    ]
    style.legend_below(figure.add_subplot(grid[1]), handles, columns=columns)
    return figure


def footer(foundations: pl.DataFrame) -> str:
    """Return how many runs are compared, for the footer."""
    return f"{foundations['run'].n_unique()} runs"
