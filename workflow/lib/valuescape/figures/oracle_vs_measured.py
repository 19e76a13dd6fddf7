"""Figure: what the LLM says a cultural level does to morality against what it does.

Ratings and effects are centred within variables, so agreement is about levels, not about variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D

from valuescape.figures import labels, style
from valuescape.lenses.morality.oracle_agreement import mean_ratings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from valuescape.study.space import PersonaSpace

MARKERS = ("o", "s", "^", "v", "D", "P", "X", "p", "<", ">")
COLOURS = (style.BLACK, style.ORANGE, style.SKY, style.GREEN, style.YELLOW, style.BLUE,
           style.VERMILION, style.PURPLE, style.GREY, "white")  # fmt: skip


def plotted(oracle: pl.DataFrame, effects: pl.DataFrame, space: PersonaSpace) -> pl.DataFrame:
    """Return the points of the figure.

    Returns
    -------
    DataFrame
        ``foundation``, ``variable``, ``level``, their labels, ``rating`` (mean over wordings),
        ``centred_rating`` (less the mean over the levels of the variable), ``effect`` and its
        interval, in scale points.
    """
    centre = pl.col("rating").mean().over("variable", "foundation")
    return (
        mean_ratings(oracle).with_columns((pl.col("rating") - centre).alias("centred_rating"))
        .join(effects, on=["variable", "level", "foundation"])
        .join(labels.level_frame(space), on=["variable", "level"])
        .sort("foundation", "row")
        .select("foundation", "variable", "variable_label", "level", "level_label", "rating",
                "centred_rating", "effect", "ci_low", "ci_high")
    )  # fmt: skip


@style.styled
def draw(
    oracle: pl.DataFrame, effects: pl.DataFrame, agreement: pl.DataFrame, space: PersonaSpace
) -> Figure:
    """Draw one panel a foundation, levels as points shaped and coloured by variable.

    Returns
    -------
    Figure
        Each panel names r with its 95 % interval, and the null that chance reaches.
    """
    marks = plotted(oracle, effects, space)
    known = {row["foundation"]: row for row in agreement.iter_rows(named=True)}
    figure = style.new_figure(style.WIDTH_DOUBLE, 5.4)
    grid = figure.add_gridspec(3, 3, height_ratios=(2.2, 2.2, 0.55))
    first: Axes | None = None
    for place, foundation in enumerate(style.FOUNDATIONS):
        axes = figure.add_subplot(grid[place // 3, place % 3], sharex=first, sharey=first)
        first = first or axes
        _draw_panel(axes, marks.filter(pl.col("foundation") == foundation), space)
        row = known.get(foundation, {})
        _draw_slope(axes, marks.filter(pl.col("foundation") == foundation), row)
        axes.set_title(f"{foundation.capitalize()}\n{_correlation_label(row)}", fontsize=7.0)
        axes.tick_params(labelleft=place % 3 == 0, labelbottom=place // 3 == 1)
        if place % 3 == 0:
            axes.set_ylabel("Measured effect (scale points)")
        if place // 3 == 1:
            axes.set_xlabel("Oracle rating, centred (its points)")
    if first is not None:
        style.least_span(first, "x")
        style.least_span(first, "y")
    style.legend_below(figure.add_subplot(grid[2, :]), _handles(space), columns=4)
    return figure


def _draw_panel(axes: Axes, marks: pl.DataFrame, space: PersonaSpace) -> None:
    axes.axhline(0.0, color=style.PALE, linewidth=0.6, zorder=0)
    axes.axvline(0.0, color=style.PALE, linewidth=0.6, zorder=0)
    sure = marks.drop_nulls(["ci_low", "ci_high"])
    axes.vlines(sure["centred_rating"].to_numpy(), sure["ci_low"].to_numpy(),
                sure["ci_high"].to_numpy(), color=style.GREY, linewidth=0.5, zorder=1)  # fmt: skip
    for place, variable in enumerate(space.variables):
        rows = marks.filter(pl.col("variable") == variable.name)
        axes.plot(rows["centred_rating"].to_numpy(), rows["effect"].to_numpy(), linestyle="none",
                  marker=_marker(place), markersize=4.0, markerfacecolor=_colour(place),
                  markeredgecolor=style.BLACK, markeredgewidth=0.4, zorder=3)  # fmt: skip


def _draw_slope(axes: Axes, marks: pl.DataFrame, row: Mapping[str, float | None]) -> None:
    slope = row.get("slope")
    if slope is None or marks.is_empty():
        return
    ends = marks.select(
        pl.col("centred_rating").min().alias("low"), pl.col("centred_rating").max().alias("high")
    ).row(0)
    # Ratings and effects are centred, so the line runs through the origin.
    axes.plot(ends, [slope * end for end in ends], color=style.BLACK, linewidth=0.9,
              linestyle="--", zorder=2)  # fmt: skip


def _correlation_label(row: Mapping[str, float | None]) -> str:
    r, low, high, null = (
        row.get(key) for key in ("pearson", "ci_low", "ci_high", "null_95_pearson")
    )
    if r is None:
        return "r not defined"
    interval = "" if low is None or high is None else f" [{_signed(low)}, {_signed(high)}]"
    return f"r = {_signed(r)}{interval}" + ("" if null is None else f", shuffled {null:.2f}")


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def _marker(place: int) -> str:
    return MARKERS[place % len(MARKERS)]


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _handles(space: PersonaSpace) -> list[Line2D]:
    points = [
        Line2D([], [], linestyle="none", marker=_marker(place), markersize=4.0,
               markerfacecolor=_colour(place), markeredgecolor=style.BLACK, markeredgewidth=0.4,
               label=labels.variable_label(variable))
        for place, variable in enumerate(space.variables)
    ]  # fmt: skip
    return [
        *points,
        Line2D([], [], color=style.BLACK, linestyle="--", linewidth=0.9, label="Fitted slope"),
        Line2D([], [], color=style.GREY, linewidth=0.5, label="95 % interval of effect"),
    ]


def footer(effects: pl.DataFrame) -> str:
    """Return how many personas have a level, for the footer."""
    return style.counted(effects["n_personas"], "personas at a level")
