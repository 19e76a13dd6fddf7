"""Figure: where the personas' answers stand on the Inglehart-Welzel map, beside the countries.

Personas' answers are drawn over the ellipses of their configurations, which no LLM answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from matplotlib.lines import Line2D

from valuescape.figures import country_map, style
from valuescape.lenses.cultural_map.tables import AXES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Above this many personas dots hide one another; then hexagons are counted.
MOST_DOTS = 1500
HEXAGON = 0.16
# Colour, line and words of ellipses that hold people, personas or configurations; the line of the
# last tells the coverage.
ELLIPSES: dict[str, tuple[str, country_map.Line | None, str]] = {
    "design_ellipse": (style.BLACK, None, ""),
    "persona_ellipse": (style.BLUE, "-", "95 % of personas, expected answers"),
    "persona_drawn_ellipse": (style.BLUE, (0, (1, 1)), "95 % of personas, one option drawn"),
    "human_ellipse": (style.ORANGE, "-", "95 % of people, 20 countries"),
}
# Colour, line and words of what the personas' mean varies over, beside configurations.
UNCERTAINTIES: dict[str, tuple[str, country_map.Line, str]] = {
    "conditions": (style.VERMILION, "-.", "Mean over conditions, 95 %"),
    "instrument": (style.PURPLE, (0, (6, 1, 1, 1, 1, 1)), "Mean over map versions, 95 %"),
}

SCHEMA = {
    "layer": pl.String,
    "name": pl.String,
    "region": pl.String,
    "self_expression": pl.Float64,
    "secular": pl.Float64,
    "n": pl.Int64,
    "self_expression_low": pl.Float64,
    "self_expression_high": pl.Float64,
    "secular_low": pl.Float64,
    "secular_high": pl.Float64,
    "semi_major": pl.Float64,
    "semi_minor": pl.Float64,
    "angle_degrees": pl.Float64,
}


def plotted(
    positions: pl.DataFrame, summary: pl.DataFrame, uncertainty: pl.DataFrame,
    centroids: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """Return every mark of the figure.

    Returns
    -------
    DataFrame
        `layer` is persona (a dot), persona_hexagon (`n` personas), persona_ellipse,
        persona_drawn_ellipse (one option drawn), human_ellipse (single people), design_ellipse
        (`name` is the coverage), uncertainty_ellipse (of the mean, over what `name` says),
        persona_mean (with its interval) or country; positions in map units.
    """
    answered = positions.drop_nulls(["self_expression", "secular"])
    parts = [
        _personas(answered),
        country_map.ellipse_frame(
            "persona_ellipse",
            answered["self_expression"].to_numpy(),
            answered["secular"].to_numpy(),
            (95,),
        ),
        country_map.ellipse_frame(
            "design_ellipse",
            positions["design_self_expression"].drop_nulls().to_numpy(),
            positions["design_secular"].drop_nulls().to_numpy(),
            (50, 95),
        ),
        _individuals(summary, "persona_drawn"),
        _individuals(summary, "human"),
        _mean(summary),
        uncertainty.filter(
            pl.col("uncertainty").is_in(list(UNCERTAINTIES)), pl.col("semi_major").is_not_null()
        )
        .rename({"uncertainty": "name"})
        .with_columns(layer=pl.lit("uncertainty_ellipse")),
        centroids.select(
            pl.lit("country").alias("layer"),
            pl.col("country").alias("name"),
            "region",
            "self_expression",
            "secular",
        ),
    ]
    empty = pl.DataFrame(schema=SCHEMA)
    return pl.concat([empty, *parts], how="diagonal_relaxed").select(*SCHEMA)


def _personas(answered: pl.DataFrame) -> pl.DataFrame:
    if answered.height <= MOST_DOTS:
        return answered.select(
            pl.lit("persona").alias("layer"),
            pl.col("persona_id").cast(pl.String).alias("name"),
            "self_expression",
            "secular",
            pl.lit(1, pl.Int64).alias("n"),
        )
    x, y, count = country_map.hexagon_counts(
        answered["self_expression"].to_numpy(), answered["secular"].to_numpy(), HEXAGON
    )
    hexagons = pl.DataFrame({"self_expression": x, "secular": y, "n": count})
    return hexagons.with_columns(pl.lit("persona_hexagon").alias("layer"))


def _individuals(summary: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the ellipse that holds 95 % of single people, or of personas read like them."""
    of = dict(
        summary.filter(pl.col("object") == name)
        .drop_nulls("estimate")
        .select("measure", "estimate")
        .iter_rows()
    )
    if not {"correlation", *(f"sd_{axis}" for axis in AXES)} <= of.keys():
        return pl.DataFrame(schema={"layer": pl.String})
    sds = np.array([of[f"sd_{axis}"] for axis in AXES])
    tied = np.array([[1.0, of["correlation"]], [of["correlation"], 1.0]])
    mean = np.array([of[f"mean_{axis}"] for axis in AXES])
    return country_map.ellipse_of(f"{name}_ellipse", mean, np.outer(sds, sds) * tied, (95,))


def _mean(summary: pl.DataFrame) -> pl.DataFrame:
    rows = {
        row["measure"]: row
        for row in summary.filter(pl.col("object") == "persona").iter_rows(named=True)
    }
    x, y = rows.get("mean_self_expression"), rows.get("mean_secular")
    if x is None or y is None or x["estimate"] is None or y["estimate"] is None:
        return pl.DataFrame(schema={"layer": pl.String})
    return pl.DataFrame(
        {
            "layer": ["persona_mean"],
            "self_expression": [x["estimate"]],
            "secular": [y["estimate"]],
            "self_expression_low": [x["ci_low"]],
            "self_expression_high": [x["ci_high"]],
            "secular_low": [y["ci_low"]],
            "secular_high": [y["ci_high"]],
        },
        schema_overrides={name: pl.Float64 for name in SCHEMA if name.endswith(("_low", "_high"))},
    )


@style.styled
def draw(
    positions: pl.DataFrame, summary: pl.DataFrame, uncertainty: pl.DataFrame,
    centroids: pl.DataFrame,
) -> Figure:  # fmt: skip
    """Draw personas, the design behind them, and countries on the axes fitted to humans.

    Returns
    -------
    Figure
        Left the whole map, right the part where the countries lie, with their names.
    """
    marks = plotted(positions, summary, uncertainty, centroids)
    countries = marks.filter(pl.col("layer") == "country")
    figure = style.new_figure(style.WIDTH_DOUBLE, 4.95)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.0, 1.75), height_ratios=(3.7, 0.8))
    whole, near = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    country_map.set_limits(whole, marks, 0.3)
    country_map.set_limits(near, countries, 0.25)
    for axes, size in ((whole, 2.0), (near, country_map.MARKER)):
        axes.set_aspect("equal", adjustable="box", anchor="N")
        _draw_personas(axes, marks)
        for layer, (colour, line, _) in ELLIPSES.items():
            _draw_ellipses(axes, marks.filter(pl.col("layer") == layer), colour, line)
        _draw_uncertainty(axes, marks)
        country_map.draw_countries(axes, countries, size)
        _draw_mean(axes, marks)
    _frame_of(whole, near)
    whole.set_title("a  All personas")
    near.set_title("b  Where the countries lie")
    whole.set_xlabel("Survival to self-expression\n(map units)")
    near.set_xlabel(country_map.X_LABEL)
    whole.set_ylabel(country_map.Y_LABEL)
    handles = country_map.region_handles(countries, country_map.MARKER) + _handles(marks)
    style.legend_below(figure.add_subplot(grid[1, :]), handles, columns=4)
    country_map.name_countries(figure, near, countries, blocked=_mean_marks(marks))
    return figure


def _mean_marks(marks: pl.DataFrame) -> list[tuple[float, float]]:
    """Return the places of the personas' mean and of the ends of its intervals."""
    places: list[tuple[float, float]] = []
    for row in marks.filter(pl.col("layer") == "persona_mean").iter_rows(named=True):
        x, y = row["self_expression"], row["secular"]
        places.append((x, y))
        if row["self_expression_low"] is not None:
            places += [(row[f"self_expression_{end}"], y) for end in ("low", "high")]
            places += [(x, row[f"secular_{end}"]) for end in ("low", "high")]
    return places


def _draw_personas(axes: Axes, marks: pl.DataFrame) -> None:
    dots = marks.filter(pl.col("layer") == "persona")
    axes.plot(
        dots["self_expression"].to_numpy(), dots["secular"].to_numpy(), linestyle="none",
        marker="o", markersize=2.4, markerfacecolor=style.GREY, markeredgewidth=0, alpha=0.55,
        zorder=2,
    )  # fmt: skip
    hexagons = marks.filter(pl.col("layer") == "persona_hexagon")
    if hexagons.height:
        country_map.draw_hexagons(axes, hexagons, HEXAGON)


def _draw_ellipses(
    axes: Axes, rows: pl.DataFrame, colour: str, line: country_map.Line | None
) -> None:
    for row in rows.iter_rows(named=True):
        drawn = country_map.LINES[row["name"]] if line is None else line
        country_map.draw_ellipse(axes, row, colour=colour, line=drawn)


def _draw_uncertainty(axes: Axes, marks: pl.DataFrame) -> None:
    rows = marks.filter(pl.col("layer") == "uncertainty_ellipse")
    for row in rows.iter_rows(named=True):
        colour, line, _ = UNCERTAINTIES[row["name"]]
        country_map.draw_ellipse(axes, row, colour=colour, line=line)


def _draw_mean(axes: Axes, marks: pl.DataFrame) -> None:
    for row in marks.filter(pl.col("layer") == "persona_mean").iter_rows(named=True):
        x, y = row["self_expression"], row["secular"]
        for colour, width in (("white", 3.2), (style.BLUE, 1.4)):
            if row["self_expression_low"] is not None:
                axes.plot([row["self_expression_low"], row["self_expression_high"]], [y, y],
                          color=colour, linewidth=width, zorder=6)  # fmt: skip
                axes.plot([x, x], [row["secular_low"], row["secular_high"]],
                          color=colour, linewidth=width, zorder=6)  # fmt: skip
        axes.plot([x], [y], marker="o", markersize=4.5, markerfacecolor="white",
                  markeredgecolor=style.BLUE, markeredgewidth=1.3, zorder=7)  # fmt: skip


def _frame_of(whole: Axes, near: Axes) -> None:
    """Show in the left panel which part the right one enlarges."""
    (x0, x1), (y0, y1) = near.get_xlim(), near.get_ylim()
    whole.plot([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], color=style.GREY, linewidth=0.6,
               zorder=5)  # fmt: skip


def _handles(marks: pl.DataFrame) -> list[Line2D]:
    layers = set(marks["layer"])
    shown = []
    if "persona" in layers:
        shown.append(Line2D([], [], linestyle="none", marker="o", markersize=3.2, alpha=0.7,
                            markerfacecolor=style.GREY, markeredgewidth=0,
                            label="Persona, by its answers"))  # fmt: skip
    if "persona_hexagon" in layers:
        most = marks.filter(pl.col("layer") == "persona_hexagon")["n"].to_numpy().max()
        shown.append(Line2D([], [], linestyle="none", marker="h", markersize=5.5,
                            markerfacecolor=style.GREY, markeredgewidth=0,
                            label=f"Personas, by answers (darkest: {most:,})"))  # fmt: skip
    if "persona_mean" in layers:
        shown.append(Line2D([], [], color=style.BLUE, marker="o", markerfacecolor="white",
                            markersize=4, label="Personas' mean, 95 % interval"))  # fmt: skip
    shown += [
        Line2D([], [], color=colour, linestyle=line, label=label)
        for layer, (colour, line, label) in ELLIPSES.items()
        if layer in layers and line is not None
    ]
    named = set(marks.filter(pl.col("layer") == "uncertainty_ellipse")["name"])
    shown += [
        Line2D([], [], color=colour, linestyle=line, label=label)
        for name, (colour, line, label) in UNCERTAINTIES.items()
        if name in named
    ]
    if "design_ellipse" in layers:
        shown += [
            Line2D(
                [],
                [],
                color=style.BLACK,
                linestyle=line,
                label=f"{share} of configurations, no LLM",
            )
            for share, line in country_map.LINES.items()
        ]
    return shown


def footer(positions: pl.DataFrame) -> str:
    """Return how many personas have a place on the map, for the footer."""
    valid = positions["self_expression"].is_not_null().sum()
    return f"n = {valid:,} of {positions.height:,} personas with all ten answers valid"
