"""Extreme configurations: corners of the cube, on the map and in the moral lens.

A corner has the first or the last level of every variable; a space of ten variables has 1,024. The
design `corners` consists of them; of another design, the corners among its personas are compared
with the others.
"""

from __future__ import annotations

import logging
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import require_same_personas
from valuescape.answers.inputs import read_configurations
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]
    Members = NDArray[np.bool_]

logger = logging.getLogger(__name__)

# The ends of the two axes, and in which direction they lie.
ENDS = {"self_expression": {"survival": -1, "self_expression": 1},
        "secular": {"traditional": -1, "secular": 1}}  # fmt: skip
FEWEST_FOR_INTERVAL = 2


def sets(space: PersonaSpace, levels: NDArray[np.int8], configured: Array) -> dict[str, Members]:
    """Return who belongs to which set of extreme configurations.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.
    configured : ndarray of float64, shape (n, 2)
        Their places on the map.

    Returns
    -------
    dict of str to ndarray of bool, shape (n,)
        all; corner (every variable at an end); other; and the corners by the quarter of the map
        in which they are configured, seen from the middle of all personas.
    """
    corner = ((levels == 0) | (levels == space.radices - 1)).all(axis=1)
    side = np.sign(configured - configured.mean(axis=0))
    found = {"all": np.ones(len(levels), dtype=bool), "corner": corner, "other": ~corner}
    for first, second in product(*(ENDS[axis].items() for axis in AXES)):
        quarter = (side == [first[1], second[1]]).all(axis=1)
        found[f"corner_{first[0]}_{second[0]}"] = corner & quarter
    return found


def _columns(positions: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """One row a persona: what is averaged, nan where not valid."""
    answered, configured = (
        positions.select(f"{prefix}{axis}" for axis in AXES).to_numpy().astype(np.float64)
        for prefix in ("", "design_")
    )
    # From where all lie on average: how far out personas are configured to be, and answer.
    out = []
    for places in (answered, configured):
        known = places[~np.isnan(places).any(axis=1)]
        middle = known.mean(axis=0) if len(known) else np.full(2, np.nan)
        out.append(np.hypot(*(places - middle).T))
    return positions.select(*AXES).with_columns(
        distance_from_mean=out[0],
        configured_distance_from_mean=out[1],
        **{name: scores[name] for name in FOUNDATIONS},
    )


def extremes_table(
    positions: pl.DataFrame, scores: pl.DataFrame, members: dict[str, Members], draws: Draws
) -> pl.DataFrame:
    """Describe each set of configurations beside all personas.

    Parameters
    ----------
    positions : DataFrame
        Table POSITIONS.
    scores : DataFrame
        Table FOUNDATION_SCORES, the same personas.
    members : dict of str to ndarray of bool
        As from `sets`.
    draws : Draws
        Bootstrap draws over the personas of a set.

    Returns
    -------
    DataFrame
        Table EXTREMES; a set without a persona has no rows.
    """
    configured = {axis: positions[f"design_{axis}"].to_numpy() for axis in AXES}
    frame = _columns(positions, scores)
    rows = []
    for (name, among), measure in product(members.items(), frame.columns):
        values = frame[measure].cast(pl.Float64).fill_null(np.nan).to_numpy()
        valid = ~np.isnan(values)
        chosen, everyone = values[among & valid], values[valid]
        if not among.any():
            continue
        low = high = None
        if len(chosen) >= FEWEST_FOR_INTERVAL:
            drawn = resampling.resampled_sums(chosen[:, None], draws, f"extremes/{name}/{measure}")
            ends = resampling.interval(chosen.mean(), drawn[:, 0] / len(chosen))
            low, high = (float(end) for end in ends)
        rows.append(
            (
                name,
                "morality" if measure in FOUNDATIONS else "map",
                measure,
                len(chosen),
                float(chosen.mean()) if len(chosen) else None,
                low,
                high,
                float(everyone.mean()) if len(everyone) else None,
                float(configured[measure][among].mean()) if measure in configured else None,
            )
        )
    return pl.DataFrame(rows, schema=robustness_tables.EXTREMES.columns, orient="row")


@command
def main(
    *,
    space: Path,
    personas: Path,
    positions: Path,
    scores: Path,
    seed: int,
    replicates: int,
    extremes: Path,
) -> None:
    """Read places and foundation scores, write EXTREMES."""
    design = read_configurations(space, personas)
    placed = tables.read(positions, map_tables.POSITIONS)
    scored = tables.read(scores, moral_tables.FOUNDATION_SCORES)
    for frame, path in ((placed, positions), (scored, scores)):
        require_same_personas(design.personas, frame, f"{personas} and {path}")
    configured = placed.select(f"design_{axis}" for axis in AXES).to_numpy()
    members = sets(design.space, design.levels, configured)
    found = extremes_table(placed, scored, members, Draws(replicates, seed))
    logger.info("%d of %d personas are corners", members["corner"].sum(), design.personas.height)
    provenance = tables.joined_provenance([personas, positions, scores])
    tables.write(found, extremes, robustness_tables.EXTREMES, provenance)


if __name__ == "__main__":
    run(main)
