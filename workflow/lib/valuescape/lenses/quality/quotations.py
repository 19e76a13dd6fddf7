"""Quotations: biographies that repeat a statement of a configuration word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace, Variable

RUN = 5
"""Words in a row that make a quotation; all words of a shorter statement."""


def bare(texts: pl.Series) -> pl.Series:
    """Return texts in small letters, each word set apart by one space, without punctuation."""
    words = texts.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}'-]+", " ")
    return pl.select(pl.concat_str(pl.lit(" "), words.str.strip_chars(), pl.lit(" "))).to_series()


def runs_of(variable: Variable) -> list[list[str]]:
    """Return the runs of words that tell each level from the others.

    Parameters
    ----------
    variable : Variable
        Of the persona space.

    Returns
    -------
    list of list of str
        By level, as they stand in a bare text. Runs of several levels tell none of them.
    """
    words = [each.split() for each in bare(pl.Series([v.wording for v in variable.levels]))]
    found = [
        {f" {' '.join(own[start : start + RUN])} " for start in range(max(1, len(own) - RUN + 1))}
        for own in words
    ]
    return [
        sorted(own - set().union(*(other for other in found if other is not own))) for own in found
    ]


def quoted_levels(texts: pl.Series, space: PersonaSpace) -> list[NDArray[np.bool_]]:
    """Return which statements each text repeats.

    Parameters
    ----------
    texts : Series of String, length n
        Biographies.
    space : PersonaSpace
        The variables.

    Returns
    -------
    list of ndarray of bool, shape (n, n_levels)
        One a variable.
    """
    compared = bare(texts)
    return [
        np.column_stack(
            [
                compared.str.contains_any(runs).to_numpy() if runs else np.zeros(len(texts), bool)
                for runs in runs_of(variable)
            ]
        )
        for variable in space.variables
    ]
