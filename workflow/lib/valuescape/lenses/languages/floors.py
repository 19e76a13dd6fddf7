"""Floors: what another replicate, option order or wording moves, beside what a language moves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from valuescape.lenses.languages.contrasts import FLOORS, Contrast
from valuescape.lenses.languages.inputs import SAME

if TYPE_CHECKING:
    from collections.abc import Mapping

Estimate = tuple[float, float, float]
"""A size, more of which is farther, and the ends of its interval; nan where there is none."""
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
    measured : dict of (Contrast, object) to tuple of float
        Estimate of a size by contrast and name of the measure.
    """

    contrasts: list[Contrast]
    idle: set[Contrast] = field(default_factory=set)
    measured: dict[tuple[Contrast, object], Estimate] = field(default_factory=dict)

    def note(self, contrast: Contrast, measures: Mapping[object, Estimate]) -> None:
        """Keep the size of each measure of a contrast, if it is a floor."""
        if contrast.kind in FLOORS:
            self.measured |= {(contrast, name): size for name, size in measures.items()}

    def found(self, contrast: Contrast, kind: str) -> list[Contrast]:
        """Return the floors of one kind that a contrast is compared with."""
        return [
            each for each in contrast.floors_among(self.contrasts, kind) if each not in self.idle
        ]

    def sizes(self, contrast: Contrast, kind: str, measure: object) -> list[Estimate]:
        """Return what the floors of one kind are of a measure, as far as it is defined."""
        noted = (self.measured.get((each, measure)) for each in self.found(contrast, kind))
        return [size for size in noted if size and not math.isnan(size[0])]

    def beside(self, contrast: Contrast, measure: object) -> dict[str, float | None]:
        """Return the floor of each kind of a measure.

        Parameters
        ----------
        contrast : Contrast
            What they stand beside.
        measure : object
            Its name, as in `note`.

        Returns
        -------
        dict of str to float or None
            Columns ``floor_<kind>``: the largest; None where no pair of conditions shows it.
        """
        return {
            f"floor_{kind}": max(
                (size for size, _, _ in self.sizes(contrast, kind, measure)), default=None
            )
            for kind in FLOORS
        }

    def are_passed(self, contrast: Contrast, measure: object, found: Estimate) -> bool | None:
        """Return whether a size is beyond all floors that are known, theirs being uncertain too.

        It is if the interval of each difference lies above 0, made of both intervals as that of
        two independent estimates (Zou and Donner 2008, Statistics in Medicine 27, 1693).

        Parameters
        ----------
        contrast : Contrast
            What was measured.
        measure : object
            Its name, as in `note`.
        found : tuple of float
            The size and its interval.

        Returns
        -------
        bool or None
            None where no floor is known, or there is no interval.
        """
        size, low, _ = found
        floors = [floor for kind in FLOORS for floor in self.sizes(contrast, kind, measure)]
        if not floors or math.isnan(low):
            return None
        return all(
            size - floor > math.hypot(size - low, 0.0 if math.isnan(high) else high - floor)
            for floor, _, high in floors
        )

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


def from_zero(estimate: Estimate) -> Estimate:
    """Return how far from 0 an estimate lies, whichever way, and its interval; negative: beyond 0.

    Parameters
    ----------
    estimate : tuple of float
        With its sign, and the ends of its interval.

    Returns
    -------
    tuple of float
        The size, the end of the interval nearer to 0 and the farther one.
    """
    return turned(estimate) if estimate[0] < 0 else estimate


def turned(estimate: Estimate) -> Estimate:
    """Return an estimate with its sign turned: of a correlation, less of which is farther."""
    value, low, high = estimate
    return -value, -high, -low
