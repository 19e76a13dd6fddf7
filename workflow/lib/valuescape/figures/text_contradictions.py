"""Figure: how well biographies tell the levels of their personas, and how many contradict them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D

from valuescape.figures import labels, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from valuescape.study.space import PersonaSpace

READERS = {"classifier": (style.BLUE, "o", 0.0), "judge": (style.VERMILION, "s", 0.25)}
"""Colour, mark and how far below the row's middle."""


def plotted(
    recovery: pl.DataFrame, contradictions: pl.DataFrame, space: PersonaSpace
) -> pl.DataFrame:
    """Return the numbers that the figure shows.

    Returns
    -------
    DataFrame
        ``panel`` (recovery, contradictions or quotations), variable, reader, value, interval and
        what chance or another level gives, from the top.
    """
    place = {variable.name: number for number, variable in enumerate(space.variables)}
    nothing = pl.lit(None, pl.String)
    frames = [
        recovery.select(
            pl.lit("recovery").alias("panel"), "variable", nothing.alias("reader"),
            value="balanced_accuracy", ci_low="ci_low", ci_high="ci_high", beside="chance",
            null_95="null_95",
        ),
        contradictions.select(
            pl.lit("contradictions").alias("panel"), "variable", "reader", value="share",
            ci_low="ci_low", ci_high="ci_high", beside="by_chance",
            null_95=pl.lit(None, pl.Float64),
        ),
        recovery.select(
            pl.lit("quotations").alias("panel"), "variable", nothing.alias("reader"),
            value="quoted_share", ci_low="quoted_ci_low", ci_high="quoted_ci_high",
            beside="other_quoted_share", null_95=pl.lit(None, pl.Float64),
        ),
    ]  # fmt: skip
    row = pl.col("variable").replace_strict(place, default=len(place))
    return pl.concat(frames).with_columns(row=row).sort("panel", "row", "reader")


@style.styled
def draw(recovery: pl.DataFrame, contradictions: pl.DataFrame, space: PersonaSpace) -> Figure:
    """Draw recovery, contradictions and quotations, one row a variable.

    Returns
    -------
    Figure
        Three panels with the same rows.
    """
    marks = plotted(recovery, contradictions, space)
    names = [labels.variable_label(variable) for variable in space.variables]
    figure = style.new_figure(style.WIDTH_DOUBLE, 0.24 * len(names) + 1.35)
    grid = figure.add_gridspec(2, 3, height_ratios=(1, 0.16))
    titles = {
        "recovery": ("a  Level guessed from the text", "Balanced accuracy (%)"),
        "contradictions": ("b  Another level shown", "Of the texts that show one (%)"),
        "quotations": ("c  Statement word for word", "Of all texts (%)"),
    }
    for column, (panel, (title, label)) in enumerate(titles.items()):
        axes = figure.add_subplot(grid[0, column])
        _draw_panel(axes, marks.filter(panel=panel), panel)
        axes.set_yticks(range(len(names)), names if column == 0 else [""] * len(names))
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_title(title)
        axes.set_xlabel(label)
        axes.set_xlim(-2, 102)
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
    readers = contradictions["reader"].unique().to_list()
    style.legend_below(figure.add_subplot(grid[1, :]), _handles(readers), columns=3)
    return figure


def _draw_panel(axes: Axes, marks: pl.DataFrame, panel: str) -> None:
    for reader, (colour, mark, down) in READERS.items():
        own = marks.filter(pl.col("reader").fill_null("classifier") == reader).drop_nulls("value")
        if panel != "contradictions":
            own = own.filter(pl.lit(reader == "classifier"))
        tone = style.GREEN if panel == "quotations" else colour
        rows = own["row"].to_numpy() + down
        low, high = (100 * own[name].to_numpy() for name in ("ci_low", "ci_high"))
        axes.hlines(rows, low, high, color=tone, linewidth=1.3, zorder=3)
        axes.plot(
            100 * own["value"].to_numpy(), rows, linestyle="none", marker=mark, markersize=3.6,
            color=tone, zorder=4,
        )  # fmt: skip
        axes.plot(
            100 * own["beside"].to_numpy(), rows, linestyle="none", marker="|", markersize=7,
            color=style.BLACK, zorder=2,
        )  # fmt: skip
        nulls = own.drop_nulls("null_95")
        axes.plot(
            100 * nulls["null_95"].to_numpy(), nulls["row"].to_numpy(), linestyle="none",
            marker="x", markersize=3.6, color=style.GREY, zorder=2,
        )  # fmt: skip
    missing = marks.filter(reader="classifier").filter(pl.col("value").is_null())
    for row in missing["row"].to_list():
        axes.text(2, row, "text does not tell", va="center", color=style.GREY, fontsize=style.SMALL)


def _handles(readers: list[str]) -> list[Line2D]:
    handles = [
        Line2D(
            [], [], color=colour, marker=mark, markersize=3.6, label=f"{name.capitalize()}, 95 %"
        )
        for name, (colour, mark, _) in READERS.items()
        if name in readers
    ]
    return [
        *handles,
        Line2D([], [], color=style.GREEN, marker="o", markersize=3.6,
               label="Repeats its own statement, 95 %"),
        Line2D([], [], color=style.BLACK, marker="|", markersize=7, linestyle="none",
               label="By chance (a, b); another level's statement (c)"),
        Line2D([], [], color=style.GREY, marker="x", markersize=3.6, linestyle="none",
               label="One shuffle in twenty (a)"),
    ]  # fmt: skip


def footer(recovery: pl.DataFrame) -> str:
    """Return how many biographies were read, for the footer."""
    return style.counted(recovery["n_personas"], "valid biographies")
