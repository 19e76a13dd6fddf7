"""What every comparison of personas with humans reads, and the bootstrap draws of both sides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.distributions import (
    BETWEEN_FIELDS,
    HumanAnswers,
    PersonaAnswers,
    chosen_counts,
    group_labels,
    human_arrays,
    members_of,
    option_columns,
    padded,
    persona_answers,
)
from valuescape.answers.inputs import parser_of_answers
from valuescape.core import tables
from valuescape.core.reference import read_reference
from valuescape.humans import tables as human_tables
from valuescape.humans.clusters import (
    by_stratum,
    country_heads,
    resampled_humans,
    respondent_heads,
    undivided_heads,
)
from valuescape.humans.distributions import ALL
from valuescape.stats import resampling
from valuescape.stats.emd import Scales, scales_of
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws


@dataclass(frozen=True)
class Compared:
    """Personas and humans of the same groups, with draws of both.

    Attributes
    ----------
    instrument : Instrument
        What was asked.
    scales : Scales
        Its questions and options.
    humans, whole : HumanAnswers
        The humans of each group, and of `all`.
    clusters : list of ndarray of float64, shape (n_countries, n_questions, most_options)
        Respondents of each group by country, where that is known.
    countries : ndarray of float64, shape (n_countries, n_questions, most_options)
        Those of all groups by country.
    personas : PersonaAnswers
        Of each group; the last row are personas of no group.
    drawn_counts : ndarray of float64, shape (n_replicates, n_groups + 1, n_questions, most_options)
        Draws of the personas, in the same rows.
    drawn_humans : ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Shares among draws of the humans.
    provenance : dict of str to str
        Of both sides, and how they were grouped.
    """

    instrument: Instrument
    scales: Scales
    humans: HumanAnswers
    whole: HumanAnswers
    clusters: list[NDArray[np.float64]]
    countries: NDArray[np.float64]
    personas: PersonaAnswers
    drawn_counts: NDArray[np.float64]
    drawn_humans: NDArray[np.float64]
    provenance: dict[str, str]


def parser_of_comparisons(doc: str | None, files: Iterable[str]) -> argparse.ArgumentParser:
    """Return the command line of a module that compares personas with humans.

    Parameters
    ----------
    doc : str, optional
        The module's docstring; its first line is shown by ``--help``.
    files : iterable of str
        Names of the files that it writes, without dashes in front.

    Returns
    -------
    ArgumentParser
        With ``--responses``, ``--instrument``, ``--biographies``, ``--humans``, ``--countries``,
        ``--respondents``, ``--grouping``, ``--answers``, ``--seed``, ``--replicates`` and the
        files.
    """
    read = ("responses", "instrument", "biographies", "humans", "countries")
    parser = parser_of_answers(doc, (*read, *files))
    parser.add_argument("--respondents", type=Path, nargs="*", default=[],
                        help="single respondents, none or one table")  # fmt: skip
    parser.add_argument("--grouping", nargs="+", required=True, metavar="FIELD",
                        help="fields of a biography that make the groups")  # fmt: skip
    return parser


def resampled_counts(
    columns: NDArray[np.float64],
    members: Sequence[NDArray[np.int64]],
    scales: Scales,
    draws: Draws,
) -> NDArray[np.float64]:
    """Draw the personas of each group with replacement and count their answers.

    Parameters
    ----------
    columns : ndarray of float64, shape (n_personas, sum of the numbers of options)
        As from `option_columns`.
    members : sequence of ndarray of int64
        Row numbers of each group.
    scales : Scales
        Questions and options.
    draws : Draws
        Bootstrap draws.

    Returns
    -------
    ndarray of float64, shape (n_replicates, n_groups, n_questions, most_options)
        Counts of each draw. A persona takes all its answers along.
    """
    sums = [
        resampling.resampled_sums(columns[rows], draws, f"alignment/personas/{group}")
        for group, rows in enumerate(members)
    ]
    return padded(np.stack(sums, axis=1), scales)


def read_counts(
    path: Path, args: argparse.Namespace, groups: Sequence[str]
) -> tuple[PersonaAnswers, NDArray[np.float64]]:
    """Read the responses of a condition and count them by group, with draws.

    Parameters
    ----------
    path : Path
        Table RESPONSES of a condition.
    args : Namespace
        Of a `parser_of_comparisons`.
    groups : sequence of str
        The groups.

    Returns
    -------
    (PersonaAnswers, ndarray of float64)
        Of the groups and, last, of personas of none; and draws of the counts, shape
        (n_replicates, n_groups + 1, n_questions, most_options).
    """
    responses = tables.read(path, study_tables.RESPONSES)
    lives = tables.read(args.biographies, study_tables.BIOGRAPHIES, ["persona_id", *args.grouping])
    answers.require_same_personas(responses, lives, f"{path}, {args.biographies}")
    instrument = read_instrument(args.instrument)
    scales = scales_of(instrument)
    draws = resampling.Draws(args.replicates, args.seed)
    columns = option_columns(responses, instrument, args.answers)
    members = members_of(group_labels(lives, args.grouping), groups)
    if args.answers == "chosen":
        group = np.empty(responses.height, dtype=np.int64)
        for number, rows in enumerate(members):
            group[rows] = number
        counts = chosen_counts(responses, group, len(members), scales)
        # Of a chosen option the cumulative probability is 0 or 1, its own square.
        personas = PersonaAnswers(counts, np.cumsum(counts, axis=-1) * scales.present)
    else:
        personas = persona_answers(columns, members, scales)
    return personas, resampled_counts(columns, members, scales, draws)


def read_compared(args: argparse.Namespace) -> Compared:
    """Read and count both sides.

    Parameters
    ----------
    args : Namespace
        Of a `parser_of_comparisons`.

    Returns
    -------
    Compared
        Both sides and their draws.
    """
    draws = resampling.Draws(args.replicates, args.seed)
    instrument = read_instrument(args.instrument)
    scales = scales_of(instrument)
    table = tables.read(args.humans, human_tables.HUMANS)
    humans = human_arrays(table, BETWEEN_FIELDS.join(args.grouping), scales)
    strata: Sequence[int] | NDArray[np.int64] = range(len(humans.groups))
    clusters = undivided_heads(humans)
    if args.respondents:
        (survey,) = args.respondents
        respondents = tables.read(survey, human_tables.RESPONDENTS)
        heads = respondent_heads(respondents, args.grouping, humans.groups, scales)
        clusters, strata = by_stratum(heads)
    elif list(args.grouping) == ["continent"]:
        known = read_reference(args.countries, {"country": pl.String, "continent": pl.String})
        clusters = country_heads(table, known, humans.groups, scales)
    personas, drawn = read_counts(args.responses, args, humans.groups)
    provenance = tables.joined_provenance([args.responses, args.biographies, args.humans])
    return Compared(
        instrument,
        scales,
        humans,
        human_arrays(table, ALL, scales),
        clusters,
        heads.sum(axis=0) if args.respondents else np.concatenate(clusters),
        personas,
        drawn,
        resampled_humans(humans, clusters, draws, strata),
        provenance | {"grouping": " + ".join(args.grouping)},
    )
