"""Mistakes that a user can correct, reported with a hint instead of a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of many mistakes the first are shown: who mends those often mends the others with them.
MOST_SHOWN = 20


class UserError(Exception):
    """A mistake in an input, with what to do about it.

    Parameters
    ----------
    message : str
        What stands there, what should, and where (file, line, key).
    hint : str
        What the user can do.
    """

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the two lines that a user sees."""
        return f"{self.message}\nHint: {self.hint}"


class CollectedUserError(UserError):
    """Several mistakes, each with its own place and hint.

    Parameters
    ----------
    errors : iterable of UserError
        At least one.
    """

    def __init__(self, errors: Iterable[UserError]) -> None:
        self.errors = tuple(errors)
        super().__init__(
            "\n".join(error.message for error in self.errors),
            hint="; ".join(dict.fromkeys(error.hint for error in self.errors)),
        )

    def __str__(self) -> str:
        """Return the two lines of each of the first mistakes, and how many more there are."""
        shown = [str(error) for error in self.errors[:MOST_SHOWN]]
        more = len(self.errors) - len(shown)
        return "\n".join([*shown, *([f"... and {more} more mistakes"] if more else [])])


def refuse(errors: Iterable[UserError]) -> None:
    """Raise what was found wrong, each mistake once; do nothing if that is none.

    Parameters
    ----------
    errors : iterable of UserError
        Mistakes; one that holds several stands for these.

    Raises
    ------
    UserError
        The mistake, or a `CollectedUserError` if there are several.
    """  # noqa: DOC502 - one or the other is raised
    found: dict[str, UserError] = {}
    for error in errors:
        for each in error.errors if isinstance(error, CollectedUserError) else [error]:
            found.setdefault(each.message, each)
    if found:
        error = CollectedUserError(found.values()) if len(found) > 1 else next(iter(found.values()))
        raise error
