"""Harmony: conversations with gpt-oss, rendered and parsed by token ids, as published.

The package openai_harmony knows the format (https://github.com/openai/harmony); here stand the
choices of this project. What a template calls the system message is harmony's developer message:
the system message proper holds the model's identity, a date and the reasoning effort. The date is
written in the model file, since the calendar's would change every prompt every day. What looks
like a marker of the format in a message stays text; the model file's openings are markers.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from valuescape.core.errors import UserError
from valuescape.engine.rendering import KEPT_PIECES, Rendering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openai_harmony import Message

    from valuescape.study.models import Model
    from valuescape.study.templates import Prompt

ENCODING = "HarmonyGptOss"
OPENING = "<|start|>assistant"  # where the model goes on
LAST_TOKENS = 16  # decide the tokens of what follows
ANALYSIS, FINAL = "analysis", "final"


@dataclass(frozen=True)
class Said:
    """What the model said in one channel.

    Attributes
    ----------
    channel : str
        ``analysis``, ``commentary`` or ``final``; empty if it named none.
    text : str
        The message.
    """

    channel: str
    text: str


class HarmonyRendering(Rendering):
    """The format with its vocabulary.

    Parameters
    ----------
    model : Model
        Its `harmony` holds ``date`` (YYYY-MM-DD) and ``effort`` (low, medium, high).

    Raises
    ------
    UserError
        If the package or its vocabulary is not there.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model, None)
        try:
            from openai_harmony import HarmonyError, load_harmony_encoding
        except ImportError as error:
            msg = f"model {model.name!r}: the package openai_harmony is not installed here"
            raise UserError(msg, hint="run envs/install.sh again") from error
        try:
            self._encoding = load_harmony_encoding(ENCODING)
        except (HarmonyError, OSError, RuntimeError) as error:
            msg = f"model {model.name!r}: the vocabulary of harmony cannot be loaded ({error})"
            hint = (
                "oss-harmony carries it; for openai-harmony, fetch o200k_base.tiktoken where there "
                "is a network, and name its folder by TIKTOKEN_ENCODINGS_BASE"
            )
            raise UserError(msg, hint=hint) from error
        # a persona is told the same before all its questions, and a question is asked of them all
        self._message_tokens = lru_cache(maxsize=KEPT_PIECES)(self._message_rendered)
        self._date, self._effort = model.harmony["date"], model.harmony["effort"]

    @cached_property
    def turn_end(self) -> tuple[int, str]:
        """The token ``<|return|>``, which ends the model's turn."""
        return self.encoded("<|return|>")[0], "<|return|>"

    def told(self) -> str:
        """Return in words how prompts are rendered."""
        return f"vocabulary of harmony; date {self._date}, effort {self._effort}"

    @property
    def stops(self) -> list[int]:
        """The tokens that end a message: ``<|end|>``, ``<|return|>``, ``<|call|>``."""
        return sorted(self._encoding.stop_tokens())

    def encoded(self, text: str) -> list[int]:
        """Return the tokens of a text that may hold markers of the format."""
        return list(self._encoding.encode(text, allowed_special="all"))

    def decoded(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, markers included."""
        text: str = self._encoding.decode(list(tokens))
        return text

    def text(self, prompt: Prompt) -> str:
        """Return a prompt as the model reads it, markers included."""
        return self.decoded(self.tokens(prompt))

    def _read(self, prompt: Prompt) -> tuple[list[int], str]:
        """Return the tokens of a conversation, to where the model goes on, and its last text."""
        said = itertools.chain.from_iterable(
            itertools.starmap(self._message_tokens, prompt.messages)
        )
        tokens = [*self._opened, *said, *self.encoded(OPENING + prompt.prefill)]
        return tokens, self.decoded(tokens[-LAST_TOKENS:])

    def _message_rendered(self, role: str, text: str) -> tuple[int, ...]:
        return tuple(self._encoding.render(_message(role, text)))

    @cached_property
    def _opened(self) -> tuple[int, ...]:
        """The system message, with which every conversation begins."""
        return tuple(self._encoding.render(self._system()))

    def _system(self) -> Message:
        from openai_harmony import Message, ReasoningEffort, Role, SystemContent

        content = (
            SystemContent.new()
            .with_reasoning_effort(ReasoningEffort(self._effort.capitalize()))
            .with_conversation_start_date(self._date)
        )
        return Message.from_role_and_content(Role.SYSTEM, content)

    def parsed(self, tokens: Sequence[int]) -> list[Said]:
        """Return what the model said, channel by channel.

        Parameters
        ----------
        tokens : sequence of int
            What it gave after ``<|start|>assistant``.

        Returns
        -------
        list of Said
            In its order; a last message that was cut is among them.

        Raises
        ------
        ValueError
            If the tokens do not follow the format.
        """
        from openai_harmony import HarmonyError, Role

        try:
            messages = self._encoding.parse_messages_from_completion_tokens(tokens, Role.ASSISTANT)
        except HarmonyError as error:
            msg = f"{self._encoding.decode(tokens)[:80]!r} is no harmony ({error})"
            raise ValueError(msg) from error
        return [
            Said(
                message.channel or "",
                "".join(part.to_dict().get("text", "") for part in message.content),
            )
            for message in messages
        ]


def _message(role: str, text: str) -> Message:
    from openai_harmony import DeveloperContent, Message, Role

    if role == "system":
        content = DeveloperContent.new().with_instructions(text)
        return Message.from_role_and_content(Role.DEVELOPER, content)
    if role == "assistant":
        return Message.from_role_and_content(Role.ASSISTANT, text).with_channel(FINAL)
    return Message.from_role_and_content(Role.USER, text)


def read_rendering(model: Model) -> Rendering:
    """Return how a model's prompts are rendered, without loading its weights.

    Parameters
    ----------
    model : Model
        A prepared model of the engine vllm, or one that speaks harmony.

    Returns
    -------
    Rendering
        In the format harmony, or by the chat template that lies beside the weights.

    Raises
    ------
    UserError
        If there is no tokenizer that can be read.
    """
    if model.harmony:
        return HarmonyRendering(model)
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        msg = f"model {model.name!r}: the package transformers is not installed here"
        raise UserError(msg, hint="run envs/install.sh, which makes the model's own") from error
    try:
        return Rendering(model, AutoTokenizer.from_pretrained(model.weights))
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        msg = f"model {model.name!r}: no tokenizer can be read in {model.weights} ({error})"
        hint = "see whether it is whole; fetch the model again where there is a network"
        raise UserError(msg, hint=hint) from error
