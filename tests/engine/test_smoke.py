"""Before a shard is spent: a model that does not answer in its form is refused."""

from __future__ import annotations

import numpy as np
import pytest

from valuescape.engine import Chosen, Usage, Written
from valuescape.engine.harmony import HarmonyRendering
from valuescape.engine.mass import unrelated
from valuescape.engine.smoke import UnsoundError, checked
from valuescape.study.models import Model

HARMONY = {"date": "2025-06-28", "effort": "low"}


def model(form: str = "label_token", **keys: object) -> Model:
    answer = {"form": form, "layout": "chat"}
    return Model("small", "Small", "vllm", {}, answer=answer, **keys)


class Engine:
    """An engine that says what it is told to."""

    def __init__(self, text="Yes", *, finished=True, values=(-1.0, -2.0), channels="", apart=0.0):
        self.text, self.finished, self.values = text, finished, np.array(values)
        self.apart = apart
        self.channels = channels
        self.usage = Usage(seconds_load=3.0, device="cpu", versions={"vllm": "1"})

    def labels(self, n_options):
        return ("A", "B")[:n_options]

    def write(self, requests):
        request = requests.take()
        self.usage.n_requests += 1
        self.usage.seconds_ask += 2.0
        yield Written(request.key, self.text, self.finished, 1)

    def choose(self, requests):
        for request in requests:
            apart = self.apart if request.prompt == unrelated(model().answer) else 0.0
            yield Chosen(request.key, self.values - apart, (1, 1))

    def said(self, prompt, max_tokens):
        return HarmonyRendering(model(harmony=HARMONY)).encoded(self.channels)


def test_a_sound_model_is_as_if_nothing_was_asked():
    engine = Engine()
    assert checked(engine, model()) is engine
    assert engine.usage == Usage(seconds_load=5.0, device="cpu", versions={"vllm": "1"})


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"text": "The sea, yes"}, "to an answer of the form .* it says 'The sea, yes'"),
        ({"finished": False}, "to an answer of the form"),
        ({"values": (-1.0, np.nan)}, "log-probabilities"),
        ({"values": (-np.inf, -1.0)}, "log-probabilities"),
        ({"values": (-0.1, -0.1)}, "log-probabilities"),  # more than all
    ],
)
def test_what_does_not_hold_is_told(fault, message):
    with pytest.raises(UnsoundError, match=message) as caught:
        checked(Engine(**fault), model())
    assert "no persona was asked" in caught.value.hint


def test_a_model_that_says_no_option_is_refused():
    """It thinks first, say: every option has a probability, and all of them together have none."""
    thinking = {"values": (-20.0, -21.0)}
    with pytest.raises(UnsoundError, match=r"options of 3 questions hold 2.8e-09 of its prob"):
        checked(Engine(**thinking), model())
    checked(Engine(**thinking), model(), least_mass=0)  # a study that goes on regardless
    # whole texts are compared with the same texts after another prompt
    with pytest.raises(UnsoundError, match=r"0.10 nats likelier"):
        checked(Engine(**thinking, apart=0.1), model("option_text"))
    checked(Engine(**thinking, apart=3.0), model("option_text"))


@pytest.mark.parametrize(
    "said",
    [
        "<|channel|>analysis<|message|>Wa",
        "<|channel|>final<|message|>Yes<|return|>",
        (
            "<|channel|>analysis<|message|>Water.<|end|>"
            "<|start|>assistant<|channel|>final<|message|>Yes<|return|>"
        ),
    ],
)
def test_channels_of_harmony_are_accepted(said):
    checked(Engine(channels=said), model(harmony=HARMONY))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("Yes", "is no harmony"),  # as raw text, when a chat template was used in its place
        ("<|channel|>commentary<|message|>Hm<|end|>", r"in the channels \['commentary'\]"),
        (
            "<|channel|>final<|message|>Yes<|end|><|start|>assistant<|channel|>analysis<|message|>So",
            r"in the channels \['final', 'analysis'\]",
        ),
    ],
)
def test_other_channels_are_refused(said, message):
    with pytest.raises(UnsoundError, match=message):
        checked(Engine(channels=said), model(harmony=HARMONY))
