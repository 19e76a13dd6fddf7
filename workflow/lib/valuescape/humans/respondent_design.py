"""Human-derived personas: configurations drawn from the respondents of a survey.

Respondents are drawn one after the other by their case weights; one whose configuration is there
already adds none, so that every persona is another one. A larger draw holds the smaller ones.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.humans import tables as human_tables
from valuescape.humans.margins import select_complete
from valuescape.stats.resampling import Draws
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)


def draw_configurations(shares: NDArray[np.float64], draws: Draws) -> NDArray[np.uint32]:
    """Return the configurations of respondents drawn by weight until so many differ.

    To draw by weight without replacement, each configuration waits for an exponential time at the
    rate of its share, and the first to come are taken (Efraimidis & Spirakis 2006, Information
    Processing Letters 97, 181-185, in the form of arrival times).

    Parameters
    ----------
    shares : ndarray of float64, shape (n_personas,)
        Weighted share of respondents with each configuration of the space; sums to 1.
    draws : Draws
        How many configurations, and the seed. A configuration's time follows from seed and id
        alone, not from the order of the file.

    Returns
    -------
    ndarray of uint32, shape (n,)
        Ids, rising, each once.

    Raises
    ------
    UserError
        If respondents have fewer configurations.
    """
    there = int((shares > 0).sum())
    if there < draws.n:
        msg = f"design: {draws.n:,} respondents to draw, but they have {there:,} configurations"
        raise UserError(msg, hint=f"set `design: respondents{there}` or fewer")
    waits = draws.generator("respondent_design").standard_exponential(len(shares))
    times = np.divide(waits, shares, out=np.full(len(shares), np.inf), where=shares > 0)
    return np.sort(np.argsort(times, kind="stable")[: draws.n]).astype(np.uint32)


@command
def main(*, space: Path, respondents: Path, design: str, seed: int, personas: Path) -> None:
    """Read the respondents, draw their configurations, write table PERSONAS.

    Raises
    ------
    UserError
        If the design draws no respondents, or more configurations than they have.
    """
    n = designs.n_drawn(design)
    if n is None:
        msg = f"design: {design!r} is not respondents<N>"
        raise UserError(msg, hint="python -m valuescape.study.designs makes the other designs")
    persona_space = read_space(space)
    people = select_complete(tables.read(respondents, human_tables.RESPONDENTS), persona_space)
    ids = draw_configurations(people.shares, Draws(n, seed))
    provenance = tables.joined_provenance([respondents])
    provenance |= {"study design": design, "space": persona_space.name}
    frame = designs.persona_table(persona_space, ids)
    tables.write(frame, personas, study_tables.PERSONAS, provenance)
    log.info("%d personas of %d respondents with a configuration", n, len(people.levels))


if __name__ == "__main__":
    run(main)
