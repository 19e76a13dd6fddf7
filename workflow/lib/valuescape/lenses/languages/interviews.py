"""Interviews: how people of one country differ by the language in which they were interviewed.

The human side of a language shift, from the user's own file of WVS wave 7: its columns LNGE_ISO and
S_INTLANGUAGE. Nobody assigned the languages, so that a difference is one between groups of people.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans import published
from valuescape.humans.aggregate import people_of, read_wave7
from valuescape.humans.files import survey_provenance
from valuescape.humans.respondents import code_name
from valuescape.lenses.cultural_map.positions import Projection, read_projection
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.languages import tables as language_tables
from valuescape.lenses.languages.shift import length_of
from valuescape.stats import resampling
from valuescape.stats.emd import expected_floor
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from valuescape.study.instruments import Instrument, Question
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

ISO, NUMBERED = "LNGE_ISO", "S_INTLANGUAGE"
NO_COLUMN = "the survey file tells no language of interview (LNGE_ISO, S_INTLANGUAGE)"
NO_PLACES = "not defined: too few people with all ten answers"


def interview_languages(frame: pl.DataFrame) -> pl.Series:
    """Return the language of each interview.

    Parameters
    ----------
    frame : DataFrame
        Columns of the survey file; `ISO` (text), and `NUMBERED` if the file has it.

    Returns
    -------
    Series of str
        The code of ISO 639, in small letters; where there is none, the survey's own number; null
        where neither is known.
    """
    iso = frame[ISO].str.strip_chars().str.to_lowercase()
    iso = iso.set(~iso.str.contains(r"^[a-z]{2,3}\b").fill_null(value=False), None)
    if NUMBERED not in frame.columns:
        return iso.alias("language")
    number = frame.select(
        pl.when(pl.col(NUMBERED) > 0).then(
            pl.format("{} {}", pl.lit(NUMBERED), pl.col(NUMBERED).cast(pl.Int64))
        )
    ).to_series()
    return iso.zip_with(iso.is_not_null(), number).alias("language")


@dataclass(frozen=True)
class Spoken:
    """People of one country who were interviewed in one language.

    Attributes
    ----------
    people : DataFrame
        weight, and a column of codes for each question and indicator, null where not valid.
    places : ndarray of float64, shape (n, 2)
        On the map; nan without all ten answers.
    purpose : str
        What draws of them are drawn for.
    """

    people: pl.DataFrame
    places: Array
    purpose: str

    @property
    def weight(self) -> Array:
        """Weights, shape (n,)."""
        return self.people["weight"].to_numpy()

    def mean_place(self, draws: Draws) -> tuple[Array, Array, int]:
        """Return the mean place, draws of it, shape (n_replicates, 2), and of how many people."""
        known = np.isfinite(self.places).all(axis=1)
        weight = np.where(known, self.weight, 0.0)[:, None]
        columns = np.hstack([np.nan_to_num(self.places) * weight, weight])
        mean, drawn = _ratios(columns, draws, self.purpose)
        return mean, drawn, int(known.sum())

    def shares(self, question: Question, draws: Draws) -> tuple[Array, Array, float, int]:
        """Return weighted shares, draws of them, and how many answered: by Kish, and counted."""
        codes = self.people[question.id].cast(pl.Float64).to_numpy()
        chosen = codes[:, None] == question.values
        known = chosen.any(axis=1)
        weight = np.where(known, self.weight, 0.0)
        columns = np.column_stack([chosen * weight[:, None], weight])
        mean, drawn = _ratios(columns, draws, self.purpose)
        n = float(weight.sum() ** 2 / max((weight**2).sum(), 1e-12))
        return mean, drawn, n, int(known.sum())


def _ratios(columns: Array, draws: Draws, purpose: str) -> tuple[Array, Array]:
    """Return sums over the last column's, and the same of draws of the rows; nan where it is 0."""
    found = []
    for sums in (columns.sum(axis=0), resampling.resampled_sums(columns, draws, purpose)):
        total = sums[..., -1:]
        undefined = np.full(sums[..., :-1].shape, np.nan)
        found.append(np.divide(sums[..., :-1], total, out=undefined, where=total > 0))
    return found[0], found[1]


def compare(one: Spoken, other: Spoken, instrument: Instrument, draws: Draws) -> Iterator[Any]:
    """Yield how people interviewed in one language differ from those in another.

    Parameters
    ----------
    one, other : Spoken
        Of the same country; the difference is the first less the second.
    instrument : Instrument
        The questions.
    draws : Draws
        Bootstrap draws over respondents, of each side by itself.

    Yields
    ------
    dict
        Columns of table INTERVIEW_LANGUAGES: measure, estimate, ci_low, ci_high, floor, n, n_from
        and remark.
    """
    (place, drawn_place, n), (other_place, drawn_other, n_other) = (
        side.mean_place(draws) for side in (one, other)
    )
    vector, drawn = place - other_place, drawn_place - drawn_other
    counts = {"n": n, "n_from": n_other}
    if np.isfinite(drawn).all():
        for axis, name in enumerate(AXES):
            low, high = resampling.interval(vector[axis], drawn[:, axis])
            yield _row(name, (vector[axis], low, high), counts)
        yield _row("length", length_of(vector, drawn), counts)
    else:
        yield _row("length", (np.nan,) * 3, counts) | {"remark": NO_PLACES}
    distances, drawn_distances, floors, fewest = [], [], [], []
    for question in instrument.questions:
        sides = [side.shares(question, draws) for side in (one, other)]
        (shares, drawn_shares, n_one, n), (shares_other, drawn_of_other, n_two, n_other) = sides
        if min(n, n_other) == 0:
            continue
        gaps = np.diff(question.scaled)
        apart, drawn_apart = shares - shares_other, drawn_shares - drawn_of_other
        distances.append(_distance(apart, gaps))
        drawn_distances.append(_distance(drawn_apart, gaps))
        pooled = (shares * n_one + shares_other * n_two) / (n_one + n_two)
        alone = np.array(1 / (1 / n_one + 1 / n_two))
        floors.append(float(expected_floor(pooled, alone, gaps)))
        fewest.append((n, n_other))
        shift, drawn_shift = apart @ question.scaled, drawn_apart @ question.scaled
        low, high = resampling.interval(shift, drawn_shift, (-1, 1))
        yield _row(question.id, (shift, low, high), {"n": n, "n_from": n_other})
    if distances:
        mean = float(np.mean(distances))
        low, high = resampling.interval(mean, np.mean(drawn_distances, axis=0), (0, 1))
        people = [min(side) for side in zip(*fewest, strict=True)]
        row = _row("emd", (mean, low, high), dict(zip(("n", "n_from"), people, strict=True)))
        yield row | {"floor": float(np.mean(floors))}


def _distance(apart: Array, gaps: Array) -> Array:
    return np.asarray((np.abs(np.cumsum(apart, axis=-1)[..., :-1]) * gaps).sum(axis=-1))


def _row(measure: str, estimate: Sequence[Any], counts: dict[str, int]) -> dict[str, Any]:
    value, low, high = map(float, estimate)
    return {"measure": measure, "estimate": value, "ci_low": low, "ci_high": high, **counts}


def places_of(people: pl.DataFrame, space: PersonaSpace, projection: Projection) -> Array:
    """Return where people lie on the map, shape (n, 2); nan without all ten answers."""
    codes = [variable.ivs for variable in space.variables]
    columns = [code_name(variable) for variable in space.variables]
    answers = people.select(pl.col(columns).cast(pl.Float64)).to_numpy()
    return projection.positions(answers, codes, "the respondents")


def interviews_table(
    people: pl.DataFrame, places: Array, instrument: Instrument, least: int, draws: Draws
) -> pl.DataFrame:
    """Return table INTERVIEW_LANGUAGES.

    Parameters
    ----------
    people : DataFrame
        As from `humans.aggregate.people_of`, n rows, with a column ``language``.
    places : ndarray of float64, shape (n, 2)
        As from `places_of`.
    instrument : Instrument
        The questions.
    least : int
        Respondents that a language needs in a country.
    draws : Draws
        Bootstrap draws over respondents.

    Returns
    -------
    DataFrame
        Countries with two such languages or more; each against the most frequent.
    """
    rows: list[dict[str, Any]] = []
    numbered = people.with_row_index("row").drop_nulls("language")
    for (country,), here in numbered.group_by("country", maintain_order=True):
        counts = here["language"].value_counts().sort("count", "language", descending=[True, False])
        enough = counts.filter(pl.col("count") >= least)["language"].to_list()
        sides = []
        for language in enough:
            own = here.filter(language=language)
            purpose = f"languages/interviews/{country}/{language}"
            sides.append(Spoken(own, places[own["row"].to_numpy()], purpose))
        for language, side in zip(enough[1:], sides[1:], strict=True):
            compared = compare(side, sides[0], instrument, draws)
            named = {"country": country, "language": language, "from_language": enough[0]}
            rows += [{**named, "remark": "", **row} for row in compared]
    schema = dict(language_tables.INTERVIEW_LANGUAGES.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


@command
def main(
    *,
    survey: Path,
    space: Path,
    instrument: Path,
    countries: Path,
    projection: Path,
    least: int,
    seed: int,
    replicates: int,
    interviews: Path,
) -> None:
    """Read the survey file, compare people of a country by the language of their interview."""
    persona_space, questions = read_space(space), read_instrument(instrument)
    wave7 = read_wave7(survey, persona_space, questions, texts=[ISO], optional=[NUMBERED])
    people = people_of(wave7, persona_space, questions, published.read_countries(countries))
    languages = interview_languages(wave7.frame)
    by_row = languages.to_frame().with_row_index("respondent_id")
    told = people.join(by_row, on="respondent_id", how="left")
    draws = Draws(replicates, seed)
    places = places_of(told, persona_space, read_projection(projection))
    table = interviews_table(told, places, questions, least, draws)
    logger.info("%s: %d countries with two languages", survey, table["country"].n_unique())
    provenance = survey_provenance("wvs7", wave7)
    if languages.null_count() == len(languages):
        provenance["not defined"] = NO_COLUMN
    tables.write(table, interviews, language_tables.INTERVIEW_LANGUAGES, provenance)


if __name__ == "__main__":
    run(main)
