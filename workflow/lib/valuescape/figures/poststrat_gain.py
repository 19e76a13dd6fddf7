"""Figure: what weighting personas to a country gains, on questions outside the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.ticker import MaxNLocator

from valuescape.core.wording import interval, number
from valuescape.figures import style
from valuescape.lenses.weights.schemes import TOLERATED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COMPARATORS = {
    "emd_floor": (style.PALE, "|", "Same humans, drawn again (floor)"),
    "emd_other_humans": (style.BLACK, "|", "Humans of all other countries"),
    "emd_surface": (style.GREEN, "D", "Human response surface, own weights"),
    "emd_uniform": (style.GREY, "s", "Personas, equal weights"),
    "emd_wrong": (style.ORANGE, "^", "Personas, another country's weights (mean)"),
    "emd_own": (style.BLUE, "o", "Personas, own country's weights"),
}
GAINS = {
    "gain_over_uniform": "Own weights against equal weights",
    "gain_over_wrong": "Own weights against another country's",
}
ALL = "all"


def plotted(summary: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are shown: the larger set of questions, and both for all countries.

    Returns
    -------
    DataFrame
        Rows of the table.
    """
    most = pl.col("question_set") == pl.col("question_set").max()
    return summary.filter(most | (pl.col("country") == ALL))


@style.styled
def draw(summary: pl.DataFrame) -> Figure:
    """Draw countries as rows, and the gain over all of them.

    Returns
    -------
    Figure
        Countries whose shares of levels these personas cannot meet have hollow marks, and do not
        count in the mean.
    """
    rows = plotted(summary)
    by_country = rows.filter(pl.col("country") != ALL)
    countries = (
        by_country.filter(pl.col("measure") == "emd_own").sort("estimate")["country"].to_list()
    )
    figure = style.new_figure(style.WIDTH_DOUBLE, max(3.6, 1.9 + 0.13 * len(countries)))
    grid = figure.add_gridspec(
        3, 2, width_ratios=(2.1, 1.0), height_ratios=(1.0, 1.0, 9.6 / (14 + len(countries)))
    )
    main = figure.add_subplot(grid[:2, 0])
    _draw_countries(main, by_country, countries)
    gains = figure.add_subplot(grid[0, 1])
    _draw_gains(gains, rows.filter(pl.col("country") == ALL))
    _write_share(figure.add_subplot(grid[1, 1]), rows.filter(pl.col("country") == ALL))
    handles, _ = main.get_legend_handles_labels()
    further, _ = gains.get_legend_handles_labels()
    style.legend_below(figure.add_subplot(grid[2, :]), [*handles, *further], columns=2)
    return figure


def _draw_countries(axes: Axes, rows: pl.DataFrame, countries: list[str]) -> None:
    places = {country: place for place, country in enumerate(countries)}
    missed = set(
        rows.filter((pl.col("measure") == "residual_levels") & (pl.col("estimate") > TOLERATED))[
            "country"
        ]
    )
    for measure, (colour, marker, label) in COMPARATORS.items():
        found = rows.filter(pl.col("measure") == measure).drop_nulls("estimate")
        if found.is_empty():
            continue
        if measure == "emd_own":
            axes.hlines([places[c] for c in found["country"]], found["ci_low"].to_list(),
                        found["ci_high"].to_list(), color=colour, linewidth=0.6,
                        zorder=2)  # fmt: skip
        for hollow in (False, True):
            open_marks = pl.col("country").is_in(missed) & (measure == "emd_own")
            part = found.filter(open_marks == hollow)
            bar = marker == "|"
            axes.plot(
                part["estimate"].to_list(),
                [places[country] for country in part["country"]],
                linestyle="none",
                marker=marker,
                markersize=5 if bar else 3.4,
                color=colour,
                markerfacecolor="white" if hollow and not bar else colour,
                markeredgecolor=colour,
                markeredgewidth=1.4 if bar else 0.7,
                label=None if hollow else label,
                zorder=3,
            )
    axes.set_yticks(range(len(countries)), countries)
    axes.set_ylim(-0.8, len(countries) - 0.2)
    axes.set_xlim(left=0)
    axes.grid(axis="y")
    axes.set_xlabel("EMD from the country's humans (0 same, 1 farthest)")
    axes.set_title("a  Countries")


def _draw_gains(axes: Axes, rows: pl.DataFrame) -> None:
    sizes = sorted(rows["question_set"].unique(), reverse=True)
    marks = dict(zip(sizes, ("o", "D", "s"), strict=False))
    for place, measure in enumerate(GAINS):
        for shift, size in zip((-0.13, 0.13, 0.3), sizes, strict=False):
            found = rows.filter((pl.col("measure") == measure) & (pl.col("question_set") == size))
            if found.is_empty() or found["estimate"][0] is None:
                continue
            row = found.row(0, named=True)
            if row["ci_low"] is not None:
                axes.hlines(place + shift, row["ci_low"], row["ci_high"], color=style.BLUE)
            axes.plot(row["estimate"], place + shift, marker=marks[size], color=style.BLUE,
                      markersize=4, linestyle="none",
                      label=f"b: {size} questions" if place == 0 else None)  # fmt: skip
    axes.axvline(0, color=style.BLACK, linewidth=0.6)
    axes.set_yticks(
        range(len(GAINS)), [text.replace(" against ", "\nagainst ") for text in GAINS.values()]
    )
    axes.set_ylim(len(GAINS) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3))  # a small gain has labels of many digits
    axes.set_xlabel("EMD taken off (below 0: added)")
    counted = rows.filter(pl.col("measure") == "n_countries")["estimate"]
    named = f"\n{style.counted(counted, 'countries')} that are met" if len(counted) else ""
    axes.set_title(f"b  Gain, mean over countries{named}")


def _write_share(axes: Axes, rows: pl.DataFrame) -> None:
    """Write which part of what ten variables allow the personas attain."""
    axes.set_axis_off()
    axes.set_title("c  Share of what is attainable")
    found = rows.filter(pl.col("measure") == "share_of_attainable").sort(
        "question_set", descending=True
    )
    lines = [
        f"{row['question_set']} questions: {number(row['estimate'], 2)} "
        f"{interval(row['ci_low'], row['ci_high'])}"
        for row in found.drop_nulls("estimate").iter_rows(named=True)
    ]
    if not lines:
        lines = [
            "Not known. It takes single respondents",
            "(survey.wvs7 in the study's config),",
            "of whom the ten variables predict more",
            "than equally weighted personas do.",
        ]
    axes.text(0.0, 0.95, "\n".join(lines), va="top", ha="left", transform=axes.transAxes)


def footer(summary: pl.DataFrame) -> str:
    """Return how many questions and countries are compared, for the footer."""
    compared = plotted(summary).filter(
        (pl.col("measure") == "n_questions") & (pl.col("country") != ALL)
    )
    questions = style.counted(compared["estimate"], "questions")
    return f"{questions} in each of {compared.height} countries"
