"""Mode single: one question at a time, answered by the probabilities of its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from valuescape.asking.elicitation import Answer
from valuescape.asking.elicitation.scoring import scored
from valuescape.asking.job import option_shares
from valuescape.asking.phrasing import persona_text, question_values
from valuescape.core.seeds import seed_of
from valuescape.engine import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from valuescape.asking.elicitation import Round
    from valuescape.engine import Chosen, Engine
    from valuescape.study.instruments import Instrument, Question

Key = tuple[int, str, str]  # persona_id, instrument, question
Nobody = dict[tuple[str, str], "NDArray[np.float64]"]  # by instrument and question


def ask(engine: Engine, asked: Round) -> Iterator[Answer]:
    """Yield every answer as it is known. None is asked twice: it would come out the same.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    asked : Round
        What is asked of whom.

    Yields
    ------
    Answer
        With shares and mass. One whose options all have no probability, or where one is no
        number, is malformed.
    """
    calibrated = asked.condition.scoring == "calibrated"
    nobody = without_persona(engine, asked) if calibrated else {}
    for chosen in engine.choose(requests(asked)):
        yield answer(chosen, asked, nobody)


def requests(asked: Round) -> Iterator[Choice]:
    """Yield every question to every persona."""
    for persona_id, instrument, question in asked.questions():
        values = asked.values(persona_id, instrument, question)
        yield _choice(asked, persona_id, instrument, question, values)


def without_persona(engine: Engine, asked: Round) -> Nobody:
    """Return what each missing question is answered when nobody is described.

    This costs one request a question and shard, not one a persona.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    asked : Round
        What is asked.

    Returns
    -------
    dict of (str, str) to ndarray of float64, shape (n_options,)
        Log-probabilities by instrument and question.
    """
    nobody = persona_text(asked.phrasing.template, "nothing", [], None)
    once = {(i.name, q.id): (i, q) for _, i, q in asked.questions()}
    choices = (_choice(asked, None, i, q, question_values(nobody, i, q)) for i, q in once.values())
    found: Nobody = {}
    for chosen in engine.choose(choices):
        _, name, code = cast("tuple[None, str, str]", chosen.key)
        found[name, code] = chosen.log_probabilities
    return found


def _choice(
    asked: Round,
    persona_id: int | None,
    instrument: Instrument,
    question: Question,
    values: dict[str, object],
) -> Choice:
    labels = asked.labels[instrument.name]
    prompt, options = asked.phrasing.question(question, values, labels)
    key = (persona_id, instrument.name, question.id)
    return Choice(key, persona_id, question.id, prompt, options, asked.phrasing.answer["form"])


def answer(chosen: Chosen, asked: Round, nobody: Nobody) -> Answer:
    """Return what the probabilities of a question's options are as an answer.

    Parameters
    ----------
    chosen : Chosen
        From the engine.
    asked : Round
        Its condition says how shares and the chosen option follow.
    nobody : dict
        As from `without_persona`, if it is needed.

    Returns
    -------
    Answer
        The mass is that of the model's own probabilities, in every scoring.
    """
    persona_id, name, code = cast("Key", chosen.key)
    if not np.isfinite(chosen.log_probabilities.max()):
        return Answer(persona_id, name, code, "malformed")
    condition = asked.condition
    _, mass = option_shares(chosen.log_probabilities)
    shares, _ = option_shares(
        scored(
            chosen.log_probabilities, condition.scoring, chosen.n_tokens, nobody.get((name, code))
        )
    )
    seed = seed_of(asked.seed, *asked.act(persona_id, name, code))
    option = chosen_option(shares, condition.choose, seed)
    return Answer(persona_id, name, code, "valid", option, shares=shares, mass=mass)


def chosen_option(shares: NDArray[np.float64], choose: str, seed: int) -> int:
    """Return the position of the chosen option.

    Parameters
    ----------
    shares : ndarray of float64, shape (n_options,)
        Distribution over the options.
    choose : str
        ``most_probable`` (the first of equals) or ``drawn`` from the shares.
    seed : int
        Seed of the draw.

    Returns
    -------
    int
        From 0, in survey order.
    """
    if choose == "most_probable":
        return int(np.argmax(shares))
    return int(np.random.default_rng(seed).choice(len(shares), p=shares / shares.sum()))
