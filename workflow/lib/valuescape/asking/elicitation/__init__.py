"""Elicitation: how answers are got out of a model, one module a mode.

`single` reads the probabilities of the options. In the others the model writes, and what it wrote
is read: an option (`written`: sampled and reasoned), the options of a battery, or shares of options
(`verbalised`). Every answer comes out as an `Answer`, whatever became of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from valuescape.asking.phrasing import question_values
from valuescape.engine import Queue, Writing, Written
from valuescape.study.models import LEAST_MASS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from valuescape.asking.phrasing import Phrasing
    from valuescape.engine import Engine
    from valuescape.study.conditions import Condition
    from valuescape.study.instruments import Instrument, Question

Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """What became of one question to one persona.

    Attributes
    ----------
    persona_id : int
        Who was asked.
    instrument, question : str
        What.
    status : str
        One of `valuescape.answers.expected.STATUSES`.
    option : int or None
        Position of the chosen option in survey order, from 0; None unless valid.
    attempts : int
        How often it was asked for.
    shares : ndarray of float64, shape (n_options,), or None
        Distribution over the options; None in a mode without probabilities.
    mass : float or None
        Probability that fell on any option, in [0, 1].
    """

    persona_id: int
    instrument: str
    question: str
    status: str
    option: int | None = None
    attempts: int = 1
    shares: NDArray[np.float64] | None = None
    mass: float | None = None


@dataclass(frozen=True)
class AskingPlan:
    """What is to be asked of whom, and how.

    Attributes
    ----------
    condition : Condition
        How it is administered.
    phrasing : Phrasing
        In which words.
    seed : int
        The study's.
    contexts : mapping of int to str
        persona_id to its context.
    missing : mapping of int to sequence of Instrument
        persona_id to what it has not answered yet.
    labels : mapping of str to sequence of str
        Instrument to the labels of its options; empty if their texts are the answers.
    attempts_before : mapping
        By persona, instrument and question, how often what is asked again was asked before.
    least_mass : float
        Median of the option mass under which a model counts as not answering, in [0, 1].
    is_over : callable
        Whether no further questionnaire is to be begun; those that are begun are finished.
    """

    condition: Condition
    phrasing: Phrasing
    seed: int
    contexts: Mapping[int, str]
    missing: Mapping[int, Sequence[Instrument]]
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    attempts_before: Mapping[tuple[int, str, str], int] = field(default_factory=dict)
    least_mass: float = LEAST_MASS
    is_over: Callable[[], bool] = lambda: False

    def questionnaires(self) -> Iterator[tuple[int, Instrument]]:
        """Yield every missing instrument, all of one persona together: their prefix is shared."""
        for persona_id in self.contexts:
            for instrument in self.missing.get(persona_id, ()):
                if self.is_over():
                    return
                yield persona_id, instrument

    def questions(self) -> Iterator[tuple[int, Instrument, Question]]:
        """Yield every question of every missing instrument."""
        for persona_id, instrument in self.questionnaires():
            for question in instrument.asked:
                yield persona_id, instrument, question

    def first_attempts(self) -> Iterator[tuple[int, Instrument, Question, int]]:
        """Yield every question, and the number of its next attempt, from 1."""
        for persona_id, instrument, question in self.questions():
            who = (persona_id, instrument.name, question.id)
            yield persona_id, instrument, question, self.attempts_before.get(who, 0) + 1

    def most_attempts(self, who: tuple[int, str, str]) -> int:
        """Return the number of the last attempt at a question of an instrument to a persona."""
        return self.attempts_before.get(who, 0) + self.condition.attempts

    def posed(self) -> dict[tuple[str, str], tuple[Instrument, Question]]:
        """Return the questions by instrument and code.

        Of an instrument that is asked again, personas may have different questions left.
        """
        return {
            (instrument.name, question.id): (instrument, question)
            for missing in self.missing.values()
            for instrument in missing
            for question in instrument.asked
        }

    def values(
        self, persona_id: int, instrument: Instrument, question: Question
    ) -> dict[str, object]:
        """Return the variables of the answer template, but the options."""
        return question_values(self.contexts[persona_id], instrument, question)

    def act(self, persona_id: int, instrument: str, question: str) -> tuple[str | int, ...]:
        """Return what names an act of chance, for its seed."""
        condition = self.condition
        return (instrument, question, persona_id, condition.name, condition.replicate)


def labels_of(
    engine: Engine, instruments: Iterable[Instrument], form: str
) -> dict[str, tuple[str, ...]]:
    """Return the labels of each instrument's options, by its name; none are needed for texts.

    An instrument keeps one set for all its questions. They follow from the tokenizer and the
    instrument alone, so that other instruments beside it change none of its prompts.
    """
    if form != "label_token":
        return {instrument.name: () for instrument in instruments}
    return {
        instrument.name: engine.labels(max(q.n_options for q in instrument.asked))
        for instrument in instruments
    }


def conversed(
    engine: Engine,
    planned: Iterable[Writing],
    reply: Callable[[Writing, Written], Iterable[Writing | Result]],
) -> Iterator[Result]:
    """Let the engine write and yield what comes of it.

    Parameters
    ----------
    engine : Engine
        Who writes.
    planned : iterable of Writing
        The first requests.
    reply : callable
        From a request and what was written to results and further requests.

    Yields
    ------
    Result
        As texts are finished; further requests are asked in the same stream.
    """
    running: dict[Hashable, Writing] = {}

    def noted(requests: Iterable[Writing]) -> Iterator[Writing]:
        for request in requests:
            running[request.key] = request
            yield request

    queue = Queue(noted(planned))
    for written in engine.write(queue):
        for outcome in reply(running.pop(written.key), written):
            if isinstance(outcome, Writing):
                running[outcome.key] = outcome
                queue.add(outcome)
            else:
                yield outcome
