"""Readiness: what a node without network needs, and what is told of what lacks."""

from __future__ import annotations

import dataclasses

import pytest

from made_up_model import write_weights
from valuescape.engine import readiness
from valuescape.study.models import Model


def lacking(model: Model) -> list[str]:
    return [finding.what for finding in readiness.findings(model) if finding.lacks]


@pytest.fixture
def whole(tmp_path, monkeypatch):
    """Return a model of which everything is there."""
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.32.0")
    folder = tmp_path / "weights"
    write_weights(folder)
    caches = tmp_path / "compile_cache"
    (caches / "vllm").mkdir(parents=True)
    (caches / "vllm/kernel.so").touch()
    return Model("small", "Small", "vllm", {}, weights=str(folder), caches=str(caches))


def test_nothing_lacks_of_a_whole_model(whole):
    assert lacking(whole) == []


def test_what_lacks_is_named(whole, tmp_path):
    (tmp_path / "weights/config.json").unlink()
    (tmp_path / "weights/chat_template.jinja").unlink()
    (tmp_path / "compile_cache/vllm/kernel.so").unlink()
    folder = tmp_path / "weights"
    assert lacking(whole) == [
        f"{folder}/config.json",
        f"chat template in {folder}",
        f"compiled kernels in {tmp_path}/compile_cache",
    ]
    eager = dataclasses.replace(whole, settings={"enforce_eager": True})
    assert len(lacking(eager)) == 2


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
