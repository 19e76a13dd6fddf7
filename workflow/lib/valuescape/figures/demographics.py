"""Figure: who the personas say they are, beside human shares where these are known.

Nobody prescribed these attributes: they are the model's idea of who holds such values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D

from valuescape.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CATEGORIES = 12
GRADED = (
    "under 18", "18-29", "30-44", "45-59", "60 and older",
    "Primary or No Education", "Lower Secondary", "Upper to Post Secondary", "Tertiary",
)  # fmt: skip
LAST = ("other", "not stated")
LONGEST = 26
COLUMNS = 3
ROW_HEIGHT = 0.155
"""Height of a category in inches."""
HEADING_ROWS = 3.4
"""What a panel takes besides its categories, in rows."""


def plotted(demographics: pl.DataFrame) -> pl.DataFrame:
    """Return the categories that the figure shows, the most frequent of each attribute.

    Returns
    -------
    DataFrame
        The table's columns with ``row``, from the top. Attributes of more than twelve
        categories keep the twelve most frequent.
    """
    graded = {category: place for place, category in enumerate(GRADED)}
    number = pl.int_range(pl.len()).over("attribute")
    ranked = (
        demographics.with_columns(
            pl.len().over("attribute").alias("categories"),
            pl.col("category").is_in(LAST).alias("is_last"),
            pl.col("category").replace_strict(graded, default=-1).alias("grade"),
        )
        .sort("attribute", "is_last", -pl.col("share"), "category")
        .with_columns(number.alias("rank"))
        .filter(pl.col("rank") < MOST_CATEGORIES)
    )
    # Few categories keep their own order, in which ages and schooling are graded.
    place = pl.when(pl.col("categories") > MOST_CATEGORIES).then(pl.col("rank"))
    return (
        ranked.sort("attribute", place.otherwise(pl.col("grade")), "is_last", "category")
        .with_columns(number.alias("row"))
        .select(*demographics.columns, "row")
    )


@style.styled
def draw(demographics: pl.DataFrame) -> Figure:
    """Draw one panel an attribute with the share of each category.

    Returns
    -------
    Figure
        Points with 95 % intervals; diamonds are humans.
    """
    marks = plotted(demographics)
    columns = _columns(marks)
    rows = max((sum(size for _, size in column) for column in columns), default=1.0)
    figure = style.new_figure(style.WIDTH_DOUBLE, ROW_HEIGHT * rows + 0.75)
    grid = figure.add_gridspec(2, COLUMNS, height_ratios=(ROW_HEIGHT * rows, 0.2))
    for place, column in enumerate(columns):
        spare = rows - sum(size for _, size in column)
        heights = [size for _, size in column] + ([spare] if spare else [])
        cells = grid[0, place].subgridspec(len(heights), 1, height_ratios=heights)
        for number, (attribute, _) in enumerate(column):
            axes = figure.add_subplot(cells[number])
            _draw_panel(axes, marks.filter(pl.col("attribute") == attribute), demographics)
    style.legend_below(figure.add_subplot(grid[1, :]), _handles(marks), columns=2)
    return figure


def _columns(marks: pl.DataFrame) -> list[list[tuple[str, float]]]:
    """Spread attributes over columns, the longest first to the emptiest column."""
    sizes = marks.group_by("attribute").len().sort(["len", "attribute"], descending=[True, False])
    columns: list[list[tuple[str, float]]] = [[] for _ in range(COLUMNS)]
    for attribute, n in sizes.iter_rows():
        shortest = min(columns, key=lambda column: sum(size for _, size in column))
        shortest.append((attribute, n + HEADING_ROWS))
    return [column for column in columns if column]


def _draw_panel(axes: Axes, rows: pl.DataFrame, demographics: pl.DataFrame) -> None:
    attribute = rows["attribute"][0]
    place = -rows["row"].to_numpy()
    sure = rows.drop_nulls(["ci_low", "ci_high"])
    low, high = 100 * sure["ci_low"].to_numpy(), 100 * sure["ci_high"].to_numpy()
    axes.hlines(-sure["row"].to_numpy(), low, high, color=style.BLUE, linewidth=1.3, zorder=2)
    axes.plot(100 * rows["share"].to_numpy(), place, linestyle="none", marker="o", markersize=3.4,
              color=style.BLUE, zorder=4)  # fmt: skip
    human = rows.drop_nulls("human_share")
    axes.plot(100 * human["human_share"].to_numpy(), -human["row"].to_numpy(), linestyle="none",
              marker="D", markersize=3.8, markerfacecolor="white", markeredgecolor=style.VERMILION,
              markeredgewidth=0.9, zorder=3)  # fmt: skip
    axes.set_yticks(place, [_cut(name) for name in rows["category"]])
    axes.set_ylim(place.min() - 0.6, 0.6)
    axes.set_xlim(left=0.0)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    total = demographics.filter(pl.col("attribute") == attribute).height
    more = f" (top {rows.height} of {total})" if total > rows.height else ""
    axes.set_title(f"{attribute.replace('_', ' ').capitalize()}{more}")
    axes.set_xlabel("Share (%)")


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _handles(marks: pl.DataFrame) -> list[Line2D]:
    handles = [
        Line2D([], [], color=style.BLUE, marker="o", markersize=3.4,
               label="Personas with a valid biography, 95 % interval"),
    ]  # fmt: skip
    if marks["human_share"].is_not_null().any():
        handles.append(
            Line2D([], [], linestyle="none", marker="D", markersize=3.8, markerfacecolor="white",
                   markeredgecolor=style.VERMILION, label="Respondents of WVS-7, where known")
        )  # fmt: skip
    return handles


def footer(demographics: pl.DataFrame) -> str:
    """Return how many personas state an attribute, for the footer."""
    each = demographics.group_by("attribute").agg(pl.col("n_personas").sum())
    return style.counted(each["n_personas"], "personas state an attribute")
