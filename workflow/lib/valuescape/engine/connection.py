"""Connection: requests to an OpenAI-compatible server, and what is said when it does not answer.

The openai package does what such a client must: it sends a request again when the server is busy
(429), fails (5xx) or is lost, after the time that Retry-After names (up to two minutes; it gives
up on longer ones) or after 0.5 to 8 seconds, a bounded number of times.

The key is read from the environment, handed to that package, and stands in no message: what a
server says is repeated without it, and not at all where it refuses the key.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from valuescape.study.models import Model

LOG = logging.getLogger(__name__)
# What a server says is repeated up to here.
LONGEST_REPLY = 200
# An answer that is no JSON is asked for again so often; a server that is merely busy says so.
GARBAGE_AT_MOST = 3
PAUSE = 0.5  # seconds, times the attempts so far
NO_KEY = "none"
SAID = "it said {}"
TOO_LONG = "it took too long"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# What an error inside an answer may say that passes by itself.
LONGER_THAN_CONTEXT = re.compile(
    r"context[ _]length|maximum context|prompt is too long", re.IGNORECASE
)
BUSY = {"429", "500", "502", "503", "504", "529"}
LOST = "there was no connection, or it was lost"


class RefusedError(UserError):
    """The server understood a request and does not do what it asks (a status of 4xx)."""


class TooLongError(RefusedError):
    """The server refuses a prompt because its context does not hold it: the prompt's own fault."""


class LostError(UserError):
    """The server gave no answer, however often it was asked."""


class Connection:
    """A server, as long as it is asked; to be used inside one event loop.

    Parameters
    ----------
    model : Model
        Its endpoint says how patient to be.
    address : str
        Where the server is.

    Raises
    ------
    UserError
        If the environment variable of the key is not set, the client is not installed, or the
        environment names a proxy that it cannot use.
    """

    def __init__(self, model: Model, address: str) -> None:
        try:
            import openai
        except ImportError as error:
            msg = f"model {model.name!r}: the package openai is not installed in this environment"
            raise UserError(msg, hint="run envs/install.sh again") from error
        # one line a request is no news
        for chatty in ("httpx", "httpx2", "httpcore", "httpcore2", "openai"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._errors = openai
        self._name = model.name
        self.address = address
        self._key_from = model.source.get("key_from", "")
        self._key = key_of(model)
        self._attempts = int(model.endpoint["attempts"])
        # a proxy of the environment does not know this machine's own servers
        here = (urlsplit(address).hostname or "") in LOOPBACK
        try:
            own = openai.DefaultAsyncHttpxClient(trust_env=False) if here else None
            self._client = openai.AsyncOpenAI(
                base_url=self.address,
                api_key=self._key or NO_KEY,
                max_retries=self._attempts - 1,
                timeout=float(model.endpoint["timeout_seconds"]),
                http_client=own,
            )
        except (ImportError, ValueError) as error:
            msg = f"model {model.name!r}: no proxy of the environment can be used ({error})"
            hint = (
                "unset ALL_PROXY, HTTPS_PROXY and HTTP_PROXY, name the server in NO_PROXY, or, for "
                "a socks proxy, pip install socksio into this environment"
            )
            raise UserError(msg, hint=hint) from error

    async def close(self) -> None:
        """End it."""
        await self._client.close()

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return what the server answers to a request.

        Parameters
        ----------
        path : str
            Below the address, such as ``/completions``; ``../tokenize`` lies beside it.
        body : dict
            The request.

        Returns
        -------
        dict
            The answer.
        """
        return await self._ask(path, body)

    async def get(self, path: str) -> dict[str, Any]:
        """Return what the server says of itself at a path."""
        return await self._ask(path, None)

    async def _ask(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        fault: Any = None
        for attempt in range(GARBAGE_AT_MOST):
            await asyncio.sleep(attempt * PAUSE)
            text = await self._text(self._address(path), body)
            try:
                answer = json.loads(text)
            except ValueError:
                answer = None
            fault = answer.get("error") if isinstance(answer, dict) else None
            if isinstance(answer, dict) and not fault:
                return answer
            if fault and not (isinstance(fault, dict) and str(fault.get("code")) in BUSY):
                raise self._refused(200, text)
        if fault:
            raise self._given_up(SAID.format(fault.get("code")))
        msg = f"{self._where(path)} answers {GARBAGE_AT_MOST} times with what is no JSON object"
        hint = (
            f"is there an OpenAI-compatible server at base_url of config/models/{self._name}.yaml?"
        )
        raise UserError(msg, hint=hint)

    async def _text(self, address: str, body: dict[str, Any] | None) -> str:
        """Return the text of an answer; what goes wrong is told without the key and its cause."""
        errors = self._errors
        try:
            return await self._sent(address, body)
        except (errors.AuthenticationError, errors.PermissionDeniedError) as error:
            raise self._key_refused(error.status_code) from None
        except (errors.RateLimitError, errors.InternalServerError) as error:
            raise self._given_up(SAID.format(error.status_code)) from None
        except errors.APIStatusError as error:
            raise self._refused(error.status_code, error.response.text) from None
        except errors.APITimeoutError:
            raise self._given_up(TOO_LONG) from None
        except errors.APIConnectionError:
            raise self._given_up(LOST) from None

    async def _sent(self, address: str, body: dict[str, Any] | None) -> str:
        # the client returns the text of what is not JSON by content type, and of what is
        if body is None:
            return await self._client.get(address, cast_to=str)
        return await self._client.post(address, cast_to=str, body=body)

    def _address(self, path: str) -> str:
        if path.startswith("../"):
            return self.address.rsplit("/", 1)[0] + path.removeprefix("..")
        return self.address + path

    def _where(self, path: str) -> str:
        return f"model {self._name!r}: {self._address(path)}"

    def _key_refused(self, status: int) -> UserError:
        msg = f"model {self._name!r}: {self.address} refuses the key ({status})"
        if not self._key_from:
            file = f"config/models/{self._name}.yaml"
            hint = f"name the environment variable of the key as source: key_from in {file}"
        else:
            hint = f"set {self._key_from} to a key that is good for this server"
        return UserError(msg, hint=hint)

    def _given_up(self, why: str) -> LostError:
        msg = (
            f"model {self._name!r}: {self.address} gave no answer in {self._attempts} attempts; "
            f"at last {why}"
        )
        hint = "what is answered is kept: run again when the server is well, or with more attempts"
        return LostError(msg, hint=hint)

    def _refused(self, status: int, said: str) -> RefusedError:
        if self._key:
            said = said.replace(self._key, "[key]")
        msg = f"model {self._name!r}: {self.address} says {status}: {said[:LONGEST_REPLY]}"
        kind = TooLongError if LONGER_THAN_CONTEXT.search(said) else RefusedError
        return kind(msg, hint=f"see config/models/{self._name}.yaml and docs/models.md")


def key_of(model: Model) -> str:
    """Return the key of a model's server, from the environment; empty if it wants none.

    Parameters
    ----------
    model : Model
        Its source names the environment variable.

    Returns
    -------
    str
        The key. It is to stand in no file, no log and no message.

    Raises
    ------
    UserError
        If the variable is not set.
    """
    variable = model.source.get("key_from", "")
    key = os.environ.get(variable, "").strip() if variable else ""
    if variable and not key:
        msg = f"model {model.name!r}: the environment variable {variable} is not set"
        raise UserError(
            msg, hint=f"export {variable}=... before snakemake; never write it in a file"
        )
    return key
