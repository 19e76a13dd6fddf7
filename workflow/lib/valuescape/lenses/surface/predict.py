"""Predict the responses of all configurations from those of the asked ones; say how well.

Every lens can read what is predicted as it reads what was asked. Asked personas keep their answers.
Any other is given the surface and, so that personas scatter as they would, what the surface left of
an asked persona, the same one for all its answers: what goes together in a persona stays together.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, probabilities, require_same_personas
from valuescape.answers.inputs import Configurations, read_configurations
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.tables import PROBABILITY_UNIT
from valuescape.core.wording import PREDICTED
from valuescape.lenses.surface import tables as surface_tables
from valuescape.lenses.surface.fit import (
    QuestionSurface,
    Z,
    chosen_forms,
    distances,
    fit_questions,
    log_scores,
    on_simplex,
)
from valuescape.stats.interactions import effect_columns
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.designs import study_ids
from valuescape.study.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from valuescape.study.instruments import Question

    Array = NDArray[np.float64]
    Row = tuple[object, ...]

logger = logging.getLogger(__name__)

LEFT_OUT, HOLDOUT = "left out one by one", "holdout"
PREDICTS, NO_BETTER = "predicts", "no better than the mean"
TOO_FEW = "too few valid answers to fit a surface"
# The strength of the ridge was chosen by the same personas: a gain below this may be luck.
LEAST_GAIN = 0.01


@dataclass(frozen=True)
class Asked(Configurations):
    """What was asked of the personas of a study.

    Attributes
    ----------
    instruments : tuple of Instrument
        The questionnaires.
    responses : tuple of DataFrame
        Table RESPONSES to each.
    readout : {"probabilities", "drawn"}
        What the surface is fitted to: probabilities where there are any.
    """

    instruments: tuple[Instrument, ...]
    responses: tuple[pl.DataFrame, ...]
    readout: Readout

    @property
    def questions(self) -> list[Question]:
        """The questions of all instruments, side by side."""
        return [question for each in self.instruments for question in each.questions]

    @property
    def instrument_names(self) -> list[str]:
        """The name of the instrument of each question."""
        return [each.name for each in self.instruments for _ in each.questions]

    @cached_property
    def shares(self) -> list[Array]:
        """The answers to each question, shape (n, n_options); nan where not valid."""
        return [
            probabilities(frame, question, self.readout)
            for instrument, frame in zip(self.instruments, self.responses, strict=True)
            for question in instrument.questions
        ]


def read_asked(
    space: Path,
    personas: Path,
    instruments: Sequence[Path],
    responses: Sequence[Path],
    condition: Condition,
) -> Asked:
    """Read what was asked; a `UserError` tells of tables that are not of the same personas."""
    design = read_configurations(space, personas)
    frames = []
    for path in responses:
        frames.append(tables.read(path, study_tables.RESPONSES))
        require_same_personas(design.personas, frames[-1], f"{personas} and {path}")
    return Asked(
        design.space,
        design.personas,
        tuple(map(read_instrument, instruments)),
        tuple(frames),
        "probabilities" if condition.has_probabilities else "drawn",
    )


def checked_row(
    fitted: QuestionSurface, compared: tuple[Array, Array, Array], half_widths: Array
) -> Row:
    """Return what a row of SURFACE_QUESTIONS says of personas that a surface has not seen.

    Parameters
    ----------
    fitted : QuestionSurface
        The surface.
    compared : three of ndarray of float64, shape (n, n_options)
        Answers of these personas, what it predicts for them, and the mean of those it has seen.
    half_widths : ndarray of float64, shape (n,)
        Of the intervals of their expected answers.

    Returns
    -------
    tuple
        The columns from `n_personas` on; nan where the answers do not vary.
    """
    question = fitted.question
    answers, predicted, mean = compared
    n = len(answers)
    emd, crps = distances(predicted, answers, question)
    emd_mean, crps_mean = distances(mean, answers, question)
    errors = (predicted - answers) @ question.scaled
    about_mean = (((mean - answers) @ question.scaled) ** 2).sum()
    varies = crps_mean.mean() > surface_tables.ROUNDING
    gain = low = high = r2 = np.nan
    if varies:
        less = (crps_mean - crps) / crps_mean.mean()
        gain, half = less.mean(), Z * less.std(ddof=1) / np.sqrt(n)
        low, high = gain - half, gain + half
        r2 = 1 - (errors**2).sum() / about_mean if about_mean > 0 else np.nan
    predicts = varies and low > 0 and gain > LEAST_GAIN
    return (
        n, fitted.surface.candidate.form, r2, emd.mean(), emd_mean.mean(), crps.mean(),
        crps_mean.mean(), log_scores(predicted, answers).mean(), log_scores(mean, answers).mean(),
        gain, low, high, half_widths.mean(), float((np.abs(errors) <= half_widths).mean()),
        PREDICTS if predicts else NO_BETTER,
    )  # fmt: skip


def left_out_rows(asked: Asked, surfaces: Sequence[QuestionSurface | None]) -> Iterator[Row]:
    """Yield rows of SURFACE_QUESTIONS of personas left out one by one."""
    matrix = effect_columns(asked.levels, asked.space.radices).matrix
    named = zip(asked.instrument_names, asked.questions, surfaces, strict=True)
    for instrument, question, fitted in named:
        key = (instrument, question.id, LEFT_OUT)
        if fitted is None:
            yield (*key, 0, "", *[np.nan] * 12, TOO_FEW)
        else:
            compared = fitted.answers, fitted.left_out, fitted.mean_alone
            yield (*key, *checked_row(fitted, compared, fitted.half_widths(matrix[fitted.rows])))


def holdout_rows(asked: Asked, held_out: NDArray[np.bool_]) -> Iterator[Row]:
    """Yield rows of SURFACE_QUESTIONS of a holdout, by surfaces fitted without it.

    Parameters
    ----------
    asked : Asked
        Of design and holdout together.
    held_out : ndarray of bool, shape (n,)
        Which personas are the holdout.

    Yields
    ------
    tuple
        One a question that enough of both answered.
    """
    radices = asked.space.radices
    inside = [each[~held_out] for each in asked.shares]
    surfaces = fit_questions(asked.levels[~held_out], radices, asked.questions, inside)
    matrix = effect_columns(asked.levels[held_out], radices).matrix
    for k, (instrument, fitted) in enumerate(zip(asked.instrument_names, surfaces, strict=True)):
        answers = asked.shares[k][held_out]
        known = np.isfinite(answers[:, 0])
        if fitted is None or known.sum() < surface_tables.FEWEST_CHECKED:
            continue
        predicted = on_simplex(fitted.surface.predict(matrix[known]))
        mean = np.broadcast_to(fitted.answers.mean(axis=0), predicted.shape)
        compared = answers[known], predicted, mean
        row = checked_row(fitted, compared, fitted.half_widths(matrix[known]))
        yield (instrument, fitted.question.id, HOLDOUT, *row)


def question_table(rows: Iterable[Row]) -> pl.DataFrame:
    """Return table SURFACE_QUESTIONS; intervals made of the same personas have no coverage."""
    schema = dict(surface_tables.SURFACE_QUESTIONS.columns)
    found = pl.DataFrame(list(rows), schema=schema, orient="row").fill_nan(None)
    own = pl.col("checked_on") == HOLDOUT
    return found.with_columns(coverage=pl.when(own).then("coverage"))


def predicted_shares(
    fitted: QuestionSurface | None, matrix: Array, donors: NDArray[np.int64] | None, n_options: int
) -> Array:
    """Return predicted answers of configurations.

    Parameters
    ----------
    fitted : QuestionSurface or None
        None predicts nothing.
    matrix : ndarray of float64, shape (n, n_columns)
        Columns of the configurations.
    donors : ndarray of int64, shape (n,), or None
        Row of the asked persona whose residual each is given; one without a valid answer leaves
        the surface as it is. None: nobody is given any.
    n_options : int
        Of the question.

    Returns
    -------
    ndarray of float64, shape (n, n_options)
        Shares; nan where nothing is predicted.
    """
    if fitted is None:
        return np.full((len(matrix), n_options), np.nan)
    found = fitted.surface.predict(matrix)
    if donors is not None:
        n_asked = max(int(donors.max(initial=0)), int(fitted.rows.max())) + 1
        residuals = np.zeros((n_asked, n_options))
        residuals[fitted.rows] = fitted.surface.residuals
        found += residuals[donors]
    return on_simplex(found)


def response_columns(
    question: Question, shares: Array, condition: Condition, rng: np.random.Generator
) -> list[pl.Series]:
    """Return the columns of a question in table RESPONSES, as if the shares had been answered.

    Parameters
    ----------
    question : Question
        The question.
    shares : ndarray of float64, shape (n, n_options)
        Predicted answers; nan where none.
    condition : Condition
        Says whether answers have probabilities, and which option is noted as chosen.
    rng : Generator
        Draws the chosen option.

    Returns
    -------
    list of Series
        Asked for 0 times, and with no mass known; refused where nothing is predicted.
    """
    n, name = len(shares), question.id
    known = np.isfinite(shares[:, 0])
    if condition.chosen_option == "drawn" or not condition.has_probabilities:
        ends = np.cumsum(shares, axis=1)[:, :-1]
        place = (rng.random((n, 1)) >= ends).sum(axis=1)
    else:
        place = np.nan_to_num(shares).argmax(axis=1)
    chosen = np.where(known, question.values[place], np.nan)
    status = pl.Series(f"{name}_status", known).replace_strict(
        {True: "valid", False: "refused"}, return_dtype=pl.String
    )
    units = np.where(known[:, None], np.rint(shares * PROBABILITY_UNIT), np.nan)
    if not condition.has_probabilities:
        units[:] = np.nan
    return [
        pl.Series(name, chosen, pl.Float64, nan_to_null=True).cast(pl.Int8),
        status,
        pl.Series(f"{name}_attempts", np.zeros(n, dtype=np.uint8)),
        pl.Series(f"{name}_mass", [None] * n, pl.Float32),
        *(
            pl.Series(f"{name}_p{k}", column, pl.Float64, nan_to_null=True).cast(pl.UInt16)
            for k, column in enumerate(units.T, start=1)
        ),
    ]


def predicted_responses(
    asked: Asked,
    surfaces: Sequence[QuestionSurface | None],
    condition: Condition,
    draws: Draws,
) -> Iterator[pl.DataFrame]:
    """Yield the responses of all configurations to one instrument after the other.

    Parameters
    ----------
    asked : Asked
        The asked personas, who keep their answers.
    surfaces : sequence of QuestionSurface or None
        Of the questions of all instruments.
    condition : Condition
        Under which they were asked.
    draws : Draws
        Seed of who gives whom its residual. An answer without probabilities is drawn from the
        surface itself and needs none.

    Yields
    ------
    DataFrame
        Table RESPONSES of every configuration; of questions that lenses read, not of their parts.
    """
    space = asked.space
    others = np.setdiff1d(
        np.arange(space.n_personas, dtype=np.uint32), asked.personas["persona_id"].to_numpy()
    )
    matrix = effect_columns(space.levels_of(others), space.radices).matrix
    donors = None
    if condition.has_probabilities:
        rng = draws.generator("surface/donors")
        donors = rng.integers(0, asked.personas.height, len(others))
    left = iter(surfaces)
    for instrument, frame in zip(asked.instruments, asked.responses, strict=True):
        columns = [pl.Series("persona_id", others)]
        for question in instrument.questions:
            shares = predicted_shares(next(left), matrix, donors, question.n_options)
            rng = draws.generator(f"surface/chosen/{instrument.name}/{question.id}")
            columns += response_columns(question, shares, condition, rng)
        predicted = pl.DataFrame(columns)
        yield pl.concat([frame.select(predicted.columns), predicted]).sort("persona_id")


@command
def main(
    *,
    space: Path,
    personas: Path,
    instruments: list[Path],
    responses: list[Path],
    condition: Condition,
    design: str,
    holdout: int,
    seed: int,
    predicted: list[Path],
    questions: Path,
) -> None:
    """Read what was asked, fit the surface, write all responses and SURFACE_QUESTIONS."""
    asked = read_asked(space, personas, instruments, responses, condition)
    surfaces = fit_questions(asked.levels, asked.space.radices, asked.questions, asked.shares)
    for form, times in chosen_forms(surfaces).items():
        logger.info("%d questions: %s", times, form)
    rows = list(left_out_rows(asked, surfaces))
    if holdout:
        _, drawn = study_ids(asked.space, design, holdout, seed)
        rows += holdout_rows(asked, np.isin(asked.personas["persona_id"].to_numpy(), drawn))
    provenance = tables.joined_provenance([personas, *responses])
    provenance[PREDICTED] = f"{asked.personas.height:,} asked personas"
    found = question_table(rows)
    poor = found.filter(pl.col("verdict") != PREDICTS).select("instrument", "question").n_unique()
    logger.info("%d of %d questions: no better than the mean", poor, len(surfaces))
    tables.write(found, questions, surface_tables.SURFACE_QUESTIONS, provenance)
    frames = predicted_responses(asked, surfaces, condition, Draws(1, seed))
    for path, frame in zip(predicted, frames, strict=True):
        tables.write(frame, path, study_tables.RESPONSES, provenance)


if __name__ == "__main__":
    run(main)
