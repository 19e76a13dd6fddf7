"""Models: the shipped model files, what is said of a broken one, and where weights are found."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from valuescape.core.errors import UserError
from valuescape.engine import open_engine, prepare
from valuescape.study.models import Model, read_model, read_prepared_model

MODELS = Path(__file__).parents[2] / "config/models"
SMALL = """\
name: small
title: A small model
engine: vllm
environment: inference-cpu
licence: none
source: {folder: weights}
answer: {form: option_text, layout: interview}
writing: {temperature: 1.0, top_p: 1.0, max_tokens: 100}
"""


@pytest.mark.parametrize("file", sorted(MODELS.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_shipped_model_file_is_sound(file):
    model = read_model(file)
    assert model.name == file.stem
    assert (model.weights, model.fingerprint) == ("", "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: small", "name: tiny", r"line 1: .*called 'tiny' and its file 'small'"),
        ("engine: vllm", "engine: llama", "line 3: 'engine' is 'llama', not one of vllm, endpoint"),
        ("title:", "titles:", "line 2: unknown key 'titles'"),
        ("licence: none\n", "", "the key 'licence' is missing"),
        ("option_text", "letters", "line 7: 'form' is 'letters', not one of option_text, label"),
        ("top_p: 1.0, ", "", "line 8: the key 'top_p' is missing"),
        ("source: {folder: weights}", "source: {package: weights}", "line 6: .*'file'"),
        ("answer: {form: option_text, layout: interview}\n", "", "the key 'answer' is missing"),
        (
            "writing: {temperature: 1.0, top_p: 1.0, max_tokens: 100}\n",
            "",
            "the key 'writing' is missing",
        ),
    ],
)
def test_a_broken_model_file_is_told_by_file_line_and_reason(tmp_path, old, new, message):
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert read_model(file).title == "A small model"
    assert old in SMALL
    file.write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=rf"small\.yaml, {message}|small\.yaml.*{message}"):
        read_model(file)


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "small"}', '{"title": "small"}'])
def test_a_broken_prepared_model_is_told(tmp_path, text):
    file = tmp_path / "model.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"model\.json: cannot be read as a prepared model"):
        read_prepared_model(file)


def test_an_unknown_engine_is_told():
    with pytest.raises(UserError, match="no engine is called 'llama'"):
        open_engine(Model("small", "A small model", "llama", {}), "space.yaml")


def write_weights(folder: Path) -> None:
    """Write the smallest whole model: no layers, no words."""
    header = b'{"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}'
    weights = len(header).to_bytes(8, "little") + header + b"ab"
    (folder / "model.safetensors").write_bytes(weights)
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")


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
    with pytest.raises(UserError, match=r"revision decaf"):
        found(hub="maker/small", revision="decaf")

    with pytest.raises(UserError, match=r"'no_such_package' with 'small.gguf' is not installed"):
        found(package="no_such_package", file="small.gguf")
    with pytest.raises(UserError, match="names no package, folder or hub"):
        found(revision="c0ffee")
