"""Preparing a model: where its weights are found, what is fetched, what is said to lack."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from conftest import ROOT
from made_up_model import MODEL_FILE, write_weights
from made_up_tokenizers import MadeUpTokenizer
from valuescape.core.errors import UserError
from valuescape.engine import describe, prepare, readiness
from valuescape.engine.rendering import Rendering
from valuescape.study.models import Model, read_prepared_model


def rendering_of(model: Model, kind: str = "qwen-3") -> Rendering:
    return Rendering(model, MadeUpTokenizer(kind))


def test_weights_are_found_where_they_lie(tmp_path, monkeypatch):
    def found(**source: str) -> Model:
        return prepare.prepared(Model("small", "A small model", "vllm", source), tmp_path / "own")

    folder = tmp_path / "weights"
    folder.mkdir()
    with pytest.raises(UserError, match=r"config\.json is not there"):
        found(folder=str(folder))
    write_weights(folder)
    model = found(folder=str(folder))
    expected = sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:16]
    assert (model.weights, model.fingerprint) == (str(folder), expected)
    assert model.caches == str(tmp_path / "own/compile_cache")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert found(folder="~/weights").weights == str(folder)

    cache = tmp_path / "hub/models--maker--small"
    (cache / "refs").mkdir(parents=True)
    (cache / "snapshots/c0ffee").mkdir(parents=True)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"maker/small \(revision main\) is not in the hub cache"):
        found(hub="maker/small")
    (cache / "refs/main").write_text("c0ffee\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"config\.json is not there"):
        found(hub="maker/small")
    write_weights(cache / "snapshots/c0ffee")
    model = found(hub="maker/small")
    assert (model.weights, model.fingerprint) == (str(cache / "snapshots/c0ffee"), "c0ffee")
    (cache / "refs/v1").write_text("c0ffee", encoding="utf-8")
    assert found(hub="maker/small", revision="v1").fingerprint == "c0ffee"  # a tag or a branch
    with pytest.raises(UserError, match=r"revision decaf"):
        found(hub="maker/small", revision="decaf")

    with pytest.raises(UserError, match=r"'no_such_package' with 'small.gguf' is not installed"):
        found(package="no_such_package", file="small.gguf")
    with pytest.raises(UserError, match="names no package, folder or hub"):
        found(revision="c0ffee")


def test_the_command_tells_all_that_lacks_and_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.32.0")
    file = tmp_path / "small.yaml"
    file.write_text(MODEL_FILE.replace("folder: weights", f"folder: {tmp_path}"), encoding="utf-8")
    given = {"file": file, "model": tmp_path / "own/model.json", "step": "check"}
    with pytest.raises(UserError, match=r"not ready for a node without network") as caught:
        prepare.main(**given)
    for what in ("config.json is not there: fetch", "tokenizer", "transformers is", "tried.json"):
        assert what in caught.value.message
    monkeypatch.setattr(readiness, "read_rendering", rendering_of)
    write_weights(tmp_path)
    (tmp_path / "own/compile_cache").mkdir(parents=True)
    (tmp_path / "own/compile_cache/kernel.so").touch()
    prepare.main(**given, ready=tmp_path / "ready.txt")
    assert "there: " in (tmp_path / "ready.txt").read_text(encoding="utf-8")
    assert not (tmp_path / "own/model.json").exists()


def test_a_template_that_says_nothing_is_told_before_anything_runs(tmp_path, monkeypatch):
    write_weights(tmp_path)
    file = tmp_path / "small.yaml"
    text = MODEL_FILE.replace("folder: weights", f"folder: {tmp_path}")
    file.write_text(text.replace("interview", "chat"), encoding="utf-8")
    given = {"file": file, "model": tmp_path / "own/model.json", "step": "fetch"}
    monkeypatch.setattr(readiness, "read_rendering", lambda model: rendering_of(model, "silent"))
    with pytest.raises(UserError, match="does not show what is said"):
        prepare.main(**given)
    monkeypatch.setattr(readiness, "read_rendering", rendering_of)
    prepare.main(**given)
    assert read_prepared_model(given["model"]).words


def test_a_template_edited_after_it_was_prepared_is_told(tmp_path):
    write_weights(tmp_path)
    model = prepare.prepared(Model("small", "S", "vllm", {"folder": str(tmp_path)}), tmp_path)
    assert describe(model)["tokenizer and template"] == model.words
    (tmp_path / "chat_template.jinja").write_text("{{ other }}", encoding="utf-8")
    with pytest.raises(UserError, match="are not what they were when it was prepared"):
        describe(model)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, "{home}/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"HF_HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/hub"),
        ({"HF_HOME": ""}, "hub"),
        ({"HUGGINGFACE_HUB_CACHE": "/old", "HF_HOME": "/h"}, "/old"),
        ({"HF_HUB_CACHE": "~/new", "HUGGINGFACE_HUB_CACHE": "/old"}, "{home}/new"),
    ],
)
def test_the_hub_cache_is_found_by_the_rules_of_its_library(variables, folder):
    assert str(prepare.hub_cache(variables)) == folder.format(home=Path.home())


def test_only_what_lacks_is_fetched(tmp_path, monkeypatch):
    cache = tmp_path / "hub/models--maker--small"
    snapshot = cache / "snapshots/c0ffee"
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    fetched = []

    def snapshot_download(name, revision, ignore_patterns):
        fetched.append((name, revision))
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


def test_what_was_prepared_is_written_down(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)  # the model file names the planted effects from here
    output = tmp_path / "new/model.json"
    prepare.main(file=Path("config/models/synthetic.yaml"), model=output, step="fetch")
    model = read_prepared_model(output)
    assert model.weights == "tests/data/planted_effects.yaml"
    assert model.fingerprint == sha256(Path(model.weights).read_bytes()).hexdigest()[:16]
    assert json.loads(output.read_text(encoding="utf-8"))["caches"] == str(
        output.parent / "compile_cache"
    )
