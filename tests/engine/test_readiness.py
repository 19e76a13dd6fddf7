"""Readiness: what a node without network needs, and what is told of what lacks."""

from __future__ import annotations

import dataclasses

import pytest

from made_up_model import write_weights
from made_up_tokenizers import MadeUpTokenizer
from valuescape.engine import readiness
from valuescape.engine.rendering import Rendering
from valuescape.study.models import Model


def rendering_of(model: Model, kind: str = "qwen-3") -> Rendering:
    return Rendering(model, MadeUpTokenizer(kind))


def lacking(model: Model) -> list[str]:
    return [finding.what for finding in readiness.findings(model) if finding.lacks]


@pytest.fixture
def whole(tmp_path, monkeypatch):
    """Return a model of which everything is there."""
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.32.0")
    monkeypatch.setattr(readiness, "read_rendering", rendering_of)
    folder = tmp_path / "weights"
    write_weights(folder)
    caches = tmp_path / "compile_cache"
    (caches / "vllm").mkdir(parents=True)
    (caches / "vllm/kernel.so").touch()
    answer = {"form": "label_token", "layout": "chat"}
    where = {"weights": str(folder), "caches": str(caches)}
    return Model("small", "Small", "vllm", {}, answer=answer, **where)


def test_nothing_lacks_of_a_whole_model(whole):
    assert lacking(whole) == []


def test_what_lacks_is_named(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(readiness, "read_rendering", lambda model: rendering_of(model, "none"))
    (tmp_path / "weights/config.json").unlink()
    (tmp_path / "compile_cache/vllm/kernel.so").unlink()
    folder = tmp_path / "weights"
    assert lacking(whole) == [
        f"{folder}/config.json",
        "tokenizer and chat template",
        f"compiled kernels in {tmp_path}/compile_cache",
    ]
    eager = dataclasses.replace(whole, settings={"enforce_eager": True})
    assert len(lacking(eager)) == 2


def test_how_prompts_are_rendered_is_told(whole):
    told = readiness.words_finding(whole).what
    assert told == (
        "chat template: system a message of its own, contents as texts, a turn ends with "
        "'<|im_end|>', think block closed, date 2025-06-28 where it asks for one"
    )
    base = dataclasses.replace(whole, answer={"form": "option_text", "layout": "interview"})
    assert readiness.words_finding(base).what == "running text, begun with ''"


@pytest.mark.parametrize(
    ("files", "lacks", "how"),
    [
        (["adapter_config.json", "adapter_model.safetensors"], "config.json", "merge it into its"),
        (["config.json", "tekken.json"], "tokenizer.json, tokenizer.model", "tekken.json alone"),
        (["config.json", "pytorch_model.bin"], "model.safetensors", "are not loaded: write them"),
        (["config.json", "m-00002-of-00002.safetensors"], "m-00001-of-00002", "fetch the model"),
    ],
)
def test_folders_that_are_no_whole_model_get_a_hint_that_helps(tmp_path, files, lacks, how):
    for name in files:
        (tmp_path / name).write_text("{}", encoding="utf-8")
    hints = {f.what: f.how for f in readiness.weights_findings(tmp_path) if f.lacks}
    assert [hint for what, hint in hints.items() if lacks in what and how in hint]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "is not there"),
        (b"", "is no file of safetensors"),
        (b"version https://git-lfs.github.com/spec/v1", "is no file of safetensors"),
        (b"\x02\x00\x00\x00\x00\x00\x00\x00[[", "has no readable header"),
    ],
)
def test_weights_that_are_none_are_told(tmp_path, content, fault):
    write_weights(tmp_path)
    file = tmp_path / "model.safetensors"
    assert readiness.fault_of_weights(file) == ""
    file.unlink() if content is None else file.write_bytes(content)
    assert fault in readiness.fault_of_weights(file)


def test_weights_that_were_cut_are_told(tmp_path):
    write_weights(tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    assert "it was cut" in readiness.fault_of_weights(file)


def test_every_file_of_an_index_must_be_there(tmp_path):
    write_weights(tmp_path)
    index = '{"weight_map": {"a": "model-1.safetensors", "b": "model.safetensors"}}'
    (tmp_path / "model.safetensors.index.json").write_text(index, encoding="utf-8")
    assert readiness.weight_files(tmp_path) == ["model-1.safetensors", "model.safetensors"]
    faults = [f.what for f in readiness.weights_findings(tmp_path) if f.lacks]
    assert faults == [f"{tmp_path}/model-1.safetensors"]
