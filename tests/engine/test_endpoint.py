"""The engine that asks a server: what it gets from one, and from one that misbehaves."""

from __future__ import annotations

import itertools
import json
import logging
import math
import threading
import time
import traceback

import numpy as np
import polars as pl
import pytest
import yaml

from conftest import ROOT
from misbehaving_server import MODEL, VERSION, Behaviour, MisbehavingServer, log_probability
from valuescape.asking import biographies, responses
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.engine import Choice, Queue, Sampling, Writing, describe, open_engine, prepare
from valuescape.engine.endpoint import EndpointEngine, told_of_itself
from valuescape.study import designs
from valuescape.study.models import Model
from valuescape.study.templates import Prompt

KEY = "sk-planted-4711-never-to-be-seen"
PROMPT = Prompt(text="You:")
CHAT = Prompt(messages=(("system", "Be"), ("user", "Asked")))
OPTIONS = (" Yes", " Yes, very", " No")
SAMPLING = Sampling(temperature=1.0, top_p=1.0, max_tokens=20)


@pytest.fixture
def server(monkeypatch):
    # what lies between two attempts is the client's own affair; the test has no time
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("valuescape.engine.connection.PAUSE", 0.01)
    monkeypatch.setenv("TEST_KEY", KEY)
    with MisbehavingServer() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def model(server: MisbehavingServer, api: str = "vllm", **how: object) -> Model:
    patience = {"api": api, "concurrency": 4, "attempts": 3, "timeout_seconds": 5} | how
    source = {"base_url": server.address, "model": MODEL, "key_from": "TEST_KEY"}
    form, layout = ("option_text", "interview") if api == "vllm" else ("label_token", "chat")
    answer = {"form": form, "layout": layout}
    return Model("served", "Served", "endpoint", source, answer=answer, endpoint=patience)


def engine(server: MisbehavingServer, api: str = "vllm", **how: object) -> EndpointEngine:
    asked = model(server, api, **how)
    prepared = Model(**{**vars(asked), "fingerprint": told_of_itself(asked)})
    behaviours, server.behaviours = server.behaviours, []
    always, server.always = server.always, None
    opened = open_engine(prepared, "")
    assert isinstance(opened, EndpointEngine)
    server.behaviours, server.always = behaviours, always
    server.bodies.clear()
    server.times.clear()
    return opened


def choices(n: int, prompt: Prompt = PROMPT, form: str = "option_text", options=OPTIONS):
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


def test_the_probability_of_a_whole_option_is_that_of_its_tokens(server):
    (answer,) = engine(server).choose(choices(1))
    assert answer.log_probabilities == pytest.approx(expected())
    assert answer.n_tokens == (5, 11, 4)
    # " Yes\n", " Yes, very\n" and " No\n" share their beginnings: 13 branches, in one request
    assert [len(body["prompt"]) for body in server.bodies] == [13]


def test_options_of_more_tokens_than_a_request_may_name_are_asked_for_in_several(
    server, monkeypatch
):
    monkeypatch.setattr("valuescape.engine.served.MOST_TOKENS", 3)
    (answer,) = engine(server).choose(choices(1))
    assert answer.log_probabilities == pytest.approx(expected())
    assert len(server.bodies) > 1
    assert all(len(body["logprob_token_ids"]) <= 3 for body in server.bodies)


def test_options_that_begin_one_another_are_refused(server):
    with pytest.raises(UserError, match="cannot tell apart"):
        list(engine(server).choose(choices(1, form="label_token", options=(" A", " AB"))))


def test_a_chat_gives_the_labels_that_it_names(server):
    asked = choices(1, CHAT, "label_token", ("A", "B", "C"))
    (answer,) = engine(server, "chat").choose(asked)
    assert np.exp(answer.log_probabilities) == pytest.approx([0.6, 0.2, 0])
    assert answer.log_probabilities[2] == -math.inf


def test_texts_are_constrained_or_told_their_form(server):
    writing = [Writing("one", 1, CHAT, "(Yes|No)", 7, SAMPLING)]
    (written,) = engine(server).write(Queue(writing))
    assert (written.text, written.finished, written.n_tokens) == ("Yes", True, 1)
    assert server.bodies[-1]["structured_outputs"] == {"regex": "(Yes|No)"}
    (written,) = engine(server, "chat").write(Queue(writing))
    assert written.text == "s|No)"
    assert server.bodies[-1]["seed"] == 7


def test_labels_are_checked_by_the_tokens_that_the_server_tells(server):
    served = model(server)
    chat = Model(**{**vars(served), "answer": {"form": "label_token", "layout": "chat"}})
    chat = Model(**{**vars(chat), "fingerprint": told_of_itself(chat)})
    opened = open_engine(chat, "")
    assert opened.labels(11) == tuple("ABCDEFGHIJK")
    assert "does not tell" not in opened.usage.labels["11"]
    # its tokens are characters, so that a label behind a space is two
    with pytest.raises(UserError, match="keeps no labels"):
        engine(server).labels(2)
    opened = engine(server, "chat")
    assert opened.labels(2) == ("A", "B")
    assert "the server does not tell its own" in opened.usage.labels["2"]


def test_what_is_written_may_lead_to_further_requests(server):
    queue = Queue([Writing(1, 1, CHAT, "", 1, SAMPLING)])
    texts = []
    for written in engine(server).write(queue):
        texts.append(written.text)
        if len(texts) < 3:
            queue.add(Writing(written.key + 1, 1, CHAT, "", written.key + 1, SAMPLING))
    assert texts == ["seed 1", "seed 2", "seed 3"]


@pytest.mark.parametrize(
    "misbehaviour",
    [
        Behaviour(status=429),
        Behaviour(status=500),
        Behaviour(status=503, body="<html>busy</html>"),
        Behaviour(drops=True),
        Behaviour(seconds=1.0),
        Behaviour(body="<html>login</html>"),
        Behaviour(body='["a list"]'),
    ],
    ids=["429", "500", "503", "dropped", "slow", "garbage", "list"],
)
def test_it_asks_again(server, misbehaviour):
    server.behaviours = [misbehaviour, misbehaviour]
    answers = list(engine(server, timeout_seconds=0.4).choose(choices(1)))
    assert answers[0].log_probabilities == pytest.approx(expected())
    assert len(server.times) == 3


def test_it_waits_as_long_as_the_server_says(server):
    server.behaviours = [Behaviour(status=429, headers={"Retry-After": "0.6"})]
    list(engine(server).choose(choices(1)))
    first, second = server.times
    assert second - first >= 0.6


@pytest.mark.parametrize(
    ("always", "message"),
    [
        (Behaviour(status=429), "no answer in 3 attempts; at last it said 429"),
        (Behaviour(status=500), "no answer in 3 attempts; at last it said 500"),
        (Behaviour(drops=True), "at last there was no connection, or it was lost"),
        (Behaviour(seconds=1.0), "at last it took too long"),
        (Behaviour(body="<html>"), "answers 3 times with what is no JSON object"),
        (Behaviour(body="{}"), "answers with what is no completion"),
        (Behaviour(body='{"choices": []}'), "answers with what is no completion"),
        (Behaviour(status=400, body='{"error": "too long"}'), "says 400: .*too long"),
        (Behaviour(status=403), "refuses the key"),
    ],
)
def test_it_gives_up_in_words(server, always, message):
    server.always = always
    with pytest.raises(UserError, match=message):
        list(engine(server, timeout_seconds=0.3).choose(choices(1)))
    assert len(server.times) <= 3


def test_a_wait_of_more_than_two_minutes_is_told_at_once(server):
    server.always = Behaviour(status=429, headers={"Retry-After": "3600"})
    with pytest.raises(UserError, match="it said 429"):
        list(engine(server).choose(choices(1)))
    assert len(server.times) == 1


@pytest.mark.parametrize("api", ["vllm", "chat"])
def test_without_log_probabilities_it_says_which_mode_needs_none(server, api):
    server.gives_log_probabilities = False
    prompt, form = (PROMPT, "option_text") if api == "vllm" else (CHAT, "label_token")
    with pytest.raises(UserError, match="gives no log-probabilities") as caught:
        list(engine(server, api).choose(choices(1, prompt, form, ("A", "B"))))
    assert "mode: sampled" in caught.value.hint


def test_a_chat_cannot_score_whole_texts(server):
    with pytest.raises(UserError, match="no probability of a whole text"):
        list(engine(server, "chat").choose(choices(1, CHAT)))


def test_requests_are_taken_as_there_is_room(server):
    server.seconds = 0.1
    taken = itertools.count()
    answered = 0

    def lazily():
        for choice in choices(40):
            next(taken)
            yield choice

    for _ in engine(server).choose(lazily()):
        answered += 1
        # four are under way, and as many may have come together
        assert int(repr(taken)[6:-1]) <= answered + 8
    assert answered == 40
    assert 2 <= server.most_at_once <= 4


def test_what_came_before_a_failure_is_not_lost(server):
    server.behaviours = [Behaviour(), Behaviour(status=400, seconds=0.3)]
    server.always = Behaviour()
    answers = engine(server, concurrency=2).choose(choices(9))
    keys = [next(answers).key]
    with pytest.raises(UserError, match="says 400"):
        keys.extend(answer.key for answer in answers)
    assert len(keys) == len(set(keys)) >= 1


def test_stopping_early_leaves_nothing_under_way(server):
    server.seconds = 0.05
    answers = engine(server).choose(choices(40))
    next(answers)
    started = time.monotonic()
    answers.close()
    assert time.monotonic() - started < 1
    assert len(server.times) < 12


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(status=401, body=json.dumps({"error": f"bad key {KEY}"})),
        Behaviour(status=400, body=json.dumps({"error": f"bad key {KEY}"})),
        Behaviour(status=500, body=f"Bearer {KEY}"),
        Behaviour(body=f"<html>{KEY}</html>"),
        Behaviour(body=json.dumps({"choices": f"{KEY}"})),
    ],
    ids=["401", "400", "500", "garbage", "no completion"],
)
def test_the_key_is_nowhere_to_be_seen(server, behaviour, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    server.always = behaviour
    opened = engine(server)
    with pytest.raises(UserError) as caught:
        list(opened.choose(choices(2)))
    assert server.keys == {f"Bearer {KEY}"}
    asked = model(server)
    printed = "".join(capfd.readouterr())
    said = [
        str(caught.value),
        repr(caught.value.__dict__),
        "".join(traceback.format_exception(caught.value)),
        caplog.text,
        printed,
        repr(asked),
        repr(describe(asked)),
        told_of_itself(asked),
        repr(opened.usage),
    ]
    for text in said:
        assert KEY not in text
        assert KEY[3:] not in text


def test_a_key_that_is_not_set_is_told(server, monkeypatch):
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(UserError, match="environment variable TEST_KEY is not set"):
        engine(server)


def test_what_the_server_says_of_itself_is_part_of_the_fingerprint(server):
    told = json.loads(told_of_itself(model(server)))
    assert told == {"id": MODEL, "owned_by": "tests", "version": VERSION}
    opened_before = Model(**{**vars(model(server)), "fingerprint": json.dumps(told)})
    server.says |= {"max_model_len": 99}
    with pytest.raises(UserError, match=r'says .*"max_model_len": "99".*; when prepared'):
        open_engine(opened_before, "")


def test_how_patiently_a_server_is_asked_is_not_part_of_it(server):
    patient, hasty = model(server, attempts=9, concurrency=99), model(server)
    assert describe(patient) == describe(hasty)
    assert describe(model(server, "chat")) != describe(hasty)


def test_a_model_that_is_not_served_is_told(server):
    server.says["id"] = "another"
    with pytest.raises(UserError, match=r"has no 'formula', but \['another'\]"):
        engine(server)


def test_a_job_whose_server_fails_loses_nothing_and_asks_only_the_rest(server, tmp_path):
    asked = model(server)
    keys = {key: value for key, value in vars(asked).items() if value and key != "answer"}
    answer = {"form": "label_token", "layout": "chat"}
    writing = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 9}
    known = {"environment": "controller", "licence": "none", "answer": answer, "writing": writing}
    file = tmp_path / "served.yaml"
    file.write_text(yaml.safe_dump(keys | known), encoding="utf-8")
    prepared, personas = str(tmp_path / "model.json"), str(tmp_path / "personas.parquet")
    prepare.main(["--model", str(file), "--output", prepared])
    space = str(ROOT / "config/persona_space.yaml")
    designs.main(["--space", space, "--design", "handful", "--output", personas])
    common = ["--space", space, "--seed", "1", "--model", prepared, "--personas", personas]
    common += ["--shard", "0001-of-0001", "--flush-rows", "100", "--flush-seconds", "1000"]
    common += ["--stats", str(tmp_path / "stats.json")]
    lives = str(tmp_path / "lives.parquet")
    told = ["--prompt", str(ROOT / "config/prompts/biography.md"), "--parts", str(tmp_path / "b")]
    told += ["--fields", str(ROOT / "config/biography.yaml"), "--attempts", "1"]
    told += ["--countries", str(ROOT / "config/reference/countries.csv"), "--output", lives]
    biographies.main([*common, *told])
    condition = {"name": "base", "told": "configuration", "mode": "single"}
    job = [*common, "--prompt", str(ROOT / "config/prompts/answer.md"), "--biographies", lives]
    job += ["--parts", str(tmp_path / "p"), "--condition", json.dumps(condition)]
    job += ["--instruments", str(ROOT / "config/instruments/iw.yaml")]
    job += ["--outputs", str(tmp_path / "iw.parquet")]
    # the smoke test, and three of eight personas with ten questions each; then it is over
    server.behaviours = [Behaviour()] * 35
    server.always = Behaviour(status=400, body=KEY)
    with pytest.raises(UserError, match="says 400"):
        responses.main(job)
    parts = pl.concat([pl.read_parquet(part) for part in (tmp_path / "p").rglob("*.parquet")])
    assert parts.height >= 2
    server.always = None
    server.bodies.clear()
    responses.main(job)
    assert len(server.bodies) == 1 + 10 * (8 - parts.height)
    made = pl.read_parquet(tmp_path / "iw.parquet")
    assert made.height == 8
    assert (made["F063_status"] == "valid").all()
    assert tables.provenance(tmp_path / "iw.parquet")["endpoint"] == server.address
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()
