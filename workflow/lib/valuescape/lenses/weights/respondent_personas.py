"""Human-derived personas: whether a persona answers as the respondents with its configuration do.

Respondents of the user's survey file whose configuration is among the study's personas are compared
with that persona, question by question. No comparator that knows the configuration alone can do
better than another respondent with the same one: that is the ceiling of the whole method.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, probabilities
from valuescape.answers.inputs import read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.humans import tables as human_tables
from valuescape.humans.margins import level_names
from valuescape.lenses.alignment.summary import question_sets
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.diagnostics import kish
from valuescape.stats import resampling
from valuescape.stats.emd import emd, expected_floor
from valuescape.stats.resampling import Draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.study.instruments import Instrument, Question
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

COMPARATORS = ("persona", "twin", "compatriot", "anyone", "uniform")
Sums = dict[tuple[str, str], "Array"]


def pair_respondents(
    respondents: pl.DataFrame, space: PersonaSpace, ids: NDArray[np.uint32]
) -> pl.DataFrame:
    """Return the respondents whose configuration is among the personas.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS.
    space : PersonaSpace
        The cultural variables.
    ids : ndarray of uint32, shape (n_personas,)
        The personas, rising.

    Returns
    -------
    DataFrame
        With `persona`, the row of the persona.
    """
    names = level_names(respondents, space)
    known = respondents.drop_nulls(names).filter(pl.col("weight") > 0)
    found = space.ids_of(known.select(names).to_numpy()) if known.height else ids[:0]
    rows = np.searchsorted(ids, found)
    among = np.isin(found, ids)
    return known.with_columns(persona=pl.Series(rows, dtype=pl.Int64)).filter(pl.Series(among))


def answers_of_another(group: NDArray[np.int64], chosen: Array) -> Array:
    """Return what another member of each one's group answers.

    Parameters
    ----------
    group : ndarray of int64, shape (n,)
        Number of the group.
    chosen : ndarray of float64, shape (n, n_options)
        1 at the option that each chose.

    Returns
    -------
    ndarray of float64, shape (n, n_options)
        Shares among the others of the group; nan where there are none.
    """
    counts = np.zeros((group.max() + 1, chosen.shape[1]))
    np.add.at(counts, group, chosen)
    others = counts[group] - chosen
    total = others.sum(axis=1, keepdims=True)
    undefined = np.full(others.shape, np.nan)
    return np.asarray(np.divide(others, total, out=undefined, where=total > 0))


def sum_by_country(
    people: pl.DataFrame, persona_shares: Array, question: Question, countries: NDArray[np.str_]
) -> Sums | None:
    """Sum agreement and distance of each comparator over the respondents of each country.

    Parameters
    ----------
    people : DataFrame
        Respondents, with `persona`, the row of theirs.
    persona_shares : ndarray of float64, shape (n_personas, n_options)
        Option probabilities of the personas; nan where not valid.
    question : Question
        The question.
    countries : ndarray of str
        All countries, sorted.

    Returns
    -------
    dict of (comparator, measure) to ndarray of float64, or None
        Sums by country, and by option where answers are summed; None if nobody with a twin
        answered.
    """
    if question.id not in people.columns:
        return None
    codes = people[question.id].to_numpy()
    answered = people.filter(pl.Series(np.isin(codes, question.values)))
    if answered.is_empty():
        return None
    chosen = (answered[question.id].to_numpy()[:, None] == question.values).astype(np.float64)
    own = answered["persona"].to_numpy()
    place = np.searchsorted(countries, answered["country"].to_numpy().astype(str))
    _, twin = np.unique(own, return_inverse=True)
    shares = {
        "persona": persona_shares[own],
        "twin": answers_of_another(twin, chosen),
        "compatriot": answers_of_another(place, chosen),
        "anyone": answers_of_another(np.zeros(len(own), dtype=np.int64), chosen),
        "uniform": np.full(chosen.shape, 1 / question.n_options),
    }
    kept = ~np.isnan(np.stack(list(shares.values()))).any(axis=(0, 2))
    if not kept.any():
        return None
    weights = answered["weight"].to_numpy() * kept
    far = np.abs(question.scaled[:, None] - question.scaled)
    found: Sums = {}

    def added(values: Array) -> Array:
        sums = np.zeros((len(countries), *values.shape[1:]))
        np.add.at(sums, place, np.nan_to_num((values.T * weights).T))
        return sums

    for name, share in shares.items():
        found[name, "agreement"] = added((share * chosen).sum(axis=1))
        found[name, "distance"] = added((share @ far * chosen).sum(axis=1))
    for name in ("persona", "uniform"):
        found[name, "answers"] = added(shares[name])
    found["human", "answers"] = added(chosen)
    found["human", "weight"] = added(np.ones(len(own)))
    found["human", "n"] = np.array([float(kept.sum()), kish(weights[kept])])
    return found


def measures_of(sums: Sums, question: Question, times: Array) -> dict[tuple[str, str], Array]:
    """Return what sums over countries come to.

    Parameters
    ----------
    sums : dict
        Sums by country (see `sum_by_country`).
    question : Question
        The question.
    times : ndarray of float64, shape (n_draws, n_countries)
        How often each country counts.

    Returns
    -------
    dict of (comparator, measure) to ndarray of float64, shape (n_draws,)
        nan in a draw without respondents.
    """
    total = times @ sums["human", "weight"]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            (name, measure): times @ sums[name, measure] / total
            for name in COMPARATORS
            for measure in ("agreement", "distance")
        }
        gaps = np.diff(question.scaled)
        shares = {
            name: times @ sums[name, "answers"] / total[:, None]
            for name in ("persona", "uniform", "human")
        }
        for name in ("persona", "uniform"):
            found[name, "emd"] = emd(shares[name], shares["human"], gaps)
        half = np.array(sums["human", "n"][1] / 2)
        found["persona", "emd_floor"] = expected_floor(shares["human"], half, gaps)
    return found


def with_ceiling(found: dict[tuple[str, str], Array]) -> dict[tuple[str, str], Array]:
    """Add how far the persona's agreement comes from anyone's (0) to a twin's (1)."""
    low, high = found["anyone", "agreement"], found["twin", "agreement"]
    gain = found["persona", "agreement"] - low
    undefined = np.full(gain.shape, np.nan)
    share = np.divide(gain, high - low, out=undefined, where=high > low)
    return found | {("persona", "share_of_ceiling"): share}


def compare_respondents(
    people: pl.DataFrame,
    persona_shares: Sequence[Array],
    instrument: Instrument,
    draws: Draws,
) -> pl.DataFrame:
    """Compare personas with their respondents on every question, and on means of questions.

    Parameters
    ----------
    people : DataFrame
        Respondents, with `persona`, the row of theirs.
    persona_shares : sequence of ndarray of float64, shape (n_personas, n_options)
        Option probabilities of the personas, question by question.
    instrument : Instrument
        The questions.
    draws : Draws
        Draws of countries.

    Returns
    -------
    DataFrame
        Table RESPONDENT_PERSONAS; empty if no respondent has a twin.
    """
    countries = np.unique(people["country"].to_numpy().astype(str))
    rng = draws.generator("respondent_personas/countries")
    even = np.full(len(countries), 1 / len(countries))
    times = rng.multinomial(len(countries), even, size=draws.n).astype(np.float64)
    once = np.ones((1, len(countries)))
    rows: list[tuple[str, str, str, float, float | None, float | None]] = []
    every: dict[int, tuple[dict[tuple[str, str], Array], dict[tuple[str, str], Array]]] = {}
    for number, question in enumerate(instrument.questions):
        sums = sum_by_country(people, persona_shares[number], question, countries)
        if sums is None:
            continue
        every[number] = measures_of(sums, question, once), measures_of(sums, question, times)
        rows += _rows(question.id, *every[number])
        rows.append((question.id, "human", "n_respondents", sums["human", "n"][0], None, None))
    for size, questions in question_sets(instrument).items():
        chosen = [pair for number, pair in every.items() if questions[number]]
        if chosen:
            means = [
                {key: np.mean([pair[side][key] for pair in chosen], axis=0) for key in chosen[0][0]}
                for side in (0, 1)
            ]
            rows += _rows(f"mean of {size}", means[0], means[1])
            n_questions = float(len(chosen))
            rows.append((f"mean of {size}", "human", "n_questions", n_questions, None, None))
    schema = dict(weight_tables.RESPONDENT_PERSONAS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _rows(
    name: str, estimates: dict[tuple[str, str], Array], replicates: dict[tuple[str, str], Array]
) -> list[tuple[str, str, str, float, float | None, float | None]]:
    rows: list[tuple[str, str, str, float, float | None, float | None]] = []
    drawn = with_ceiling(replicates)
    for (comparator, measure), value in with_ceiling(estimates).items():
        bounds = (-np.inf, np.inf) if measure == "share_of_ceiling" else (0.0, 1.0)
        low, high = resampling.interval(value[0], drawn[comparator, measure], bounds)
        rows.append((name, comparator, measure, float(value[0]), float(low), float(high)))
    return rows


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    respondents: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    agreement: Path,
) -> None:
    """Read personas and respondents, pair and compare them, write RESPONDENT_PERSONAS."""
    read = read_persona_responses(space, personas, instrument, responses, readout)
    everyone = tables.read(respondents, human_tables.RESPONDENTS)
    people = pair_respondents(everyone, read.space, read.personas["persona_id"].to_numpy())
    shares = [
        probabilities(read.responses, question, readout) for question in read.instrument.questions
    ]
    found = pl.DataFrame(schema=dict(weight_tables.RESPONDENT_PERSONAS.columns))
    if not people.is_empty():
        found = compare_respondents(people, shares, read.instrument, Draws(replicates, seed))
    logger.info("%d of %d respondents have a persona", people.height, everyone.height)
    provenance = tables.joined_provenance([personas, responses, respondents])
    provenance["respondents with a persona"] = f"{people.height:,} of {everyone.height:,}"
    if found.is_empty():
        reason = "no respondent has the configuration of a persona; a larger design has more"
        provenance["not defined"] = reason
        logger.warning("agreement is not defined: %s", reason)
    tables.write(found, agreement, weight_tables.RESPONDENT_PERSONAS, provenance)


if __name__ == "__main__":
    run(main)
