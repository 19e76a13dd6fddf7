"""Figure: the share of questions answered up to a distance from humans.

    python -m valuescape.figures.alignment_threshold_curve --thresholds F --pdf F --png F --csv F

WorldValuesBench reports this curve; here it stands beside what no skill and what humans reach.
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

UNITS = {
    "question": "a  Questions, everybody pooled",
    "cell": "b  Questions of single groups",
}


def plotted(thresholds: pl.DataFrame) -> pl.DataFrame:
    """Return the curves of the figure.

    Parameters
    ----------
    thresholds : DataFrame
        `alignment_tables.THRESHOLDS`.

    Returns
    -------
    DataFrame
        The same rows, those of an answerer together.
    """
    return thresholds.sort("unit", "answerer", "threshold", descending=[True, False, False])


@style.styled
def draw(thresholds: pl.DataFrame) -> Figure:
    """Draw one panel a unit, with the curves of all answerers.

    Parameters
    ----------
    thresholds : DataFrame
        `alignment_tables.THRESHOLDS`.

    Returns
    -------
    Figure
        Higher and farther left is nearer to the humans.
    """
    curves = plotted(thresholds)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.2)
    grid = figure.add_gridspec(2, len(UNITS), height_ratios=(2.4, 0.3))
    first: Axes | None = None
    for column, (unit, title) in enumerate(UNITS.items()):
        axes = figure.add_subplot(grid[0, column], sharex=first, sharey=first)
        rows = curves.filter(pl.col("unit") == unit)
        _draw_panel(axes, rows)
        axes.set_title(" ".join([title, *(f"(n = {n:,})" for n in rows["n"].unique().sort())]))
        axes.set_xlabel("Distance from humans (EMD), at most")
        if first is None:
            axes.set_ylabel("Share of questions")
            first = axes
        else:
            axes.tick_params(labelleft=False)
    style.legend_below(figure.add_subplot(grid[1, :]), handles(), columns=3)
    return figure


def _draw_panel(axes: Axes, rows: pl.DataFrame) -> None:
    for answerer, line in LINES.items():
        curve = rows.filter(pl.col("answerer") == answerer)
        x = curve["threshold"].to_numpy()
        axes.step(
            x, curve["share"].to_numpy(), where="post", color=line.colour, linestyle=line.dashes
        )
        if answerer == "persona":
            axes.fill_between(x, curve["ci_low"].to_numpy(), curve["ci_high"].to_numpy(),
                              step="post", color=style.PALE, linewidth=0, zorder=0)  # fmt: skip
    axes.set_xlim(0, 0.4)
    axes.set_ylim(0, 1.02)
    axes.grid()


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--thresholds", type=Path, required=True)
    style.add_targets(options)
    return options


def main(argv: Sequence[str] | None = None) -> None:
    """Read the thresholds, draw, save."""
    arguments = parser().parse_args(argv)
    thresholds = tables.read(arguments.thresholds, alignment_tables.THRESHOLDS)
    style.save(
        draw(thresholds),
        plotted(thresholds),
        style.targets(arguments),
        tables.joined_provenance([arguments.thresholds]),
        style.counted(thresholds["n"], "questions, or questions of groups, are counted"),
    )


if __name__ == "__main__":
    run(main)
