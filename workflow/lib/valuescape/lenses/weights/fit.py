"""Weights that make the personas stand for the humans of the world, from coarse to fine.

Uniform weights are not neutral: the centre of all configurations lies above every country of the
map. From public margins the shares of single levels can be met (raking), of the variables whose
margins are public; from single respondents also those of all pairs (ipf_pairs), whole
configurations (joint), and humans can be moved to near personas (semi_relaxed_ot).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans import tables as human_tables
from valuescape.humans.margins import public_margins, read_prevalence, select_complete
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.diagnostics import (
    compare_held_out,
    diagnose_weights,
    split_in_halves,
)
from valuescape.lenses.weights.schemes import (
    SCHEMES,
    choose_smoothing,
    from_margins,
    from_respondents,
)
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from valuescape.humans.margins import Respondents
    from valuescape.stats.raking import Margin

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FittedSchemes:
    """Weights by scheme, and how good they are.

    Attributes
    ----------
    weights : mapping of str to ndarray of float64, shape (n_personas,)
        By scheme.
    diagnostics : mapping of (scheme, measure) to (value, floor)
        None where single respondents would be needed.
    remarks : mapping of str to str
        What they were fitted to and what is left out, for the provenance.
    """

    weights: Mapping[str, Array]
    diagnostics: Mapping[tuple[str, str], tuple[float | None, float | None]]
    remarks: Mapping[str, str]


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
    found: Mapping[tuple[str, str], tuple[float | None, float | None]],
) -> pl.DataFrame:
    """Return diagnostics as rows of table WEIGHTS_DIAGNOSTICS."""
    rows = [(*key, *values) for key, values in found.items()]
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


def fit_to_margins(
    space: PersonaSpace, ids: NDArray[np.uint32], margins: Sequence[Margin]
) -> FittedSchemes:
    """Fit the schemes that public shares of levels allow.

    Parameters
    ----------
    space : PersonaSpace
        The configurations.
    ids : ndarray of uint32, shape (n_personas,)
        The personas of the design.
    margins : sequence of Margin
        Shares of levels.

    Returns
    -------
    FittedSchemes
        Without floors.
    """
    schemes = from_margins(space.levels_of(ids), margins)
    found = diagnose_weights(space, ids, schemes, margins, None)
    return FittedSchemes(
        schemes,
        {key: (value, None) for key, value in found.items()},
        {"weights left out": left_out(space, schemes, margins)},
    )


def fit_to_respondents(ids: NDArray[np.uint32], humans: Respondents, draws: Draws) -> FittedSchemes:
    """Fit the schemes that single respondents allow.

    Parameters
    ----------
    ids : ndarray of uint32, shape (n_personas,)
        The personas of the design.
    humans : Respondents
        Whom they are to stand for.
    draws : Draws
        Seed of halves and floors.

    Returns
    -------
    FittedSchemes
        With floors of what is measured on respondents held out.
    """
    space, margins = humans.space, humans.margins
    halves = split_in_halves(humans, draws)
    smoothing = choose_smoothing(halves)
    schemes = from_respondents(ids, humans, smoothing)
    found = diagnose_weights(space, ids, schemes, margins, humans)
    held_out = compare_held_out(ids, halves, smoothing, draws)
    remarks = {
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
    both: dict[tuple[str, str], tuple[float | None, float | None]]
    both = {key: (value, None) for key, value in found.items()} | dict(held_out)
    return FittedSchemes(schemes, both, remarks)


@command
def main(
    *,
    space: Path,
    personas: Path,
    prevalence: Path,
    respondents: Path | None = None,
    seed: int,
    weights: Path,
    diagnostics: Path,
) -> None:
    """Read personas and human shares, fit every scheme, write weights and their diagnostics."""
    persona_space = read_space(space)
    ids = tables.read(personas, study_tables.PERSONAS)["persona_id"].to_numpy()
    if respondents is None:
        margins = public_margins(read_prevalence(prevalence), persona_space)
        fitted = fit_to_margins(persona_space, ids, margins)
        provenance = tables.joined_provenance([personas])
        provenance["weighted to"] = f"{prevalence}: public margins, unweighted respondents"
    else:
        people = tables.read(respondents, human_tables.RESPONDENTS)
        fitted = fit_to_respondents(ids, select_complete(people, persona_space), Draws(1, seed))
        provenance = tables.joined_provenance([personas, respondents])
    provenance |= fitted.remarks
    logger.info("%s", fitted.remarks["weights left out"])
    of_personas = table_of_weights(ids, fitted.weights)
    tables.write(of_personas, weights, weight_tables.WEIGHTS, provenance)
    found = table_of_diagnostics(fitted.diagnostics)
    tables.write(found, diagnostics, weight_tables.WEIGHTS_DIAGNOSTICS, provenance)


if __name__ == "__main__":
    run(main)
