"""Mode battery: one prompt an instrument, answered by a JSON object of all answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from valuescape.asking.elicitation import Answer, conversed
from valuescape.asking.elicitation.outcomes import read_battery
from valuescape.core.seeds import seed_of
from valuescape.engine import Posed, Sampling, Writing
from valuescape.engine.regex import TOKENS_TO_END, literal, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from valuescape.asking.elicitation import AskingPlan
    from valuescape.engine import Engine, Written
    from valuescape.study.instruments import Instrument


@dataclass(frozen=True)
class BatteryKey:
    """Which attempt at which battery: the key of a text."""

    persona_id: int
    instrument: str
    attempt: int


def ask(engine: Engine, plan: AskingPlan) -> Iterator[Answer]:
    """Yield the answers to each battery, asked for until all are valid or attempts run out.

    The whole battery is asked again; an answer that was valid before stands.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    plan : AskingPlan
        What is asked of whom.

    Yields
    ------
    Answer
        Without probabilities; `attempts` is that which gave the answer, or the last.
    """
    instruments = {i.name: i for missing in plan.missing.values() for i in missing}
    known: dict[tuple[int, str], dict[str, Answer]] = {}

    def reply(request: Writing, written: Written) -> Iterator[Writing | Answer]:
        key = cast("BatteryKey", request.key)
        options = {posed.question: posed.options for posed in request.posed}
        answers = known.setdefault((key.persona_id, key.instrument), {})
        outcomes = read_battery(
            written.text,
            options,
            finished=written.finished,
            status=written.status,
            refusals=plan.phrasing.refusals,
        )
        for code, outcome in outcomes.items():
            if code not in answers or answers[code].status != "valid":
                who = (key.persona_id, key.instrument, code)
                answers[code] = Answer(*who, outcome.status, outcome.option, key.attempt)
        invalid = any(answer.status != "valid" for answer in answers.values())
        before = attempts_before(plan, key.persona_id, key.instrument)
        if invalid and key.attempt < before + plan.condition.attempts:
            instrument = instruments[key.instrument]
            yield request_of(plan, key.persona_id, instrument, key.attempt + 1)
            return
        yield from known.pop((key.persona_id, key.instrument)).values()

    planned = (
        request_of(plan, persona_id, i, attempts_before(plan, persona_id, i.name) + 1)
        for persona_id, i in plan.questionnaires()
    )
    yield from conversed(engine, planned, reply)


def attempts_before(plan: AskingPlan, persona_id: int, instrument: str) -> int:
    """Return how often a battery that is asked again was asked before."""
    return max(
        (
            attempts
            for (who, name, _), attempts in plan.attempts_before.items()
            if (who, name) == (persona_id, instrument)
        ),
        default=0,
    )


def request_of(
    plan: AskingPlan, persona_id: int, instrument: Instrument, attempt: int = 1
) -> Writing:
    """Return the request for all answers to an instrument."""
    phrasing, name = plan.phrasing, instrument.name
    prompt, options = phrasing.battery(plan.contexts[persona_id], instrument, plan.labels[name])
    seed = seed_of(plan.seed, *plan.act(persona_id, name, "battery"), attempt)
    return Writing(
        BatteryKey(persona_id, name, attempt),
        persona_id,
        prompt,
        phrasing.gap + pattern(options),
        seed,
        Sampling(plan.condition.temperature, 1.0, most_tokens(options)),
        "battery",
        tuple(Posed(code, texts) for code, texts in options.items()),
    )


def pattern(options: Mapping[str, Sequence[str]]) -> str:
    """Return the regular expression of a battery's answers: one JSON object on one line.

    A regular expression, not a JSON schema: xgrammar makes an automaton of it in a fraction of
    the time, and the order of the answers is that of the questions.

    Parameters
    ----------
    options : mapping of str to sequence of str
        By code of the question.

    Returns
    -------
    str
        It matches the whole object.
    """
    pairs = (
        f"{literal(json.dumps(code))}: {one_of([_json(text) for text in texts])}"
        for code, texts in options.items()
    )
    return r"\{" + ", ".join(pairs) + r"\}"


def most_tokens(options: Mapping[str, Sequence[str]]) -> int:
    """Return a number of tokens in which every answer to a battery has room.

    A token is at least one byte, so that the bytes of the longest object bound its tokens.
    """
    widest = {code: max(texts, key=_n_bytes) for code, texts in options.items()}
    return len(_json(widest).encode()) + TOKENS_TO_END


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False)


def _n_bytes(text: str) -> int:
    return len(text.encode())
