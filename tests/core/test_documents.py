"""Documents: a mistake in a YAML file is told by its line."""

from __future__ import annotations

import pytest

from valuescape.core.documents import read_document
from valuescape.core.errors import UserError

MODEL = """\
name: small
title: A small model
engine: vllm
environment: inference-cpu
licence: none
source: {folder: weights}
answer: {form: option_text, layout: interview}
writing: {temperature: 1.0, top_p: 1.0, max_tokens: 9}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("engine: vllm", "engine: llama", 3, "'engine' is 'llama'"),
        ("top_p: 1.0", "top_p: 2.0", 8, "'top_p'"),
        ("licence: none\n", "", 1, "'licence'"),
        ("title: A small model\n", "title: A\ntitle: B\n", 3, "title"),
        ("source: {folder: weights}", "source: {folder: weights", 7, ""),
        ("title: A", "titles: A", 2, "titles"),
    ],
    ids=["not a choice", "out of range", "missing", "double", "not YAML", "unknown"],
)
def test_a_mistake_is_told_by_file_and_line(tmp_path, old, new, line, reason):
    file = tmp_path / "small.yaml"
    assert old in MODEL
    file.write_text(MODEL.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_document(file, "model")
    assert caught.value.message.startswith(f"{file}, line {line}:") or line == 1
    assert reason in caught.value.message
    assert caught.value.hint


def test_a_sound_document_knows_its_lines(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(MODEL, encoding="utf-8")
    document = read_document(file, "model")
    assert document.content["name"] == "small"
    assert document.line("engine") == 3
    assert document.line("answer", "layout") == 7


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read"):
        read_document(tmp_path / "none.yaml", "model")
