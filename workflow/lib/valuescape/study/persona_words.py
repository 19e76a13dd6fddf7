"""What a persona is told of itself in the words of one language, in the form of its sex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuescape.study.space import PersonaSpace

Form = Literal["female", "male", "untold"]


@dataclass(frozen=True)
class Forms:
    """Something said to a person, in the form of its sex where the language has several.

    Attributes
    ----------
    female, male, untold : str
        Said to a woman, to a man, and to a person whose sex is not told.
    """

    female: str
    male: str
    untold: str

    @classmethod
    def of(cls, said: str | Mapping[str, str]) -> Forms:
        """Return the forms of a sentence; all the same where it is one text."""
        return cls(said, said, said) if isinstance(said, str) else cls(**said)

    def to(self, form: Form) -> str:
        """Return what is said to a person of this sex."""
        return {"female": self.female, "male": self.male, "untold": self.untold}[form]


@dataclass(frozen=True)
class PersonaWords:
    """What a persona is told of itself, in the words of one language.

    Attributes
    ----------
    statements : tuple of tuple of Forms
        By cultural variable and level, in the order of the persona space.
    lists : mapping of str to mapping of str to Forms
        By field of a biography, what is said for each of its values; a field that is not here is
        said as it stands (a number, or English).
    """

    statements: tuple[tuple[Forms, ...], ...]
    lists: Mapping[str, Mapping[str, Forms]]

    @classmethod
    def english(cls, space: PersonaSpace) -> PersonaWords:
        """Return the words of the persona space itself, in which lists stand as they are."""
        return cls(
            tuple(
                tuple(Forms.of(level.wording) for level in variable.levels)
                for variable in space.variables
            ),
            {},
        )

    def said(self, levels: Sequence[int], form: Form = "untold") -> list[str]:
        """Return the statements of a configuration, one a cultural variable."""
        return [own[level].to(form) for own, level in zip(self.statements, levels, strict=True)]

    def demographics(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is known of a person, in words.

        Parameters
        ----------
        known : mapping of str to object
            Fields of a biography by name, None where it is not known.

        Returns
        -------
        dict of str to object
            The same fields.

        Raises
        ------
        UserError
            If the language has no word for a value.
        """
        form = form_of(known)
        told: dict[str, Any] = dict(known)
        for field, words in self.lists.items():
            value = known.get(field)
            if value is None:
                continue
            if value not in words:
                msg = f"the language has no word for the {field} {value!r}"
                hint = f"add it under {field} to its file, or tell it in English"
                raise UserError(msg, hint=hint)
            told[field] = words[value].to(form)
        return told


def form_of(known: Mapping[str, Any]) -> Form:
    """Return the form in which a person is spoken to: that of its sex, if that is told."""
    sex = known.get("sex")
    return sex if sex in {"female", "male"} else "untold"
