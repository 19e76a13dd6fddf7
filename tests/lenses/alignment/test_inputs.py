"""Inputs: how answers are counted by group, and drawn."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import made_up_groups as groups
from made_up_answers import responses
from valuescape.answers.distributions import (
    members_of,
    option_columns,
    persona_answers,
    shares_of,
)
from valuescape.lenses.alignment.inputs import GroupedPersonas, count_answers, resampled_counts
from valuescape.stats.resampling import Draws


def random_choices(rng, n):
    """Return responses of n personas who each choose an option at random."""
    answers = {
        q.id: np.eye(q.n_options)[rng.integers(0, q.n_options, n)]
        for q in groups.INSTRUMENT.questions
    }
    return responses(groups.INSTRUMENT, answers, {"Q2": ["refused", *["valid"] * (n - 1)]})


def test_chosen_options_are_counted_as_their_columns_are():
    rng = np.random.default_rng(8)
    answered = random_choices(rng, 50)
    continents = pl.Series(
        "continent", [("North", "South", None)[k] for k in rng.integers(0, 3, 50)]
    )
    personas = GroupedPersonas(
        continents.to_frame(), groups.INSTRUMENT, ["continent"], "modal", Draws(9, 1)
    )
    members = members_of(continents, groups.GROUPS)
    columns = option_columns(answered, groups.INSTRUMENT, "modal")
    found, drawn = count_answers(answered, columns, members, personas)
    expected = persona_answers(columns, members, groups.GRID)
    assert (found.counts == expected.counts).all()
    assert (found.squares == expected.squares).all()
    # the groups, of which East has no persona, and last those of no group
    assert found.n[:, 0].tolist() == [len(rows) for rows in members]
    assert (drawn.sum(axis=-1)[:, :, 0] == found.n[:, 0]).all()


def test_resampled_personas_spread_as_multinomial():
    columns = option_columns(
        random_choices(np.random.default_rng(1), 60), groups.INSTRUMENT, "modal"
    )
    members = [np.arange(60), np.arange(0)]
    drawn = resampled_counts(columns, members, groups.GRID, Draws(4000, 1))
    assert drawn.shape == (4000, 2, 3, 4)
    shares = shares_of(drawn)
    assert np.isnan(shares[:, 1]).all()
    observed = columns[:, :3].mean(axis=0)
    assert drawn[:, 0, 0, :3].mean(axis=0) == pytest.approx(60 * observed, rel=0.03)
    spread = np.sqrt(observed * (1 - observed) / 60)
    assert shares[:, 0, 0, :3].std(axis=0) == pytest.approx(spread, rel=0.06)
