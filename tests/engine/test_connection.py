"""Connection: what becomes of a request where the server misbehaves, and of the key."""

from __future__ import annotations

import json
import logging
import traceback

import pytest

from misbehaving_server import KEY, Behaviour, choices, expected, opened, served_model
from valuescape.core.errors import UserError
from valuescape.engine import connection, describe
from valuescape.engine.endpoint import told_of_itself
from valuescape.study.models import Model


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
    answers = list(opened(server, timeout_seconds=0.4).choose(choices(1)))
    assert answers[0].log_probabilities == pytest.approx(expected())
    assert len(server.times) == 3


def test_it_waits_as_long_as_the_server_says(server):
    server.behaviours = [Behaviour(status=429, headers={"Retry-After": "0.6"})]
    list(opened(server).choose(choices(1)))
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
        (Behaviour(status=400, body='{"error": "too odd"}'), "says 400: .*too odd"),
        (Behaviour(status=403), "refuses the key"),
        # told inside an answer of status 200
        (Behaviour(body='{"error": {"code": 400, "message": "bad"}}'), "says 200: .*bad"),
        (Behaviour(body='{"error": "no model"}'), "says 200: .*no model"),
        (
            Behaviour(body='{"error": {"code": 503}}'),
            "no answer in 3 attempts; at last it said 503",
        ),
    ],
)
def test_it_gives_up_in_words(server, always, message):
    server.always = always
    with pytest.raises(UserError, match=message):
        list(opened(server, timeout_seconds=0.3).choose(choices(1)))
    assert len(server.times) <= 3


def test_a_wait_of_more_than_two_minutes_is_told_at_once(server):
    server.always = Behaviour(status=429, headers={"Retry-After": "3600"})
    with pytest.raises(UserError, match="it said 429"):
        list(opened(server).choose(choices(1)))
    assert len(server.times) == 1


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
    engine = opened(server)
    with pytest.raises(UserError) as caught:
        list(engine.choose(choices(2)))
    assert server.keys == {f"Bearer {KEY}"}
    asked = served_model(server)
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
        repr(engine.usage),
    ]
    for text in said:
        assert KEY not in text
        assert KEY[3:] not in text


def test_a_key_that_is_not_set_is_told(server, monkeypatch):
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(UserError, match="environment variable TEST_KEY is not set"):
        opened(server)


def test_between_garbled_answers_it_waits_ever_longer(server, monkeypatch):
    monkeypatch.setattr(connection, "PAUSE", 0.2)
    server.behaviours = [Behaviour(body="<html>"), Behaviour(body="<html>")]
    list(opened(server).choose(choices(1)))
    first, second, third = server.times
    assert second - first >= 0.2
    assert third - second >= 0.4


def test_a_proxy_of_the_environment_is_not_asked_for_this_machines_own_server(server, monkeypatch):
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert len(list(opened(server).choose(choices(1)))) == 1


def test_a_proxy_that_cannot_be_used_is_told(server, monkeypatch):
    away = served_model(server)
    away = Model(**{**vars(away), "source": away.source | {"base_url": "http://away.invalid/v1"}})
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(UserError, match=r"no proxy of the environment can be used") as caught:
        told_of_itself(away)
    assert "ALL_PROXY" in caught.value.hint
