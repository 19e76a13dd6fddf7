"""Parts of a map of values: countries by region, labels that do not overlap, ellipses, hexagons."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import polars as pl
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke

from valuescape.figures import style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Line = Literal["-", "--", ":", "-."] | tuple[int, tuple[int, ...]]
"""By name, or by where it starts and its lengths of ink and gap, in points."""
X_LABEL = "Survival to self-expression values (map units)"
Y_LABEL = "Traditional to secular-rational values (map units)"

CENTROIDS = {
    "country": pl.String,
    "region": pl.String,
    "self_expression": pl.Float64,
    "secular": pl.Float64,
}
"""Columns of the reference file of countries on the map."""

REGIONS = {
    "African-Islamic": (style.BLACK, "o"),
    "Catholic Europe": (style.ORANGE, "s"),
    "Confucian": (style.VERMILION, "D"),
    "English-Speaking": (style.PURPLE, "^"),
    "Latin America": (style.GREEN, "v"),
    "Orthodox Europe": (style.BLUE, "P"),
    "Protestant Europe": (style.SKY, "X"),
    "West & South Asia": (style.YELLOW, "p"),
}
"""Colour and marker of each cultural region of the Inglehart-Welzel map."""
LINES: dict[str, Line] = {"95 %": "--", "50 %": ":"}
"""Line of the design's ellipse of each coverage."""
OTHER_REGION = (style.GREY, "*")

MARKER = 4.2
"""Size of a country's marker where countries are named, in points."""
LEAST_FOR_ELLIPSE = 3
MARGIN, FARTHEST = 2.5, 9.0
"""Nearest and farthest gap between a country's point and its name, in points."""
CLEARANCE = 0.7
"""How much nearer a name is to its own point than to any other, in points."""

# Named first, so that the best-known countries of each region keep their label where it is crowded.
NAMED_FIRST = (
    "Sweden", "Zimbabwe", "Japan", "United States", "China", "Egypt", "Germany", "Brazil",
    "India", "Russia", "Mexico", "Nigeria", "Great Britain", "France", "Morocco", "South Korea",
    "Philippines", "Australia", "Poland", "Turkey", "Indonesia", "Ghana", "Norway", "Estonia",
    "Argentina", "Colombia", "Ukraine", "Jordan", "Pakistan", "Iraq", "Iran", "Ethiopia",
)  # fmt: skip


def ellipse_frame(layer: str, x: Array, y: Array, percents: Sequence[int]) -> pl.DataFrame:
    """Return the ellipses that hold shares of a bivariate normal law with the points' moments.

    Parameters
    ----------
    layer : str
        Kept in the column ``layer``.
    x, y : ndarray of float64, shape (n,)
        Positions; below 3 there is no ellipse.
    percents : sequence of int
        The shares, in percent, in (0, 100).

    Returns
    -------
    DataFrame
        ``layer``, ``name`` (``95 %``), ``self_expression``, ``secular`` (the centre), ``n``,
        ``semi_major``, ``semi_minor`` (map units), ``angle_degrees``. A semi-axis is
        ``sqrt(eigenvalue * q)`` with q the chi-squared quantile at two degrees of freedom,
        ``-2 ln(1 - share)``.
    """
    if len(x) < LEAST_FOR_ELLIPSE:
        return pl.DataFrame(schema={"layer": pl.String})
    mean = np.array([x.mean(), y.mean()])
    return ellipse_of(layer, mean, np.cov(x, y), percents).with_columns(n=pl.lit(len(x), pl.Int64))


def ellipse_of(layer: str, mean: Array, covariance: Array, percents: Sequence[int]) -> pl.DataFrame:
    """Return the ellipses that hold shares of a bivariate normal law.

    Parameters
    ----------
    layer : str
        Kept in the column ``layer``.
    mean : ndarray of float64, shape (2,)
        The centre.
    covariance : ndarray of float64, shape (2, 2)
        Of the law.
    percents : sequence of int
        The shares, in percent, in (0, 100).

    Returns
    -------
    DataFrame
        As `ellipse_frame`, without ``n``.
    """
    values, vectors = np.linalg.eigh(covariance)
    rows = []
    for percent in percents:
        minor, major = np.sqrt(np.clip(values, 0.0, None) * -2.0 * math.log(1.0 - percent / 100))
        rows.append(
            {
                "layer": layer,
                "name": f"{percent} %",
                "self_expression": float(mean[0]),
                "secular": float(mean[1]),
                "semi_major": float(major),
                "semi_minor": float(minor),
                "angle_degrees": math.degrees(math.atan2(vectors[1, 1], vectors[0, 1])),
            }
        )
    return pl.DataFrame(rows)


def hexagon_counts(
    x: Array, y: Array, size: float, weights: Array | None = None
) -> tuple[Array, Array, NDArray[Any]]:
    """Count points in hexagons.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Positions.
    size : float
        Distance of two neighbouring centres, same unit.
    weights : ndarray of float64, shape (n,), optional
        As how much each point counts.

    Returns
    -------
    centre_x, centre_y : ndarray of float64, shape (n_hexagons,)
        Of the hexagons that hold a point.
    count : ndarray of int64, or float64 with weights, shape (n_hexagons,)
        How many; they sum to n, or to the sum of the weights.
    """
    height = size * math.sqrt(3.0)
    lattices = []
    for shift in (0.0, 0.5):
        column, row = np.round(x / size - shift) + shift, np.round(y / height - shift) + shift
        lattices.append(np.column_stack([column * size, row * height]))
    distances = [np.hypot(x - at[:, 0], y - at[:, 1]) for at in lattices]
    nearest = np.where((distances[0] <= distances[1])[:, None], lattices[0], lattices[1])
    # Rounded, so that centres computed along two ways are one.
    rounded = np.asarray(np.round(nearest, 9), dtype=np.float64)
    centres, place = np.unique(rounded, axis=0, return_inverse=True)
    return centres[:, 0], centres[:, 1], np.bincount(place, weights, minlength=len(centres))


def draw_hexagons(axes: Axes, frame: pl.DataFrame, size: float) -> PolyCollection:
    """Draw hexagons shaded by their count.

    Parameters
    ----------
    axes : Axes
        Where.
    frame : DataFrame
        Columns ``self_expression``, ``secular`` (centres) and ``n``.
    size : float
        Distance of two neighbouring centres.

    Returns
    -------
    PolyCollection
        For a colour bar.
    """
    turn = np.deg2rad(np.arange(30, 390, 60))
    corners = np.column_stack([np.cos(turn), np.sin(turn)]) * size / math.sqrt(3.0)
    centres = frame.select("self_expression", "secular").to_numpy()
    most = float(frame["n"].to_numpy().max())
    hexagons = PolyCollection(
        list(centres[:, None, :] + corners[None, :, :]),
        array=frame["n"].to_numpy(),
        cmap="Greys",
        # A hexagon of one persona is still seen on white, names are still read on the fullest.
        clim=(-0.2 * most, 1.5 * most),
        edgecolors="face",
        linewidths=0.1,
        zorder=1,
    )
    axes.add_collection(hexagons)
    return hexagons


def draw_ellipse(axes: Axes, row: Mapping[str, Any], *, colour: str, line: Line) -> None:
    """Draw the outline of a dispersion ellipse.

    Parameters
    ----------
    axes : Axes
        Where.
    row : mapping of str to value
        A row of `ellipse_frame`.
    colour, line : str
        Colour and line style.
    """
    axes.add_patch(
        Ellipse(
            (row["self_expression"], row["secular"]),
            2 * row["semi_major"],
            2 * row["semi_minor"],
            angle=row["angle_degrees"],
            fill=False,
            edgecolor=colour,
            linestyle=line,
            linewidth=1.0,
            zorder=3,
        )
    )


def set_limits(axes: Axes, marks: pl.DataFrame, margin: float) -> None:
    """Hold every mark, ellipses included, within the axes.

    Parameters
    ----------
    axes : Axes
        Where.
    marks : DataFrame
        Columns ``self_expression``, ``secular`` and those of `ellipse_frame`, null for points.
    margin : float
        Room left around, in map units.
    """
    turn = pl.col("angle_degrees").radians()
    cos, sin = turn.cos(), turn.sin()
    ends = []
    for name, major, minor in (("self_expression", cos, sin), ("secular", sin, cos)):
        reach = ((pl.col("semi_major") * major) ** 2 + (pl.col("semi_minor") * minor) ** 2).sqrt()
        low = (pl.col(name) - reach.fill_null(0.0)).min() - margin
        high = (pl.col(name) + reach.fill_null(0.0)).max() + margin
        ends.append(marks.select(low.alias("low"), high.alias("high")).row(0))
    axes.set_xlim(*ends[0])
    axes.set_ylim(*ends[1])


def draw_countries(axes: Axes, countries: pl.DataFrame, size: float) -> None:
    """Draw countries, shaped and coloured by cultural region.

    Parameters
    ----------
    axes : Axes
        Where.
    countries : DataFrame
        Columns ``region``, ``self_expression``, ``secular``.
    size : float
        Marker size in points.
    """
    for (region,), rows in countries.group_by("region", maintain_order=True):
        colour, marker = REGIONS.get(str(region), OTHER_REGION)
        axes.plot(
            rows["self_expression"].to_numpy(),
            rows["secular"].to_numpy(),
            linestyle="none",
            marker=marker,
            markersize=size,
            markerfacecolor=colour,
            markeredgecolor=style.BLACK,
            markeredgewidth=0.3,
            zorder=4,
        )


def region_handles(countries: pl.DataFrame, size: float) -> list[Line2D]:
    """Return legend entries of the regions that stand in a table.

    Parameters
    ----------
    countries : DataFrame
        Column ``region``.
    size : float
        Marker size in points.

    Returns
    -------
    list of Line2D
        One a region, by name.
    """
    handles = []
    for region in countries["region"].unique().sort():
        colour, marker = REGIONS.get(region, OTHER_REGION)
        handles.append(
            Line2D(
                [], [], linestyle="none", marker=marker, markersize=size, label=region,
                markerfacecolor=colour, markeredgecolor=style.BLACK, markeredgewidth=0.3,
            )
        )  # fmt: skip
    return handles


def name_countries(
    figure: Figure, axes: Axes, countries: pl.DataFrame, blocked: Sequence[tuple[float, float]]
) -> list[Annotation]:
    """Name as many countries as fit without any overlap, the best known first.

    A name is tried at growing distances around its point; a country without a free place stays
    unnamed. The layout of the figure must be settled: call this last.

    Parameters
    ----------
    figure : Figure
        Of the axes.
    axes : Axes
        Where; limits and layout are final.
    countries : DataFrame
        Columns ``name``, ``self_expression``, ``secular``.
    blocked : sequence of (float, float)
        Further map positions to keep free.

    Returns
    -------
    list of Annotation
        The names that were placed.
    """
    figure.draw_without_rendering()
    point = figure.dpi / 72.0
    seen = countries.filter(
        pl.col("self_expression").is_between(*axes.get_xlim())
        & pl.col("secular").is_between(*axes.get_ylim())
    )
    at = axes.transData.transform(seen.select("self_expression", "secular").to_numpy())
    kept = axes.transData.transform(np.array(blocked, dtype=np.float64).reshape(-1, 2))
    half = (MARKER / 2 + 0.4) * point
    taken = [(x - half, y - half, x + half, y + half) for x, y in np.vstack([at, kept])]
    order = sorted(range(seen.height), key=lambda i: (_rank(seen["name"][i]), seen["name"][i]))
    placed = []
    for i in order:
        note = axes.annotate(
            seen["name"][i], (seen["self_expression"][i], seen["secular"][i]), (0, 0),
            textcoords="offset points", fontsize=style.SMALL, ha="center", va="center", zorder=8,
            path_effects=[withStroke(linewidth=1.4, foreground="white")],
        )  # fmt: skip
        note.set_in_layout(False)
        box = note.get_window_extent()
        size = np.array([box.width + 0.8 * point, box.height + 0.2 * point])
        crowd = _Crowd(np.delete(at, i, axis=0), np.array(taken), np.array(axes.bbox.extents))
        offset = _free_offset(at[i], size, crowd, point)
        if offset is None:
            note.remove()
            continue
        taken.append((*(at[i] + offset - size / 2), *(at[i] + offset + size / 2)))
        note.set_position((float(offset[0]) / point, float(offset[1]) / point))
        placed.append(note)
    return placed


def _rank(name: str) -> int:
    return NAMED_FIRST.index(name) if name in NAMED_FIRST else len(NAMED_FIRST)


class _Crowd(NamedTuple):
    """What a name must keep clear of, in pixels: other points, taken boxes, edges of the axes."""

    others: Array
    taken: Array
    edges: Array


def _free_offset(own: Array, size: Array, crowd: _Crowd, point: float) -> Array | None:
    """Return the nearest offset in pixels at which a box of `size` is free, or None.

    Free is a place where the box meets no taken box, lies within the axes, and is nearer to
    its own point than to any other: a reader must not take it for the neighbour's name.
    """
    for gap in np.arange(MARGIN, FARTHEST, 1.0) * point:
        for turn in np.deg2rad(np.arange(0, 360, 15)):
            offset: Array = np.array([np.cos(turn), np.sin(turn)]) * (gap + size / 2)
            low, high = own + offset - size / 2, own + offset + size / 2
            if (low < crowd.edges[:2]).any() or (high > crowd.edges[2:]).any():
                continue
            if ((crowd.taken[:, 2:] > low) & (crowd.taken[:, :2] < high)).all(axis=1).any():
                continue
            nearest = _distance(crowd.others, low, high).min(initial=np.inf)
            if _distance(own, low, high) + CLEARANCE * point < nearest:
                return offset
    return None


def _distance(points: Array, low: Array, high: Array) -> Array:
    """Return the distance of points, shape (..., 2), from a box."""
    outside = np.maximum(np.maximum(low - points, points - high), 0.0)
    return np.asarray(np.hypot(outside[..., 0], outside[..., 1]))
