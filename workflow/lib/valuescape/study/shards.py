"""Shards: even, contiguous parts of the personas; the name of a shard carries their count."""

from __future__ import annotations

import re

from valuescape.core.errors import UserError

SHARD_NAME = re.compile(r"([0-9]{4})-of-([0-9]{4})")
MOST_SHARDS = 9999


def shard_name(index: int, count: int) -> str:
    """Return the name of a shard, such as ``0007-of-0128``.

    Parameters
    ----------
    index : int
        Which shard, in [1, count].
    count : int
        How many there are, in [1, 9999].

    Returns
    -------
    str
        Four digits, ``-of-``, four digits: names sort in order.

    Raises
    ------
    UserError
        If there is no such shard.
    """
    if not 1 <= count <= MOST_SHARDS:
        msg = f"shards: {count} is not between 1 and {MOST_SHARDS}"
        raise UserError(msg, hint="set `shards` in the study's config")
    if not 1 <= index <= count:
        msg = f"there is no shard {index} of {count}"
        raise UserError(msg, hint=f"shards are counted from 1 to {count}")
    return f"{index:04d}-of-{count:04d}"


def shard_names(count: int) -> list[str]:
    """Return the names of all shards, in order.

    Parameters
    ----------
    count : int
        How many there are, in [1, 9999].

    Returns
    -------
    list of str
        `count` names.
    """
    return [shard_name(index, count) for index in range(1, max(count, 1) + 1)]


def shard_bounds(name: str, n: int) -> tuple[int, int]:
    """Return which rows of a table of personas belong to a shard.

    Parameters
    ----------
    name : str
        Name of the shard.
    n : int
        Number of rows, at least 0.

    Returns
    -------
    start, stop : int
        First row of the shard, and the row after its last. The shards of one count cover each
        row once and differ by at most one row; with more shards than rows some are empty.

    Raises
    ------
    UserError
        If it is no name of a shard.

    Examples
    --------
    >>> shard_bounds("0007-of-0128", 93_312)
    (4374, 5103)
    """
    found = SHARD_NAME.fullmatch(name)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        msg = f"no shard name: {name!r}"
        raise UserError(msg, hint="a name looks like '0007-of-0128', counted from 1")
    index, count = int(found[1]), int(found[2])
    return (index - 1) * n // count, index * n // count
