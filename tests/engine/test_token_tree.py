"""Options as a tree of tokens: every option's probability from one question a branch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuescape.engine.token_tree import branches, bundles, log_probability, prefix_free


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([[1], [2], [3]], True),
        ([[1, 2], [1, 3]], True),
        ([[2, 1], [1]], True),
        ([[1, 2, 3], [1, 3], [1, 2]], False),  # the last begins the first
        ([[1, 2], [1, 2]], False),  # the same twice
        ([[1], []], False),  # nothing begins everything
        ([[]], False),  # and cannot be said
    ],
)
def test_prefix_free_by_hand(options, expected):
    assert prefix_free(options) is expected


tokens = st.lists(st.integers(0, 2), max_size=4)


@given(st.lists(tokens, min_size=1, max_size=5))
def test_prefix_free_compares_every_two_options(options):
    free = all(
        second[: len(first)] != first
        for i, first in enumerate(options)
        for j, second in enumerate(options)
        if i != j
    )
    assert prefix_free(options) == (free and [] not in options)


@given(st.lists(tokens.filter(bool), min_size=1, max_size=5), st.integers(1, 4))
def test_bundles_hold_every_beginning_once_and_few_tokens(options, most):
    tree = branches(options)
    found = list(bundles(tree, most))
    assert [beginning for bundle, _ in found for beginning in bundle] == list(tree)
    for bundle, wanted in found:
        assert set(wanted) == {token for beginning in bundle for token in tree[beginning]}
        assert len(wanted) <= most or len(bundle) == 1


def test_the_probabilities_of_all_options_are_those_of_their_steps():
    generator = np.random.default_rng(1)
    options = [[0], [1, 0], [1, 1, 0], [1, 1, 1]]
    steps = {}
    for beginning, following in branches(options).items():
        shares = generator.dirichlet(np.ones(len(following)))
        steps[beginning] = dict(zip(following, np.log(shares), strict=True))
    # the options are the leaves of a whole tree, so that their probabilities sum to one
    assert sum(math.exp(log_probability(each, steps)) for each in options) == pytest.approx(1)
