"""Lens 2: how near the answers of personas lie to those of humans, group by group.

    python -m valuescape.lenses.alignment.measure --responses F --instrument F --biographies F --humans F \
        --countries F [--respondents F] --grouping FIELD... --answers KIND --seed N \
        --replicates N --told TOLD [--other-told TOLD...] [--others F...] [--alike F...] \
        --counts F --cells F --summary F --scores F --dispersion F --thresholds F --quantiles F

A group is what the fields of a persona's biography say, for instance its continent; `all` holds
every persona, also one without a group. The summary averages over the groups alone, with every
baseline over the same cells.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.distributions import PersonaAnswers, shares_of
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.humans.distributions import ALL
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.aggregates import cell_weights
from valuescape.lenses.alignment.bias import corrected_distances
from valuescape.lenses.alignment.cells import cell_table, cells_averaged, count_table, floor_of
from valuescape.lenses.alignment.curves import curve_tables
from valuescape.lenses.alignment.dispersion import dispersion_table
from valuescape.lenses.alignment.distances import (
    PERSONA,
    TOLD_ANSWERERS,
    distances,
    in_blocks,
    replicated_distances,
)
from valuescape.lenses.alignment.inputs import (
    Compared,
    parser_of_comparisons,
    read_compared,
    read_counts,
)
from valuescape.lenses.alignment.summary import score_table, summary_table
from valuescape.stats import resampling
from valuescape.stats.emd import emd

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Distances = dict[str, NDArray[np.float64]]

logger = logging.getLogger(__name__)

CONDITIONS_TOGETHER = "persona_conditions"
"""The personas of all conditions that tell the same; a draw draws conditions as clusters."""
FEWEST_CONDITIONS = 2
CONTRACTS = {
    "counts": alignment_tables.COUNTS,
    "cells": alignment_tables.ALIGNMENT_CELLS,
    "summary": alignment_tables.ALIGNMENT_SUMMARY,
    "scores": alignment_tables.ALIGNMENT_SCORES,
    "dispersion": alignment_tables.DISPERSION,
    "thresholds": alignment_tables.THRESHOLDS,
    "quantiles": alignment_tables.QUANTILES,
}
IN_CELLS = ("persona", "uniform", "majority", "human_pooled", "human_floor")
"""Answerers of the curves over cells; over questions there are no other groups."""


def of_groups(personas: PersonaAnswers) -> PersonaAnswers:
    """Return the answers of the groups, without those of personas of no group."""
    return PersonaAnswers(personas.counts[:-1], personas.squares[:-1])


def of_everybody(personas: PersonaAnswers) -> PersonaAnswers:
    """Return the answers of all personas as one group."""
    return PersonaAnswers(
        personas.counts.sum(axis=0, keepdims=True), personas.squares.sum(axis=0, keepdims=True)
    )


def persona_distances(
    counts: NDArray[np.float64], drawn: NDArray[np.float64], compared: Compared
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distance of the personas of a condition.

    Parameters
    ----------
    counts : ndarray of float64, shape (n_groups, n_questions, most_options)
        Their answers.
    drawn : ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Draws of them.
    compared : Compared
        The humans.

    Returns
    -------
    (ndarray, ndarray)
        Distances, shape (n_groups, n_questions), and those of the draws.
    """
    gaps = compared.scales.gaps
    replicates = [
        emd(shares_of(drawn[block]), compared.drawn_humans[block], gaps)
        for block in in_blocks(len(drawn))
    ]
    return emd(shares_of(counts), compared.humans.shares, gaps), np.concatenate(replicates)


def other_conditions(
    args: argparse.Namespace, compared: Compared, draws: resampling.Draws
) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield the answers of conditions that tell less, and of all that tell the same together.

    Parameters
    ----------
    args : Namespace
        The command line.
    compared : Compared
        This condition and the humans.
    draws : Draws
        Bootstrap draws.

    Yields
    ------
    (str, ndarray, ndarray)
        Answerer; counts, shape (n_groups, n_questions, most_options), and draws of them.
    """

    def counted(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        personas, drawn = read_counts(path, args, compared.humans.groups)
        return personas.counts[:-1], drawn[:, :-1]

    for told, path in zip(args.other_told, args.others, strict=True):
        yield TOLD_ANSWERERS[told], *counted(path)
    m = len(args.alike) + 1
    if m >= FEWEST_CONDITIONS:
        # As with countries, m - 1 of m clusters are drawn (Rao & Wu 1988).
        rng = draws.generator("alignment/conditions")
        times = rng.multinomial(m - 1, np.full(m, 1 / m), size=draws.n)[..., None, None, None]
        counts, drawn = compared.personas.counts[:-1], compared.drawn_counts[:, :-1] * times[:, 0]
        for number, path in enumerate(args.alike, 1):
            further = counted(path)
            counts, drawn = counts + further[0], drawn + further[1] * times[:, number]
        yield CONDITIONS_TOGETHER, counts, drawn


def everybody_distances(compared: Compared) -> tuple[Distances, Distances]:
    """Return the distances of everybody together from all humans, by question.

    Parameters
    ----------
    compared : Compared
        Both sides.

    Returns
    -------
    (dict, dict)
        By answerer, shape (1, n_questions), and those of the draws; without answerers that need
        other groups.
    """
    n = compared.humans.n_respondents[..., None]
    heads = np.nan_to_num(compared.drawn_humans) * n
    shares = shares_of(heads.sum(axis=1, keepdims=True))
    drawn = compared.drawn_counts.sum(axis=1, keepdims=True)
    whole = compared.whole
    counts = of_everybody(compared.personas).counts
    estimates = distances(counts, whole.shares, whole, compared.scales)
    replicates = replicated_distances(drawn, shares, whole, compared.scales)
    kept = [name for name in IN_CELLS if name != "human_pooled"]
    return {name: estimates[name] for name in kept}, {name: replicates[name] for name in kept}


def lens_tables_of(
    args: argparse.Namespace, compared: Compared
) -> tuple[dict[str, pl.DataFrame], dict[str, str]]:
    """Return every table of the lens, and what its provenance gains.

    Parameters
    ----------
    args : Namespace
        The command line.
    compared : Compared
        Both sides and their draws.

    Returns
    -------
    (dict of str to DataFrame, dict of str to str)
        By the names of `CONTRACTS`; and which cells were averaged.
    """
    scales, humans = compared.scales, compared.humans
    draws = resampling.Draws(args.replicates, args.seed)
    groups, everybody = of_groups(compared.personas), of_everybody(compared.personas)
    drawn = compared.drawn_counts[:, :-1]
    cells = pl.concat(
        [
            cell_table(groups, humans, compared.clusters, scales, draws),
            cell_table(everybody, compared.whole, [compared.countries], scales, draws),
        ]
    )
    estimates = distances(groups.counts, humans.shares, humans, scales)
    replicates = replicated_distances(drawn, compared.drawn_humans, humans, scales)
    complete = np.asarray(np.isfinite(np.stack(list(estimates.values()))).all(axis=0))
    truth = (humans.shares, compared.drawn_humans)
    corrected = {PERSONA: corrected_distances((groups.counts, drawn), truth, scales.gaps)}
    for answerer, counts, drawn_counts in other_conditions(args, compared, draws):
        found = persona_distances(counts, drawn_counts, compared)
        estimates[answerer], replicates[answerer] = found
        corrected[answerer] = corrected_distances((counts, drawn_counts), truth, scales.gaps)
    weights = cell_weights(complete, groups.n, humans, compared.instrument)
    asked = {*estimates, TOLD_ANSWERERS.get(args.told)}
    thresholds, quantiles = curve_tables(
        {name: estimates[name] for name in IN_CELLS},
        replicates,
        *everybody_distances(compared),
        complete,
    )
    heads = np.nan_to_num(humans.shares) * humans.n_respondents[..., None]
    frames = {
        "counts": count_table(
            PersonaAnswers(
                np.concatenate([groups.counts, everybody.counts]),
                np.concatenate([groups.squares, everybody.squares]),
            ),
            (*humans.groups, ALL),
            scales,
        ),
        "cells": cells,
        "summary": summary_table(
            estimates,
            replicates,
            corrected,
            weights,
            [name for name in TOLD_ANSWERERS.values() if name not in asked],
        ),
        "scores": score_table(estimates, replicates, weights, floor_of(groups, humans, scales)),
        "dispersion": dispersion_table(
            (groups.counts, heads.sum(axis=0) - heads),
            (drawn, compared.drawn_humans),
            humans,
            scales,
            draws,
        ),
        "thresholds": thresholds,
        "quantiles": quantiles,
    }
    return frames, cells_averaged(cells)


def _log_coverage(coverage: Mapping[str, str]) -> None:
    logger.info("cells: %s", coverage["alignment_cells"])
    if coverage["alignment_groups_without_personas"] != "none":
        logger.warning("without personas: %s", coverage["alignment_groups_without_personas"])


def _parser() -> argparse.ArgumentParser:
    parser = parser_of_comparisons(__doc__, CONTRACTS)
    parser.add_argument("--told", required=True, help="what this condition tells a persona")
    parser.add_argument("--other-told", nargs="*", default=[], choices=TOLD_ANSWERERS,
                        help="what each of the other conditions tells")  # fmt: skip
    parser.add_argument("--others", type=Path, nargs="*", default=[],
                        help="responses of conditions that tell a persona less")  # fmt: skip
    parser.add_argument("--alike", type=Path, nargs="*", default=[],
                        help="responses of the other conditions that tell the same")  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read answers of personas and humans, compare them, write the tables of the lens.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    args = _parser().parse_args(argv)
    compared = read_compared(args)
    frames, coverage = lens_tables_of(args, compared)
    _log_coverage(coverage)
    for name, frame in frames.items():
        tables.write(frame, getattr(args, name), CONTRACTS[name], compared.provenance | coverage)


if __name__ == "__main__":
    run(main)
