"""Figure: how well the response surface predicts, by how many personas are asked, and what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from valuescape.figures import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (style.BLUE, style.ORANGE, style.GREEN, style.VERMILION, style.PURPLE, style.SKY)
MARKERS = "osD^vP"
SOLID: tuple[float, Sequence[float]] = (0, ())
DASHED: tuple[float, Sequence[float]] = (0, (4, 2))
PREDICTORS = {"surface": SOLID, "mean_alone": DASHED}
LEAST_GAIN = -0.25
"""A question of which the surface is worse than that stands at the edge of the panel."""


def checked(questions: pl.DataFrame) -> pl.DataFrame:
    """Return the gains of questions, on the holdout where there is one."""
    holdout = questions.filter(checked_on="holdout")
    rows = questions if holdout.is_empty() else holdout
    return rows.select("instrument", "question", "checked_on", "gain", "verdict")


def plotted(error: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Return the points of both panels.

    Returns
    -------
    DataFrame
        Errors by number of personas, then gains by question.
    """
    return pl.concat(
        [
            error.sort("instrument", "predictor", "n_personas"),
            checked(questions).sort("instrument", "gain"),
        ],
        how="diagonal",
    )


@style.styled
def draw(error: pl.DataFrame, questions: pl.DataFrame) -> Figure:
    """Draw the error by the number of personas, and the gain of every question.

    Returns
    -------
    Figure
        Two panels.
    """
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.4)
    grid = figure.add_gridspec(2, 2, height_ratios=(2.6, 0.3), width_ratios=(1.2, 1))
    names = error["instrument"].unique().sort().to_list()
    looks = {
        name: (COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]) for k, name in enumerate(names)
    }
    axes = figure.add_subplot(grid[0, 0])
    _draw_errors(axes, error, looks)
    _draw_gains(figure.add_subplot(grid[0, 1]), checked(questions), looks)
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=3.5, label=name)
        for name, (colour, marker) in looks.items()
    ]
    handles += [
        Line2D([], [], color=style.GREY, label="Response surface"),
        Line2D([], [], color=style.GREY, linestyle=DASHED, label="Mean alone"),
    ]
    style.legend_below(figure.add_subplot(grid[1, :]), handles, columns=len(handles))
    return figure


def _draw_errors(axes: Axes, error: pl.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    sizes = error["n_personas"].unique().sort().to_list()
    for name, (colour, marker) in looks.items():
        for predictor, dashes in PREDICTORS.items():
            rows = error.filter(instrument=name, predictor=predictor).sort("n_personas")
            x, y = rows["n_personas"].to_numpy(), rows["emd"].to_numpy()
            own = marker if predictor == "surface" else ""
            axes.plot(x, y, color=colour, linestyle=dashes, marker=own, markersize=3.5)
            if predictor == "surface":
                low, high = rows["ci_low"].to_numpy(), rows["ci_high"].to_numpy()
                axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    shares = dict(error.select("n_personas", "share_of_cube").unique().iter_rows())

    def label(size: float, _: object) -> str:
        share = shares.get(round(size))
        return "" if share is None else f"{round(size):,}\n({100 * share:.2g} %)"

    axes.xaxis.set_major_formatter(FuncFormatter(label))
    axes.set_ylim(0, None)
    style.least_span(axes, "y")
    axes.grid(axis="y")
    axes.set_xlabel("Personas asked (share of all configurations)")
    axes.set_ylabel("Distance from a new persona (EMD)")
    axes.set_title("a  Error by the number of personas asked")


def _draw_gains(axes: Axes, rows: pl.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    on = " and ".join(rows["checked_on"].unique().sort())
    for name, (colour, marker) in looks.items():
        own = rows.filter(pl.col("instrument") == name, pl.col("gain").is_not_null()).sort("gain")
        if own.is_empty():
            continue
        y = (own["gain"].rank("ordinal").to_numpy() - 0.5) / own.height
        x = own["gain"].clip(LEAST_GAIN, 1.0).to_numpy()
        fills = [colour if verdict == "predicts" else "white" for verdict in own["verdict"]]
        axes.scatter(x, y, s=11, marker=marker, c=fills, edgecolors=colour, linewidths=0.7)
    axes.axvline(0, color=style.GREY, linewidth=0.8, linestyle=DASHED)
    axes.set_xlim(LEAST_GAIN - 0.03, 1.03)
    axes.set_ylim(0, 1)
    axes.grid(axis="x")
    axes.set_xlabel("Gain over the mean alone (1: no error left)")
    axes.set_ylabel("Share of an instrument's questions")
    axes.set_title(f"b  Questions, checked on: {on}")


def footer(error: pl.DataFrame) -> str:
    """Return how many personas were asked, for the footer."""
    return style.counted(error["n_personas"].top_k(1), "personas asked")
