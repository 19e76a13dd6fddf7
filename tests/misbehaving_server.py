"""A small server that speaks the OpenAI protocol, and misbehaves when it should; who asks it.

Its tokens are characters, and its model is a formula, so that every probability is known.
"""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conftest import ROOT
from valuescape.engine import Choice, open_engine
from valuescape.engine.endpoint import EndpointEngine, told_of_itself
from valuescape.study.models import Model
from valuescape.study.space import read_space
from valuescape.study.templates import Prompt

SPACE = read_space(ROOT / "config/persona_space.yaml")
KEY = "sk-planted-4711-never-to-be-seen"
PROMPT = Prompt(text="You:")
CHAT = Prompt(messages=(("system", "Be"), ("user", "Asked")))
OPTIONS = (" Yes", " Yes, very", " No")
MODEL = "formula"
VERSION = "0.32.0"


def log_probability(prompt: list[int], token: int) -> float:
    """Return the formula's log-probability that a token follows a prompt."""
    return -1 - (7 * sum(prompt) + 3 * len(prompt) + token) % 11


@dataclass
class Behaviour:
    """What becomes of the next request for an answer, in place of a proper one."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    drops: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Dialect:
    """How a kind of server speaks, as public reports of clients have it."""

    around: str = "{}"
    finish_reason: str | None = "stop"
    space: str = " "
    most_top_logprobs: int = 20
    refused_keys: tuple[str, ...] = ()
    hint: str = ""


DIALECTS = {
    # newer models: another name of the length limit
    "openai": Dialect(
        refused_keys=("max_tokens",),
        hint="'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    ),
    # a model that thinks writes its block into the text
    "ollama": Dialect(around="<think>\nA colour.\n</think>\n\n{}", finish_reason=None),
    # tokens as the vocabulary has them, fewer of them, and no seed
    "lm-studio": Dialect(
        around="```json\n{}\n```",
        finish_reason="eos_token",
        space="\u0120",
        most_top_logprobs=5,
        refused_keys=("seed",),
        hint="Unrecognized key(s) in object: 'seed'",
    ),
}


class MisbehavingServer(ThreadingHTTPServer):
    """A server on a free port of this machine; `behaviours` are used up, one a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours: list[Behaviour] = []
        self.always: Behaviour | None = None
        self.gives_log_probabilities = True
        self.dialect = Dialect()
        self.greeting = ""  # with which its chat template begins
        self.says: dict[str, object] = {"id": MODEL, "owned_by": "tests", "created": 1}
        self.seconds = 0.0
        self.times: list[float] = []
        self.bodies: list[dict] = []
        self.keys: set[str] = set()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


def turn(message: dict) -> str:
    """Return a message as the server's chat template has it; an assistant's ends with ~."""
    return message["content"] + ("~" if message["role"] == "assistant" else "")


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    server: MisbehavingServer

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def reply(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        raw = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self.reply(200, json.dumps({"object": "list", "data": [self.server.says]}))
        elif self.path == "/version":
            self.reply(200, json.dumps({"version": VERSION}))
        else:
            self.reply(404, "{}")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        server.keys.add(self.headers.get("Authorization", ""))
        if self.path == "/tokenize":
            said = body.get("prompt") or server.greeting + "".join(map(turn, body["messages"]))
            self.reply(200, json.dumps({"tokens": [ord(letter) for letter in said]}))
            return
        if self.path == "/detokenize":
            self.reply(200, json.dumps({"prompt": "".join(map(chr, body["tokens"]))}))
            return
        with server.lock:
            server.times.append(time.monotonic())
            server.bodies.append(body)
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
            behaviour = server.behaviours.pop(0) if server.behaviours else server.always
        try:
            self.answer(body, behaviour or Behaviour(seconds=server.seconds))
        finally:
            with server.lock:
                server.at_once -= 1

    def answer(self, body: dict, behaviour: Behaviour) -> None:
        time.sleep(behaviour.seconds)
        if behaviour.drops:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif behaviour.status != 200 or behaviour.body:
            self.reply(behaviour.status, behaviour.body or "{}", behaviour.headers)
        elif self.path == "/v1/completions":
            self.reply(200, json.dumps(self.completion(body)))
        elif fault := self.fault(body):
            self.reply(400, json.dumps({"error": {"message": fault, "code": 400}}))
        else:
            self.reply(200, json.dumps(self.chat_completion(body)))

    def fault(self, body: dict) -> str:
        """Return what the server's dialect refuses of a request."""
        dialect = self.server.dialect
        if any(key in body for key in dialect.refused_keys):
            return dialect.hint
        if body.get("top_logprobs", 0) > dialect.most_top_logprobs:
            return f"'top_logprobs' must be at most {dialect.most_top_logprobs}"
        return ""

    def completion(self, body: dict) -> dict:
        prompts = body["prompt"]
        if isinstance(prompts[0], int):
            prompts = [prompts]
        choices = []
        for index, prompt in enumerate(prompts):
            wanted = body.get("logprob_token_ids", [])
            top = {f"token_id:{token}": log_probability(prompt, token) for token in wanted}
            told = {"top_logprobs": [top]} if self.server.gives_log_probabilities else None
            held = body.get("structured_outputs", {}).get("regex")
            text = f"{held.partition('(')[0]}Yes" if held else f"seed {body.get('seed')}"
            choices.append(
                {"index": index, "text": text, "finish_reason": "stop", "logprobs": told}
            )
        usage = {"prompt_tokens": sum(map(len, prompts)), "completion_tokens": len(prompts)}
        # in another order, which is the client's to mend
        return {"choices": choices[::-1], "usage": usage}

    def chat_completion(self, body: dict) -> dict:
        dialect = self.server.dialect
        top = [
            {"token": "A", "logprob": math.log(0.5)},
            {"token": f"{dialect.space}A", "logprob": math.log(0.1)},
            {"token": "B", "logprob": math.log(0.2)},
        ]
        wanted = body.get("logprobs") and self.server.gives_log_probabilities
        told = {"content": [{"token": "A", "top_logprobs": top}]} if wanted else None
        text = dialect.around.format(f" {body['messages'][-1]['content'][-5:]} ")
        message = {"role": "assistant", "content": text}
        reason = dialect.finish_reason
        return {
            "choices": [{"message": message, "finish_reason": reason, "logprobs": told}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 1},
        }


def served_model(server: MisbehavingServer, api: str = "vllm", **how: object) -> Model:
    """Return the model that it serves, not yet prepared."""
    patience = {"api": api, "concurrency": 4, "attempts": 3, "timeout_seconds": 5} | how
    source = {"base_url": server.address, "model": MODEL, "key_from": "TEST_KEY"}
    form, layout = ("option_text", "interview") if api == "vllm" else ("label_token", "chat")
    answer = {"form": form, "layout": layout}
    return Model("served", "Served", "endpoint", source, answer=answer, endpoint=patience)


def opened(server: MisbehavingServer, api: str = "vllm", **how: object) -> EndpointEngine:
    """Return the engine that asks it; what was asked to open it is forgotten."""
    asked = served_model(server, api, **how)
    prepared = Model(**{**vars(asked), "fingerprint": told_of_itself(asked)})
    behaviours, server.behaviours = server.behaviours, []
    always, server.always = server.always, None
    found = open_engine(prepared, SPACE)
    assert isinstance(found, EndpointEngine)
    server.behaviours, server.always = behaviours, always
    server.bodies.clear()
    server.times.clear()
    return found


def choices(n: int, prompt: Prompt = PROMPT, form: str = "option_text", options=OPTIONS):
    """Return requests for the probabilities of options."""
    return [Choice(number, number, "Q1", prompt, tuple(options), form) for number in range(n)]


def expected(options: tuple[str, ...] = OPTIONS, prompt: str = "You:") -> list[float]:
    """Return what the server's formula gives, token by token; an option ends with its line."""
    values = []
    for option in options:
        said, value = [ord(letter) for letter in prompt], 0.0
        for token in map(ord, option + "\n"):
            value += log_probability(said, token)
            said.append(token)
        values.append(value)
    return values
