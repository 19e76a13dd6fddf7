"""Figure: the map of personas under each scheme of weights.

One panel a scheme. Dashed: the configurations with the same weights, with no LLM.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from matplotlib.lines import Line2D

from valuescape.figures import country_map, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEXAGON = 0.25
MARKER = 2.2
COLUMNS = 3
TITLES = {
    "uniform": "Equal weights",
    "raking": "As humans: single levels",
    "ipf_pairs": "As humans: pairs of levels",
    "joint": "As humans: configurations",
    "semi_relaxed_ot": "As humans: optimal transport",
}
LOOKS: dict[str, tuple[str, country_map.Line, str]] = {
    "design_ellipse": (style.BLACK, "--", "D"),
    "persona_ellipse": (style.BLUE, "-", "o"),
}
SCHEMA = {
    "scheme": pl.String,
    "layer": pl.String,
    "name": pl.String,
    "region": pl.String,
    "self_expression": pl.Float64,
    "secular": pl.Float64,
    "weight": pl.Float64,
    "share_in_hull": pl.Float64,
    "semi_major": pl.Float64,
    "semi_minor": pl.Float64,
    "angle_degrees": pl.Float64,
}


def plotted(
    positions: pl.DataFrame, weights: pl.DataFrame, summary: pl.DataFrame, centroids: pl.DataFrame
) -> pl.DataFrame:
    """Return every mark of the figure.

    Returns
    -------
    DataFrame
        By ``scheme``: `layer` is persona_hexagon (with the weight in it), persona_ellipse (of
        personas read as individuals) and design_ellipse (95 %, about the mean), or, for all
        schemes, country.
    """
    placed = positions.drop_nulls(["self_expression", "secular"])
    parts = [
        centroids.select(
            pl.lit("country").alias("layer"), pl.col("country").alias("name"), "region",
            "self_expression", "secular",
        )
    ]  # fmt: skip
    for (scheme,), rows in summary.group_by("scheme", maintain_order=True):
        joined = placed.join(weights.filter(pl.col("scheme") == scheme), on="persona_id")
        x, y, weight = country_map.hexagon_counts(
            joined["self_expression"].to_numpy(),
            joined["secular"].to_numpy(),
            HEXAGON,
            joined["weight"].to_numpy(),
        )
        own = pl.DataFrame({"self_expression": x, "secular": y, "weight": weight})
        parts.append(own.with_columns(layer=pl.lit("persona_hexagon"), scheme=pl.lit(str(scheme))))
        for name, layer in (("persona_drawn", "persona_ellipse"), ("design", "design_ellipse")):
            of = dict(rows.filter(pl.col("object") == name).select("measure", "estimate").rows())
            parts.append(_ellipse(of, layer, str(scheme)))
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts], how="diagonal_relaxed").select(*SCHEMA)


def _ellipse(of: dict[str, float | None], layer: str, scheme: str) -> pl.DataFrame:
    mean = [of[f"mean_{axis}"] or 0.0 for axis in ("self_expression", "secular")]
    sds = np.array([of[f"sd_{axis}"] or 0.0 for axis in ("self_expression", "secular")])
    tied = of["correlation"] or 0.0
    covariance = np.outer(sds, sds) * np.array([[1.0, tied], [tied, 1.0]])
    frame = country_map.ellipse_of(layer, np.array(mean), covariance, [95])
    return frame.with_columns(scheme=pl.lit(scheme), share_in_hull=pl.lit(of["hull_share"]))


@style.styled
def draw(
    positions: pl.DataFrame, weights: pl.DataFrame, summary: pl.DataFrame, centroids: pl.DataFrame
) -> Figure:
    """Draw a panel a scheme, all on the same scale.

    Returns
    -------
    Figure
        Titles give the weighted share of personas, and of their configurations, within the
        countries' hull.
    """
    marks = plotted(positions, weights, summary, centroids)
    schemes = summary["scheme"].unique(maintain_order=True).to_list()
    schemes.sort(key=lambda name: list(TITLES).index(name) if name in TITLES else len(TITLES))
    n_rows = max(math.ceil(len(schemes) / COLUMNS), 1)
    figure = style.new_figure(style.WIDTH_DOUBLE, 1.15 + 2.55 * n_rows)
    grid = figure.add_gridspec(n_rows + 1, COLUMNS, height_ratios=[2.3] * n_rows + [0.62])
    countries = marks.filter(pl.col("layer") == "country")
    for place, scheme in enumerate(schemes):
        row, column = divmod(place, COLUMNS)
        axes = figure.add_subplot(grid[row, column])
        axes.set_aspect("equal", adjustable="box", anchor="N")
        own = marks.filter(pl.col("scheme") == scheme)
        country_map.set_limits(axes, marks, 0.2)
        _draw(axes, own)
        country_map.draw_countries(axes, countries, MARKER)
        axes.set_title(f"{TITLES.get(scheme, scheme)}\n{_hull_label(own)}", fontsize=7.0)
        axes.set_xlabel("Survival to self-expression (map units)" if row == n_rows - 1 else "")
        axes.set_ylabel("Traditional to secular (map units)" if column == 0 else "")
    handles = [*country_map.region_handles(countries, MARKER + 1.3), *_handles()]
    style.legend_below(figure.add_subplot(grid[n_rows, :]), handles, columns=4)
    return figure


def _draw(axes: Axes, own: pl.DataFrame) -> None:
    hexagons = own.filter(pl.col("layer") == "persona_hexagon")
    if hexagons.height:
        country_map.draw_hexagons(axes, hexagons.with_columns(n=pl.col("weight")), HEXAGON)
    for layer, (colour, line, marker) in LOOKS.items():
        for row in own.filter(pl.col("layer") == layer).iter_rows(named=True):
            country_map.draw_ellipse(axes, row, colour=colour, line=line)
            axes.plot([row["self_expression"]], [row["secular"]], linestyle="none", zorder=6,
                      marker=marker, markersize=3.6,
                      markerfacecolor="white", markeredgecolor=colour)  # fmt: skip


def _hull_label(own: pl.DataFrame) -> str:
    shares = dict(own.filter(pl.col("share_in_hull").is_not_null())
                  .select("layer", "share_in_hull").rows())  # fmt: skip
    named = {"persona_ellipse": "personas", "design_ellipse": "no LLM"}
    return "in hull: " + ", ".join(
        f"{100 * shares[layer]:.0f} % {name}" for layer, name in named.items() if layer in shares
    )


def _handles() -> list[Line2D]:
    return [
        Line2D([], [], linestyle="none", marker="h", markersize=5.5, markerfacecolor=style.GREY,
               markeredgewidth=0, label="Weight of personas"),
        Line2D([], [], color=style.BLUE, marker="o", markersize=3.6, markerfacecolor="white",
               label="95 % of personas, one option drawn; mean"),
        Line2D([], [], color=style.BLACK, linestyle="--", marker="D", markersize=3.6,
               markerfacecolor="white", label="Their configurations, no LLM"),
    ]  # fmt: skip


def footer(positions: pl.DataFrame) -> str:
    """Return how many personas have a place on the map, for the footer."""
    valid = positions["self_expression"].is_not_null().sum()
    return f"n = {valid:,} of {positions.height:,} personas with all ten answers valid"
