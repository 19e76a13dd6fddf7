"""Figure: each headline number under each way of asking the same personas, a specification curve.

A row is one condition. The dots at the left tell how it was asked, each panel one headline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from valuescape.figures import style
from valuescape.lenses.robustness.tables import ALL_WORDINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = {
    "alignment_33": "Alignment",
    "alignment_rescaled": "Alignment, rescaled",
    "groups_told_apart": "Groups told apart",
    "hull_share": "Within countries' hull",
    "oracle_agreement": "Oracle and effects, r",
    "invariant_share": "Invariant effects",
    "extremes": "Reach of extremes",
    "respondents": "Human-derived",
}
"""Headlines and their titles; alignment is without the questions that configured the personas."""
SORTED_BY = ("alignment_33", "alignment_36", "hull_share")
"""The headline that rows are sorted by: the first that a study has."""
COLUMNS = 4
FACETS = {
    "wording": "Wording", "mode": "Mode", "readout": "Readout", "option_order": "Order",
    "biography_replicate": "Biography", "replicate": "Replicate",
}  # fmt: skip
"""What of a condition is told at the left, where it varies."""
LINE = 0.145
"""Height of a row, in inches."""


def plotted(robustness: pl.DataFrame) -> pl.DataFrame:
    """Return what the figure shows.

    Returns
    -------
    DataFrame
        Rows of ROBUSTNESS of the headlines shown, with `row`, the place of the condition from
        above; null for all wordings.
    """
    shown = [name for name in PANELS if name in set(robustness["headline"])]
    by = next((name for name in SORTED_BY if name in shown), shown[0] if shown else "")
    of_one = robustness.filter(pl.col("condition") != ALL_WORDINGS)
    ranked = of_one.filter(headline=by).sort("estimate", "condition", nulls_last=True)
    places = ranked.select("condition").with_row_index("row").cast({"row": pl.Int64})
    return (
        robustness.filter(pl.col("headline").is_in(shown))
        .join(places, on="condition", how="left")
        .sort(pl.col("headline").replace_strict({n: k for k, n in enumerate(shown)}), "row")
    )


@style.styled
def draw(robustness: pl.DataFrame) -> Figure:
    """Draw every headline under every condition.

    Returns
    -------
    Figure
        As many rows of panels as the headlines take.
    """
    rows = plotted(robustness)
    names = rows["headline"].unique(maintain_order=True).to_list()
    conditions = rows.drop_nulls("row").unique("row", keep="first").sort("row")
    n_bands = max(1, -(-len(names) // COLUMNS))
    band = 0.85 + LINE * max(conditions.height, 4)
    figure = style.new_figure(style.WIDTH_DOUBLE, n_bands * band + 0.55)
    choices = _choices(conditions)
    widths = (0.08 * max(len(choices), 4) + 0.25, *[1.0] * COLUMNS)
    grid = figure.add_gridspec(
        n_bands + 1, COLUMNS + 1, width_ratios=widths, height_ratios=(*[band] * n_bands, 0.2)
    )
    for number in range(n_bands):
        axes = figure.add_subplot(grid[number, 0])
        _draw_choices(axes, conditions, choices)
        for place, name in enumerate(names[number * COLUMNS : (number + 1) * COLUMNS]):
            panel = figure.add_subplot(grid[number, place + 1], sharey=axes)
            _draw_panel(panel, rows.filter(headline=name))
            panel.set_title(PANELS[name])
    style.legend_below(figure.add_subplot(grid[-1, :]), _handles(), columns=4)
    return figure


def _choices(conditions: pl.DataFrame) -> list[tuple[str, object]]:
    """Return the levels of what varies, as (column, level); no readout that goes with its mode."""
    varying = [facet for facet in FACETS if conditions[facet].n_unique() > 1]
    if conditions.n_unique(["mode", "readout"]) == conditions["mode"].n_unique():
        varying = [facet for facet in varying if facet != "readout"]
    return [
        (facet, level) for facet in varying for level in conditions[facet].unique().sort().to_list()
    ]


def _draw_choices(
    axes: Axes, conditions: pl.DataFrame, choices: Sequence[tuple[str, object]]
) -> None:
    """Draw which level of each facet a condition has."""
    places: list[float] = []
    last = ""
    for facet, _ in choices:  # a gap between facets
        places.append((places[-1] + (1 if facet == last else 1.8)) if places else 0.0)
        last = facet
    for place, (facet, level) in zip(places, choices, strict=True):
        has = (conditions[facet] == level).to_numpy()
        rows = conditions["row"].to_numpy()
        for chosen, colour, size in ((~has, style.PALE, 1.6), (has, style.BLACK, 3.4)):
            axes.plot([place] * int(chosen.sum()), rows[chosen], linestyle="none", marker="o",
                      markersize=size, color=colour)  # fmt: skip
    for facet in dict.fromkeys(name for name, level in choices if isinstance(level, str)):
        first = next(at for at, (name, _) in zip(places, choices, strict=True) if name == facet)
        axes.text(first - 0.4, -0.75, FACETS[facet], fontsize=style.SMALL, va="bottom")
    labels = [
        f"{FACETS[facet].lower()} {level}" if isinstance(level, int) else str(level)
        for facet, level in choices
    ]
    axes.set_xticks(places, labels, rotation=90)
    axes.set_xlim(-0.8, (places[-1] if places else 0) + 0.8)
    axes.set_ylim(max(conditions.height, 1) - 0.4, -0.6)
    axes.tick_params(axis="y", labelleft=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    if not choices:
        axes.set_xticks([])


def _draw_panel(axes: Axes, rows: pl.DataFrame) -> None:
    single = rows.drop_nulls(["row", "estimate"])
    for low, high, centre in (
        rows.filter(condition=ALL_WORDINGS)
        .drop_nulls(["ci_low", "ci_high"])
        .select("ci_low", "ci_high", "estimate")
        .iter_rows()
    ):
        axes.axvspan(low, high, color=style.SKY, alpha=0.3, linewidth=0, zorder=0)
        axes.axvline(centre, color=style.BLUE, linewidth=0.8, zorder=1)
    known = single.drop_nulls(["ci_low", "ci_high"])
    axes.hlines(known["row"], known["ci_low"], known["ci_high"], color=style.BLACK, linewidth=0.9,
                zorder=2)  # fmt: skip
    limits = axes.get_xlim()
    for key, colour, marker, size in (
        ("baseline", style.VERMILION, "x", 3.0), ("estimate", style.BLACK, "o", 2.8),
        ("ceiling", style.GREEN, "|", 5.0),
    ):  # fmt: skip
        marked = single.drop_nulls(key)
        if key == "ceiling":  # one that is far away would leave the rest no room
            marked = marked.filter(pl.col(key).is_between(*limits))
        if not marked.is_empty():
            axes.plot(marked[key].to_numpy(), marked["row"].to_numpy(), linestyle="none",
                      marker=marker, markersize=size, color=colour, zorder=3)  # fmt: skip
        limits = axes.get_xlim()
    axes.grid(axis="both")
    axes.set_yticks(single["row"].unique().sort().to_list())
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3))
    style.least_span(axes, "x")


def _handles() -> list[Line2D | Patch]:
    def point(colour: str, marker: str, label: str) -> Line2D:
        return Line2D([], [], linestyle="none", color=colour, marker=marker, markersize=4,
                      label=label)  # fmt: skip

    return [
        point(style.BLACK, "o", "one condition, its own 95 % interval"),
        Patch(color=style.SKY, alpha=0.3, linewidth=0, label="over all wordings (Student's t)"),
        point(style.VERMILION, "x", "no-skill baseline"),
        point(style.GREEN, "|", "ceiling, where it is near"),
    ]


def footer(robustness: pl.DataFrame) -> str:
    """Return how many conditions and wordings there are, for the footer."""
    single = robustness.filter(pl.col("condition") != ALL_WORDINGS)
    n_wordings = single["wording"].n_unique()
    wordings = f"{n_wordings} wording{'s' if n_wordings > 1 else ''}"
    return f"{single['condition'].n_unique()} conditions, {wordings}"
