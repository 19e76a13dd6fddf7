"""How the figures of the alignment lens draw each comparator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from valuescape.figures import style

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Line:
    """The line of a comparator.

    Attributes
    ----------
    label, short : str
        In a legend, and at an axis.
    colour : str
        Its colour.
    dashes : (float, sequence of float)
        Offset and lengths of its dashes, in line widths; none for a solid line.
    """

    label: str
    short: str
    colour: str
    dashes: tuple[float, Sequence[float]]


LINES = {
    "persona": Line("LLM personas", "LLM", style.BLACK, (0, ())),
    "uniform": Line("Uniform answers (no skill)", "uniform", style.VERMILION, (0, (4, 2))),
    "majority": Line("Commonest answer (no skill)", "common", style.PURPLE, (0, (1, 1.5))),
    "human_pooled": Line("Humans of all other groups", "humans", style.BLUE, (0, (4, 1.5, 1, 1.5))),
    "human_floor": Line("Same humans, drawn again (floor)", "floor", style.GREEN, (0, (1, 1))),
}
"""Comparators of the curves."""


def handles() -> list[Line2D]:
    """Return the legend of `LINES`."""
    return [
        Line2D([], [], color=line.colour, linestyle=line.dashes, label=line.label)
        for line in LINES.values()
    ]
