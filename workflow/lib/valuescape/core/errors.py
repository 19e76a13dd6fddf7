"""Mistakes a user can mend, told in words and with a hint instead of a traceback."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


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


def run(main: Callable[[], None]) -> None:
    """Run a command; a `UserError` ends it with its two lines and exit status 1.

    Parameters
    ----------
    main : callable
        The command; it reads its own command line.

    Raises
    ------
    SystemExit
        With status 1 after a `UserError`.
    """
    try:
        main()
    except UserError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(1) from None
