"""Engines: which there are, what determines their answers, and the queue of requests."""

from __future__ import annotations

import inspect
import re

import pytest

from conftest import ROOT
from made_up_plan import SPACE
from valuescape import engine
from valuescape.core.errors import UserError
from valuescape.core.source_files import ENGINES
from valuescape.engine import Queue, Sampling, Writing, describe, open_engine
from valuescape.engine.synthetic import SyntheticEngine
from valuescape.study.models import Model
from valuescape.study.templates import Prompt

PLANTED = str(ROOT / "tests/data/planted_effects.yaml")


def test_every_engine_begins_with_the_module_that_its_jobs_depend_on():
    opened = inspect.getsource(engine.open_engine)
    found = re.findall(r'engine == "(\w+)":\s+from valuescape\.(engine\.\w+) import', opened)
    assert dict(found) == ENGINES


def test_an_unknown_engine_is_told():
    with pytest.raises(UserError, match="no engine is called 'llama'"):
        open_engine(Model("small", "A small model", "llama", {}), SPACE)


def test_the_synthetic_respondent_is_opened_with_its_planted_effects():
    answer = {"form": "option_text", "layout": "interview"}
    model = Model("made_up", "Made up", "synthetic", {}, answer=answer, weights=PLANTED)
    assert isinstance(open_engine(model, SPACE), SyntheticEngine)


def test_settings_of_the_engine_determine_its_answers():
    calm, babbling = (
        Model("made_up", "Made up", "synthetic", {}, settings=settings, fingerprint="f")
        for settings in ({}, {"babble": 0.2})
    )
    assert describe(calm) == {
        "engine": "synthetic",
        "model": "made_up",
        "model title": "Made up",
        "model fingerprint": "f",
        "engine settings": "{}",
    }
    assert describe(babbling) != describe(calm)


def request(key: int) -> Writing:
    return Writing(key, 0, Prompt(text="You:"), "", 1, Sampling(1.0, 1.0, 9))


def test_what_follows_from_an_answer_comes_before_what_is_planned():
    queue = Queue(map(request, [1, 2]))
    assert queue.take().key == 1
    queue.add(request(3))
    assert [queue.take().key for _ in range(2)] == [3, 2]
    assert queue.take() is None
    queue.add(request(4))  # an answer may still lead to more
    assert queue.take().key == 4
