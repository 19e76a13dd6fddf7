"""Figure: how moral foundations change along the axes of the map, in countries and personas.

Raw scores, and scores less the mean over all foundations, which saying yes to everything shifts.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from valuescape.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POPULATIONS = {
    "country": (style.BLACK, "D", "Countries (means of people)"),
    "persona_configured": (style.BLUE, "o", "LLM personas, place as configured"),
    "persona_answered": (style.VERMILION, "s", "LLM personas, place as answered"),
}
AXES = {"self_expression": "survival to\nself-expression", "secular": "traditional to\nsecular"}
SCORINGS = {"raw": "Raw", "ipsatised": "Ipsatised"}
# Between the points of one foundation.
APART = 0.24


def plotted(slopes: pl.DataFrame) -> pl.DataFrame:
    """Return the points and intervals of the figure.

    Returns
    -------
    DataFrame
        Its rows with ``row``, the place from the top.
    """
    foundation = pl.col("foundation").replace_strict(
        {name: float(place) for place, name in enumerate(style.FOUNDATIONS)}
    )
    population = pl.col("population").replace_strict(
        {name: APART * (place - 1) for place, name in enumerate(POPULATIONS)}
    )
    return slopes.with_columns((foundation + population).alias("row")).sort(
        "scoring", "axis", "population", "row"
    )


@style.styled
def draw(slopes: pl.DataFrame) -> Figure:
    """Draw one panel for each scoring and axis, three points a foundation.

    Returns
    -------
    Figure
        Partial slopes with 95 % intervals, and hollow the slopes on one axis alone; 0 is no
        relation.
    """
    marks = plotted(slopes)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.5)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.0, 0.15))[:, 0]
    panels = above.subplots(1, 4, sharex=True, sharey=True)
    for axes, (scoring, axis) in zip(panels, product(SCORINGS, AXES), strict=True):
        own = (pl.col("scoring") == scoring) & (pl.col("axis") == axis)
        _draw_panel(axes, marks.filter(own))
        axes.set_title(f"{SCORINGS[scoring]}: {AXES[axis]}", fontsize=7.0)
    panels[0].set_yticks(range(len(style.FOUNDATIONS)), [f.capitalize() for f in style.FOUNDATIONS])
    panels[0].set_ylim(len(style.FOUNDATIONS) - 0.5, -0.5)
    above.supxlabel(
        "Slope with both axes in one model: scale points per unit of the map, 95 % interval",
        fontsize=7.0,
    )
    style.legend_below(below.subplots(), _handles(), columns=2)
    return figure


def _draw_panel(axes: Axes, marks: pl.DataFrame) -> None:
    axes.axvline(0.0, color=style.GREY, linewidth=0.6, zorder=1)
    for place in range(0, len(style.FOUNDATIONS), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#F2F2F2", linewidth=0, zorder=0)
    for population, (colour, marker, _) in POPULATIONS.items():
        own = marks.filter(pl.col("population") == population)
        alone, rows = own.drop_nulls("slope"), own.drop_nulls("partial_slope")
        known = rows.drop_nulls(["partial_ci_low", "partial_ci_high"])
        axes.hlines(known["row"], known["partial_ci_low"], known["partial_ci_high"], color=colour,
                    linewidth=1.1, zorder=2)  # fmt: skip
        axes.plot(alone["slope"].to_numpy(), alone["row"].to_numpy(), linestyle="none",
                  marker=marker, markersize=3.0, markerfacecolor="white", markeredgecolor=colour,
                  markeredgewidth=0.6, zorder=3)  # fmt: skip
        axes.plot(rows["partial_slope"].to_numpy(), rows["row"].to_numpy(), linestyle="none",
                  marker=marker, markersize=3.0, color=colour, markeredgecolor=style.BLACK,
                  markeredgewidth=0.3, zorder=4)  # fmt: skip
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))


def _handles() -> list[Line2D]:
    alone = Line2D([], [], color=style.GREY, marker="o", markersize=3.0, linestyle="none",
                   markerfacecolor="white", label="Hollow: one axis alone")  # fmt: skip
    return [
        *(
            Line2D([], [], color=colour, marker=marker, markersize=3.0, linewidth=1.1,
                   markeredgecolor=style.BLACK, markeredgewidth=0.3, label=label)
            for colour, marker, label in POPULATIONS.values()
        ),
        alone,
    ]  # fmt: skip


def footer(slopes: pl.DataFrame) -> str:
    """Return how many countries and personas are compared, for the footer."""
    people = slopes.filter(pl.col("population") == "country")
    personas = slopes.filter(pl.col("population") != "country")
    countries = style.counted(people["n"], "countries")
    return f"{countries}; {style.counted(personas['n'], 'personas')}"
