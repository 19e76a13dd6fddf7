"""Engines: what answers. A language model through vLLM, or the stand-in that tests use.

This is the only place that imports vLLM. An engine takes requests as it has room and yields the
answers as they are finished, in any order; it never holds more than a bounded number. What it
writes may lead to further requests (another attempt, the answer after its reasoning): these are
added to the same queue while it runs.
"""

from __future__ import annotations

import json
import logging
import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from valuescape.core.errors import UserError
from valuescape.study.models import LEAST_MASS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.study.models import Model
    from valuescape.study.space import PersonaSpace
    from valuescape.study.templates import Prompt

LOG = logging.getLogger(__name__)
# A reason why there is no answer is told so often, and counted beyond.
TOLD_AT_MOST = 5
# Sums of probabilities are computed in float32 at best, from up to ten tokens an option.
MORE_THAN_ALL = 1.001
# Stands for "not known" in some servers; an option of a hundred tokens is likelier.
LOWEST = -2000.0
Kind = Literal["biography", "reasoning", "answer", "battery", "shares"]
"""What a text is: a biography, free reasoning, one answer, a JSON object of answers by code, or one
of how many of 100 people choose each option."""


@dataclass(frozen=True)
class Sampling:
    """How a text is sampled.

    Attributes
    ----------
    temperature : float
        0 is greedy.
    top_p : float
        Share of probability that is sampled from, in (0, 1].
    max_tokens : int
        Longest text in tokens; what runs over is cut.
    """

    temperature: float
    top_p: float
    max_tokens: int


@dataclass(frozen=True)
class Posed:
    """A question as it is posed.

    Attributes
    ----------
    question : str
        Its code.
    options : tuple of str
        What can be answered, in survey order: texts or labels, with the white space that stands
        before them in the text.
    """

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Writing:
    """A request for a text.

    Attributes
    ----------
    key : hashable
        Comes back with the text; no two requests that run at once have the same.
    persona_id : int
        Whose text it is.
    prompt : Prompt
        What is said to the model.
    pattern : str
        Regular expression that the whole text must match; empty for free text.
    seed : int
        Seed of the sampling.
    sampling : Sampling
        How it is sampled.
    kind : str
        What the text is.
    posed : tuple of Posed
        The questions that it answers; none for a biography and for reasoning. A stand-in
        answers by them.
    stop : tuple of str
        Where free text ends; none of them is part of it.
    """

    key: Hashable
    persona_id: int
    prompt: Prompt
    pattern: str
    seed: int
    sampling: Sampling
    kind: Kind = "biography"
    posed: tuple[Posed, ...] = ()
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """A text.

    Attributes
    ----------
    key : hashable
        That of the request.
    text : str
        What was written.
    finished : bool
        False if the length limit cut it.
    n_tokens : int
        Its tokens.
    status : str
        ``refused`` or ``malformed`` where the engine knows it, whatever the text; else empty.
    """

    key: Hashable
    text: str
    finished: bool
    n_tokens: int
    status: str = ""


class Queue:
    """Texts to be written: those planned, and those that follow from what was written.

    Parameters
    ----------
    planned : iterable of Writing
        Taken one by one, as an engine has room.
    """

    def __init__(self, planned: Iterable[Writing]) -> None:
        self._planned = iter(planned)
        self._further: deque[Writing] = deque()

    def add(self, request: Writing) -> None:
        """Put a further request before those planned, so that its persona is soon finished."""
        self._further.append(request)

    def take(self) -> Writing | None:
        """Return the next request; None if there is none now.

        An engine that has yielded an answer asks again: the answer may have led to another
        request. It is done when there is none and nothing runs.
        """
        if self._further:
            return self._further.popleft()
        return next(self._planned, None)


@dataclass(frozen=True)
class Choice:
    """A request for the probabilities of the options of a question.

    Attributes
    ----------
    key : hashable
        Comes back with the answer.
    persona_id : int or None
        Who is asked; None for the null prompt, and for the oracle.
    question : str
        Code of the question; a stand-in answers by it.
    prompt : Prompt
        What is said to the model.
    options : tuple of str
        What can be answered, in survey order: texts or labels, as `form` has it.
    form : str
        ``option_text``: an option is the whole answer, so that its end counts as well.
        ``label_token``: it is a label of one token.
    """

    key: Hashable
    persona_id: int | None
    question: str
    prompt: Prompt
    options: tuple[str, ...]
    form: str = "option_text"


@dataclass(frozen=True)
class Chosen:
    """Log-probabilities of the options of a question, as the model gives them.

    Attributes
    ----------
    key : hashable
        That of the request.
    log_probabilities : ndarray of float64, shape (n_options,)
        Natural logarithms. They are the model's own: their exponentials sum to less than 1. No
        numbers where there is no answer.
    n_tokens : tuple of int
        Tokens of each option, its end included.
    status : str
        ``refused`` or ``malformed`` where there is no answer, else empty.
    begun : float
        Probability that the model begins as any of the options does, in [0, 1]; nan if unknown.
    """

    key: Hashable
    log_probabilities: NDArray[np.float64]
    n_tokens: tuple[int, ...] = ()
    status: str = ""
    begun: float = math.nan


@dataclass
class Usage:
    """What an engine has done so far.

    `labels` tells by number of options which were taken, `without_answer` by reason how many
    requests were given none.
    """

    n_requests: int = 0
    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    output_tokens: int = 0
    seconds_load: float = 0.0
    seconds_ask: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    device: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    without_answer: dict[str, int] = field(default_factory=dict)


def unanswered(usage: Usage, request: Choice, reason: str, status: str = "malformed") -> Chosen:
    """Return that a question has no answer; the reason is counted, and the first ones are told.

    Parameters
    ----------
    usage : Usage
        Of the engine.
    request : Choice
        The question.
    reason : str
        Why, in words that are the same for all of a kind.
    status : str
        What becomes of the answer.

    Returns
    -------
    Chosen
        Without numbers.
    """
    _tell(usage, f"persona {request.persona_id}, question {request.question}", reason, status)
    return Chosen(request.key, np.full(len(request.options), np.nan), status=status)


def unwritten(usage: Usage, request: Writing, reason: str, status: str = "malformed") -> Written:
    """Return that a request led to no text; otherwise as `unanswered`."""
    _tell(usage, f"persona {request.persona_id}, {request.kind}", reason, status)
    return Written(request.key, "", finished=True, n_tokens=0, status=status)


def _tell(usage: Usage, who: str, reason: str, status: str) -> None:
    so_far = usage.without_answer[reason] = usage.without_answer.get(reason, 0) + 1
    if so_far <= TOLD_AT_MOST:
        more = "; further ones are counted, not told" if so_far == TOLD_AT_MOST else ""
        LOG.warning("%s: %s: %s%s", who, status, reason, more)


def chosen(
    usage: Usage,
    request: Choice,
    values: Sequence[float | None],
    options: Sequence[Sequence[int]],
    first: Mapping[int, float] | None = None,
) -> Chosen:
    """Return the answer that log-probabilities make, none if they are no log-probabilities.

    Parameters
    ----------
    usage : Usage
        Of the engine.
    request : Choice
        The question.
    values : sequence of float or None
        Of each option; minus infinity for one that has no probability.
    options : sequence of sequence of int
        Tokens of each option.
    first : mapping of int to float, optional
        Log-probabilities of the tokens with which options begin.

    Returns
    -------
    Chosen
        Malformed if a value is no number, far under any that a model gives, or they are together
        more than all.
    """
    found = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    absurd = np.isnan(found) | (np.isfinite(found) & (found < LOWEST))
    if absurd.any() or np.exp(found).sum() > MORE_THAN_ALL:
        return unanswered(usage, request, "what stands for log-probabilities are none")
    begun = math.fsum(map(math.exp, first.values())) if first else math.nan
    return Chosen(request.key, found, tuple(map(len, options)), begun=begun)


class Engine(Protocol):
    """What every engine can do."""

    @property
    def usage(self) -> Usage:
        """What has been done so far."""

    def labels(self, n_options: int) -> tuple[str, ...]:
        """Return labels that the model's tokenizer keeps apart, one an option."""

    def write(self, requests: Queue) -> Iterator[Written]:
        """Yield the text of each request, in any order; take what is added meanwhile."""

    def choose(self, requests: Iterable[Choice]) -> Iterator[Chosen]:
        """Yield the option log-probabilities of each request, in any order."""


def describe(model: Model) -> dict[str, str]:
    """Return what determines a model's answers, without loading it.

    Parameters
    ----------
    model : Model
        A prepared model.

    Returns
    -------
    dict of str to str
        Its part of the provenance and of the fingerprint.
    """
    described = {
        "engine": model.engine,
        "model": model.name,
        "model title": model.title,
        "model fingerprint": model.fingerprint,
    }
    if model.engine == "vllm":
        from valuescape.engine.vllm_engine import build

        return described | build(model)
    if model.engine == "endpoint":
        from valuescape.engine import endpoint

        return described | endpoint.build(model)
    return described | {"engine settings": json.dumps(dict(model.settings), sort_keys=True)}


def open_engine(model: Model, space: PersonaSpace, least_mass: float = LEAST_MASS) -> Engine:
    """Load a model.

    Parameters
    ----------
    model : Model
        A prepared model.
    space : PersonaSpace
        The synthetic respondent reads a persona's levels from it.
    least_mass : float
        Option mass under which the model is told not to answer, in [0, 1]; 0 takes any.

    Returns
    -------
    Engine
        Ready to be asked.

    Raises
    ------
    UserError
        If there is no such engine, or the model does not answer in the form that it should.
    """
    from valuescape.engine.smoke import checked

    if model.engine == "vllm":
        from valuescape.engine.vllm_engine import VllmEngine

        return checked(VllmEngine(model), model, least_mass)
    if model.engine == "endpoint":
        from valuescape.engine.endpoint import EndpointEngine

        return checked(EndpointEngine(model), model, least_mass)
    if model.engine == "synthetic":
        from valuescape.engine.synthetic import SyntheticEngine

        return SyntheticEngine.read(model, space)
    msg = f"model {model.name!r}: no engine is called {model.engine!r}"
    raise UserError(msg, hint="write engine: vllm in the model file")
