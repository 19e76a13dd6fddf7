"""Modes sampled and reasoned: one question at a time, answered by an option that the model writes.

Reasoned, it first thinks within a budget of tokens. Then its answer is asked for in a second
request, which goes on after what it thought.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from valuescape.asking.elicitation import Answer, conversed
from valuescape.asking.elicitation.outcomes import read_answer
from valuescape.asking.phrasing import STOPS
from valuescape.core.seeds import seed_of
from valuescape.engine import Posed, Sampling, Writing
from valuescape.engine.regex import longest, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuescape.asking.elicitation import AskingPlan
    from valuescape.engine import Engine, Written
    from valuescape.study.instruments import Instrument, Question


@dataclass(frozen=True)
class Turn:
    """Which request of which answer: the key of a text."""

    persona_id: int
    instrument: str
    question: str
    attempt: int
    reasons: bool


def ask(engine: Engine, plan: AskingPlan) -> Iterator[Answer]:
    """Yield every answer as it is known, asked for until it is valid or attempts run out.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    plan : AskingPlan
        What is asked of whom; its mode is sampled or reasoned.

    Yields
    ------
    Answer
        Without probabilities. Its status is that of the last attempt.
    """
    posed = plan.posed()

    def reply(request: Writing, written: Written) -> Iterator[Writing | Answer]:
        turn = cast("Turn", request.key)
        instrument, question = posed[turn.instrument, turn.question]
        if turn.reasons:
            yield answering(plan, turn, instrument, question, written.text)
            return
        outcome = read_answer(
            written.text,
            request.posed[0].options,
            finished=written.finished,
            status=written.status,
            refusals=plan.phrasing.refusals,
        )
        who = (turn.persona_id, turn.instrument, turn.question)
        if outcome.status != "valid" and turn.attempt < plan.most_attempts(who):
            yield first(plan, turn.persona_id, instrument, question, turn.attempt + 1)
            return
        yield Answer(*who, outcome.status, outcome.option, turn.attempt)

    yield from conversed(engine, (first(plan, *each) for each in plan.first_attempts()), reply)


def first(
    plan: AskingPlan, persona_id: int, instrument: Instrument, question: Question, attempt: int = 1
) -> Writing:
    """Return the first request of an attempt: the reasoning, or at once the answer."""
    reasons = plan.condition.mode == "reasoned"
    turn = Turn(persona_id, instrument.name, question.id, attempt, reasons)
    if not reasons:
        return answering(plan, turn, instrument, question)
    values, labels = plan.values(persona_id, instrument, question), plan.labels[instrument.name]
    prompt, _, _ = plan.phrasing.reasoning(question, values, labels)
    budget = plan.condition.reasoning_tokens
    return Writing(
        turn,
        persona_id,
        prompt,
        "",
        _seed(plan, turn),
        Sampling(plan.condition.temperature, 1.0, budget),
        "reasoning",
        stop=STOPS[plan.phrasing.answer["layout"]],
    )


def answering(
    plan: AskingPlan, turn: Turn, instrument: Instrument, question: Question, thought: str = ""
) -> Writing:
    """Return the request for the answer itself, one of the options.

    Parameters
    ----------
    plan : AskingPlan
        How it is asked.
    turn : Turn
        Whose answer.
    instrument, question : Instrument, Question
        What is asked.
    thought : str
        The reasoning that came before, in mode reasoned.

    Returns
    -------
    Writing
        Constrained to the options.
    """
    values = plan.values(turn.persona_id, instrument, question)
    labels = plan.labels[instrument.name]
    if turn.reasons:
        opened, closing, options = plan.phrasing.reasoning(question, values, labels)
        prompt = opened.continued(thought.rstrip() + closing)
    else:
        prompt, options = plan.phrasing.question(question, values, labels)
    turn = replace(turn, reasons=False)
    return Writing(
        turn,
        turn.persona_id,
        prompt,
        one_of(options),
        _seed(plan, turn),
        Sampling(plan.condition.temperature, 1.0, longest(options)),
        "answer",
        (Posed(question.id, options),),
    )


def _seed(plan: AskingPlan, turn: Turn) -> int:
    act = plan.act(turn.persona_id, turn.instrument, turn.question)
    return seed_of(plan.seed, *act, turn.attempt, "reasoning" if turn.reasons else "answer")
