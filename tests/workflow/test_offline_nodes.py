"""Nodes without network: what they need, what is told of what lacks, caches of compiled code."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_models import SMALL, write_weights

from valuescape.core.errors import UserError
from valuescape.engine import compile_caches, prepare, readiness
from valuescape.study.models import Model, read_model


def lacking(model: Model) -> list[str]:
    return [finding.what for finding in readiness.findings(model) if finding.lacks]


@pytest.fixture
def whole(tmp_path, monkeypatch):
    """Return a model of which everything is there."""
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.32.0")
    folder = tmp_path / "weights"
    folder.mkdir()
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


def test_the_command_tells_all_that_lacks_and_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.32.0")
    file = tmp_path / "small.yaml"
    file.write_text(SMALL.replace("folder: weights", f"folder: {tmp_path}"), encoding="utf-8")
    command = ["--check", "--model", str(file), "--output", str(tmp_path / "own/model.json")]
    with pytest.raises(UserError, match=r"not ready for a node without network") as caught:
        prepare.main(command)
    for what in ("config.json is not there: fetch", "tokenizer", "chat template", "tried.json"):
        assert what in caught.value.message
    write_weights(tmp_path)
    (tmp_path / "own/compile_cache").mkdir(parents=True)
    (tmp_path / "own/compile_cache/kernel.so").touch()
    prepare.main(command)
    assert not (tmp_path / "own/model.json").exists()


def test_only_what_lacks_is_fetched(tmp_path, monkeypatch):
    cache = tmp_path / "hub/models--maker--small"
    snapshot = cache / "snapshots/c0ffee"
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    fetched = []

    def snapshot_download(name, revision, ignore_patterns):
        fetched.append((name, revision))
        snapshot.mkdir(parents=True)
        write_weights(snapshot)
        (cache / "refs").mkdir()
        (cache / "refs/main").write_text("c0ffee", encoding="utf-8")
        return str(snapshot)

    hub = SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    model = Model("small", "Small", "vllm", {"hub": "maker/small"})
    with pytest.raises(UserError, match="is not in the hub cache"):
        prepare.prepared(model, tmp_path)
    for _ in range(2):
        assert prepare.prepared(model, tmp_path, fetch=True).weights == str(snapshot)
    assert fetched == [("maker/small", None)]


def test_what_cannot_be_fetched_is_told(tmp_path, monkeypatch):
    def snapshot_download(*args, **kwargs):
        msg = "no network"
        raise OSError(msg)

    hub = SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"cannot be fetched \(no network\)"):
        prepare.prepared(Model("s", "S", "vllm", {"hub": "m/s"}), tmp_path, fetch=True)


@pytest.fixture
def no_caches(monkeypatch):
    for variable in compile_caches.FOLDERS:
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


def test_jobs_that_start_at_once_share_no_cache(tmp_path, monkeypatch, no_caches):
    prepared = tmp_path / "prepared"
    (prepared / "triton").mkdir(parents=True)
    (prepared / "triton/kernel").write_text("compiled", encoding="utf-8")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folders = set()
    for _ in range(2):
        compile_caches.use_own(prepared)
        folder = os.environ["TRITON_CACHE_DIR"]
        folders.add(folder)
        kernel = Path(folder, "kernel")
        assert kernel.read_text(encoding="utf-8") == "compiled"
        kernel.write_text("compiled anew", encoding="utf-8")
        for variable in compile_caches.FOLDERS:
            monkeypatch.delenv(variable)
    assert len(folders) == 2
    assert (prepared / "triton/kernel").read_text(encoding="utf-8") == "compiled"


def test_a_users_own_cache_is_left_to_the_user(tmp_path, monkeypatch, no_caches):
    monkeypatch.setenv("TRITON_CACHE_DIR", "/mine")
    compile_caches.use(tmp_path)
    assert os.environ["TRITON_CACHE_DIR"] == "/mine"
    assert os.environ["VLLM_CACHE_ROOT"] == f"{tmp_path}/vllm"


def test_a_key_in_a_model_file_is_refused_without_being_repeated(tmp_path):
    key = "sk-secret-4711"
    file = tmp_path / "small.yaml"
    for line in (f"key_from: {key}", f"base_url: http://user:{key}@host/v1"):
        source = "source:\n  base_url: http://host/v1\n  model: small\n"
        name = line.split(":")[0]
        source = "\n".join(x for x in source.splitlines() if name not in x) + f"\n  {line}\n"
        text = SMALL.replace("source: {folder: weights}\n", source).replace(
            "engine: vllm", "engine: endpoint"
        )
        text += "endpoint: {api: chat, concurrency: 1, attempts: 1, timeout_seconds: 1}\n"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(UserError) as caught:
            read_model(file)
        assert key not in str(caught.value)
        assert name in str(caught.value)
