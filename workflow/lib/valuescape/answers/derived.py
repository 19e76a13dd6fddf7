"""Derived indicators: from the answers to their parts to what lenses read as an answer.

A persona that gives probabilities gives those of the indicator, too: the second choice is asked
after each possible first one, so that their joint distribution is known and not assumed. Questions
that are asked one by one are independent given the persona, as every two answers are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import probabilities
from valuescape.core.tables import PROBABILITY_UNIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.study.instruments import Instrument, Question, Rule

    Array = NDArray[np.float64]


def derived_shares(
    shares: Mapping[str, Array], parts: Mapping[str, Question], question: Question, rule: Rule
) -> Array:
    """Return the distribution of a derived indicator.

    Parameters
    ----------
    shares : mapping of str to ndarray of float64, shape (n, n_options)
        By id of a part, the distribution over its options of each persona; nan where the answer
        is not valid.
    parts : mapping of str to Question
        The questions that it is derived from.
    question : Question
        The indicator.
    rule : Rule
        Its rule.

    Returns
    -------
    ndarray of float64, shape (n, n_options)
        A row sums to 1, or is nan where an answer that counts is not valid. Second choices after
        a first one of no probability do not count.
    """
    n = len(next(iter(shares.values())))
    branches: list[tuple[int | None, Array]] = [(None, np.ones(n))]
    if rule.branching:
        values = parts[rule.branching].values.astype(int).tolist()
        branches = list(zip(values, shares[rule.branching].T, strict=True))
    result = np.zeros((n, question.n_options))
    for code, weight in branches:
        sums: dict[int, Array] = {rule.start: np.ones(n)}
        for term in rule.terms:
            if term.after and term.after[1] != code:
                continue
            if term.question == rule.branching:
                chance = np.full(n, float(code in term.codes))
            else:
                counts = np.isin(parts[term.question].values, term.codes)
                chance = shares[term.question][:, counts].sum(axis=1)
            grown: dict[int, Array] = {}
            for value, share in sums.items():
                for points, part in ((0, 1 - chance), (term.points, chance)):
                    grown[value + points] = grown.get(value + points, np.zeros(n)) + share * part
            sums = grown
        for value, share in sums.items():
            if np.any(counted := question.values == value):
                result[:, counted.argmax()] += np.where(weight == 0, 0.0, weight * share)
    return result


def with_derived(responses: pl.DataFrame, instrument: Instrument) -> pl.DataFrame:
    """Return the responses to an instrument with the columns of its derived indicators.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES with the columns of what was asked, n rows.
    instrument : Instrument
        What was asked.

    Returns
    -------
    DataFrame
        The chosen option follows by the rule from the chosen options of the parts, as for a human.
        The status is valid, or the first that is not among the parts that count. No probability
        falls on the options of what is not asked: the mass is null.
    """
    return responses.with_columns(
        column
        for question, rule in instrument.derived
        for column in _columns(responses, instrument, question, rule)
    )


def _columns(
    responses: pl.DataFrame, instrument: Instrument, question: Question, rule: Rule
) -> list[pl.Series]:
    name, parts = question.id, {part: instrument.question(part) for part in rule.parts}
    status = np.full(responses.height, "valid", dtype=object)
    readouts: list[Readout] = ["drawn"]
    if not any(responses[f"{part}_p1"].is_null().all() for part in parts):
        readouts.append("probabilities")
    found: dict[Readout, Array] = {}
    for readout in readouts:
        shares = {part: probabilities(responses, each, readout) for part, each in parts.items()}
        found[readout] = derived_shares(shares, parts, question, rule)
        for part in reversed(parts):  # the first part that fails has the last word
            counts = _counts(part, rule, shares, parts)
            invalid = (responses[f"{part}_status"] != "valid").to_numpy() & counts
            status[invalid] = responses[f"{part}_status"].to_numpy()[invalid]
    valid = status == "valid"
    chosen = question.values[np.nan_to_num(found["drawn"]).argmax(axis=1)]
    attempts = responses.select(pl.max_horizontal(f"{part}_attempts" for part in parts))
    columns = [
        pl.Series(name, np.where(valid, chosen, np.nan), pl.Float64, nan_to_null=True).cast(
            pl.Int8
        ),
        pl.Series(f"{name}_status", status, pl.String),
        attempts.to_series().cast(pl.UInt8).alias(f"{name}_attempts"),
        pl.Series(f"{name}_mass", [None] * responses.height, pl.Float32),
    ]
    units = np.full((responses.height, question.n_options), np.nan)
    if "probabilities" in found:
        units = np.where(valid[:, None], np.rint(found["probabilities"] * PROBABILITY_UNIT), np.nan)
    return columns + [
        pl.Series(f"{name}_p{k}", column, pl.Float64, nan_to_null=True).cast(pl.UInt16)
        for k, column in enumerate(units.T, start=1)
    ]


def _counts(
    part: str, rule: Rule, shares: Mapping[str, Array], parts: Mapping[str, Question]
) -> NDArray[np.bool_]:
    """Return for which personas a part counts: not a second choice after what was not first."""
    after = [term.after for term in rule.terms if term.question == part]
    codes = [each[1] for each in after if each]
    if part == rule.branching or not rule.branching or len(codes) < len(after):
        return np.ones(len(shares[part]), dtype=bool)
    first = np.isin(parts[rule.branching].values, codes)
    return np.asarray(np.nan_to_num(shares[rule.branching][:, first]).sum(axis=1) > 0)
