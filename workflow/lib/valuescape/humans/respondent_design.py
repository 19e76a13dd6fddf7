"""Human-derived personas: configurations drawn from the respondents of a survey.

    python -m valuescape.humans.respondent_design --space F --respondents F --design respondents500 \
        --seed N --output personas.parquet

Respondents are drawn one after the other by their case weights; one whose configuration is there
already adds none, so that every persona is another one. A larger draw holds the smaller ones.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.humans import tables as human_tables
from valuescape.humans.margins import complete
from valuescape.stats.resampling import Draws
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

log = logging.getLogger(__name__)


def drawn(shares: NDArray[np.float64], draws: Draws) -> NDArray[np.uint32]:
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


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.humans.respondent_design",
        description="Draw personas of respondents.",
    )
    command.add_argument("--space", type=Path, required=True, help="persona space (YAML)")
    command.add_argument("--respondents", type=Path, required=True, help="table of respondents")
    command.add_argument("--design", required=True, help="respondents<N>")
    command.add_argument("--seed", type=int, required=True, help="seed of the study")
    command.add_argument("--output", type=Path, required=True, help="table of personas")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Read the respondents, draw from them, write the table of personas.

    Raises
    ------
    UserError
        If the design draws no respondents, or more configurations than they have.
    """
    args = parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    n = designs.n_drawn(args.design)
    if n is None:
        msg = f"design: {args.design!r} is not respondents<N>"
        raise UserError(msg, hint="python -m valuescape.study.designs makes the other designs")
    space = read_space(args.space)
    people = complete(tables.read(args.respondents, human_tables.RESPONDENTS), space)
    frame = designs.personas(space, drawn(people.shares(space), Draws(n, args.seed)))
    provenance = tables.joined_provenance([args.respondents])
    provenance |= {"study design": args.design, "space": space.name}
    tables.write(frame, args.output, study_tables.PERSONAS, provenance)
    log.info("%d personas of %d respondents with a configuration", n, len(people.levels))


if __name__ == "__main__":
    run(main)
