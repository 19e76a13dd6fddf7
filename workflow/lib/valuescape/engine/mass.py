"""Mass: whether a model answers at all, or only lets options be read off that it does not say.

A model that goes on with something else (a think block, a channel, another chat's marks) still
gives every option a probability. Of labels, the options then hold next to nothing of it. Whole
texts hold little by nature: there the model must be able to begin as any of the options does, and
their tokens are compared with the same texts after a prompt that has nothing to do with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from valuescape.study.models import LEAST_MASS
from valuescape.study.templates import Prompt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuescape.engine import Choice, Chosen

# Nats by which a token of a whole option must be likelier after its question than after another
# prompt, at the median of questions.
LEAST_GAIN = 0.5
# Median probability to begin as any of the options does.
LEAST_BEGUN = 1e-4
UNRELATED_TEXT = "Interviewer: What time is it?\nYou:"
UNRELATED_CHAT = (("system", "You tell the time."), ("user", "What time is it?"))


def unrelated(answer: Mapping[str, str]) -> Prompt:
    """Return a prompt that has nothing to do with a question, in a model's layout."""
    if answer["layout"] == "interview":
        return Prompt(text=UNRELATED_TEXT)
    return Prompt(messages=UNRELATED_CHAT, prefill=answer.get("prefill", ""))


def masses(answers: Sequence[Chosen]) -> list[float]:
    """Return the option mass of each answer that is one, in [0, 1]."""
    return [
        float(np.exp(np.logaddexp.reduce(answer.log_probabilities)))
        for answer in answers
        if np.isfinite(answer.log_probabilities.max())
    ]


def gain(answer: Chosen, elsewhere: Chosen) -> float:
    """Return how much likelier the options are after their question than after another prompt.

    Parameters
    ----------
    answer, elsewhere : Chosen
        The same options.

    Returns
    -------
    float
        Natural logarithm a token, averaged over the options; nan where one has no probability.
    """
    with np.errstate(invalid="ignore"):  # neither has a probability
        apart = answer.log_probabilities - elsewhere.log_probabilities
    return float(np.mean(apart / np.asarray(answer.n_tokens)))


def silence(
    asked: Sequence[Choice],
    answers: Sequence[Chosen],
    elsewhere: Mapping[str, Chosen],
    least_mass: float = LEAST_MASS,
) -> str:
    """Return how one can tell that a model does not answer; empty if it does.

    Parameters
    ----------
    asked : sequence of Choice
        Questions.
    answers : sequence of Chosen
        What came of them, in the same order.
    elsewhere : mapping of str to Chosen
        By question, the same options after an unrelated prompt; read for whole texts whose mass
        is low.
    least_mass : float
        Least median of the option mass, in [0, 1].

    Returns
    -------
    str
        In words.
    """
    found = masses(answers)
    if not found or np.median(found) >= least_mass:
        return ""
    told = f"the options of {len(found)} questions hold {np.median(found):.2g} of its probability"
    if asked[0].form == "label_token":
        return f"{told} (median), where {least_mass:g} is the least"
    begun = [answer.begun for answer in answers if np.isfinite(answer.begun)]
    if begun and np.median(begun) < LEAST_BEGUN:
        return (
            f"{told}, and the model begins as one of them does with probability "
            f"{np.median(begun):.2g} (medians), where {LEAST_BEGUN:g} is the least"
        )
    gains = [
        gain(answer, elsewhere[choice.question])
        for choice, answer in zip(asked, answers, strict=True)
        if choice.question in elsewhere
    ]
    finite = [value for value in gains if np.isfinite(value)]
    if not finite or np.median(finite) >= LEAST_GAIN:
        return ""
    return (
        f"{told} (median), and a token of theirs is {np.median(finite):.2f} nats likelier after "
        f"its question than after one about the time of day, where {LEAST_GAIN:g} is the least"
    )
