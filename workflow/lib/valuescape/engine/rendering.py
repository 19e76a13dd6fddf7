"""Rendering: what a prompt is to a model, as text and as tokens, by the model's own tokenizer.

Chat templates differ in more than their marks: some refuse a system message or drop it, some take
the text of a message only in parts, some put today's date into every prompt, some open a think
block, and a turn need not end with the token that ends a text. What a template does is read off
its rendering of a conversation whose texts are known.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from valuescape.core.errors import UserError
from valuescape.engine.labels import safe_labels
from valuescape.study.templates import Prompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from valuescape.study.models import Model

# Stand in for what is said, to see what a template makes of it.
SYSTEM, USER, ASSISTANT = "Valuescape-alpha", "Valuescape-beta", "Valuescape-gamma"
PROBE = (("system", SYSTEM), ("user", USER))
# Texts whose first and last characters a tokenizer may treat otherwise beside a mark.
ROUGH = ((" Told: ", "\n asked?\n\n"), ("\tTold", "1. asked "))
RUNNING = "Interviewer: Well?\nYou:"
# A think block at the end of a rendering: open, or empty and closed.
OPEN_BLOCK = re.compile(r"<think>\s*\Z")
EMPTY_BLOCK = re.compile(r"<think>\s*(</think>\s*)?\Z")
CLOSING = "\n</think>\n\n"
# Characters before an answer that decide its tokens; a mark of a template is shorter.
CONTEXT = 96
# Texts between two marks whose tokens are kept: what a persona is told, and every question.
KEPT_PIECES = 4096
# What a template may raise on a conversation that it does not take, or that it takes otherwise.
NOT_TAKEN = (jinja2.TemplateError, TypeError, ValueError, KeyError, AttributeError)


class UnrenderableError(UserError):
    """A prompt that the model's chat template does not take."""


@dataclass(frozen=True)
class Manner:
    """How messages are handed to a chat template.

    Attributes
    ----------
    folded : bool
        The system text stands at the head of the user's message.
    parts : bool
        A content is a list of parts, not a text.
    """

    folded: bool
    parts: bool


class Rendering:
    """A model's tokenizer and chat template.

    Parameters
    ----------
    model : Model
        Its form of an answer says where an answer begins, and which labels are wanted; its chat
        keys, what the template is told.
    tokenizer : transformers tokenizer
        The model's own.
    """

    def __init__(self, model: Model, tokenizer: Any) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._file = f"config/models/{model.name}.yaml"
        own = Path(model.chat_template).expanduser() if model.chat_template else None
        self._template = own.read_text(encoding="utf-8") if own else None
        self._continuation = lru_cache(maxsize=8192)(self._continued)
        self._piece = lru_cache(maxsize=KEPT_PIECES)(self.encoded)

    @property
    def has_template(self) -> bool:
        """Whether the model has a chat template."""
        return bool(self._template or getattr(self._tokenizer, "chat_template", None))

    @cached_property
    def manner(self) -> Manner:
        """How the template takes messages, read off its rendering of known texts.

        Raises
        ------
        UserError
            If there is no template, or it does not render every text once and in order.
        """
        if not self.has_template:
            msg = f"model {self._model.name!r}: it has no chat template, and a chat was asked for"
            hint = (
                f"write layout: interview in {self._file} for a base model, or name a file as "
                "chat_template"
            )
            raise UserError(msg, hint=hint)
        folding = {"separate": (False,), "folded": (True,)}.get(self._model.system, (False, True))
        faults = []
        for folded, parts in itertools.product(folding, (False, True)):
            manner = Manner(folded, parts)
            fault = self._fault(manner)
            if not fault:
                return manner
            faults.append(fault)
        msg = f"model {self._model.name!r}: its chat template does not show what is said: "
        hint = f"write system: folded or chat_template in {self._file}, or layout: interview"
        raise UserError(msg + "; ".join(dict.fromkeys(faults)), hint=hint)

    def told(self) -> str:
        """Return in words how prompts are rendered, as the model is asked.

        Raises
        ------
        UserError
            If the model is asked in chats and its template does not render them.
        """  # noqa: DOC502 - raised by what is called
        layouts = {self._model.answer["layout"], self._model.writing_layout}
        if "chat" not in layouts:
            return f"running text, begun with {self.decoded(self.opening)!r}"
        manner, end = self.manner, self.turn_end[1]
        system = "folded into the user's" if manner.folded else "a message of its own"
        contents = "lists of parts" if manner.parts else "texts"
        block = (
            "closed" if self.text(Prompt(messages=PROBE)).rstrip().endswith("</think>") else "none"
        )
        return (
            f"chat template: system {system}, contents as {contents}, a turn ends with {end!r}, "
            f"think block {block}, date {self._model.date} where it asks for one"
        )

    def _fault(self, manner: Manner) -> str:
        """Return what of a known conversation is not rendered once and in order."""
        try:
            said = self._rendered(PROBE, manner)
        except NOT_TAKEN as error:
            return str(error)[:200]
        for text in (SYSTEM, USER):
            if said.count(text) != 1:
                return f"the text of {PROBE[text == USER][0]} stands there {said.count(text)} times"
        return "" if said.index(SYSTEM) < said.index(USER) else "user stands before system"

    def _rendered(
        self, messages: Iterable[tuple[str, str]], manner: Manner, *, opened: bool = True
    ) -> str:
        """Return messages by the chat template, with the beginning of the next turn if opened."""
        turns = fold(messages) if manner.folded else list(messages)
        date = dt.date.fromisoformat(self._model.date)
        arguments = {
            "strftime_now": date.strftime,  # stands in for the clock's
            "enable_thinking": False,
            "thinking": False,
            **self._model.chat_template_arguments,
        }
        own = {"chat_template": self._template} if self._template else {}
        said: str = self._tokenizer.apply_chat_template(
            [
                {
                    "role": role,
                    "content": [{"type": "text", "text": text}] if manner.parts else text,
                }
                for role, text in turns
            ],
            tokenize=False,
            add_generation_prompt=opened,
            **own,
            **arguments,
        )
        return said

    @cached_property
    def turn_end(self) -> tuple[int, str]:
        """Token that ends the model's turn, and its text, read off the template's own rendering."""
        said = self._rendered((("user", USER), ("assistant", ASSISTANT)), self.manner, opened=False)
        tokens = self.encoded(said.rpartition(ASSISTANT)[2])
        marks = self._marks()
        found = [token for token in tokens if token in marks] or tokens
        return self._agreed(found[0] if found else None)

    def _agreed(self, found: int | None) -> tuple[int, str]:
        """Return the end of a turn on which rendering and model file agree.

        A rendering that ends with the answer itself leaves it to the model file, or else to the
        token that ends a text.

        Raises
        ------
        UserError
            If they do not.
        """
        name, text = self._model.name, self._model.turn_end
        if not text:
            token = self._tokenizer.eos_token_id if found is None else found
            if token is None:
                msg = f"model {name!r}: neither its template nor its tokenizer ends a turn"
                raise UserError(msg, hint=f"write turn_end in {self._file}")
            return int(token), self.decoded([int(token)])
        wanted = self.encoded(text)
        if len(wanted) != 1:
            msg = f"model {name!r}: turn_end {text!r} is {len(wanted)} tokens, not one"
            raise UserError(msg, hint=f"name the token that ends a turn in {self._file}")
        if found is not None and wanted != [found]:
            own = self.decoded([found])
            msg = f"model {name!r}: turn_end is {text!r}, but its template ends a turn with {own!r}"
            raise UserError(msg, hint=f"remove turn_end from {self._file}, or write {own!r}")
        return wanted[0], text

    def _marks(self) -> set[int]:
        """Return the tokens that are no text."""
        return {
            *getattr(self._tokenizer, "all_special_ids", ()),
            *getattr(self._tokenizer, "added_tokens_decoder", ()),
        }

    @property
    def end(self) -> int:
        """Token that ends the model's turn in a chat."""
        return self.turn_end[0]

    @property
    def stops(self) -> list[int]:
        """Tokens that end a text beside the tokenizer's own end of texts."""
        if not self.has_template or self.end == self._tokenizer.eos_token_id:
            return []
        return [self.end]

    @cached_property
    def opening(self) -> list[int]:
        """Tokens with which the tokenizer begins a running text, such as <bos>."""
        bare = self.encoded("a")
        whole = list(self._tokenizer.encode("a", add_special_tokens=True))
        for place in range(len(whole)):
            if whole[place : place + len(bare)] == bare:
                return whole[:place]
        return []

    def encoded(self, text: str) -> list[int]:
        """Return the tokens of a text; none are added."""
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def decoded(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, marks included."""
        text: str = self._tokenizer.decode(
            list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text

    def text(self, prompt: Prompt) -> str:
        """Return a prompt as the model reads it, to the character where its answer begins.

        A think block that the template opens is closed, unless the prompt opens its own.

        Raises
        ------
        UnrenderableError
            If the template does not take these messages.
        """
        if prompt.text:
            return prompt.text
        try:
            said = self._rendered(prompt.messages, self.manner)
        except NOT_TAKEN as error:
            msg = f"model {self._model.name!r}: its chat template takes no such messages ({error})"
            raise UnrenderableError(msg, hint=f"see `system` in {self._file}") from error
        return thought_closed(said, prompt.prefill)

    def tokens(self, prompt: Prompt) -> list[int]:
        """Return the tokens of a prompt."""
        return self._read(prompt)[0]

    def _read(self, prompt: Prompt) -> tuple[list[int], str]:
        """Return the tokens of a prompt, and the text right before its answer."""
        said = self.text(prompt)
        if prompt.text:
            return [*self.opening, *self.encoded(said)], said[-CONTEXT:]
        return self._in_pieces(said, self._cuts) if self._cuts else self.encoded(said), said[
            -CONTEXT:
        ]

    def _in_pieces(self, said: str, cuts: re.Pattern[str]) -> list[int]:
        """Return the tokens of a rendered chat, each piece between two marks encoded once."""
        return [token for piece in cuts.split(said) if piece for token in self._piece(piece)]

    @cached_property
    def _cuts(self) -> re.Pattern[str] | None:
        """The marks of the chat template at which a text may be cut without changing its tokens.

        A persona answers some eighty questions, and a question is put to every persona: encoding
        each once saves most of what a prompt costs. None if the tokenizer looks over its marks,
        as those do that put a blank before the first word alone.
        """
        added = getattr(self._tokenizer, "added_tokens_decoder", {}).values()
        marks = [
            str(mark)
            for mark in added
            if mark.special and not (mark.lstrip or mark.rstrip or mark.single_word)
        ]
        if not marks:
            return None
        longest_first = sorted(marks, key=len, reverse=True)
        cuts = re.compile(f"({'|'.join(map(re.escape, longest_first))})")
        for told, asked in ((SYSTEM, USER), *ROUGH):
            said = self._rendered((("system", told), ("user", asked)), self.manner)
            if self._in_pieces(said, cuts) != self.encoded(said):
                return None
        return cuts

    def answers(
        self, prompt: Prompt, options: Sequence[str], *, whole: bool
    ) -> tuple[list[int], list[list[int]]]:
        """Return the tokens of a prompt, and those of each option as it stands after it.

        An option is encoded together with what stands before it, since its first token may depend
        on that. Where a token would hold the end of the prompt and the beginning of an option,
        the prompt is the shorter by it.

        Parameters
        ----------
        prompt : Prompt
            What is said.
        options : sequence of str
            Texts or labels, with the white space before them.
        whole : bool
            Whether an option is the whole answer, so that its end counts as well: that of the
            line in running text, that of the turn in a chat.

        Returns
        -------
        list of int
            Of the prompt.
        list of list of int
            Of each option, its end included.

        Raises
        ------
        UserError
            If the tokenizer does not give an option back.
        """  # noqa: DOC502 - raised by what is called
        tokens, before = self._read(prompt)
        closing = "\n" if whole and prompt.text else ""
        end = [self.end] if whole and not prompt.text else []
        dropped, found = self._continuation(before, tuple(options), closing)
        kept = tokens[: len(tokens) - len(dropped)]
        if tokens != [*kept, *dropped]:  # the tail alone is encoded otherwise than in its place
            dropped, found = self._continued(self.text(prompt), tuple(options), closing)
            kept = tokens[: len(tokens) - len(dropped)]
        return kept, [[*option, *end] for option in found]

    def _continued(
        self, before: str, options: tuple[str, ...], closing: str
    ) -> tuple[list[int], list[list[int]]]:
        """Return the last tokens of `before` that fall to the options, and those of each option."""
        joined = [self.encoded(before + option + closing) for option in options]
        for option, tokens in zip(options, joined, strict=True):
            given_back(self._model, option + closing, self.decoded(tokens))
        return split_off(self.encoded(before), joined)

    def labels(self, n_options: int) -> tuple[tuple[str, ...], str]:
        """Return labels that the tokenizer keeps apart, and what was done, in words.

        Parameters
        ----------
        n_options : int
            How many are needed.

        Returns
        -------
        tuple of str
            The model file's wanted labels, or others if these are not safe.
        str
            Which, and why not others.
        """
        answer = self._model.answer
        chat = answer["layout"] == "chat"
        asked = Prompt(text=RUNNING)
        if chat:
            asked = Prompt(messages=PROBE, prefill=answer.get("prefill", ""))

        def encode(label: str) -> list[int]:
            return self.answers(asked, [label], whole=False)[1][0]

        gap = "" if chat else " "
        return safe_labels(n_options, answer.get("labels", "letters"), gap, encode)


def thought_closed(said: str, prefill: str) -> str:
    r"""Return a rendered chat with what opens the model's turn, its think block closed.

    Parameters
    ----------
    said : str
        As the template renders it, to where the model goes on.
    prefill : str
        How the model's turn begins; one that opens a think block itself takes the place of the
        template's.

    Returns
    -------
    str
        The whole prompt.

    Examples
    --------
    >>> thought_closed("<assistant><think>\\n", "A: ")
    '<assistant><think>\\n\\n</think>\\n\\nA: '
    >>> thought_closed("<assistant><think>\\n\\n</think>\\n\\n", "<think>\\nWell")
    '<assistant><think>\\nWell'
    """
    if prefill.startswith("<think>"):
        said = EMPTY_BLOCK.sub("", said)
    elif OPEN_BLOCK.search(said):
        said += CLOSING
    return said + prefill


def fold(messages: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return messages without a system message; its text stands at the head of the next one."""
    turns: list[tuple[str, str]] = []
    told = ""
    for role, text in messages:
        if role == "system":
            told += f"{text}\n\n"
        else:
            turns.append((role, told + text))
            told = ""
    return turns


def given_back(model: Model, option: str, text: str) -> None:
    """Refuse a tokenizer that does not give an option back.

    Parameters
    ----------
    model : Model
        Whose it is.
    option : str
        What was put into tokens, with what ends it.
    text : str
        What came back, with what stands before the option.

    Raises
    ------
    UserError
        If they differ.
    """
    if not text.endswith(option):
        back = text[-len(option) :]
        msg = f"model {model.name!r}: its tokenizer gives {option!r} back as {back!r}"
        hint = f"reword it, or write form: label_token in config/models/{model.name}.yaml"
        raise UserError(msg, hint=hint)


def split_off(
    before: Sequence[int], joined: Sequence[Sequence[int]]
) -> tuple[list[int], list[list[int]]]:
    """Return what of texts that begin alike falls to what follows.

    Parameters
    ----------
    before : sequence of int
        Tokens of what stands before.
    joined : sequence of sequence of int
        Tokens of it with each continuation.

    Returns
    -------
    list of int
        The last tokens of `before` that a continuation changes; most often none.
    list of list of int
        Tokens of each continuation, with what takes their place.

    Examples
    --------
    >>> split_off([1, 2, 3], [[1, 2, 3, 4], [1, 2, 9]])
    ([3], [[3, 4], [9]])
    """
    kept = min(_n_common(before, tokens) for tokens in joined)
    return list(before[kept:]), [list(tokens[kept:]) for tokens in joined]


def _n_common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many elements two sequences have in common at their beginning."""
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in pairs)
