"""Distributions: who belongs to a group, and how its answers are counted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from made_up_answers import instrument, question, responses
from valuescape.answers.distributions import (
    group_labels,
    human_arrays,
    members_of,
    option_columns,
    persona_answers,
    shares_of,
)
from valuescape.core.errors import UserError
from valuescape.humans.tables import HUMANS
from valuescape.stats.emd import grid_of

ASKED = instrument(question("Q1", [1, 2]), question("Q2", [1, 2, 4]))
GRID = grid_of(ASKED)


def test_groups_are_named_as_the_humans_are():
    biographies = pl.DataFrame(
        {"continent": ["Asia", "Asia", None], "settlement": ["urban", None, "rural"]}
    )
    labels = group_labels(biographies, ["continent", "settlement"])
    assert labels.to_list() == ["Asia / urban", None, None]
    members = members_of(labels, ["Africa / urban", "Asia / urban"])
    # a group without personas, its one persona, and last those of no group
    assert [each.tolist() for each in members] == [[], [0], [1, 2]]


def test_answers_are_counted_by_hand():
    shares = {
        "Q1": np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]),
        "Q2": np.array([[0.2, 0.3, 0.5], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    }
    answered = responses(ASKED, shares, {"Q2": ["valid", "refused", "valid"]})
    columns = option_columns(answered, ASKED, "probabilities")
    found = persona_answers(columns, [np.array([0, 1]), np.array([2])], GRID)
    assert found.counts[0, 0, :2].tolist() == pytest.approx([1.5, 0.5])
    assert found.counts[0, 1].tolist() == pytest.approx([0.2, 0.3, 0.5])  # one did not answer
    assert found.n.tolist() == [[2, 1], [1, 1]]
    assert found.squares[0, 0, 0] == pytest.approx(1.25)  # 1 + 0.25
    assert shares_of(found.counts)[0, 0, :2].tolist() == pytest.approx([0.75, 0.25])


def test_variance_is_that_of_the_cumulative_shares():
    rng = np.random.default_rng(3)
    shares = {q.id: rng.dirichlet(np.ones(q.n_options), 40) for q in ASKED.questions}
    columns = option_columns(responses(ASKED, shares), ASKED, "probabilities")
    found = persona_answers(columns, [np.arange(40)], GRID)
    single = np.zeros((1, 2, 2))
    below = np.cumsum(np.round(shares["Q2"], 4), axis=1)[:, :2]
    expected = below.var(axis=0, ddof=1) / 40
    assert found.variance(single)[0, 1] == pytest.approx(expected, rel=1e-2)


def test_humans_become_arrays_in_alphabetical_order():
    rows = [
        ("continent", group, "Q1", option, share, 10.0, 8.0, 2)
        for group, shares in (("Europe", (0.25, 0.75)), ("Asia", (1.0, 0.0)))
        for option, share in zip((1, 2), shares, strict=True)
    ]
    humans = pl.DataFrame(rows, schema=dict(HUMANS.columns), orient="row")
    found = human_arrays(humans, "continent", GRID)
    assert found.groups == ("Asia", "Europe")
    assert found.shares[:, 0, :2].tolist() == [[1.0, 0.0], [0.25, 0.75]]
    assert np.isnan(found.shares[:, 1]).all()  # nobody was asked Q2
    assert found.n_respondents.tolist() == [[10, 0], [10, 0]]
    assert found.taken([1]).groups == ("Europe",)
    with pytest.raises(UserError, match="no grouping 'country'"):
        human_arrays(humans, "country", GRID)
