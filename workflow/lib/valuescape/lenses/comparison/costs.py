"""What asking cost, summed over the shards of a stage, and what it would cost elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COUNTED = (
    "n_answers",
    "n_requests",
    "prompt_tokens",
    "output_tokens",
    "cached_prompt_tokens",
    "seconds_load",
    "seconds_ask",
)


@dataclass
class Cost:
    """What a stage of a model cost, over all its shards.

    Attributes
    ----------
    model, stage : str
        Whose.
    shards : int
        How many shards were read.
    answers_per_persona : int
        How many answers (or biographies, 1) a persona gives in this stage.
    n_taken_over : int
        Answers that earlier jobs had finished; what these cost is not counted.
    n_answers, n_requests, prompt_tokens, output_tokens, cached_prompt_tokens : int
        Sums over the last job of each shard; what an earlier job finished is not among them.
    seconds_load, seconds_ask : float
        Sums; shards may have run side by side.
    devices : set of str
        What the shards ran on.
    versions : set of str
        Of the engine and what it stands on.
    """

    model: str
    stage: str
    answers_per_persona: int
    shards: int = 0
    n_answers: int = 0
    n_taken_over: int = 0
    n_requests: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    cached_prompt_tokens: int = 0
    seconds_load: float = 0.0
    seconds_ask: float = 0.0
    devices: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)

    @property
    def output_tokens_per_second(self) -> float | None:
        """Output tokens a second of asking, on one shard; None if no time passed."""
        return self.output_tokens / self.seconds_ask if self.seconds_ask else None

    @property
    def n_personas(self) -> float:
        """Personas, or biographies where these are judged, of which answers are there."""
        return (self.n_answers + self.n_taken_over) / self.answers_per_persona

    @property
    def computed_tokens(self) -> int:
        """Tokens that the model computed: prompts without what the cache held, and output."""
        return self.prompt_tokens - self.cached_prompt_tokens + self.output_tokens

    @property
    def prefix_hit_rate(self) -> float | None:
        """Share of prompt tokens that the prefix cache held; None without any."""
        return self.cached_prompt_tokens / self.prompt_tokens if self.prompt_tokens else None

    def projected_hours(
        self, personas: int, tokens_per_second: float, requests_per_second: float
    ) -> float | None:
        """Return what this stage would take for more personas, at another speed.

        Parameters
        ----------
        personas : int
            How many.
        tokens_per_second : float
            Tokens that the GPU computes a second, prompt and output together.
        requests_per_second : float
            Requests that one process hands over a second; whichever is slower counts.

        Returns
        -------
        float or None
            Hours of one GPU, start-up left out; None if no answer was asked.
        """
        if not self.n_answers:
            return None
        answers = personas * self.answers_per_persona
        computing = self.computed_tokens / tokens_per_second
        handing_over = self.n_requests / requests_per_second
        return max(computing, handing_over) / self.n_answers * answers / 3600

    def add(self, shard: Mapping[str, Any]) -> None:
        """Count one shard more.

        Parameters
        ----------
        shard : mapping of str to value
            Statistics of a shard.
        """
        self.shards += 1
        for key in COUNTED:
            setattr(self, key, getattr(self, key) + shard[key])
        self.n_taken_over += shard["n_personas"] * self.answers_per_persona - shard["n_answers"]
        self.devices.add(str(shard.get("device", "")))
        self.versions |= {f"{name} {text}" for name, text in shard.get("versions", {}).items()}


def read_costs(paths: Sequence[Path]) -> list[Cost]:
    """Read what the shards say of their own cost, and sum it.

    Parameters
    ----------
    paths : sequence of Path
        JSON files, one a shard and stage.

    Returns
    -------
    list of Cost
        One a model and stage, in that order.

    Raises
    ------
    UserError
        If a file cannot be read or lacks a number.
    """
    costs: dict[tuple[str, str], Cost] = {}
    for path in paths:
        hint = f"delete {path} and run snakemake again"
        try:
            shard = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            msg = f"{path}: cannot be read as JSON ({error})"
            raise UserError(msg, hint=hint) from error
        missing = [
            k
            for k in ("stage", "model", "answers_per_persona", "n_personas", *COUNTED)
            if k not in shard
        ]
        if missing:
            msg = f"{path}: no key {missing[0]!r} in the statistics of a shard"
            raise UserError(msg, hint=hint)
        key = (str(shard["model"]), str(shard["stage"]))
        costs.setdefault(key, Cost(*key, shard["answers_per_persona"])).add(shard)
    return [costs[key] for key in sorted(costs)]
