"""Figure: how the ten answers of personas depend on each other, beside design and humans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.figures import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUMMARIES = {
    "first_component_share": "Share of the\nfirst component",
    "effective_dependence": "Effective\ndependence",
}
LOOKS = {
    "persona": (style.BLUE, "o", "Personas, expected answers (95 % interval)"),
    "persona_drawn": (style.SKY, "^", "Personas, one option drawn (95 % interval)"),
    "design": (style.BLACK, "D", "Configurations, no LLM"),
    "human": (style.ORANGE, "s", "Humans (as far as known)"),
}


def plotted(constraint: pl.DataFrame) -> pl.DataFrame:
    """Return the points of the figure.

    Returns
    -------
    DataFrame
        The table with ``component``, the number of an eigenvalue, null for summaries.
    """
    number = pl.col("measure").str.extract(r"^eigenvalue_(\d+)$").cast(pl.Int64)
    return constraint.with_columns(component=number)


@style.styled
def draw(constraint: pl.DataFrame) -> Figure:
    """Draw the spectrum, and the two numbers that sum it up.

    Returns
    -------
    Figure
        The dotted line is what shuffled answers reach (95th percentile).
    """
    marks = plotted(constraint)
    figure = style.new_figure(style.WIDTH_DOUBLE, 3.42)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.9, 1.0), height_ratios=(2.5, 0.42))
    spectrum, sums = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    for name, (colour, marker, label) in LOOKS.items():
        rows = marks.filter((pl.col("object") == name) & pl.col("component").is_not_null())
        rows = rows.sort("component")
        _draw(spectrum, rows, rows["component"].to_list(), (colour, marker, label))
        summary = marks.filter((pl.col("object") == name) & pl.col("component").is_null())
        summary = summary.drop_nulls("estimate")
        shift = {"persona": -0.18, "persona_drawn": -0.06, "design": 0.06, "human": 0.18}[name]
        places = [list(SUMMARIES).index(measure) + shift for measure in summary["measure"]]
        _draw(sums, summary, places, (colour, marker, label), line=False)
    null = marks.filter(pl.col("object") == "persona").drop_nulls("null_95")
    steps = null.drop_nulls("component").sort("component")
    label = "Answers shuffled (95th percentile)"
    spectrum.plot(steps["component"].to_list(), steps["null_95"].to_list(), color=style.GREY,
                  linestyle=":", label=label)  # fmt: skip
    for row in null.filter(pl.col("component").is_null()).iter_rows(named=True):
        place = list(SUMMARIES).index(row["measure"])
        sums.hlines(row["null_95"], place - 0.3, place + 0.3, color=style.GREY, linestyle=":")
    spectrum.set_xticks(range(1, 11))
    spectrum.set_ylim(bottom=0)
    spectrum.set_xlabel("Component")
    spectrum.set_ylabel("Eigenvalue, ten answers' correlations")
    spectrum.set_title("a  Spectrum")
    sums.set_xticks(range(len(SUMMARIES)), list(SUMMARIES.values()))
    sums.set_xlim(-0.5, len(SUMMARIES) - 0.5)
    sums.set_ylim(-0.03, 1)
    sums.set_title("b  Summary")
    handles, _ = spectrum.get_legend_handles_labels()
    style.legend_below(figure.add_subplot(grid[1, :]), handles, columns=3)
    return figure


def _draw(
    axes: Axes, rows: pl.DataFrame, places: Sequence[float], look: tuple[str, str, str], *,
    line: bool = True,
) -> None:  # fmt: skip
    colour, marker, label = look
    ends = zip(places, rows["ci_low"], rows["ci_high"], strict=True)
    known = [each for each in ends if None not in each]
    axes.vlines([x for x, _, _ in known], [low for _, low, _ in known],
                [high for _, _, high in known], color=colour, linewidth=1.1, zorder=2)  # fmt: skip
    axes.plot(places, rows["estimate"].to_list(), color=colour, marker=marker, markersize=4,
              markeredgecolor=style.BLACK, markeredgewidth=0.4, linewidth=0.7,
              linestyle="-" if line else "none", label=label, zorder=3)  # fmt: skip


def footer() -> str:
    """Return whose answers are counted, for the footer."""
    return "Ten answers, personas with all of them valid"
