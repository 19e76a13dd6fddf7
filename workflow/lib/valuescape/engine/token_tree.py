"""Options as a tree of tokens: what to ask so that every option's probability is known exactly.

An option's log-probability is the sum of those of its tokens, each after the ones before it.
Options that begin alike share these steps, so that one question a branch suffices.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Beginning = tuple[int, ...]


def prefix_free(sequences: Sequence[Sequence[int]]) -> bool:
    """Return whether no sequence is the beginning of another, or the same.

    Parameters
    ----------
    sequences : sequence of sequence of int
        Tokens of each option.

    Returns
    -------
    bool
        True if the options exclude one another.
    """
    ordered = sorted(map(list, sequences))
    return all(
        after[: len(before)] != before for before, after in itertools.pairwise(ordered)
    ) and all(ordered)


def branches(options: Sequence[Sequence[int]]) -> dict[Beginning, list[int]]:
    """Return the beginnings of the options, and the tokens that may follow each.

    Parameters
    ----------
    options : sequence of sequence of int
        Tokens of each option.

    Returns
    -------
    dict of tuple of int to list of int
        The shortest beginning, (), first.

    Examples
    --------
    >>> branches([[1, 2], [1, 3], [4]])
    {(): [1, 4], (1,): [2, 3]}
    """
    following: dict[Beginning, list[int]] = {}
    for tokens in options:
        for place, token in enumerate(tokens):
            known = following.setdefault(tuple(tokens[:place]), [])
            if token not in known:
                known.append(token)
    return dict(sorted(following.items(), key=lambda entry: (len(entry[0]), entry[0])))


def bundles(
    tree: Mapping[Beginning, list[int]], most_tokens: int
) -> Iterator[tuple[list[Beginning], list[int]]]:
    """Yield the beginnings in bundles that together ask for a bounded number of tokens.

    Parameters
    ----------
    tree : mapping
        As `branches` gives it.
    most_tokens : int
        Different tokens of a bundle at most; a single beginning may have more.

    Yields
    ------
    list of tuple of int
        Beginnings.
    list of int
        The tokens that may follow any of them.
    """
    bundle: list[Beginning] = []
    wanted: dict[int, None] = {}
    for beginning, tokens in tree.items():
        if bundle and len({*wanted, *tokens}) > most_tokens:
            yield bundle, list(wanted)
            bundle, wanted = [], {}
        bundle.append(beginning)
        wanted.update(dict.fromkeys(tokens))
    if bundle:
        yield bundle, list(wanted)


def log_probability(tokens: Sequence[int], steps: Mapping[Beginning, Mapping[int, float]]) -> float:
    """Return the log-probability of an option.

    Parameters
    ----------
    tokens : sequence of int
        The option.
    steps : mapping
        Beginning to token to log-probability.

    Returns
    -------
    float
        Natural logarithm.
    """
    return math.fsum(steps[tuple(tokens[:place])][token] for place, token in enumerate(tokens))
