"""Models: what a model file says, and where its weights were laid."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from valuescape.documents import read_document
from valuescape.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Model:
    """A model that can be asked.

    Attributes
    ----------
    name : str
        Name of the model, and of its file.
    title : str
        Name that readers see.
    engine : str
        ``vllm``, or ``synthetic`` for the stand-in of the tests.
    source : mapping
        Where the weights come from.
    answer : mapping
        Form of an answer: ``form`` (option_text, label_token) and ``layout`` (interview, chat).
    writing : mapping
        How free text is sampled: ``temperature``, ``top_p``, ``max_tokens``.
    settings : mapping
        What is handed to the engine as it stands.
    weights : str
        What the engine loads: a folder, or the name in a hub's cache. Empty until prepared.
    fingerprint : str
        Checksum of the weights' source. Empty until prepared.
    """

    name: str
    title: str
    engine: str
    source: Mapping[str, str]
    answer: Mapping[str, str] = field(default_factory=dict)
    writing: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    weights: str = ""
    fingerprint: str = ""


def read_model(path: Path) -> Model:
    """Read a model file.

    Parameters
    ----------
    path : Path
        ``config/models/<name>.yaml``.

    Returns
    -------
    Model
        Not yet prepared.

    Raises
    ------
    UserError
        If a key is missing or unknown, or the file's name is not the model's.
    """  # noqa: DOC502 - raised by what is called
    document = read_document(path, "model")
    entry = dict(document.content)
    if entry["name"] != path.stem:
        reason = f"the model is called {entry['name']!r} and its file {path.stem!r}"
        raise document.error(reason, "name")
    entry.pop("environment")
    entry.pop("licence")
    return Model(**entry)


def read_prepared_model(path: Path) -> Model:
    """Read what `prepare_model` wrote about a model.

    Parameters
    ----------
    path : Path
        ``results/models/<name>/model.json``.

    Returns
    -------
    Model
        With its weights and their fingerprint.

    Raises
    ------
    UserError
        If the file is missing or is something else.
    """
    try:
        return Model(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        msg = f"{path}: cannot be read as a prepared model ({error})"
        raise UserError(msg, hint=f"delete {path} and run snakemake again") from error
