r"""Propose personas to ask beside those of a pilot, so that countries are known better.

    python -m valuescape.reporting.propose_personas --configfile pilot.yaml \
        --add 500 --file config/second_stage.csv

writes them to a file that the study reads as its `second_stage`; what was asked is not asked again.
Prints what that does to the error of countries' means, beside as many personas drawn at random.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.core.command import run_as_is
from valuescape.core.errors import UserError
from valuescape.core.files import write_text
from valuescape.humans.published import (
    read_country_distributions,
    read_indicator_joint,
    read_waves,
)
from valuescape.lenses.surface.cells import cube_columns, pairs_of
from valuescape.lenses.surface.second_stage import country_errors, worth_asking
from valuescape.lenses.weights.country_weights import weight_by_aggregates
from valuescape.reporting.propose_design import gpu_hours, parser, pilot_of
from valuescape.study import designs

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.reporting.propose_design import Pilot

    Array = NDArray[np.float64]


def proposal(
    pilot: Pilot, weights: Array, n: int, projection: Mapping[str, Any]
) -> tuple[NDArray[np.int64], list[str]]:
    """Return the personas to add, and what that would give.

    Parameters
    ----------
    pilot : Pilot
        What was asked; positions on the map tell how far answers hang on the configuration.
    weights : ndarray of float64, shape (n_countries, n_configurations)
        By persona id; a row sums to 1.
    n : int
        How many.
    projection : mapping
        The config's: speeds of a GPU.

    Returns
    -------
    (ndarray of int64, shape (n,), list of str)
        Ids, rising; and lines.
    """
    space, asked = pilot.by_map.space, pilot.by_map.ids
    columns, pair = cube_columns(space), pairs_of(space)
    prior = pilot.by_map.surface.candidate.prior(pair)
    errors = country_errors(weights, columns, prior, asked)
    chosen = worth_asking(weights, errors, asked, n)
    drawn = designs.drawn_ids(space, n, pilot.seed, "as many at random", without=asked)
    lines = ["error of a country's mean, in standard deviations of what the surface leaves:"]
    for name, more in (
        (f"{len(asked):,} asked", asked[:0]),
        (f"and {n:,} proposed", chosen),
        (f"or {n:,} at random", drawn.astype(np.int64)),
    ):
        found = np.sqrt(country_errors(weights, columns, prior, np.concatenate([asked, more])))
        lines.append(f"{name:24} mean {found.mean():.4f}, worst country {found.max():.4f}")
    hours = gpu_hours(pilot.costs, n, projection)
    told = "not known" if hours is None else f"{hours:.2f}"
    return chosen, [*lines, f"GPU hours of the {n:,}: {told}"]


def command_line() -> argparse.ArgumentParser:
    """Return the command line."""
    command = parser("propose_personas", "Propose personas to ask beside those of a pilot.")
    command.add_argument("--add", type=int, required=True, help="how many")
    command.add_argument("--file", type=Path, required=True, help="CSV file that is written")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Read the pilot, write the file, print what it would give.

    Raises
    ------
    UserError
        If there are not so many personas left.
    """
    args = command_line().parse_args(argv)
    config, name, pilot = pilot_of(args)
    space = pilot.by_map.space
    left = space.n_personas - len(pilot.by_map.ids)
    if not 0 < args.add <= left:
        msg = f"--add: {args.add} personas, of {left:,} that are not asked yet"
        raise UserError(msg, hint="a few hundred tell whether more are worth it")
    reference = {key: Path(path) for key, path in config["reference"].items()}
    populations = weight_by_aggregates(
        space,
        space.levels_of(np.arange(space.n_personas)),
        read_country_distributions(reference["distributions"]),
        read_indicator_joint(reference["indicator_joint"]),
        read_waves(reference["waves"]),
    )
    found, lines = proposal(pilot, populations.weights, args.add, config["projection"])
    before = config["second_stage"]
    earlier = designs.read_second_stage(space, Path(before)) if before else found[:0]
    ids = np.union1d(earlier, found)
    write_text(args.file, pl.DataFrame({"persona_id": ids}).write_csv())
    lines.append(f"second_stage: {args.file}   # {len(ids):,} personas, with answers: surface")
    sys.stdout.write("\n".join([name, *lines]) + "\n")


if __name__ == "__main__":
    run_as_is(main)
