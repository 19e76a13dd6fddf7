"""Phrasing: a persona and a question put into words, in each mode and each form of an answer.

`python -m valuescape.asking.show_prompt` prints what comes out.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from valuescape.study.demographics import ASSIGNED
from valuescape.study.templates import Prompt, Template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuescape.study.demographics import Demographics
    from valuescape.study.instruments import Instrument, Option, Question
    from valuescape.study.space import PersonaSpace

DEMOGRAPHICS: dict[str, tuple[str, ...]] = {
    "written": (*ASSIGNED, "occupation", "household", "religion"),
    "assigned": ASSIGNED,
}
"""What the demographics of a context are, by the config's `demographics`. What a writer invents to
fit a configuration is not told beside what is assigned independently of it."""
CHAT_SECTIONS = ("chat system", "chat user")
# What the answer prompt must have for a layout, beside the parts of the context.
SECTIONS = {
    ("interview", "single"): ("interview",),
    ("interview", "battery"): ("interview battery",),
    ("interview", "reasoned"): ("interview reasoned", "interview conclusion"),
    ("interview", "verbalised"): ("interview verbalised",),
    ("chat", "single"): CHAT_SECTIONS,
    ("chat", "battery"): ("chat system", "chat user battery"),
    ("chat", "reasoned"): ("chat system", "chat user reasoned", "chat conclusion"),
    ("chat", "verbalised"): ("chat system", "chat user verbalised"),
}
# In running text a thought ends with its line; in a chat, the model ends its own turn.
STOPS = {"interview": ("\n",), "chat": ()}


def statements(space: PersonaSpace, persona_id: int) -> list[str]:
    """Return the statements of a configuration, one sentence a cultural variable."""
    levels = space.levels_of([persona_id])[0]
    return [
        variable.levels[level].wording
        for variable, level in zip(space.variables, levels, strict=True)
    ]


def demographics_of(
    biography: Mapping[str, object], demographics: Demographics = "written"
) -> dict[str, object]:
    """Return what a biography says of who somebody is, without the name and the text.

    Parameters
    ----------
    biography : mapping
        A row of table BIOGRAPHIES.
    demographics : {"written", "assigned"}
        Where they come from.

    Returns
    -------
    dict
        Everything that the answer prompt may name, None where it is not known or not told; empty
        if nothing is known.
    """
    known = {name: biography.get(name) for name in DEMOGRAPHICS[demographics]}
    told = any(value is not None for value in known.values())
    return dict.fromkeys(DEMOGRAPHICS["written"]) | known if told else {}


def persona_text(
    template: Template,
    context: Sequence[str],
    said: Sequence[str],
    biography: str | None,
    demographics: Mapping[str, object] | None = None,
) -> str:
    """Return what a persona knows of itself when it answers.

    Parameters
    ----------
    template : Template
        The answer prompt.
    context : sequence of str
        The parts that a condition tells it, of `study.conditions.CONTEXT_PARTS`.
    said : sequence of str
        The statements of its configuration.
    biography : str or None
        Its biography; None if it has no valid one.
    demographics : mapping, optional
        As from `demographics_of`.

    Returns
    -------
    str
        The parts, each the section of its name, in the order of the context. Empty for the null
        prompt. A part that is not known of a persona is left out.
    """
    values: dict[str, Mapping[str, object]] = {
        "demographics": demographics or {},
        "configuration": {"statements": list(said)},
        "biography": {"biography": biography} if biography else {},
    }
    return "\n\n".join(template.section(part, **values[part]) for part in context if values[part])


def spoken(option: Option) -> str:
    """Return an option as the beginning of a spoken answer."""
    return option.spoken[0].upper() + option.spoken[1:]


class Group(NamedTuple):
    """Questions of a battery that share one list of options, with the label before each."""

    questions: tuple[Question, ...]
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Phrasing:
    """In which words a model is asked.

    Attributes
    ----------
    template : Template
        The prompt file.
    answer : mapping
        The form of an answer: ``form``, ``layout``, and what a model's turn is opened with.
    option_order : str
        ``forward`` or ``reversed``: the order in which listed options stand.
    refusals : tuple of str
        Phrases with which a model declines in the language of the questions, beside English ones.
    """

    template: Template
    answer: Mapping[str, str]
    option_order: str = "forward"
    refusals: tuple[str, ...] = ()

    @property
    def gap(self) -> str:
        """White space between a prompt and its answer."""
        return "" if self.answer["layout"] == "chat" else " "

    def question(
        self, question: Question, values: Mapping[str, object], labels: Sequence[str]
    ) -> tuple[Prompt, tuple[str, ...]]:
        """Return the prompt of one question, and what the options are in it.

        Parameters
        ----------
        question : Question
            What is asked.
        values : mapping
            Variables of the template but the options.
        labels : sequence of str
            Of listed options; none are listed if their texts are the answers (option_text),
            and then their order changes nothing.

        Returns
        -------
        Prompt
            What is said.
        tuple of str
            In survey order, the text or the label that stands for each option.
        """
        listed: list[tuple[str, str]] = []
        texts = [spoken(option) for option in question.options]
        if self.answer["form"] == "label_token":
            listed, texts = self._listed(question, labels)
        prompt = self._prompt("", {**values, **_variables(listed, labels)})
        return prompt, tuple(self.gap + text for text in texts)

    def reasoning(
        self, question: Question, values: Mapping[str, object], labels: Sequence[str]
    ) -> tuple[Prompt, str, tuple[str, ...]]:
        """Return the prompt that asks to think first, and how its answer is then asked for.

        Parameters
        ----------
        question, values, labels
            As in `question`; options are listed in either form, without labels if their texts
            are the answers.

        Returns
        -------
        Prompt
            The model goes on with its reasoning.
        str
            What stands between the reasoning and the answer.
        tuple of str
            In survey order, the text or the label that stands for each option.
        """
        listed, texts = self._listed(question, labels)
        prompt = self._prompt("reasoned", {**values, **_variables(listed, labels)})
        if "reasoning_closes" in self.answer:
            opened = Prompt(messages=prompt.messages, prefill=self.answer["reasoning_opens"])
            return opened, self.answer["reasoning_closes"], tuple(texts)
        closing = "\n" + self.template.section(f"{self.answer['layout']} conclusion")
        return prompt, closing, tuple(f" {text}" for text in texts)

    def verbalised(
        self, question: Question, values: Mapping[str, object], labels: Sequence[str]
    ) -> tuple[Prompt, tuple[str, ...]]:
        """Return the prompt that asks how many people choose each option.

        Parameters
        ----------
        question, values, labels
            As in `reasoning`.

        Returns
        -------
        Prompt
            What is said; the answer is a JSON object.
        tuple of str
            In survey order, the text or the label that stands for each option.
        """
        listed, texts = self._listed(question, labels)
        prompt = self._prompt("verbalised", {**values, **_variables(listed, labels)})
        return prompt, tuple(texts)

    def as_listed(self, options: Sequence[str]) -> Sequence[str]:
        """Return options of survey order in the order in which they are listed, or the reverse."""
        return options[:: 1 if self.option_order == "forward" else -1]

    def battery(
        self, persona: str, instrument: Instrument, labels: Sequence[str]
    ) -> tuple[Prompt, dict[str, tuple[str, ...]]]:
        """Return the one prompt of all questions, and what the options of each are in it.

        Parameters
        ----------
        persona : str
            Its context, in words.
        instrument : Instrument
            What is asked. Questions that follow one another and have the same options share
            one list of them.
        labels : sequence of str
            Of listed options.

        Returns
        -------
        Prompt
            What is said; the answer is a JSON object.
        dict of str to tuple of str
            By code of the question, in survey order, the text or label of each option.
        """
        groups: list[Group] = []
        texts: dict[str, tuple[str, ...]] = {}
        same_options = itertools.groupby(instrument.asked, key=lambda question: question.options)
        for _, questions in same_options:
            group = list(questions)
            listed, named = self._listed(group[0], labels)
            texts |= {question.id: tuple(named) for question in group}
            groups.append(Group(tuple(group), tuple(listed)))
        values = {
            "persona": persona,
            "instruction": instrument.instruction,
            "groups": tuple(groups),
            **_variables([], labels),
        }
        return self._prompt("battery", values), texts

    def _listed(
        self, question: Question, labels: Sequence[str]
    ) -> tuple[list[tuple[str, str]], list[str]]:
        """Return the options as they are listed, and what stands for each in survey order."""
        texts = [spoken(option) for option in question.options]
        if self.answer["form"] != "label_token":
            return [("", text) for text in self.as_listed(texts)], texts
        own = list(labels[: len(texts)])
        listed = list(zip(own, self.as_listed(texts), strict=True))
        return listed, list(self.as_listed(own))

    def _prompt(self, mode: str, values: Mapping[str, Any]) -> Prompt:
        """Return the sections of a mode as running text or as messages."""
        if self.answer["layout"] == "interview":
            return Prompt(text=self.template.section(f"interview {mode}".strip(), **values))
        return Prompt(
            messages=(
                ("system", self.template.section_once("chat system", **values)),
                ("user", self.template.section_once(f"chat user {mode}".strip(), **values)),
            ),
            prefill=self.answer.get("prefill", ""),
        )


def _variables(listed: Sequence[tuple[str, str]], labels: Sequence[str]) -> dict[str, object]:
    """Return the template's variables of the options; `labelled_by` is empty without labels."""
    kind = ("number" if labels[0].isdigit() else "letter") if labels else ""
    return {"options": tuple(listed), "labelled_by": kind}


def answer_sections(
    answer: Mapping[str, str], mode: str = "single", context: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the sections that a template needs: of the context's parts, and of the mode."""
    shown = "single" if mode == "sampled" else mode
    return (*context, *SECTIONS[answer["layout"], shown])


def question_values(persona: str, instrument: Instrument, question: Question) -> dict[str, object]:
    """Return the variables of the answer template, but the options."""
    return {
        "persona": persona,
        "instruction": instrument.instruction,
        "question": question.text,
    }
