"""Floors: what another replicate, option order or wording moves, beside what a language moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from valuescape.lenses.languages.contrasts import FLOORS, Contrast
from valuescape.lenses.languages.inputs import SAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NO_LUCK = "needs `readout: drawn`; other readouts hold no luck"


@dataclass
class Floors:
    """Measures of the contrasts that are floors, gathered before the others are compared with them.

    Attributes
    ----------
    contrasts : list of Contrast
        All of the study.
    idle : set of Contrast
        Those of which both sides are the very same answers: they hold no noise, and are no floor.
    measured : dict of (Contrast, object) to float
        Size of a measure by contrast and name of the measure.
    """

    contrasts: list[Contrast]
    idle: set[Contrast] = field(default_factory=set)
    measured: dict[tuple[Contrast, object], float] = field(default_factory=dict)

    def note(self, contrast: Contrast, measures: Iterable[tuple[object, float]]) -> None:
        """Keep the size of each measure of a contrast, if it is a floor."""
        if contrast.kind in FLOORS:
            self.measured |= {(contrast, name): size for name, size in measures}

    def found(self, contrast: Contrast, kind: str) -> list[Contrast]:
        """Return the floors of one kind that a contrast is compared with."""
        return [
            each for each in contrast.floors_among(self.contrasts, kind) if each not in self.idle
        ]

    def beside(
        self,
        contrast: Contrast,
        measure: object,
        worst: Callable[[Iterable[float]], float] = max,
    ) -> dict[str, float | None]:
        """Return the floor of each kind of a measure.

        Parameters
        ----------
        contrast : Contrast
            What they stand beside.
        measure : object
            Its name, as in `note`.
        worst : callable
            Which of several counts: the largest, or of a correlation the smallest.

        Returns
        -------
        dict of str to float or None
            Columns ``floor_<kind>``; None where no pair of conditions shows it.
        """
        found: dict[str, float | None] = {}
        for kind in FLOORS:
            sizes = [
                self.measured[each, measure]
                for each in self.found(contrast, kind)
                if (each, measure) in self.measured
            ]
            known = [size for size in sizes if size == size]  # noqa: PLR0124 - not nan
            found[f"floor_{kind}"] = worst(known) if known else None
        return found

    def missing(self, contrast: Contrast) -> str:
        """Say which floors are not known, and why.

        Parameters
        ----------
        contrast : Contrast
            What they would stand beside.

        Returns
        -------
        str
            Empty if all are known; of a floor itself nothing is said.
        """
        if contrast.kind in FLOORS:
            return SAME[contrast.kind] if contrast in self.idle else ""
        said = []
        for kind in FLOORS:
            there = contrast.floors_among(self.contrasts, kind)
            if not there and kind == "replicate" and contrast.condition.readout != "drawn":
                said.append(f"no floor_{kind}: {NO_LUCK}")
            elif not there:
                said.append(f"no floor_{kind}: needs conditions that differ in `{kind}` alone")
            elif all(each in self.idle for each in there):
                said.append(f"no floor_{kind}: {SAME[kind]}")
        return "; ".join(said)


def is_beyond(low: float, floors: dict[str, float | None]) -> bool | None:
    """Return whether a lower end lies above all floors that are known; None if none is.

    Parameters
    ----------
    low : float
        Lower end of an interval; nan where there is none.
    floors : dict of str to float or None
        As from `Floors.beside`.

    Returns
    -------
    bool or None
        None also where there is no interval.
    """
    known = [floor for floor in floors.values() if floor is not None]
    if not known or low != low:  # noqa: PLR0124 - nan
        return None
    return low > max(known)
