"""Engines: what answers. A language model through vLLM, or the stand-in that tests use.

This is the only place that imports vLLM. An engine takes a stream of requests and yields the
answers as they are finished, in any order; it never holds more than a bounded number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from valuescape.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from valuescape.models import Model
    from valuescape.prompts import Prompt


@dataclass(frozen=True)
class Writing:
    """A request for a text.

    Attributes
    ----------
    key : hashable
        Comes back with the answer.
    persona_id : int
        Whose text it is.
    prompt : Prompt
        What is said to the model.
    pattern : str
        Regular expression that the whole text must match.
    seed : int
        Seed of the sampling.
    """

    key: Hashable
    persona_id: int
    prompt: Prompt
    pattern: str
    seed: int


@dataclass(frozen=True)
class Written:
    """A text; `finished` is False if the length limit cut it."""

    key: Hashable
    text: str
    finished: bool
    n_tokens: int


@dataclass(frozen=True)
class Choice:
    """A request for the probabilities of the options of a question.

    Attributes
    ----------
    key : hashable
        Comes back with the answer.
    persona_id : int
        Who is asked.
    question : str
        Code of the question; a stand-in answers by it.
    prompt : Prompt
        What is said to the model.
    options : tuple of str
        What can be answered, in survey order: texts or labels, as the prompt's form has it.
    """

    key: Hashable
    persona_id: int
    question: str
    prompt: Prompt
    options: tuple[str, ...]


@dataclass(frozen=True)
class Chosen:
    """Log-probabilities of the options, shape (n_options,), as the model gives them.

    They are the model's own: their exponentials sum to less than 1.
    """

    key: Hashable
    log_probabilities: NDArray[np.float64]


@dataclass
class Usage:
    """What an engine has done so far."""

    n_requests: int = 0
    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    output_tokens: int = 0
    seconds_load: float = 0.0
    seconds_ask: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    device: str = ""


class Engine(Protocol):
    """What every engine can do."""

    @property
    def usage(self) -> Usage:
        """What has been done so far."""

    def write(self, requests: Iterable[Writing]) -> Iterator[Written]:
        """Yield the text of each request, in any order."""

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
    return described


def open_engine(model: Model, space_file: str) -> Engine:
    """Load a model.

    Parameters
    ----------
    model : Model
        A prepared model.
    space_file : str
        The persona space; the synthetic respondent reads a persona's levels from its id.

    Returns
    -------
    Engine
        Ready to be asked.

    Raises
    ------
    UserError
        If there is no such engine.
    """
    if model.engine == "vllm":
        from valuescape.engine.vllm_engine import VllmEngine

        return VllmEngine(model)
    if model.engine == "synthetic":
        from valuescape.engine.synthetic import SyntheticEngine

        return SyntheticEngine.read(model, space_file)
    msg = f"model {model.name!r}: no engine is called {model.engine!r}"
    raise UserError(msg, hint="write engine: vllm in the model file")
