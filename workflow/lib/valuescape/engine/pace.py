"""Pace: how long a stand-in takes, so that a study on GPUs can be rehearsed without one.

The time of a request is made up from what a GPU was measured or published to do: so many requests
and so many tokens a second (docs/cluster.md). Nothing is computed in it; the stand-in sleeps.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from valuescape.core.seeds import seed_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuescape.engine import Usage

CHARACTERS_A_TOKEN = 4
SEEDS = 2**31
# Shorter sleeps last longer than they should.
SHORTEST_SLEEP = 0.02


class Pace:
    """The clock of a stand-in.

    Parameters
    ----------
    settings : mapping
        ``requests_per_second``: that one process hands over at most. ``tokens_per_second``: that
        are computed, prompts but for their ``cached`` share and what is written.
        ``biography_tokens``: of a biography. ``seconds_load``: until the first request.
        ``faster``: what all these seconds are divided by. ``stragglers``: the ``share`` of jobs
        that take so many ``times`` as long.
    usage : Usage
        What it did is counted there, in the seconds of the rehearsal.
    """

    def __init__(self, settings: Mapping[str, Any], usage: Usage) -> None:
        self._usage = usage
        self._seconds_a_request = 1 / settings["requests_per_second"]
        self._seconds_a_token = 1 / settings.get("tokens_per_second", float("inf"))
        self._computed = 1 - settings.get("cached", 0.0)
        self._biography_tokens = settings.get("biography_tokens", 0)
        self._faster = settings.get("faster", 1.0)
        self._stragglers = settings.get("stragglers", {"share": 0.0, "times": 1.0})
        self._begun: float | None = None
        self._due = 0.0
        usage.device = f"none: made-up speed of a GPU, {self._faster:g} times as fast"
        usage.seconds_load = settings.get("seconds_load", 0.0) / self._faster
        time.sleep(usage.seconds_load)

    def write(self, persona_id: int, prompt: str) -> None:
        """Take as long as a text of a persona takes."""
        self._take(persona_id, 1, len(prompt), self._biography_tokens)

    def choose(self, persona_id: int | None, prompt: str, texts: tuple[str, ...]) -> None:
        """Take as long as the probabilities of these texts take, a request each."""
        n_tokens = sum(max(1, len(text) // CHARACTERS_A_TOKEN) for text in texts)
        self._take(persona_id, len(texts), len(prompt) * len(texts), n_tokens)

    def _take(self, persona_id: int | None, n_requests: int, n_read: int, n_written: int) -> None:
        if self._begun is None:
            self._begun = time.monotonic()
            chance = SEEDS * self._stragglers["share"]
            if persona_id is not None and seed_of(persona_id, "straggler") < chance:
                self._faster /= self._stragglers["times"]
        prompt = n_read / CHARACTERS_A_TOKEN
        computed = prompt * self._computed + n_written
        seconds = max(n_requests * self._seconds_a_request, computed * self._seconds_a_token)
        self._due += seconds / self._faster
        self._usage.prompt_tokens += round(prompt)
        self._usage.cached_prompt_tokens += round(prompt * (1 - self._computed))
        self._usage.output_tokens += n_written
        early = self._begun + self._due - time.monotonic()
        if early > SHORTEST_SLEEP:
            time.sleep(early)
        self._usage.seconds_ask = time.monotonic() - self._begun
