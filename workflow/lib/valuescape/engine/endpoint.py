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
import logging
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from valuescape.core.errors import UserError
from valuescape.engine import Usage
from valuescape.engine.chat_server import ChatServer
from valuescape.engine.connection import Connection, LostError, RefusedError
from valuescape.engine.labels import LABEL_SETS, safe_labels
from valuescape.engine.served import Server, TokenServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from valuescape.engine import Choice, Chosen, Queue, Written
    from valuescape.study.models import Model
    from valuescape.study.templates import Prompt

LOG = logging.getLogger(__name__)
Ask = Callable[[Server], Coroutine[Any, Any, Any]]
Piece = tuple[int, str]  # a token and its text
SERVERS: dict[str, type[Server]] = {"vllm": TokenServer, "chat": ChatServer}


class EndpointEngine:
    """A language model on one server, or on several that are alike.

    Parameters
    ----------
    model : Model
        A prepared model; its `endpoint` says how a server is asked.

    Raises
    ------
    UserError
        If no server answers, or one is not what it was when the model was prepared.
    """

    def __init__(self, model: Model) -> None:
        started = time.monotonic()
        told = told_by_each(model)
        for address, said in told.items():
            if said != model.fingerprint:
                name = model.name
                msg = f"model {name!r}: {address} says {said}; when prepared {model.fingerprint}"
                hint = (
                    f"let it serve what it did, or delete results/models/{name} and run again, "
                    "which asks everything anew"
                )
                raise UserError(msg, hint=hint)
        self._model = model
        self._server = SERVERS[model.endpoint["api"]]
        self._alive = list(told)
        known = json.loads(model.fingerprint).items()
        versions = {key: value for key, value in known if key == "version"}
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
        names = [label for labels in LABEL_SETS.values() for label in labels[:n_options]]

        async def ask(server: Server) -> list[list[int]]:
            return await server.labelled(names, gap)

        texts = [gap + name for name in names]
        tokens = dict(zip(texts, now(self._model, ask, self._alive[0]), strict=True))
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

        def take() -> Ask | None:
            request = requests.take()
            return (lambda server: server.written(request)) if request else None

        yield from self._stream(take)

    def said(self, prompt: Prompt, max_tokens: int) -> list[int]:
        """Return the tokens with which the model goes on, likeliest first, to its turn's end."""

        async def ask(server: Server) -> list[int]:
            return await server.said(prompt, max_tokens)

        tokens: list[int] = now(self._model, ask, self._alive[0])
        return tokens

    def explained(self, request: Choice) -> tuple[list[Piece], list[list[Piece]]]:
        """Return the tokens of a prompt and of each option as they are asked, with their texts."""

        async def ask(server: Server) -> list[list[Piece]]:
            return await server.explained(request)

        prompt, *options = now(self._model, ask, self._alive[0])
        return prompt, options

    def decoded(self, tokens: list[int]) -> str:
        """Return the text of tokens, marks included."""

        async def ask(server: Server) -> str:
            return await server.decoded(tokens)

        return str(now(self._model, ask, self._alive[0]))

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

        def take() -> Ask | None:
            request = next(source, None)
            return (lambda server: server.chosen(request)) if request else None

        yield from self._stream(take)

    async def _answered(self, ask: Ask, servers: dict[Server, int]) -> Any:
        """Return an answer of the server that has least to do.

        One that is lost is set aside, and the next one is asked instead.

        Parameters
        ----------
        ask : callable
            What to ask a server.
        servers : dict of Server to int
            Those that are alive, and how much each has under way.

        Raises
        ------
        UserError
            If what came is no answer.
        LostError
            If the last server is lost.
        """
        while True:
            server = min(servers, key=servers.__getitem__)
            servers[server] += 1
            try:
                return await ask(server)
            except LostError as error:
                if len(servers) > 1 and servers.pop(server, None) is not None:
                    LOG.warning("%s; it is set aside, %d are left", error.message, len(servers))
                elif server in servers:
                    raise
            except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
                name = self._model.name
                base = server.connection.address
                msg = f"model {name!r}: {base} answers with what is no completion ({error!r})"
                hint = f"is it an OpenAI-compatible server? See config/models/{name}.yaml"
                raise UserError(msg, hint=hint) from None
            finally:
                if server in servers:
                    servers[server] -= 1

    def _stream(self, take: Callable[[], Ask | None]) -> Iterator[Any]:
        """Keep so many requests under way and yield each answer as it comes.

        What is yielded may lead to further requests, so `take` is asked again after it had none.
        What was answered is yielded before a failure is told.
        """
        started = time.monotonic()
        under_way: set[asyncio.Task[Any]] = set()
        with asyncio.Runner() as runner:
            opened = [
                self._server(Connection(self._model, address), self._model, self.usage)
                for address in self._alive
            ]
            servers = dict.fromkeys(opened, 0)
            loop = runner.get_loop()
            try:
                while True:
                    room = int(self._model.endpoint["concurrency"]) * len(servers)
                    while len(under_way) < room and (ask := take()) is not None:
                        under_way.add(loop.create_task(self._answered(ask, servers)))
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
                self._alive = [server.connection.address for server in servers]
                runner.run(ended(under_way, opened))
        self.usage.seconds_ask += time.monotonic() - started


async def first_of(
    under_way: set[asyncio.Task[Any]],
) -> tuple[set[asyncio.Task[Any]], set[asyncio.Task[Any]]]:
    """Return the tasks that are done, at least one, and the others."""
    return await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)


async def ended(under_way: set[asyncio.Task[Any]], servers: Iterable[Server]) -> None:
    """Give up what is under way and close the connections."""
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    for server in servers:
        await server.close()


def now(model: Model, ask: Ask, address: str) -> Any:
    """Return what a server answers to one thing, outside a stream.

    Parameters
    ----------
    model : Model
        Where the server is.
    ask : callable
        What to do with it.
    address : str
        Where it is.

    Returns
    -------
    Any
        Its answer.
    """

    async def asked() -> Any:
        server = SERVERS[model.endpoint["api"]](Connection(model, address), model, Usage())
        try:
            return await ask(server)
        finally:
            await server.close()

    return asyncio.run(asked())


# What a server may say of the model it serves; the time of its start is not among it.
SERVED_KEYS = ("id", "root", "max_model_len", "owned_by")


def told_of_itself(model: Model) -> str:
    """Return what the servers of a model say of themselves and of it, which must be the same.

    Parameters
    ----------
    model : Model
        Where the servers are, and their name of the model.

    Returns
    -------
    str
        JSON object: name, origin, longest context and version, as far as they say.

    Raises
    ------
    UserError
        If none answers, one has no such model, or they differ.
    """
    told = told_by_each(model)
    (first, known), *others = told.items()
    for address, said in others:
        if said != known:
            msg = f"model {model.name!r}: {first} says {known}, but {address} says {said}"
            raise UserError(msg, hint="let all servers of a model serve the same, in one version")
    return known


def told_by_each(model: Model) -> dict[str, str]:
    """Return what each server says of itself, by its address; one that is lost is left out.

    Raises
    ------
    UserError
        If none answers, or one has no such model.
    """  # noqa: DOC502 - the first loss is told

    async def ask(server: Server) -> dict[str, str]:
        return await _told(server, model)

    found: dict[str, str] = {}
    lost: list[LostError] = []
    for address in model.addresses:
        try:
            found[address] = json.dumps(now(model, ask, address), sort_keys=True)
        except LostError as error:
            lost.append(error)
    if not found:
        raise lost[0]
    for gone in lost:
        LOG.warning("%s; it is set aside, %d are left", gone.message, len(found))
    return found


async def _told(server: Server, model: Model) -> dict[str, str]:
    connection, wanted = server.connection, model.source["model"]
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
            msg = f"model {model.name!r}: {connection.address} is no vLLM server"
            raise UserError(msg, hint="write api: chat in the model file") from None
        found |= await server.told()
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
        # others of a list serve the same, and may come and go
        "endpoint": model.addresses[0],
        "served model": model.source["model"],
        "engine settings": json.dumps(
            {"api": model.endpoint["api"], **model.settings}, sort_keys=True
        ),
        "chat": json.dumps(model.chat, sort_keys=True),
    }
