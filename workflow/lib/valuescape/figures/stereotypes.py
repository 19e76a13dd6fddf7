"""Figure: how personas divide against humans, and which variable tells who a persona is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from matplotlib.lines import Line2D

from valuescape.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from valuescape.study.space import PersonaSpace

ORDER = (
    "age", "age 30-49", "sex", "education", "occupation", "sector", "religion", "household",
    "settlement", "country", "continent",
)  # fmt: skip
UNWEIGHTED = "unweighted"
# A pair that tells more than this is dark; weaker ones stay apart.
DARKEST = 0.3
SIGNIFICANT = 0.05


def plotted(
    stereotypes: pl.DataFrame, dependence: pl.DataFrame, space: PersonaSpace
) -> pl.DataFrame:
    """Return the numbers that the figure shows.

    Returns
    -------
    DataFrame
        ``panel`` (divergence, entropy or dependence), attribute, variable, value, interval and
        floor, from the top.
    """
    known = stereotypes.filter(weighting=UNWEIGHTED)
    place = {name: number for number, name in enumerate(ORDER)}
    columns = {
        "divergence": ("divergence_bits", "ci_low", "ci_high", "floor_bits"),
        "entropy": ("entropy_ratio", "entropy_ci_low", "entropy_ci_high", None),
    }
    frames = [
        known.select(
            pl.lit(panel).alias("panel"),
            "attribute",
            pl.lit(None, pl.String).alias("variable"),
            value=value,
            ci_low=low,
            ci_high=high,
            floor=pl.col(floor) if floor else pl.lit(None, pl.Float64),
            human=pl.lit(None, pl.Float64),
            p_holm=pl.lit(None, pl.Float64),
        )
        for panel, (value, low, high, floor) in columns.items()
    ]
    frames.append(
        dependence.select(
            pl.lit("dependence").alias("panel"),
            "attribute",
            "variable",
            value="adjusted",
            ci_low="ci_low",
            ci_high="ci_high",
            floor="null_95",
            human="human_adjusted",
            p_holm="p_holm",
        )
    )
    names = {variable.name: number for number, variable in enumerate(space.variables)}
    return (
        pl.concat(frames)
        .with_columns(
            row=pl.col("attribute").replace_strict(place, default=len(ORDER)),
            column=pl.col("variable").replace_strict(names, default=None, return_dtype=pl.Int64),
        )
        .sort("panel", "row", "column")
    )


@style.styled
def draw(stereotypes: pl.DataFrame, dependence: pl.DataFrame, space: PersonaSpace) -> Figure:
    """Draw the distance from humans, how varied personas are, and what hangs on the variables.

    Returns
    -------
    Figure
        Three panels with the same rows, and a fourth where humans are known.
    """
    marks = plotted(stereotypes, dependence, space)
    cells = marks.filter(panel="dependence")
    has_humans = cells["human"].is_not_null().any()
    rows = len(ORDER)
    figure = style.new_figure(style.WIDTH_DOUBLE, 0.21 * rows + 1.9)
    grid = figure.add_gridspec(
        2, 4 if has_humans else 3, height_ratios=(1, 0.1),
        width_ratios=(1, 1, 1.6, 1.6) if has_humans else (1, 1, 2),
    )  # fmt: skip
    first = figure.add_subplot(grid[0, 0])
    _draw_marks(first, marks.filter(panel="divergence"))
    first.set_yticks(range(rows), [name.capitalize() for name in ORDER])
    for row in sorted(set(range(rows)) - set(marks.filter(panel="divergence")["row"])):
        first.text(
            0.03, row, "humans not known", transform=first.get_yaxis_transform(), va="center",
            color=style.GREY, fontsize=style.SMALL,
        )  # fmt: skip
    first.set_title("a  Distance")
    first.set_xlabel("Divergence (bits)")
    first.set_xlim(left=0.0)
    second = figure.add_subplot(grid[0, 1])
    _draw_marks(second, marks.filter(panel="entropy"))
    second.axvline(1.0, color=style.VERMILION, linewidth=0.8, zorder=1)
    second.set_yticks(range(rows), [""] * rows)
    second.set_title("b  Variety")
    second.set_xlabel("Ratio of entropies")
    second.set_xlim(left=0.0)
    maps = {"c  What variables tell": "value"}
    if has_humans:
        maps["d  In humans"] = "human"
    for column, (title, shown) in enumerate(maps.items(), start=2):
        axes = figure.add_subplot(grid[0, column])
        image = _draw_cells(axes, cells, shown, space)
        axes.set_title(title)
    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.02, extend="max")
    bar.set_label("Adjusted mutual information")
    style.legend_below(figure.add_subplot(grid[1, :]), _handles(), columns=4)
    return figure


def _draw_marks(axes: Axes, marks: pl.DataFrame) -> None:
    known = marks.drop_nulls("value")
    rows = known["row"].to_numpy()
    axes.hlines(
        rows, known["ci_low"].to_numpy(), known["ci_high"].to_numpy(), color=style.BLUE,
        linewidth=1.3, zorder=3,
    )  # fmt: skip
    axes.plot(
        known["value"].to_numpy(), rows, linestyle="none", marker="o", markersize=3.6,
        color=style.BLUE, zorder=4,
    )  # fmt: skip
    floors = known.drop_nulls("floor")
    axes.plot(
        floors["floor"].to_numpy(), floors["row"].to_numpy(), linestyle="none", marker="|",
        markersize=8, color=style.BLACK, zorder=5,
    )  # fmt: skip
    axes.set_ylim(len(ORDER) - 0.4, -0.6)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)


def _draw_cells(axes: Axes, cells: pl.DataFrame, column: str, space: PersonaSpace) -> AxesImage:
    values = np.full((len(ORDER), len(space.variables)), np.nan)
    for row, place, value in cells.select("row", "column", column).drop_nulls().iter_rows():
        values[row, place] = value
    image = axes.imshow(
        np.clip(values, 0, None), cmap="Blues", vmin=0.0, vmax=DARKEST, aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    if column == "value":
        sure = cells.filter(pl.col("p_holm") <= SIGNIFICANT)
        bright = sure["value"].to_numpy() > DARKEST / 2
        for chosen, colour in ((bright, "white"), (~bright, style.BLACK)):
            axes.plot(
                sure["column"].to_numpy()[chosen], sure["row"].to_numpy()[chosen],
                linestyle="none", marker="*", markersize=3.6, color=colour,
            )  # fmt: skip
    for row, place in zip(*np.nonzero(np.isnan(values)), strict=True):
        axes.plot(place, row, marker="x", markersize=3, color=style.GREY, linestyle="none")
    names = [variable.name for variable in space.variables]
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(ORDER)), [""] * len(ORDER))
    axes.set_ylim(len(ORDER) - 0.5, -0.5)
    axes.tick_params(length=0)
    return image


def _handles() -> list[Line2D]:
    return [
        Line2D([], [], color=style.BLUE, marker="o", markersize=3.6, label="Personas, 95 %"),
        Line2D([], [], color=style.BLACK, marker="|", markersize=8, linestyle="none",
               label="As many people (sampling floor)"),
        Line2D([], [], color=style.VERMILION, label="As varied as people"),
        Line2D([], [], color=style.BLACK, marker="*", markersize=3.6, linestyle="none",
               label="More than chance (Holm, 5 %)"),
    ]  # fmt: skip


def footer(stereotypes: pl.DataFrame) -> str:
    """Return how many personas stand behind an attribute, for the footer."""
    return style.counted(stereotypes["n_personas"], "personas state an attribute")
