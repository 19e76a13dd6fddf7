"""Figure: how far the same personas move on the map from English to another language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from valuescape.figures import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELLS = {
    "nobody": "Question",
    "question": "Question",
    "persona": "Persona",
    "both": "Both",
}
"""What is in the other language, as titles of panels."""
TOLD = {True: "country told", False: "no country told"}
FLOORS: dict[str, tuple[str, Any]] = {
    "replicate": ("Replicate", ":"),
    "option_order": ("Option order reversed", "--"),
    "wording": ("Other wording", "-"),
}
# As many as there are colours; further languages begin again with another line.
MARKS = (
    (style.BLUE, "o"), (style.VERMILION, "s"), (style.GREEN, "^"), (style.PURPLE, "D"),
    (style.SKY, "v"), (style.ORANGE, "p"), (style.BLACK, "X"), (style.GREY, "*"),
)  # fmt: skip
MEASURES = ("self_expression", "secular", "length")


def plotted(shift: pl.DataFrame) -> pl.DataFrame:
    """Return the arrows and the floors.

    Returns
    -------
    DataFrame
        One row a contrast of language: condition, twin, cell, language, demographics_told,
        `self_expression` and `secular` (the mean displacement), `radius` of its 95 % region,
        the lengths of the floors, and n_personas; null where not defined.
    """
    rows = shift.filter(pl.col("contrast") == "language")
    key = ["condition", "twin", "cell", "language", "demographics_told", "n_personas"]
    arrows = rows.unique(key, maintain_order=True).select(key)
    for axis in MEASURES[:2]:
        of_axis = rows.filter(pl.col("measure") == axis)
        arrows = arrows.join(
            of_axis.select("condition", "twin", pl.col("estimate").alias(axis)),
            on=["condition", "twin"], how="left",
        )  # fmt: skip
    floors = [f"floor_{kind}" for kind in FLOORS]
    lengths = rows.filter(pl.col("measure") == "length").select(
        "condition", "twin", (pl.col("ci_high") - pl.col("estimate")).alias("radius"), *floors
    )
    order = {cell: number for number, cell in enumerate(CELLS)}
    return arrows.join(lengths, on=["condition", "twin"], how="left").sort(
        pl.col("cell").replace_strict(order, default=len(order), return_dtype=pl.Int64),
        "demographics_told",
        "language",
        "condition",
    )


@style.styled
def draw(shift: pl.DataFrame) -> Figure:
    """Draw a column for each cell, all of one scale, the English twins in the middle.

    Returns
    -------
    Figure
        Arrows are mean displacements, discs their 95 % regions, circles the floors.
    """
    arrows = plotted(shift)
    panels = arrows.select("cell", "demographics_told").unique(maintain_order=True).rows()
    marks = dict(zip(arrows["language"].unique().sort(), MARKS * len(arrows), strict=False))
    columns = list(dict.fromkeys(cell for cell, _ in panels))
    rows = sorted({told for _, told in panels})  # nothing told stands beside no country told
    n_rows = max(len(rows), 1)
    figure = style.new_figure(style.WIDTH_DOUBLE, 2.2 * n_rows + 0.55)
    grid = figure.add_gridspec(
        n_rows + 1, max(len(columns), 2), height_ratios=[*[2.2] * n_rows, 0.4]
    )
    reach = _reach(arrows)
    in_order = sorted(panels, key=lambda panel: (rows.index(panel[1]), columns.index(panel[0])))
    for place, (cell, told) in enumerate(in_order):
        row, column = rows.index(told), columns.index(cell)
        axes = figure.add_subplot(grid[row, column])
        own = arrows.filter(pl.col("cell") == cell, pl.col("demographics_told") == told)
        _draw_panel(axes, own.to_dicts(), marks, reach)
        second = "nothing told" if cell == "nobody" else TOLD[told]
        axes.set_title(f"{chr(ord('a') + place)}  {CELLS.get(cell, cell)}\n{second}")
        axes.set_xlabel("Self-expression (map units)")
        begins = column == 0 or (columns[column - 1], told) not in panels
        axes.set_ylabel("Secular (map units)" if begins else "")
    if not panels:
        _draw_panel(figure.add_subplot(grid[0, :]), [], marks, reach)
    handles = _handles(marks)
    style.legend_below(figure.add_subplot(grid[n_rows, :]), handles, columns=min(len(handles), 6))
    return figure


def _reach(arrows: pl.DataFrame) -> float:
    """Return how far the panels reach: over all arrows, regions and floors."""
    sizes = [0.05]
    for row in arrows.iter_rows(named=True):
        sizes += [row[f"floor_{kind}"] for kind in FLOORS if row[f"floor_{kind}"] is not None]
        if row["self_expression"] is not None and row["secular"] is not None:
            farthest = max(abs(row["self_expression"]), abs(row["secular"]))
            sizes.append(farthest + (row["radius"] or 0.0))
    return 1.08 * max(sizes)


def _draw_panel(
    axes: Axes,
    rows: Sequence[dict[str, Any]],
    marks: dict[str, tuple[str, str]],
    reach: float,
) -> None:
    axes.axhline(0, color=style.PALE, linewidth=0.6, zorder=0)
    axes.axvline(0, color=style.PALE, linewidth=0.6, zorder=0)
    for kind, (_, line) in FLOORS.items():
        for length in {row[f"floor_{kind}"] for row in rows} - {None}:
            axes.add_patch(
                Circle((0, 0), length, fill=False, linestyle=line, edgecolor=style.BLACK,
                       linewidth=0.8, zorder=1)
            )  # fmt: skip
    for row in rows:
        x, y = row["self_expression"], row["secular"]
        if x is None or y is None:
            continue
        colour, marker = marks[row["language"]]
        if row["radius"] is not None:
            axes.add_patch(Circle((x, y), row["radius"], color=colour, alpha=0.12, linewidth=0))
        axes.plot([0, x], [0, y], color=colour, linewidth=1.1, zorder=3)
        axes.plot([x], [y], marker=marker, markersize=4.2, color=colour, markeredgewidth=0.4,
                  markeredgecolor="white", zorder=4)  # fmt: skip
    axes.plot([0], [0], marker="+", markersize=6, color=style.BLACK, markeredgewidth=1.0, zorder=5)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal")
    axes.locator_params(nbins=5)


def _handles(marks: dict[str, tuple[str, str]]) -> list[Line2D]:
    shown = [Line2D([], [], linestyle="none", marker="+", markersize=6, color=style.BLACK,
                    label="English twin")]  # fmt: skip
    shown += [
        Line2D([], [], marker=marker, markersize=4.2, color=colour, label=language)
        for language, (colour, marker) in marks.items()
    ]
    return shown + [
        Line2D([], [], color=style.BLACK, linestyle=line, linewidth=0.8, label=f"Floor: {name}")
        for name, line in FLOORS.values()
    ]


def footer(shift: pl.DataFrame) -> str:
    """Return how many personas move, and which language the model does not know."""
    rows = shift.filter(pl.col("contrast") == "language")
    said = style.counted(rows["n_personas"], "personas")
    unknown = rows.filter(pl.col("model_knows").not_().fill_null(value=False))["language"]
    return f"{said}{unknown_languages(unknown)}"


def unknown_languages(languages: pl.Series) -> str:
    """Return what a footer says of languages that the model does not know; else nothing."""
    names = ", ".join(np.unique(languages.to_numpy()).tolist())
    return f"; the model does not know {names}: this tests the code" if names else ""
