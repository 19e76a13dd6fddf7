"""Servers: what is asked of one, and how a vLLM server is asked, by token ids.

`engine.chat_server` asks all others.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from valuescape.core.errors import UserError
from valuescape.engine import Written, chosen, unanswered, unwritten
from valuescape.engine.connection import RefusedError, TooLongError
from valuescape.engine.dialects import is_cut
from valuescape.engine.harmony import LAST_TOKENS, HarmonyRendering
from valuescape.engine.rendering import (
    ASSISTANT,
    PROBE,
    RUNNING,
    SYSTEM,
    USER,
    fold,
    given_back,
    split_off,
    thought_closed,
)
from valuescape.engine.token_tree import branches, bundles, log_probability, prefix_free
from valuescape.study.templates import Prompt

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence

    from valuescape.engine import Choice, Chosen, Usage, Writing
    from valuescape.engine.connection import Connection
    from valuescape.study.models import Model

LOG = logging.getLogger(__name__)
TOO_LONG = "the server says that the prompt is longer than its context"
# vLLM gives the log-probabilities of this many named tokens at once (0.32, SamplingParams)
MOST_TOKENS = 128
# Sampling is temperature and top_p alone; a server may take the model's own defaults for these.
NO_OTHER_SAMPLING = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
DATES = ("%d %b %Y", "%Y-%m-%d", "%d-%m-%Y", "%B %d, %Y", "%d %B %Y")


@dataclass(frozen=True)
class ServedManner:
    """How a server's chat template takes messages.

    Attributes
    ----------
    folded : bool
        The system text stands at the head of the user's message.
    closing : str
        What closes the think block that it opens; empty if it opens none.
    end : str
        What follows the model's turn.
    """

    folded: bool
    closing: str
    end: str


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

    async def labelled(self, labels: Sequence[str], gap: str) -> list[list[int]]:
        """Return the tokens of labels where an answer begins; made-up ones if it tells none."""

    async def written(self, request: Writing) -> Written:
        """Return the text of a request."""

    async def chosen(self, request: Choice) -> Chosen:
        """Return the log-probabilities of a request's options."""

    async def said(self, prompt: Prompt, max_tokens: int) -> list[int]:
        """Return the tokens with which the model goes on, likeliest first."""

    async def told(self) -> dict[str, str]:
        """Return what decides its prompts, as far as it tells."""

    async def explained(self, request: Choice) -> list[list[tuple[int, str]]]:
        """Return tokens and their texts of a prompt, and of each option after it."""

    async def decoded(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens."""


class TokenServer:
    """A vLLM server, asked by token ids through its completions.

    Its chat template is the server's own. What it does with messages is read off its rendering
    of known texts, as in `engine.rendering`.

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
        self._known: dict[tuple[object, ...], asyncio.Task[Any]] = {}

    async def close(self) -> None:
        """End the connection."""
        await self.connection.close()

    async def _once(self, what: tuple[object, ...], ask: Coroutine[Any, Any, Any]) -> Any:
        """Return an answer that stays the same; it is asked for once."""
        if what in self._known:
            ask.close()
        else:
            self._known[what] = asyncio.ensure_future(ask)
        return await self._known[what]

    async def labelled(self, labels: Sequence[str], gap: str) -> list[list[int]]:
        """Return the tokens of labels, each as it stands where an answer begins."""
        if self._model.answer["layout"] == "chat":
            prompt = Prompt(messages=PROBE, prefill=self._model.answer.get("prefill", ""))
        else:
            prompt = Prompt(text=RUNNING)
        _, tokens = await self._answers(prompt, [gap + label for label in labels], whole=False)
        return tokens

    async def _encoded(self, text: str) -> list[int]:
        """Return the tokens of a text, none added."""
        return await self._tokenized({"prompt": text, "add_special_tokens": False})

    async def _tokenized(self, what: dict[str, Any]) -> list[int]:
        answer = await self.connection.post("../tokenize", {**self._common, **what})
        return [int(token) for token in answer["tokens"]]

    async def explained(self, request: Choice) -> list[list[tuple[int, str]]]:
        """Return tokens and their texts of a prompt, and of each option after it."""
        whole = request.form == "option_text"
        prompt, options = await self._answers(request.prompt, request.options, whole=whole)
        return [
            [(token, await self.decoded([token])) for token in tokens]
            for tokens in (prompt, *options)
        ]

    async def decoded(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, marks included."""
        answer = await self.connection.post("../detokenize", {**self._common, "tokens": [*tokens]})
        return str(answer["prompt"])

    async def _opening(self) -> list[int]:
        """Return the tokens with which the tokenizer begins a running text."""
        bare = await self._encoded("a")
        whole = await self._tokenized({"prompt": "a", "add_special_tokens": True})
        places = range(len(whole))
        return next((whole[:n] for n in places if whole[n : n + len(bare)] == bare), [])

    async def _conversed(
        self, messages: Iterable[tuple[str, str]], *, folded: bool, opened: bool = True
    ) -> list[int]:
        """Return the tokens of messages by the server's chat template."""
        turns = fold(messages) if folded else list(messages)
        arguments = {"enable_thinking": False, "thinking": False}
        return await self._tokenized(
            {
                "messages": [{"role": role, "content": text} for role, text in turns],
                "add_generation_prompt": opened,
                "chat_template_kwargs": arguments | dict(self._model.chat_template_arguments),
            }
        )

    async def told(self) -> dict[str, str]:
        """Return a checksum of how it renders and encodes known texts."""
        if self._harmony:
            return {}
        encoded: list[object] = [await self._encoded(f"{RUNNING} {SYSTEM}\n")]
        if "chat" in {self._model.answer["layout"], self._model.writing_layout}:
            manner = await self._once(("manner",), self._manner())
            encoded += [manner, await self._conversed(PROBE, folded=manner.folded)]
        return {"rendering": sha256(repr(encoded).encode()).hexdigest()[:16]}

    async def _manner(self) -> ServedManner:
        """Return how the server's chat template takes messages, read off its rendering.

        Raises
        ------
        UserError
            If it does not show what is said, or says today's date.
        """
        faults = []
        folding = {"separate": (False,), "folded": (True,)}.get(self._model.system, (False, True))
        for folded in folding:
            try:
                said = await self.decoded(await self._conversed(PROBE, folded=folded))
            except RefusedError as error:
                faults.append(error.message)
                continue
            if [said.count(text) for text in (SYSTEM, USER)] != [1, 1]:
                faults.append("it does not show what is said")
                continue
            self._without_todays_date(said)
            turn = (("user", USER), ("assistant", ASSISTANT))
            whole = await self.decoded(await self._conversed(turn, folded=folded, opened=False))
            end = whole.rpartition(ASSISTANT)[2].strip()
            return ServedManner(folded, thought_closed(said, "")[len(said) :], end)
        name = self._model.name
        msg = f"model {name!r}: its server renders no chat: {'; '.join(faults)}"
        hint = f"write layout: interview in config/models/{name}.yaml for a base model"
        raise UserError(msg, hint=hint)

    def _without_todays_date(self, said: str) -> None:
        """Refuse a rendering that changes with the calendar.

        Raises
        ------
        UserError
            If today's date stands in it.
        """
        today = dt.datetime.now(tz=dt.UTC).date()
        days = (today - dt.timedelta(1), today, today + dt.timedelta(1))  # in any time zone
        if any(day.strftime(form) in said for day in days for form in DATES):
            name = self._model.name
            msg = f"model {name!r}: its server's chat template says today's date"
            hint = (
                "prompts would change daily: give the template one, such as "
                "chat_template_arguments: "
                f'{{date_string: "28 Jun 2025"}} in config/models/{name}.yaml'
            )
            raise UserError(msg, hint=hint)

    async def _prompt(self, prompt: Prompt) -> list[int]:
        if self._harmony:
            return self._harmony.tokens(prompt)
        if prompt.text:
            opening = await self._once(("opening",), self._opening())
            return [*opening, *(await self._encoded(prompt.text))]
        manner = await self._once(("manner",), self._manner())
        tokens = await self._conversed(prompt.messages, folded=manner.folded)
        opens = prompt.prefill.startswith("<think>")
        begun = prompt.prefill if opens else manner.closing + prompt.prefill
        if not begun:
            return tokens
        return [*tokens, *(await self._once(("begun", begun), self._encoded(begun)))]

    async def _answers(
        self, prompt: Prompt, options: Sequence[str], *, whole: bool
    ) -> tuple[list[int], list[list[int]]]:
        """Return the tokens of a prompt, and of each option as it stands after it.

        As `engine.rendering.Rendering.answers` does.
        """
        if self._harmony:
            return self._harmony.answers(prompt, options, whole=whole)
        tokens = await self._prompt(prompt)
        closing = "\n" if whole and prompt.text else ""
        what = ("options", tuple(tokens[-LAST_TOKENS:]), tuple(options), closing)
        continued = self._continued(tokens[-LAST_TOKENS:], options, closing)
        dropped, found = await self._once(what, continued)
        end = await self._once(("end",), self._end()) if whole and not prompt.text else []
        return tokens[: len(tokens) - len(dropped)], [[*option, *end] for option in found]

    async def _continued(
        self, last: Sequence[int], options: Sequence[str], closing: str
    ) -> tuple[list[int], list[list[int]]]:
        before = await self.decoded(last)
        texts = [before, *(before + option + closing for option in options)]
        alone, *joined = await asyncio.gather(*map(self._encoded, texts))
        backs = await asyncio.gather(*map(self.decoded, joined))
        for option, back in zip(options, backs, strict=True):
            given_back(self._model, option + closing, back)
        return split_off(alone, joined)

    async def _end(self) -> list[int]:
        """Return the token that ends the model's turn.

        Raises
        ------
        UserError
            If the server's template ends it otherwise than the model file says, or not at all.
        """
        manner = await self._once(("manner",), self._manner())
        name, wanted = self._model.name, self._model.turn_end
        if wanted and manner.end and not manner.end.startswith(wanted):
            msg = (
                f"model {name!r}: turn_end is {wanted!r}, but its template ends with {manner.end!r}"
            )
            raise UserError(msg, hint=f"correct turn_end in config/models/{name}.yaml")
        tokens = await self._encoded(wanted or manner.end)
        if not tokens:
            msg = f"model {name!r}: its server's chat template does not say how a turn ends"
            hint = f"write turn_end in config/models/{name}.yaml, such as <|im_end|>"
            raise UserError(msg, hint=hint)
        return tokens[:1]

    async def written(self, request: Writing) -> Written:
        """Return the text of a request."""
        body = {
            **NO_OTHER_SAMPLING,
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
        try:
            answer = await self.connection.post("/completions", body)
        except TooLongError:
            return unwritten(self._usage, request, TOO_LONG)
        count(self._usage, answer)
        choice = answer["choices"][0]
        n_tokens = int(answer["usage"]["completion_tokens"])
        return Written(request.key, choice["text"], not is_cut(choice), n_tokens)

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
        whole = request.form == "option_text"
        prompt, options = await self._answers(request.prompt, request.options, whole=whole)
        if not prefix_free(options):
            msg = f"model {self._model.name!r}: its tokens cannot tell apart {request.options}"
            hint = f"reword the options of {request.question} in the instrument file"
            raise UserError(msg, hint=hint)
        steps: dict[tuple[int, ...], dict[int, float]] = {}
        for beginnings, wanted in bundles(branches(options), MOST_TOKENS):
            prompts = [prompt + list(beginning) for beginning in beginnings]
            try:
                known = await self._next_tokens(prompts, wanted)
            except TooLongError:
                return unanswered(self._usage, request, TOO_LONG)
            steps.update(zip(beginnings, known, strict=True))
        if any(value is None for step in steps.values() for value in step.values()):
            return chosen(self._usage, request, [None], options)
        values = [log_probability(tokens, steps) for tokens in options]
        first = {tokens[0]: steps[()][tokens[0]] for tokens in options}
        return chosen(self._usage, request, values, options, first)

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


def count(usage: Usage, answer: dict[str, Any]) -> None:
    """Add what a request took to what was done; a server need not say it."""
    given = answer.get("usage") or {}
    cached = (given.get("prompt_tokens_details") or {}).get("cached_tokens")
    usage.n_requests += 1
    usage.prompt_tokens += int(given.get("prompt_tokens") or 0)
    usage.cached_prompt_tokens += int(cached or 0)
    usage.output_tokens += int(given.get("completion_tokens") or 0)
