"""Servers: how a text, or the probabilities of options, are asked of the two kinds there are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from valuescape.core.errors import UserError
from valuescape.engine import Chosen, Written
from valuescape.engine.harmony import HarmonyRendering
from valuescape.engine.token_tree import branches, bundles, log_probability, prefix_free

if TYPE_CHECKING:
    from valuescape.engine import Choice, Usage, Writing
    from valuescape.engine.connection import Connection
    from valuescape.study.models import Model
    from valuescape.study.templates import Prompt

# vLLM gives the log-probabilities of this many named tokens at once (0.32, SamplingParams)
MOST_TOKENS = 128
# what the protocol gives at most
TOP_LOGPROBS = 20


class NoLogProbabilitiesError(UserError):
    """An endpoint that gives no log-probabilities.

    Parameters
    ----------
    model : Model
        Whose.
    """

    def __init__(self, model: Model) -> None:
        msg = f"model {model.name!r}: its endpoint gives no log-probabilities of the options"
        hint = (
            "let the condition have mode: sampled, which asks for an answer and not its probability"
        )
        super().__init__(msg, hint=hint)


class Server(Protocol):
    """What is asked of a server."""

    connection: Connection

    def __init__(self, connection: Connection, model: Model, usage: Usage) -> None: ...

    async def close(self) -> None:
        """End the connection."""

    async def encoded(self, text: str) -> list[int]:
        """Return the tokens of a text; made-up ones if the server tells none."""

    async def written(self, request: Writing) -> Written:
        """Return the text of a request."""

    async def chosen(self, request: Choice) -> Chosen:
        """Return the log-probabilities of a request's options."""

    async def said(self, prompt: Prompt, max_tokens: int) -> list[int]:
        """Return the tokens with which the model goes on, likeliest first."""


class TokenServer:
    """A vLLM server, asked by token ids through its completions.

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
        self._harmony = HarmonyRendering(model) if model.harmony else None
        self._known: dict[str, list[int]] = {}

    async def close(self) -> None:
        """End the connection."""
        await self.connection.close()

    async def encoded(self, text: str) -> list[int]:
        """Return the tokens of a short text, none added; it is asked for once."""
        if text not in self._known:
            self._known[text] = await self._encoded(text)
        return self._known[text]

    async def _encoded(self, text: str) -> list[int]:
        if self._harmony:
            return self._harmony.encoded(text)
        return await self._tokenized({"prompt": text, "add_special_tokens": False})

    async def _tokenized(self, what: dict[str, Any]) -> list[int]:
        answer = await self.connection.post("../tokenize", {**self._common, **what})
        return [int(token) for token in answer["tokens"]]

    async def _prompt(self, prompt: Prompt) -> list[int]:
        if self._harmony:
            return self._harmony.tokens(prompt)
        if prompt.text:
            return await self._encoded(prompt.text)
        messages = [{"role": role, "content": text} for role, text in prompt.messages]
        tokens = await self._tokenized({"messages": messages, "add_generation_prompt": True})
        return tokens + (await self._encoded(prompt.prefill) if prompt.prefill else [])

    async def written(self, request: Writing) -> Written:
        """Return the text of a request."""
        body = {
            **self._common,
            "prompt": await self._prompt(request.prompt),
            "temperature": request.sampling.temperature,
            "top_p": request.sampling.top_p,
            "max_tokens": request.sampling.max_tokens,
            "seed": request.seed,
        }
        if request.stop:
            body["stop"] = list(request.stop)
        if self._harmony:
            body["stop_token_ids"] = self._harmony.stops
        if request.pattern:
            body["structured_outputs"] = {"regex": request.pattern}
        answer = await self.connection.post("/completions", body)
        count(self._usage, answer)
        choice = answer["choices"][0]
        n_tokens = int(answer["usage"]["completion_tokens"])
        return Written(request.key, choice["text"], choice["finish_reason"] == "stop", n_tokens)

    async def said(self, prompt: Prompt, max_tokens: int) -> list[int]:
        """Return the tokens with which the model goes on, likeliest first, to its turn's end."""
        body = {
            **self._common,
            "prompt": await self._prompt(prompt),
            "temperature": 0,
            "max_tokens": max_tokens,
            "return_token_ids": True,
        }
        answer = await self.connection.post("/completions", body)
        return [int(token) for token in answer["choices"][0]["token_ids"]]

    async def chosen(self, request: Choice) -> Chosen:
        """Return the log-probabilities of a request's options, each summed over its tokens.

        Raises
        ------
        UserError
            If the model's tokens cannot tell the options apart.
        """
        prompt = await self._prompt(request.prompt)
        end = await self._end(request)
        options = [await self.encoded(text) + end for text in request.options]
        if not prefix_free(options):
            msg = f"model {self._model.name!r}: its tokens cannot tell apart {request.options}"
            hint = f"reword the options of {request.question} in the instrument file"
            raise UserError(msg, hint=hint)
        steps: dict[tuple[int, ...], dict[int, float]] = {}
        for beginnings, wanted in bundles(branches(options), MOST_TOKENS):
            prompts = [prompt + list(beginning) for beginning in beginnings]
            known = await self._next_tokens(prompts, wanted)
            steps.update(zip(beginnings, known, strict=True))
        values = [log_probability(tokens, steps) for tokens in options]
        return Chosen(request.key, np.array(values), tuple(map(len, options)))

    async def _end(self, request: Choice) -> list[int]:
        """Return the tokens that end an option that is the whole answer.

        Raises
        ------
        UserError
            If the model file does not say how a turn ends.
        """
        if request.form != "option_text":
            return []
        if request.prompt.text:
            return await self.encoded("\n")
        if self._harmony:
            return [self._harmony.end]
        end = self._model.endpoint.get("turn_end", "")
        if not end:
            msg = (
                f"model {self._model.name!r}: whole options in a chat need to know how a turn ends"
            )
            hint = "write endpoint: turn_end in the model file, such as <|im_end|>"
            raise UserError(msg, hint=hint)
        return await self.encoded(end)

    async def _next_tokens(
        self, prompts: list[list[int]], wanted: list[int]
    ) -> list[dict[int, float]]:
        """Return, for each prompt, the log-probability of each wanted token to come next.

        Raises
        ------
        NoLogProbabilitiesError
            If the server does not tell them.
        """
        body = {
            **self._common,
            "prompt": prompts,
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": 1,
            "logprob_token_ids": wanted,
            "return_tokens_as_token_ids": True,
        }
        answer = await self.connection.post("/completions", body)
        count(self._usage, answer)
        found = []
        for choice in sorted(answer["choices"], key=lambda choice: int(choice["index"])):
            if not choice.get("logprobs"):
                raise NoLogProbabilitiesError(self._model)
            top = choice["logprobs"]["top_logprobs"][0]
            known = {int(name.removeprefix("token_id:")): value for name, value in top.items()}
            if not known.keys() >= set(wanted):
                raise NoLogProbabilitiesError(self._model)
            found.append(known)
        return found


class ChatServer:
    """Any OpenAI-compatible server, asked through its chat completions.

    Parameters
    ----------
    connection : Connection
        Where it is.
    model : Model
        Its name of the model, and further fields of a request.
    usage : Usage
        Counts what is done.

    Raises
    ------
    UserError
        If the model file wants what chat completions cannot give.
    """

    def __init__(self, connection: Connection, model: Model, usage: Usage) -> None:
        self.connection = connection
        self._model, self._usage = model, usage
        self._common = {"model": model.source["model"], **model.settings}
        if model.answer["layout"] != "chat" or model.harmony:
            msg = (
                f"model {model.name!r}: api: chat sends messages, neither running text nor harmony"
            )
            raise UserError(msg, hint="write layout: chat and no harmony, or api: vllm")

    async def close(self) -> None:
        """End the connection."""
        await self.connection.close()

    async def encoded(self, text: str) -> list[int]:
        """Return one made-up token a character: such a server does not tell its tokens."""
        return [ord(letter) for letter in text]

    def _messages(self, prompt: Prompt) -> list[dict[str, str]]:
        said = [{"role": role, "content": text} for role, text in prompt.messages]
        return [*said, {"role": "assistant", "content": prompt.prefill}] if prompt.prefill else said

    async def written(self, request: Writing) -> Written:
        """Return the text of a request; its pattern is told in words, as nothing can enforce it."""
        messages = self._messages(request.prompt)
        if request.pattern:
            form = (
                "Answer with nothing but a text that matches this regular expression as a whole: "
                f"{request.pattern}"
            )
            messages.append({"role": "user", "content": form})
        body = {
            "temperature": request.sampling.temperature,
            "top_p": request.sampling.top_p,
            "max_tokens": request.sampling.max_tokens,
            "seed": request.seed,
            **self._common,
            "messages": messages,
        }
        if request.stop:
            body["stop"] = list(request.stop)
        answer = await self.connection.post("/chat/completions", body)
        count(self._usage, answer)
        choice = answer["choices"][0]
        text = (choice["message"].get("content") or "").strip()
        n_tokens = int((answer.get("usage") or {}).get("completion_tokens", 0))
        return Written(request.key, text, choice["finish_reason"] == "stop", n_tokens)

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
            "top_logprobs": TOP_LOGPROBS,
        }
        answer = await self.connection.post("/chat/completions", body)
        count(self._usage, answer)
        given = answer["choices"][0].get("logprobs")
        if not given or not given.get("content"):
            raise NoLogProbabilitiesError(self._model)
        top = given["content"][0]["top_logprobs"]
        values = [summed(top, option.strip()) for option in request.options]
        return Chosen(request.key, np.array(values), (1,) * len(values))


def summed(top: list[dict[str, Any]], label: str) -> float:
    """Return the log-probability of a label among the likeliest tokens.

    Parameters
    ----------
    top : list of dict
        ``token`` and ``logprob`` of each.
    label : str
        The label.

    Returns
    -------
    float
        Minus infinity if it is not among them.

    Examples
    --------
    >>> top = [{"token": "A", "logprob": math.log(0.5)}, {"token": " A", "logprob": math.log(0.25)}]
    >>> round(math.exp(summed(top, "A")), 6), summed(top, "B")
    (0.75, -inf)
    """
    shares = [math.exp(entry["logprob"]) for entry in top if entry["token"].strip() == label]
    return math.log(sum(shares)) if shares else -math.inf


def count(usage: Usage, answer: dict[str, Any]) -> None:
    """Add what a request took to what was done; a server need not say it."""
    given = answer.get("usage") or {}
    cached = (given.get("prompt_tokens_details") or {}).get("cached_tokens")
    usage.n_requests += 1
    usage.prompt_tokens += int(given.get("prompt_tokens") or 0)
    usage.cached_prompt_tokens += int(cached or 0)
    usage.output_tokens += int(given.get("completion_tokens") or 0)
