"""Models: what a model file says, and where its weights were laid."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuescape.core.documents import read_document
from valuescape.core.errors import UserError
from valuescape.core.schemas import read_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuescape.core.documents import Document

# A key is named by the environment variable that holds it, and stands nowhere else.
NAME_OF_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
# How a model thinks in mode reasoned, if its file says thinking: on and names no other marks.
THINK_BLOCK = {"reasoning_opens": "<think>\n", "reasoning_closes": "\n</think>\n\n"}
# These keys have no part in how the model answers; `mapping` is read by `asking.external`.
WITHOUT_INFLUENCE = ("environment", "languages", "licence", "mapping", "price")
# Settings of the synthetic respondent; the last says how many GPUs its jobs ask for.
OF_SYNTHETIC = ("babble", "pace", "tensor_parallel_size")
# Probability of all options together, read by their labels, below which a model does not answer.
LEAST_MASS = 0.1
# Where an engine finds what answers: one of these.
SOURCES = {
    "vllm": ("package", "folder", "hub"),
    "endpoint": ("base_url",),
    "synthetic": ("planted",),
    "external": ("answers",),
}
ADDRESS = re.compile(r"https?://[^\s@?#]*[^\s@?#/]")


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
        ``vllm``, ``endpoint`` for a server that speaks the OpenAI protocol, ``synthetic`` for
        the stand-in of the tests, or ``external`` for answers that were given elsewhere.
    source : mapping
        Where the weights come from, or where the server is.
    answer : mapping
        Form of an answer: ``form`` (option_text, label_token) and ``layout`` (interview, chat).
    writing : mapping
        How free text is sampled: ``temperature``, ``top_p``, ``max_tokens``; ``layout`` if
        biographies have another one than answers.
    settings : mapping
        What is handed to the engine as it stands.
    chat_template : str
        File of a chat template that stands in for the model's own; empty for its own.
    chat_template_arguments : mapping
        Variables of the chat template beside the messages.
    system : str
        ``separate`` or ``folded`` into the user's message; empty: as the template takes it.
    thinking : bool
        Whether the model thinks in its think block in mode reasoned.
    turn_end : str
        Text of the token that ends its turn; empty: as the template ends it.
    date : str
        What a template with a date is told, YYYY-MM-DD.
    harmony : mapping
        How conversations are rendered for gpt-oss: ``date`` and ``effort``. Empty for models
        that have a chat template.
    endpoint : mapping
        How a server is asked: ``api``, ``concurrency``, ``attempts``, ``timeout_seconds`` and
        more. Empty for models that run in this process.
    weights : str
        What the engine loads: a folder, or the address of a server. Empty until prepared.
    fingerprint : str
        Checksum of the weights' source, or what a server says of itself. Empty until prepared.
    words : str
        Checksum of what puts prompts into tokens: tokenizer, chat template, configurations.
        Empty until prepared, and where no files hold them.
    caches : str
        Folder of compiled kernels, which need not be there. Empty until prepared.
    """

    name: str
    title: str
    engine: str
    source: Mapping[str, Any]
    answer: Mapping[str, str] = field(default_factory=dict)
    writing: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    chat_template: str = ""
    chat_template_arguments: Mapping[str, Any] = field(default_factory=dict)
    system: str = ""
    thinking: bool = False
    turn_end: str = ""
    date: str = "2025-06-28"
    harmony: Mapping[str, str] = field(default_factory=dict)
    endpoint: Mapping[str, Any] = field(default_factory=dict)
    weights: str = ""
    fingerprint: str = ""
    words: str = ""
    caches: str = ""

    @property
    def addresses(self) -> list[str]:
        """Where its servers are, if it has any."""
        return addresses_of(self.source)

    @property
    def writing_layout(self) -> str:
        """Layout in which biographies are asked for."""
        return str(self.writing.get("layout") or self.answer["layout"])

    @property
    def chat(self) -> dict[str, Any]:
        """What its file says of the rendering of chats."""
        return {
            "chat_template_arguments": dict(self.chat_template_arguments),
            "date": self.date,
            "system": self.system,
            "thinking": self.thinking,
            "turn_end": self.turn_end,
        }


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
    quoted = 'write the date in quotes, such as "2025-06-28"'
    document = read_document(path, "model", {("date",): quoted, ("harmony", "date"): quoted})
    entry = dict(document.content)
    if entry["name"] != path.stem:
        reason = f"the model is called {entry['name']!r} and its file {path.stem!r}"
        raise document.error(reason, "name")
    _check_source(document)
    if entry["engine"] == "synthetic":
        _check_synthetic(document)
    _check_chat_server(document)
    _check_settings(document)
    for key in WITHOUT_INFLUENCE:
        entry.pop(key, None)
    template = entry.get("chat_template", "")
    if template and not Path(template).expanduser().is_file():
        reason = f"'chat_template' names no file: {template}"
        raise document.error(reason, "chat_template")
    if entry.get("thinking") and not entry.get("harmony"):
        entry["answer"] = THINK_BLOCK | entry["answer"]
    return Model(**entry)


def known_languages(path: Path) -> list[str] | None:
    """Return the languages that a model file says its model knows; None if it says nothing.

    What is asked does not depend on it, so that it is no part of a `Model`.
    """
    languages = read_document(path, "model").content.get("languages")
    return None if languages is None else list(languages)


def is_asked_here(path: Path) -> bool:
    """Return whether a model is asked here; otherwise its answers were given elsewhere."""
    engine: str = read_document(path, "model").content["engine"]
    return engine != "external"


def addresses_of(source: Mapping[str, Any]) -> list[str]:
    """Return the addresses that a source names, one or several."""
    given = source.get("base_url", [])
    return [given] if isinstance(given, str) else list(given)


def _check_source(document: Document) -> None:
    """Refuse a source that is not its engine's, or holds a secret, without repeating that."""
    source, engine = document.content["source"], document.content["engine"]
    named = [key for keys in SOURCES.values() for key in keys if key in source]
    if len(named) != 1 or named[0] not in SOURCES[engine]:
        reason = f"source names {' and '.join(named) or 'nothing'}, and a model of engine {engine} "
        reason += f"has {' or '.join(SOURCES[engine])}"
        raise document.error(reason, "source", *named[:1])
    if not NAME_OF_VARIABLE.fullmatch(source.get("key_from", "KEY")):
        reason = "'key_from' must name an environment variable, such as VENDOR_KEY; it is no key"
        raise document.error(reason, "source", "key_from")
    if not all(map(ADDRESS.fullmatch, addresses_of(source))):
        reason = "'base_url' must be like http://host:8000/v1, with no user, password or query"
        raise document.error(reason, "source", "base_url")
    if any("/completions" in address for address in addresses_of(source)):
        reason = "'base_url' is the address of completions, not what stands before it"
        hint = "let it end before /chat/completions"
        raise document.error(reason, "source", "base_url", hint=hint)


def _check_settings(document: Document) -> None:
    """Refuse a misspelt setting, and biographies longer than what the model may read and write."""
    settings = document.content.get("settings", {})
    known = read_schema("model")["properties"]["settings"]["properties"]
    for key in settings.keys() - known.keys():
        # vLLM knows many more; it is asked only when the model is loaded
        meant = get_close_matches(key, known, n=1, cutoff=0.9)
        if meant:
            reason = f"unknown setting {key!r}"
            hint = f"did you mean {meant[0]!r}?"
            raise document.error(reason, "settings", key, hint=hint)
    longest = settings.get("max_model_len")
    n_tokens = document.content.get("writing", {}).get("max_tokens", 0)
    if document.content["engine"] == "vllm" and longest is not None and n_tokens >= longest:
        reason = f"max_tokens: {n_tokens} tokens of a biography, and max_model_len is {longest}"
        hint = "max_model_len holds the prompt and the biography: raise it, or lower max_tokens"
        raise document.error(reason, "writing", "max_tokens", hint=hint)


def _check_chat_server(document: Document) -> None:
    """Refuse what chat completions cannot give, before anything is asked and paid for."""
    content = document.content
    if content.get("endpoint", {}).get("api") != "chat":
        return
    answer, writing = content["answer"], content["writing"]
    if {answer["layout"], writing.get("layout", "chat")} != {"chat"} or "harmony" in content:
        reason = "api: chat sends messages, neither running text nor harmony"
        hint = "write layout: chat and no harmony, or api: vllm"
        raise document.error(reason, "endpoint", "api", hint=hint)
    if answer["form"] == "option_text":
        reason = "api: chat gives no probability of a whole text, as form: option_text needs it"
        raise document.error(reason, "endpoint", "api", hint="write form: label_token")


def _check_synthetic(document: Document) -> None:
    """Refuse settings that the synthetic respondent does not know."""
    unknown = [key for key in document.content.get("settings", {}) if key not in OF_SYNTHETIC]
    if unknown:
        known = ", ".join(OF_SYNTHETIC)
        reason = f"the synthetic respondent has no setting {unknown[0]!r}, only {known}"
        raise document.error(reason, "settings", unknown[0])


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
