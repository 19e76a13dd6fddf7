"""Short print labels of questions, variables and levels, for axes where their texts do not fit.

These words are this project's own and are shown to readers only; no LLM sees them. What is not
listed is shown by its own text, cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from valuescape.study.instruments import Question
    from valuescape.study.space import Level, PersonaSpace, Variable

LONGEST = 34
"""Characters of the longest label."""

QUESTIONS = {
    "Q1": "Family important",
    "Q2": "Friends important",
    "Q3": "Leisure important",
    "Q46": "Happiness",
    "Q47": "State of health",
    "Q48": "Freedom of choice, control",
    "Q57": "Most people can be trusted",
    "Q58": "Trust in family",
    "Q59": "Trust in neighbourhood",
    "Q106": "Equal incomes or incentives",
    "Q107": "Private or state ownership",
    "Q108": "State or own responsibility",
    "Q112": "Corruption in the country",
    "Q113": "Corrupt: state authorities",
    "Q114": "Corrupt: business executives",
    "Q121": "Immigrants' impact",
    "Q122": "Immigration fills jobs",
    "Q123": "Immigration: cultural diversity",
    "Q131": "Secure in neighbourhood",
    "Q132": "Robberies in neighbourhood",
    "Q133": "Street drinking nearby",
    "Q158": "Science makes life easier",
    "Q159": "Science gives opportunities",
    "Q160": "Too much science, little faith",
    "Q164": "Importance of God",
    "Q165": "Belief in God",
    "Q166": "Belief in life after death",
    "Q176": "Moral rules hard to tell",
    "Q177": "Justifiable: undue benefits",
    "Q178": "Justifiable: dodging fares",
    "Q199": "Interest in politics",
    "Q200": "Discusses politics",
    "Q201": "Reads a daily newspaper",
    "Q235": "System: strong leader",
    "Q236": "System: experts decide",
    "Q237": "System: army rules",
    "A008": "Happiness",
    "A165": "Trust in people",
    "E018": "Respect for authority",
    "E025": "Signing a petition",
    "F063": "Importance of God",
    "F118": "Justifiable: homosexuality",
    "F120": "Justifiable: abortion",
    "G006": "National pride",
    "Y002": "Post-materialism",
    "Y003": "Autonomy of children",
}

VARIABLES = {
    "happiness": "Happiness",
    "trust": "Trust in people",
    "authority": "Respect for authority",
    "petition": "Signing a petition",
    "god": "Importance of God",
    "homosexuality": "Homosexuality",
    "abortion": "Abortion",
    "pride": "National pride",
    "postmaterialism": "Post-materialism",
    "autonomy": "Autonomy of children",
}

_JUSTIFIABLE = {1.0: "never justifiable", 5.5: "sometimes justifiable", 10.0: "always justifiable"}

LEVELS = {
    "happiness": {1.0: "very", 2.0: "quite", 3.0: "not very", 4.0: "not at all"},
    "trust": {1.0: "most can be trusted", 2.0: "need to be careful"},
    "authority": {1.0: "more is good", 2.0: "don't mind", 3.0: "more is bad"},
    "petition": {1.0: "have done", 2.0: "might do", 3.0: "would never do"},
    "god": {1.0: "not at all", 4.0: "not very", 7.0: "rather", 10.0: "very important"},
    "homosexuality": _JUSTIFIABLE,
    "abortion": _JUSTIFIABLE,
    "pride": {1.0: "very proud", 2.0: "quite", 3.0: "not very", 4.0: "not at all"},
    "postmaterialism": {1.0: "materialist", 2.0: "mixed", 3.0: "post-materialist"},
    "autonomy": {-2.0: "faith, obedience", 0.0: "both alike", 2.0: "independence"},
}


def cut(text: str) -> str:
    """Return a text of at most `LONGEST` characters, cut with an ellipsis where longer."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def question_label(question: Question) -> str:
    """Return the short label of a question."""
    return QUESTIONS.get(question.id, cut(question.text))


def variable_label(variable: Variable) -> str:
    """Return the short label of a cultural variable."""
    return VARIABLES.get(variable.name, cut(variable.title))


def level_label(variable: Variable, level: Level) -> str:
    """Return the short label of a level of a cultural variable."""
    return LEVELS.get(variable.name, {}).get(level.value, cut(level.wording))


def level_frame(space: PersonaSpace) -> pl.DataFrame:
    """Return the labels of all levels of a persona space.

    Parameters
    ----------
    space : PersonaSpace
        The variables, in order.

    Returns
    -------
    DataFrame
        ``variable``, ``level`` (Int8), ``variable_label``, ``level_label`` and ``row``, the
        level's place from the top where variables are listed in order.
    """
    rows = [
        (variable.name, number, variable_label(variable), level_label(variable, level))
        for variable in space.variables
        for number, level in enumerate(variable.levels)
    ]
    return pl.DataFrame(
        rows,
        schema={
            "variable": pl.String,
            "level": pl.Int8,
            "variable_label": pl.String,
            "level_label": pl.String,
        },
        orient="row",
    ).with_row_index("row")
