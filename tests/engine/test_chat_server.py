"""Chat servers: three dialects, and answers that are none."""

from __future__ import annotations

import dataclasses
import json
import logging

import numpy as np
import pytest

from misbehaving_server import CHAT, DIALECTS, Behaviour, choices, opened
from valuescape.core.errors import UserError
from valuescape.engine import Queue, Sampling, Writing

SAMPLING = Sampling(temperature=1.0, top_p=1.0, max_tokens=20)


def one(pattern="(Yes|No)", number=1) -> Writing:
    return Writing(number, number, CHAT, pattern, 7, SAMPLING, "answer")


@pytest.mark.parametrize("name", DIALECTS)
def test_a_server_is_asked_and_understood_in_its_own_dialect(server, name, caplog):
    server.dialect = DIALECTS[name]
    engine = opened(server, "chat", concurrency=1)
    with caplog.at_level(logging.WARNING):
        answers = list(engine.choose(choices(3, CHAT, "label_token", ("A", "B", "C"))))
        (written,) = engine.write(Queue([one()]))
    for answer in answers:
        assert np.exp(answer.log_probabilities) == pytest.approx([0.6, 0.2, 0])
    assert (written.text, written.finished, written.status) == ("s|No)", True, "")
    # what it refuses it is asked once, and never again within a job's stream
    refused = DIALECTS[name].hint or "none"
    assert caplog.text.count(refused) <= 2
    assert len(server.bodies) <= 3 + 1 + 4
    asked = server.bodies[-1]
    assert not asked.keys() & set(DIALECTS[name].refused_keys)


def test_the_form_of_a_text_stands_in_the_message_that_it_answers(server):
    """A second message of the user would break the alternation that many templates demand."""
    list(opened(server, "chat").write(Queue([one()])))
    (body,) = server.bodies
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][-1]["content"].startswith("Asked\n\nAnswer with nothing but")


def completion(content, reason="stop", **message) -> Behaviour:
    said = {"role": "assistant", "content": content, **message}
    return Behaviour(body=json.dumps({"choices": [{"message": said, "finish_reason": reason}]}))


@pytest.mark.parametrize(
    ("behaviour", "text", "finished", "status"),
    [
        (completion("Yes", "STOP"), "Yes", True, ""),
        (completion("Yes", "end_turn"), "Yes", True, ""),
        (completion("Y", "length"), "Y", False, ""),
        (completion(None, "length"), "", False, ""),  # all of it went into its thoughts
        (completion(None), "", True, "refused"),
        (completion("", "content_filter"), "", True, "refused"),
        (completion(None, "stop", refusal="I cannot"), "", True, "refused"),
        (completion('"Yes"'), "Yes", True, ""),
        (Behaviour(status=400, body="maximum context length is 8"), "", True, "malformed"),
    ],
)
def test_an_end_a_cut_and_a_refusal_are_told_apart(server, behaviour, text, finished, status):
    engine = opened(server, "chat")
    server.behaviours = [behaviour]
    (written,) = engine.write(Queue([one()]))
    assert (written.text, written.finished, written.status) == (text, finished, status)


@pytest.mark.parametrize("value", [None, -9999.0, 0.5, "-1.0"])
def test_a_log_probability_that_is_none_makes_a_row_and_no_more(server, value):
    engine = opened(server, "chat", concurrency=1)
    top = [{"token": "A", "logprob": value}, {"token": "B", "logprob": -1.0}]
    choice = {"message": {"content": "A"}, "logprobs": {"content": [{"top_logprobs": top}]}}
    server.behaviours = [Behaviour(body=json.dumps({"choices": [choice]}))]
    absurd, fine = engine.choose(choices(2, CHAT, "label_token", ("A", "B")))
    assert absurd.status == "malformed"
    assert np.isnan(absurd.log_probabilities).all()
    assert fine.status == ""
    assert engine.usage.without_answer == {"what stands for log-probabilities are none": 1}


def test_a_folded_system_text_stands_in_the_users_message(server):
    engine = opened(server, "chat")
    engine._model = dataclasses.replace(engine._model, system="folded")
    list(engine.write(Queue([one("")])))
    assert server.bodies[-1]["messages"] == [{"role": "user", "content": "Be\n\nAsked"}]


def test_what_cannot_be_put_otherwise_is_told(server):
    engine = opened(server, "chat")
    server.always = Behaviour(status=400, body=json.dumps({"error": "temperature must be 1"}))
    with pytest.raises(UserError, match="temperature must be 1"):
        list(engine.write(Queue([one()])))
