"""Progress: how far a job is, in its log and on the terminal."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from typing import Final

LOG = logging.getLogger("valuescape")
# A rule sends a job's output to its log; what is written here reaches the terminal as well.
TERMINAL_VARIABLE: Final = "VALUESCAPE_TERMINAL"
SECONDS_BETWEEN_LINES: Final = 10.0
WHOLE_RATE: Final = 10  # from here on a rate is given without decimals


def set_up_logging() -> None:
    """Send INFO lines with the time of day to standard error, which a rule keeps as the log."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr
    )
    for loud in ("fontTools", "httpx", "transformers", "vllm"):
        logging.getLogger(loud).setLevel(logging.WARNING)


def tell(message: str, *values: object) -> None:
    """Say a warning in the log and, where a rule opens it, on the terminal.

    Parameters
    ----------
    message : str
        As for a logger, with a place for each value.
    *values : object
        What stands there.
    """
    LOG.warning(message, *values)
    to_terminal(f"Warning: {message % values}")


def to_terminal(line: str) -> None:
    """Write a line to the terminal from which a rule was started, if it is open."""
    terminal = os.environ.get(TERMINAL_VARIABLE)
    if terminal:
        # a terminal that was closed in the meantime is no reason to end hours of work
        with contextlib.suppress(OSError):
            os.write(int(terminal), f"{line}\n".encode())


class Progress:
    """A count that says now and then how far it has come.

    Parameters
    ----------
    what : str
        What is going on, for instance ``biographies 0001-of-0002``.
    total : int
        How many there are in all.
    unit : str
        What is counted, in plural.
    """

    def __init__(self, what: str, total: int, unit: str) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.done = 0
        self.started = self.reported = time.monotonic()

    def advance(self, n: int = 1) -> None:
        """Count `n` more; say so if some seconds have gone by or all is done."""
        self.done += n
        now = time.monotonic()
        if now - self.reported >= SECONDS_BETWEEN_LINES or self.done == self.total:
            self.reported = now
            self._report(self.line(now - self.started))

    def line(self, seconds: float) -> str:
        """Return the line that says how far it is.

        Parameters
        ----------
        seconds : float
            Time since the start.

        Returns
        -------
        str
            Done and total, the rate, and the time still to go.
        """
        rate = self.done / seconds if seconds else 0.0
        left = (self.total - self.done) / rate if rate else 0.0
        digits = 0 if rate >= WHOLE_RATE else 2
        return (
            f"{self.what}: {self.done:,} of {self.total:,} {self.unit}, "
            f"{rate:,.{digits}f}/s, {left / 60:.1f} min left"
        )

    def _report(self, line: str) -> None:
        LOG.info(line)
        to_terminal(line)
