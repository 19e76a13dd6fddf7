"""Figure: what each level of each cultural variable adds to each moral foundation.

Effects are centred: 0 is the mean over the levels of a variable, all others equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.figures import labels, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from valuescape.study.space import PersonaSpace

# Empty rows above the levels of a variable: its name stands there.
HEADING = 1.15


def plotted(effects: pl.DataFrame, space: PersonaSpace) -> pl.DataFrame:
    """Return the points and intervals of the figure.

    Returns
    -------
    DataFrame
        The effects' columns with ``variable_label``, ``level_label`` and ``height``, the place
        of the level on the shared axis, from 0 down.
    """
    rows = labels.level_frame(space)
    heading = pl.col("variable").replace_strict(
        {variable.name: i + 1 for i, variable in enumerate(space.variables)}, return_dtype=pl.Int64
    )
    placed = rows.with_columns(
        (-(pl.col("row").cast(pl.Float64) + HEADING * heading)).alias("height")
    ).drop("row")
    return effects.join(placed, on=["variable", "level"]).sort(
        ["foundation", "height"], descending=[False, True]
    )


@style.styled
def draw(effects: pl.DataFrame, space: PersonaSpace) -> Figure:
    """Draw one panel a foundation, levels grouped by variable on a shared axis.

    Returns
    -------
    Figure
        Points with 95 % intervals; 0 is the mean over the levels of the variable.
    """
    marks = plotted(effects, space)
    figure = style.new_figure(style.WIDTH_DOUBLE, 6.6)
    panels = figure.subplots(1, len(style.FOUNDATIONS), sharex=True, sharey=True)
    for axes, foundation in zip(panels, style.FOUNDATIONS, strict=True):
        rows = marks.filter(pl.col("foundation") == foundation)
        colour = style.FOUNDATION_COLOURS[foundation]
        known = rows.drop_nulls(["ci_low", "ci_high"])
        axes.axvline(0.0, color=style.GREY, linewidth=0.6, zorder=1)
        axes.hlines(known["height"].to_numpy(), known["ci_low"].to_numpy(),
                    known["ci_high"].to_numpy(), color=colour, linewidth=1.1, zorder=2)  # fmt: skip
        axes.plot(rows["effect"].to_numpy(), rows["height"].to_numpy(), linestyle="none",
                  marker="o", markersize=2.8, color=colour, markeredgecolor=style.BLACK,
                  markeredgewidth=0.3, zorder=3)  # fmt: skip
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_title(foundation.capitalize())
    _label_levels(panels[0], marks)
    _shade(panels, marks)
    # a hundredth of a scale point is no effect
    style.least_span(panels[0], "x", least=0.02)
    panels[len(panels) // 2].set_xlabel("Effect of the level: scale points from the mean of its "
                                        "variable, 95 % interval", x=0.0)  # fmt: skip
    return figure


def _label_levels(axes: Axes, marks: pl.DataFrame) -> None:
    levels = marks.unique(["variable", "level"]).sort("height", descending=True)
    headings = levels.group_by("variable_label", maintain_order=True).agg(
        pl.col("height").max() + 1.0
    )
    places = [*levels["height"], *headings["height"]]
    axes.set_yticks(places, [*levels["level_label"], *headings["variable_label"]])
    for tick in axes.get_yticklabels()[levels.height :]:
        tick.set_fontweight("bold")
    axes.set_ylim(min(places, default=0.0) - 0.8, max(places, default=0.0) + 0.8)


def _shade(panels: Sequence[Axes], marks: pl.DataFrame) -> None:
    """Shade every other variable, so that a row is followed across the panels."""
    bands = marks.group_by("variable").agg(
        pl.col("height").min().alias("low") - 0.55, pl.col("height").max().alias("high") + 1.55
    )
    for low, high in bands.sort("high", descending=True).select("low", "high").rows()[::2]:
        for axes in panels:
            axes.axhspan(low, high, color="#F2F2F2", linewidth=0, zorder=0)


def footer(effects: pl.DataFrame) -> str:
    """Return how many personas have a level, for the footer."""
    return style.counted(effects["n_personas"], "personas at a level")
