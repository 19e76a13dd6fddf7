"""Figure: headline numbers of all models and conditions beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.figures import compared_runs, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from valuescape.figures.compared_runs import Look

TITLES = {
    "Cultural map": "Map: share\nwithin the hull",
    "Alignment": "Alignment\n(1 - EMD)",
    "Alignment, rescaled": "Alignment,\nrescaled",
    "Groups told apart": "Groups\ntold apart",
    "Morality": "Oracle and\neffects (r)",
}
"""What each lens is called in its panel."""


def plotted(headlines: pl.DataFrame) -> pl.DataFrame:
    """Return what the figure shows: a number with its interval for each lens and run."""
    names = {name: look.label for name, look in compared_runs.looks_of(headlines["run"]).items()}
    return headlines.select(
        "lens", "run", pl.col("run").replace_strict(names).alias("label"), "estimate", "ci_low",
        "ci_high", "baseline", "ceiling", "reason",
    )  # fmt: skip


@style.styled
def draw(headlines: pl.DataFrame) -> Figure:
    """Draw a panel for each lens, a row for each run.

    Returns
    -------
    Figure
        All panels have the runs in the same order.
    """
    marks = plotted(headlines)
    looks = compared_runs.looks_of(headlines["run"])
    lenses = [lens for lens in TITLES if lens in set(marks["lens"])]
    height = 1.15 + max(compared_runs.ROOM * len(looks), 0.5)
    figure = style.new_figure(style.WIDTH_DOUBLE, height)
    panels = figure.subplots(1, len(lenses), sharey=True, squeeze=False)[0]
    for axes, lens in zip(panels, lenses, strict=True):
        _draw_lens(axes, marks.filter(pl.col("lens") == lens), looks)
        axes.set_title(TITLES[lens], fontsize=style.SMALL)
    panels[0].set_yticks(range(len(looks)), [look.label for look in looks.values()])
    panels[0].set_ylim(len(looks) - 0.4, -0.6)
    return figure


def _draw_lens(axes: Axes, rows: pl.DataFrame, looks: dict[str, Look]) -> None:
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    by_run = {row["run"]: row for row in rows.iter_rows(named=True)}
    for place, (run, look) in enumerate(looks.items()):
        row = by_run[run]
        for name, line in (("baseline", ":"), ("ceiling", "--")):
            if row[name] is not None:
                axes.plot([row[name]] * 2, [place - 0.4, place + 0.4], color=style.BLACK,
                          linestyle=line, linewidth=0.9, zorder=2)  # fmt: skip
        if row["estimate"] is None:
            continue
        if row["ci_low"] is not None:
            axes.plot([row["ci_low"], row["ci_high"]], [place, place], color=look.colour,
                      linewidth=1.4, zorder=3)  # fmt: skip
        axes.plot([row["estimate"]], [place], **compared_runs.point(look), zorder=4)
    style.least_span(axes, "x")
    axes.locator_params(axis="x", nbins=4)


def footer(headlines: pl.DataFrame) -> str:
    """Return how many runs are compared, for the footer."""
    return f"{headlines['run'].n_unique()} runs"
