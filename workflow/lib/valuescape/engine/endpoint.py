"""The engine that asks an OpenAI-compatible server: an own vLLM server, or a vendor.

With ``api: vllm`` everything goes by token ids, as in valuescape.engine.vllm_engine, and an
option's probability is exact: the tree of the options' tokens is walked, all its branches in one
request. With ``api: chat`` a server is asked by chat completions; it gives the probabilities of
options if they are labels and it tells log-probabilities. Requests run side by side, a bounded
number at once.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any, TypeVar

from valuescape.core.errors import UserError
from valuescape.engine import Usage
from valuescape.engine.connection import Connection, RefusedError
from valuescape.engine.labels import LABEL_SETS, safe_labels
from valuescape.engine.served import ChatServer, Server, TokenServer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator

    from valuescape.engine import Choice, Chosen, Queue, Written
    from valuescape.study.models import Model
    from valuescape.study.templates import Prompt

Answer = TypeVar("Answer")
SERVERS: dict[str, type[Server]] = {"vllm": TokenServer, "chat": ChatServer}


class EndpointEngine:
    """A language model on a server.

    Parameters
    ----------
    model : Model
        A prepared model; its `endpoint` says how the server is asked.

    Raises
    ------
    UserError
        If the server does not answer, or is not what it was when the model was prepared.
    """

    def __init__(self, model: Model) -> None:
        started = time.monotonic()
        said = told_of_itself(model)
        if said != model.fingerprint:
            msg = f"model {model.name!r}: its server says {said}; when prepared {model.fingerprint}"
            hint = (
                f"let it serve what it did, or delete results/models/{model.name} and run again, "
                "which asks everything anew"
            )
            raise UserError(msg, hint=hint)
        self._model = model
        self._server = SERVERS[model.endpoint["api"]]
        self._at_once = int(model.endpoint["concurrency"])
        versions = {key: value for key, value in json.loads(said).items() if key == "version"}
        self.usage = Usage(
            seconds_load=time.monotonic() - started, versions=versions, device="endpoint"
        )

    def labels(self, n_options: int) -> tuple[str, ...]:
        """Return labels that the model's tokenizer keeps apart, as far as the server tells.

        Parameters
        ----------
        n_options : int
            How many are needed.

        Returns
        -------
        tuple of str
            The model file's wanted labels, or others if these are not safe.
        """
        answer = self._model.answer
        gap = "" if answer["layout"] == "chat" else " "
        wanted = answer.get("labels", "letters")
        texts = [gap + label for labels in LABEL_SETS.values() for label in labels[:n_options]]

        async def ask(server: Server) -> list[list[int]]:
            return await asyncio.gather(*map(server.encoded, texts))

        tokens = dict(zip(texts, now(self._model, ask), strict=True))
        taken, remark = safe_labels(n_options, wanted, gap, tokens.__getitem__)
        if self._server is ChatServer:
            remark += " (a character as a token: the server does not tell its own)"
        self.usage.labels[str(n_options)] = remark
        return taken

    def write(self, requests: Queue) -> Iterator[Written]:
        """Yield the text of each request as it comes.

        Parameters
        ----------
        requests : Queue
            Taken as there is room.

        Yields
        ------
        Written
            In the order in which they are answered.
        """

        def take(server: Server) -> Coroutine[Any, Any, Written] | None:
            request = requests.take()
            return self._understood(server.written(request)) if request else None

        yield from self._stream(take)

    def said(self, prompt: Prompt, max_tokens: int) -> list[int]:
        """Return the tokens with which the model goes on, likeliest first, to its turn's end."""

        async def ask(server: Server) -> list[int]:
            return await server.said(prompt, max_tokens)

        tokens: list[int] = now(self._model, ask)
        return tokens

    def choose(self, requests: Iterable[Choice]) -> Iterator[Chosen]:
        """Yield the log-probabilities of each request's options as they come.

        Parameters
        ----------
        requests : iterable of Choice
            Taken as there is room.

        Yields
        ------
        Chosen
            In the order in which they are answered.
        """
        source = iter(requests)

        def take(server: Server) -> Coroutine[Any, Any, Chosen] | None:
            request = next(source, None)
            return self._understood(server.chosen(request)) if request else None

        yield from self._stream(take)

    async def _understood(self, answer: Coroutine[Any, Any, Answer]) -> Answer:
        """Return an answer.

        Raises
        ------
        UserError
            If what came is none.
        """
        try:
            return await answer
        except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
            base = self._model.source["base_url"]
            msg = (
                f"model {self._model.name!r}: {base} answers with what is no completion ({error!r})"
            )
            hint = f"is it an OpenAI-compatible server? See config/models/{self._model.name}.yaml"
            raise UserError(msg, hint=hint) from None

    def _stream(self, take: Callable[[Server], Coroutine[Any, Any, Any] | None]) -> Iterator[Any]:
        """Keep so many requests under way and yield each answer as it comes.

        What is yielded may lead to further requests, so `take` is asked again after it had none.
        What was answered is yielded before a failure is told.
        """
        started = time.monotonic()
        under_way: set[asyncio.Task[Any]] = set()
        with asyncio.Runner() as runner:
            server = self._server(Connection(self._model), self._model, self.usage)
            loop = runner.get_loop()
            try:
                while True:
                    while len(under_way) < self._at_once and (job := take(server)) is not None:
                        under_way.add(loop.create_task(job))
                    if not under_way:
                        break
                    done, under_way = runner.run(first_of(under_way))
                    failed = [task for task in done if task.exception()]
                    for task in done:
                        if task not in failed:
                            yield task.result()
                    for task in failed:
                        task.result()
            finally:
                runner.run(ended(under_way, server))
        self.usage.seconds_ask += time.monotonic() - started


async def first_of(
    under_way: set[asyncio.Task[Any]],
) -> tuple[set[asyncio.Task[Any]], set[asyncio.Task[Any]]]:
    """Return the tasks that are done, at least one, and the others."""
    return await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)


async def ended(under_way: set[asyncio.Task[Any]], server: Server) -> None:
    """Give up what is under way and close the connection."""
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    await server.close()


def now(model: Model, ask: Callable[[Server], Coroutine[Any, Any, Any]]) -> Any:
    """Return what a server answers to one thing, outside a stream.

    Parameters
    ----------
    model : Model
        Where the server is.
    ask : callable
        What to do with it.

    Returns
    -------
    Any
        Its answer.
    """

    async def asked() -> Any:
        server = SERVERS[model.endpoint["api"]](Connection(model), model, Usage())
        try:
            return await ask(server)
        finally:
            await server.close()

    return asyncio.run(asked())


# What a server may say of the model it serves; the time of its start is not among it.
SERVED_KEYS = ("id", "root", "max_model_len", "owned_by")


def told_of_itself(model: Model) -> str:
    """Return what a server says of itself and of the model.

    Parameters
    ----------
    model : Model
        Where the server is, and its name of the model.

    Returns
    -------
    str
        JSON object: name, origin, longest context and version, as far as it says.

    Raises
    ------
    UserError
        If it does not answer, or has no such model.
    """  # noqa: DOC502 - raised by what is called

    async def ask(server: Server) -> dict[str, str]:
        return await _told(server.connection, model)

    known: dict[str, str] = now(model, ask)
    return json.dumps(known, sort_keys=True)


async def _told(connection: Connection, model: Model) -> dict[str, str]:
    wanted = model.source["model"]
    found = {"id": wanted}
    try:
        served = (await connection.get("/models")).get("data", [])
    except RefusedError:
        served = None  # a server need not list what it has
    if served is not None:
        known = {entry["id"]: entry for entry in served}
        if wanted not in known:
            msg = f"model {model.name!r}: its server has no {wanted!r}, but {sorted(known)[:10]}"
            hint = f"write one of these as source: model in config/models/{model.name}.yaml"
            raise UserError(msg, hint=hint)
        found |= {key: str(known[wanted][key]) for key in SERVED_KEYS if key in known[wanted]}
    if model.endpoint["api"] == "vllm":
        try:
            found["version"] = str((await connection.get("../version"))["version"])
        except (RefusedError, KeyError):
            msg = f"model {model.name!r}: {model.source['base_url']} is no vLLM server"
            raise UserError(msg, hint="write api: chat in the model file") from None
    return found


def build(model: Model) -> dict[str, str]:
    """Return what of the endpoint determines an answer; patience and concurrency do not.

    Parameters
    ----------
    model : Model
        A prepared model.

    Returns
    -------
    dict of str to str
        By name. No key is among it.
    """
    return {
        "device": "endpoint",
        "endpoint": model.source["base_url"],
        "served model": model.source["model"],
        "engine settings": json.dumps(
            {"api": model.endpoint["api"], **model.settings}, sort_keys=True
        ),
    }
