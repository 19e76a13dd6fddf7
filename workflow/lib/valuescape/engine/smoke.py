"""Smoke: a model is asked one thing before a shard is, and must answer in the form it will be in.

An engine that was updated, or weights of another model, can answer nonsense without any error.
A constrained answer shows that constraints hold; the probabilities of two options, that they are
probabilities; for gpt-oss, that it speaks in harmony's channels. It costs a second or two.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from valuescape.engine import Choice, Queue, Sampling, Usage, Writing
from valuescape.errors import UserError
from valuescape.harmony import ANALYSIS, FINAL
from valuescape.templates import Prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuescape.engine import Engine
    from valuescape.harmony import Said
    from valuescape.models import Model

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


def check(engine: Engine, model: Model) -> None:
    """Ask a model one thing of each kind, and leave its usage as if nothing was asked.

    Parameters
    ----------
    engine : Engine
        Loaded.
    model : Model
        Its form of an answer is asked for.

    Raises
    ------
    UserError
        If an answer is not of its form.
    """
    check_constraint(engine, model)
    check_probabilities(engine, model)
    if model.harmony:
        check_channels(engine.in_channels(MESSAGES, CHANNEL_TOKENS), model)  # type: ignore[attr-defined]
    LOG.info("%s answers in the form that it should", model.title)
    forget(engine.usage)


def check_constraint(engine: Engine, model: Model) -> None:
    """Let the model write Yes or No, which a constraint makes the only texts there are."""
    sampling = Sampling(temperature=0.0, top_p=1.0, max_tokens=8)
    request = Writing("smoke", 0, Prompt(messages=MESSAGES), PATTERN, 0, sampling, "answer")
    for written in engine.write(Queue([request])):
        if not written.finished or not re.fullmatch(PATTERN, written.text):
            raise _unsound(model, f"to an answer of the form {PATTERN} it says {written.text!r}")


def check_probabilities(engine: Engine, model: Model) -> None:
    """Let the model give the probabilities of Yes and No, or of the two first labels."""
    chat = model.answer["layout"] == "chat"
    gap, form = ("" if chat else " "), model.answer["form"]
    names = engine.labels(2) if form == "label_token" else ("Yes", "No")
    options = tuple(gap + name for name in names)
    prompt = Prompt(messages=MESSAGES) if chat else Prompt(text=RUNNING)
    for chosen in engine.choose([Choice("smoke", None, "smoke", prompt, options, form)]):
        values = chosen.log_probabilities
        if not np.isfinite(values).all() or np.exp(values).sum() > MORE_THAN_ALL:
            raise _unsound(model, f"the log-probabilities of {options} are {values.tolist()}")


def check_channels(said: Sequence[Said] | str, model: Model) -> None:
    """Refuse a model that does not reason in the analysis channel and answer in the final one.

    Parameters
    ----------
    said : sequence of Said, or str
        What it says unconstrained; a str tells why it is no harmony.
    model : Model
        Who said it.

    Raises
    ------
    UserError
        If the channels are others, or there are none.
    """
    if isinstance(said, str):
        raise _unsound(model, said)
    channels = [message.channel for message in said]
    # the analysis may be left out, and may be cut by the length of this test
    if channels not in ([ANALYSIS], [ANALYSIS, FINAL], [FINAL]):
        wanted = f"{ANALYSIS} and then {FINAL}"
        raise _unsound(model, f"it speaks in the channels {channels}, not in {wanted}")


def _unsound(model: Model, what: str) -> UserError:
    msg = f"model {model.name!r} does not answer as it should: {what}"
    hint = (
        "no persona was asked. See whether `source`, `answer`, `harmony` and `settings` in "
        f"config/models/{model.name}.yaml fit this model, and whether vLLM was updated"
    )
    return UserError(msg, hint=hint)


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
