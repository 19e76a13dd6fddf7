"""Mass: whether a model answers, or only lets options be read off."""

from __future__ import annotations

import numpy as np
import pytest

from valuescape.engine import Choice, Chosen
from valuescape.engine.mass import gain, masses, silence, unrelated
from valuescape.study.templates import Prompt


def answered(*values, begun=np.nan) -> Chosen:
    return Chosen("Q1", np.log(values), (1, 2), begun=begun)


def asked(form) -> list[Choice]:
    return [Choice("Q1", 1, "Q1", Prompt(text="You:"), (" A", " B"), form)]


def test_the_mass_is_what_the_options_hold_together():
    nothing = Chosen("Q1", np.full(2, np.nan))
    assert masses([answered(0.2, 0.3), nothing]) == pytest.approx([0.5])


def test_the_gain_is_a_mean_over_options_a_token():
    # ln 4 on one token, and ln 16 on two
    assert gain(answered(0.4, 0.16), answered(0.1, 0.01)) == pytest.approx(np.log(4))


def test_labels_must_hold_enough():
    assert silence(asked("label_token"), [answered(0.05, 0.06)], {}) == ""
    told = silence(asked("label_token"), [answered(0.05, 0.03)], {})
    assert "hold 0.08 of its probability (median), where 0.1 is the least" in told
    assert silence(asked("label_token"), [answered(0.05, 0.03)], {}, least_mass=0.01) == ""


def test_whole_texts_hold_little_but_must_be_begun_and_belong_to_their_question():
    texts, elsewhere = asked("option_text"), {"Q1": answered(1e-9, 1e-9)}
    assert silence(texts, [answered(1e-6, 1e-6, begun=0.002)], elsewhere) == ""
    assert "begins as one of them does with probability 1e-06" in silence(
        texts, [answered(1e-6, 1e-6, begun=1e-6)], elsewhere
    )
    alike = {"Q1": answered(1e-6, 1e-6)}
    assert "is 0.00 nats likelier" in silence(texts, [answered(1e-6, 1e-6, begun=0.1)], alike)
    assert silence(texts, [answered(0.1, 0.2)], alike) == ""


def test_an_unrelated_prompt_is_in_the_models_layout():
    assert unrelated({"layout": "interview"}).text.endswith("You:")
    assert unrelated({"layout": "chat", "prefill": "So: "}).prefill == "So: "
