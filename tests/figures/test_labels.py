"""Labels: every question, variable and level has one that fits."""

from __future__ import annotations

from drawn_figures import CONFIG, SPACE, WVB
from valuescape.figures import labels
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space


def test_every_question_variable_and_level_has_a_label_that_fits():
    for question in read_instrument(WVB).questions:
        assert question.id in labels.QUESTIONS
        assert len(labels.question_label(question)) <= labels.LONGEST
    frame = labels.level_frame(read_space(SPACE))
    assert frame.height == 32
    assert frame["row"].to_list() == list(range(32))
    other = labels.level_frame(read_space(CONFIG / "persona_space_autonomy4.yaml"))
    for column in ("variable_label", "level_label"):
        assert frame[column].str.len_chars().max() <= labels.LONGEST
        assert other[column].str.len_chars().max() <= labels.LONGEST
    assert not any("…" in label for label in frame["level_label"])


def test_a_long_text_is_cut():
    assert labels.cut("a" * labels.LONGEST) == "a" * labels.LONGEST
    assert labels.cut("ab " * 20) == ("ab " * 11).rstrip() + "…"
