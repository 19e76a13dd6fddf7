"""Answers: from wide responses to probabilities and expected values."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from made_up_answers import instrument, question, responses
from valuescape.answers.expected import (
    drawn_values,
    expected_values,
    outcome_counts,
    probabilities,
    require_same_personas,
)
from valuescape.core.errors import UserError
from valuescape.stats.resampling import Draws

Q = question("Q1", (1, 2, 3))
ASKED = instrument(Q)
SHARES = {"Q1": np.array([[0.2, 0.2, 0.4], [0.0, 1.0, 0.0], [0.6, 0.3, 0.1]])}


def test_probabilities_are_renormalised_and_nan_where_not_valid():
    answered = responses(ASKED, SHARES, {"Q1": ["valid", "valid", "refused"]})
    found = probabilities(answered, Q, "probabilities")
    # 0.2, 0.2, 0.4 of a mass of 0.8 that fell on options
    assert found[:2] == pytest.approx(np.array([[0.25, 0.25, 0.5], [0, 1, 0]]))
    assert np.isnan(found[2]).all()


def test_chosen_option_alone():
    answered = responses(ASKED, SHARES, {"Q1": ["valid", "valid", "truncated"]})
    found = probabilities(answered, Q, "chosen")
    assert found[:2].tolist() == [[0, 0, 1], [0, 1, 0]]
    assert np.isnan(found[2]).all()


def test_expected_values_are_on_the_survey_scale():
    answered = responses(ASKED, SHARES)
    # 0.25 * 1 + 0.25 * 2 + 0.5 * 3 = 2.25; 2; 0.6 + 0.6 + 0.3 = 1.5
    found = expected_values(answered, ASKED, "probabilities")
    assert found == pytest.approx(np.array([[2.25], [2.0], [1.5]]))


def test_every_row_is_counted_under_one_outcome():
    answered = responses(ASKED, SHARES, {"Q1": ["valid", "malformed", "out_of_range"]})
    assert outcome_counts(answered, "Q1") == {
        "valid": 1, "refused": 0, "malformed": 1, "truncated": 0, "out_of_range": 1, "not_asked": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.lit("lost").alias("Q1_status"), "status 'lost' is none of valid"),
        (pl.col("^Q1_p.$") * 0, "no option probabilities"),
    ],
)
def test_what_cannot_be_read_is_refused(change, message):
    answered = responses(ASKED, SHARES).with_columns(change)
    with pytest.raises(UserError, match=message):
        probabilities(answered, Q, "probabilities")


def test_unasked_question_and_other_personas_are_refused():
    answered = responses(ASKED, SHARES)
    with pytest.raises(UserError, match="no column 'Q2_status'"):
        probabilities(answered, question("Q2", (1, 2)), "chosen")
    with pytest.raises(UserError, match="different personas"):
        require_same_personas(answered, answered.head(2), "one and another")


def test_personas_read_as_individuals_answer_as_their_distributions_say():
    """Referee B2: one option is drawn of each distribution, several times, from a seed."""
    many = {"Q1": np.tile(SHARES["Q1"], (2000, 1))}
    answered = responses(ASKED, many, {"Q1": ["valid", "valid", "refused"] * 2000})
    readings = np.stack(list(drawn_values(answered, ASKED, "probabilities", Draws(20, 1))))
    assert readings.shape == (20, 6000, 1)
    assert np.isnan(readings[:, 2::3]).all()
    first = readings[:, 0::3]
    counts = [(first == value).mean() for value in (1, 2, 3)]
    assert counts == pytest.approx([0.25, 0.25, 0.5], abs=0.01)
    assert (readings[:, 1::3] == 2).all()
    assert not (readings[0] == readings[1]).all()
    again = np.stack(list(drawn_values(answered, ASKED, "probabilities", Draws(20, 1))))
    assert np.array_equal(readings, again, equal_nan=True)


def test_chosen_options_are_the_answers_of_individuals_already():
    answered = responses(ASKED, SHARES)
    (only,) = drawn_values(answered, ASKED, "modal", Draws(20, 1))
    assert only.tolist() == expected_values(answered, ASKED, "modal").tolist()
