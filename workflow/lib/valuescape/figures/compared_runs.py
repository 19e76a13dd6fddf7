"""How the figures of a comparison draw and name each run: a model under a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from valuescape.figures import style

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from valuescape.figures.country_map import Line

COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE, style.PURPLE, style.SKY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES: tuple[Line, ...] = ("-", (0, (4, 2)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (8, 2)))
LONGEST = {1: 40, 2: 22, 3: 15}
"""Characters of each part of a name, by the number of parts; longer ones are cut in the middle."""
MOST_IN_THREE = 32
"""Names up to this many characters stand in three columns."""
LEGEND_LINE, LEGEND_MARGIN = 0.14, 0.04
"""Inches of height that a line of a legend takes, and what lies around it."""
ROOM = 0.16
"""Inches of height that a run takes in a list of runs."""


@dataclass(frozen=True)
class Look:
    """How a run is drawn: no two of up to 42 runs alike in colour and marker.

    Attributes
    ----------
    label : str
        Its name, without what all runs have in common.
    colour, marker : str
        Of its points.
    line : line style
        Of its ellipses.
    """

    label: str
    colour: str
    marker: str
    line: Line


def looks_of(names: Iterable[str], drawn: Collection[str] | None = None) -> dict[str, Look]:
    """Return how runs are drawn.

    Parameters
    ----------
    names : iterable of str
        ``study/model/condition``, in the order of the tables.
    drawn : collection of str, optional
        Those of which there is something to draw, all unless given: the labels of others say so.

    Returns
    -------
    dict of str to Look
        By name.
    """
    found = list(dict.fromkeys(names))
    return {
        name: Look(
            label if drawn is None or name in drawn else f"{label} (none)",
            COLOURS[number % len(COLOURS)],
            MARKERS[number % len(MARKERS)],
            LINES[number % len(LINES)],
        )
        for number, (name, label) in enumerate(zip(found, short_names(found), strict=True))
    }


def short_names(names: Sequence[str]) -> list[str]:
    """Return names of runs without what all of them have in common.

    Parameters
    ----------
    names : sequence of str
        ``study/model/condition``.

    Returns
    -------
    list of str
        Model and condition of a single run.
    """
    parts = [name.split("/") for name in names]
    differing = [k for k in range(3) if len({each[k] for each in parts}) > 1] or [1, 2]
    most = LONGEST[len(differing)]
    return [", ".join(_cut(each[k], most) for k in differing) for each in parts]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-(most // 2) :]}"


def legend_columns(looks: Iterable[Look]) -> int:
    """Return how many columns of names stand side by side in a legend."""
    return 3 if max(len(look.label) for look in looks) <= MOST_IN_THREE else 2


def legend_height(n_entries: int, columns: int) -> float:
    """Return the height in inches of a legend below the axes."""
    return LEGEND_LINE * -(-n_entries // columns) + LEGEND_MARGIN


def point(look: Look, size: float = 4.0) -> dict[str, Any]:
    """Return how matplotlib is to draw a run's point."""
    return {
        "linestyle": "none",
        "marker": look.marker,
        "markersize": size,
        "markerfacecolor": look.colour,
        "markeredgecolor": style.BLACK,
        "markeredgewidth": 0.4,
    }


def handles(looks: Iterable[Look], *, lines: bool = False) -> list[Line2D]:
    """Return a legend of runs, with their lines where ellipses are drawn."""
    return [
        Line2D(
            [], [], **point(look) | ({"linestyle": look.line} if lines else {}),
            color=look.colour, label=look.label,
        )
        for look in looks
    ]  # fmt: skip
