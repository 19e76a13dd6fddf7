"""Servers: texts and probabilities of options, of the two kinds that there are."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from misbehaving_server import CHAT, OPTIONS, PROMPT, Behaviour, choices, expected, opened
from valuescape.core.errors import UserError
from valuescape.engine import Queue, Sampling, Usage, Writing
from valuescape.engine.served import count

SAMPLING = Sampling(temperature=1.0, top_p=1.0, max_tokens=20)


def test_the_probability_of_a_whole_option_is_that_of_its_tokens(server):
    (answer,) = opened(server).choose(choices(1))
    assert answer.log_probabilities == pytest.approx(expected())
    assert answer.n_tokens == (5, 11, 4)
    # " Yes\n", " Yes, very\n" and " No\n" share their beginnings: 13 branches, in one request
    assert [len(body["prompt"]) for body in server.bodies] == [13]


def test_options_of_more_tokens_than_a_request_may_name_are_asked_for_in_several(
    server, monkeypatch
):
    monkeypatch.setattr("valuescape.engine.served.MOST_TOKENS", 3)
    (answer,) = opened(server).choose(choices(1))
    assert answer.log_probabilities == pytest.approx(expected())
    assert len(server.bodies) > 1
    assert all(len(body["logprob_token_ids"]) <= 3 for body in server.bodies)


def test_options_that_begin_one_another_are_refused(server):
    with pytest.raises(UserError, match="cannot tell apart"):
        list(opened(server).choose(choices(1, form="label_token", options=(" A", " AB"))))


def test_a_chat_gives_the_labels_that_it_names(server):
    asked = choices(1, CHAT, "label_token", ("A", "B", "C"))
    (answer,) = opened(server, "chat").choose(asked)
    assert np.exp(answer.log_probabilities) == pytest.approx([0.6, 0.2, 0])
    assert answer.log_probabilities[2] == -math.inf


def test_texts_are_constrained_or_told_their_form(server):
    writing = [Writing("one", 1, CHAT, "(Yes|No)", 7, SAMPLING)]
    (written,) = opened(server).write(Queue(writing))
    assert (written.text, written.finished, written.n_tokens) == ("Yes", True, 1)
    assert server.bodies[-1]["structured_outputs"] == {"regex": "(Yes|No)"}
    (written,) = opened(server, "chat").write(Queue(writing))
    assert written.text == "s|No)"
    assert server.bodies[-1]["seed"] == 7


@pytest.mark.parametrize("api", ["vllm", "chat"])
def test_without_log_probabilities_it_says_which_mode_needs_none(server, api):
    server.gives_log_probabilities = False
    prompt, form = (PROMPT, "option_text") if api == "vllm" else (CHAT, "label_token")
    with pytest.raises(UserError, match="gives no log-probabilities") as caught:
        list(opened(server, api).choose(choices(1, prompt, form, ("A", "B"))))
    assert "mode: sampled" in caught.value.hint


def test_a_chat_cannot_score_whole_texts(server):
    with pytest.raises(UserError, match="no probability of a whole text"):
        list(opened(server, "chat").choose(choices(1, CHAT)))


def test_what_a_request_took_is_added_as_far_as_the_server_tells():
    usage = Usage()
    told = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": None}
    count(usage, {"usage": told})
    count(usage, {"usage": told | {"prompt_tokens_details": {"cached_tokens": 4}}})
    count(usage, {})
    assert (usage.n_requests, usage.prompt_tokens, usage.output_tokens) == (3, 18, 4)
    assert usage.cached_prompt_tokens == 4


def test_a_whole_option_in_a_chat_ends_as_the_servers_template_ends_a_turn(server):
    (answer,) = opened(server).choose(choices(1, CHAT))
    assert answer.n_tokens == tuple(len(option) + 1 for option in OPTIONS)
    asked = {token for body in server.bodies for token in body["logprob_token_ids"]}
    assert ord("~") in asked


def test_a_server_whose_chats_say_todays_date_is_refused(server):
    server.greeting = dt.datetime.now(tz=dt.UTC).strftime("Today is %d %b %Y. ")
    with pytest.raises(UserError, match="says today's date") as caught:
        list(opened(server).choose(choices(1, CHAT)))
    assert "date_string" in caught.value.hint


def test_a_prompt_that_is_too_long_makes_a_row_and_no_more(server):
    engine = opened(server, concurrency=1)
    server.behaviours = [Behaviour(status=400, body="This model's maximum context length is 9")]
    long, fine = engine.choose(choices(2))
    assert (long.status, fine.status) == ("malformed", "")
    assert list(engine.usage.without_answer.values()) == [1]
