"""Smoke: a model is asked one thing before a shard is, and must answer in the form it will be in.

An engine that was updated, or weights of another model, can answer nonsense without any error.
A constrained answer shows that constraints hold; the probabilities of two options, that they are
probabilities; for gpt-oss, that it speaks in harmony's channels. It costs a second or two.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from valuescape.core.errors import UserError
from valuescape.engine import Choice, Queue, Sampling, Usage, Writing
from valuescape.engine.harmony import ANALYSIS, FINAL, HarmonyRendering
from valuescape.study.templates import Prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuescape.engine.endpoint import EndpointEngine
    from valuescape.engine.vllm_engine import VllmEngine
    from valuescape.study.models import Model

Speaker = TypeVar("Speaker", "VllmEngine", "EndpointEngine")
LOG = logging.getLogger(__name__)
PATTERN = "(Yes|No)"
MESSAGES = (
    ("system", "You answer with Yes or No."),
    ("user", "Is the sea made of water?"),
)
RUNNING = "Interviewer: Is the sea made of water, yes or no?\nYou:"
# Sums of probabilities are computed in float32 at best, from up to ten tokens an option.
MORE_THAN_ALL = 1.001
# Reasoning of low effort on a plain question is a few dozen tokens.
CHANNEL_TOKENS = 256


class UnsoundError(UserError):
    """A model that does not answer in its form.

    Parameters
    ----------
    model : Model
        Which.
    what : str
        What it did instead.
    """

    def __init__(self, model: Model, what: str) -> None:
        msg = f"model {model.name!r} does not answer as it should: {what}"
        hint = (
            "no persona was asked. See whether `source`, `answer`, `harmony` and `settings` in "
            f"config/models/{model.name}.yaml fit this model, and whether vLLM was updated"
        )
        super().__init__(msg, hint=hint)


def checked(engine: Speaker, model: Model) -> Speaker:
    """Return an engine that was asked one thing of each kind; its usage is as if it was not.

    Parameters
    ----------
    engine : VllmEngine or EndpointEngine
        Loaded.
    model : Model
        Its form of an answer is asked for.

    Returns
    -------
    VllmEngine or EndpointEngine
        The same.

    Raises
    ------
    UnsoundError
        If an answer is not of its form.
    """  # noqa: DOC502 - raised by what is called
    if model.endpoint.get("api") == "chat":  # such a server can be held to nothing
        return engine
    check_constraint(engine, model)
    if model.engine == "vllm":  # an endpoint's first answer tells as much
        check_probabilities(engine, model)
    if model.harmony:
        check_channels(engine.said(Prompt(messages=MESSAGES), CHANNEL_TOKENS), model)
    LOG.info("%s answers in the form that it should", model.title)
    forget(engine.usage)
    return engine


def check_constraint(engine: Speaker, model: Model) -> None:
    """Let the model write Yes or No, which a constraint makes the only texts there are.

    Raises
    ------
    UnsoundError
        If it writes something else.
    """
    sampling = Sampling(temperature=0.0, top_p=1.0, max_tokens=8)
    prompt = Prompt(messages=MESSAGES, prefill=model.answer.get("prefill", ""))
    request = Writing("smoke", 0, prompt, PATTERN, 0, sampling, "answer")
    for written in engine.write(Queue([request])):
        if not written.finished or not re.fullmatch(PATTERN, written.text):
            raise UnsoundError(
                model, f"to an answer of the form {PATTERN} it says {written.text!r}"
            )


def check_probabilities(engine: Speaker, model: Model) -> None:
    """Let the model give the probabilities of Yes and No, or of the two first labels.

    Raises
    ------
    UnsoundError
        If they are none.
    """
    chat = model.answer["layout"] == "chat"
    gap, form = ("" if chat else " "), model.answer["form"]
    names = engine.labels(2) if form == "label_token" else ("Yes", "No")
    options = tuple(gap + name for name in names)
    prefill = model.answer.get("prefill", "")
    prompt = Prompt(messages=MESSAGES, prefill=prefill) if chat else Prompt(text=RUNNING)
    for chosen in engine.choose([Choice("smoke", None, "smoke", prompt, options, form)]):
        values = chosen.log_probabilities
        if not np.isfinite(values).all() or np.exp(values).sum() > MORE_THAN_ALL:
            raise UnsoundError(model, f"the log-probabilities of {options} are {values.tolist()}")


def check_channels(tokens: Sequence[int], model: Model) -> None:
    """Refuse a model that does not reason in the analysis channel and answer in the final one.

    Parameters
    ----------
    tokens : sequence of int
        What it says unconstrained, after ``<|start|>assistant``.
    model : Model
        Who said it.

    Raises
    ------
    UnsoundError
        If the channels are others, or there are none.
    """
    try:
        channels = [message.channel for message in HarmonyRendering(model).parsed(tokens)]
    except ValueError as error:
        raise UnsoundError(model, str(error)) from error
    # the analysis may be left out, and may be cut by the length of this test
    if channels not in ([ANALYSIS], [ANALYSIS, FINAL], [FINAL]):
        wanted = f"{ANALYSIS} and then {FINAL}"
        raise UnsoundError(model, f"it speaks in the channels {channels}, not in {wanted}")


def forget(usage: Usage) -> None:
    """Set back what was counted; the time belongs to the loading.

    Parameters
    ----------
    usage : Usage
        Of the engine that was tried.
    """
    seconds = usage.seconds_load + usage.seconds_ask
    kept: dict[str, Any] = {"versions": usage.versions, "device": usage.device}
    fresh = Usage(**kept, seconds_load=seconds)
    for field in dataclasses.fields(Usage):
        setattr(usage, field.name, getattr(fresh, field.name))
