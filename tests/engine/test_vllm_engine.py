"""The vLLM engine, as far as it can be known without vLLM; see test_real_model.py for the rest."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import numpy as np
import pytest

from conftest import ROOT
from made_up_vllm import LOG_PROBABILITY, opened
from valuescape.core.errors import UserError
from valuescape.engine import Choice, Queue, Sampling, Writing, describe, open_engine
from valuescape.engine.vllm_engine import CPU_ENVIRONMENT, ENVIRONMENT, versions
from valuescape.study.models import Model
from valuescape.study.space import read_space
from valuescape.study.templates import Prompt

SPACE = read_space(ROOT / "config/persona_space.yaml")


def test_without_vllm_it_says_what_to_do(monkeypatch):
    # None stands for a module that cannot be imported
    monkeypatch.setitem(sys.modules, "vllm", None)
    for name, value in (ENVIRONMENT | CPU_ENVIRONMENT).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="'small': this Python has no working vLLM") as caught:
        open_engine(Model("small", "A small model", "vllm", {}), SPACE)
    assert "envs/install.sh" in caught.value.hint


def test_a_setting_that_vllm_does_not_know_is_told(monkeypatch):
    def no_such_setting(**settings: object) -> None:
        msg = f"LLM() got an unexpected keyword argument {[*settings][-1]!r}"
        raise TypeError(msg)

    parts = {
        "vllm": {"LLM": no_such_setting, "SamplingParams": None},
        "vllm.platforms": {"current_platform": None},
        "vllm.sampling_params": {"RequestOutputKind": None, "StructuredOutputsParams": None},
        "valuescape.engine.forced_tokens": {"ForcedTokens": None},
    }
    for name, content in parts.items():
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**content))
    for name, value in (ENVIRONMENT | CPU_ENVIRONMENT).items():
        monkeypatch.setenv(name, value)
    model = Model("small", "A small model", "vllm", {}, settings={"max_modl_len": 10})
    with pytest.raises(UserError, match="unexpected keyword argument 'max_modl_len'") as caught:
        open_engine(model, SPACE)
    assert "`settings` in config/models/small.yaml" in caught.value.hint


def test_the_date_and_template_arguments_determine_an_answer():
    told = [
        describe(Model("small", "S", "vllm", {}, fingerprint="f", **keys))["chat"]
        for keys in ({}, {"date": "2030-01-01"}, {"chat_template_arguments": {"effort": "low"}})
    ]
    assert len({*told}) == 3


def test_versions_of_what_is_not_installed_are_left_out(monkeypatch):
    def version(name: str) -> str:
        if name == "torch":
            return "2.0"
        raise PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.version", version)
    assert versions() == {"torch": "2.0"}


BASE = Model("base", "B", "vllm", {}, answer={"form": "option_text", "layout": "interview"})
CHATTING = Model("chat", "C", "vllm", {}, answer={"form": "option_text", "layout": "chat"})
SHORT, LONG = Prompt(text="One two three:"), Prompt(text="One two three four five six:")
OPTIONS = (" Yes", " No, not at all")  # of 2 and of 6 tokens, with the end of the line


def test_a_prompt_without_room_for_its_longest_option_is_a_row_and_no_more(caplog):
    """vLLM would clip the longest option, and make it the likeliest."""
    engine = opened(BASE, None, longest=10)
    asked = [Choice(n, n, "Q1", prompt, OPTIONS) for n, prompt in enumerate([SHORT, LONG, SHORT])]
    with caplog.at_level(logging.WARNING):
        found = {answer.key: answer for answer in engine.choose(asked)}
    for fits in (found[0], found[2]):
        assert fits.log_probabilities == pytest.approx(LOG_PROBABILITY * np.array([2, 6]))
        assert (fits.n_tokens, fits.begun) == ((2, 6), pytest.approx(0.4))
    assert found[1].status == "malformed"
    assert np.isnan(found[1].log_probabilities).all()
    assert "persona 1, question Q1: malformed: a prompt with its longest option" in caplog.text
    assert list(engine.usage.without_answer.values()) == [1]


def test_what_cannot_be_rendered_or_has_no_room_is_not_written_and_the_rest_is(caplog):
    engine = opened(CHATTING, "gemma-3", longest=30)
    twice = Prompt(messages=(("user", "Well?"), ("user", "Well!")))
    long = Prompt(messages=(("user", "Well, " * 20),))
    fine = Prompt(messages=(("user", "Well?"),))
    sampling = Sampling(1.0, 1.0, 5)
    prompts = enumerate([twice, long, fine])
    queue = Queue(Writing(n, n, prompt, "", 1, sampling) for n, prompt in prompts)
    found = {written.key: written for written in engine.write(queue)}
    assert [found[n].status for n in range(3)] == ["malformed", "malformed", ""]
    assert found[2].text == "Yes"
    assert "roles must alternate" in caplog.text


def test_of_many_rows_without_an_answer_the_first_are_told(caplog):
    engine = opened(BASE, None, longest=5)
    asked = [Choice(n, n, "Q1", LONG, OPTIONS) for n in range(50)]
    with caplog.at_level(logging.WARNING):
        assert len(list(engine.choose(asked))) == 50
    assert caplog.text.count("question Q1") == 5
    assert "further ones are counted, not told" in caplog.text
    assert list(engine.usage.without_answer.values()) == [50]
