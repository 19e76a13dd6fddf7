"""Mode verbalised: the model states how many of 100 people like the persona choose each option.

Stated shares came nearer to those of people than the model's own probabilities did in Meister,
Guestrin & Hashimoto (2024, arXiv:2411.05403). The form of the answer is enforced while it is
written; that its numbers sum to 100 cannot be, and is checked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from valuescape.asking.elicitation import Answer, conversed
from valuescape.asking.elicitation.outcomes import WHOLE, read_shares
from valuescape.asking.elicitation.single import chosen_option
from valuescape.core.seeds import seed_of
from valuescape.engine import Posed, Sampling, Writing
from valuescape.engine.regex import TOKENS_TO_END, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from valuescape.asking.elicitation import AskingPlan
    from valuescape.engine import Engine, Written
    from valuescape.study.instruments import Instrument, Question

PERCENT = "(100|[1-9]?[0-9])"


@dataclass(frozen=True)
class Stated:
    """Which attempt at which answer: the key of a text."""

    persona_id: int
    instrument: str
    question: str
    attempt: int


def ask(engine: Engine, plan: AskingPlan) -> Iterator[Answer]:
    """Yield every answer as it is known, asked for until it is valid or attempts run out.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    plan : AskingPlan
        What is asked of whom.

    Yields
    ------
    Answer
        With the shares that were stated, and no mass: no option was scored.
    """
    posed = plan.posed()

    def reply(request: Writing, written: Written) -> Iterator[Writing | Answer]:
        key = cast("Stated", request.key)
        who = (key.persona_id, key.instrument, key.question)
        status, shares = read_shares(
            written.text,
            request.posed[0].options,
            finished=written.finished,
            status=written.status,
        )
        if status != "valid" and key.attempt < plan.most_attempts(who):
            instrument, question = posed[key.instrument, key.question]
            yield request_of(plan, key.persona_id, instrument, question, key.attempt + 1)
            return
        option = None
        if shares is not None:
            seed = seed_of(plan.seed, *plan.act(*who), "chosen")
            option = chosen_option(shares, plan.condition.chosen_option, seed)
        yield Answer(*who, status, option, key.attempt, shares)

    yield from conversed(engine, (request_of(plan, *each) for each in plan.first_attempts()), reply)


def request_of(
    plan: AskingPlan, persona_id: int, instrument: Instrument, question: Question, attempt: int
) -> Writing:
    """Return the request for the shares of the options of a question."""
    phrasing = plan.phrasing
    values = plan.values(persona_id, instrument, question)
    prompt, options = phrasing.verbalised(question, values, plan.labels[instrument.name])
    listed = phrasing.as_listed(options)
    act = plan.act(persona_id, instrument.name, question.id)
    return Writing(
        Stated(persona_id, instrument.name, question.id, attempt),
        persona_id,
        prompt,
        phrasing.gap + pattern(listed),
        seed_of(plan.seed, *act, attempt, "shares"),
        Sampling(plan.condition.temperature, 1.0, most_tokens(listed)),
        "shares",
        (Posed(question.id, options),),
    )


def pattern(options: Sequence[str]) -> str:
    """Return the regular expression of an answer: one JSON object on one line.

    Parameters
    ----------
    options : sequence of str
        In the order in which they are listed.

    Returns
    -------
    str
        It matches each option with a whole number of at most 100.
    """
    pairs = (f"{literal(_json(option))}: {PERCENT}" for option in options)
    return r"\{" + ", ".join(pairs) + r"\}"


def most_tokens(options: Sequence[str]) -> int:
    """Return a number of tokens in which every answer has room: a token is at least one byte."""
    return len(_json(dict.fromkeys(options, WHOLE)).encode()) + TOKENS_TO_END


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False)
