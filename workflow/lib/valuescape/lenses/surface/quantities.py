"""What the lenses would find in all configurations, with the error of the response surface.

Named numbers of each lens are measured in draws of all configurations (`cells`): the cloud on the
cultural map, means, spreads and variance shares of the moral foundations and how well the oracle
predicts them, the distance of all personas from all humans, and of personas weighted to a country
from its people. Headlines of a study that reads a surface are taken from here.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.distributions import human_arrays, shares_of
from valuescape.answers.expected import READINGS, probabilities
from valuescape.answers.inputs import PersonaResponses, read_persona_responses
from valuescape.answers.scales import scale_scores
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.wording import PREDICTED
from valuescape.humans import tables as human_tables
from valuescape.humans.distributions import ALL
from valuescape.humans.published import (
    read_country_distributions,
    read_indicator_joint,
    read_waves,
)
from valuescape.lenses.alignment.summary import question_sets
from valuescape.lenses.cultural_map.clouds import COUNTS, Place, inside_hull, moment_columns
from valuescape.lenses.cultural_map.positions import (
    midpoint_position,
    project_answers,
    project_readings,
    read_centroids,
    read_projection,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.morality.functional_anova import LEAST_VARIANCE, effect_variances
from valuescape.lenses.morality.oracle_agreement import oracle_ratings
from valuescape.lenses.surface import tables as surface_tables
from valuescape.lenses.surface.cells import (
    MOST_DRAWS,
    ScoreSurface,
    drawn_cells,
    drawn_means,
    fit_scores,
    quantiles,
    weighted_means,
)
from valuescape.lenses.surface.fit import fit_questions, on_simplex
from valuescape.lenses.weights.country_weights import Populations, weight_by_aggregates
from valuescape.lenses.weights.poststratify import in_both, questions_outside_configuration
from valuescape.stats import resampling
from valuescape.stats.emd import emd, grid_of
from valuescape.stats.level_effects import membership
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers
    from valuescape.answers.expected import Readout
    from valuescape.stats.emd import OptionGrid
    from valuescape.study.space import PersonaSpace

    Array = NDArray[np.float64]
    Named = dict[tuple[str, str], float]
    Row = tuple[str, str, str, float, float, float, float, float, float, str]

logger = logging.getLogger(__name__)

MAP, MORALITY, ALIGNMENT, WEIGHTS = "cultural map", "morality", "alignment", "weights"
SHARES = ("first_order", "total", "shapley")
ORACLE = "oracle agreement"
DRAWN = ("persona_drawn", "hull_share")
TOO_FEW = "not defined: too few personas with valid answers"
WHOLE_ONLY = "a fraction alone does not show it"
HIGH = 3
HIGH_REMARK = (
    "what the surface leaves: interactions of three and more variables, and all that does not hang "
    "on the configuration"
)


def map_measures(points: Array, place: Place) -> Named:
    """Return the measures of a cloud of personas on the map, by object and measure."""
    found = place.measures(moment_columns(points, place.corners).sum(axis=0))
    return {("persona", name): float(each) for name, each in found.items() if name not in COUNTS}


def drawn_inside(readings: Iterable[Array], corners: Array) -> Array:
    """Return how often each persona lies between the countries if it is read as an individual.

    Parameters
    ----------
    readings : iterable of ndarray of float64, shape (n, 2)
        Positions by one option drawn of each answer.
    corners : ndarray of float64, shape (m, 2)
        Country means.

    Returns
    -------
    ndarray of float64, shape (n, 1)
        A score in [0, 1], whose mean over all configurations is the share of them that do; nan
        where a persona has no position.
    """
    inside = [
        np.where(np.isfinite(points).all(axis=1), inside_hull(points, corners), np.nan)
        for points in readings
    ]
    return np.asarray(np.mean(inside, axis=0)[:, None])


def moral_measures(
    scores: Array, space: PersonaSpace | None, ratings: Array | None = None
) -> Named:
    """Return means, spreads and variance shares of the moral foundations.

    Parameters
    ----------
    scores : ndarray of float64, shape (n, 6)
        By persona id if of all configurations.
    space : PersonaSpace or None
        The variables; None for a fraction, which shows no shares.
    ratings : ndarray of float64, shape (6, n_levels), optional
        The oracle's, centred within variables.

    Returns
    -------
    dict of (str, str) to float
        By foundation and measure: ``mean``, ``sd``, ``share order 1``, ..., and ``shapley trust``;
        of ``all``, the mean of each share over foundations that vary, and ``oracle agreement``, the
        correlation of ratings with the effects of levels.
    """
    found: Named = {}
    for name, mean, sd in zip(FOUNDATIONS, scores.mean(axis=0), scores.std(axis=0), strict=True):
        found |= {(name, "mean"): float(mean), (name, "sd"): float(sd)}
    if space is None:
        return found
    variances = effect_variances(scores.reshape(*space.radices, scores.shape[1]))
    n_variables = len(space.variables)
    members = np.arange(len(variances))[:, None] >> np.arange(n_variables) & 1
    order = members.sum(axis=1)
    total = variances.sum(axis=0)
    parts = variances / np.where(total > LEAST_VARIANCE, total, np.nan)
    orders = {"1": order == 1, "2": order == 2, f"{HIGH} and more": order >= HIGH}  # noqa: PLR2004
    named = {f"share order {name}": rows.astype(float) for name, rows in orders.items()}
    for number, variable in enumerate(space.variables):
        own = members[:, number].astype(float)
        for measure, weights in zip(
            SHARES, (own * (order == 1), own, own / np.maximum(order, 1)), strict=True
        ):
            named[f"{measure} {variable.name}"] = weights
    for measure, weights in named.items():
        shares = weights @ parts
        found |= {(FOUNDATIONS[k], measure): float(each) for k, each in enumerate(shares)}
        known = shares[np.isfinite(shares)]
        found[ALL, measure] = float(known.mean()) if len(known) else np.nan
    if ratings is not None:
        effects = level_means(scores, space) - scores.mean(axis=0)
        known = np.isfinite(ratings).all(axis=1)
        pairs = ratings[known].ravel(), effects.T[known].ravel()
        found[ALL, ORACLE] = float(resampling.correlation(*pairs)) if known.any() else np.nan
    return found


def level_means(scores: Array, space: PersonaSpace) -> Array:
    """Return means of all configurations at each level, shape (n_levels, n_scores)."""
    cube = scores.reshape(*space.radices, -1)
    axes = range(len(space.variables))
    return np.concatenate(
        [cube.mean(axis=tuple(other for other in axes if other != own)) for own in axes]
    )


def score_rows(
    lens: str,
    fitted: ScoreSurface | None,
    measure: Callable[[Array, bool], Named],
    draws: Draws,
) -> Iterable[Row]:
    """Yield rows of SURFACE_QUANTITIES of one lens, from draws of all configurations.

    Parameters
    ----------
    lens : str
        Which lens.
    fitted : ScoreSurface or None
        Of the scores that it reads.
    measure : callable
        From scores, and whether they are of all configurations, to numbers by object and measure.
    draws : Draws
        How many draws of all configurations, and of the asked personas.

    Yields
    ------
    tuple
        As in the table.
    """
    if fitted is None:
        nothing = np.nan
        yield lens, ALL, "all", nothing, nothing, nothing, nothing, nothing, nothing, TOO_FEW
        return
    drawn = [measure(cells, True) for cells in drawn_cells(fitted, draws, lens)]  # noqa: FBT003
    alone = measure(fitted.scores, False)  # noqa: FBT003
    rng = draws.generator(f"surface/{lens}/asked")
    n = len(fitted.scores)
    again = [measure(fitted.scores[rng.integers(0, n, n)], False) for _ in range(draws.n)]  # noqa: FBT003
    for key in drawn[0]:
        thing, name = key
        low = high = np.nan
        if key in alone and np.isfinite(alone[key]):
            ends = resampling.interval(alone[key], np.array([each[key] for each in again]))
            low, high = (float(end) for end in ends)
        remark = "" if key in alone else WHOLE_ONLY
        if name == f"share order {HIGH} and more":
            remark = HIGH_REMARK
        values = quantiles([each[key] for each in drawn])
        yield (lens, thing, name, *values, alone.get(key, np.nan), low, high, remark)


@dataclass(frozen=True)
class DrawnAnswers:
    """Answers of weighted means over all configurations.

    Attributes
    ----------
    drawn : ndarray of float64, shape (n_draws, n_means, n_questions, most_options)
        Draws of the shares; nan where nothing can be predicted.
    middle : ndarray of float64, shape (n_means, n_questions, most_options)
        The surface's own.
    """

    drawn: Array
    middle: Array

    def of(self, means: slice | int) -> DrawnAnswers:
        """Return those of some of the means."""
        return DrawnAnswers(self.drawn[:, means], self.middle[means])

    def distances(self, humans: Array, questions: NDArray[np.bool_], gaps: Array) -> DrawnAnswers:
        """Return the mean EMD from humans over questions, of the draws and of the surface."""
        return DrawnAnswers(
            mean_distance(self.drawn, humans, questions, gaps),
            mean_distance(self.middle, humans, questions, gaps),
        )


def draw_answers(
    read: PersonaResponses, weights: Array, grid: OptionGrid, draws: Draws
) -> DrawnAnswers:
    """Draw the answers of weighted means over all configurations.

    Parameters
    ----------
    read : PersonaResponses
        What was asked.
    weights : ndarray of float64, shape (n_means, n_configurations)
        By persona id; a row sums to 1.
    grid : OptionGrid
        Questions and options.
    draws : Draws
        How many.

    Returns
    -------
    DrawnAnswers
        nan for questions that too few answered.
    """
    questions = read.instrument.questions
    shares = [probabilities(read.responses, each, read.readout) for each in questions]
    surfaces = fit_questions(read.levels, read.space.radices, questions, shares)
    rng = draws.generator("surface/means")
    scores = np.column_stack(
        [each @ question.scaled for each, question in zip(shares, questions, strict=True)]
    )
    ids = read.personas["persona_id"].to_numpy()
    means = weighted_means(read.space, ids, weights, scores, rng)
    drawn = np.full((draws.n, len(weights), *grid.present.shape), np.nan)
    middle = np.full(drawn.shape[1:], np.nan)
    for number, (question, fitted) in enumerate(zip(questions, surfaces, strict=True)):
        if fitted is None:
            continue
        found = drawn_means(fitted, means, draws.n, rng)
        drawn[:, :, number] = 0.0
        middle[:, number] = 0.0
        drawn[:, :, number, : question.n_options] = on_simplex(found)
        predicted = fitted.surface.predict(means.columns)
        middle[:, number, : question.n_options] = on_simplex(predicted)
    return DrawnAnswers(drawn, middle)


def asked_answers(read: PersonaResponses, weights: Array, grid: OptionGrid) -> Array:
    """Return the weighted answers of the asked personas, shape (n_means, n_questions, ...)."""
    found = np.full((len(weights), *grid.present.shape), np.nan)
    for number, question in enumerate(read.instrument.questions):
        shares = np.nan_to_num(probabilities(read.responses, question, read.readout))
        found[:, number] = 0.0
        found[:, number, : question.n_options] = shares_of(weights @ shares)
    return found


def mean_distance(
    answers: Array, humans: Array, questions: NDArray[np.bool_], gaps: Array
) -> Array:
    """Return the EMD of answers from humans, mean over questions that were asked of both."""
    found = emd(answers, humans, gaps)[..., questions]
    known = np.isfinite(found)
    n = known.sum(axis=-1)
    undefined = np.full(n.shape, np.nan)
    total = np.where(known, found, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, n, out=undefined, where=n > 0))


def alignment_rows(
    read: PersonaResponses, answers: DrawnAnswers, whole: HumanAnswers, draws: Draws
) -> Iterable[Row]:
    """Yield the distance of all personas, each counted alike, from all humans."""
    grid, n = grid_of(read.instrument), len(read.levels)
    asked = asked_answers(read, np.ones((1, n)), grid)
    rng = draws.generator("surface/alignment/asked")
    times = rng.multinomial(n, np.full(n, 1 / n), size=draws.n).astype(np.float64)
    again = asked_answers(read, times, grid)
    for size, questions in question_sets(read.instrument).items():
        found = answers.distances(whole.shares[0], questions, grid.gaps)
        alone = float(mean_distance(asked, whole.shares, questions, grid.gaps)[0])
        repeated = mean_distance(again, whole.shares, questions, grid.gaps)
        low, high = (float(end) for end in resampling.interval(alone, repeated, (0.0, 1.0)))
        row = about(float(found.middle), found.drawn)
        yield (ALIGNMENT, ALL, f"emd of {size} questions", *row, alone, low, high, "")


def about(estimate: float, drawn: Array) -> tuple[float, float, float]:
    """Return a distance and the interval of its draws, moved to it: noise adds to a distance."""
    low, high = resampling.interval(estimate, drawn, (0.0, 1.0))
    return estimate, float(low), float(high)


def country_rows(
    read: PersonaResponses, answers: DrawnAnswers, fraction: Populations, people: HumanAnswers
) -> Iterable[Row]:
    """Yield the distance of personas weighted to a country from its people.

    Parameters
    ----------
    read : PersonaResponses
        What was asked.
    answers : DrawnAnswers
        Of all configurations, weighted to each country.
    fraction : Populations
        Weights of the asked personas for the same countries.
    people : HumanAnswers
        Of the same countries.

    Yields
    ------
    tuple
        By country, and mean over countries; `asked` is left empty where the asked personas cannot
        meet what is known of a country.
    """
    grid = grid_of(read.instrument)
    asked, met = asked_answers(read, fraction.weights, grid), fraction.met
    for size, questions in questions_outside_configuration(read.instrument).items():
        found = answers.distances(people.shares, questions, grid.gaps)
        alone = mean_distance(asked, people.shares, questions, grid.gaps)
        name = f"emd of {size} questions"
        counted = np.isfinite(found.middle)
        for number in np.flatnonzero(counted).tolist():
            own = float(alone[number]) if met[number] else np.nan
            remark = "" if met[number] else "the asked personas cannot meet its levels"
            row = about(float(found.middle[number]), found.drawn[:, number])
            yield (WEIGHTS, people.groups[number], name, *row, own, np.nan, np.nan, remark)
        row = about(float(found.middle[counted].mean()), found.drawn[:, counted].mean(axis=1))
        both = counted & met
        own = float(alone[both].mean()) if both.any() else np.nan
        remark = f"mean over {counted.sum()} countries; asked: over {both.sum()}"
        yield (WEIGHTS, ALL, name, *row, own, np.nan, np.nan, remark)


@command
def main(
    *,
    space: Path,
    personas: Path,
    iw: Path,
    iw_instrument: Path,
    mfq2: Path,
    mfq2_instrument: Path,
    wvb_probe: Path,
    wvb_probe_instrument: Path,
    oracle: Path,
    projection: Path,
    centroids: Path,
    humans: Path,
    distributions: Path,
    joint: Path,
    waves: Path,
    condition: Condition,
    seed: int,
    replicates: int,
    quantities: Path,
) -> None:
    """Read what was asked, draw all configurations, write SURFACE_QUANTITIES."""
    readout: Readout = "probabilities" if condition.has_probabilities else "drawn"
    draws = Draws(min(replicates, MOST_DRAWS), seed)
    read = read_persona_responses(space, personas, iw_instrument, iw, readout)
    frozen = read_projection(projection)
    place = Place(
        read_centroids(centroids).select(AXES).to_numpy(),
        midpoint_position(read.instrument, frozen),
    )
    ids = read.personas["persona_id"].to_numpy()
    fitted = fit_scores(read.space, ids, project_answers(read, frozen))
    rows = list(score_rows(MAP, fitted, lambda points, _: map_measures(points, place), draws))
    readings = project_readings(read, frozen, Draws(READINGS, seed))
    inside = fit_scores(read.space, ids, drawn_inside(readings, place.corners))
    if inside is not None:
        rows += score_rows(MAP, inside, lambda each, _: {DRAWN: float(each.mean())}, draws)
    moral = read_persona_responses(space, personas, mfq2_instrument, mfq2, readout)
    scores = scale_scores(moral.responses, moral.instrument, readout).select(FOUNDATIONS)
    fitted = fit_scores(read.space, ids, scores.to_numpy())
    rated = tables.read(oracle, study_tables.ORACLE)
    ratings = oracle_ratings(rated, membership(moral.space, moral.levels))
    rows += score_rows(
        MORALITY,
        fitted,
        lambda found, whole: moral_measures(found, read.space if whole else None, ratings),
        draws,
    )
    probe = read_persona_responses(space, personas, wvb_probe_instrument, wvb_probe, readout)
    grid, answered = grid_of(probe.instrument), tables.read(humans, human_tables.HUMANS)
    published = (
        read_country_distributions(distributions),
        read_indicator_joint(joint),
        read_waves(waves),
    )
    every = read.space.levels_of(np.arange(read.space.n_personas))
    by_country = human_arrays(answered, "country", grid)
    people, of_all = in_both(by_country, weight_by_aggregates(read.space, every, *published))
    _, of_asked = in_both(by_country, weight_by_aggregates(read.space, probe.levels, *published))
    even = np.full((1, len(every)), 1 / len(every))
    answers = draw_answers(probe, np.concatenate([even, of_all.weights]), grid, draws)
    rows += alignment_rows(probe, answers.of(0), human_arrays(answered, ALL, grid), draws)
    rows += country_rows(probe, answers.of(slice(1, None)), of_asked, people)
    schema = dict(surface_tables.SURFACE_QUANTITIES.columns)
    found = pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)
    provenance = tables.joined_provenance([personas, iw, mfq2, wvb_probe, humans])
    provenance[PREDICTED] = f"{len(ids):,} asked personas"
    tables.write(found, quantities, surface_tables.SURFACE_QUANTITIES, provenance)
    logger.info("%d numbers of the lenses, each over %d draws", found.height, draws.n)


if __name__ == "__main__":
    run(main)
