"""Chat server: any OpenAI-compatible server, asked through its chat completions."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from valuescape.core.errors import UserError
from valuescape.engine import Written, chosen, unanswered, unwritten
from valuescape.engine.connection import RefusedError, TooLongError
from valuescape.engine.dialects import is_cut, is_refused, summed, unwrapped
from valuescape.engine.rendering import fold
from valuescape.engine.served import TOO_LONG, NoLogProbabilitiesError, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuescape.engine import Choice, Chosen, Usage, Writing
    from valuescape.engine.connection import Connection
    from valuescape.study.models import Model
    from valuescape.study.templates import Prompt

LOG = logging.getLogger(__name__)
# What the protocol gives at most, and what vendors with a lower limit do.
TOP_LOGPROBS = (20, 10, 5)


class ChatServer:
    """Any OpenAI-compatible server, asked through its chat completions.

    Servers differ in what they accept: what one refuses (a seed, so many log-probabilities, the
    name of the length limit) is left out or named otherwise from then on, and told.

    Parameters
    ----------
    connection : Connection
        Where it is.
    model : Model
        Its name of the model, and further fields of a request.
    usage : Usage
        Counts what is done.
    """

    def __init__(self, connection: Connection, model: Model, usage: Usage) -> None:
        self.connection = connection
        self._model, self._usage = model, usage
        self._common = {"model": model.source["model"], **model.settings}
        if model.chat_template_arguments:
            self._common["chat_template_kwargs"] = dict(model.chat_template_arguments)
        self._renamed: dict[str, str] = {}
        self._dropped: set[str] = set()
        self._top = list(TOP_LOGPROBS)

    async def close(self) -> None:
        """End the connection."""
        await self.connection.close()

    async def labelled(self, labels: Sequence[str], gap: str) -> list[list[int]]:
        """Return one made-up token a character: such a server does not tell its tokens."""
        return [[ord(letter) for letter in gap + label] for label in labels]

    def _messages(self, prompt: Prompt, form: str = "") -> list[dict[str, str]]:
        """Return the messages, with a form of the answer at the end of the last one said to it."""
        turns = list(prompt.messages)
        if form:
            role, text = turns[-1]
            turns[-1] = (role, f"{text}\n\n{form}")
        if self._model.system == "folded":
            turns = fold(turns)
        said = [{"role": role, "content": text} for role, text in turns]
        return [*said, {"role": "assistant", "content": prompt.prefill}] if prompt.prefill else said

    async def _completed(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return an answer to a request, asked in the server's own dialect.

        Raises
        ------
        RefusedError
            If the server refuses what cannot be put otherwise.
        """
        while True:
            asked = {
                self._renamed.get(key, key): value
                for key, value in body.items()
                if key not in self._dropped
            }
            if "top_logprobs" in asked:
                asked["top_logprobs"] = self._top[0]
            try:
                answer = await self.connection.post("/chat/completions", asked)
            except RefusedError as error:
                if not self._learnt(error, asked):
                    raise
                continue
            count(self._usage, answer)
            return answer

    def _learnt(self, error: RefusedError, asked: dict[str, Any]) -> bool:
        """Return whether a request can be put otherwise, by what the server refuses of it."""
        said = error.message
        if "max_completion_tokens" in said and "max_tokens" in asked:
            self._renamed["max_tokens"] = "max_completion_tokens"
        elif "top_logprobs" in said and "top_logprobs" in asked and len(self._top) > 1:
            if asked["top_logprobs"] == self._top[0]:  # not yet by a request beside this one
                self._top.pop(0)
        elif re.search(r"\bseed\b", said) and "seed" in asked:
            self._dropped.add("seed")
        else:
            return False
        LOG.warning("%s; so it is asked otherwise from now on", said)
        return True

    async def written(self, request: Writing) -> Written:
        """Return the text of a request; its pattern is told in words, as nothing can enforce it."""
        form = ""
        if request.pattern:
            form = (
                "Answer with nothing but a text that matches this regular expression as a whole: "
                f"{request.pattern}"
            )
        body = {
            "temperature": request.sampling.temperature,
            "top_p": request.sampling.top_p,
            "max_tokens": request.sampling.max_tokens,
            "seed": request.seed,
            **self._common,
            "messages": self._messages(request.prompt, form),
        }
        if request.stop:
            body["stop"] = list(request.stop)
        try:
            answer = await self._completed(body)
        except TooLongError:
            return unwritten(self._usage, request, TOO_LONG)
        choice = answer["choices"][0]
        if is_refused(choice):
            return unwritten(self._usage, request, "the server declines to answer", "refused")
        text = unwrapped(choice["message"].get("content") or "", quoted=request.kind == "answer")
        n_tokens = int((answer.get("usage") or {}).get("completion_tokens") or 0)
        return Written(request.key, text, not is_cut(choice), n_tokens)

    async def told(self) -> dict[str, str]:
        """Return nothing: such a server does not tell how it renders."""
        return {}

    async def explained(self, request: Choice) -> list[list[tuple[int, str]]]:
        """Return nothing: such a server does not tell its tokens."""
        return [[] for _ in ("prompt", *request.options)]

    async def decoded(self, tokens: Sequence[int]) -> str:
        """Return nothing: such a server does not tell its tokens."""
        del tokens
        return ""

    async def said(self, prompt: Prompt, max_tokens: int) -> list[int]:
        """Return nothing: such a server does not tell its tokens."""
        del prompt, max_tokens
        return []

    async def chosen(self, request: Choice) -> Chosen:
        """Return the log-probabilities of the labels.

        A label that is not among the likeliest tokens has none: minus infinity. Tokens that are
        the label but for white space count together.

        Raises
        ------
        UserError
            If whole texts are asked for.
        NoLogProbabilitiesError
            If the server does not tell them.
        """
        if request.form != "label_token":
            msg = (
                f"model {self._model.name!r}: chat completions give no probability of a whole text"
            )
            hint = "write form: label_token in the model file, or take a condition of mode: sampled"
            raise UserError(msg, hint=hint)
        body = {
            "max_tokens": 1,
            "temperature": 0,
            **self._common,
            "messages": self._messages(request.prompt),
            "logprobs": True,
            "top_logprobs": TOP_LOGPROBS[0],
        }
        try:
            answer = await self._completed(body)
        except TooLongError:
            return unanswered(self._usage, request, TOO_LONG)
        choice = answer["choices"][0]
        if is_refused(choice):
            return unanswered(self._usage, request, "the server declines to answer", "refused")
        given = choice.get("logprobs")
        if not given or not given.get("content"):
            raise NoLogProbabilitiesError(self._model)
        top = given["content"][0].get("top_logprobs") or [given["content"][0]]
        values = [summed(top, option.strip()) for option in request.options]
        return chosen(self._usage, request, values, [(0,)] * len(values))
