"""Checking a model: what it is asked, in tokens, and what it says."""

from __future__ import annotations

import json

import pytest
import yaml

from conftest import ROOT
from made_up_vllm import opened
from misbehaving_server import opened as opened_server
from misbehaving_server import served_model
from valuescape.core.errors import UserError
from valuescape.engine import check_model
from valuescape.study.models import Model


def test_it_shows_the_prompt_its_tokens_what_is_forced_and_what_comes_of_it():
    answer = {"form": "option_text", "layout": "chat"}
    model = Model("small", "Small", "vllm", {}, answer=answer)
    lines = list(check_model.report(opened(model, "gemma-2", longest=99), model))
    shown = "\n".join(lines)
    assert lines[0] == "Small: engine vllm, option_text, chat"
    assert "<bos><start_of_turn>user\nYou answer an interviewer." in shown
    assert "'Yes': " in shown
    assert ":'<end_of_turn>'" in shown  # what ends an answer is forced too
    assert "log-probabilities of 'Do you sleep at night, yes or no?': 'Yes' -3.22" in shown
    assert "option mass, median: 0.08" in shown
    assert "begin as an option does, median: 0.4" in shown


def test_a_server_that_tells_no_tokens_shows_its_messages(server):
    lines = list(check_model.report(opened_server(server, "chat"), served_model(server, "chat")))
    assert "[system] You answer an interviewer." in lines
    assert lines[-1] == "option mass, median: 0.8"


def test_a_model_that_is_not_prepared_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config/models").mkdir(parents=True)
    known = (ROOT / "config/models/synthetic.yaml").read_text(encoding="utf-8")
    (tmp_path / "config/models/synthetic.yaml").write_text(known, encoding="utf-8")
    with pytest.raises(UserError, match="is not prepared") as caught:
        check_model.main(["synthetic"])
    assert "snakemake --cores 1 results/models/synthetic/model.json" in caught.value.hint
    prepared = tmp_path / "results/models/synthetic/model.json"
    prepared.parent.mkdir(parents=True)
    kept = ("name", "title", "engine", "source", "answer")
    content = {key: yaml.safe_load(known)[key] for key in kept}
    prepared.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match="is no language model"):
        check_model.main(["synthetic"])
