"""Contradictions of texts: each reader has its marks, and what no text tells says so."""

from __future__ import annotations

from drawn_figures import drawn, inputs_of
from valuescape.figures import text_contradictions
from valuescape.figures.draw import call_with


def test_a_judge_is_shown_where_there_is_one():
    for n, readers in ((144, 1), (2000, 2)):
        marks = call_with(text_contradictions.plotted, inputs_of("text_contradictions", n))
        assert marks["reader"].drop_nulls().n_unique() == readers


def test_what_the_texts_do_not_tell_is_said():
    panel = drawn("text_contradictions", 144).axes[1]
    assert [text.get_text() for text in panel.texts] == ["text does not tell"] * 2
