"""Headlines over wordings: a mean whose interval knows that other words would give another number.

Wordings are few, so the quantile is Student's. Conditions share their personas, so that what the
personas add to the variance is not averaged away over wordings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri as normal_quantile
from scipy.special import stdtrit as t_quantile

from valuescape.stats.resampling import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 3
"""Wordings from which the interval of a headline is over them: two have one degree of freedom."""
TAIL = (1 + CONFIDENCE) / 2


@dataclass(frozen=True)
class OverWordings:
    """A number over several wordings.

    Attributes
    ----------
    estimate : float or None
        Mean over wordings, each the mean over its replicates.
    low, high : float or None
        95 % interval; None with fewer than `FEWEST` wordings.
    sd : float or None
        Standard deviation between wordings; None with one of them.
    n : int
        Wordings with a number.
    """

    estimate: float | None
    low: float | None
    high: float | None
    sd: float | None
    n: int


def over_wordings(
    wordings: Sequence[str],
    estimates: Sequence[float | None],
    intervals: Sequence[tuple[float, float] | None],
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> OverWordings:
    """Return the mean of a number over wordings, with an interval that covers other wordings.

    Parameters
    ----------
    wordings : sequence of str
        The wording of each condition; several with the same are its replicates.
    estimates : sequence of float or None
        The number under each condition.
    intervals : sequence of (float, float) or None
        Its own 95 % interval: over personas, not over wordings. What it reaches below the number
        and above it stays apart, for one that is bounded lies askew.
    bounds : (float, float)
        Least and greatest possible number.

    Returns
    -------
    OverWordings
        The variance of the mean is that of the wordings, ``sd ** 2 / n``, plus the personas' own,
        taken as wholly shared by the conditions: too wide rather than too narrow. Degrees of
        freedom by Satterthwaite (1946, Biometrics Bulletin 2:110), the personas' part as known.
    """
    known = [
        (wording, float(value), own)
        for wording, value, own in zip(wordings, estimates, intervals, strict=True)
        if value is not None
    ]
    names = sorted({wording for wording, _, _ in known})
    means = np.array([np.mean([v for w, v, _ in known if w == name]) for name in names])
    n = len(means)
    if n == 0:
        return OverWordings(None, None, None, None, 0)
    centre = float(means.mean())
    if n == 1:
        return OverWordings(centre, None, None, None, 1)
    sd = float(means.std(ddof=1))
    if n < FEWEST:
        return OverWordings(centre, None, None, sd, n)
    reaches = [(value - own[0], own[1] - value) for _, value, own in known if own is not None]
    of_personas = np.mean(reaches, axis=0) / normal_quantile(TAIL) if reaches else np.zeros(2)
    of_wordings = sd**2 / n
    variance = of_wordings + of_personas**2
    freedom = (n - 1) * (variance / of_wordings) ** 2 if of_wordings > 0 else np.inf
    below, above = t_quantile(freedom, TAIL) * np.sqrt(variance)
    low, high = np.clip([centre - below, centre + above], *bounds)
    return OverWordings(centre, float(low), float(high), sd, n)
