"""Models: the shipped model files, what is said of a broken one, and where weights are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from made_up_model import MODEL_FILE
from valuescape.core.errors import UserError
from valuescape.study.models import read_model, read_prepared_model

MODELS = Path(__file__).parents[2] / "config/models"


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
        ("licence: none", "licence: none\nsettings: {dtype: bf16}", "line 6: 'dtype' is 'bf16'"),
        (
            "licence: none",
            "licence: none\nsettings: {max_model_len: 100}",
            "line 9: max_tokens: 100",
        ),
        ("{folder: weights}", "{}", "line 6: source names nothing, and a .* has package or folder"),
        ("{folder: weights}", "{folder: weights, hub: a/b}", "line 6: source names folder and hub"),
        ("{folder: weights}", "{hub: 'https://a.b/c/d'}", "'hub' is 'https://a.b/c/d', which"),
        ("engine: vllm", "engine: endpoint", "the key 'endpoint' is missing"),
        ("engine: vllm", "engine: synthetic", "line 6: source names folder, and .* has planted"),
        ("licence: none", "licence: none\nlanguages: [English]", "is 'English', which is not of"),
        ("licence: none", "licence: none\nsettings: {max_num_seqs: 8.0}", "'max_num_seqs' is 8.0"),
    ],
)
def test_a_broken_model_file_is_told_by_file_line_and_reason(tmp_path, old, new, message):
    file = tmp_path / "small.yaml"
    file.write_text(MODEL_FILE, encoding="utf-8")
    assert read_model(file).title == "A small model"
    assert old in MODEL_FILE
    file.write_text(MODEL_FILE.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=rf"small\.yaml, {message}|small\.yaml.*{message}"):
        read_model(file)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "{babel: 0.1}",
            "line 9: the synthetic respondent has no setting 'babel', only babble and pace",
        ),
        ("{babble: much}", "line 9: 'babble' is 'much'"),
        ("{babble: 15}", "line 9: 'babble' is 15, more than the most possible, 1"),
    ],
)
def test_a_setting_that_the_synthetic_respondent_does_not_know_is_told(tmp_path, settings, message):
    text = MODEL_FILE.replace("engine: vllm", "engine: synthetic")
    text = text.replace("{folder: weights}", "{planted: effects.yaml}")
    file = tmp_path / "small.yaml"
    file.write_text(f"{text}settings: {settings}\n", encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_model(file)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("form: label_token", "form: option_text", "gives no probability of a whole text"),
        ("layout: chat", "layout: interview", "sends messages, neither running text"),
        ("/v1\n", "/v1/chat/completions\n", "is the address of completions"),
        ("/v1\n", "/v1/\n", "must be like http"),
    ],
)
def test_what_a_chat_server_cannot_give_is_told_before_it_is_paid_for(tmp_path, old, new, message):
    file = tmp_path / "gpt-4o.yaml"
    text = (MODELS / file.name).read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=rf"gpt-4o.yaml, line \d+: .*{message}"):
        read_model(file)


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "small"}', '{"title": "small"}'])
def test_a_broken_prepared_model_is_told(tmp_path, text):
    file = tmp_path / "model.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"model\.json: cannot be read as a prepared model"):
        read_prepared_model(file)


def test_a_key_in_a_model_file_is_refused_without_being_repeated(tmp_path):
    key = "sk-secret-4711"
    file = tmp_path / "small.yaml"
    for line in (f"key_from: {key}", f"base_url: http://user:{key}@host/v1"):
        source = "source:\n  base_url: http://host/v1\n  model: small\n"
        name = line.split(":")[0]
        source = "\n".join(x for x in source.splitlines() if name not in x) + f"\n  {line}\n"
        text = MODEL_FILE.replace("source: {folder: weights}\n", source).replace(
            "engine: vllm", "engine: endpoint"
        )
        text += "endpoint: {api: chat, concurrency: 1, attempts: 1, timeout_seconds: 1}\n"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(UserError) as caught:
            read_model(file)
        assert key not in str(caught.value)
        assert name in str(caught.value)
