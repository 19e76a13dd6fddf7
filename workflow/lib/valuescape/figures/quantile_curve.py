"""Figure: how far the nearest and the farthest answers of personas lie from humans.

After arXiv:2512.05024. A mean hides the cells that are answered worst; the tail shows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.figures import style
from valuescape.figures.comparators import LINES, handles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VALUE_AT_RISK = 0.9


def plotted(quantiles: pl.DataFrame) -> pl.DataFrame:
    """Return the curves and tail means of the figure.

    Returns
    -------
    DataFrame
        The same rows, those of a comparator together.
    """
    return quantiles.sort("comparator", "measure", "level")


@style.styled
def draw(quantiles: pl.DataFrame) -> Figure:
    """Draw the quantile curve of each comparator, and the mean of its worst tenth.

    Returns
    -------
    Figure
        Lower is nearer to the humans.
    """
    rows = plotted(quantiles)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.2)
    grid = figure.add_gridspec(2, 2, height_ratios=(2.4, 0.3), width_ratios=(2.2, 1))
    curves = figure.add_subplot(grid[0, 0])
    _draw_curves(curves, rows.filter(pl.col("measure") == "quantile"))
    worst = figure.add_subplot(grid[0, 1], sharey=curves)
    worst.tick_params(labelleft=False)
    _draw_worst(worst, rows)
    style.legend_below(figure.add_subplot(grid[1, :]), handles(), columns=3)
    return figure


def _draw_curves(axes: Axes, rows: pl.DataFrame) -> None:
    for comparator, line in LINES.items():
        curve = rows.filter(pl.col("comparator") == comparator)
        x = curve["level"].to_numpy()
        axes.plot(x, curve["emd"].to_numpy(), color=line.colour, linestyle=line.dashes)
        if comparator == "persona":
            axes.fill_between(x, curve["ci_low"].to_numpy(), curve["ci_high"].to_numpy(),
                              color=style.PALE, linewidth=0, zorder=0)  # fmt: skip
    axes.axvline(VALUE_AT_RISK, color=style.GREY, linewidth=0.5, linestyle=":")
    axes.set_title("a  Quantiles over groups and questions")
    axes.set_xlabel("Share of questions of groups that are nearer")
    axes.set_ylabel("Distance from humans (EMD)")
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.grid()


def _draw_worst(axes: Axes, rows: pl.DataFrame) -> None:
    at = rows.filter(pl.col("level").is_close(VALUE_AT_RISK))
    for place, (comparator, line) in enumerate(LINES.items()):
        for shift, measure, marker in ((-0.15, "quantile", "o"), (0.15, "tail_mean", "s")):
            point = at.filter(pl.col("comparator") == comparator, pl.col("measure") == measure)
            for emd, low, high in point.select("emd", "ci_low", "ci_high").iter_rows():
                axes.vlines(place + shift, low, high, color=line.colour, linewidth=1.1)
                axes.plot(place + shift, emd, marker=marker, color=line.colour, markersize=3)
    axes.set_title("b  Worst tenth")
    axes.set_xticks(range(len(LINES)), [line.short for line in LINES.values()])
    axes.set_xlim(-0.6, len(LINES) - 0.4)
    axes.set_xlabel("Circle: 90 % are nearer\nSquare: mean of the others")
    axes.grid(axis="y")


def footer(quantiles: pl.DataFrame) -> str:
    """Return how many questions of groups are counted, for the footer."""
    return style.counted(quantiles["n"], "questions of groups are counted")
