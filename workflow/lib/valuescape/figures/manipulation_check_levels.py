"""Figure: which level personas answer, given the level they were configured with.

A persona that follows fills the diagonal; if personas ignore it, all rows are the same.
"""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import polars as pl
from matplotlib.colors import Normalize

from valuescape.figures import labels, style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from valuescape.study.space import PersonaSpace, Variable

COLUMNS = 4
# Print is white on cells darker than this.
DARK = 0.55
# Characters of a line of a level's name beside a panel.
WIDEST = 13


def plotted(matrix: pl.DataFrame, space: PersonaSpace) -> pl.DataFrame:
    """Return the cells of the figure.

    Returns
    -------
    DataFrame
        The matrix with ``configured_label`` and ``answered_label``, variables in order.
    """
    names = labels.level_frame(space).select("variable", "level", "level_label", "row")
    configured = names.rename({"level": "configured", "level_label": "configured_label"})
    answered = names.drop("row").rename({"level": "answered", "level_label": "answered_label"})
    return (
        matrix.join(configured, on=["variable", "configured"])
        .join(answered, on=["variable", "answered"])
        .sort("row", "answered")
        .drop("row")
    )


@style.styled
def draw(
    matrix: pl.DataFrame, agreement: pl.DataFrame, slopes: pl.DataFrame, space: PersonaSpace
) -> Figure:
    """Draw one panel a variable: rows configured, columns answered, and what all personas answer.

    Returns
    -------
    Figure
        The lowest row of each panel is the baseline: the answers of all personas together.
    """
    kappas = {row["variable"]: row for row in agreement.iter_rows(named=True)}
    rises = {row["variable"]: row for row in slopes.iter_rows(named=True)}
    n_rows = -(-len(space.variables) // COLUMNS)
    figure = style.new_figure(style.WIDTH_DOUBLE, 1.95 * n_rows + 0.3)
    panels = figure.subplots(n_rows, COLUMNS, squeeze=False)
    image = None
    for place, variable in enumerate(space.variables):
        axes = panels[place // COLUMNS, place % COLUMNS]
        cells = matrix.filter(pl.col("variable") == variable.name)
        image = _draw_cells(axes, cells, variable)
        axes.set_title(
            f"{labels.variable_label(variable)}\n"
            f"{_agreement(kappas.get(variable.name, {}), rises.get(variable.name, {}))}",
            fontsize=7.0,
        )
    spare = list(panels.flat[len(space.variables) :])
    for axes in spare:
        axes.set_axis_off()
    if image is not None and spare:
        bar = figure.colorbar(image, ax=spare, location="bottom", fraction=0.5, aspect=14)
        bar.set_label("Probability of the answered level (columns, in\n"
                      "the order of the rows) by configured level (rows);\n"
                      "grey: by all personas together")  # fmt: skip
    return figure


def _draw_cells(axes: Axes, cells: pl.DataFrame, variable: Variable) -> AxesImage:
    """Draw the matrix of one variable, its baseline set apart below."""
    n = len(variable.levels)
    shares = {(row["configured"], row["answered"]): row for row in cells.iter_rows(named=True)}
    scale = Normalize(0.0, 1.0)
    table = [[_share(shares, i, j, "share") for j in range(n)] for i in range(n)]
    base = [[_share(shares, 0, j, "share_of_all") for j in range(n)]]
    image = axes.imshow(
        table, cmap="Blues", norm=scale, extent=(-0.5, n - 0.5, n - 0.5, -0.5), aspect="auto"
    )
    axes.imshow(base, cmap="Greys", norm=scale, extent=(-0.5, n - 0.5, n + 0.75, n - 0.25),
                aspect="auto")  # fmt: skip
    axes.set_ylim(n + 0.75, -0.5)
    for i, row in enumerate([*table, *base]):
        for j, share in enumerate(row):
            axes.text(
                j, i if i < n else n + 0.25, "" if math.isnan(share) else f"{share:.2f}",
                ha="center", va="center", fontsize=style.SMALL,
                color="white" if share > DARK else style.BLACK,
            )  # fmt: skip
    names = [_short(labels.level_label(variable, level)) for level in variable.levels]
    axes.set_yticks([*range(n), n + 0.25], [*names, "all personas"])
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return image


def _share(
    shares: Mapping[tuple[int, int], Mapping[str, float]], i: int, j: int, name: str
) -> float:
    share = shares.get((i, j), {}).get(name)
    return float("nan") if share is None else share


def _short(label: str) -> str:
    return "\n".join(textwrap.wrap(label, WIDEST, break_on_hyphens=True))


def _agreement(kappa: Mapping[str, float | None], slope: Mapping[str, float | None]) -> str:
    value, low, high = (kappa.get(key) for key in ("weighted_kappa", "ci_low", "ci_high"))
    if value is None:
        return "\N{GREEK SMALL LETTER KAPPA} not defined"
    ends = "" if low is None or high is None else f" [{_signed(low)}, {_signed(high)}]"
    rise = slope.get("slope")
    return f"\N{GREEK SMALL LETTER KAPPA} {_signed(value)}{ends}" + (
        "" if rise is None else f"\nslope {_signed(rise)}"
    )


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def footer(matrix: pl.DataFrame) -> str:
    """Return how many personas have a level, for the footer."""
    return style.counted(matrix["n_personas"], "personas at a level")
