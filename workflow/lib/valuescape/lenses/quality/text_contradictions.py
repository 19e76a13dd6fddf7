"""Contradictions of texts: biographies that show another level than their persona's.

Two readers look at each text: a classifier (`lenses.quality.attribute_recovery`) and, where the
study has one, a judge: a model that is asked which level the text shows (`asking.judge`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from sklearn.metrics import cohen_kappa_score

from valuescape.answers.expected import probabilities, require_same_personas
from valuescape.answers.inputs import read_configurations
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.attribute_recovery import (
    FOLDS,
    Recovery,
    accuracy_replicates,
    against_chance,
    balanced_accuracy,
    calibration_error,
    recover,
    words_of,
)
from valuescape.lenses.quality.quotations import quoted_levels
from valuescape.stats import resampling
from valuescape.stats.multiplicity import holm
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.judging import instrument_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace

LOG = logging.getLogger(__name__)
CLASSIFIER, JUDGE = "classifier", "judge"
NOT_SHOWN = -1
SIGNIFICANT = 0.05
MOST_WORST = 100
TOO_FEW = f"not defined: a level has fewer than {FOLDS} valid biographies"
NOBODY = "not defined: no valid biography"
UNTOLD = "not defined: the reader tells the levels no better than chance"
SAME_MODEL = "the judge is the model that wrote them"
NEVER_SHOWN = "not defined: no biography shows a level clearly"


@dataclass(frozen=True)
class Reading:
    """What a reader found in the texts of n personas.

    Attributes
    ----------
    reader : str
        ``classifier`` or ``judge``.
    read : ndarray of bool, shape (n,)
        Whose text was read.
    shown : ndarray of int8, shape (n, n_variables)
        The level that a text shows, `NOT_SHOWN` if none clearly.
    probability : ndarray of float64, shape (n, n_variables)
        Of that level; nan where none is shown.
    telling : ndarray of bool, shape (n_variables,)
        Whether it tells the levels of the variable better than chance.
    """

    reader: str
    read: NDArray[np.bool_]
    shown: NDArray[np.int8]
    probability: NDArray[np.float64]
    telling: NDArray[np.bool_]

    def contradicted(self, levels: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Return which variables each text contradicts, of those that the reader can tell."""
        differs = (self.shown != NOT_SHOWN) & (self.shown != levels)
        return np.asarray(differs & self.telling)


def classified(recoveries: Sequence[Recovery], levels: NDArray[np.int8], draws: Draws) -> Reading:
    """Return what the classifier takes for shown.

    Parameters
    ----------
    recoveries : sequence of Recovery
        One a variable, of n texts.
    levels : ndarray of int8, shape (n, n_variables)
        Configured.
    draws : Draws
        Behind what counts as better than chance.

    Returns
    -------
    Reading
        A level is shown if its probability is at least half-way from its share to 1.
    """
    n = len(levels)
    shown = np.full(levels.shape, NOT_SHOWN, dtype=np.int8)
    probability = np.full(levels.shape, np.nan)
    for column, each in enumerate(recoveries):
        if not each.confusion.any():
            continue
        shares = np.bincount(levels[:, column], minlength=len(each.confusion)) / n
        top = each.probabilities.max(axis=1)
        clear = top >= (1 + shares[each.guessed]) / 2
        shown[clear, column] = each.guessed[clear]
        probability[clear, column] = top[clear]
    telling = _better_than_chance([each.confusion for each in recoveries], draws, CLASSIFIER)
    return Reading(CLASSIFIER, np.ones(n, dtype=bool), shown, probability, telling)


def judged(
    judgements: pl.DataFrame,
    persona_ids: pl.Series,
    levels: NDArray[np.int8],
    space: PersonaSpace,
    draws: Draws,
) -> Reading:
    """Return what the judge takes for shown.

    Parameters
    ----------
    judgements : DataFrame
        Responses of `study.judging.instrument_of`, of some of the personas.
    persona_ids : Series, length n
        Personas with a valid biography.
    levels : ndarray of int8, shape (n, n_variables)
        Configured.
    space : PersonaSpace
        The variables.
    draws : Draws
        Behind what counts as better than chance.

    Returns
    -------
    Reading
        A level is shown if the judge gives it more than half of its probability.
    """
    instrument = instrument_of(space)
    place = {persona: row for row, persona in enumerate(persona_ids)}
    rows = np.array([place[each] for each in judgements["persona_id"]], dtype=np.int64)
    read = np.zeros(len(levels), dtype=bool)
    read[rows] = True
    shown = np.full(levels.shape, NOT_SHOWN, dtype=np.int8)
    probability = np.full(levels.shape, np.nan)
    confusions = []
    for column, question in enumerate(instrument.questions):
        shares = np.nan_to_num(probabilities(judgements, question, "probabilities"))
        n_levels = question.n_options - 1
        top = shares[:, :n_levels].argmax(axis=1)
        chance = shares[np.arange(len(top)), top]
        clear = chance > 1 / 2
        shown[rows[clear], column] = top[clear]
        probability[rows[clear], column] = chance[clear]
        cells = np.zeros((n_levels, n_levels), dtype=np.int64)
        np.add.at(cells, (levels[rows[clear], column], top[clear]), 1)
        confusions.append(cells)
    return Reading(JUDGE, read, shown, probability, _better_than_chance(confusions, draws, JUDGE))


def _better_than_chance(
    confusions: Sequence[NDArray[np.int64]], draws: Draws, reader: str
) -> NDArray[np.bool_]:
    p = [
        against_chance(cells, draws, f"{reader}/{column}")[1]
        for column, cells in enumerate(confusions)
    ]
    return np.asarray(holm(np.array(p)) <= SIGNIFICANT)


def count_contradictions(
    readings: Sequence[Reading], levels: NDArray[np.int8], space: PersonaSpace
) -> pl.DataFrame:
    """Count the texts that show another level than configured, by variable and reader.

    Parameters
    ----------
    readings : sequence of Reading
        Of the same n texts.
    levels : ndarray of int8, shape (n, n_variables)
        Configured.
    space : PersonaSpace
        The variables.

    Returns
    -------
    DataFrame
        Table TEXT_CONTRADICTIONS, with Wilson intervals.
    """
    rows = []
    for column, variable in enumerate(space.variables):
        kappa = _kappa(readings, column)
        for each in readings:
            key = {"variable": variable.name, "reader": each.reader, "n_read": int(each.read.sum())}
            rows.append({**key, "kappa": kappa, **_counted(each, levels[:, column], column)})
    return pl.DataFrame(rows, schema=dict(quality_tables.TEXT_CONTRADICTIONS.columns))


def _counted(reading: Reading, levels: NDArray[np.int8], column: int) -> dict[str, Any]:
    if not reading.read.any():
        return {"remark": NOBODY}
    shown = reading.shown[:, column]
    clear = shown != NOT_SHOWN
    n = int(clear.sum())
    if not reading.telling[column]:
        return {"n_shown": n, "remark": UNTOLD}
    if not n:
        return {"n_shown": 0, "remark": NEVER_SHOWN}
    contradictions = int((shown != levels)[clear].sum())
    low, high = resampling.wilson(np.array([contradictions]), n)
    shares = [np.bincount(each[clear], minlength=128) / n for each in (shown, levels)]
    return {
        "n_shown": n,
        "n_contradictions": contradictions,
        "share": contradictions / n,
        "ci_low": float(low[0]),
        "ci_high": float(high[0]),
        "by_chance": 1 - float(shares[0] @ shares[1]),
        "remark": "",
    }


def _kappa(readings: Sequence[Reading], column: int) -> float | None:
    """Return the agreement of two readers on the texts that both read; None without two."""
    if len(readings) < 2:  # noqa: PLR2004 - two agree
        return None
    both = readings[0].read & readings[1].read
    first, second = (each.shown[both, column] for each in readings[:2])
    if len(np.unique(np.concatenate([first, second]))) < 2:  # noqa: PLR2004 - nothing varies
        return None
    return float(cohen_kappa_score(first, second))


def consistency_of(
    readings: Sequence[Reading],
    valid: pl.DataFrame,
    levels: NDArray[np.int8],
    space: PersonaSpace,
    personas: pl.Series,
) -> pl.DataFrame:
    """Return how many variables each biography contradicts.

    Parameters
    ----------
    readings : sequence of Reading
        The last that read a text counts.
    valid : DataFrame
        Table BIOGRAPHIES, the n valid rows.
    levels : ndarray of int8, shape (n, n_variables)
        Configured.
    space : PersonaSpace
        The variables.
    personas : Series
        All personas, those without a valid biography among them.

    Returns
    -------
    DataFrame
        Table CONSISTENCY.
    """
    reader = np.full(len(levels), "", dtype=object)
    contradicted = np.zeros(levels.shape, dtype=bool)
    shown, probability = levels.copy(), np.zeros(levels.shape)
    for each in readings:
        found = each.contradicted(levels)
        reader[each.read] = each.reader
        contradicted[each.read] = found[each.read]
        shown[each.read] = each.shown[each.read]
        probability[each.read] = np.nan_to_num(each.probability[each.read])
    said = [""] * len(levels)
    for row in np.flatnonzero(contradicted.any(axis=1)):
        said[row] = "; ".join(
            f"{space.variables[column].name} is {levels[row, column]}, "
            f"shows {shown[row, column]} ({probability[row, column]:.2f})"
            for column in np.flatnonzero(contradicted[row])
        )
    told = pl.DataFrame(
        {
            "persona_id": valid["persona_id"],
            "reader": reader.tolist(),
            "n_contradictions": contradicted.sum(axis=1),
            "contradictions": said,
            "weight": np.where(contradicted, probability, 0.0).sum(axis=1),
        },
        schema=dict(study_tables.CONSISTENCY.columns),
    )
    everybody = personas.to_frame().join(told, on="persona_id", how="left")
    return everybody.with_columns(
        pl.col("reader", "contradictions").fill_null(""),
        pl.col("n_contradictions", "weight").fill_null(0),
    )


def worst_biographies(found: pl.DataFrame, biographies: pl.DataFrame) -> pl.DataFrame:
    """Return the biographies with the most contradictions, the surest first.

    Parameters
    ----------
    found : DataFrame
        Table CONSISTENCY.
    biographies : DataFrame
        Table BIOGRAPHIES.

    Returns
    -------
    DataFrame
        Table WORST_BIOGRAPHIES.
    """
    ranked = (
        found.filter(pl.col("n_contradictions") > 0)
        .sort(["n_contradictions", "weight", "persona_id"], descending=[True, True, False])
        .head(MOST_WORST)
        .with_row_index("rank", offset=1)
        .join(biographies.select("persona_id", "biography"), on="persona_id", how="left")
    )
    columns = quality_tables.WORST_BIOGRAPHIES.columns
    return ranked.select(pl.col(name).cast(dtype) for name, dtype in columns.items())


def measure_recovery(
    recoveries: Sequence[Recovery],
    levels: NDArray[np.int8],
    texts: pl.Series,
    space: PersonaSpace,
    draws: Draws,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return how well texts tell the levels, and how many repeat their statements.

    Parameters
    ----------
    recoveries : sequence of Recovery
        One a variable, of n texts.
    levels : ndarray of int8, shape (n, n_variables)
        Configured.
    texts : Series of String, length n
        Biographies.
    space : PersonaSpace
        The variables.
    draws : Draws
        Behind intervals and chance.

    Returns
    -------
    (DataFrame, DataFrame)
        Tables ATTRIBUTE_RECOVERY and RECOVERY_CONFUSION.
    """
    n = len(levels)
    rows: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    quoted = quoted_levels(texts, space)
    able = [each for each in recoveries if each.confusion.any()]
    columns = [column for column, each in enumerate(recoveries) if each.confusion.any()]
    replicates = dict(
        zip(columns, accuracy_replicates(able, levels[:, columns], draws), strict=True)
        if able
        else ()
    )
    for column, (variable, each) in enumerate(zip(space.variables, recoveries, strict=True)):
        row: dict[str, Any] = {"variable": variable.name, "n_personas": n}
        row |= _quotations(quoted[column], levels[:, column])
        if column not in replicates:
            rows.append(row | {"remark": TOO_FEW if n else NOBODY})
            continue
        accuracy = float(balanced_accuracy(each.confusion))
        low, high = resampling.interval(accuracy, replicates[column], (0.0, 1.0))
        null, p = against_chance(each.confusion, draws, f"{CLASSIFIER}/{column}")
        purpose = f"calibration/{variable.name}"
        error, floor = calibration_error(each.probabilities, levels[:, column], draws, purpose)
        rows.append(
            row
            | {
                "balanced_accuracy": accuracy,
                "ci_low": float(low),
                "ci_high": float(high),
                "chance": 1 / len(variable.levels),
                "null_95": null,
                "p": p,
                "calibration_error": error,
                "calibration_floor": floor,
                "remark": "",
            }
        )
        of_level = each.confusion.sum(axis=1)
        cells += [
            {
                "variable": variable.name,
                "level": level,
                "guessed": guessed,
                "n_personas": int(each.confusion[level, guessed]),
                "share": each.confusion[level, guessed] / of_level[level],
            }
            for level, guessed in np.ndindex(each.confusion.shape)
        ]
    return (
        pl.DataFrame(rows, schema=dict(quality_tables.ATTRIBUTE_RECOVERY.columns)),
        pl.DataFrame(cells, schema=dict(quality_tables.RECOVERY_CONFUSION.columns)),
    )


def _quotations(quoted: NDArray[np.bool_], levels: NDArray[np.int8]) -> dict[str, float | None]:
    n = len(levels)
    if not n:
        return {}
    own = quoted[np.arange(n), levels]
    low, high = resampling.wilson(np.array([own.sum()]), n)
    others = quoted.sum(axis=1) > own
    return {
        "quoted_share": float(own.mean()),
        "quoted_ci_low": float(low[0]),
        "quoted_ci_high": float(high[0]),
        "other_quoted_share": float(others.mean()),
    }


@command
def main(
    *,
    space: Path,
    personas: Path,
    biographies: Path,
    judgements: Path | None = None,
    model: str,
    judge: str,
    seed: int,
    replicates: int,
    recovery: Path,
    confusion: Path,
    contradictions: Path,
    consistency: Path,
    worst: Path,
) -> None:
    """Read biographies, and what a judge says of them; write what their texts tell."""
    configurations = read_configurations(space, personas)
    written = tables.read(biographies, study_tables.BIOGRAPHIES)
    require_same_personas(configurations.personas, written, f"{personas} and {biographies}")
    is_valid = (written["status"] == "valid").to_numpy()
    valid, levels = written.filter(is_valid), configurations.levels[is_valid]
    draws, variables = Draws(replicates, seed), configurations.space.variables
    words = words_of(valid["biography"].to_list(), draws)
    recoveries = [
        recover(words, levels[:, column], len(variable.levels), draws)
        for column, variable in enumerate(variables)
    ]
    readings = [classified(recoveries, levels, draws)]
    provenance = tables.joined_provenance([personas, biographies])
    if judgements is not None:
        read = tables.read(judgements, study_tables.RESPONSES)
        readings.append(judged(read, valid["persona_id"], levels, configurations.space, draws))
        provenance["judge"] = f"{judge}, which wrote them" if judge == model else judge
    found = consistency_of(
        readings, valid, levels, configurations.space, configurations.personas["persona_id"]
    )
    recovered, cells = measure_recovery(
        recoveries, levels, valid["biography"], configurations.space, draws
    )
    counted = count_contradictions(readings, levels, configurations.space)
    if judge == model:
        said = pl.when(reader=JUDGE, remark="").then(pl.lit(SAME_MODEL)).otherwise("remark")
        counted = counted.with_columns(remark=said)
    LOG.info("%d biographies contradict", (found["n_contradictions"] > 0).sum())
    tables.write(recovered, recovery, quality_tables.ATTRIBUTE_RECOVERY, provenance)
    tables.write(cells, confusion, quality_tables.RECOVERY_CONFUSION, provenance)
    tables.write(counted, contradictions, quality_tables.TEXT_CONTRADICTIONS, provenance)
    tables.write(found, consistency, study_tables.CONSISTENCY, provenance)
    tables.write(
        worst_biographies(found, written), worst, quality_tables.WORST_BIOGRAPHIES, provenance
    )


if __name__ == "__main__":
    run(main)
