"""Figure: whether groups of personas differ from each other as groups of humans do.

Distances fix no place and no direction; personas are turned onto the humans, never stretched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D

from valuescape.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MEASURES = {
    "mantel": "Correlation of distances",
    "spread_ratio": "Distances, personas / humans",
    "gromov_wasserstein": "Difference of shape (0 best)",
    "matched_share": "Groups matched to themselves",
}
"""Measures, and their labels."""
MOST_NAMED = 16
"""Beyond this many groups, names would cover the points."""


def plotted(positions: pl.DataFrame) -> pl.DataFrame:
    """Return the points of the figure.

    Returns
    -------
    DataFrame
        The same rows, in the order of groups.
    """
    return positions.sort("group", "population")


@style.styled
def draw(positions: pl.DataFrame, geometry: pl.DataFrame) -> Figure:
    """Draw where groups of humans and personas lie, and four measures of how they agree.

    Returns
    -------
    Figure
        Short lines are groups that keep their place.
    """
    figure = style.new_figure(style.WIDTH_DOUBLE, 4.0)
    grid = figure.add_gridspec(2, 2, height_ratios=(3.0, 0.3), width_ratios=(1.6, 1))
    _draw_places(figure.add_subplot(grid[0, 0]), plotted(positions))
    _draw_measures(figure.add_subplot(grid[0, 1]), geometry)
    handles = [
        Line2D([], [], color=style.BLUE, marker="o", linestyle="none", label="humans"),
        Line2D([], [], color=style.BLACK, marker="s", linestyle="none", label="LLM personas"),
        Line2D([], [], color=style.GREEN, marker="|", linestyle="none", markersize=8,
               label="same humans, drawn again"),
        Line2D([], [], color=style.VERMILION, marker="x", linestyle="none",
               label="groups that differ by noise alone"),
    ]  # fmt: skip
    style.legend_below(figure.add_subplot(grid[1, :]), handles, columns=4)
    return figure


def _draw_places(axes: Axes, rows: pl.DataFrame) -> None:
    rows = rows.drop_nulls(["x", "y"])
    places = {name: rows.filter(pl.col("population") == name) for name in ("human", "persona")}
    for name, colour, marker in (("human", style.BLUE, "o"), ("persona", style.BLACK, "s")):
        axes.plot(places[name]["x"].to_numpy(), places[name]["y"].to_numpy(), linestyle="none",
                  marker=marker, markersize=3.2, color=colour, zorder=3)  # fmt: skip
    pairs = places["human"].join(places["persona"], on="group", suffix="_persona")
    for x, y, to_x, to_y in pairs.select("x", "y", "x_persona", "y_persona").iter_rows():
        axes.plot([x, to_x], [y, to_y], color=style.PALE, linewidth=0.8, zorder=1)
    if pairs.height <= MOST_NAMED:
        for group, x, y in places["human"].select("group", "x", "y").iter_rows():
            axes.annotate(group, (x, y), xytext=(0, 5), textcoords="offset points", ha="center",
                          fontsize=style.SMALL)  # fmt: skip
    explained = [
        f"{100 * share:.0f} % ({name}s)"
        for name, own in places.items()
        for share in own["explained"].drop_nulls().head(1)
    ]
    axes.set_title("a  Groups in the plane")
    axes.set_xlabel(f"EMD units; share of the spread shown: {', '.join(explained)}")
    axes.set_aspect("equal", adjustable="datalim")
    axes.locator_params(nbins=5)
    axes.margins(x=0.3, y=0.16)
    axes.grid()


def _draw_measures(axes: Axes, geometry: pl.DataFrame) -> None:
    rows = {row["measure"]: row for row in geometry.iter_rows(named=True)}
    for place, (measure, _) in enumerate(MEASURES.items()):
        row = rows.get(measure)
        if row is None or row["estimate"] is None:
            continue
        axes.plot(row["estimate"], -place, marker="s", color=style.BLACK, markersize=3.2)
        # what is not defined with these groups or draws is null in the table, and not drawn
        if row["ci_low"] is not None:
            axes.hlines(-place, row["ci_low"], row["ci_high"], color=style.BLACK, linewidth=1.1)
        if row["ceiling"] is not None:
            axes.plot(row["ceiling"], -place, marker="|", color=style.GREEN, markersize=9)
        if row["null_95"] is not None:
            axes.plot(row["null_95"], -place, marker="x", color=style.VERMILION, markersize=4)
    axes.set_yticks([-place for place in range(len(MEASURES))], list(MEASURES.values()))
    axes.set_ylim(-len(MEASURES) + 0.5, 0.5)
    axes.set_title("b  Agreement")
    axes.set_xlabel("Value")
    axes.grid(axis="x")


def footer(geometry: pl.DataFrame) -> str:
    """Return how many groups are compared, for the footer."""
    return style.counted(geometry["n_groups"], "groups are compared")
