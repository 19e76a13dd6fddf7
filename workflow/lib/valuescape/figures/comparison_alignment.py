"""Figure: alignment of all models and conditions with humans, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.figures import compared_runs, style
from valuescape.lenses.comparison.tables import ALL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REFERENCES = {"uniform": "Uniform answers (no skill)", "ceiling": "Same humans, drawn again"}
# Up to this many groups a cell is wide enough for its number.
MOST_NUMBERED = 14
# Above this share of the scale a cell is too dark for dark print.
DARK = 0.6
ONE_LINE = 14


def plotted(alignment: pl.DataFrame) -> pl.DataFrame:
    """Return what each cell of the figure shows.

    Returns
    -------
    DataFrame
        ``row`` (from the top: runs, then the references), ``label``, ``group``, ``column`` (from
        the left; all is last), ``alignment``, ``n_questions``, ``n_personas``, ``reason``.
    """
    looks = compared_runs.looks_of(alignment["run"])
    labels = [look.label for look in looks.values()]
    groups = sorted(set(alignment["group"]), key=lambda group: (group == ALL, group))
    runs = alignment.with_columns(
        pl.col("run").replace_strict([*looks], range(len(looks))).alias("row"),
        pl.col("run").replace_strict([*looks], labels).alias("label"),
    )
    beside = [
        alignment.drop_nulls("alignment")
        .group_by("group")
        .agg(pl.col(name).mean().alias("alignment"), pl.col("n_questions").max())
        .with_columns(pl.lit(label).alias("label"), pl.lit(len(looks) + number).alias("row"))
        for number, (name, label) in enumerate(REFERENCES.items())
    ]
    return (
        pl.concat([runs, *beside], how="diagonal_relaxed")
        .with_columns(pl.col("group").replace_strict(groups, range(len(groups))).alias("column"))
        .select("row", "label", "group", "column", "alignment", "n_questions", "n_personas",
                "reason")
        .sort("row", "column")
    )  # fmt: skip


@style.styled
def draw(alignment: pl.DataFrame) -> Figure:
    """Draw a row for each run, a column for each group.

    Returns
    -------
    Figure
        Darker is nearer to humans; crossed cells have no number.
    """
    marks = plotted(alignment)
    groups = marks.unique("column").sort("column")["group"].to_list()
    n_runs = alignment["run"].n_unique()
    labels = [*(look.label for look in compared_runs.looks_of(alignment["run"]).values()),
              *REFERENCES.values()]  # fmt: skip
    matrix = np.full((len(labels), max(len(groups), 1)), np.nan)
    matrix[marks["row"].to_numpy(), marks["column"].to_numpy()] = (
        marks["alignment"].cast(pl.Float64).to_numpy()
    )
    numbered = len(groups) <= MOST_NUMBERED
    figure = style.new_figure(
        style.WIDTH_DOUBLE, (1.35 if numbered else 1.9) + 0.2 * max(len(labels), 4)
    )
    axes = figure.subplots()
    # the last row, the ceiling, would leave the runs alike
    known = matrix[:-1][np.isfinite(matrix[:-1])]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    low = min(low, high - 0.01)
    image = axes.imshow(matrix, cmap="Blues", vmin=low, vmax=high, aspect="auto")
    empty = np.argwhere(np.isnan(matrix))
    axes.plot(empty[:, 1], empty[:, 0], linestyle="none", marker="x", markersize=3.5,
              color=style.GREY, markeredgewidth=0.6)  # fmt: skip
    axes.set_yticks(range(len(labels)), labels)
    names = [name.replace(" ", "\n", 1) if len(name) > ONE_LINE else name for name in groups]
    axes.set_xticks(range(len(groups)), names if numbered else groups,
                    rotation=0 if numbered else 90)  # fmt: skip
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.axhline(n_runs - 0.5, color="white", linewidth=3)
    if ALL in groups and len(groups) > 1:
        axes.axvline(len(groups) - 1.5, color="white", linewidth=3)
    if numbered:
        for (row, column), value in np.ndenumerate(matrix):
            if np.isfinite(value):
                colour = "white" if (value - low) / (high - low) > DARK else style.BLACK
                axes.text(column, row, f"{value:.3f}", ha="center", va="center", color=colour,
                          fontsize=style.SMALL)  # fmt: skip
    axes.set_title("Alignment with human answers, by group")
    bar = figure.colorbar(image, ax=axes, fraction=0.03, pad=0.015, aspect=20, extend="max")
    bar.set_label("1 - EMD")
    bar.outline.set_visible(False)
    return figure


def footer(alignment: pl.DataFrame) -> str:
    """Return how many questions stand behind a cell, for the footer."""
    known = alignment.drop_nulls("alignment")
    return style.counted(known["n_questions"], "questions a group")
