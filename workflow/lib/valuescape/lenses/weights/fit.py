"""Weights that make the personas stand for the humans of the world, from coarse to fine.

    python -m valuescape.lenses.weights.fit --space F --personas F --prevalence F [--respondents F] \
        --seed N --weights F --diagnostics F

Uniform weights are not neutral: the centre of all configurations lies above every country of the
map. From public margins the shares of single levels can be met (raking), of the variables whose
margins are public; from single respondents also those of all pairs (ipf_pairs), whole
configurations (joint), and humans can be moved to near personas (semi_relaxed_ot).
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.humans import tables as human_tables
from valuescape.humans.margins import complete, public_margins, read_prevalence
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.diagnostics import diagnostics, halves_of, held_out_rows
from valuescape.lenses.weights.schemes import (
    SCHEMES,
    choose_smoothing,
    from_margins,
    from_respondents,
)
from valuescape.stats import raking
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from valuescape.stats.raking import Margin

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)


def table_of_weights(ids: NDArray[np.uint32], schemes: Mapping[str, Array]) -> pl.DataFrame:
    """Return weights as rows of table WEIGHTS."""
    return pl.concat(
        [
            pl.DataFrame({"persona_id": ids, "weight": weights}).select(
                pl.lit(scheme).alias("scheme"), "persona_id", "weight"
            )
            for scheme, weights in schemes.items()
        ]
    )


def table_of_diagnostics(
    found: Mapping[tuple[str, str], float | None],
    held_out: Mapping[tuple[str, str], tuple[float, float]],
) -> pl.DataFrame:
    """Return diagnostics as rows of table WEIGHTS_DIAGNOSTICS."""
    both: dict[tuple[str, str], tuple[float | None, float | None]]
    both = {key: (value, None) for key, value in found.items()} | dict(held_out)
    rows = [(*key, *values) for key, values in both.items()]
    schema = dict(weight_tables.WEIGHTS_DIAGNOSTICS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row")


def left_out(space: PersonaSpace, schemes: Mapping[str, Array], margins: Sequence[Margin]) -> str:
    """Say in words which schemes and variables are wanting, for the log and the provenance."""
    known = {margin.variables[0] for margin in margins}
    unknown = [v.name for column, v in enumerate(space.variables) if column not in known]
    wanting = [scheme for scheme in SCHEMES if scheme not in schemes]
    return (
        f"schemes not possible here: {', '.join(wanting) or 'none'}; "
        f"variables without a human margin: {', '.join(unknown) or 'none'}"
    )


def weights_of_public(
    space: PersonaSpace, ids: NDArray[np.uint32], path: Path
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """Return weights, their diagnostics and provenance, from public margins.

    Parameters
    ----------
    space : PersonaSpace
        The configurations.
    ids : ndarray of uint32, shape (n_personas,)
        The personas of the design.
    path : Path
        The public shares of levels.

    Returns
    -------
    (DataFrame, DataFrame, dict)
        Tables WEIGHTS and WEIGHTS_DIAGNOSTICS, and what they were made from.
    """
    margins = public_margins(read_prevalence(path), space)
    schemes = from_margins(space.levels_of(ids), margins)
    told = {
        "weighted to": f"{path}: public margins, unweighted respondents",
        "weights left out": left_out(space, schemes, margins),
    }
    found = diagnostics(space, ids, schemes, margins, None)
    return table_of_weights(ids, schemes), table_of_diagnostics(found, {}), told


def weights_of_respondents(
    space: PersonaSpace, ids: NDArray[np.uint32], respondents: pl.DataFrame, draws: Draws
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """Return weights, their diagnostics and provenance, from single respondents.

    Parameters
    ----------
    space : PersonaSpace
        The configurations.
    ids : ndarray of uint32, shape (n_personas,)
        The personas of the design.
    respondents : DataFrame
        Table RESPONDENTS.
    draws : Draws
        Seed of halves and floors.

    Returns
    -------
    (DataFrame, DataFrame, dict)
        Tables WEIGHTS and WEIGHTS_DIAGNOSTICS, and what they were made from.
    """
    humans = complete(respondents, space)
    halves = halves_of(humans, draws)
    smoothing = choose_smoothing(space, halves)
    margins = raking.margins_of(humans.levels, humans.weights, space.radices, 1)
    schemes = from_respondents(space, ids, humans, smoothing)
    told = {
        "weighted to": (
            f"{len(humans.levels):,} of {humans.n_asked:,} respondents, those with all answers, "
            "by case weight; countries count by respondents"
        ),
        "smoothing": (
            f"joint: shares of pairs count as {smoothing.prior_respondents:g} respondents; "
            f"semi_relaxed_ot: eps {smoothing.spread:g}; chosen on held-out halves"
        ),
        "weights left out": left_out(space, schemes, margins),
    }
    found = diagnostics(space, ids, schemes, margins, humans)
    held_out = held_out_rows(space, ids, halves, smoothing, draws)
    return table_of_weights(ids, schemes), table_of_diagnostics(found, held_out), told


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("space", "personas", "prevalence", "weights", "diagnostics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--respondents", type=Path, nargs="?", help="single respondents, if any")
    parser.add_argument("--seed", type=int, required=True, help="seed of the study")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read personas and what is known of humans, fit every scheme, write weights and diagnostics.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = _parser().parse_args(argv)
    space = read_space(args.space)
    ids = tables.read(args.personas, study_tables.PERSONAS)["persona_id"].to_numpy()
    if args.respondents is None:
        weights, found, told = weights_of_public(space, ids, args.prevalence)
    else:
        respondents = tables.read(args.respondents, human_tables.RESPONDENTS)
        draws = Draws(1, args.seed)
        weights, found, told = weights_of_respondents(space, ids, respondents, draws)
    logger.info("%s", told["weights left out"])
    read = [path for path in (args.personas, args.respondents) if path is not None]
    provenance = tables.joined_provenance(read) | told
    tables.write(weights, args.weights, weight_tables.WEIGHTS, provenance)
    tables.write(found, args.diagnostics, weight_tables.WEIGHTS_DIAGNOSTICS, provenance)


if __name__ == "__main__":
    run(main)
