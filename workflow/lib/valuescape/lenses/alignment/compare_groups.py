"""Lens 2, group against group: whether personas tell groups apart, and as humans differ.

    python -m valuescape.lenses.alignment.compare_groups --responses F --instrument F --biographies F \
        --humans F --countries F [--respondents F] --grouping FIELD... --answers KIND --seed N \
        --replicates N --discrimination F --order F --worth F --geometry F --positions F

Everything here is over groups with personas and humans, and questions that all of them were asked.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from valuescape.answers.distributions import shares_of
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.humans.clusters import redrawn
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.discrimination import Rounds, discrimination_tables
from valuescape.lenses.alignment.distances import distances, replicated_distances
from valuescape.lenses.alignment.equivalent_n import worth_table
from valuescape.lenses.alignment.group_geometry import geometry_table, position_table
from valuescape.lenses.alignment.inputs import Compared, parser_of_comparisons, read_compared
from valuescape.stats import resampling
from valuescape.stats.emd import Scales

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

CONTRACTS = {
    "discrimination": alignment_tables.DISCRIMINATION,
    "order": alignment_tables.QUESTION_ORDER,
    "worth": alignment_tables.HUMAN_WORTH,
    "geometry": alignment_tables.GROUP_GEOMETRY,
    "positions": alignment_tables.GROUP_POSITIONS,
}
WORTH_OF = ("persona", "uniform", "human_pooled")
# Draws of the same humans behind `best`: their mean is then known to a seventh of their spread.
AGAIN = 50


def asked_of_all(compared: Compared) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which groups and questions can be compared throughout.

    Parameters
    ----------
    compared : Compared
        Both sides.

    Returns
    -------
    (ndarray of bool, shape (n_groups,), ndarray of bool, shape (n_questions,))
        Groups with personas and humans on at least half of the questions; questions with both
        in all of these groups.
    """
    both = (compared.personas.n[:-1] > 0) & (compared.humans.n_respondents > 0)
    groups = np.asarray(both.mean(axis=1) >= 1 / 2)
    return groups, np.asarray(both[groups].all(axis=0))


def rounds_of(compared: Compared, draws: resampling.Draws) -> tuple[Rounds, tuple[str, ...]]:
    """Return what all groups were asked, with draws, and the names of the groups.

    Parameters
    ----------
    compared : Compared
        Both sides.
    draws : Draws
        Whose seed further draws of the humans use.

    Returns
    -------
    (Rounds, tuple of str)
        Draws in which an answer is missing are left out.
    """
    groups, questions = asked_of_all(compared)
    scales = compared.scales
    kept = Scales(
        tuple(np.asarray(scales.questions)[questions].tolist()),
        scales.values[questions],
        scales.present[questions],
        scales.gaps[questions],
    )
    humans = compared.humans.shares[groups][:, questions]
    n = compared.humans.n_effective[groups][:, questions]
    drawn_personas = shares_of(compared.drawn_counts[:, :-1][:, groups][:, :, questions])
    drawn_humans = compared.drawn_humans[:, groups][:, :, questions]
    whole = np.isfinite(drawn_personas).all(axis=(1, 2, 3))
    whole &= np.isfinite(drawn_humans).all(axis=(1, 2, 3))
    rng = draws.generator("group_comparison/again")
    found = Rounds(
        kept,
        shares_of(compared.personas.counts[:-1][groups][:, questions]),
        humans,
        drawn_personas[whole],
        drawn_humans[whole],
        np.stack([redrawn(np.broadcast_to(side, (AGAIN, *side.shape)), people, rng)
                  for side, people in zip(humans, n, strict=True)], axis=1),
    )  # fmt: skip
    return found, tuple(np.asarray(compared.humans.groups)[groups].tolist())


def worth_of_answerers(compared: Compared) -> pl.DataFrame:
    """Return how many humans personas, uniform answers and all other groups are worth.

    Parameters
    ----------
    compared : Compared
        Both sides.

    Returns
    -------
    DataFrame
        Table HUMAN_WORTH.
    """
    estimates = distances(
        compared.personas.counts[:-1], compared.humans.shares, compared.humans, compared.scales
    )
    complete = np.asarray(np.isfinite(np.stack(list(estimates.values()))).all(axis=0))
    replicates = replicated_distances(
        compared.drawn_counts[:, :-1], compared.drawn_humans, compared.humans, compared.scales
    )
    return worth_table(
        {name: estimates[name] for name in WORTH_OF},
        replicates,
        compared.humans,
        complete,
        compared.scales,
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Read answers of personas and humans, compare groups with groups, write the tables.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    args = parser_of_comparisons(__doc__, CONTRACTS).parse_args(argv)
    compared = read_compared(args)
    draws = resampling.Draws(args.replicates, args.seed)
    found, groups = rounds_of(compared, draws)
    logger.info("%d groups, %d questions asked of all", len(groups), len(found.scales.questions))
    discrimination, order = discrimination_tables(found, draws)
    frames = {
        "discrimination": discrimination,
        "order": order,
        "worth": worth_of_answerers(compared),
        "geometry": geometry_table(found),
        "positions": position_table(found, groups),
    }
    for name, frame in frames.items():
        tables.write(frame, getattr(args, name), CONTRACTS[name], compared.provenance)


if __name__ == "__main__":
    run(main)
