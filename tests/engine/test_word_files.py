"""Files that put prompts into tokens: whichever changes, the checksum does."""

from __future__ import annotations

import dataclasses

from valuescape.engine.word_files import words_checksum
from valuescape.study.models import Model


def test_what_puts_prompts_into_tokens_has_a_checksum(tmp_path):
    model = Model("small", "Small", "vllm", {}, weights=str(tmp_path))
    assert words_checksum(model) == ""
    found = set()
    for name in ("tokenizer.json", "chat_template.jinja", "generation_config.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
        found.add(words_checksum(model))
    own = tmp_path / "own.jinja"
    own.write_text("Hi", encoding="utf-8")
    found.add(words_checksum(dataclasses.replace(model, chat_template=str(own))))
    assert len(found) == 4
