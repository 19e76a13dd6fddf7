"""Whether the answers of a person go together as in humans, which only whole answer vectors show.

Question by question personas may equal humans while no persona answers like any human. Optimal
transport matches whole persons (POT). Few persons in many dimensions lie far apart by chance, so
everything stands beside two halves of the humans of equal number. Needs single respondents.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.spatial.distance import cdist

from valuescape.answers import expected as answers
from valuescape.answers.distributions import group_labels
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans import tables as human_tables
from valuescape.humans.distributions import ALL
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.inputs import read_grouped, read_responses
from valuescape.stats.resampling import Draws
from valuescape.study.conditions import Condition

with warnings.catch_warnings():
    # POT 0.9.7 has invalid escape sequences in its docstrings.
    warnings.simplefilter("ignore")
    from ot import emd2, sliced_wasserstein_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.study.instruments import Instrument

logger = logging.getLogger(__name__)

MEASURES = ("joint", "marginal", "dependence_gap", "sliced")
# Matching 500 persons takes a fifth of a second, 200 a fiftieth.
MOST_OF_ALL, MOST_OF_GROUP, FEWEST = 500, 200, 50
ROUNDS = 10
DIRECTIONS = 100


def persona_vectors(
    responses: pl.DataFrame, instrument: Instrument, readout: Readout, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the answers of each persona as one point.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES.
    instrument : Instrument
        What was asked.
    readout : {"probabilities", "modal", "drawn"}
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
        below = np.cumsum(answers.probabilities(responses, question, readout), axis=1)
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


def transport_measures(
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
    group: str, personas: NDArray[np.float64], humans: NDArray[np.float64], draws: Draws
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
    between, among_humans = [], []
    for number in range(draws.n):
        people = humans[rng.permutation(len(humans))[: 2 * n]]
        chosen = personas[rng.permutation(len(personas))[:n]]
        between.append(transport_measures(chosen, people[:n], number))
        among_humans.append(transport_measures(people[n:], people[:n], number))
    rounds, human_null = np.array(between), np.array(among_humans).mean(axis=0)
    mean = rounds.mean(axis=0)
    low, high = np.quantile(rounds, [0.025, 0.975], axis=0)
    return [
        (group, name, *map(float, values), n, personas.shape[1])
        for name, *values in zip(
            MEASURES, mean, low, high, human_null, mean - human_null, strict=True
        )
    ]


def transport_table(
    personas: tuple[NDArray[np.float64], NDArray[np.str_]],
    humans: tuple[NDArray[np.float64], NDArray[np.str_]],
    draws: Draws,
) -> pl.DataFrame:
    """Compare everybody, and group by group.

    Parameters
    ----------
    personas, humans : (ndarray of float64, ndarray of str)
        Answers, shape (n, n_questions), nan where not valid; and the group of each, empty where
        it has none.
    draws : Draws
        Rounds of random persons, and their seed.

    Returns
    -------
    DataFrame
        Table JOINT_TRANSPORT.
    """
    persona_points, persona_groups = _complete(*personas)
    human_points, human_groups = _complete(*humans)
    logger.info(
        "%d personas and %d respondents answered all", len(persona_points), len(human_points)
    )
    rows = group_rows(ALL, persona_points, human_points, draws)
    for group in sorted(set(persona_groups) & set(human_groups) - {""}):
        rows += group_rows(
            group,
            persona_points[persona_groups == group],
            human_points[human_groups == group],
            draws,
        )
    return pl.DataFrame(rows, schema=alignment_tables.JOINT_TRANSPORT.columns, orient="row")


def _complete(
    points: NDArray[np.float64], groups: NDArray[np.str_]
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Return the persons who answered every question, and their groups."""
    known = np.isfinite(points).all(axis=1)
    return points[known], groups[known]


@command
def main(
    *,
    responses: Path,
    instrument: Path,
    biographies: Path,
    respondents: Path,
    grouping: list[str],
    condition: Condition,
    seed: int,
    table: Path,
) -> None:
    """Read the answers of personas and respondents, match them, write JOINT_TRANSPORT."""
    draws = Draws(ROUNDS, seed)
    personas = read_grouped(
        biographies, instrument, grouping=grouping, condition=condition, draws=draws
    )
    people = tables.read(respondents, human_tables.RESPONDENTS)
    points = persona_vectors(
        read_responses(responses, personas),
        personas.instrument,
        personas.readout,
        draws.generator("joint_transport/answers"),
    )
    labels = personas.labels, group_labels(people, grouping)
    persona_groups, human_groups = (side.fill_null("").to_numpy() for side in labels)
    frame = transport_table(
        (points, persona_groups),
        (respondent_vectors(people, personas.instrument), human_groups),
        draws,
    )
    provenance = tables.joined_provenance([responses, biographies, respondents])
    tables.write(frame, table, alignment_tables.JOINT_TRANSPORT, provenance)


if __name__ == "__main__":
    run(main)
