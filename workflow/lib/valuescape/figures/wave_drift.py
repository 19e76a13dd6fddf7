"""Figure: how countries moved between waves, and personas weighted to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D

from valuescape.core.wording import interval, number
from valuescape.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES = {"self_expression": "Survival to self-expression", "secular": "Traditional to secular"}
# The axes and their indicators (Inglehart & Welzel 2005, p. 49), as they fit below a panel.
SHORT = {
    "self_expression": "Self-\nexpression", "secular": "Secular", "A008": "Happiness",
    "A165": "Trust", "E018": "Authority", "E025": "Petition", "F063": "God",
    "F118": "Homo-\nsexuality", "F120": "Abortion", "G006": "National\npride",
    "Y002": "Post-ma-\nterialism", "Y003": "Autonomy",
}  # fmt: skip
MARKERS = {5: "o", 6: "^"}
PREDICTORS = {
    "design": (style.GREY, "D", "Their configurations alone, no LLM"),
    "persona": (style.BLUE, "s", "Personas, by the LLM's answers"),
    "design_left_out": (style.VERMILION, "v", "No LLM, weighted by the other nine variables"),
    "persona_left_out": (style.VERMILION, "^", "Personas, weighted by the other nine variables"),
}


def plotted(shifts: pl.DataFrame, drift: pl.DataFrame) -> pl.DataFrame:
    """Return the points on both axes, and the slopes of all quantities.

    Returns
    -------
    DataFrame
        ``panel`` shift (a country's step) or slope; columns of both tables.
    """
    points = shifts.filter(pl.col("quantity").is_in(list(AXES))).with_columns(panel=pl.lit("shift"))
    slopes = drift.filter(pl.col("measure") == "slope").with_columns(panel=pl.lit("slope"))
    both = pl.concat([points, slopes], how="diagonal_relaxed")
    return both.select("panel", pl.exclude("panel"))


@style.styled
def draw(shifts: pl.DataFrame, drift: pl.DataFrame) -> Figure:
    """Draw predicted against human shifts on both axes, and slopes by indicator.

    Returns
    -------
    Figure
        The dashed line is a shift reproduced in full, the horizontal one no change.
    """
    figure = style.new_figure(style.WIDTH_DOUBLE, 6.0)
    grid = figure.add_gridspec(3, 2, height_ratios=(2.6, 2.2, 0.75))
    for place, (axis, title) in enumerate(AXES.items()):
        axes = figure.add_subplot(grid[0, place])
        _draw_axis(axes, shifts.filter(pl.col("quantity") == axis))
        axes.set_title(f"{'ab'[place]}  {title}\n{_fit_label(drift, axis)}", fontsize=7.0)
    _draw_slopes(figure.add_subplot(grid[1, :]), drift)
    style.legend_below(figure.add_subplot(grid[2, :]), _handles(shifts), columns=2)
    return figure


def _draw_axis(axes: Axes, rows: pl.DataFrame) -> None:
    axes.axhline(0, color=style.BLACK, linewidth=0.6)
    values = [v for name in ("human", "persona", "design") for v in rows[name].drop_nulls()]
    reach = 1.1 * max([0.1, *(abs(value) for value in values)])
    axes.plot([-reach, reach], [-reach, reach], color=style.BLACK, linestyle="--", linewidth=0.7)
    for predictor in ("design", "persona"):
        for wave, marker in MARKERS.items():
            part = rows.filter(pl.col("from_wave") == wave).drop_nulls(predictor)
            colour = PREDICTORS[predictor][0]
            axes.plot(part["human"].to_list(), part[predictor].to_list(), linestyle="none",
                      marker=marker, markersize=3.2, markeredgecolor=colour, markeredgewidth=0.6,
                      markerfacecolor=colour if predictor == "persona" else "none",
                      alpha=0.8)  # fmt: skip
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_xlabel("Shift of the people (map units)")
    axes.set_ylabel("Shift of weighted personas")


def _fit_label(drift: pl.DataFrame, axis: str) -> str:
    words = []
    of_axis = drift.filter(pl.col("quantity") == axis).drop_nulls("estimate")
    for measure, name in (("slope", "slope"), ("correlation", "r")):
        found = of_axis.filter(predictor="persona", measure=measure)
        if found.is_empty():
            return "Personas: slope not defined"
        row = found.row(0, named=True)
        words.append(
            f"{name} {number(row['estimate'], 2)} {interval(row['ci_low'], row['ci_high'])}"
        )
    signs = dict(
        of_axis.filter(measure="sign_agreement").select("predictor", "estimate").iter_rows()
    )
    direction = ""
    if {"persona", "world_mean"} <= signs.keys():
        own, others = (100 * signs[name] for name in ("persona", "world_mean"))
        direction = f"\nRight direction: {own:.0f} % (others' mean shift: {others:.0f} %)"
    return "Personas: " + ", ".join(words) + direction


def _draw_slopes(axes: Axes, drift: pl.DataFrame) -> None:
    places = {quantity: place for place, quantity in enumerate(SHORT)}
    axes.axhline(1, color=style.BLACK, linestyle="--", linewidth=0.7)
    axes.axhline(0, color=style.BLACK, linewidth=0.6)
    rows = drift.filter((pl.col("measure") == "slope") & pl.col("quantity").is_in(list(SHORT)))
    for shift, (predictor, (colour, marker, _)) in zip(
        (-0.27, -0.09, 0.09, 0.27), PREDICTORS.items(), strict=True
    ):
        found = rows.filter(pl.col("predictor") == predictor).drop_nulls("estimate")
        x = [places[quantity] + shift for quantity in found["quantity"]]
        ends = found.with_columns(pl.col("ci_low", "ci_high").fill_null(pl.col("estimate")))
        axes.vlines(x, ends["ci_low"].to_list(),
                    ends["ci_high"].to_list(), color=colour, linewidth=1.0)  # fmt: skip
        axes.plot(x, found["estimate"].to_list(), linestyle="none", marker=marker, markersize=3.4,
                  markeredgecolor=colour, markeredgewidth=0.7,
                  markerfacecolor=_face(predictor))  # fmt: skip
    axes.set_xticks(range(len(SHORT)), list(SHORT.values()))
    axes.set_ylabel("Slope on the human shift")
    axes.set_title("c  How much of the human shift is predicted (1 all, 0 none)")


def _face(predictor: str) -> str:
    """Return the filling of a mark: none where no LLM was asked."""
    return "white" if predictor.startswith("design") else PREDICTORS[predictor][0]


def _handles(shifts: pl.DataFrame) -> list[Line2D]:
    shown = [
        Line2D([], [], linestyle="none", marker=marker, markersize=4, color=colour, label=label,
               markerfacecolor=_face(name))
        for name, (colour, marker, label) in PREDICTORS.items()
    ]  # fmt: skip
    for wave, marker in MARKERS.items():
        if wave in shifts["from_wave"]:
            shown.append(Line2D([], [], linestyle="none", marker=marker, markersize=4,
                                color=style.BLACK, markerfacecolor="none",
                                label=f"a, b: wave {wave} to the next"))  # fmt: skip
    shown.append(Line2D([], [], color=style.BLACK, linestyle="--", label="All of the human shift"))
    return shown


def footer(shifts: pl.DataFrame) -> str:
    """Return how many steps between waves are compared, for the footer."""
    steps = shifts.select("country", "from_wave").unique().height
    return f"{steps} steps between waves of {shifts['country'].n_unique()} countries"
