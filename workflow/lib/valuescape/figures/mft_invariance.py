"""Figure: how far each cultural variable moves each foundation, against human margins.

A range whose whole interval lies below a margin is negligible; colour and shape tell the verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from valuescape.figures import labels, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from valuescape.study.space import PersonaSpace

MARKS = {
    "invariant": (style.GREEN, "o"),
    "undecided": (style.GREY, "D"),
    "varies": (style.VERMILION, "s"),
}
MARGINS: dict[str, tuple[Literal[":", "-"], str]] = {
    "margin_within": (":", "Margin: 0.2 of the human SD within countries"),
    "margin_between": ("-", "Margin: half the human SD between countries"),
}


def plotted(invariance: pl.DataFrame, space: PersonaSpace) -> pl.DataFrame:
    """Return the points, intervals and margins of the figure.

    Returns
    -------
    DataFrame
        Its rows with ``variable_label`` and ``row``, the variable's place from the top.
    """
    places = pl.DataFrame(
        [(v.name, labels.variable_label(v), place) for place, v in enumerate(space.variables)],
        schema={"variable": pl.String, "variable_label": pl.String, "row": pl.Int64},
        orient="row",
    )
    return invariance.join(places, on="variable").sort("foundation", "row")


@style.styled
def draw(invariance: pl.DataFrame, space: PersonaSpace) -> Figure:
    """Draw one panel a foundation, one point a variable.

    Returns
    -------
    Figure
        Ranges with 90 % intervals; lines at the two margins.
    """
    marks = plotted(invariance, space)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.5)
    grid = figure.add_gridspec(2, len(style.FOUNDATIONS), height_ratios=(1.0, 0.12))
    first: Axes | None = None
    for place, foundation in enumerate(style.FOUNDATIONS):
        axes = figure.add_subplot(grid[0, place], sharex=first, sharey=first)
        first = first or axes
        _draw_panel(axes, marks.filter(pl.col("foundation") == foundation))
        axes.set_title(foundation.capitalize())
        axes.tick_params(labelleft=place == 0)
        if place == len(style.FOUNDATIONS) // 2:
            axes.set_xlabel(
                "Range over the levels of a variable (scale points, 90 % interval)", x=0.0
            )
        if place == 0:
            axes.set_yticks(
                range(len(space.variables)), [labels.variable_label(v) for v in space.variables]
            )
            axes.set_ylim(len(space.variables) - 0.4, -0.6)
    ends = marks.select(pl.max_horizontal("range", "ci90_high", *MARGINS).max()).item()
    if first is not None:
        first.set_xlim(0.0, 1.05 * (ends or 1.0))
    style.legend_below(figure.add_subplot(grid[1, :]), _handles(), columns=3)
    return figure


def _draw_panel(axes: Axes, marks: pl.DataFrame) -> None:
    for margin, (line, _) in MARGINS.items():
        axes.axvline(marks[margin][0], color=style.BLACK, linewidth=0.8, linestyle=line, zorder=1)
    for verdict, (colour, marker) in MARKS.items():
        rows = marks.filter(pl.col("verdict_within") == verdict).drop_nulls("range")
        axes.hlines(rows["row"], rows["ci90_low"], rows["ci90_high"], color=colour, linewidth=1.1,
                    zorder=2)  # fmt: skip
        axes.plot(rows["range"].to_numpy(), rows["row"].to_numpy(), linestyle="none",
                  marker=marker, markersize=3.4, color=colour, markeredgecolor=style.BLACK,
                  markeredgewidth=0.3, clip_on=False, zorder=3)  # fmt: skip
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3))


def _handles() -> list[Line2D]:
    points = [
        Line2D([], [], linestyle="none", marker=marker, markersize=3.4, color=colour,
               markeredgecolor=style.BLACK, markeredgewidth=0.3, label=verdict.capitalize())
        for verdict, (colour, marker) in MARKS.items()
    ]  # fmt: skip
    lines = [
        Line2D([], [], color=style.BLACK, linewidth=0.8, linestyle=line, label=label)
        for line, label in MARGINS.values()
    ]
    return [*points, *lines]


def footer(invariance: pl.DataFrame) -> str:
    """Return which margin decides, and over how many conditions, for the footer."""
    margin = "Verdicts at the margin of 0.2 of the human SD within countries"
    n = int(invariance["n_conditions"].to_numpy().max())
    return margin if n == 1 else f"{margin}; effects are the mean of {n} conditions"
