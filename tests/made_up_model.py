"""A model file, and the smallest whole model that it can name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODEL_FILE = """\
name: small
title: A small model
engine: vllm
environment: inference-cpu
licence: none
source: {folder: weights}
answer: {form: option_text, layout: interview}
writing: {temperature: 1.0, top_p: 1.0, max_tokens: 100}
"""


def write_weights(folder: Path) -> None:
    """Write a model of no layers and no words."""
    header = b'{"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}'
    weights = len(header).to_bytes(8, "little") + header + b"ab"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(weights)
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
