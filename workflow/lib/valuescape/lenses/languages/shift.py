"""Shift: how far the same personas move on the map from English to another language.

The map is a weighted sum of ten answers, so a displacement over the indicators that both conditions
were asked needs none of the others: what a language lacks is left out on both sides, and named.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy.stats import rankdata

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.cultural_map.positions import (
    FACTOR_TO_MAP,
    MAP_ORIGIN,
    Projection,
    read_projection,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.languages import tables as language_tables
from valuescape.lenses.languages.contrasts import FLOORS
from valuescape.lenses.languages.floors import Floors, from_zero, turned
from valuescape.lenses.languages.inputs import (
    ROUNDING,
    Answers,
    Gathered,
    common_questions,
    described,
    said_of_model,
)
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument
from valuescape.study.models import known_languages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.lenses.languages.contrasts import Contrast
    from valuescape.lenses.languages.floors import Estimate

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

PURPOSE = "languages/personas"
BEYOND = 95.0
"""Percentile of the personas' displacements in a floor that a persona must exceed."""
FEWEST = 3
NO_PERSONAS = "not defined: fewer than three personas answered the common indicators in both"
NO_SPREAD = "no interval: the same for all personas"
NO_ITEMS = "not defined: the two conditions have no indicator of the map in common"
RANKS = tuple(f"rank_correlation_{axis}" for axis in AXES)
SHARE_BEYOND = "share_beyond_floor"


@dataclass(frozen=True)
class Moved:
    """The same personas under a condition and its twin.

    Attributes
    ----------
    before, after : ndarray of float64, shape (n, 2)
        Places on the map over the common indicators, the others at the mean of humans; under the
        twin, and under the condition. No nan.
    """

    before: Array
    after: Array

    @property
    def moves(self) -> Array:
        """Displacements, shape (n, 2)."""
        return np.asarray(self.after - self.before)

    @property
    def lengths(self) -> Array:
        """Lengths of the displacements, shape (n,)."""
        return np.asarray(np.hypot(*self.moves.T))


def partial_places(values: Array, codes: Sequence[str], projection: Projection) -> Array:
    """Project answers to some of the indicators, as if all others were answered as humans do.

    Parameters
    ----------
    values : ndarray of float64, shape (n, n_codes)
        Answers on the survey's scales; nan where not valid.
    codes : sequence of str
        Their indicators, some or all of the projection's.
    projection : Projection
        The frozen projection.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        In map units; nan where an answer is missing. With all indicators the place itself.
    """
    rows = [projection.codes.index(code) for code in codes]
    scores = ((values - projection.means[rows]) / projection.sds[rows]) @ projection.weights[rows]
    return np.asarray(FACTOR_TO_MAP * scores + MAP_ORIGIN)


def moved(condition: Answers, twin: Answers, projection: Projection) -> tuple[Moved, list[str]]:
    """Return the personas who answered all common indicators in both conditions.

    Parameters
    ----------
    condition, twin : Answers
        Of the same personas in the same order.
    projection : Projection
        The frozen projection.

    Returns
    -------
    (Moved, list of str)
        And the codes of the common indicators.
    """
    common = [q for q in common_questions(condition, twin) if q.id in projection.codes]
    codes = [question.id for question in common]
    before, after = (
        partial_places(side.values(common), codes, projection) for side in (twin, condition)
    )
    known = np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1)
    return Moved(before[known], after[known]), codes


def standard_ranks(places: Array) -> Array:
    """Return ranks of each column, centred and scaled to variance 1, shape (n, 2); nan if equal."""
    ranks = rankdata(places, axis=0)
    ranks -= ranks.mean(axis=0)
    spread = ranks.std(axis=0)
    flat = np.ptp(places, axis=0) <= ROUNDING
    return np.asarray(np.where(flat, np.nan, ranks / np.where(flat, 1.0, spread)))


def measure_shift(found: Moved, beyond: float, draws: Draws) -> dict[str, Estimate]:
    """Return every measure of a displacement with its 95 % interval.

    Parameters
    ----------
    found : Moved
        At least three personas.
    beyond : float
        How far a persona must move to count as beyond the floor; nan if there is none.
    draws : Draws
        Bootstrap draws over configurations, both conditions of a persona together.

    Returns
    -------
    dict of str to (float, float, float)
        By measure; nan where not defined. Correlations are drawn over ranks of the whole.
    """
    moves, lengths = found.moves, found.lengths
    n = len(moves)
    exceeds = (lengths > beyond).astype(np.float64)
    first, second = standard_ranks(found.before), standard_ranks(found.after)
    products = np.hstack([first, second, first**2, second**2, first * second])
    columns = np.column_stack([moves, lengths, exceeds, np.nan_to_num(products)])
    means = columns.mean(axis=0)
    drawn = resampling.resampled_sums(columns, draws, PURPOSE) / n
    varies = np.ptp(moves, axis=0).max() > ROUNDING

    def with_interval(place: int, bounds: tuple[float, float]) -> Estimate:
        if not varies:
            return float(means[place]), np.nan, np.nan
        low, high = resampling.interval(means[place], drawn[:, place], bounds)
        return float(means[place]), float(low), float(high)

    measures: dict[str, Estimate] = {
        axis: with_interval(place, (-np.inf, np.inf)) for place, axis in enumerate(AXES)
    }
    unknown = (float(np.hypot(*means[:2])), np.nan, np.nan)
    measures["length"] = length_of(means[:2], drawn[:, :2]) if varies else unknown
    measures["mean_length"] = with_interval(2, (0.0, np.inf))
    measures[SHARE_BEYOND] = (np.nan,) * 3 if np.isnan(beyond) else with_interval(3, (0.0, 1.0))
    r, of_draws = _correlations(means[4:]), _correlations(drawn[:, 4:])
    r[np.isnan(products[:, -2:]).any(axis=0)] = np.nan
    for place, measure in enumerate(RANKS):
        if np.isnan(r[place]):
            measures[measure] = (np.nan,) * 3
            continue
        low, high = resampling.interval(r[place], of_draws[:, place], (-1.0, 1.0))
        measures[measure] = (float(r[place]), float(low), float(high))
    for place, axis in enumerate(AXES):
        measures[f"from_{axis}"] = (float(found.before[:, place].mean()), np.nan, np.nan)
    return measures


def length_of(vector: Array, drawn: Array) -> Estimate:
    """Return the length of a mean vector with an interval that holds 0 when the vector may be 0.

    Percentiles of the draws' lengths would lie above 0 whatever the truth. The circle about the
    vector that holds 95 % of its draws is a region of the vector; the lengths of what lies in it
    are the interval, which therefore covers at least at its rate.

    Parameters
    ----------
    vector : ndarray of float64, shape (2,)
        The mean vector.
    drawn : ndarray of float64, shape (n_replicates, 2)
        The same of draws.

    Returns
    -------
    (float, float, float)
        Length and the ends of its interval, not negative.
    """
    length = float(np.hypot(*vector))
    radius = float(np.quantile(np.hypot(*(drawn - vector).T), resampling.CONFIDENCE))
    return length, max(length - radius, 0.0), length + radius


def _correlations(means: Array) -> Array:
    """Pearson's r of both axes from mean ranks of both sides, their squares and products."""
    a, b, aa, bb, ab = (means[..., k : k + 2] for k in range(0, 10, 2))
    spread = np.maximum((aa - a**2) * (bb - b**2), 0.0)
    undefined = np.full(np.shape(spread), np.nan)
    return np.asarray(
        np.divide(ab - a * b, np.sqrt(spread), out=undefined, where=spread > ROUNDING)
    )


def far_in_floors(contrast: Contrast, floors: Floors) -> float:
    """Return how far a persona must move to count as beyond the floors; nan if there are none."""
    if contrast.kind in FLOORS:
        return np.nan
    known = floors.beside(contrast, "far").values()
    return max((far for far in known if far is not None), default=np.nan)


def shift_table(
    gathered: Gathered, projection: Projection, languages: Sequence[str] | None, draws: Draws
) -> pl.DataFrame:
    """Return table LANGUAGE_SHIFT.

    Parameters
    ----------
    gathered : Gathered
        Answers to the indicators of the map, the one instrument.
    projection : Projection
        The frozen projection.
    languages : sequence of str, or None
        What the model knows.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    DataFrame
        Empty if the study has no contrast of languages.
    """
    (instrument,) = gathered.instruments
    floors = Floors(gathered.contrasts)
    rows: list[dict[str, Any]] = []
    for contrast, condition, twin in gathered.pairs(instrument):
        found, codes = moved(condition, twin, projection)
        n = len(found.moves)
        remarks = [floors.missing(contrast)]
        if len(codes) < len(projection.codes):
            missing = [code for code in projection.codes if code not in codes]
            remarks.append(f"without {' '.join(missing)}: not asked in both")
        measures: dict[str, Estimate] = {}
        if n < FEWEST or not codes:
            remarks.append(NO_PERSONAS if codes else NO_ITEMS)
        else:
            if contrast.kind in FLOORS and found.lengths.max() <= ROUNDING:
                floors.idle.add(contrast)
                remarks[0] = floors.missing(contrast)
            measures = measure_shift(found, far_in_floors(contrast, floors), draws)
            floors.note(contrast, {name: size_of(name, each) for name, each in measures.items()})
            far = float(np.percentile(found.lengths, BEYOND))
            floors.note(contrast, {"far": (far, np.nan, np.nan)})
            if np.ptp(found.moves, axis=0).max() <= ROUNDING:
                remarks.append(NO_SPREAD)
        rows += [
            {
                **described(contrast, languages),
                "measure": measure,
                **_row(contrast, measure, estimate, floors),
                "n_personas": n,
                "items": " ".join(codes),
                "remark": "; ".join(filter(None, remarks)),
            }
            for measure, estimate in (measures or _undefined()).items()
        ]
    schema = dict(language_tables.LANGUAGE_SHIFT.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


def _undefined() -> dict[str, Estimate]:
    return dict.fromkeys(("length", *RANKS), (np.nan,) * 3)


def _row(
    contrast: Contrast, measure: str, estimate: Estimate, floors: Floors
) -> dict[str, float | bool | None]:
    """Return an estimate beside its floors; a floor itself, and a place, stands beside none."""
    value, low, high = estimate
    row: dict[str, float | bool | None] = {"estimate": value, "ci_low": low, "ci_high": high}
    if contrast.kind in FLOORS or measure.startswith("from_") or measure == SHARE_BEYOND:
        return row
    beside = floors.beside(contrast, measure)
    if measure in RANKS:
        beside = {name: None if size is None else -size for name, size in beside.items()}
    passed = floors.are_passed(contrast, measure, size_of(measure, estimate))
    return row | beside | {"beyond_floors": passed}


def size_of(measure: str, estimate: Estimate) -> Estimate:
    """Return an estimate so that more is farther: lengths as they are, correlations turned."""
    if measure in RANKS:
        return turned(estimate)
    return from_zero(estimate) if measure in AXES else estimate


@command
def main(
    *,
    responses: list[Path],
    instrument: Path,
    conditions: list[Condition],
    model: Path,
    projection: Path,
    seed: int,
    replicates: int,
    shift: Path,
) -> None:
    """Read the answers of all conditions to the indicators of the map, write the displacements."""
    gathered = Gathered.of(conditions, [read_instrument(instrument)], responses)
    languages = known_languages(model)
    frozen = read_projection(projection)
    table = shift_table(gathered, frozen, languages, Draws(replicates, seed))
    for row in table.filter(contrast="language", measure="length").iter_rows(named=True):
        logger.info("%(condition)s against %(twin)s: %(estimate)s map units", row)
    provenance = tables.joined_provenance(responses)
    provenance |= said_of_model(gathered.contrasts, languages)
    tables.write(table, shift, language_tables.LANGUAGE_SHIFT, provenance)


if __name__ == "__main__":
    run(main)
