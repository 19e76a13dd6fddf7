"""Personas weighted to a country, beside its people: questions that did not weight them.

Compared are the questions that did not configure the personas. The configuration is weighted to a
country's own shares of levels, from the user's survey file where there is one (all pairs of levels
if every configuration was asked), else from public shares of levels of single variables.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.distributions import (
    HumanAnswers,
    human_arrays,
    option_columns,
    padded,
    shares_of,
)
from valuescape.answers.expected import Readout
from valuescape.answers.inputs import PersonaResponses, read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.humans import tables as human_tables
from valuescape.humans.distributions import ALL
from valuescape.humans.margins import read_population
from valuescape.humans.published import (
    read_country_distributions,
    read_indicator_joint,
    read_waves,
)
from valuescape.lenses.alignment.summary import question_sets
from valuescape.lenses.weights import response_surface
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.country_ranks import rank_countries
from valuescape.lenses.weights.country_weights import (
    Populations,
    weight_by_aggregates,
    weight_by_respondents,
)
from valuescape.lenses.weights.diagnostics import kish
from valuescape.stats import resampling
from valuescape.stats.emd import OptionGrid, emd, expected_floor, grid_of
from valuescape.stats.level_effects import membership
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.study.instruments import Instrument

    Array = NDArray[np.float64]
    Row = tuple[str, int, str, float, float | None, float | None]

logger = logging.getLogger(__name__)

# Below this, what the surface gains over uniform weights is rounding.
LEAST_GAIN = 1e-9


@dataclass(frozen=True)
class CountryAnswers:
    """What weighted personas, and what humans of other countries, lead to expect of each country.

    Attributes
    ----------
    own : ndarray of float64, shape (n_countries, n_questions, most_options)
        Answers of the personas under each country's weights.
    world : ndarray of float64, shape (n_questions, most_options)
        The same, countries counted by their people: of those whose margins the personas meet.
    uniform : ndarray of float64, shape (n_questions, most_options)
        Answers of the personas under equal weights.
    surface : ndarray of float64, shape (n_countries, n_questions, most_options)
        Of the human response surface; nan where there is none.
    met : ndarray of bool, shape (n_countries,)
        Whether the personas meet what is known of the country.
    """

    own: Array
    world: Array
    uniform: Array
    surface: Array
    met: NDArray[np.bool_]


def predict_answers(
    read: PersonaResponses,
    weighted: Populations,
    population: Mapping[str, int],
    respondents: tuple[pl.DataFrame, Draws] | None,
    grid: OptionGrid,
) -> CountryAnswers:
    """Predict each country's answers from its weighted personas.

    Parameters
    ----------
    read : PersonaResponses
        The personas.
    weighted : Populations
        Their weights by country.
    population : mapping of str to int
        People by country.
    respondents : (DataFrame, Draws) or None
        Table RESPONDENTS, for the human response surface, and the seed of its folds.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    CountryAnswers
        Of the countries of `weighted`.
    """
    columns = option_columns(read.responses, read.instrument, read.readout)
    own = shares_of(padded(weighted.weights @ columns, grid))
    uniform = shares_of(padded(columns.mean(axis=0), grid))
    surface = np.full(own.shape, np.nan)
    if respondents is not None:
        means = weighted.weights @ membership(read.space, read.levels).matrix
        people, draws = respondents
        surface = response_surface.predict_countries(
            people, read.space, grid, (weighted.countries, means), draws
        )
    counted = np.array([float(population.get(country, 0)) for country in weighted.countries])
    heads = own * (counted * weighted.met)[:, None, None]
    world = shares_of(heads.sum(axis=0))
    return CountryAnswers(own, world, uniform, surface, weighted.met)


def distances(answers: CountryAnswers, humans: HumanAnswers, grid: OptionGrid) -> dict[str, Array]:
    """Return how far each comparator is from the humans of each country, by question.

    Parameters
    ----------
    answers : CountryAnswers
        Of the comparators.
    humans : HumanAnswers
        Of the same countries.
    grid : OptionGrid
        Questions and options.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_countries, n_questions)
        EMD by comparator; nan where a country was not asked.
    """
    own, surface = answers.own, answers.surface
    n = len(own)
    gaps = grid.gaps
    # [d, c]: the answers under the weights of d, against the humans of c
    crossed = np.stack([emd(each[None], humans.shares, gaps) for each in own])
    diagonal = np.arange(n)
    right = crossed[diagonal, diagonal]
    # weights that miss their own country are no other country's
    donors = answers.met[:, None] & ~np.eye(n, dtype=np.bool_)
    wrong = np.einsum("dc,dcq->cq", donors.astype(np.float64), np.nan_to_num(crossed))
    undefined = np.isnan(right) | (donors.sum(axis=0) == 0)[:, None]
    wrong = np.where(undefined, np.nan, wrong)
    heads = np.nan_to_num(humans.shares) * humans.n_respondents[..., None]
    others = shares_of(heads.sum(axis=0, keepdims=True) - heads)
    return {
        "emd_uniform": emd(answers.uniform[None], humans.shares, gaps),
        "emd_world": emd(answers.world[None], humans.shares, gaps),
        "emd_wrong": wrong / np.maximum(donors.sum(axis=0), 1)[:, None],
        "emd_own": right,
        "emd_surface": emd(surface, humans.shares, gaps),
        "emd_other_humans": emd(others, humans.shares, gaps),
        "emd_floor": expected_floor(humans.shares, humans.n_effective / 2, gaps),
    }


def measures_of(means: Mapping[str, Array]) -> dict[str, Array]:
    """Return means of distances, and what own weights gain.

    Parameters
    ----------
    means : mapping of str to ndarray of float64, shape (...)
        Distances by comparator, averaged.

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        `share_of_attainable` is nan where the surface gains nothing.
    """
    gain = means["emd_uniform"] - means["emd_own"]
    attainable = means["emd_uniform"] - means["emd_surface"]
    undefined = np.full(gain.shape, np.nan)
    return dict(means) | {
        "gain_over_uniform": gain,
        "gain_over_wrong": means["emd_wrong"] - means["emd_own"],
        "share_of_attainable": np.divide(
            gain, attainable, out=undefined, where=attainable > LEAST_GAIN
        ),
    }


def summarise_distances(
    found: Mapping[str, Array], weighted: Populations, questions: NDArray[np.bool_], draws: Draws
) -> list[Row]:
    """Average distances over questions, by country and over all countries that are met.

    Parameters
    ----------
    found : mapping of str to ndarray of float64, shape (n_countries, n_questions)
        Distances by comparator.
    weighted : Populations
        The countries. In the mean over all of them count those whose margins the personas meet.
    questions : ndarray of bool, shape (n_questions,)
        Which questions count.
    draws : Draws
        Draws of the questions, and crossed with them of the countries (Owen 2007, Annals of
        Applied Statistics 1:386-411).

    Returns
    -------
    list of rows of table POSTSTRATIFICATION
        Of countries in which a question was asked.
    """
    cells = np.isfinite(found["emd_own"]) & np.isfinite(found["emd_other_humans"]) & questions
    if np.isfinite(found["emd_surface"]).any():
        cells &= np.isfinite(found["emd_surface"])
    rng = draws.generator(f"poststratification/{int(questions.sum())}")
    n_questions = cells.shape[1]
    even = np.where(questions, 1 / questions.sum(), 0.0)
    times = rng.multinomial(questions.sum(), even, size=draws.n).astype(np.float64)
    each = {name: _means(values, cells, np.ones(n_questions)) for name, values in found.items()}
    drawn = {name: _means(values, cells, times.T) for name, values in found.items()}
    estimates, replicates = measures_of(each), measures_of(drawn)
    rows = []
    size = int(questions.sum())
    for number, country in enumerate(weighted.countries):
        if cells[number].any():
            asked = (country, size, "n_questions", float(cells[number].sum()), None, None)
            rows += [asked, *_rows(country, size, estimates, replicates, number)]
    answered = cells.any(axis=1)
    counted = answered & weighted.met
    rows += [
        (ALL, size, "n_questions", float(cells[counted].any(axis=0).sum()), None, None),
        (ALL, size, "n_countries", float(counted.sum()), None, None),
        (ALL, size, "n_countries_missed", float((answered & ~counted).sum()), None, None),
    ]
    if not counted.any():
        return rows
    among = rng.multinomial(counted.sum(), np.full(counted.sum(), 1 / counted.sum()), size=draws.n)
    world = {name: np.array([values[counted].mean()]) for name, values in each.items()}
    again = {
        name: (_mean_of_drawn(values[counted], among.T))[None] for name, values in drawn.items()
    }
    return rows + _rows(ALL, size, measures_of(world), measures_of(again), 0)


def _means(values: Array, cells: NDArray[np.bool_], times: Array) -> Array:
    """Mean over questions that count, each as often as drawn; nan where a value is missing."""
    kept = np.where(cells, values, 0.0)
    total = cells.astype(np.float64) @ times
    undefined = np.full(total.shape, np.nan)
    return np.asarray(np.divide(kept @ times, total, out=undefined, where=total > 0))


def _mean_of_drawn(values: Array, among: NDArray[np.int64]) -> Array:
    defined = np.where(np.isnan(values), 0, among)
    total = defined.sum(axis=0)
    weighted = (np.nan_to_num(values) * defined).sum(axis=0)
    undefined = np.full(total.shape, np.nan)
    # without single respondents there is no surface at all, in no draw
    lost = np.isnan(values).all(axis=0)
    return np.asarray(np.divide(weighted, total, out=undefined, where=(total > 0) & ~lost))


def _rows(
    country: str,
    size: int,
    estimates: Mapping[str, Array],
    replicates: Mapping[str, Array],
    number: int,
) -> list[Row]:
    rows = []
    for measure, values in estimates.items():
        drawn = replicates[measure][number]
        low, high = None, None
        if np.isfinite(values[number]) and np.isfinite(drawn).any():
            bounds = (0, 1) if measure.startswith("emd_") else (-np.inf, np.inf)
            low, high = (float(end) for end in resampling.interval(values[number], drawn, bounds))
        rows.append((country, size, measure, float(values[number]), low, high))
    return rows


def questions_outside_configuration(instrument: Instrument) -> dict[int, NDArray[np.bool_]]:
    """Return the sets of questions that did not configure the personas, by their number.

    Parameters
    ----------
    instrument : Instrument
        The questions.

    Returns
    -------
    dict of int to ndarray of bool, shape (n_questions,)
        33 without conditioning questions, 31 also without near copies.
    """
    conditioning = np.array([question.conditioning for question in instrument.questions])
    sets = question_sets(instrument)
    return {
        size: questions for size, questions in sets.items() if not questions[conditioning].any()
    }


def in_both(humans: HumanAnswers, found: Populations) -> tuple[HumanAnswers, Populations]:
    """Keep the countries of which both answers and levels are known.

    Parameters
    ----------
    humans : HumanAnswers
        Answers by country.
    found : Populations
        Weights by country.

    Returns
    -------
    (HumanAnswers, Populations)
        The same countries in the same order.

    Raises
    ------
    UserError
        If there are none.
    """
    both = [country for country in humans.groups if country in found.countries]
    if not both:
        msg = "no country has both answers to the questions and known levels"
        raise UserError(msg, hint="the survey file and the public aggregates name other countries")
    first = [humans.groups.index(country) for country in both]
    second = [found.countries.index(country) for country in both]
    return humans.taken(first), found.taken(second)


def describe_weights(found: Populations, sizes: Sequence[int]) -> list[Row]:
    """Return how good each country's weights are, as rows of POSTSTRATIFICATION.

    Parameters
    ----------
    found : Populations
        Weights by country.
    sizes : sequence of int
        The question sets; the same holds for all of them.
    """
    rows: list[Row] = []
    for number, country in enumerate(found.countries):
        values = {
            "n_variables": float(found.n_variables[number]),
            "kish_effective_n": kish(found.weights[number]),
            "residual_levels": float(found.residual[number]),
            "pairs_met": float(found.pairs_met[number]),
        }
        rows += [(country, n, name, v, None, None) for n in sizes for name, v in values.items()]
    return rows


def summarise_countries(
    answers: CountryAnswers,
    humans: HumanAnswers,
    weighted: Populations,
    instrument: Instrument,
    draws: Draws,
) -> pl.DataFrame:
    """Compare each country's predicted answers with its humans.

    Parameters
    ----------
    answers : CountryAnswers
        By comparator.
    humans, weighted : HumanAnswers, Populations
        Of the same countries in the same order.
    instrument : Instrument
        The questions.
    draws : Draws
        Draws of questions and countries.

    Returns
    -------
    DataFrame
        Table POSTSTRATIFICATION.
    """
    compared = distances(answers, humans, grid_of(instrument))
    sets = questions_outside_configuration(instrument)
    rows = describe_weights(weighted, list(sets))
    for questions in sets.values():
        rows += summarise_distances(compared, weighted, questions, draws)
    schema = dict(weight_tables.POSTSTRATIFICATION.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    humans: Path,
    distributions: Path,
    joint: Path,
    waves: Path,
    countries: Path,
    respondents: Path | None = None,
    readout: Readout,
    seed: int,
    replicates: int,
    summary: Path,
    ranks: Path,
) -> None:
    """Read personas and humans, weight and compare, write POSTSTRATIFICATION and COUNTRY_RANKS."""
    read = read_persona_responses(space, personas, instrument, responses, readout)
    grid, draws = grid_of(read.instrument), Draws(replicates, seed)
    people = None
    if respondents is not None:
        people = tables.read(respondents, human_tables.RESPONDENTS)
        weighted = weight_by_respondents(read.space, read.levels, people)
    else:
        weighted = weight_by_aggregates(
            read.space,
            read.levels,
            read_country_distributions(distributions),
            read_indicator_joint(joint),
            read_waves(waves),
        )
    answered = human_arrays(tables.read(humans, human_tables.HUMANS), "country", grid)
    answered, weighted = in_both(answered, weighted)
    logger.info("%d countries, weighted by %s", len(weighted.countries), weighted.made_from)
    surveyed = None if people is None else (people, draws)
    answers = predict_answers(read, weighted, read_population(countries), surveyed, grid)
    found = summarise_countries(answers, answered, weighted, read.instrument, draws)
    met = np.flatnonzero(weighted.met).tolist()
    ranked = rank_countries(
        answers.own[met], answers.surface[met], answered.taken(met), grid, draws
    )
    files = [personas, responses, humans, *([respondents] if respondents is not None else [])]
    provenance = tables.joined_provenance(files)
    provenance["country weights"] = weighted.made_from
    missed = [name for name, met in zip(weighted.countries, weighted.met, strict=True) if not met]
    provenance["countries whose margins these personas miss"] = ", ".join(missed) or "none"
    tables.write(found, summary, weight_tables.POSTSTRATIFICATION, provenance)
    tables.write(ranked, ranks, weight_tables.COUNTRY_RANKS, provenance)


if __name__ == "__main__":
    run(main)
