"""Progress: what a job tells while it runs."""

from __future__ import annotations

import os

import pytest

from valuescape.core import progress
from valuescape.core.progress import TERMINAL_VARIABLE, Progress


@pytest.mark.parametrize(
    ("done", "seconds", "line"),
    [
        (0, 0.0, "answers: 0 of 5,904 questions, 0.00/s, 0.0 min left"),
        (1476, 240.0, "answers: 1,476 of 5,904 questions, 6.15/s, 12.0 min left"),
        (5900, 2.0, "answers: 5,900 of 5,904 questions, 2,950/s, 0.0 min left"),
        (36, 3600.0, "answers: 36 of 5,904 questions, 0.01/s, 9780.0 min left"),
    ],
)
def test_a_line_by_hand(done, seconds, line):
    counted = Progress("answers", 5904, "questions")
    counted.done = done
    assert counted.line(seconds) == line


def test_it_speaks_at_the_end_and_after_some_seconds(caplog, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.delenv(TERMINAL_VARIABLE, raising=False)
    caplog.set_level("INFO", "valuescape")
    counted = Progress("answers", 3, "questions")
    for seconds in (1, 10, 1):
        now[0] += seconds
        counted.advance()
    assert [line.split(",")[0] for line in caplog.messages] == [
        "answers: 2 of 3 questions",
        "answers: 3 of 3 questions",
    ]


def test_what_it_says_reaches_the_terminal(monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setenv(TERMINAL_VARIABLE, str(writing))
    Progress("answers", 1, "questions").advance()
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as terminal:
        assert terminal.read().startswith("answers: 1 of 1 questions, ")


def test_a_closed_terminal_ends_no_job(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setenv(TERMINAL_VARIABLE, str(writing))
    counted = Progress("answers", 1, "questions")
    counted.advance()
    assert counted.done == 1
    os.close(writing)
