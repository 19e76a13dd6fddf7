"""Mode single: one question at a time, answered by the probabilities of its options."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from valuescape.asking.elicitation import Answer
from valuescape.asking.elicitation.scoring import scored
from valuescape.asking.job import option_shares
from valuescape.asking.phrasing import persona_text, question_values
from valuescape.core.errors import UserError
from valuescape.core.seeds import seed_of
from valuescape.engine import Choice
from valuescape.engine.mass import silence, unrelated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.asking.elicitation import AskingPlan
    from valuescape.engine import Chosen, Engine
    from valuescape.study.instruments import Instrument, Question

WATCHED = 100  # answers after which it is told that the model does not answer
COMPARED = 8  # questions whose options are read after an unrelated prompt as well
ELSEWHERE = "after an unrelated prompt"
Key = tuple[int, str, str]  # persona_id, instrument, question
NullAnswers = dict[tuple[str, str], "NDArray[np.float64]"]  # by instrument and question


def ask(engine: Engine, plan: AskingPlan) -> Iterator[Answer]:
    """Yield every answer as it is known. None is asked twice: it would come out the same.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    plan : AskingPlan
        What is asked of whom.

    Yields
    ------
    Answer
        With shares and mass. One whose options all have no probability, or where one is no
        number, is malformed.
    """
    calibrated = plan.condition.scoring == "calibrated"
    without = null_prompt_answers(engine, plan) if calibrated else {}
    for chosen in watched(engine, plan):
        yield answer(chosen, plan, without)


def watched(engine: Engine, plan: AskingPlan) -> Iterator[Chosen]:
    """Yield what the engine makes of every question; see early on that the model answers at all.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    plan : AskingPlan
        What is asked of whom.

    Yields
    ------
    Chosen
        In the order in which they are known.

    Raises
    ------
    UserError
        If the first answers show that it does not: the shard would be spent for nothing.
    """  # noqa: DOC502 - raised by what is called
    apart = elsewhere_choices(plan)
    elsewhere: dict[str, Chosen] = {}
    asked: dict[Key, Choice] = {}
    first: list[Chosen] = []
    is_checked = False

    def noted() -> Iterator[Choice]:
        yield from apart
        for choice in requests(plan):
            if not is_checked:
                asked[cast("Key", choice.key)] = choice
            yield choice

    for chosen in engine.choose(noted()):
        place, code = cast("tuple[object, ...]", chosen.key)[::2]
        if place == ELSEWHERE:
            elsewhere[str(code)] = chosen
            continue
        if not is_checked:
            first.append(chosen)
            if len(first) >= WATCHED and len(elsewhere) == len(apart):
                check_answered(plan, asked, first, elsewhere)
                is_checked = True
        yield chosen
    if not is_checked:
        check_answered(plan, asked, first, elsewhere)


def elsewhere_choices(plan: AskingPlan) -> list[Choice]:
    """Return some of the questions' options after an unrelated prompt, if they are whole texts."""
    if plan.phrasing.answer["form"] != "option_text":
        return []
    several = next((missing for missing in plan.missing.values() if missing), ())
    questions = [(instrument, each) for instrument in several for each in instrument.asked]
    step = -(-len(questions) // COMPARED) or 1
    prompt = unrelated(plan.phrasing.answer)
    return [
        replace(
            _choice(plan, None, instrument, question, question_values("", instrument, question)),
            key=(ELSEWHERE, instrument.name, question.id),
            prompt=prompt,
        )
        for instrument, question in questions[::step]
    ]


def check_answered(
    plan: AskingPlan,
    asked: Mapping[Key, Choice],
    first: Sequence[Chosen],
    elsewhere: Mapping[str, Chosen],
) -> None:
    """Refuse a model that gives the options probabilities and says something else.

    Parameters
    ----------
    plan : AskingPlan
        Says how much of the probability the options must hold.
    asked : mapping of Key to Choice
        The questions.
    first : sequence of Chosen
        What came of some of them.
    elsewhere : mapping of str to Chosen
        As in `engine.mass.silence`.

    Raises
    ------
    UserError
        Telling the option mass.
    """
    choices = [asked[cast("Key", chosen.key)] for chosen in first]
    told = silence(choices, first, elsewhere, plan.least_mass)
    if told:
        msg = f"condition {plan.condition.name}: the model does not answer: {told}"
        hint = (
            "see what it is asked and what it says: python -m valuescape.engine.check_model NAME. "
            "A model that thinks first wants another prefill (docs/models.md). To go on "
            "regardless, write stop_below: {option_mass: 0} in the study"
        )
        raise UserError(msg, hint=hint)


def requests(plan: AskingPlan) -> Iterator[Choice]:
    """Yield every question to every persona."""
    for persona_id, instrument, question in plan.questions():
        values = plan.values(persona_id, instrument, question)
        yield _choice(plan, persona_id, instrument, question, values)


def null_prompt_answers(engine: Engine, plan: AskingPlan) -> NullAnswers:
    """Return what each missing question is answered under the null prompt.

    This costs one request a question and shard, not one a persona.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    plan : AskingPlan
        What is asked.

    Returns
    -------
    dict of (str, str) to ndarray of float64, shape (n_options,)
        Log-probabilities by instrument and question.
    """
    context = persona_text(plan.phrasing.template, (), [], None)
    once = {(i.name, q.id): (i, q) for _, i, q in plan.questions()}
    choices = (_choice(plan, None, i, q, question_values(context, i, q)) for i, q in once.values())
    found: NullAnswers = {}
    for chosen in engine.choose(choices):
        _, name, code = cast("tuple[None, str, str]", chosen.key)
        found[name, code] = chosen.log_probabilities
    return found


def _choice(
    plan: AskingPlan,
    persona_id: int | None,
    instrument: Instrument,
    question: Question,
    values: dict[str, object],
) -> Choice:
    labels = plan.labels[instrument.name]
    prompt, options = plan.phrasing.question(question, values, labels)
    key = (persona_id, instrument.name, question.id)
    return Choice(key, persona_id, question.id, prompt, options, plan.phrasing.answer["form"])


def answer(chosen: Chosen, plan: AskingPlan, without: NullAnswers) -> Answer:
    """Return what the probabilities of a question's options are as an answer.

    Parameters
    ----------
    chosen : Chosen
        From the engine.
    plan : AskingPlan
        Its condition says how shares and the chosen option follow.
    without : dict
        As from `null_prompt_answers`, if it is needed.

    Returns
    -------
    Answer
        The mass is that of the model's own probabilities, in every scoring.
    """
    persona_id, name, code = cast("Key", chosen.key)
    if not np.isfinite(chosen.log_probabilities.max()):
        return Answer(persona_id, name, code, chosen.status or "malformed")
    condition = plan.condition
    given = chosen.log_probabilities
    values = scored(given, condition.scoring, chosen.n_tokens, without.get((name, code)))
    shares, mass = option_shares(given)
    if values is not given:  # raw is most often, and computed once
        shares, _ = option_shares(values)
    which = condition.chosen_option
    # the modal option needs no seed, and a seed costs as much as all else here
    seed = seed_of(plan.seed, *plan.act(persona_id, name, code)) if which == "drawn" else 0
    option = chosen_option(shares, which, seed)
    return Answer(persona_id, name, code, "valid", option, shares=shares, mass=mass)


def chosen_option(shares: NDArray[np.float64], which: str, seed: int) -> int:
    """Return the position of the chosen option.

    Parameters
    ----------
    shares : ndarray of float64, shape (n_options,)
        Distribution over the options.
    which : str
        ``modal`` (the first of equals) or ``drawn`` from the shares.
    seed : int
        Seed of the draw.

    Returns
    -------
    int
        From 0, in survey order.
    """
    if which == "modal":
        return int(np.argmax(shares))
    return int(np.random.default_rng(seed).choice(len(shares), p=shares / shares.sum()))
