"""Conditions: how a questionnaire is administered, and which of its keys determine an answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FOR_EVERY_MODE = ("name", "told", "option_order", "options", "replicate", "mode")
# What a mode reads beside these. The others say nothing in it.
OF_MODE: dict[str, tuple[str, ...]] = {
    "single": ("choose", "scoring"),
    "sampled": ("temperature", "attempts"),
    "battery": ("temperature", "attempts"),
    "reasoned": ("temperature", "attempts", "reasoning_tokens"),
}
TOLD_OF_A_LIFE = ("biography", "both", "demographics")
"""What a condition tells that stands in a biography: its text, or its demographics alone."""
WITH_PROBABILITIES = ("single",)


@dataclass(frozen=True)
class Condition:
    """One way of administering the questionnaires.

    Attributes
    ----------
    name : str
        Its name.
    told : str
        What a persona is told: configuration, biography, both, demographics or nothing.
    option_order : str
        Listed options stand forward or reversed.
    options : str or None
        option_text or label_token; None for the model file's own form.
    replicate : int
        Enters the seeds.
    mode : str
        One of `OF_MODE`.
    choose : str
        In mode single, which option counts as chosen: most_probable or drawn.
    scoring : str
        In mode single, how shares follow from log-probabilities: raw, length_normalised or
        calibrated.
    temperature : float
        Of sampled answers and of reasoning; at 1 they follow the model's own distribution.
    reasoning_tokens : int
        Longest reasoning in tokens.
    attempts : int
        How often an answer is asked for at most, until it is valid.
    """

    name: str
    told: str = "both"
    option_order: str = "forward"
    options: str | None = None
    replicate: int = 0
    mode: str = "single"
    choose: str = "most_probable"
    scoring: str = "raw"
    temperature: float = 1.0
    reasoning_tokens: int = 128
    attempts: int = 1

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Condition:
        """Return the condition of an entry of the config; what lenses read of it is left out."""
        known = {key: value for key, value in entry.items() if key in cls.__dataclass_fields__}
        return cls(**known)

    @property
    def has_probabilities(self) -> bool:
        """Whether its answers are distributions over the options."""
        return self.mode in WITH_PROBABILITIES

    def determining(self) -> dict[str, Any]:
        """Return the keys that determine an answer in this mode, and no others."""
        keys = (*FOR_EVERY_MODE, *OF_MODE[self.mode])
        return {key: value for key, value in asdict(self).items() if key in keys}

    def form_of(self, answer: Mapping[str, str]) -> dict[str, str]:
        """Return the form of an answer: the model file's, with the condition's own options."""
        return {**answer, "form": self.options or answer["form"]}
