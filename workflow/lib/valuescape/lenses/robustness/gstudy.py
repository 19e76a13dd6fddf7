"""Generalisability: how much of a foundation score is the configuration, how much the condition.

The scores are those of the same personas under conditions that differ in nothing but the facets:
biography replicate, option order, wording, mode and replicate. One condition alone separates none
of these, and the table says which conditions would be needed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.expected import Readout
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.decision_study import decision_table
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.stats.variance_components import (
    COMPONENTS,
    CONFIGURATION,
    NESTED,
    REPEATED,
    Crossed,
    coefficients,
    components,
    crossed,
    highest_without_answers,
    square_columns,
)
from valuescape.study import tables as study_tables
from valuescape.study.conditions import FACETS, Condition
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    # A value and the two ends of its interval.
    Estimate = tuple[Array, Array, Array]

logger = logging.getLogger(__name__)

ROUNDING = 1e-12
NO_DRAW = "needs a mode that gives option probabilities"
WITH_ONE_CONDITION = {
    "configuration": "holds everything: one biography, one order, one wording, one answer",
    "explainable_share": "at most this, if each item is answered by one draw; one condition "
    "shows no more",
    "drawing one option": "by the option probabilities",
}
WITH_ONE_BIOGRAPHY = {
    "configuration": "holds what the persona's one biography adds, if its context has one",
}
CANNOT_DIFFER = (
    "the replicates gave the very same answers, as in mode single unless an option is drawn"
)
NO_PERSONAS = "not defined: no two personas have all six scores"
NEEDS_ANY = f"needs conditions that differ in {' or '.join(f'`{key}`' for key in FACETS.values())}"
COEFFICIENTS = ("explainable_share", "g_coefficient")


def without_idle_replicates(found: Crossed) -> tuple[Crossed, bool]:
    """Leave out replicates that cannot differ: they would say that answers hold no noise.

    Parameters
    ----------
    found : Crossed
        Scores by facet.

    Returns
    -------
    (Crossed, bool)
        With the first replicate alone if all are the same, and whether they are.
    """
    answers_apart = np.ptp(found.scores, axis=-2) if found.scores.size else np.zeros(1)
    idle = found.sizes["answer"] > 1 and not (answers_apart > ROUNDING).any()
    return (Crossed(found.scores[..., :1, :]), True) if idle else (found, False)


def draw_variance(responses: pl.DataFrame, instrument: Instrument, n_scores: int) -> Array:
    """Return the variance that a score gets if each of its items is answered by one draw.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES; without option probabilities (modes that write an answer) it is not known.
    instrument : Instrument
        Items and their foundations.
    n_scores : int
        Number of foundations.

    Returns
    -------
    ndarray of float64, shape (n_scores,)
        Mean over personas, in squared scale points; nan without a valid answer.
    """
    if all(responses[f"{q.id}_p1"].is_null().all() for q in instrument.questions):
        return np.full(n_scores, np.nan)
    total, count = np.zeros(n_scores), np.zeros(n_scores)
    for question in instrument.questions:
        shares = answers.probabilities(responses, question, "probabilities")
        mean = shares @ question.values
        place = FOUNDATIONS.index(str(question.scale))
        known = np.isfinite(mean)
        spread = (shares @ question.values**2 - mean**2)[known]
        total[place] += spread.mean() if known.any() else np.nan
        count[place] += 1
    return np.asarray(total / count**2)


def one_condition(
    scores: Array, drawn_answer: Array, readout: str, draws: Draws
) -> tuple[Estimate, Estimate]:
    """Return what one condition shows: the variance of scores, and a bound of what is explainable.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        None missing.
    drawn_answer : ndarray of float64, shape (6,)
        From `draw_variance`.
    readout : str
        ``probabilities``, ``modal`` or ``drawn``: scores of chosen options hold the draw already.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    (tuple, tuple) of three ndarrays of shape (6,)
        Variance, and the greatest share of it that anything but the draw explains in [0, 1], each
        with its 95 % interval.
    """
    n = len(scores)
    y = scores - scores.mean(axis=0)
    sums = resampling.resampled_sums(np.hstack([y, y**2]), draws, "gstudy/personas") / n
    width = scores.shape[1]
    variance = (y**2).sum(axis=0) / (n - 1)
    drawn = (sums[:, width:] - sums[:, :width] ** 2) * n / (n - 1)

    def bound(total: Array) -> Array:
        whole = total + drawn_answer if readout == "probabilities" else total
        part = np.maximum(whole - drawn_answer, 0.0)
        undefined = np.full(whole.shape, np.nan)
        return np.asarray(np.divide(part, whole, out=undefined, where=whole > 0))

    share = bound(variance)
    return (
        (variance, *resampling.interval(variance, drawn, bounds=(0, np.inf))),
        (share, *resampling.interval(share, bound(drawn), bounds=(0, 1))),
    )


def several_conditions(
    found: Crossed, draws: Draws
) -> tuple[dict[str, Estimate], dict[str, Array]]:
    """Return the variance components and coefficients that several conditions show.

    Parameters
    ----------
    found : Crossed
        Scores by facet.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    (dict of str to three ndarrays, dict of str to ndarray), each of shape (n_scores,)
        Each component and coefficient with its 95 % interval, and the components' shares of their
        sum.
    """
    n, sizes = len(found.scores), found.sizes
    columns = square_columns(found)
    parts = components(columns.sum(axis=0), n, sizes)
    drawn = components(resampling.resampled_sums(columns, draws, "gstudy/personas"), n, sizes)
    total = np.sum(list(parts.values()), axis=0)
    values: dict[str, Estimate] = {}
    shares: dict[str, Array] = {}
    for name, value in parts.items():
        values[name] = (value, *resampling.interval(value, drawn[name], bounds=(0, np.inf)))
        shares[name] = np.divide(value, total, out=np.full_like(total, np.nan), where=total > 0)
    spread = coefficients(drawn, sizes)
    for name, value in coefficients(parts, sizes).items():
        values[name] = (value, *resampling.interval(value, spread[name], bounds=(0, 1)))
    return values, shares


@dataclass(frozen=True)
class Study:
    """What a crossing of conditions shows of foundation scores.

    Attributes
    ----------
    found : Crossed
        Scores by facet, without replicates that cannot differ.
    idle : bool
        Whether such were left out.
    values : dict of str to three ndarrays of shape (6,)
        Components and coefficients with their 95 % intervals.
    shares : dict of str to ndarray of float64, shape (6,)
        Of components, of their sum.
    """

    found: Crossed
    idle: bool
    values: dict[str, Estimate]
    shares: dict[str, Array]

    @classmethod
    def of(cls, crossing: Crossed, draws: Draws) -> Study:
        """Analyse a crossing; with one condition, or one persona, nothing is separated."""
        found, idle = without_idle_replicates(crossing)
        values: dict[str, Estimate] = {}
        shares: dict[str, Array] = {}
        if max(found.sizes.values()) > 1 and len(found.scores) > 1:
            values, shares = several_conditions(found, draws)
        return cls(found, idle, values, shares)

    @property
    def parts(self) -> dict[str, Array]:
        """The components."""
        return {name: self.values[name][0] for name in self.shares}


def studies(
    scores: Sequence[Array], facets: Sequence[Mapping[str, Any]], draws: Draws
) -> tuple[Study, dict[str, Study]]:
    """Return the largest crossing of the conditions, and one for each facet left out of it.

    Parameters
    ----------
    scores : sequence of ndarray of float64, each of shape (n_personas, 6)
        One a condition; nan where not known.
    facets : sequence of mapping
        Level of each facet of `FACETS` under each condition.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    (Study, dict of str to Study)
        By facet: conditions that differ in it (and in replicates) alone.
    """
    whole = Study.of(crossed(scores, facets), draws)
    apart = {}
    for facet in FACETS:
        if whole.found.sizes[facet] == 1 and len({each[facet] for each in facets}) > 1:
            own = Study.of(crossed(scores, facets, tuple(dict.fromkeys((facet, REPEATED)))), draws)
            if own.values:
                apart[facet] = own
    return whole, apart


def known_parts(whole: Study, apart: Mapping[str, Study]) -> dict[str, Array]:
    """Return every component that the conditions show, by name.

    Where a facet was not crossed with the others, its interaction with the configuration holds the
    noise of answers, unless these were repeated.
    """
    found = whole.parts
    for facet, own in apart.items():
        for name in names_of(facet):
            value = own.parts.get(name, own.parts.get(REPEATED))
            if value is not None:
                found.setdefault(name, value)
    return found


def names_of(facet: str) -> tuple[str, ...]:
    """Return the components of a facet alone and with the configuration."""
    return (facet,) if facet in {NESTED, REPEATED} else (facet, f"{CONFIGURATION} x {facet}")


def gstudy_table(
    whole: Study, apart: Mapping[str, Study], drawn_answer: Array, readout: str, draws: Draws
) -> pl.DataFrame:
    """Return variance components and coefficients.

    Parameters
    ----------
    whole, apart
        As from `studies`.
    drawn_answer : ndarray of float64, shape (6,)
        From `draw_variance`.
    readout : str
        What scores are made of: ``probabilities``, ``modal`` or ``drawn``.
    draws : Draws
        Bootstrap draws over configurations.

    Returns
    -------
    DataFrame
        Table GSTUDY; what the conditions do not show is null, with a remark on what it needs.
    """
    listed = _listed(whole, drawn_answer, readout, draws) | _listed_apart(whole, apart)
    rows: list[tuple[Any, ...]] = []
    for name, row in listed.items():
        found = row.found
        # What does not vary has components of 0, and no interval of them.
        flat = found.scores.reshape(-1, len(FOUNDATIONS))
        varies = np.ptp(flat, axis=0) > ROUNDING if len(flat) else np.zeros(len(FOUNDATIONS))
        value, low, high = row.estimate
        for f, foundation in enumerate(FOUNDATIONS):
            ends = (low[f], high[f]) if varies[f] else (np.nan, np.nan)
            sizes = (len(found.scores), *found.sizes.values())
            rows.append((foundation, name, value[f], *ends, row.share[f], row.remark, *sizes))
    schema = dict(robustness_tables.GSTUDY.columns)
    return pl.DataFrame(rows, schema=schema, orient="row").fill_nan(None)


class _Row(NamedTuple):
    """A component or coefficient of all foundations."""

    estimate: Estimate
    share: Array
    remark: str
    found: Crossed


def _listed(whole: Study, drawn_answer: Array, readout: str, draws: Draws) -> dict[str, _Row]:
    """Return what the largest crossing shows, and what it would need to show more."""
    nothing = np.full(len(FOUNDATIONS), np.nan)
    n, values = len(whole.found.scores), dict(whole.values)
    has_draw = np.isfinite(drawn_answer).any()
    if not values and n > 1:
        scores = whole.found.scores.reshape(n, len(FOUNDATIONS))
        values["configuration"], bound = one_condition(scores, drawn_answer, readout, draws)
        if has_draw:
            values["explainable_share"] = bound
    if has_draw:
        values["drawing one option"] = (drawn_answer, nothing, nothing)
    listed = {}
    further = [name for name in whole.shares if name not in COMPONENTS]
    for name in (*COMPONENTS, *further, *COEFFICIENTS, "drawing one option"):
        known = name in values
        remark = holds(name, whole.found.sizes, known=known)
        if n <= 1 and not known:
            remark = NO_PERSONAS
        elif whole.idle and name == REPEATED:
            remark = "; ".join([remark, CANNOT_DIFFER] if known else [CANNOT_DIFFER])
        share = whole.shares.get(name, nothing)
        listed[name] = _Row(values.get(name, (nothing,) * 3), share, remark, whole.found)
    return listed


def _listed_apart(whole: Study, apart: Mapping[str, Study]) -> dict[str, _Row]:
    """Return what facets show that were not crossed with the others."""
    listed = {}
    for facet, own in apart.items():
        for name in names_of(facet):
            if name not in whole.values:
                said = name if name in own.values else REPEATED
                remark = f"from conditions that differ in `{FACETS[facet]}` alone"
                remark += "; holds the noise of answers" if said != name else ""
                listed[name] = _Row(own.values[said], own.shares[said], remark, own.found)
    return listed


def holds(name: str, sizes: Mapping[str, int], *, known: bool) -> str:
    """Say what a row holds beside its name, or what it would need.

    Parameters
    ----------
    name : str
        Component or coefficient.
    sizes : mapping of str to int
        Levels of each facet.
    known : bool
        Whether it has a value.

    Returns
    -------
    str
        In words.
    """
    if not known:
        if name == "drawing one option":
            return NO_DRAW
        if name == highest_without_answers(sizes) and name != CONFIGURATION:
            return f"part of {REPEATED}, which needs conditions that differ in `{FACETS[REPEATED]}`"
        keys = [f"`{FACETS[part]}`" for part in name.split(" x ") if part in FACETS]
        return f"needs conditions that differ in {' and '.join(keys)}" if keys else NEEDS_ANY
    if max(sizes.values()) == 1:
        return WITH_ONE_CONDITION.get(name, "")
    if name == REPEATED and sizes[REPEATED] == 1:
        return f"not separated from {highest_without_answers(sizes)}"
    return WITH_ONE_BIOGRAPHY.get(name, "") if sizes[NESTED] == 1 else ""


def facets_of(condition: Condition) -> dict[str, Any]:
    """Return the level of each facet of `FACETS` under a condition."""
    return {facet: getattr(condition, key) for facet, key in FACETS.items()}


@command
def main(
    *,
    space: Path,
    scores: list[Path],
    responses: Path,
    instrument: Path,
    conditions: list[Condition],
    readout: Readout,
    seed: int,
    replicates: int,
    gstudy: Path,
    decision_study: Path | None = None,
) -> None:
    """Read the scores of several conditions, write the components and what designs they ask for."""
    frames = [tables.read(path, moral_tables.FOUNDATION_SCORES) for path in scores]
    for path, frame in zip(scores, frames, strict=True):
        answers.require_same_personas(frames[0], frame, f"{scores[0]} and {path}")
    values = [frame.select(FOUNDATIONS).to_numpy() for frame in frames]
    draws = Draws(replicates, seed)
    whole, apart = studies(values, [facets_of(each) for each in conditions], draws)
    logger.info("%d personas; %s", len(whole.found.scores), whole.found.sizes)
    answered = tables.read(responses, study_tables.RESPONSES)
    drawing = draw_variance(answered, read_instrument(instrument), len(FOUNDATIONS))
    table = gstudy_table(whole, apart, drawing, readout, draws)
    provenance = tables.joined_provenance([*scores, responses])
    tables.write(table, gstudy, robustness_tables.GSTUDY, provenance)
    if decision_study is not None:
        orders = len({each.option_order for each in conditions})
        n_configurations = read_space(space).n_personas
        # modes apart from the rest would bring the noise of their answers along
        beside = {facet: own for facet, own in apart.items() if facet != "mode"}
        found = decision_table(known_parts(whole, beside), n_configurations, orders)
        tables.write(found, decision_study, robustness_tables.DECISION_STUDY, provenance)


if __name__ == "__main__":
    run(main)
