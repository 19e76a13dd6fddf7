"""Contrasts: which two conditions of a study differ in one thing, and in which.

A condition in another language is set beside its English twin: the same context, mode, option order
and replicate. What another replicate, another option order and another wording of one language move
is measured by the same estimators, and is the floor of what a language moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from valuescape.study.conditions import OF_SPEECH, Condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ENGLISH, BASE = OF_SPEECH["language"], OF_SPEECH["wording"]
LANGUAGE, DEMOGRAPHICS = "language", "demographics"
FLOORS = ("replicate", "option_order", "wording")
"""Contrasts that are floors of the others, each called like the key in which conditions differ."""
NOBODY, QUESTION, PERSONA, BOTH = "nobody", "question", "persona", "both"


@dataclass(frozen=True)
class Contrast:
    """Two conditions that differ in one thing.

    Attributes
    ----------
    kind : str
        ``language``; ``demographics`` (told or not, the country among them); or one of `FLOORS`.
        Two varieties of one language, as de and de-AT, are two wordings.
    condition, twin : Condition
        What is compared with what: another language with English, demographics with none, and of
        floors the later in the study's order with the earlier.
    """

    kind: str
    condition: Condition
    twin: Condition

    @property
    def cell(self) -> str:
        """What is in another language: question, persona, both, or, told nothing, nobody."""
        return cell_of(self.condition)

    @property
    def language(self) -> str:
        """Code of the language: of the questions, unless they are in English."""
        asked, told = self.condition.language, self.condition.context_language
        return told if asked == ENGLISH and self.condition.context else asked

    def floors_among(self, contrasts: Iterable[Contrast], kind: str) -> list[Contrast]:
        """Return the contrasts of one kind that are floors of this one.

        Parameters
        ----------
        contrasts : iterable of Contrast
            Those of the study.
        kind : str
            One of `FLOORS`.

        Returns
        -------
        list of Contrast
            Those under which personas are told the same and answer in the same mode, in whatever
            language. This contrast itself is none of them.
        """
        same = ("context", "mode", "readout", "options", "scoring")
        return [
            other
            for other in contrasts
            if other.kind == kind
            and other != self
            and all(getattr(other.condition, key) == getattr(self.condition, key) for key in same)
        ]


def family(code: str) -> str:
    """Return the language that a variety belongs to: ``de`` of ``de-AT``."""
    return code.partition("-")[0]


def cell_of(condition: Condition) -> str:
    """Return what of a condition is in another language than English; empty for nothing."""
    asked, told = (getattr(condition, key) != ENGLISH for key in ("language", "context_language"))
    if not condition.context:
        return NOBODY if asked else ""
    return {(True, True): BOTH, (True, False): QUESTION, (False, True): PERSONA}.get(
        (asked, told), ""
    )


def _told_nothing_in_no_language(condition: Condition) -> Condition:
    return condition if condition.context else replace(condition, context_language=ENGLISH)


def _alike(condition: Condition) -> Condition:
    """Return a condition without its name, which decides nothing."""
    return replace(_told_nothing_in_no_language(condition), name="")


def _twin(condition: Condition, others: Sequence[Condition]) -> Condition | None:
    """Return the English twin: of the same wording, if English has it, else of the base."""
    english = replace(condition, language=ENGLISH, context_language=ENGLISH)
    for wording in dict.fromkeys((condition.wording, BASE)):
        wanted = _alike(replace(english, wording=wording))
        found = next((other for other in others if _alike(other) == wanted), None)
        if found is not None:
            return found
    return None


def find_contrasts(conditions: Iterable[Condition]) -> list[Contrast]:
    """Return what the conditions of a study show of languages.

    Parameters
    ----------
    conditions : iterable of Condition
        In the study's order.

    Returns
    -------
    list of Contrast
        None if no condition is in another language and has an English twin. Else those of language,
        then of demographics, then of each floor; of several that differ in a floor's key alone,
        each is compared with the first.
    """
    known = list(conditions)
    languages = [
        Contrast(LANGUAGE, condition, twin)
        for condition in known
        if cell_of(condition) and (twin := _twin(condition, known))
    ]
    if not languages:
        return []
    floors = [each for kind in FLOORS for each in _floors(known, kind)]
    return [*languages, *_told_demographics(known), *floors]


def _floors(known: Sequence[Condition], key: str) -> Iterator[Contrast]:
    first: dict[Condition, Condition] = {}
    usual = getattr(Condition(""), key)
    for condition in known:
        same = _alike(replace(condition, **{key: usual}))
        if key == "wording":  # two varieties of a language are two wordings of it
            same = replace(same, language=family(same.language))
        if first.setdefault(same, condition) is not condition:
            yield Contrast(key, condition, first[same])


def _told_demographics(known: Sequence[Condition]) -> Iterator[Contrast]:
    for condition in known:
        rest = tuple(part for part in condition.context if part != DEMOGRAPHICS)
        if rest and rest != condition.context:
            wanted = _alike(replace(condition, context=rest))
            for other in known:
                if _alike(other) == wanted:
                    yield Contrast(DEMOGRAPHICS, condition, other)


def compared_conditions(conditions: Iterable[Condition]) -> list[Condition]:
    """Return the conditions that any contrast of a study reads, in the study's order."""
    known = list(conditions)
    read = {side for each in find_contrasts(known) for side in (each.condition, each.twin)}
    return [condition for condition in known if condition in read]
