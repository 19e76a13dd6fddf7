"""Human-derived personas: does a persona answer as the respondents whose configuration it has.

    python -m valuescape.lenses.weights.respondent_personas --space F --personas F --responses F --instrument F \
        --respondents F --answers KIND --seed N --replicates N --output F

Respondents of the user's survey file whose configuration is among the study's personas are compared
with that persona, question by question. No answerer that knows the configuration alone can do
better than another respondent with the same one: that is the ceiling of the whole method.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.inputs import ASKED, parser_of_answers, read_asked
from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.humans import tables as human_tables
from valuescape.humans.margins import level_names
from valuescape.lenses.alignment.aggregates import versions
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.diagnostics import kish
from valuescape.stats import resampling
from valuescape.stats.emd import emd, expected_floor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.stats.resampling import Draws
    from valuescape.study.instruments import Instrument, Question
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

ANSWERERS = ("persona", "twin", "compatriot", "anyone", "uniform")
Sums = dict[tuple[str, str], "Array"]


def paired(respondents: pl.DataFrame, space: PersonaSpace, ids: NDArray[np.uint32]) -> pl.DataFrame:
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

    Raises
    ------
    UserError
        If there is none.
    """
    names = level_names(respondents, space)
    known = respondents.drop_nulls(names).filter(pl.col("weight") > 0)
    found = space.ids_of(known.select(names).to_numpy()) if known.height else ids[:0]
    rows = np.searchsorted(ids, found)
    among = np.isin(found, ids)
    if not among.any():
        msg = f"none of {respondents.height:,} respondents has the configuration of a persona"
        raise UserError(msg, hint="take a larger design, such as `full`")
    return known.with_columns(persona=pl.Series(rows, dtype=pl.Int64)).filter(pl.Series(among))


def of_another(group: NDArray[np.int64], chosen: Array) -> Array:
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


def country_sums(
    people: pl.DataFrame, told: Array, question: Question, countries: NDArray[np.str_]
) -> Sums | None:
    """Sum agreement and distance of each answerer over the respondents of each country.

    Parameters
    ----------
    people : DataFrame
        As from `paired`.
    told : ndarray of float64, shape (n_personas, n_options)
        Option probabilities of the personas; nan where not valid.
    question : Question
        The question.
    countries : ndarray of str
        All countries, sorted.

    Returns
    -------
    dict of (answerer, measure) to ndarray of float64, or None
        Sums by country, and by option where answers are summed; None if nobody with a twin
        answered.
    """
    if question.id not in people.columns:
        return None
    codes = people[question.id].to_numpy()
    asked = people.filter(pl.Series(np.isin(codes, question.values)))
    if asked.is_empty():
        return None
    chosen = (asked[question.id].to_numpy()[:, None] == question.values).astype(np.float64)
    own = asked["persona"].to_numpy()
    place = np.searchsorted(countries, asked["country"].to_numpy().astype(str))
    _, twin = np.unique(own, return_inverse=True)
    shares = {
        "persona": told[own],
        "twin": of_another(twin, chosen),
        "compatriot": of_another(place, chosen),
        "anyone": of_another(np.zeros(len(own), dtype=np.int64), chosen),
        "uniform": np.full(chosen.shape, 1 / question.n_options),
    }
    kept = ~np.isnan(np.stack(list(shares.values()))).any(axis=(0, 2))
    if not kept.any():
        return None
    weights = asked["weight"].to_numpy() * kept
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


def measures(sums: Sums, question: Question, times: Array) -> dict[tuple[str, str], Array]:
    """Return what sums over countries come to.

    Parameters
    ----------
    sums : dict
        From `country_sums`.
    question : Question
        The question.
    times : ndarray of float64, shape (n_draws, n_countries)
        How often each country counts.

    Returns
    -------
    dict of (answerer, measure) to ndarray of float64, shape (n_draws,)
        nan in a draw without respondents.
    """
    total = times @ sums["human", "weight"]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            (name, measure): times @ sums[name, measure] / total
            for name in ANSWERERS
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


def table(
    people: pl.DataFrame,
    told: Sequence[Array],
    instrument: Instrument,
    draws: Draws,
) -> pl.DataFrame:
    """Compare personas with their respondents on every question, and on means of questions.

    Parameters
    ----------
    people : DataFrame
        As from `paired`.
    told : sequence of ndarray of float64, shape (n_personas, n_options)
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
        sums = country_sums(people, told[number], question, countries)
        if sums is None:
            continue
        every[number] = measures(sums, question, once), measures(sums, question, times)
        rows += _rows(question.id, *every[number])
        rows.append((question.id, "human", "n_respondents", sums["human", "n"][0], None, None))
    for size, questions in versions(instrument).items():
        chosen = [pair for number, pair in every.items() if questions[number]]
        if chosen:
            means = [
                {key: np.mean([pair[side][key] for pair in chosen], axis=0) for key in chosen[0][0]}
                for side in (0, 1)
            ]
            rows += _rows(f"mean of {size}", means[0], means[1])
            asked = float(len(chosen))
            rows.append((f"mean of {size}", "human", "n_questions", asked, None, None))
    schema = dict(weight_tables.RESPONDENT_PERSONAS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _rows(
    name: str, estimates: dict[tuple[str, str], Array], replicates: dict[tuple[str, str], Array]
) -> list[tuple[str, str, str, float, float | None, float | None]]:
    rows: list[tuple[str, str, str, float, float | None, float | None]] = []
    drawn = with_ceiling(replicates)
    for (answerer, measure), value in with_ceiling(estimates).items():
        bounds = (-np.inf, np.inf) if measure == "share_of_ceiling" else (0.0, 1.0)
        low, high = resampling.interval(value[0], drawn[answerer, measure], bounds)
        rows.append((name, answerer, measure, float(value[0]), float(low), float(high)))
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    """Read personas and respondents, pair and compare them, write RESPONDENT_PERSONAS.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = parser_of_answers(__doc__, (*ASKED, "respondents", "output")).parse_args(argv)
    asked = read_asked(args)
    respondents = tables.read(args.respondents, human_tables.RESPONDENTS)
    people = paired(respondents, asked.space, asked.personas["persona_id"].to_numpy())
    told = [
        answers.probabilities(asked.responses, question, asked.kind)
        for question in asked.instrument.questions
    ]
    found = table(people, told, asked.instrument, asked.draws)
    logger.info("%d of %d respondents have a persona", people.height, respondents.height)
    provenance = tables.joined_provenance([args.personas, args.responses, args.respondents])
    provenance["respondents with a persona"] = f"{people.height:,} of {respondents.height:,}"
    tables.write(found, args.output, weight_tables.RESPONDENT_PERSONAS, provenance)


if __name__ == "__main__":
    run(main)
