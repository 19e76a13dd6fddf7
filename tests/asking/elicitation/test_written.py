"""Modes sampled and reasoned: options written by the model, after its reasoning or at once."""

from __future__ import annotations

import numpy as np
import pytest

from made_up_plan import IDS, IW, ask, plan_of
from valuescape.asking.elicitation.written import Turn, answering, first


@pytest.mark.long
@pytest.mark.parametrize("order", ["forward", "reversed"])
@pytest.mark.parametrize("mode", ["sampled", "battery", "reasoned"])
def test_sampled_answers_follow_the_planted_distributions(mode, order):
    answers, engine = ask(mode, option_order=order)
    for question in IW.asked:
        expected = np.mean(
            [np.exp(engine.log_shares(number, question.id, question.n_options)) for number in IDS],
            axis=0,
        )
        drawn = np.bincount(
            [answers[number, question.id].option for number in IDS], minlength=question.n_options
        )
        # four standard deviations of a share of one half
        assert drawn / len(IDS) == pytest.approx(expected, abs=4 * 0.5 / len(IDS) ** 0.5)


def test_an_answer_is_asked_for_after_what_was_thought():
    plan, _ = plan_of("reasoned", ids=[7], reasoning_tokens=40)
    question = IW.questions[0]
    thinking = first(plan, 7, IW, question)
    assert (thinking.kind, thinking.pattern, thinking.sampling.max_tokens) == ("reasoning", "", 40)
    turn = Turn(7, "iw", question.id, 1, reasons=True)
    asked = answering(plan, turn, IW, question, " I think so. \n")
    assert asked.prompt.text.startswith(f"{thinking.prompt.text} I think so.\n")
    assert asked.key == Turn(7, "iw", question.id, 1, reasons=False)
    assert asked.kind == "answer"


def test_every_attempt_has_a_seed_of_its_own():
    plan, _ = plan_of("sampled", ids=[7])
    seeds = {first(plan, 7, IW, IW.questions[0], attempt).seed for attempt in (1, 2, 3)}
    assert len(seeds) == 3
    assert first(plan, 7, IW, IW.questions[0]).seed in seeds
