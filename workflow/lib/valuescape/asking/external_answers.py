"""External answers: table RESPONSES from a file of answers given elsewhere.

Whatever stands in the file is accounted for, and nothing counts twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.answers.derived import with_derived
from valuescape.answers.expected import NOT_ASKED
from valuescape.asking.external import (
    LINE,
    External,
    Respondents,
    external_provenance,
    keyed,
    read_external,
    read_rows,
    respondents_of,
)
from valuescape.asking.job import content_hash
from valuescape.asking.response_rows import question_columns, response_table
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, Question, read_instrument
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

LOG = logging.getLogger(__name__)
# Probabilities that sum to more are none; ones that sum to less leave something to no option.
MOST_PROBABILITY = 1.001
# Of the answers to a question; beyond this the mapping is mistaken, not the respondent.
MOST_UNREAD = 0.5
ACCOUNTED = ("valid", "clipped", "out_of_range", "malformed", "not_answered")


@dataclass
class Read:
    """The answers to one question, in the order of the respondents.

    Attributes
    ----------
    shares : ndarray of float64, shape (n, n_options)
        Of the options; nan unless valid.
    mass : ndarray of float64, shape (n,)
        What the options hold together; nan where only a code is known.
    status : ndarray of str, shape (n,)
        What became of each.
    counts : Counter
        Of `ACCOUNTED`.
    """

    shares: NDArray[np.float64]
    mass: NDArray[np.float64]
    status: NDArray[np.object_]
    counts: Counter[str] = field(default_factory=Counter)


def read_codes(
    question: Question, external: External, rows: pl.DataFrame, column: str
) -> tuple[NDArray[np.float64], NDArray[np.object_], Counter[str]]:
    """Read answers that are codes or texts of options.

    Parameters
    ----------
    question : Question
        What was asked.
    external : External
        The model file.
    rows : DataFrame
        `line` and the answers.
    column : str
        Where they stand.

    Returns
    -------
    (ndarray of float64, ndarray of str, Counter)
        Codes, nan unless valid; what became of each; counts.

    Raises
    ------
    UserError
        If of most answers nothing can be read.
    """
    mapping = external.mapping
    given = rows[column]
    recoded = mapping.get("recode", {}).get(question.id, {})
    texts = {option.label.casefold(): option.value for option in question.options}
    texts |= {option.spoken.casefold(): option.value for option in question.options}
    # a number is a code, also where it is the text of another option
    texts = {text: code for text, code in texts.items() if not _is_number(text)}
    words = {str(text).casefold(): code for text, code in recoded.items()}
    lowered = given.str.to_lowercase()
    unanswered = given.is_null() | lowered.is_in(
        [text.casefold() for text in mapping.get("no_answer", [])]
    )
    from_words = lowered.replace_strict(
        [*(texts | words)], [float(code) for code in (texts | words).values()],
        default=None, return_dtype=pl.Float64,
    )  # fmt: skip
    numbers = given.cast(pl.Float64, strict=False)
    codes = from_words.fill_null(numbers).to_numpy().copy()
    codes[unanswered.to_numpy() | ~np.isfinite(codes)] = np.nan
    unread = ~unanswered.to_numpy() & np.isnan(codes)
    n_given = int((~unanswered).sum())
    if unread.sum() > MOST_UNREAD * n_given:
        row = int(unread.argmax())
        msg = (
            f"{external.answers}, line {rows[LINE][row]}, column {column!r}: {given[row]!r} is no "
        )
        msg += f"answer to {question.id}, nor are {unread.sum():,} of {n_given:,}; its options are "
        msg += ", ".join(f"{option.value} ({option.label})" for option in question.options)
        raise UserError(
            msg, hint=f"say what they stand for: mapping: recode: {{{question.id}: ...}}"
        )
    known = ~np.isnan(codes)
    nearest = question.values[np.abs(codes[:, None] - question.values).argmin(axis=1)]
    off = known & (codes != nearest)
    status = np.full(len(codes), "valid", dtype=object)
    status[~known] = "malformed"
    counts = Counter(malformed=int(unread.sum()), not_answered=int((~known).sum() - unread.sum()))
    if mapping.get("off_scale", "drop") == "clip":
        codes = np.where(known, nearest, np.nan)
        counts["clipped"] = int(off.sum())
    else:
        codes = np.where(off, np.nan, codes)
        status[off] = "out_of_range"
        counts["out_of_range"] = int(off.sum())
    counts["valid"] = int((status == "valid").sum()) - counts["clipped"]
    return codes, status, counts


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def read_shares(
    rows: pl.DataFrame, columns: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.object_], Counter[str]]:
    """Read answers that are probabilities of options.

    Parameters
    ----------
    rows : DataFrame
        The answers.
    columns : sequence of str
        One an option; an empty cell beside full ones is 0.

    Returns
    -------
    (ndarray of float64, ndarray of float64, ndarray of str, Counter)
        Shares, nan unless valid; what the options hold together; what became of each; counts.
    """
    text = rows.select(columns)
    numbers = text.select(pl.col(columns).cast(pl.Float64, strict=False)).to_numpy()
    blank = text.select(pl.col(columns).is_null()).to_numpy()
    values = np.where(blank, 0.0, numbers)
    total = values.sum(axis=1)
    unanswered = blank.all(axis=1)
    good = np.isfinite(values).all(axis=1) & (values >= 0).all(axis=1) & ~unanswered
    good &= (total > 0) & (total <= MOST_PROBABILITY)
    status = np.where(good, "valid", "malformed").astype(object)
    # ten-thousandths as they were written are kept as they are
    scale = np.where(np.abs(total - 1) <= MOST_PROBABILITY - 1, 1.0, total)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(good[:, None], values / scale[:, None], np.nan)
    counts = Counter(
        valid=int(good.sum()),
        malformed=int((~good & ~unanswered).sum()),
        not_answered=int(unanswered.sum()),
    )
    return shares, np.where(good, np.minimum(total, 1.0), np.nan), status, counts


def read_question(
    question: Question, external: External, rows: pl.DataFrame, respondents: Respondents
) -> Read | None:
    """Read the answers to a question.

    Parameters
    ----------
    question : Question
        What was asked.
    external : External
        The model file.
    rows : DataFrame
        As from `keyed`.
    respondents : Respondents
        Who may have answered.

    Returns
    -------
    Read or None
        None if the file has nothing of it.

    Raises
    ------
    UserError
        If someone has two answers.
    """
    columns = external.answer_columns(question)
    if external.long:
        rows = rows.filter(pl.col(external.mapping["question"]) == external.name_of(question))
    if not rows.height or not set(columns) <= set(rows.columns):
        _refuse_some(question, external, rows, columns)
        return None
    rows = rows.filter(pl.col("who").is_in(respondents.keys))
    double = rows.filter(pl.col("who").is_duplicated())
    if double.height:
        first = double.filter(pl.col("who") == double["who"][0])
        msg = f"{external.answers}, lines {first[LINE][0]} and {first[LINE][1]}: two answers of "
        msg += f"{first['who'][0]!r} to {question.id}"
        raise UserError(
            msg, hint="keep one; several runs are several files, each with its model file"
        )
    n = len(respondents.keys)
    place_of = {key: place for place, key in enumerate(respondents.keys)}
    at = np.array([place_of[key] for key in rows["who"]], dtype=np.int64)
    found = Read(
        np.full((n, question.n_options), np.nan),
        np.full(n, np.nan),
        np.full(n, NOT_ASKED, dtype=object),
    )
    if "answer" in external.mapping:
        codes, status, found.counts = read_codes(question, external, rows, columns[0])
        valid = ~np.isnan(codes)
        shares = np.where(valid[:, None], codes[:, None] == question.values, np.nan)
    else:
        shares, mass, status, found.counts = read_shares(rows, columns)
        found.mass[at] = mass
    found.shares[at], found.status[at] = shares, status
    return found


def _refuse_some(
    question: Question, external: External, rows: pl.DataFrame, columns: Sequence[str]
) -> None:
    """Refuse a question of which some options' columns are there and others are not.

    Raises
    ------
    UserError
        Naming both.
    """
    there = [name for name in columns if name in rows.columns]
    if there and rows.height:
        lacking = next(name for name in columns if name not in rows.columns)
        msg = f"{external.answers}: {question.id} has a column {there[0]!r} and none {lacking!r}"
        raise UserError(msg, hint="every option needs its column; where it has none, write 0")


def question_frame(question: Question, read: Read | None, n: int) -> dict[str, pl.Series]:
    """Return the columns of table RESPONSES of one question.

    Parameters
    ----------
    question : Question
        What was asked.
    read : Read or None
        None if nothing is known of it.
    n : int
        How many respondents there are.

    Returns
    -------
    dict of str to Series
        By the names of `response_rows.question_columns`.
    """
    if read is None:
        read = Read(
            np.full((n, question.n_options), np.nan), np.full(n, np.nan),
            np.full(n, NOT_ASKED, dtype=object),
        )  # fmt: skip
    valid = read.status == "valid"
    chosen = question.values[np.nan_to_num(read.shares, nan=-1).argmax(axis=1)]
    units = np.rint(read.shares * tables.PROBABILITY_UNIT)

    def column(values: NDArray[np.float64], dtype: type[pl.DataType]) -> pl.Series:
        return pl.Series(values, dtype=pl.Float64, nan_to_null=True).cast(dtype)

    values = [
        column(np.where(valid, chosen, np.nan), pl.Int8),
        pl.Series(read.status.tolist(), dtype=pl.String),
        pl.Series((read.status != NOT_ASKED).astype(np.uint8)),
        column(read.mass, pl.Float32),
        *(column(each, pl.UInt16) for each in units.T),
    ]
    return {
        name: each.alias(name)
        for name, each in zip(question_columns(question), values, strict=True)
    }


def read_responses(
    instrument: Instrument, external: External, rows: pl.DataFrame, respondents: Respondents
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Read the answers to an instrument.

    Parameters
    ----------
    instrument : Instrument
        What was asked.
    external : External
        The model file.
    rows : DataFrame
        As from `keyed`.
    respondents : Respondents
        Who answered.

    Returns
    -------
    (DataFrame, list of dict)
        Table RESPONSES, and the rows of EXTERNAL_ANSWERS. An indicator that is computed from other
        answers is computed, unless the file holds it itself and none of those.
    """
    n = len(respondents.keys)
    found = {
        question.id: read_question(question, external, rows, respondents)
        for question in instrument.asked
    }
    # what is computed from other answers is not looked for in the file as well
    taken = [
        question
        for question, rule in instrument.derived
        if not any(found[part] for part in rule.parts)
    ]
    for question in taken:
        found[question.id] = read_question(question, external, rows, respondents)
    columns: dict[str, pl.Series] = {"persona_id": pl.Series(respondents.ids, dtype=pl.UInt32)}
    for question in instrument.asked:
        columns |= question_frame(question, found[question.id], n)
    asked = tables.check(pl.DataFrame(columns), response_table(instrument), instrument.name)
    whole = with_derived(asked, instrument)
    for question in taken:
        whole = whole.with_columns(**question_frame(question, found[question.id], n))
    account = [
        {"instrument": instrument.name, "question": name, **{k: each.counts[k] for k in ACCOUNTED}}
        for name, each in found.items()
        if each is not None
    ]
    return whole, account


def _require_some(account: Sequence[Mapping[str, Any]], external: External) -> None:
    """Refuse a file without a single answer to a question of the study.

    Raises
    ------
    UserError
        Naming the mapping.
    """
    if not sum(row["valid"] + row["clipped"] for row in account):
        msg = f"{external.answers}: no answer to any question of the study can be read"
        raise UserError(msg, hint=f"compare it with the mapping in {external.document.path}")


@command
def main(
    *,
    file: Path,
    answers: Path,
    space: Path,
    instruments: list[Path],
    personas: Path | None = None,
    responses: list[Path],
    account: Path,
) -> None:
    """Read the answers, and write the tables of a model that was asked."""
    external = read_external(file)
    levels = read_space(space)
    rows = keyed(read_rows(answers, external), external, levels)
    study = tables.read(personas, study_tables.PERSONAS) if personas else None
    who = respondents_of(rows, external, levels, study)
    provenance = external_provenance(external, answers)
    found = []
    for source, path in zip(instruments, responses, strict=True):
        instrument = read_instrument(source)
        frame, counted = read_responses(instrument, external, rows, who)
        found += counted
        own = {f"instrument {instrument.name}": content_hash(source)}
        tables.write(frame, path, study_tables.RESPONSES, provenance | own)
    _require_some(found, external)
    accounted = pl.DataFrame(found, schema=dict(study_tables.EXTERNAL_ANSWERS.columns))
    tables.write(accounted, account, study_tables.EXTERNAL_ANSWERS, provenance)
    sums = accounted.select(pl.col(ACCOUNTED).sum()).row(0, named=True)
    LOG.info("%d respondents; answers: %s", len(who.keys), sums)
    if who.ignored:
        LOG.warning("%d rows are of personas that do not take part in the study", who.ignored)


if __name__ == "__main__":
    run(main)
