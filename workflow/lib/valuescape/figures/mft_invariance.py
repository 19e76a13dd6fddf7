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
        Its rows of personas read as individuals, with ``variable_label`` and ``row``, the
        variable's place from the top.
    """
    places = pl.DataFrame(
        [(v.name, labels.variable_label(v), place) for place, v in enumerate(space.variables)],
        schema={"variable": pl.String, "variable_label": pl.String, "row": pl.Int64},
        orient="row",
    )
    return _judged(invariance).join(places, on="variable").sort("foundation", "row")


def _judged(invariance: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of individuals; those of chosen options, where a study reads no others."""
    individuals = invariance.filter(pl.col("readout") == "drawn")
    return invariance if individuals.is_empty() else individuals


@style.styled
def draw(invariance: pl.DataFrame, space: PersonaSpace) -> Figure:
    """Draw one panel a foundation, one point a variable.

    Returns
    -------
    Figure
        Ranges with 90 % intervals; lines at the two margins.
    """
    marks = plotted(invariance, space)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.7)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.0, 0.2))[:, 0]
    panels = above.subplots(1, len(style.FOUNDATIONS), sharex=True, sharey=True)
    for axes, foundation in zip(panels, style.FOUNDATIONS, strict=True):
        _draw_panel(axes, marks.filter(pl.col("foundation") == foundation))
        axes.set_title(foundation.capitalize(), fontsize=7.0)
    panels[0].set_yticks(
        range(len(space.variables)), [labels.variable_label(v) for v in space.variables]
    )
    panels[0].set_ylim(len(space.variables) - 0.4, -0.6)
    ends = marks.select(
        pl.max_horizontal("range", "ci90_high", "possible_range", *MARGINS).max()
    ).item()
    panels[0].set_xlim(0.0, 1.05 * (ends or 1.0))
    above.supxlabel(
        "Range over the levels of a variable (scale points, 90 % interval)", fontsize=7.0
    )
    style.legend_below(below.subplots(), _handles(), columns=2)
    return figure


def _draw_panel(axes: Axes, marks: pl.DataFrame) -> None:
    for margin, (line, _) in MARGINS.items():
        for place in marks[margin].drop_nulls()[:1]:
            axes.axvline(place, color=style.BLACK, linewidth=0.8, linestyle=line, zorder=1)
    bound = marks.drop_nulls("possible_range")
    axes.vlines(bound["possible_range"], bound["row"] - 0.35, bound["row"] + 0.35,
                color=style.SKY, linewidth=1.4, zorder=1)  # fmt: skip
    for verdict, (colour, marker) in MARKS.items():
        rows = marks.filter(pl.col("verdict_within") == verdict).drop_nulls("range")
        if rows.is_empty():
            # An empty line that is not clipped has no place, and takes the layout's room away.
            continue
        known = rows.drop_nulls(["ci90_low", "ci90_high"])
        axes.hlines(known["row"], known["ci90_low"], known["ci90_high"], color=colour,
                    linewidth=1.1, zorder=2)  # fmt: skip
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
    bound = Line2D([], [], color=style.SKY, marker="|", linestyle="none", markersize=6,
                   markeredgewidth=1.4, label="Greatest range that this SD allows")  # fmt: skip
    return [*points, *lines, bound]


def footer(invariance: pl.DataFrame) -> str:
    """Return which margin decides, and over how many conditions, for the footer."""
    margin = "Verdicts at the margin of 0.2 of the human SD within countries"
    rows = _judged(invariance)
    read = " or ".join(rows["readout"].unique().sort())
    n = int(rows["n_conditions"].to_numpy().max())
    said = f"{margin}; readout of the personas: {read}"
    return said if n == 1 else f"{said}; effects are the mean of {n} conditions"
