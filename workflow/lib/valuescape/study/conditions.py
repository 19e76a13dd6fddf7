"""Conditions: how a questionnaire is administered, and which of its keys determine an answer."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CONTEXT_PARTS = ("demographics", "configuration", "biography")
"""What a persona can be told of itself before a question, in the order in which it is told. Any of
these parts make a context. With none the model speaks as no persona: the null prompt."""
BASELINE_CONTEXTS: dict[tuple[str, ...], str] = {
    (): "null_prompt",
    ("demographics",): "demographics_only",
    ("configuration",): "configuration_only",
}
"""By its context, the comparator that a condition is for conditions that tell a persona more."""
FOR_EVERY_MODE = ("name", "context", "option_order", "options", "replicate", "mode")
# What a mode reads beside these; it reads no others.
OF_MODE: dict[str, tuple[str, ...]] = {
    "single": ("chosen_option", "scoring"),
    "sampled": ("temperature", "attempts"),
    "battery": ("temperature", "attempts"),
    "reasoned": ("temperature", "attempts", "reasoning_tokens"),
    "verbalised": ("chosen_option", "temperature", "attempts"),
}
WITH_PROBABILITIES = ("single", "verbalised")
KEYS_OF_MODES = ("mode", "readout", "scoring", "temperature", "attempts", "reasoning_tokens")
"""In what conditions differ at most that differ in their mode alone."""
# Read in every mode; at their defaults they change nothing of what is asked, and determine nothing.
OF_SPEECH = {"language": "en", "context_language": "en", "wording": "base"}
BY_COUNTRY = "auto"
"""The `context_language` of personas that are each told in the language of their own country."""
READ_ALONE = ("readout", "biography_replicate", "only_consistent")
"""What says which answers are read and how, and is not among what determines them."""
BOTH_ORDERS = "both"
"""The `option_order` of the mean of two conditions, forward and reversed; it asks nothing."""
FACETS = {
    "biography": "biography_replicate",
    "order": "option_order",
    "wording": "wording",
    "mode": "mode",
    "answer": "replicate",
}
"""What the same persona may be asked again in, and by which key: the facets of a study of
generalisability."""


def biographies_name(replicate: int) -> str:
    """Return the name of a biography replicate, as its folder and its table are called."""
    return f"biographies_{replicate}" if replicate else "biographies"


@dataclass(frozen=True)
class Condition:
    """One way of administering the questionnaires.

    Attributes
    ----------
    name : str
        Its name.
    context : tuple of str
        What a persona is told of itself: some of `CONTEXT_PARTS`, in their order.
    option_order : str
        Listed options stand forward or reversed; or `BOTH_ORDERS`.
    options : str or None
        option_text or label_token; None for the model file's own form.
    replicate : int
        Enters the seeds.
    biography_replicate : int
        Which biographies a persona is told from: those with this number.
    mode : str
        One of `OF_MODE`.
    readout : str
        What lenses read of a response: probabilities, modal or drawn. In modes with probabilities
        it also says which option is noted as chosen.
    scoring : str
        In mode single, how shares follow from log-probabilities: raw, length_normalised or
        calibrated.
    temperature : float
        Of sampled answers and of reasoning; at 1 they follow the model's own distribution.
    reasoning_tokens : int
        Longest reasoning in tokens.
    attempts : int
        How often an answer is asked for at most, until it is valid.
    language : str
        Code of the language of the questions and of the interviewer: a folder of config/languages.
    context_language : str
        The language in which a persona is told of itself, or `BY_COUNTRY`.
    wording : str
        Which wording of that language: ``base``, or a folder of its wordings.
    only_consistent : bool
        Whether lenses read only personas whose biography does not contradict their configuration.
        It asks nothing: its answers are those of the condition that differs in nothing else.
    """

    name: str
    context: tuple[str, ...] = CONTEXT_PARTS
    option_order: str = "forward"
    options: str | None = None
    replicate: int = 0
    biography_replicate: int = 0
    mode: str = "single"
    readout: str = "probabilities"
    scoring: str = "raw"
    temperature: float = 1.0
    reasoning_tokens: int = 128
    attempts: int = 1
    language: str = "en"
    context_language: str = "en"
    wording: str = "base"
    only_consistent: bool = False

    @classmethod
    def of(cls, entry: Mapping[str, Any], config: Mapping[str, Any]) -> Condition:
        """Return the condition of an entry of a study's `conditions`.

        Parameters
        ----------
        entry : mapping
            Its keys, as the schema of the config allows them.
        config : mapping
            The study; says what an entry leaves open.

        Returns
        -------
        Condition
            Complete.
        """
        of_study = {"readout": config["readout"], "attempts": config["attempts"]}
        return cls.read(of_study | dict(entry))

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Condition:
        """Return the condition with these keys, and defaults for the others."""
        known = dict(entry)
        if "context" in known:
            told = known["context"]
            known["context"] = tuple(part for part in CONTEXT_PARTS if part in told)
        return cls(**known)

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Return the condition that `json` wrote; so it passes through a command line."""
        return cls.read(json.loads(text))

    def json(self) -> str:
        """Return all of it as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def is_asked(self) -> bool:
        """Whether it is asked, and not read from what others were asked."""
        return self.option_order != BOTH_ORDERS and not self.only_consistent

    def in_order(self, order: str, conditions: Iterable[Condition]) -> str:
        """Return the name of the condition that differs from this one in its option order alone.

        Parameters
        ----------
        order : str
            The order that it has.
        conditions : iterable of Condition
            Of the study.

        Returns
        -------
        str
            Empty if there is none.
        """
        wanted = replace(self, option_order=order)
        return next(
            (each.name for each in conditions if replace(wanted, name=each.name) == each), ""
        )

    @property
    def tells_a_biography(self) -> bool:
        """Whether the context holds what stands in a biography: its text, or its demographics."""
        return bool({"biography", "demographics"} & set(self.context))

    def no_groups_because(self, grouping: Sequence[str]) -> str:
        """Return why personas are not to be compared group by group under this condition.

        Parameters
        ----------
        grouping : sequence of str
            Fields of a biography that make the groups.

        Returns
        -------
        str
            Empty where personas are told these fields; else a group is a label that they never
            saw, and only all of them together can be compared with humans.
        """
        if "demographics" in self.context:
            return ""
        fields = dict.fromkeys("country" if name == "continent" else name for name in grouping)
        return f"persona is not told its {' and '.join(fields)}"

    @property
    def tells_demographics(self) -> bool:
        """Whether a persona is told where it lives, and all else that makes groups of personas."""
        return "demographics" in self.context

    @property
    def has_probabilities(self) -> bool:
        """Whether its answers are distributions over the options."""
        return self.mode in WITH_PROBABILITIES

    @property
    def chosen_option(self) -> str:
        """Which option is noted as chosen of probabilities: the modal one, or one that is drawn."""
        return "drawn" if self.readout == "drawn" else "modal"

    def determining(self) -> dict[str, Any]:
        """Return the keys that determine an answer in this mode, and no others.

        The biography replicate is not among them: what a persona is told stands in the
        fingerprint of every row by itself.
        """
        values = asdict(self) | {
            "context": list(self.context),
            "chosen_option": self.chosen_option,
        }
        spoken = [key for key, usual in OF_SPEECH.items() if values[key] != usual]
        keys = (*FOR_EVERY_MODE, *OF_MODE[self.mode], *spoken)
        return {key: values[key] for key in values if key in keys}

    def as_asked(self) -> Condition:
        """Return the condition with what of its readout determines an answer, and no more."""
        modal = self.has_probabilities and self.chosen_option != "drawn"
        return replace(self, readout="modal" if modal else "drawn")

    def answers_key(self) -> str:
        """Return what is the same for two conditions whose lenses would read the same numbers.

        The name enters no answer. The seed enters those that are drawn or written, shares that
        are written among them, and no probability that is computed.
        """
        keys = self.determining() | {
            "biography_replicate": self.biography_replicate,
            "readout": self.readout,
            "only_consistent": self.only_consistent,
        }
        del keys["name"]
        if self.mode == "single" and self.readout != "drawn":
            del keys["replicate"]
        return json.dumps(keys, sort_keys=True)

    def answered_in(self, conditions: Iterable[Condition]) -> Condition | None:
        """Return the condition whose answers this one reads.

        Parameters
        ----------
        conditions : iterable of Condition
            Those of the study.

        Returns
        -------
        Condition or None
            Itself, unless it keeps only consistent personas; then the first that asks the same and
            keeps all, None if none does.
        """
        if not self.only_consistent:
            return self

        def asked(condition: Condition) -> dict[str, Any]:
            told = {"biography_replicate": condition.biography_replicate, "name": ""}
            return condition.determining() | told

        return next(
            (
                each
                for each in conditions
                if not each.only_consistent and asked(each) == asked(self)
            ),
            None,
        )

    def form_of(self, answer: Mapping[str, str]) -> dict[str, str]:
        """Return the form of an answer: the model file's, with the condition's own options."""
        return {**answer, "form": self.options or answer["form"]}
