"""Guard: a shard of which hardly an answer is valid stops early."""

from __future__ import annotations

import itertools

import pytest

from valuescape.asking.guard import enough_valid
from valuescape.core.errors import UserError


def judged(statuses, least=0.5):
    return list(enough_valid(statuses, str, least, "biographies"))


def test_a_shard_goes_on_while_enough_is_valid():
    mixed = list(itertools.islice(itertools.cycle(["valid", "refused"]), 100))
    assert judged(mixed) == mixed
    hopeless = ["malformed"] * 100
    assert judged(hopeless, least=0.0) == hopeless
    assert judged(hopeless[:19]) == hopeless[:19]  # too few to judge


@pytest.mark.parametrize("n_valid_first", [0, 9, 15])
def test_it_stops_where_too_little_is_valid_and_says_what_became_of_it(n_valid_first):
    coming = iter(["valid"] * n_valid_first + ["truncated"] * 1000)
    with pytest.raises(UserError, match=r"of the first .* biographies fewer are valid than 0.5"):
        judged(coming)
    assert sum(1 for _ in coming) >= 960  # of which the others were never asked
