"""Figure: where personas answer on each axis of the map, against where they were configured.

Slope 1 through the diagonal is a persona that answers as configured; slope 0 one that does not
depend on its configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from matplotlib.lines import Line2D

from valuescape.figures import country_map, style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES = {"self_expression": "Survival to self-expression", "secular": "Traditional to secular"}
# Above this many personas dots hide one another; then hexagons are counted.
MOST_DOTS = 1500
HEXAGON = 0.2
SCHEMA = {
    "axis": pl.String,
    "layer": pl.String,
    "name": pl.String,
    "configured": pl.Float64,
    "answered": pl.Float64,
    "n": pl.Int64,
}


def plotted(positions: pl.DataFrame, fits: pl.DataFrame) -> pl.DataFrame:
    """Return the marks of the figure.

    Returns
    -------
    DataFrame
        By ``axis``: `layer` is persona (a dot), persona_hexagon (`n` personas), or line_end (of
        the fitted line); places in map units.
    """
    parts = []
    for axis in AXES:
        known = positions.drop_nulls([axis]).select(
            pl.lit(axis).alias("axis"),
            pl.lit("persona").alias("layer"),
            pl.col("persona_id").cast(pl.String).alias("name"),
            pl.col(f"design_{axis}").alias("configured"),
            pl.col(axis).alias("answered"),
            pl.lit(1, pl.Int64).alias("n"),
        )
        ends = _line_ends(known, axis, fits)
        if known.height > MOST_DOTS:
            x, y, n = country_map.hexagon_counts(
                known["configured"].to_numpy(), known["answered"].to_numpy(), HEXAGON
            )
            known = pl.DataFrame({"configured": x, "answered": y, "n": n}).with_columns(
                axis=pl.lit(axis), layer=pl.lit("persona_hexagon")
            )
        parts += [known, ends]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts], how="diagonal_relaxed").select(*SCHEMA)


def _line_ends(known: pl.DataFrame, axis: str, fits: pl.DataFrame) -> pl.DataFrame:
    slope = _of(fits, axis).get("slope", {}).get("estimate")
    if slope is None or known.is_empty():
        return pl.DataFrame(schema={"layer": pl.String})
    x, y = known["configured"].to_numpy(), known["answered"].to_numpy()
    ends = np.array([x.min(), x.max()])
    return pl.DataFrame(
        {"configured": ends, "answered": y.mean() + slope * (ends - x.mean())}
    ).with_columns(axis=pl.lit(axis), layer=pl.lit("line_end"))


def _of(fits: pl.DataFrame, axis: str) -> dict[str, dict[str, float | None]]:
    rows = fits.filter(pl.col("axis") == axis)
    return {row["measure"]: row for row in rows.iter_rows(named=True)}


@style.styled
def draw(positions: pl.DataFrame, fits: pl.DataFrame) -> Figure:
    """Draw one panel an axis, the identity as reference.

    Returns
    -------
    Figure
        Each panel names slope and R2 with intervals, and the R2 that shuffled personas reach.
    """
    marks = plotted(positions, fits)
    figure = style.new_figure(style.WIDTH_DOUBLE, 4.35)
    grid = figure.add_gridspec(2, 2, height_ratios=(3.4, 0.25))
    for place, (axis, title) in enumerate(AXES.items()):
        axes = figure.add_subplot(grid[0, place])
        rows = marks.filter(pl.col("axis") == axis)
        _draw_axis(axes, rows)
        axes.set_title(f"{title}\n{_fit_label(_of(fits, axis))}", fontsize=7.0)
        axes.set_xlabel("Configured place (map units)")
        axes.set_ylabel("Answered place (map units)")
    style.legend_below(figure.add_subplot(grid[1, :]), _handles(marks), columns=3)
    return figure


def _draw_axis(axes: Axes, rows: pl.DataFrame) -> None:
    people = rows.filter(pl.col("layer").str.starts_with("persona"))
    axes.set_aspect("equal", adjustable="box", anchor="N")
    # One scale for both directions: shrinkage is then seen, not read.
    values = [*people["configured"], *people["answered"]] or [0.0]
    low, high = min(values) - 0.4, max(values) + 0.4
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.plot([low, high], [low, high], color=style.BLACK, linestyle="--", zorder=3)
    dots = people.filter(pl.col("layer") == "persona")
    axes.plot(dots["configured"].to_numpy(), dots["answered"].to_numpy(), linestyle="none",
              marker="o", markersize=2.6, markerfacecolor=style.GREY, markeredgewidth=0,
              alpha=0.6, zorder=2)  # fmt: skip
    hexagons = people.filter(pl.col("layer") == "persona_hexagon")
    if hexagons.height:
        places = {"configured": "self_expression", "answered": "secular"}
        country_map.draw_hexagons(axes, hexagons.rename(places), HEXAGON)
    line = rows.filter(pl.col("layer") == "line_end")
    axes.plot(line["configured"].to_numpy(), line["answered"].to_numpy(), color=style.BLUE,
              linewidth=1.4, zorder=4)  # fmt: skip


def _fit_label(found: Mapping[str, Mapping[str, float | None]]) -> str:
    words = []
    for measure, name in (("slope", "Slope"), ("r2", "R²")):
        row = found.get(measure, {})
        value, low, high = (row.get(key) for key in ("estimate", "ci_low", "ci_high"))
        if value is None:
            return "Slope not defined"
        words.append(f"{name} {_signed(value)}" + (
            "" if low is None or high is None else f" [{_signed(low)}, {_signed(high)}]"
        ))  # fmt: skip
    null = found.get("r2", {}).get("null_95")
    return ", ".join(words) + ("" if null is None else f", shuffled {null:.2f}")


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def _handles(marks: pl.DataFrame) -> list[Line2D]:
    layers = set(marks["layer"])
    shown = []
    if "persona_hexagon" in layers:
        shown.append(Line2D([], [], linestyle="none", marker="h", markersize=5.5,
                            markerfacecolor=style.GREY, markeredgewidth=0,
                            label="Personas (darker: more)"))  # fmt: skip
    elif "persona" in layers:
        shown.append(Line2D([], [], linestyle="none", marker="o", markersize=3.2, alpha=0.7,
                            markerfacecolor=style.GREY, markeredgewidth=0,
                            label="Persona"))  # fmt: skip
    if "line_end" in layers:
        shown.append(Line2D([], [], color=style.BLUE, linewidth=1.4, label="Fitted line"))
    shown.append(
        Line2D([], [], color=style.BLACK, linestyle="--", label="Answered just as configured")
    )
    return shown


def footer(positions: pl.DataFrame) -> str:
    """Return how many personas have a place on the map, for the footer."""
    valid = positions["self_expression"].is_not_null().sum()
    return f"n = {valid:,} of {positions.height:,} personas with all ten answers valid"
