"""Figure: how far the nearest and the farthest answers of personas lie from humans.

    python -m valuescape.figures.quantile_curve --quantiles F --pdf F --png F --csv F

After arXiv:2512.05024. A mean hides the cells that are answered worst; the tail shows them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.figures import style
from valuescape.figures.answerers import LINES, handles
from valuescape.lenses.alignment import tables as alignment_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VALUE_AT_RISK = 0.9


def plotted(quantiles: pl.DataFrame) -> pl.DataFrame:
    """Return the curves and tail means of the figure.

    Parameters
    ----------
    quantiles : DataFrame
        `alignment_tables.QUANTILES`.

    Returns
    -------
    DataFrame
        The same rows, those of an answerer together.
    """
    return quantiles.sort("answerer", "measure", "level")


@style.styled
def draw(quantiles: pl.DataFrame) -> Figure:
    """Draw the quantile curve of each answerer, and the mean of its worst tenth.

    Parameters
    ----------
    quantiles : DataFrame
        `alignment_tables.QUANTILES`.

    Returns
    -------
    Figure
        Lower is nearer to the humans.
    """
    rows = plotted(quantiles)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.2)
    grid = figure.add_gridspec(2, 2, height_ratios=(2.4, 0.3), width_ratios=(2.2, 1))
    curves = figure.add_subplot(grid[0, 0])
    _draw_curves(curves, rows.filter(pl.col("measure") == "quantile"))
    worst = figure.add_subplot(grid[0, 1], sharey=curves)
    worst.tick_params(labelleft=False)
    _draw_worst(worst, rows)
    style.legend_below(figure.add_subplot(grid[1, :]), handles(), columns=3)
    return figure


def _draw_curves(axes: Axes, rows: pl.DataFrame) -> None:
    for answerer, line in LINES.items():
        curve = rows.filter(pl.col("answerer") == answerer)
        x = curve["level"].to_numpy()
        axes.plot(x, curve["emd"].to_numpy(), color=line.colour, linestyle=line.dashes)
        if answerer == "persona":
            axes.fill_between(x, curve["ci_low"].to_numpy(), curve["ci_high"].to_numpy(),
                              color=style.PALE, linewidth=0, zorder=0)  # fmt: skip
    axes.axvline(VALUE_AT_RISK, color=style.GREY, linewidth=0.5, linestyle=":")
    axes.set_title("a  Quantiles over groups and questions")
    axes.set_xlabel("Share of questions of groups that are nearer")
    axes.set_ylabel("Distance from humans (EMD)")
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.grid()


def _draw_worst(axes: Axes, rows: pl.DataFrame) -> None:
    at = rows.filter(pl.col("level").is_close(VALUE_AT_RISK))
    for place, (answerer, line) in enumerate(LINES.items()):
        for shift, measure, marker in ((-0.15, "quantile", "o"), (0.15, "tail_mean", "s")):
            point = at.filter(pl.col("answerer") == answerer, pl.col("measure") == measure)
            for emd, low, high in point.select("emd", "ci_low", "ci_high").iter_rows():
                axes.vlines(place + shift, low, high, color=line.colour, linewidth=1.1)
                axes.plot(place + shift, emd, marker=marker, color=line.colour, markersize=3)
    axes.set_title("b  Worst tenth")
    axes.set_xticks(range(len(LINES)), [line.short for line in LINES.values()])
    axes.set_xlim(-0.6, len(LINES) - 0.4)
    axes.set_xlabel("Circle: 90 % are nearer\nSquare: mean of the others")
    axes.grid(axis="y")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quantiles", type=Path, required=True)
    style.add_targets(options)
    return options


def main(argv: Sequence[str] | None = None) -> None:
    """Read the quantiles, draw, save."""
    arguments = parser().parse_args(argv)
    quantiles = tables.read(arguments.quantiles, alignment_tables.QUANTILES)
    style.save(
        draw(quantiles),
        plotted(quantiles),
        style.targets(arguments),
        tables.joined_provenance([arguments.quantiles]),
        style.counted(quantiles["n"], "questions of groups are counted"),
    )


if __name__ == "__main__":
    run(main)
