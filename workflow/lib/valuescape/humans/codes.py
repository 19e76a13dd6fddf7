"""Survey codes: from the numbers in a survey file to answers, levels and names, or to null.

A code is an answer, a missing code, or unknown. An unknown code is an error. Sources:
codebooks of WVS wave 7 (doi:10.14281/18241.24) and of the integrated EVS/WVS trend file; the two
indices by the definitions of the World Values Survey Association.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from valuescape.study.space import Variable

logger = logging.getLogger(__name__)

# Two people may give the same answers to ten questions, hardly to so many and with one weight.
_ENOUGH_TO_KNOW = 40

# Do not know, no answer, not applicable, not asked, not available.
MISSING = frozenset(range(-5, 0))
# The trend file's EVS rows have further ones (multiple answers, not followed up, ...).
MISSING_IN_TREND = frozenset(range(-10, 0))
# Y003 itself runs from -2 to 2, so that only what lies below can be missing.
MISSING_AUTONOMY = frozenset(range(-10, -2))
# National pride, "I am not of that nationality": an answer, but no grade of pride.
UNGRADED = {"G006": frozenset({5})}
# Four-item index: order in the nation and fighting prices, against a say and free speech.
MATERIALIST, POSTMATERIALIST = (1, 3), (2, 4)


def checked_codes(
    column: pl.Series, valid: Collection[int], missing: Collection[int], path: Path
) -> pl.Series:
    """Return the answers among the codes of a column.

    Parameters
    ----------
    column : Series of float
        Codes as they stand in the file; null is missing.
    valid, missing : collection of int
        Codes that are answers, and codes that say that there is none.
    path : Path
        The file, for the message.

    Returns
    -------
    Series of int16
        Null where there is no answer.

    Raises
    ------
    UserError
        If a code is neither.
    """
    strange = column.is_not_null() & ~column.is_in([float(code) for code in (*valid, *missing)])
    if strange.any():
        row = strange.arg_max() or 0
        msg = f"{path}: column {column.name!r}, respondent {row + 1}: {column[row]:g} is none of "
        msg += f"its codes ({int(strange.sum())} such in the column)"
        hint = f"its codes are {_listed(valid)}, and {_listed(missing)} for no answer; take the "
        raise UserError(msg, hint=f"{hint}official file, unchanged")
    return column.set(~column.is_in([float(code) for code in valid]), None).cast(pl.Int16)


def _listed(codes: Collection[int]) -> str:
    ordered = sorted(codes)
    low, high = ordered[0], ordered[-1]
    if ordered == list(range(low, high + 1)):
        return f"{low} to {high}"
    return ", ".join(str(code) for code in ordered)


def refuse_doubled(frame: pl.DataFrame, within: list[str], number: str, path: Path) -> None:
    """Refuse a file in which a respondent stands twice.

    Parameters
    ----------
    frame : DataFrame
        Columns of the file.
    within : list of str
        Columns within which a respondent's number is given once, such as the country.
    number : str
        The column of the respondent's number. Without it, or where it is not above 0, whole rows
        are compared.
    path : Path
        The file, for the message.

    Raises
    ------
    UserError
        If one does.
    """
    rows = frame.with_row_index("respondent", offset=1)
    what, keys = (
        "the same answers to everything",
        [name for name in frame.columns if name != number],
    )
    if number in frame.columns:
        rows = rows.filter(pl.col(number) > 0)
        what, keys = f"the number {number}", [*within, number]
    elif len(keys) < _ENOUGH_TO_KNOW:
        return
    double = rows.filter(pl.struct(keys).is_duplicated()).sort(*keys, "respondent")
    if double.height:
        one, other = double["respondent"][:2]
        msg = f"{path}: respondents {one} and {other} have {what} "
        msg += f"({double.height - double.n_unique(keys)} rows are repeated)"
        raise UserError(msg, hint="take the file as it was downloaded; was it joined with itself?")


def postmaterialism(first: pl.Series, second: pl.Series) -> pl.Series:
    """Return the four-item index of post-materialism (Y002).

    Parameters
    ----------
    first, second : Series of int
        Most and next important aim, 1 to 4: order, a say, prices, free speech.

    Returns
    -------
    Series of int16
        1 if both are order or prices, 3 if both are a say or free speech, else 2; null if one is.
    """
    n_postmaterialist = first.is_in(POSTMATERIALIST).cast(pl.Int16) + second.is_in(
        POSTMATERIALIST
    ).cast(pl.Int16)
    return n_postmaterialist + 1


def autonomy(
    independence: pl.Series, determination: pl.Series, faith: pl.Series, obedience: pl.Series
) -> pl.Series:
    """Return the index of autonomy (Y003): what children should learn.

    Parameters
    ----------
    independence, determination, faith, obedience : Series of int
        1 if the quality was mentioned; 2 (WVS wave 7) or 0 (trend file) if not.

    Returns
    -------
    Series of int16
        -2 to 2: the first two mentioned less the last two; null if one is.
    """
    mentioned = [
        (quality == 1).cast(pl.Int16) for quality in (independence, determination, faith, obedience)
    ]
    return mentioned[0] + mentioned[1] - mentioned[2] - mentioned[3]


def answer_codes(variable: Variable) -> frozenset[int]:
    """Return the codes that are answers to a cultural variable.

    Parameters
    ----------
    variable : Variable
        Of the persona space.

    Returns
    -------
    frozenset of int
        Those of its levels, and those that fall in no level.
    """
    graded = {code for level in variable.levels for code in level.codes}
    return frozenset(graded | UNGRADED.get(variable.ivs, frozenset()))


def levels_of(codes: pl.Series, variable: Variable) -> pl.Series:
    """Return the level that each code falls in.

    Parameters
    ----------
    codes : Series of int
        Answers to the variable.
    variable : Variable
        Of the persona space.

    Returns
    -------
    Series of int8
        From 0; null where there is no answer, or one that falls in no level.
    """
    level = {code: number for number, each in enumerate(variable.levels) for code in each.codes}
    return codes.replace_strict(level, default=None, return_dtype=pl.Int8).alias(variable.name)


def named(column: pl.Series, names: Mapping[int, str], path: Path) -> pl.Series:
    """Return the names of codes.

    Parameters
    ----------
    column : Series of float
        Codes as they stand in the file.
    names : mapping of int to str
        The name of each code.
    path : Path
        The file, for the message.

    Returns
    -------
    Series of str
        Null where there is no answer.
    """
    codes = checked_codes(column, names, MISSING, path)
    return codes.replace_strict(names, default=None, return_dtype=pl.String)


def country_names(column: pl.Series, countries: pl.DataFrame, path: Path) -> pl.Series:
    """Return the names of country numbers.

    Parameters
    ----------
    column : Series of float
        ISO 3166-1 numbers, or the survey's own.
    countries : DataFrame with country, iso_numeric
        The countries known here.
    path : Path
        The file, for the message.

    Returns
    -------
    Series of str
        No null.

    Raises
    ------
    UserError
        If a number is unknown, or none stands there.
    """
    names = dict(countries.select("iso_numeric", "country").iter_rows())
    found = column.replace_strict(names, default=None, return_dtype=pl.String)
    if found.null_count():
        row = found.is_null().arg_max() or 0
        number = "nothing" if column[row] is None else f"{column[row]:g}"
        msg = f"{path}: column {column.name!r}, respondent {row + 1}: {number} is no known country"
        hint = "the numbers known stand in config/reference/countries.csv; a further country of the"
        raise UserError(msg, hint=f"{hint} survey needs a line there")
    return found


def positive_weights(column: pl.Series, path: Path) -> pl.Series:
    """Return the weights of respondents.

    Parameters
    ----------
    column : Series of float
        Weights as they stand in the file; 0 and missing codes give none.
    path : Path
        The file, for the message.

    Returns
    -------
    Series of float64
        Null where there is none, so that the respondent cannot be counted.

    Raises
    ------
    UserError
        If a weight is negative, or nobody has one.
    """
    wrong = (column < 0) & ~column.is_in([float(code) for code in MISSING_IN_TREND])
    if wrong.any():
        row = wrong.arg_max() or 0
        msg = f"{path}: column {column.name!r}, respondent {row + 1}: a weight of {column[row]:g}"
        raise UserError(msg, hint="weights are above 0; take the official file, unchanged")
    weights = column.set(~(column > 0), None)
    n_without = weights.null_count()
    if n_without == weights.len():
        msg = f"{path}: column {column.name!r} holds no weight above 0"
        raise UserError(msg, hint="take the official file, unchanged")
    if n_without:
        logger.warning("left out: %d respondents without a weight in %s", n_without, column.name)
    return weights
