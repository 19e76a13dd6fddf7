"""Pace: a stand-in takes the time that its file makes up, no more, and counts it."""

from __future__ import annotations

import pytest

from valuescape.engine import Usage, pace
from valuescape.engine.pace import Pace

SPEED = {"requests_per_second": 100, "tokens_per_second": 1000, "cached": 0.5}
PROMPT = "x" * 400  # 100 tokens, of which 50 are computed


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that moves by sleeping alone."""
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(pace.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_tokens_and_requests_take_the_longer_of_their_times(clock):
    usage = Usage()
    made_up = Pace(SPEED | {"seconds_load": 7}, usage)
    assert clock == [7]
    made_up.choose(1, PROMPT, ("",))  # 51 tokens of 1 ms, one request of 10 ms
    assert clock[0] == pytest.approx(7 + 0.051)
    made_up.choose(1, "", ("yes", "no", "both"))  # three requests
    assert clock[0] == pytest.approx(7 + 0.081)
    assert (usage.seconds_load, usage.seconds_ask) == (7, pytest.approx(0.081))
    assert (usage.prompt_tokens, usage.cached_prompt_tokens, usage.output_tokens) == (100, 50, 4)
    assert "made-up" in usage.device


def test_what_the_processor_takes_is_not_added(clock):
    made_up = Pace(SPEED, Usage())
    made_up.choose(1, PROMPT, ("",))
    clock[0] += 0.03
    made_up.choose(1, PROMPT, ("",))
    assert clock[0] == pytest.approx(0.102)


def test_a_rehearsal_is_faster_and_a_straggler_slower(clock):
    made_up = Pace(SPEED | {"biography_tokens": 950, "faster": 10}, Usage())
    made_up.write(1, PROMPT)
    assert clock[0] == pytest.approx(0.1)
    late = Pace(SPEED | {"stragglers": {"share": 1.0, "times": 3.0}}, Usage())
    late.choose(1, PROMPT, ("",))
    assert clock[0] == pytest.approx(0.1 + 3 * 0.051)
