"""Judging: what a judge is asked of a biography, one question a cultural variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuescape.study.instruments import Instrument, Option, Question

if TYPE_CHECKING:
    from valuescape.study.space import PersonaSpace

NAME = "judge"


def instrument_of(space: PersonaSpace, asked: str = "", not_said: str = "") -> Instrument:
    """Return the questions to a judge as an instrument.

    Parameters
    ----------
    space : PersonaSpace
        Its statements are the options.
    asked, not_said : str
        What is asked, and the last option, in the judge's prompt.

    Returns
    -------
    Instrument
        A question a variable, named like it; options are the levels in their order, and that the
        text does not say.
    """
    questions = []
    for variable in space.variables:
        texts = [*(level.wording for level in variable.levels), not_said]
        options = tuple(Option(value, text, text) for value, text in enumerate(texts, start=1))
        questions.append(Question(variable.name, asked, options))
    return Instrument(
        name=NAME,
        title="What a judge finds in a biography",
        source="this project",
        licence="that of this project",
        instruction="",
        questions=tuple(questions),
    )
