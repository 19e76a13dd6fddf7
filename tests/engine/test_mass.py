"""Mass: a model that says something else is told from one that answers, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from valuescape.engine import Choice, Chosen, mass
from valuescape.study.templates import Prompt


def asked(form: str) -> Choice:
    return Choice("key", 1, "Q1", Prompt(text="How?"), ("Yes", "No"), form)


def chosen(*probabilities: float, begun: float = np.nan, n_tokens: tuple[int, ...] = (2, 2)):
    with np.errstate(divide="ignore"):
        return Chosen("key", np.log(np.array(probabilities)), n_tokens, begun=begun)


def test_labels_that_hold_next_to_nothing_are_no_answer():
    said = mass.silence([asked("label_token")] * 3, [chosen(0.01, 0.02)] * 3, {})
    assert "the options of 3 questions hold 0.03" in said
    assert not mass.silence([asked("label_token")] * 3, [chosen(0.3, 0.2)] * 3, {})


def test_whole_texts_hold_little_by_nature_and_are_compared_with_another_prompt():
    """Two tokens, e**4 times as likely after the question: two nats a token."""
    answer, elsewhere = chosen(np.exp(-12), np.exp(-12)), chosen(np.exp(-16), np.exp(-16))
    assert mass.gain(answer, elsewhere) == pytest.approx(2.0)
    question = [asked("option_text")]
    assert not mass.silence(question, [answer], {"Q1": elsewhere})
    assert "0.00 nats likelier" in mass.silence(question, [answer], {"Q1": answer})


def test_a_model_that_cannot_begin_as_an_option_does_is_silent():
    said = mass.silence([asked("option_text")], [chosen(1e-9, 1e-9, begun=1e-6)], {})
    assert "begins as one of them does with probability 1e-06" in said
