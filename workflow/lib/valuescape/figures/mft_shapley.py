"""Figure: which cultural variable moves which moral foundation, as shares of the variance.

In the full design a bar is the Shapley share, its dark part what the variable does alone; on a
balanced fraction only the latter can be estimated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from valuescape.figures import labels, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from valuescape.study.space import PersonaSpace

ALONE = "first_order"
TOGETHER = "shapley"
X_LABELS = {
    ALONE: "Share of the personas' variance that a variable moves alone (first order)",
    TOGETHER: "Share of the personas' variance, interactions divided equally (Shapley)",
}
# Between the bars of neighbouring variables.
THICKNESS = 0.62


def plotted(shares: pl.DataFrame, space: PersonaSpace) -> pl.DataFrame:
    """Return the bars, intervals and nulls of the figure.

    Returns
    -------
    DataFrame
        The rows of the measures `first_order` and, where the design allows it, `shapley`, with
        ``variable_label`` and ``row``, the variable's place from the top.
    """
    places = pl.DataFrame(
        [(v.name, labels.variable_label(v), place) for place, v in enumerate(space.variables)],
        schema={"variable": pl.String, "variable_label": pl.String, "row": pl.Int64},
        orient="row",
    )
    estimated = (pl.col("measure") == ALONE) | (
        (pl.col("measure") == TOGETHER) & pl.col("share").is_not_null()
    )
    return shares.filter(estimated).join(places, on="variable").sort("foundation", "measure", "row")


@style.styled
def draw(shares: pl.DataFrame, space: PersonaSpace) -> Figure:
    """Draw one panel a foundation, one bar a variable.

    Returns
    -------
    Figure
        Bars with 95 % intervals, and what noise alone gives.
    """
    bars = plotted(shares, space)
    measure = TOGETHER if TOGETHER in bars["measure"] else ALONE
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.3)
    grid = figure.add_gridspec(2, len(style.FOUNDATIONS), height_ratios=(1.0, 0.06))
    first: Axes | None = None
    for place, foundation in enumerate(style.FOUNDATIONS):
        axes = figure.add_subplot(grid[0, place], sharex=first, sharey=first)
        first = first or axes
        rows = bars.filter(pl.col("foundation") == foundation)
        _draw_panel(axes, rows, measure, style.FOUNDATION_COLOURS[foundation])
        alone = rows.filter(pl.col("measure") == ALONE)["share"]
        sum_alone = "" if alone.null_count() else f"\n{alone.sum():.0%} alone"
        axes.set_title(f"{foundation.capitalize()}{sum_alone}", fontsize=7.0)
        axes.tick_params(labelleft=place == 0)
        if place == len(style.FOUNDATIONS) // 2:
            axes.set_xlabel(X_LABELS[measure], x=0.0)
        if place == 0:
            axes.set_yticks(
                range(len(space.variables)), [labels.variable_label(v) for v in space.variables]
            )
            axes.set_ylim(len(space.variables) - 0.4, -0.6)
    ends = bars.select(pl.max_horizontal("share", "ci_high", "null_95_share").max()).item()
    if first is not None:
        first.set_xlim(0.0, 1.05 * (ends or 1.0))
    style.legend_below(figure.add_subplot(grid[1, :]), _handles(measure), columns=4)
    return figure


def _draw_panel(axes: Axes, bars: pl.DataFrame, measure: str, colour: str) -> None:
    outer = bars.filter(pl.col("measure") == measure)
    alone = bars.filter(pl.col("measure") == ALONE)
    if measure == TOGETHER:
        axes.barh(outer["row"], outer["share"].fill_null(0.0), THICKNESS, color=colour, alpha=0.35)
    axes.barh(alone["row"], alone["share"].fill_null(0.0), THICKNESS, color=colour)
    sure = outer.drop_nulls(["ci_low", "ci_high"])
    axes.hlines(sure["row"], sure["ci_low"], sure["ci_high"], color=style.BLACK, linewidth=0.8)
    null = outer.drop_nulls(["null_95_share"])
    axes.vlines(null["null_95_share"], null["row"] - 0.42, null["row"] + 0.42, color=style.GREY,
                linewidth=0.8, linestyle=(0, (1.5, 1)))  # fmt: skip
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3))


def _handles(measure: str) -> list[Artist]:
    together = [Patch(color=style.GREY, alpha=0.35, label="With others (interactions and noise)")]
    return [
        Patch(color=style.GREY, label="Alone (first order)"),
        *(together if measure == TOGETHER else []),
        Line2D([], [], color=style.BLACK, linewidth=0.8, label="95 % interval"),
        Line2D([], [], color=style.GREY, linewidth=0.8, linestyle=(0, (1.5, 1)),
               label="95th percentile if it had no effect"),
    ]  # fmt: skip


def footer(shares: pl.DataFrame, space: PersonaSpace) -> str:
    """Return how exactly the design gives the shares, for the footer."""
    found = "; ".join(sorted(set(plotted(shares, space)["estimable"])))
    return f"Shares are {found}"
