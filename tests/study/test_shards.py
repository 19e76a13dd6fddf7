"""Shards: every row is in exactly one, and a name says which."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuescape.core.errors import UserError
from valuescape.study.shards import shard_bounds, shard_name, shard_names


@pytest.mark.parametrize(
    ("name", "n", "bounds"),
    [
        ("0001-of-0001", 144, (0, 144)),
        ("0001-of-0128", 93_312, (0, 729)),  # 93,312 = 128 x 729
        ("0128-of-0128", 93_312, (92_583, 93_312)),
        ("0001-of-0003", 10, (0, 3)),  # 10 = 3 + 3 + 4
        ("0002-of-0003", 10, (3, 6)),
        ("0003-of-0003", 10, (6, 10)),
        ("0002-of-0004", 1, (0, 0)),  # more shards than rows: some are empty
    ],
)
def test_bounds_by_hand(name: str, n: int, bounds: tuple[int, int]) -> None:
    assert shard_bounds(name, n) == bounds


@given(count=st.integers(1, 300), n=st.integers(0, 100_000))
def test_every_row_is_in_exactly_one_shard(count: int, n: int) -> None:
    bounds = [shard_bounds(name, n) for name in shard_names(count)]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == n
    assert all(stop == start for (_, stop), (start, _) in pairwise(bounds))
    sizes = [stop - start for start, stop in bounds]
    assert max(sizes) - min(sizes) <= 1


def test_names_sort_in_order_and_carry_the_count() -> None:
    names = shard_names(12)
    assert names == sorted(names)
    assert (names[0], names[6], len(names)) == ("0001-of-0012", "0007-of-0012", 12)


@pytest.mark.parametrize(
    "name", ["7-of-128", "0000-of-0004", "0005-of-0004", "0001-of-0000", "0001-of-0004 ", ""]
)
def test_a_false_name_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="no shard name"):
        shard_bounds(name, 10)


@pytest.mark.parametrize(("index", "count"), [(0, 4), (5, 4), (1, 0), (1, 10_000)])
def test_a_shard_that_cannot_be_has_no_name(index: int, count: int) -> None:
    with pytest.raises(UserError):
        shard_name(index, count)


@pytest.mark.parametrize("count", [0, -1, 10_000])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(UserError, match=f"shards: {count} is not between 1 and 9999"):
        shard_names(count)
