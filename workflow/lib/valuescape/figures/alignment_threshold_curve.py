"""Figure: the share of questions answered up to a distance from humans.

WorldValuesBench reports this curve; here it stands beside no-skill baselines and humans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.figures import style
from valuescape.figures.comparators import LINES, handles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNITS = {
    "question": "a  Questions, everybody pooled",
    "cell": "b  Questions of single groups",
}


def plotted(thresholds: pl.DataFrame) -> pl.DataFrame:
    """Return the curves of the figure.

    Returns
    -------
    DataFrame
        The same rows, those of a comparator together.
    """
    return thresholds.sort("unit", "comparator", "threshold", descending=[True, False, False])


@style.styled
def draw(thresholds: pl.DataFrame) -> Figure:
    """Draw one panel a unit, with the curves of all comparators.

    Returns
    -------
    Figure
        Higher and farther left is nearer to the humans.
    """
    curves = plotted(thresholds)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.2)
    grid = figure.add_gridspec(2, len(UNITS), height_ratios=(2.4, 0.3))
    first: Axes | None = None
    for column, (unit, title) in enumerate(UNITS.items()):
        axes = figure.add_subplot(grid[0, column], sharex=first, sharey=first)
        rows = curves.filter(pl.col("unit") == unit)
        _draw_panel(axes, rows)
        axes.set_title(" ".join([title, *(f"(n = {n:,})" for n in rows["n"].unique().sort())]))
        axes.set_xlabel("Distance from humans (EMD), at most")
        if first is None:
            axes.set_ylabel("Share of questions")
            first = axes
        else:
            axes.tick_params(labelleft=False)
    style.legend_below(figure.add_subplot(grid[1, :]), handles(), columns=3)
    return figure


def _draw_panel(axes: Axes, rows: pl.DataFrame) -> None:
    for comparator, line in LINES.items():
        curve = rows.filter(pl.col("comparator") == comparator)
        x = curve["threshold"].to_numpy()
        axes.step(
            x, curve["share"].to_numpy(), where="post", color=line.colour, linestyle=line.dashes
        )
        if comparator == "persona":
            axes.fill_between(x, curve["ci_low"].to_numpy(), curve["ci_high"].to_numpy(),
                              step="post", color=style.PALE, linewidth=0, zorder=0)  # fmt: skip
    axes.set_xlim(0, 0.4)
    axes.set_ylim(0, 1.02)
    axes.grid()


def footer(thresholds: pl.DataFrame) -> str:
    """Return how many questions are counted, for the footer."""
    return style.counted(thresholds["n"], "questions, or questions of groups, are counted")
