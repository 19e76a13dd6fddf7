"""Files beside a model's weights that decide what a prompt is to it, and their checksum."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from valuescape.study.models import Model

# Files beside the weights that decide what a prompt is in tokens, and where a text ends.
WORD_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "tekken.json",
    "vocab.json",
    "merges.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
    "config.json",
)


def words_checksum(model: Model) -> str:
    """Return the first 16 hex digits of the SHA-256 of what puts prompts into tokens.

    Parameters
    ----------
    model : Model
        Its weights lie in a folder.

    Returns
    -------
    str
        Empty if no such file is there.
    """
    folder = Path(model.weights)
    files = [folder / name for name in WORD_FILES]
    if model.chat_template:
        files.append(Path(model.chat_template).expanduser())
    digests = [
        f"{file.name} {sha256(file.read_bytes()).hexdigest()}\n" for file in files if file.is_file()
    ]
    return sha256("".join(digests).encode()).hexdigest()[:16] if digests else ""
