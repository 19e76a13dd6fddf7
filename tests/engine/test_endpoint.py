"""The engine that asks a server: what it gets from one, and from one that misbehaves."""

from __future__ import annotations

import dataclasses
import itertools
import json
import logging
import threading
import time

import numpy as np
import polars as pl
import pytest
import yaml

from misbehaving_server import (
    CHAT,
    KEY,
    MODEL,
    SPACE,
    VERSION,
    Behaviour,
    MisbehavingServer,
    choices,
    opened,
    served_model,
)
from small_study import SmallStudy
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.engine import Queue, Sampling, Writing, describe, open_engine
from valuescape.engine.endpoint import told_of_itself
from valuescape.study.conditions import Condition
from valuescape.study.models import Model

SAMPLING = Sampling(temperature=1.0, top_p=1.0, max_tokens=20)


def test_labels_are_checked_by_the_tokens_that_the_server_tells(server):
    served = served_model(server)
    chat = Model(**{**vars(served), "answer": {"form": "label_token", "layout": "chat"}})
    chat = Model(**{**vars(chat), "fingerprint": told_of_itself(chat)})
    engine = open_engine(chat, SPACE)
    assert engine.labels(11) == tuple("ABCDEFGHIJK")
    assert "does not tell" not in engine.usage.labels["11"]
    # its tokens are characters, so that a label behind a space is two
    with pytest.raises(UserError, match="keeps no labels"):
        opened(server).labels(2)
    engine = opened(server, "chat")
    assert engine.labels(2) == ("A", "B")
    assert "the server does not tell its own" in engine.usage.labels["2"]


def test_what_is_written_may_lead_to_further_requests(server):
    queue = Queue([Writing(1, 1, CHAT, "", 1, SAMPLING)])
    texts = []
    for written in opened(server).write(queue):
        texts.append(written.text)
        if len(texts) < 3:
            queue.add(Writing(written.key + 1, 1, CHAT, "", written.key + 1, SAMPLING))
    assert texts == ["seed 1", "seed 2", "seed 3"]


def test_requests_are_taken_as_there_is_room(server):
    server.seconds = 0.1
    taken = itertools.count()
    answered = 0

    def lazily():
        for choice in choices(40):
            next(taken)
            yield choice

    for _ in opened(server).choose(lazily()):
        answered += 1
        # four are under way, and as many may have come together
        assert int(repr(taken)[6:-1]) <= answered + 8
    assert answered == 40
    assert 2 <= server.most_at_once <= 4


def test_what_came_before_a_failure_is_not_lost(server):
    server.behaviours = [Behaviour(), Behaviour(status=400, seconds=0.3)]
    server.always = Behaviour()
    answers = opened(server, concurrency=2).choose(choices(9))
    keys = [next(answers).key]
    with pytest.raises(UserError, match="says 400"):
        keys.extend(answer.key for answer in answers)
    assert len(keys) == len(set(keys)) >= 1


def test_stopping_early_leaves_nothing_under_way(server):
    server.seconds = 0.05
    answers = opened(server).choose(choices(40))
    next(answers)
    started = time.monotonic()
    answers.close()
    assert time.monotonic() - started < 1
    assert len(server.times) < 12


def test_what_the_server_says_of_itself_is_part_of_the_fingerprint(server):
    told = json.loads(told_of_itself(served_model(server)))
    # and what makes tokens of a text: another template or tokenizer gives another checksum
    assert len(told.pop("rendering")) == 16
    assert told == {"id": MODEL, "owned_by": "tests", "version": VERSION}
    opened_before = Model(**{**vars(served_model(server)), "fingerprint": json.dumps(told)})
    server.says |= {"max_model_len": 99}
    with pytest.raises(UserError, match=r'says .*"max_model_len": "99".*; when prepared'):
        open_engine(opened_before, SPACE)


def test_how_patiently_a_server_is_asked_is_not_part_of_it(server):
    patient, hasty = served_model(server, attempts=9, concurrency=99), served_model(server)
    assert describe(patient) == describe(hasty)
    assert describe(served_model(server, "chat")) != describe(hasty)


def test_a_model_that_is_not_served_is_told(server):
    server.says["id"] = "another"
    with pytest.raises(UserError, match=r"has no 'formula', but \['another'\]"):
        opened(server)


def served_study(server, folder, design):
    """Return a study whose model answers by letters in a chat; biographies are there."""
    asked = served_model(server)
    keys = {key: value for key, value in vars(asked).items() if value and key != "answer"}
    answer = {"form": "label_token", "layout": "chat"}
    writing = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 9}
    known = {"environment": "controller", "licence": "none", "answer": answer, "writing": writing}
    file = folder / "served.yaml"
    file.write_text(yaml.safe_dump(keys | known), encoding="utf-8")
    study = SmallStudy(folder)
    study.begin(file, design)
    study.write()
    return study


def test_the_five_cells_of_a_language_are_asked_of_a_server_in_its_letters(server, tmp_path):
    study = served_study(server, tmp_path, "random1")
    told, asked = "Genel olarak", "cetvelde nereye"
    english, english_asked = "together, you are", "How important is God in your life?"
    cells = {
        ("en", "en", True): (english, english_asked),
        ("tr", "en", False): ("", asked),
        ("tr", "en", True): (english, asked),
        ("en", "tr", True): (told, english_asked),
        ("tr", "tr", True): (told, asked),
    }
    for number, ((language, context_language, tells), said) in enumerate(cells.items()):
        condition = Condition(
            f"cell{number}",
            ("configuration",) if tells else (),
            language=language,
            context_language=context_language,
        )
        server.bodies.clear()
        file = tmp_path / f"{condition.name}.parquet"
        study.ask(condition, ["iw"], [file], tmp_path / condition.name, least_mass=0.0)
        assert (pl.read_parquet(file)["F063_status"] == "valid").all()
        # after a smoke test; the first of the prompts of a request, a character a token
        prompts = ["".join(map(chr, body["prompt"][0])) for body in server.bodies[1:]]
        of_god = [text for text in prompts if said[1] in text]
        assert len(of_god) == 1
        assert all(said[0] in text for text in of_god)
        others = {asked, english_asked, told, english} - set(said)
        assert not [text for text in prompts if any(each in text for each in others)]


def test_a_job_whose_server_fails_loses_nothing_and_asks_only_the_rest(server, tmp_path):
    study = served_study(server, tmp_path, "handful")
    condition = Condition("base", ("configuration",))
    # this server says the same whatever it is asked: its mass is no matter here
    job = (condition, ["iw"], [tmp_path / "iw.parquet"], tmp_path / "p")
    # the smoke test, and three of eight personas with 17 questions each; then it is over
    server.behaviours = [Behaviour()] * 56
    server.always = Behaviour(status=400, body=KEY)
    with pytest.raises(UserError, match="says 400"):
        study.ask(*job, least_mass=0.0)
    parts = pl.concat([pl.read_parquet(part) for part in (tmp_path / "p").rglob("*.parquet")])
    assert parts.height >= 2
    server.always = None
    server.bodies.clear()
    study.ask(*job, least_mass=0.0)
    assert len(server.bodies) == 1 + 17 * (8 - parts.height)
    made = pl.read_parquet(tmp_path / "iw.parquet")
    assert made.height == 8
    assert (made["F063_status"] == "valid").all()
    assert tables.provenance(tmp_path / "iw.parquet")["endpoint"] == server.address
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()


def test_several_servers_share_the_requests_and_a_lost_one_is_set_aside(server, caplog):
    with MisbehavingServer() as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        server.seconds = other.seconds = 0.02
        several = served_model(server, attempts=1)
        source = several.source | {"base_url": [server.address, other.address]}
        several = dataclasses.replace(several, source=source)
        several = dataclasses.replace(several, fingerprint=told_of_itself(several))
        engine = open_engine(several, SPACE)
        other.bodies.clear()
        answers = list(engine.choose(choices(20)))
        assert len(answers) == 20
        assert len(other.bodies) >= 5
        other.always = Behaviour(drops=True)
        with caplog.at_level(logging.WARNING):
            answers = list(engine.choose(choices(20)))
        assert sorted(answer.key for answer in answers) == list(range(20))
        assert all(np.isfinite(answer.log_probabilities).all() for answer in answers)
        assert caplog.text.count("it is set aside, 1 are left") == 1
        n_asked = len(other.bodies)
        list(engine.choose(choices(3)))  # it stays aside
        assert len(other.bodies) == n_asked
        # the addresses of a list are no part of what determines an answer, but for the first
        assert describe(several) == describe(
            dataclasses.replace(served_model(server), fingerprint=several.fingerprint)
        )
        other.shutdown()
    server.always = Behaviour(drops=True)
    with pytest.raises(UserError, match="there was no connection, or it was lost"):
        list(engine.choose(choices(3)))


def test_servers_of_one_model_must_serve_the_same(server):
    with MisbehavingServer() as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        other.says |= {"max_model_len": 9}
        model = served_model(server)
        source = model.source | {"base_url": [server.address, other.address]}
        with pytest.raises(UserError, match=r"says .* but .* says"):
            told_of_itself(dataclasses.replace(model, source=source))
        other.shutdown()
