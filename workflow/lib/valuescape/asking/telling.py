"""Telling: what a persona is told of itself under a condition, in the language that it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuescape.asking.phrasing import persona_text
from valuescape.study.conditions import BY_COUNTRY
from valuescape.study.languages import (
    ENGLISH,
    Language,
    context_languages,
    context_prompt,
    country_languages,
)
from valuescape.study.persona_words import PersonaWords, form_of
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuescape.study.conditions import Condition
    from valuescape.study.space import PersonaSpace


@dataclass(frozen=True)
class Telling:
    """In which words personas are told of themselves.

    Attributes
    ----------
    condition : Condition
        Says what they are told, and in which language.
    asked : Language
        In which the questions are asked.
    space : PersonaSpace
        The cultural variables.
    templates : mapping of str to Template
        By language, the prompt of the context's parts.
    words : mapping of str to PersonaWords
        By language, statements and lists.
    languages : mapping of str to str
        By country, the language of those whose context has that of their country.
    """

    condition: Condition
    asked: Language
    space: PersonaSpace
    templates: Mapping[str, Template]
    words: Mapping[str, PersonaWords]
    languages: Mapping[str, str]

    @classmethod
    def read(
        cls, condition: Condition, space: PersonaSpace, prompt: Path, root: Path = Path()
    ) -> Telling:
        """Read what a condition needs; `prompt` is the study's own, in English."""
        codes = context_languages(condition, root) if condition.context else [condition.language]
        known = {code: Language.of(code, root) for code in codes}
        return cls(
            condition,
            Language.of(condition.language, root),
            space,
            {
                code: Template(context_prompt(condition, each, prompt), condition.context)
                for code, each in known.items()
            },
            {code: each.persona_words(space) for code, each in known.items()},
            country_languages(root) if condition.context_language == BY_COUNTRY else {},
        )

    def language(self, demographics: Mapping[str, Any]) -> str:
        """Return the language in which a person with these demographics is told."""
        if self.condition.context_language == BY_COUNTRY:
            return self.languages.get(str(demographics.get("country")), ENGLISH)
        return next(iter(self.templates))

    def text(self, persona_id: int, biography: str | None, demographics: Mapping[str, Any]) -> str:
        """Return what a persona knows of itself when it answers.

        Parameters
        ----------
        persona_id : int
            Says its configuration.
        biography : str or None
            Its biography; None if it has no valid one.
        demographics : mapping
            As from `phrasing.demographics_of`; where they are told, its sex chooses the form in
            which it is spoken to.

        Returns
        -------
        str
            As from `phrasing.persona_text`.
        """
        code = self.language(demographics)
        words = self.words[code]
        told = demographics if "demographics" in self.condition.context else {}
        levels = self.space.levels_of([persona_id])[0]
        return persona_text(
            self.templates[code],
            self.condition.context,
            words.said(levels, form_of(told)),
            biography,
            words.demographics(told),
        )
