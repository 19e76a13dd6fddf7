"""Joint transport: only whole persons show answers that do not go together."""

from __future__ import annotations

import numpy as np
import pytest

from made_up_answers import instrument, question, responses
from valuescape.core import tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.joint_transport import (
    group_rows,
    persona_vectors,
    transport_measures,
    transport_table,
)
from valuescape.stats.resampling import Draws


def test_measures_of_two_persons_by_hand():
    first, second = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    # each question has one 0 and one 1 on both sides; any match of persons costs a half
    assert transport_measures(first, second, 1)[:3] == pytest.approx([0.5, 0.0, 0.5])


def test_only_whole_persons_show_answers_that_do_not_go_together():
    rng = np.random.default_rng(3)
    trait = rng.random((2000, 1))
    humans = (rng.random((2000, 8)) < trait).astype(float)
    # the same answers to every question, dealt to other persons
    dealt = rng.permuted(humans, axis=0)[:400]
    of = {row[1]: row for row in group_rows("all", dealt, humans, Draws(4, 1))}
    same = {row[1]: row for row in group_rows("all", humans[:400], humans[400:], Draws(4, 1))}
    for measure, above in (("dependence_gap", 6), ("joint", 6)):
        assert of[measure][above] > 0.03
        assert abs(same[measure][above]) < 0.01
    assert abs(of["marginal"][6]) < 0.01  # no single question shows it
    assert group_rows("a", dealt[:20], humans, Draws(4, 1)) == []


def test_persons_with_an_open_answer_are_left_out():
    rng = np.random.default_rng(4)
    personas, humans = rng.random((120, 3)), rng.random((300, 3))
    personas[:10, 0] = np.nan
    of = np.repeat(["Asia", ""], [80, 40]), np.repeat(["Asia", "Europe"], [200, 100])
    found = transport_table((personas, of[0]), (humans, of[1]), Draws(2, 1))
    tables.check(found, alignment_tables.JOINT_TRANSPORT, "the test")
    assert dict(found.select("group", "n").rows()) == {"all": 110, "Asia": 70}


def test_one_option_is_drawn_from_probabilities():
    asked = instrument(question("Q", (1, 2, 5)))
    answered = responses(asked, {"Q": np.tile([0.25, 0.0, 0.75], (4000, 1))})
    points = persona_vectors(answered, asked, "probabilities", np.random.default_rng(1))
    assert set(points[:, 0]) == {0.0, 1.0}
    assert points.mean() == pytest.approx(0.75, abs=0.02)
