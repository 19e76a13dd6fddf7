"""Figure: where the configurations alone lie on the map, with no LLM asked.

Every persona map must be read against this one: ten independent variables summed give an ellipse,
whoever answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.spatial import ConvexHull

from valuescape.figures import country_map, style
from valuescape.lenses.cultural_map.clouds import inside_hull
from valuescape.lenses.cultural_map.positions import design_positions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from valuescape.lenses.cultural_map.positions import Projection
    from valuescape.study.space import PersonaSpace

HEXAGON = 0.25
MARKER = 3.2

SCHEMA = {
    "layer": pl.String,
    "name": pl.String,
    "region": pl.String,
    "self_expression": pl.Float64,
    "secular": pl.Float64,
    "n": pl.Int64,
    "share": pl.Float64,
    "semi_major": pl.Float64,
    "semi_minor": pl.Float64,
    "angle_degrees": pl.Float64,
}


def plotted(space: PersonaSpace, projection: Projection, centroids: pl.DataFrame) -> pl.DataFrame:
    """Return every mark of the figure.

    Returns
    -------
    DataFrame
        `layer` is hexagon (`n` configurations), design_ellipse (`name` is the coverage), centre,
        hull (corners in order; `share` is the share of configurations inside) or country.
    """
    positions = design_positions(space, space.levels_of(np.arange(space.n_personas)), projection)
    x, y = positions.T
    centre_x, centre_y, count = country_map.hexagon_counts(x, y, HEXAGON)
    countries = centroids.select("self_expression", "secular").to_numpy()
    corners = countries[ConvexHull(countries).vertices]
    share = float(inside_hull(positions, countries).mean())
    parts = [
        pl.DataFrame(
            {"layer": "hexagon", "self_expression": centre_x, "secular": centre_y, "n": count}
        ),
        country_map.ellipse_frame("design_ellipse", x, y, (50, 95)),
        pl.DataFrame(
            {"layer": ["centre"], "self_expression": [x.mean()], "secular": [y.mean()],
             "n": [len(x)]}
        ),
        pl.DataFrame(
            {"layer": "hull", "self_expression": corners[:, 0], "secular": corners[:, 1],
             "share": share}
        ),
        centroids.select(
            pl.lit("country").alias("layer"),
            pl.col("country").alias("name"),
            "region",
            "self_expression",
            "secular",
        ),
    ]  # fmt: skip
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts], how="diagonal_relaxed").select(*SCHEMA)


@style.styled
def draw(space: PersonaSpace, projection: Projection, centroids: pl.DataFrame) -> Figure:
    """Draw the configurations' density, their ellipses, and the countries' hull.

    Returns
    -------
    Figure
        One panel, single column.
    """
    marks = plotted(space, projection, centroids)
    layer = {str(name): rows for (name,), rows in marks.group_by("layer", maintain_order=True)}
    figure = style.new_figure(style.WIDTH_SINGLE, 4.9)
    grid = figure.add_gridspec(2, 1, height_ratios=(3.6, 0.95))
    axes = figure.add_subplot(grid[0])
    axes.set_aspect("equal", adjustable="box", anchor="N")
    country_map.set_limits(axes, marks, 0.2)
    country_map.draw_hexagons(axes, layer["hexagon"], HEXAGON)
    for row in layer["design_ellipse"].iter_rows(named=True):
        country_map.draw_ellipse(axes, row, colour=style.BLACK, line=country_map.LINES[row["name"]])
    hull = layer["hull"].select("self_expression", "secular").to_numpy()
    axes.fill(hull[:, 0], hull[:, 1], facecolor=style.SKY, alpha=0.3, zorder=2)
    axes.fill(hull[:, 0], hull[:, 1], fill=False, edgecolor=style.BLUE, linewidth=1.0, zorder=3)
    country_map.draw_countries(axes, layer["country"], MARKER)
    centre = layer["centre"].row(0, named=True)
    axes.plot([centre["self_expression"]], [centre["secular"]], marker="o", markersize=5,
              markerfacecolor="white", markeredgecolor=style.BLACK, markeredgewidth=1.2,
              linestyle="none", zorder=6)  # fmt: skip
    axes.set_title("Configurations without any LLM")
    axes.set_xlabel(country_map.X_LABEL)
    axes.set_ylabel(country_map.Y_LABEL)
    share = layer["hull"]["share"][0]
    most = int(layer["hexagon"]["n"].to_numpy().max())
    handles = [
        *country_map.region_handles(layer["country"], MARKER + 0.5),
        Line2D([], [], linestyle="none", marker="h", markersize=5.5, markeredgewidth=0,
               markerfacecolor=style.GREY, label=f"Configurations (darkest: {most:,})"),
        Line2D([], [], color=style.BLACK, linestyle="--", label="95 % ellipse"),
        Line2D([], [], color=style.BLACK, linestyle=":", label="50 % ellipse"),
        Line2D([], [], color=style.BLACK, marker="o", markerfacecolor="white", linestyle="none",
               markersize=4.5,
               label=f"Centre ({centre['self_expression']:.2f}, {centre['secular']:.2f})"),
        Patch(facecolor=(*_rgb(style.SKY), 0.3), edgecolor=style.BLUE,
              label=f"Countries' hull: {100 * share:.1f} % inside"),
    ]  # fmt: skip
    style.legend_below(figure.add_subplot(grid[1]), handles, columns=2)
    return figure


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def footer(space: PersonaSpace) -> str:
    """Return how many configurations there are, for the footer."""
    return f"n = {space.n_personas:,} configurations, each once"
