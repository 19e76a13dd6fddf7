"""Figure: how far personas answer from humans, by group and question, above the noise floor.

The floor is the distance of another sample of the same humans: no comparator can be asked to
come nearer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.figures import labels, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from valuescape.study.instruments import Instrument

ALL = "all"
# Up to this many groups a cell is wide enough for its number.
MOST_NUMBERED = 16
# Lighter than this share of the scale, a cell takes dark print.
DARK = 0.6


def plotted(cells: pl.DataFrame, instrument: Instrument) -> pl.DataFrame:
    """Return what each cell of the figure shows.

    Returns
    -------
    DataFrame
        ``question``, ``label``, ``row`` (from the top), ``group``, ``column`` (from the left;
        `all` is last), ``countries`` and ``n_countries`` behind the humans, ``n_personas``,
        ``n_respondents``, ``left_out`` (why a cell counts in no mean), ``emd``, its floors and
        ``emd_above_floor`` (EMD less ``emd_floor``), null without personas.
    """
    rows = pl.DataFrame(
        {
            "question": [question.id for question in instrument.questions],
            "label": [_label(instrument, question.id) for question in instrument.questions],
            "row": range(len(instrument.questions)),
        }
    )
    groups = sorted(set(cells["group"]), key=lambda group: (group == ALL, group))
    columns = pl.DataFrame(
        {"group": groups, "column": range(len(groups))},
        schema={"group": pl.String, "column": pl.Int64},
    )
    return (
        cells.join(rows, on="question")
        .join(columns, on="group")
        .with_columns((pl.col("emd") - pl.col("emd_floor")).alias("emd_above_floor"))
        .select("question", "label", "row", "group", "column", "countries", "n_countries",
                "n_personas", "n_respondents", "left_out", "emd", "emd_floor",
                "emd_floor_at_n_personas", "emd_above_floor")
        .sort("row", "column")
    )  # fmt: skip


def _label(instrument: Instrument, question_id: str) -> str:
    question = instrument.question(question_id)
    mark = "*" if question.conditioning else "†" if question.near_copy else ""
    return f"{question.id}  {labels.question_label(question)}{mark}"


@style.styled
def draw(cells: pl.DataFrame, instrument: Instrument) -> Figure:
    """Draw a cell for each question (row) and group (column).

    Returns
    -------
    Figure
        Darker is farther from the humans; crossed cells lack answers of personas or humans.
    """
    marks = plotted(cells, instrument)
    names = marks.unique("column").sort("column")["group"].to_list()
    matrix = np.full((len(instrument.questions), max(len(names), 1)), np.nan)
    place = (marks["row"].to_numpy(), marks["column"].to_numpy())
    matrix[place] = marks["emd_above_floor"].cast(pl.Float64).to_numpy()
    most = float(np.nanmax(matrix)) if np.isfinite(matrix).any() else 1.0
    numbered = len(names) <= MOST_NUMBERED
    figure = style.new_figure(5.6 if numbered else style.WIDTH_DOUBLE, 6.9)
    axes = figure.subplots()
    axes.set_facecolor("white")
    image = axes.imshow(matrix, cmap="Blues", vmin=0.0, vmax=most, aspect="auto")
    few = marks.filter(pl.col("left_out").is_not_null(), pl.col("emd_above_floor").is_not_null())
    axes.plot(few["column"].to_numpy() + 0.38, few["row"].to_numpy() + 0.3, linestyle="none",
              marker="o", markersize=1.6, color=style.VERMILION)  # fmt: skip
    empty = np.argwhere(np.isnan(matrix))
    axes.plot(empty[:, 1], empty[:, 0], linestyle="none", marker="x", markersize=3,
              color=style.GREY, markeredgewidth=0.6)  # fmt: skip
    axes.set_yticks(
        range(len(instrument.questions)), [_label(instrument, q.id) for q in instrument.questions]
    )
    if numbered:
        axes.set_xticks(range(len(names)), [_rests_on(marks, name) for name in names])
        _print_numbers(axes, matrix, most)
    else:
        axes.set_xticks(range(len(names)), names, rotation=90)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if ALL in names and len(names) > 1:
        axes.axvline(len(names) - 1.5, color="white", linewidth=3)
    axes.set_title("Distance from human answers, above the floor")
    below = np.nanmin(matrix, initial=0.0) < 0
    bar = figure.colorbar(
        image, ax=axes, fraction=0.03, pad=0.015, aspect=45, extend="min" if below else "neither"
    )
    bar.set_label("EMD minus floor (0 = as near as the same humans drawn again, 1 = farthest)")
    bar.outline.set_visible(False)
    axes.set_xlabel(
        "* asks what configured the personas     † near copy     x no answers to compare\n"
        "dot: too few humans, countries or personas to count in a mean"
    )
    return figure


def _rests_on(marks: pl.DataFrame, group: str) -> str:
    """Return a group's name with its country, or the number of its countries, below it."""
    rows = marks.filter(pl.col("group") == group)
    n = int(rows["n_countries"].to_numpy().max())
    countries = {name for text in rows["countries"].drop_nulls() for name in text.split(", ")}
    below = next(iter(countries)) if len(countries) == n == 1 else f"{n}\ncountries"
    return f"{group.replace(' ', chr(10), 1)}\n{below}" if below != group else group


def _print_numbers(axes: Axes, matrix: np.ndarray, most: float) -> None:
    for (row, column), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            colour = "white" if value / most > DARK else style.BLACK
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour,
                      fontsize=style.SMALL)  # fmt: skip


def footer(cells: pl.DataFrame) -> str:
    """Return how many personas stand behind a cell, for the footer."""
    return style.counted(cells["n_personas"], "personas answer a question of a group")
