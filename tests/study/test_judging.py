"""Judging: what a judge is asked holds every level once, and that the text does not say."""

from __future__ import annotations

from pathlib import Path

from valuescape.study.judging import instrument_of
from valuescape.study.space import read_space

SPACE = read_space(Path(__file__).parents[2] / "config/persona_space.yaml")


def test_a_judge_is_asked_each_variable_by_its_levels_in_order():
    asked = instrument_of(SPACE, "Which fits?", "The text does not tell.")
    assert [question.id for question in asked.questions] == [each.name for each in SPACE.variables]
    for question, variable in zip(asked.questions, SPACE.variables, strict=True):
        assert question.text == "Which fits?"
        words = [option.label for option in question.options]
        assert words == [*(level.wording for level in variable.levels), "The text does not tell."]
        # the judged level is the option's value less one
        assert [int(option.value) for option in question.options] == list(range(1, len(words) + 1))
