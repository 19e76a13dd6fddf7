"""Personas weighted to a country, beside its people: questions beyond what weighted them.

    python -m valuescape.lenses.weights.poststratify --space F --personas F --responses F --instrument F \
        --humans F --distributions F [--respondents F] --answers KIND --seed N --replicates N \
        --summary F --ranks F

Compared are the questions that did not configure the personas. The configuration is weighted to a
country's own shares of levels, from the user's survey file where there is one (all pairs of levels
if every configuration was asked), else from public margins of single variables.
"""

from __future__ import annotations

import logging
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
from valuescape.answers.inputs import ASKED, parser_of_answers, read_asked
from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.core.reference import read_reference
from valuescape.humans import tables as human_tables
from valuescape.humans.distributions import ALL
from valuescape.humans.margins import country_margins
from valuescape.lenses.alignment.aggregates import versions
from valuescape.lenses.weights import response_surface as human_surface
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.country_ranks import ranks
from valuescape.lenses.weights.country_weights import (
    Populations,
    about_weights,
    margins_by_country,
    populations,
)
from valuescape.stats import resampling
from valuescape.stats.emd import Scales, emd, expected_floor, scales_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws
    from valuescape.study.instruments import Instrument
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Below this, what the surface gains over uniform weights is rounding.
LEAST_GAIN = 1e-9


def distances(
    own: Array, uniform: Array, surface: Array, humans: HumanAnswers, scales: Scales
) -> dict[str, Array]:
    """Return how far each answerer is from the humans of each country, by question.

    Parameters
    ----------
    own : ndarray of float64, shape (n_countries, n_questions, most_options)
        Answers of the personas under each country's weights.
    uniform : ndarray of float64, shape (n_questions, most_options)
        Answers of the personas, all alike.
    surface : ndarray of float64, shape (n_countries, n_questions, most_options)
        Of the human response surface; nan where there is none.
    humans : HumanAnswers
        Of the same countries.
    scales : Scales
        Questions and options.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_countries, n_questions)
        EMD by answerer; nan where a country was not asked.
    """
    n = len(own)
    gaps = scales.gaps
    # [d, c]: the answers under the weights of d, against the humans of c
    crossed = np.stack([emd(each[None], humans.shares, gaps) for each in own])
    diagonal = np.arange(n)
    right = crossed[diagonal, diagonal]
    heads = np.nan_to_num(humans.shares) * humans.n_respondents[..., None]
    others = shares_of(heads.sum(axis=0, keepdims=True) - heads)
    return {
        "emd_uniform": emd(uniform[None], humans.shares, gaps),
        "emd_world": emd(own.mean(axis=0)[None], humans.shares, gaps),
        "emd_wrong": (crossed.sum(axis=0) - right) / max(n - 1, 1),
        "emd_own": right,
        "emd_surface": emd(surface, humans.shares, gaps),
        "emd_other_humans": emd(others, humans.shares, gaps),
        "emd_floor": expected_floor(humans.shares, humans.n_effective / 2, gaps),
    }


def measures(means: Mapping[str, Array]) -> dict[str, Array]:
    """Return means of distances, and what own weights gain.

    Parameters
    ----------
    means : mapping of str to ndarray of float64, shape (...)
        As from `distances`, averaged.

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


def summarise(
    found: Mapping[str, Array], countries: Sequence[str], questions: NDArray[np.bool_], draws: Draws
) -> list[tuple[str, int, str, float, float | None, float | None]]:
    """Average distances over questions, by country and over all countries.

    Parameters
    ----------
    found : mapping of str to ndarray of float64, shape (n_countries, n_questions)
        As from `distances`.
    countries : sequence of str
        Their names.
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
    n_countries, n_questions = cells.shape
    even = np.where(questions, 1 / questions.sum(), 0.0)
    times = rng.multinomial(questions.sum(), even, size=draws.n).astype(np.float64)
    among = rng.multinomial(n_countries, np.full(n_countries, 1 / n_countries), size=draws.n)
    each = {name: _means(values, cells, np.ones(n_questions)) for name, values in found.items()}
    drawn = {name: _means(values, cells, times.T) for name, values in found.items()}
    estimates, replicates = measures(each), measures(drawn)
    rows = []
    size = int(questions.sum())
    for number, country in enumerate(countries):
        if cells[number].any():
            asked = (country, size, "n_questions", float(cells[number].sum()), None, None)
            rows += [asked, *_rows(country, size, estimates, replicates, number)]
    counted = cells.any(axis=1)
    world = {name: np.array([values[counted].mean()]) for name, values in each.items()}
    again = {
        name: (_mean_of_drawn(values[counted], among[:, counted].T))[None]
        for name, values in drawn.items()
    }
    rows.append((ALL, size, "n_questions", float(cells.any(axis=0).sum()), None, None))
    return rows + _rows(ALL, size, measures(world), measures(again), 0)


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
) -> list[tuple[str, int, str, float, float | None, float | None]]:
    rows = []
    for measure, values in estimates.items():
        drawn = replicates[measure][number]
        low, high = None, None
        if np.isfinite(values[number]) and np.isfinite(drawn).any():
            bounds = (0, 1) if measure.startswith("emd_") else (-np.inf, np.inf)
            low, high = (float(end) for end in resampling.interval(values[number], drawn, bounds))
        rows.append((country, size, measure, float(values[number]), low, high))
    return rows


def outside(instrument: Instrument) -> dict[int, NDArray[np.bool_]]:
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
    sets = versions(instrument)
    return {
        size: questions for size, questions in sets.items() if not questions[conditioning].any()
    }


def weighted_countries(
    space: PersonaSpace,
    levels: NDArray[np.int8],
    respondents: pl.DataFrame | None,
    distributions: Path,
) -> Populations:
    """Weight the personas to each country of which levels are known.

    Parameters
    ----------
    space : PersonaSpace
        The variables.
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations of the personas.
    respondents : DataFrame or None
        Table RESPONDENTS, where the user has a survey file.
    distributions : Path
        Public shares of options by country, else.

    Returns
    -------
    Populations
        All pairs of levels are met where every configuration was asked.
    """
    if respondents is not None:
        margins = margins_by_country(respondents, space, pairs=False)
        if len(levels) < space.n_personas:
            return populations(levels, margins, {}, "single respondents: shares of levels")
        pairs = margins_by_country(respondents, space, pairs=True)
        return populations(levels, margins, pairs, "single respondents: shares of pairs of levels")
    shares = {
        "question": pl.String,
        "country": pl.String,
        "code": pl.Int64,
        "share_percent": pl.Float64,
    }
    margins = country_margins(read_reference(distributions, shares), space)
    return populations(levels, margins, {}, "public margins: shares of levels of some variables")


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


def _parser() -> argparse.ArgumentParser:
    parser = parser_of_answers(__doc__, (*ASKED, "humans", "distributions", "summary", "ranks"))
    parser.add_argument("--respondents", type=Path, nargs="?", help="single respondents, if any")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read personas and humans, weight and compare, write POSTSTRATIFICATION and COUNTRY_RANKS.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = _parser().parse_args(argv)
    asked = read_asked(args)
    space, draws, scales = asked.space, asked.draws, scales_of(asked.instrument)
    levels = space.levels_of(asked.personas["persona_id"].to_numpy())
    respondents = None
    if args.respondents is not None:
        respondents = tables.read(args.respondents, human_tables.RESPONDENTS)
    humans = human_arrays(tables.read(args.humans, human_tables.HUMANS), "country", scales)
    found = weighted_countries(space, levels, respondents, args.distributions)
    humans, found = in_both(humans, found)
    logger.info("%d countries, weighted by %s", len(found.countries), found.made_from)
    columns = option_columns(asked.responses, asked.instrument, asked.kind)
    own = shares_of(padded(found.weights @ columns, scales))
    uniform = shares_of(padded(columns.mean(axis=0), scales))
    surface = np.full(own.shape, np.nan)
    if respondents is not None:
        means = found.weights @ human_surface.indicators(levels, space.radices)
        surface = human_surface.predicted(
            respondents, space, scales, (found.countries, means), draws
        )
    compared = distances(own, uniform, surface, humans, scales)
    sets = outside(asked.instrument)
    rows = about_weights(found, list(sets))
    for questions in sets.values():
        rows += summarise(compared, found.countries, questions, draws)
    schema = dict(weight_tables.POSTSTRATIFICATION.columns)
    summary = pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)
    ranked = ranks(own, surface, humans, scales, draws)
    read = [args.personas, args.responses, args.humans, args.respondents]
    provenance = tables.joined_provenance([path for path in read if path is not None])
    provenance["country weights"] = found.made_from
    tables.write(summary, args.summary, weight_tables.POSTSTRATIFICATION, provenance)
    tables.write(ranked, args.ranks, weight_tables.COUNTRY_RANKS, provenance)


if __name__ == "__main__":
    run(main)
