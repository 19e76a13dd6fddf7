"""Figure: what a language moves of each question and foundation, and what correlations hide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from matplotlib.colors import TwoSlopeNorm
from matplotlib.lines import Line2D

from valuescape.figures import labels, style
from valuescape.figures.language_shift import CELLS, TOLD, unknown_languages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from valuescape.study.instruments import Instrument

SHOWN = {"iw": "Map", "wvb_probe": "WVB-PROBE"}
"""Instruments whose questions have a row each."""
NARROW = {
    "nobody": "Question,",
    "question": "Question,",
    "persona": "Persona,",
    "both": "Both,",
}
MOST = 2.0
"""SDs at which the colours end."""


def plotted(items: pl.DataFrame, instrument: Instrument) -> pl.DataFrame:
    """Return what each cell of the figure shows, and the marks above it.

    Returns
    -------
    DataFrame
        One row a contrast of language and question, foundation or whole instrument: `label`,
        `row` (from the top; null for whole instruments, above), `column`, z_shift, emd, whether
        it lies beyond the floors, both correlations and the shares of valid answers.
    """
    rows = items.filter(pl.col("contrast") == "language")
    shown = pl.col("instrument").is_in(list(SHOWN)) & (pl.col("unit") == "question")
    rows = rows.filter(shown | (pl.col("unit") != "question"))
    order = {question.id: number for number, question in enumerate(instrument.questions)}
    scales = {name: number for number, name in enumerate(style.FOUNDATIONS)}
    named = {**labels.QUESTIONS, **{q.id: labels.question_label(q) for q in instrument.questions}}
    names = rows.filter(pl.col("unit") != "all").unique(["instrument", "unit", "item"])
    names = names.select("instrument", "unit", "item").sort(
        pl.col("unit") != "question",
        "instrument",
        pl.col("item").replace_strict(order | scales, default=-1, return_dtype=pl.Int64),
        "item",
    )
    names = names.with_row_index("row").with_columns(
        pl.when(pl.col("unit") == "question")
        .then(
            pl.format(
                "{}  {}", "item", pl.col("item").replace_strict(named, default=pl.col("item"))
            )
        )
        .otherwise(pl.col("item").str.to_titlecase())
        .alias("label")
    )
    contrasts = rows.unique(["condition", "twin"]).sort(
        pl.col("cell").replace_strict({c: k for k, c in enumerate(CELLS)}, default=9),
        "demographics_told",
        "language",
        "condition",
    )
    contrasts = contrasts.select("condition", "twin").with_row_index("column")
    return (
        rows.join(names, on=["instrument", "unit", "item"], how="left")
        .join(contrasts, on=["condition", "twin"])
        .select("column", "condition", "twin", "cell", "language", "demographics_told", "row",
                "instrument", "unit", "item", "label", "z_shift", "emd", "beyond_floors",
                "correlation", "correlation_raw", "valid_share", "valid_share_twin", "n_personas")
        .sort("column", "row", "instrument")
    )  # fmt: skip


@style.styled
def draw(items: pl.DataFrame, instrument: Instrument) -> Figure:
    """Draw a block of columns for each cell, a column a language, a row a question.

    Returns
    -------
    Figure
        Colours are shifts in SDs within question; dots lie beyond the floors.
    """
    marks = plotted(items, instrument)
    cells = marks.unique(["cell", "demographics_told"], maintain_order=True)
    panels = cells.select("cell", "demographics_told").rows() or [("", False)]
    columns = [_columns(marks, *panel) for panel in panels]
    named = marks.drop_nulls("row").unique("row").sort("row")
    n_rows = max(named.height, 1)
    figure = style.new_figure(style.WIDTH_DOUBLE, 0.125 * n_rows + 2.6)
    # the last column is the bar of colours
    ratios = [*(max(len(own), 3) for own in columns), 0.9]
    grid = figure.add_gridspec(3, len(ratios), width_ratios=ratios,
                               height_ratios=[8, max(n_rows, 4), 2.6])  # fmt: skip
    # one scale for all, the lowest mark clear of its end
    lowest = min([0.0, *_of_the_probe(marks)["correlation"].drop_nulls()]) - 0.1
    for place, ((cell, told), own) in enumerate(zip(panels, columns, strict=True)):
        above = figure.add_subplot(grid[0, place])
        below = figure.add_subplot(grid[1, place])
        rows = marks.filter(pl.col("cell") == cell, pl.col("demographics_told") == told)
        second = "told nothing" if cell == "nobody" else TOLD[told].replace(" told", "")
        above.set_title(f"{NARROW.get(cell, cell)}\n{second}", fontsize=style.SMALL)
        _draw_marks(above, rows, own, first=place == 0)
        above.set_ylim(lowest, 1.05)
        image = _draw_cells(below, rows, own, n_rows)
        names = named["label"].to_list() if place == 0 else []
        below.set_yticks(range(len(names)), names)
    _colour_bar(figure.add_subplot(grid[1, -1]), image)
    style.legend_below(figure.add_subplot(grid[2, :]), _handles(), columns=3)
    return figure


def _columns(marks: pl.DataFrame, cell: str, told: bool) -> list[tuple[int, str]]:  # noqa: FBT001
    own = marks.filter(pl.col("cell") == cell, pl.col("demographics_told") == told)
    return own.unique("column").sort("column").select("column", "language").rows()


def _draw_marks(
    axes: Axes, rows: pl.DataFrame, columns: Sequence[tuple[int, str]], *, first: bool
) -> None:
    """Draw correlations and valid answers of WVB-PROBE above the columns."""
    whole = _of_the_probe(rows)
    start = columns[0][0] if columns else 0
    for name, marker, face in (("correlation_raw", "s", "white"), ("correlation", "o", style.BLUE)):
        known = whole.drop_nulls(name)
        axes.plot(known["column"].to_numpy() - start, known[name].to_numpy(), linestyle="none",
                  marker=marker, markersize=3.2, markerfacecolor=face, markeredgewidth=0.7,
                  markeredgecolor=style.BLUE)  # fmt: skip
    valid = whole.drop_nulls("valid_share")
    axes.plot(valid["column"].to_numpy() - start, valid["valid_share"].to_numpy(),
              linestyle="none", marker="_", markersize=5, color=style.VERMILION,
              markeredgewidth=1.2)  # fmt: skip
    axes.set_xlim(-0.5, max(len(columns), 1) - 0.5)
    axes.axhline(0, color=style.GREY, linewidth=0.5)
    axes.set_xticks([])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"] if first else [])
    axes.set_ylabel("r, share" if first else "")


def _of_the_probe(marks: pl.DataFrame) -> pl.DataFrame:
    """Return what is known of all questions of WVB-PROBE together."""
    return marks.filter(pl.col("unit") == "all", pl.col("instrument") == "wvb_probe")


def _draw_cells(
    axes: Axes, rows: pl.DataFrame, columns: Sequence[tuple[int, str]], n_rows: int
) -> AxesImage:
    start, width = (columns[0][0] if columns else 0), max(len(columns), 1)
    matrix = np.full((n_rows, width), np.nan)
    placed = rows.drop_nulls("row")
    x = placed["column"].cast(pl.Int64).to_numpy() - start
    y = placed["row"].cast(pl.Int64).to_numpy()
    matrix[y, x] = placed["z_shift"].cast(pl.Float64).to_numpy()
    axes.set_facecolor("white")
    image = axes.imshow(matrix, cmap="PuOr", norm=TwoSlopeNorm(0, -MOST, MOST), aspect="auto")
    beyond = placed["beyond_floors"].fill_null(value=False).to_numpy()
    axes.plot(x[beyond], y[beyond], linestyle="none", marker="o", markersize=1.5,
              color=style.BLACK)  # fmt: skip
    empty = np.argwhere(np.isnan(matrix))
    axes.plot(empty[:, 1], empty[:, 0], linestyle="none", marker="x", markersize=2,
              color=style.PALE, markeredgewidth=0.5)  # fmt: skip
    groups = placed.unique("row").sort("row")
    changes = (groups["instrument"] != groups["instrument"].shift(1)).fill_null(value=False)
    for row in groups.filter(changes)["row"]:
        axes.axhline(row - 0.5, color="white", linewidth=2.5)
    axes.set_xticks(range(len(columns)), [language for _, language in columns], rotation=90)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return image


def _colour_bar(axes: Axes, image: AxesImage) -> None:
    bar = axes.figure.colorbar(image, cax=axes, extend="both")
    bar.set_label("Shift from English (SDs of personas within question)")
    bar.outline.set_visible(False)


def _handles() -> list[Line2D]:
    def mark(marker: str, label: str, **keys: Any) -> Line2D:  # noqa: ANN401 - handed on
        look: dict[str, Any] = {"color": style.BLUE, "markersize": 4} | keys
        return Line2D([], [], linestyle="none", marker=marker, label=label, **look)

    return [
        mark("o", "Correlation with English, within question"),
        mark("s", "The same, raw over pooled questions: inflated", markerfacecolor="white"),
        mark("_", "Valid answers in the language", color=style.VERMILION, markeredgewidth=1.2),
        mark("o", "Beyond all floors that are known", color=style.BLACK, markersize=2),
        mark("x", "Not asked, or not defined", color=style.GREY),
    ]


def footer(items: pl.DataFrame) -> str:
    """Return how many personas answered, and which language the model does not know."""
    rows = items.filter(pl.col("contrast") == "language")
    said = style.counted(rows["n_personas"], "personas answered a question in both")
    unknown = rows.filter(pl.col("model_knows").not_().fill_null(value=False))["language"]
    return f"{said}{unknown_languages(unknown)}"
