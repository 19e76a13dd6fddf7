"""What only whole answer vectors show: whether answers go together as they do in humans.

    python -m valuescape.lenses.alignment.joint_transport --responses F --instrument F --biographies F \
        --respondents F --grouping FIELD... --answers KIND --seed N --output F

Question by question personas may equal humans while nobody answers like anybody. Optimal transport
matches whole persons (POT); few persons in many dimensions lie far apart by chance, so everything
stands beside two halves of the humans of equal number. Needs single respondents.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.spatial.distance import cdist

from valuescape.answers import expected as answers
from valuescape.answers.distributions import group_labels
from valuescape.answers.inputs import parser_of_files
from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.humans import tables as human_tables
from valuescape.humans.distributions import ALL
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.stats import resampling
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument

with warnings.catch_warnings():
    # POT 0.9.7 has invalid escape sequences in its docstrings.
    warnings.simplefilter("ignore")
    from ot import emd2, sliced_wasserstein_distance

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.answers.expected import AnswerKind

logger = logging.getLogger(__name__)

MEASURES = ("joint", "marginal", "dependence_gap", "sliced")
# Matching 500 persons takes a fifth of a second, 200 a fiftieth.
MOST_OF_ALL, MOST_OF_GROUP, FEWEST = 500, 200, 50
ROUNDS = 10
DIRECTIONS = 100


def persona_vectors(
    responses: pl.DataFrame, instrument: Instrument, kind: AnswerKind, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the answers of each persona as one point.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES.
    instrument : Instrument
        What was asked.
    kind : {"probabilities", "chosen"}
        From probabilities one option is drawn, each question by itself.
    rng : Generator
        Random numbers.

    Returns
    -------
    ndarray of float64, shape (n_personas, n_questions)
        On scales of length 1; nan where an answer is not valid.
    """
    columns = []
    for question in instrument.questions:
        below = np.cumsum(answers.probabilities(responses, question, kind), axis=1)
        place = (rng.random((len(below), 1)) > below[:, :-1]).sum(axis=1)
        columns.append(np.where(np.isnan(below[:, 0]), np.nan, question.scaled[place]))
    return np.column_stack(columns)


def respondent_vectors(respondents: pl.DataFrame, instrument: Instrument) -> NDArray[np.float64]:
    """Return the answers of each respondent as one point.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS.
    instrument : Instrument
        The questions.

    Returns
    -------
    ndarray of float64, shape (n_respondents, n_questions)
        On scales of length 1; nan without a valid answer.
    """
    columns = []
    for question in instrument.questions:
        codes = respondents[question.id].cast(pl.Float64).fill_null(np.nan).to_numpy()
        low, high = question.values.min(), question.values.max()
        columns.append((codes - low) / (high - low))
    return np.column_stack(columns)


def compared(
    first: NDArray[np.float64], second: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """Return the four measures between two equally large sets of persons.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n, n_questions)
        Answers on scales of length 1.
    seed : int
        Of the random directions.

    Returns
    -------
    ndarray of float64, shape (4,)
        In the order of `MEASURES`. The cost of a pair is its mean distance over the questions,
        so joint >= marginal.
    """
    cost = cdist(first, second, "cityblock") / first.shape[1]
    joint = float(emd2([], [], cost))
    marginal = float(np.abs(np.sort(first, axis=0) - np.sort(second, axis=0)).mean())
    sliced = float(sliced_wasserstein_distance(first, second, n_projections=DIRECTIONS, p=1,
                                               seed=seed))  # fmt: skip
    return np.array([joint, marginal, joint - marginal, sliced])


def group_rows(
    group: str, personas: NDArray[np.float64], humans: NDArray[np.float64], draws: resampling.Draws
) -> list[tuple[str | float | int, ...]]:
    """Compare random persons of a group with its humans, and its humans with each other.

    Parameters
    ----------
    group : str
        Its name; `all` takes more persons.
    personas, humans : ndarray of float64, shape (n, n_questions)
        Complete answers.
    draws : Draws
        Rounds of random persons, and their seed.

    Returns
    -------
    list of tuple
        Rows of table JOINT_TRANSPORT; none with fewer than 50 personas or 100 humans. Intervals
        hold 95 % of the rounds.
    """
    n = min(MOST_OF_ALL if group == ALL else MOST_OF_GROUP, len(personas), len(humans) // 2)
    if n < FEWEST:
        return []
    rng = draws.generator(f"joint_transport/{group}")
    found, null = [], []
    for number in range(draws.n):
        people = humans[rng.permutation(len(humans))[: 2 * n]]
        chosen = personas[rng.permutation(len(personas))[:n]]
        found.append(compared(chosen, people[:n], number))
        null.append(compared(people[n:], people[:n], number))
    rounds, by_chance = np.array(found), np.array(null).mean(axis=0)
    mean = rounds.mean(axis=0)
    low, high = np.quantile(rounds, [0.025, 0.975], axis=0)
    return [
        (group, name, *(float(side[k]) for side in (mean, low, high, by_chance, mean - by_chance)),
         n, personas.shape[1])
        for k, name in enumerate(MEASURES)
    ]  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    files = ("responses", "instrument", "biographies", "respondents", "output")
    parser = parser_of_files(__doc__, files)
    parser.add_argument("--grouping", nargs="+", required=True, metavar="FIELD")
    parser.add_argument("--seed", type=int, required=True, help="seed of the study")
    answers.add_argument(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read persons of both kinds, match them, write JOINT_TRANSPORT.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = _parser().parse_args(argv)
    draws = resampling.Draws(ROUNDS, args.seed)
    instrument = read_instrument(args.instrument)
    responses = tables.read(args.responses, study_tables.RESPONSES)
    lives = tables.read(args.biographies, study_tables.BIOGRAPHIES, ["persona_id", *args.grouping])
    answers.require_same_personas(responses, lives, f"{args.responses}, {args.biographies}")
    respondents = tables.read(args.respondents, human_tables.RESPONDENTS)
    rng = draws.generator("joint_transport/answers")
    sides = [
        (persona_vectors(responses, instrument, args.answers, rng), lives),
        (respondent_vectors(respondents, instrument), respondents),
    ]
    whole = [np.isfinite(points).all(axis=1) for points, _ in sides]
    labels = [group_labels(frame, args.grouping).fill_null("").to_numpy() for _, frame in sides]
    logger.info("%d personas and %d respondents answered all", whole[0].sum(), whole[1].sum())
    ours, theirs = (points for points, _ in sides)
    rows = group_rows(ALL, ours[whole[0]], theirs[whole[1]], draws)
    for group in sorted(set(labels[0]) & set(labels[1]) - {""}):
        rows += group_rows(
            group,
            ours[whole[0] & (labels[0] == group)],
            theirs[whole[1] & (labels[1] == group)],
            draws,
        )
    frame = pl.DataFrame(rows, schema=alignment_tables.JOINT_TRANSPORT.columns, orient="row")
    provenance = tables.joined_provenance([args.responses, args.biographies, args.respondents])
    tables.write(frame, args.output, alignment_tables.JOINT_TRANSPORT, provenance)


if __name__ == "__main__":
    run(main)
