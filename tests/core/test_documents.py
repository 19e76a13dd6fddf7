"""Documents: a mistake in a YAML file is told by its line."""

from __future__ import annotations

import pytest

from valuescape.core.documents import read_document, read_yaml
from valuescape.core.errors import CollectedUserError, UserError

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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' stands here twice, first in line 1"),
        ("a: 1\non: 2\n", "line 2: the key 'on' is read as bool, not text"),
        ("1: x\n", "line 1: the key '1' is read as int, not text"),
        ("? [a]\n: x\n", "line 1: a list or mapping stands where a key should"),
        ("a: 1\nb: 010\n", "line 2: no valid YAML .010 is read as 8"),
        ("a: 12:30\n", "line 1: no valid YAML .12:30 is read as 750"),
        ("a: .nan\n", "line 1: no valid YAML ..nan is no finite number"),
        ("a: 1\nb: -.inf\n", "line 2: no valid YAML .-.inf is no finite number"),
        ("a: &a\n  b: *a\n", "line [12]: an alias repeats what it stands in"),
        ("a: &a [*a]\n", "line 1: an alias repeats what it stands in"),
        ("a: 1\n\tb: 2\n", "line 2: no valid YAML"),
        ("a: !!python/name:os.system x\n", "line 1: no valid YAML"),
        ("a: 1\n--- \nb: 2\n", "line 2: no valid YAML"),
        (b"a: 1\nb: \x00\n", "line 2: holds the control character"),
        (
            "a: \N{LATIN SMALL LETTER U WITH DIAERESIS}".encode("latin-1"),
            "line 1: is no text in UTF-8",
        ),
        ("a: 1".encode("utf-16"), "line 1: is no text in UTF-8 but UTF-16"),
        ("[" * 100_000, "line 1: lies in more than 50 lists"),
    ],
)
def test_what_no_document_can_hold_is_told_by_its_line(tmp_path, content, message):
    file = tmp_path / "mine.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=message) as caught:
        read_yaml(file)
    assert str(file) in caught.value.message


def test_aliases_of_aliases_do_not_stand_for_billions(tmp_path):
    file = tmp_path / "bomb.yaml"
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 40)]
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UserError, match="its aliases stand for"):
        read_yaml(file)


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_a_byte_order_mark_and_other_line_ends_change_nothing(tmp_path, ends):
    file = tmp_path / "small.yaml"
    file.write_bytes(MODEL.replace("\n", ends).encode("utf-8-sig"))
    assert read_document(file, "model").line("answer") == 7


def test_a_date_is_the_text_that_it_is(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("a: 2026-01-29\n", encoding="utf-8")
    assert read_yaml(file).content == {"a": "2026-01-29"}


def test_all_mistakes_are_told_each_with_line_and_hint(tmp_path):
    file = tmp_path / "small.yaml"
    mistaken = MODEL.replace("title: A small model", "title: ''").replace(
        "max_tokens: 9", "max_tokens: 9.0"
    )
    file.write_text(mistaken, encoding="utf-8")
    with pytest.raises(CollectedUserError) as caught:
        read_document(file, "model")
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{file}, line 2: 'title' is empty"
    assert lines[2] == f"{file}, line 8: 'max_tokens' is 9.0, not a whole number"
    assert lines[3] == "Hint: write 9"
