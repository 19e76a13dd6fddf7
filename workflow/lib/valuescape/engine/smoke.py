"""Smoke: a model is asked a few things before a shard is, and must answer in its form.

An engine that was updated, or weights of another model, can answer nonsense without any error.
A constrained answer shows that constraints hold; the probabilities of two options, that they are
probabilities and that the model says an option and nothing else; for gpt-oss, that it speaks in
harmony's channels. It costs a second or two.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from valuescape.core.errors import UserError
from valuescape.engine import MORE_THAN_ALL, Choice, Queue, Sampling, Usage, Writing
from valuescape.engine.harmony import ANALYSIS, FINAL, HarmonyRendering
from valuescape.engine.mass import silence, unrelated
from valuescape.study.models import LEAST_MASS
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
QUESTIONS = (
    "Is the sea made of water, yes or no?",
    "Do you sleep at night, yes or no?",
    "Is a stone lighter than a feather, yes or no?",
)
OPTIONS = ("Yes", "No")
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

    def __init__(self, model: Model, what: str, further: str = "") -> None:
        msg = f"model {model.name!r} does not answer as it should: {what}"
        hint = (
            "no persona was asked. See whether `source`, `answer`, `harmony` and `settings` in "
            f"config/models/{model.name}.yaml fit this model, and whether vLLM was updated{further}"
        )
        super().__init__(msg, hint=hint)


def checked(engine: Speaker, model: Model, least_mass: float = LEAST_MASS) -> Speaker:
    """Return an engine that was asked one thing of each kind; its usage is as if it was not.

    Parameters
    ----------
    engine : VllmEngine or EndpointEngine
        Loaded.
    model : Model
        Its form of an answer is asked for.
    least_mass : float
        Least option mass, in [0, 1].

    Returns
    -------
    VllmEngine or EndpointEngine
        The same.

    Raises
    ------
    UnsoundError
        If an answer is not of its form.
    """  # noqa: DOC502 - raised by what is called
    sound(engine, model, least_mass)
    LOG.info("%s answers in the form that it should", model.title)
    forget(engine.usage)
    return engine


def sound(
    engine: VllmEngine | EndpointEngine, model: Model, least_mass: float = LEAST_MASS
) -> None:
    """Ask a model one thing of each kind, and refuse it if an answer is not of its form.

    Raises
    ------
    UnsoundError
        Telling what it did instead.
    """  # noqa: DOC502 - raised by what is called
    if model.endpoint.get("api") == "chat":  # such a server can be held to nothing
        return
    check_constraint(engine, model)
    if model.engine == "vllm":  # an endpoint's first answer tells as much
        check_probabilities(engine, model, least_mass)
    if model.harmony:
        check_channels(engine.said(Prompt(messages=MESSAGES), CHANNEL_TOKENS), model)


def check_constraint(engine: VllmEngine | EndpointEngine, model: Model) -> None:
    """Let the model write Yes or No, which a constraint makes the only texts there are.

    Raises
    ------
    UnsoundError
        If it writes something else.
    """
    sampling = Sampling(temperature=0.0, top_p=1.0, max_tokens=8)
    if model.writing_layout == "chat":
        prompt = Prompt(messages=MESSAGES, prefill=model.answer.get("prefill", ""))
        pattern = PATTERN
    else:
        prompt, pattern = Prompt(text=RUNNING), f" {PATTERN}"
    request = Writing("smoke", 0, prompt, pattern, 0, sampling, "answer")
    for written in engine.write(Queue([request])):
        if not written.finished or not re.fullmatch(pattern, written.text):
            raise UnsoundError(
                model, f"to an answer of the form {pattern} it says {written.text!r}"
            )


def check_probabilities(
    engine: VllmEngine | EndpointEngine, model: Model, least_mass: float = LEAST_MASS
) -> None:
    """Let the model give the probabilities of two options of a few questions.

    Raises
    ------
    UnsoundError
        If they are none, or the model says something else than an option.
    """
    asked = [question_of(engine, model, question) for question in QUESTIONS]
    given = {answer.key: answer for answer in engine.choose(asked)}
    answers = [given[choice.key] for choice in asked]
    for choice, answer in zip(asked, answers, strict=True):
        values = answer.log_probabilities
        if not np.isfinite(values).all() or np.exp(values).sum() > MORE_THAN_ALL:
            what = f"the log-probabilities of {choice.options} are {values.tolist()}"
            raise UnsoundError(model, what)
    apart = (replace(choice, prompt=unrelated(model.answer)) for choice in asked)
    elsewhere = {str(answer.key): answer for answer in engine.choose(apart)}
    silent = silence(asked, answers, elsewhere, least_mass)
    if silent:
        further = (
            "; or another form or layout fits better (docs/models.md). To go on regardless, write "
            "stop_below: {option_mass: 0} in the study"
        )
        raise UnsoundError(model, silent, further)


def question_of(engine: VllmEngine | EndpointEngine, model: Model, question: str) -> Choice:
    """Return a question whose options are texts, or listed and labelled."""
    chat, form = model.answer["layout"] == "chat", model.answer["form"]
    names: tuple[str, ...] = OPTIONS
    listed = ""
    if form == "label_token":
        names = engine.labels(len(OPTIONS))
        listed = "".join(f"\n{name}. {text}" for name, text in zip(names, OPTIONS, strict=True))
    if chat:
        said = (("system", "You answer an interviewer."), ("user", question + listed))
        prompt = Prompt(messages=said, prefill=model.answer.get("prefill", ""))
    else:
        prompt = Prompt(text=f"Interviewer: {question}{listed}\nYou:")
    options = tuple(("" if chat else " ") + name for name in names)
    return Choice(question, None, question, prompt, options, form)


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
