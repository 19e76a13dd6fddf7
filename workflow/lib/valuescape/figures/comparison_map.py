"""Figure: the clouds of all models and conditions on the Inglehart-Welzel map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from matplotlib.lines import Line2D

from valuescape.figures import compared_runs, country_map, style
from valuescape.lenses.cultural_map.tables import AXES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from valuescape.figures.compared_runs import Look

DESIGN = "design"
MOMENTS = ("correlation", *(f"{kind}_{axis}" for kind in ("mean", "sd") for axis in AXES))


def plotted(positions: pl.DataFrame, centroids: pl.DataFrame) -> pl.DataFrame:
    """Return every mark of the figure.

    Returns
    -------
    DataFrame
        `layer` is persona_mean (a run's, with its interval), persona_ellipse, design_ellipse (of
        the first run's configurations) or country; `name` the run or country; positions in map
        units.
    """
    runs = list(dict.fromkeys(positions["run"]))
    parts = [_cloud(positions, run, "persona") for run in runs]
    parts += [_cloud(positions, runs[0], DESIGN)]
    parts += [
        centroids.select(
            pl.lit("country").alias("layer"), pl.col("country").alias("name"), "region", *AXES
        )
    ]
    return pl.concat(parts, how="diagonal_relaxed")


def _cloud(positions: pl.DataFrame, run: str, kind: str) -> pl.DataFrame:
    """Return the mean and the 95 % ellipse of a run's personas, or of its configurations."""
    rows = positions.filter(pl.col("run") == run, pl.col("object") == kind)
    known = {row["measure"]: row for row in rows.iter_rows(named=True)}
    of = {name: known[name]["estimate"] for name in MOMENTS if name in known}
    ends_of = [f"{axis}_{end}" for axis in AXES for end in ("low", "high")]
    columns = dict.fromkeys([*ends_of, "semi_major", "semi_minor", "angle_degrees"], pl.Float64)
    nothing = pl.DataFrame(schema={"layer": pl.String, **columns})
    if any(of.get(f"mean_{axis}") is None for axis in AXES):
        return nothing
    mean = np.array([of[f"mean_{axis}"] for axis in AXES])
    parts = [nothing]
    if kind != DESIGN:
        ends = {
            f"{axis}_{end}": known[f"mean_{axis}"][f"ci_{end}"]
            for axis in AXES for end in ("low", "high")
        }  # fmt: skip
        place = {"layer": "persona_mean"} | dict(zip(AXES, mean.tolist(), strict=True)) | ends
        parts.append(pl.DataFrame([place], schema_overrides=columns))
    if all(of.get(name) is not None for name in MOMENTS):
        sds = np.array([of[f"sd_{axis}"] for axis in AXES])
        tied = np.array([[1.0, of["correlation"]], [of["correlation"], 1.0]])
        covariance = np.outer(sds, sds) * tied
        parts.append(country_map.ellipse_of(f"{kind}_ellipse", mean, covariance, (95,)))
    return pl.concat(parts, how="diagonal_relaxed").with_columns(pl.lit(run).alias("name"))


@style.styled
def draw(positions: pl.DataFrame, centroids: pl.DataFrame) -> Figure:
    """Draw a mean and an ellipse for each run over the countries.

    Returns
    -------
    Figure
        Left the ellipses, right the means where they lie.
    """
    marks = plotted(positions, centroids)
    placed = marks.filter(pl.col("layer") == "persona_mean")["name"]
    looks = compared_runs.looks_of(positions["run"], set(placed))
    columns = compared_runs.legend_columns(looks.values())
    legend = compared_runs.legend_height(len(looks) + 2, columns)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.75 + legend)
    grid = figure.add_gridspec(2, 2, height_ratios=(3.3, legend))
    whole, near = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    for axes in (whole, near):
        countries = marks.filter(pl.col("layer") == "country")
        axes.plot(countries[AXES[0]].to_numpy(), countries[AXES[1]].to_numpy(), linestyle="none",
                  marker="o", markersize=2.2, color=style.PALE, zorder=1)  # fmt: skip
        axes.set_xlabel(country_map.X_LABEL)
    for row in marks.filter(pl.col("layer") == "design_ellipse").iter_rows(named=True):
        country_map.draw_ellipse(whole, row, colour=style.BLACK, line="--")
    for row in marks.filter(pl.col("layer") == "persona_ellipse").iter_rows(named=True):
        look = looks[row["name"]]
        country_map.draw_ellipse(whole, row, colour=look.colour, line=look.line)
    means = marks.filter(pl.col("layer") == "persona_mean")
    for axes in (whole, near):
        _draw_means(axes, means, looks, bars=axes is near)
    country_map.set_limits(whole, marks, 0.3)
    _frame(near, means)
    whole.set_ylabel(country_map.Y_LABEL)
    whole.set_title("a  Clouds of personas")
    near.set_title("b  Their means, nearer")
    handles = [
        *compared_runs.handles(looks.values(), lines=True),
        Line2D([], [], color=style.BLACK, linestyle="--", label="Configurations, no LLM"),
        Line2D([], [], linestyle="none", marker="o", markersize=2.6, color=style.PALE,
               label="Countries"),
    ]  # fmt: skip
    style.legend_below(figure.add_subplot(grid[1, :]), handles, columns=columns)
    return figure


def _draw_means(axes: Axes, means: pl.DataFrame, looks: dict[str, Look], *, bars: bool) -> None:
    for row in means.iter_rows(named=True):
        look = looks[row["name"]]
        x, y = (row[axis] for axis in AXES)
        if bars and row[f"{AXES[0]}_low"] is not None:
            axes.plot([row[f"{AXES[0]}_low"], row[f"{AXES[0]}_high"]], [y, y], color=look.colour,
                      linewidth=1.2, zorder=5)  # fmt: skip
            axes.plot([x, x], [row[f"{AXES[1]}_low"], row[f"{AXES[1]}_high"]], color=look.colour,
                      linewidth=1.2, zorder=5)  # fmt: skip
        axes.plot([x], [y], **compared_runs.point(look), zorder=6)


def _frame(axes: Axes, means: pl.DataFrame) -> None:
    """Hold the means and their intervals within the axes, with at least half a map unit."""
    ends = []
    for axis in AXES:
        values = means.select(pl.concat_list(axis, f"{axis}_low", f"{axis}_high")).to_series()
        known = values.explode().drop_nulls().to_numpy()
        low, high = (known.min(), known.max()) if len(known) else (0.0, 0.0)
        ends.append((float(low + high) / 2, max(float(high - low) / 2 * 1.2, 0.25)))
    (x, wide), (y, high) = ends
    axes.set_xlim(x - wide, x + wide)
    axes.set_ylim(y - high, y + high)


def footer(positions: pl.DataFrame) -> str:
    """Return how many personas have a place on the map, for the footer."""
    counts = positions.filter(pl.col("object") == "persona", pl.col("measure") == "n")
    return style.counted(counts["estimate"], "personas a run on the map")
