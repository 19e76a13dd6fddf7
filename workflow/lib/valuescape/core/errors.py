"""Mistakes that a user can correct, reported with a hint instead of a traceback."""

from __future__ import annotations


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
