"""Figure: moral foundations of personas beside those of humans in 19 countries.

Personas are spread evenly over configurations, humans are not: spreads compare, means do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from valuescape.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOWEST, HIGHEST = 1.0, 5.0
# A scale is a mean of six items of whole points: scores come in steps of a sixth.
STEP = 1 / 6
# Places around a foundation's tick: personas left of it, humans right.
PERSONA_AT, PERSONA_WIDTH = -0.06, 0.34
MEAN_AT, INDIVIDUALS_AT, HUMAN_MEAN_AT, COUNTRY_AT = -0.03, 0.04, 0.12, 0.22
COUNTRY_STEP = 0.045
NEAR = 0.06

SCHEMA = {
    "layer": pl.String,
    "foundation": pl.String,
    "name": pl.String,
    "score": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
    "x": pl.Float64,
}


def plotted(scores: pl.DataFrame, profiles: pl.DataFrame, norms: pl.DataFrame) -> pl.DataFrame:
    """Return every mark of the figure.

    Returns
    -------
    DataFrame
        `layer` is persona_bin (`n` personas from `low` to `high`), persona_mean (with its
        interval), individuals (`low` and `high` are one SD of personas read as individuals away),
        human_mean (`low` and `high` are one SD of people within a country away) or
        country; scores in scale points, 1 to 5.
    """
    parts = [pl.DataFrame(schema=SCHEMA)]
    for place, foundation in enumerate(style.FOUNDATIONS):
        parts += [
            _bins(scores[foundation], foundation),
            _means(profiles.filter(pl.col("foundation") == foundation), foundation, place),
            _countries(norms.filter(pl.col("foundation") == foundation), foundation, place),
        ]
    return pl.concat(parts, how="diagonal_relaxed").select(*SCHEMA)


def _bins(scores: pl.Series, foundation: str) -> pl.DataFrame:
    edges = np.linspace(LOWEST - STEP / 2, HIGHEST + STEP / 2, round(4 / STEP) + 2)
    count, _ = np.histogram(scores.drop_nulls().to_numpy(), edges)
    return pl.DataFrame(
        {
            "layer": "persona_bin",
            "foundation": foundation,
            "score": (edges[:-1] + edges[1:]) / 2,
            "low": edges[:-1],
            "high": edges[1:],
            "n": count.astype(np.int64),
        }
    )


def _means(profile: pl.DataFrame, foundation: str, place: int) -> pl.DataFrame:
    persona = profile.select(
        pl.lit("persona_mean").alias("layer"),
        pl.col("persona_mean").alias("score"),
        pl.col("ci_low").alias("low"),
        pl.col("ci_high").alias("high"),
        pl.lit(place + MEAN_AT).alias("x"),
    )
    individuals = profile.select(
        pl.lit("individuals").alias("layer"),
        pl.col("persona_mean").alias("score"),
        (pl.col("persona_mean") - pl.col("drawn_sd")).alias("low"),
        (pl.col("persona_mean") + pl.col("drawn_sd")).alias("high"),
        pl.lit(place + INDIVIDUALS_AT).alias("x"),
    )
    human = profile.select(
        pl.lit("human_mean").alias("layer"),
        pl.col("human_mean").alias("score"),
        (pl.col("human_mean") - pl.col("human_sd_within")).alias("low"),
        (pl.col("human_mean") + pl.col("human_sd_within")).alias("high"),
        pl.lit(place + HUMAN_MEAN_AT).alias("x"),
    )
    return pl.concat([persona, individuals, human]).with_columns(
        pl.lit(foundation).alias("foundation")
    )


def _countries(norms: pl.DataFrame, foundation: str, place: int) -> pl.DataFrame:
    """Place dots side by side where they would hide one another."""
    rows = norms.sort("mean", "country")
    taken: list[tuple[float, int]] = []
    for mean in rows["mean"]:
        used = {lane for other, lane in taken if abs(other - mean) < NEAR}
        taken.append((mean, next(lane for lane in range(rows.height + 1) if lane not in used)))
    return rows.select(
        pl.lit("country").alias("layer"),
        pl.lit(foundation).alias("foundation"),
        pl.col("country").alias("name"),
        pl.col("mean").alias("score"),
        pl.Series("x", [place + COUNTRY_AT + COUNTRY_STEP * lane for _, lane in taken], pl.Float64),
    )


@style.styled
def draw(scores: pl.DataFrame, profiles: pl.DataFrame, norms: pl.DataFrame) -> Figure:
    """Draw personas' distributions left and human countries right of each foundation.

    Returns
    -------
    Figure
        Six foundations side by side on one scale.
    """
    marks = plotted(scores, profiles, norms)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.7)
    grid = figure.add_gridspec(2, 1, height_ratios=(2.9, 0.3))
    axes = figure.add_subplot(grid[0])
    axes.grid(axis="y")
    for place, foundation in enumerate(style.FOUNDATIONS):
        rows = marks.filter(pl.col("foundation") == foundation)
        _draw_bins(axes, rows.filter(pl.col("layer") == "persona_bin"), place, foundation)
    _draw_points(axes, marks)
    axes.set_xticks(range(len(style.FOUNDATIONS)), [f.capitalize() for f in style.FOUNDATIONS])
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.55, len(style.FOUNDATIONS) - 0.35)
    axes.set_ylim(LOWEST - 0.1, HIGHEST + 0.1)
    axes.set_yticks(range(1, 6))
    axes.set_ylabel("MFQ-2 score (scale points, 1 to 5)")
    axes.set_title("Moral foundations of personas and of humans")
    style.legend_below(figure.add_subplot(grid[1]), _handles(marks), columns=2)
    return figure


def _draw_bins(axes: Axes, bins: pl.DataFrame, place: int, foundation: str) -> None:
    most = max(int(bins["n"].to_numpy().max()), 1)
    width = bins["n"].to_numpy() / most * PERSONA_WIDTH
    axes.barh(
        bins["score"].to_numpy(), width, height=STEP * 0.94, left=place + PERSONA_AT - width,
        color=style.FOUNDATION_COLOURS[foundation], alpha=0.75, linewidth=0, zorder=2,
    )  # fmt: skip


def _draw_points(axes: Axes, marks: pl.DataFrame) -> None:
    means = marks.filter(pl.col("layer") == "persona_mean").drop_nulls("score")
    known = means.drop_nulls(["low", "high"])
    axes.vlines(known["x"].to_numpy(), known["low"].to_numpy(), known["high"].to_numpy(),
                color=style.BLACK, linewidth=1.6, zorder=4)  # fmt: skip
    axes.plot(
        means["x"].to_numpy(), means["score"].to_numpy(), linestyle="none", marker="o",
        markersize=3.8, markerfacecolor="white", markeredgecolor=style.BLACK, zorder=5,
    )  # fmt: skip
    individuals = marks.filter(pl.col("layer") == "individuals").drop_nulls(["low", "high"])
    axes.vlines(individuals["x"].to_numpy(), individuals["low"].to_numpy(),
                individuals["high"].to_numpy(), color=style.BLACK, linewidth=1.0,
                linestyle=(0, (2, 1)), zorder=3)  # fmt: skip
    humans = marks.filter(pl.col("layer") == "human_mean").drop_nulls("score")
    axes.vlines(humans["x"].to_numpy(), humans["low"].to_numpy(), humans["high"].to_numpy(),
                color=style.GREY, linewidth=1.2, zorder=3)  # fmt: skip
    axes.plot(humans["x"].to_numpy(), humans["score"].to_numpy(), linestyle="none", marker="D",
              markersize=3.6, color=style.GREY, zorder=4)  # fmt: skip
    countries = marks.filter(pl.col("layer") == "country")
    axes.plot(countries["x"].to_numpy(), countries["score"].to_numpy(), linestyle="none",
              marker="o", markersize=2.6, markerfacecolor=style.PALE, markeredgecolor=style.BLACK,
              markeredgewidth=0.5, zorder=3)  # fmt: skip


def _handles(marks: pl.DataFrame) -> list[Line2D | Patch]:
    n = marks.filter(pl.col("layer") == "country")["name"].n_unique()
    return [
        Patch(facecolor=style.GREY, alpha=0.75,
              label="Personas, share at each score (widest = most frequent)"),
        Line2D([], [], color=style.BLACK, marker="o", markerfacecolor="white", markersize=3.8,
               label="Personas' mean, 95 % interval"),
        Line2D([], [], color=style.BLACK, linewidth=1.0, linestyle=(0, (2, 1)),
               label="Mean ± SD of personas read as individuals"),
        Line2D([], [], color=style.GREY, marker="D", markersize=3.6,
               label="Humans' mean ± SD of people within a country"),
        Line2D([], [], linestyle="none", marker="o", markersize=3, markerfacecolor=style.PALE,
               markeredgecolor=style.BLACK, markeredgewidth=0.5,
               label=f"Humans' mean in one of {n} countries"),
    ]  # fmt: skip


def footer(scores: pl.DataFrame) -> str:
    """Return how many personas have scores, for the footer."""
    return f"n = {scores.height:,} personas"
