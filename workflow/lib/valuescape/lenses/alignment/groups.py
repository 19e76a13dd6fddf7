"""Groups that can be compared: on which countries they rest, and whether enough answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.distributions import BETWEEN_VALUES
from valuescape.humans.distributions import ALL, group_names
from valuescape.lenses.alignment import tables as alignment_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers

MOST_NAMED = 4
"""Up to this many countries are named where a group is; of more, their number is."""


@dataclass(frozen=True)
class Least:
    """How many must stand behind a cell that counts in a mean over groups.

    Attributes
    ----------
    humans : int
        Respondents of the group with a valid answer.
    countries : int
        Countries that they come from, where a group pools countries.
    personas : int
        Personas of the group with a valid answer.
    """

    humans: int
    countries: int
    personas: int

    @classmethod
    def parse(cls, text: str) -> Least:
        """Return the sizes that a line of JSON gives; so they pass through a command line."""
        return cls(**json.loads(text))


def reasons(
    n_personas: NDArray[np.float64],
    humans: HumanAnswers,
    least: Least,
    grouping: Sequence[str],
    no_groups: str = "",
) -> NDArray[np.str_]:
    """Return why a cell does not count.

    Parameters
    ----------
    n_personas : ndarray of float64, shape (n_groups, n_questions)
        Personas with a valid answer.
    humans : HumanAnswers
        The same groups.
    least : Least
        Least sizes.
    grouping : sequence of str
        What makes the groups: within countries, one country is no sample of several.
    no_groups : str
        Why there are no groups of personas at all; empty if there are.

    Returns
    -------
    ndarray of str, shape (n_groups, n_questions)
        Empty where it counts.
    """
    if no_groups:
        return np.full(n_personas.shape, no_groups)
    countries = 1 if "country" in grouping else least.countries
    checks = (
        (n_personas, max(least.personas, 1), "personas"),
        (humans.n_respondents, max(least.humans, 1), "respondents"),
        (humans.n_countries, countries, "countries"),
    )
    found = np.full(n_personas.shape, "", dtype=object)
    for numbers, wanted, what in checks:
        for cell in zip(*np.nonzero((numbers < wanted) & (found == "")), strict=True):
            found[cell] = f"{what}: {int(numbers[cell])} of at least {wanted}"
    return found.astype(np.str_)


def countries_of_cells(
    humans: pl.DataFrame,
    countries: pl.DataFrame,
    respondents: pl.DataFrame | None,
    grouping: Sequence[str],
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the countries behind each group and question, as far as they are known.

    Parameters
    ----------
    humans : DataFrame
        Table HUMANS.
    countries : DataFrame with country, continent
        Where the countries lie.
    respondents : DataFrame or None
        Table RESPONDENTS, where the study has a survey file.
    grouping : sequence of str
        Fields that make the groups.

    Returns
    -------
    dict of (str, str) to tuple of str
        By group and question, names in alphabetical order; `all` is a group too. Published groups
        by several fields do not tell their countries and are left out.
    """
    if respondents is not None:
        questions = [name for name in respondents.columns if name in set(humans["question"])]
        labels = [group_names(grouping), pl.lit(ALL).alias("group")]
        rows = pl.concat(
            respondents.select(label, "country", *questions)
            .unpivot(on=questions, index=["group", "country"], variable_name="question")
            .drop_nulls()
            .select("group", "question", "country")
            for label in labels
        )
    else:
        asked = humans.filter(grouping="country").select("question", country="group").unique()
        rows = asked.select(pl.lit(ALL).alias("group"), "question", "country")
        if "country" in grouping:
            place = list(grouping).index("country")
            own = humans.filter(grouping="+".join(grouping)).select("group", "question").unique()
            country = pl.col("group").str.split(BETWEEN_VALUES).list.get(place)
            rows = pl.concat([rows, own.with_columns(country=country)])
        elif list(grouping) == ["continent"]:
            home = asked.join(countries.select("country", "continent"), on="country")
            rows = pl.concat([rows, home.select("question", "country", group="continent")
                              .select("group", "question", "country")])  # fmt: skip
    named = rows.unique().group_by("group", "question").agg(pl.col("country").sort())
    return {(group, question): tuple(names) for group, question, names in named.iter_rows()}


def named(group: str, countries: Sequence[str], n_countries: int) -> str:
    """Return a group with what it rests on, in short.

    Parameters
    ----------
    group : str
        Its name.
    countries : sequence of str
        Their names, empty where not known.
    n_countries : int
        How many there are at most.

    Returns
    -------
    str
        ``Africa (Egypt, Libya, Morocco, Tunisia)``, or ``Asia (24 countries)``; a group within
        one country as it is.
    """
    if list(countries) == [group] or group.split(BETWEEN_VALUES, maxsplit=1)[0] in countries:
        return group
    if 0 < len(countries) <= MOST_NAMED:
        return f"{group} ({', '.join(countries)})"
    return f"{group} ({n_countries} {'country' if n_countries == 1 else 'countries'})"


def names_of(
    humans: HumanAnswers, countries_of: Mapping[tuple[str, str], Sequence[str]]
) -> list[str]:
    """Return each group with the countries behind any of its questions, as `named`."""
    countries: dict[str, set[str]] = {}
    for (group, _), names in countries_of.items():
        countries.setdefault(group, set()).update(names)
    return [
        named(group, sorted(countries.get(group, ())), int(n_countries.max()))
        for group, n_countries in zip(humans.groups, humans.n_countries, strict=True)
    ]


def group_table(
    humans: HumanAnswers,
    why: NDArray[np.str_],
    personas: tuple[NDArray[np.float64], Sequence[str]],
    countries_of: Mapping[tuple[str, str], Sequence[str]],
    questions: Sequence[str],
) -> pl.DataFrame:
    """Return what each group rests on, and how many of its questions count.

    Parameters
    ----------
    humans : HumanAnswers
        The groups.
    why : ndarray of str, shape (n_groups, n_questions)
        Why a cell does not count in the means over groups; empty if it counts.
    personas : (ndarray of float64, shape (n_groups,), sequence of str)
        How many each group has, and why they are not weighted to its humans; empty if they are.
    countries_of : mapping of (str, str) to sequence of str
        As from `countries_of_cells`.
    questions : sequence of str
        The questions.

    Returns
    -------
    DataFrame
        Table ALIGNMENT_GROUPS.
    """
    rows = []
    n_asked, why_not = personas
    names = names_of(humans, countries_of)
    for row, group in enumerate(humans.groups):
        asked = humans.n_respondents[row] > 0
        known = sorted({name for q in questions for name in countries_of.get((group, q), ())})
        n_countries, n = (side[row][asked] for side in (humans.n_countries, humans.n_respondents))
        reason, n_left_out = _commonest(why[row][asked])
        rows.append((
            group,
            names[row],
            ", ".join(known) or None,
            int(n_countries.min()),
            int(n_countries.max()),
            float(n.min()),
            float(n.max()),
            int(n_asked[row]),
            why_not[row] or None,
            int(asked.sum()),
            int((why[row] == "").sum()),
            f"{reason} (questions: {n_left_out})" if n_left_out else None,
        ))  # fmt: skip
    return pl.DataFrame(rows, schema=alignment_tables.ALIGNMENT_GROUPS.columns, orient="row")


def _commonest(texts: NDArray[np.str_]) -> tuple[str, int]:
    found, times = np.unique(texts[texts != ""], return_counts=True)
    return (str(found[times.argmax()]), int(times.sum())) if len(found) else ("", 0)
