"""Prepare a model: lay its weights where its engine loads them, and note what they are.

Step fetch downloads what the hub cache lacks. Step check prepares nothing: it tells what a node
without network needs, whether it is there, and how to get it, and fails if anything lacks.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import logging
import os
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.files import write_text
from valuescape.engine import compile_caches
from valuescape.engine.gguf_weights import convert
from valuescape.engine.readiness import findings, weight_files, weights_findings, words_finding
from valuescape.engine.word_files import words_checksum
from valuescape.study.models import Model, read_model, read_prepared_model

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG = logging.getLogger(__name__)
# What a hub repository may hold beside what vLLM loads: other formats of the same weights.
NOT_LOADED = [
    "original/*",
    "metal/*",
    "onnx/*",
    "*.bin",
    "*.pth",
    "*.gguf",
    "consolidated*.safetensors",
]


def prepared(model: Model, folder: Path, *, fetch: bool = False) -> Model:
    """Return the model with its weights laid ready.

    Parameters
    ----------
    model : Model
        As its file has it.
    folder : Path
        Where converted weights go.
    fetch : bool
        Whether what the hub cache lacks may be downloaded.

    Returns
    -------
    Model
        With `weights` and `fingerprint`.

    Raises
    ------
    UserError
        If the source names nothing that is there.
    """
    source = model.source
    model = dataclasses.replace(model, caches=str(folder / compile_caches.PREPARED))
    if model.engine == "synthetic":
        # the worker of a language model has no scipy, which the stand-in needs
        from valuescape.engine.synthetic import check_planted

        planted = Path(source["planted"])
        check_planted(planted)
        return dataclasses.replace(model, weights=str(planted), fingerprint=checksum(planted))
    if model.engine == "endpoint":
        from valuescape.engine.endpoint import told_of_itself

        served = told_of_itself(model)
        LOG.info("%s says %s", ", ".join(model.addresses), served)
        return dataclasses.replace(model, weights=model.addresses[0], fingerprint=served)
    if "package" in source:
        gguf = package_file(source["package"], source["file"])
        weights = folder / "weights"
        LOG.info("converting %s", gguf.name)
        convert(gguf, weights)
        return laid(model, weights, checksum(gguf))
    if "folder" in source:
        path = Path(source["folder"]).expanduser()
        check_weights(model, path)
        fingerprint = ",".join(checksum(path / name) for name in weight_files(path))
        return laid(model, path, fingerprint)
    if "hub" in source:
        path = hub_snapshot(source["hub"], source.get("revision"), fetch=fetch)
        check_weights(model, path)
        return laid(model, path, path.name)
    msg = f"model {model.name!r}: its source names no package, folder or hub"
    raise UserError(msg, hint="see config/models/smollm2-135m.yaml")


def laid(model: Model, weights: Path, fingerprint: str) -> Model:
    """Return a model whose weights lie in a folder, with the checksums of all that decides."""
    there = dataclasses.replace(model, weights=str(weights), fingerprint=fingerprint)
    return dataclasses.replace(there, words=words_checksum(there))


def package_file(package: str, file: str) -> Path:
    """Return a file inside an installed package, without importing the package.

    Parameters
    ----------
    package : str
        Import name.
    file : str
        Name of the file in it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UserError
        If the package is not installed or has no such file.
    """
    found = importlib.util.find_spec(package)
    for place in (found.submodule_search_locations or []) if found else []:
        if (Path(place) / file).is_file():
            return Path(place) / file
    msg = f"package {package!r} with {file!r} is not installed in this environment"
    raise UserError(msg, hint="run envs/install.sh again")


def check_weights(model: Model, folder: Path) -> None:
    """Refuse a folder that holds no whole model.

    Parameters
    ----------
    model : Model
        Whose it should be.
    folder : Path
        Where its weights lie.

    Raises
    ------
    UserError
        Naming what lacks.
    """
    for finding in weights_findings(folder):
        if finding.lacks:
            msg = f"model {model.name!r}: {finding.what} {finding.lacks}"
            raise UserError(msg, hint=finding.how)


def hub_snapshot(name: str, revision: str | None, *, fetch: bool = False) -> Path:
    """Return a model's folder in the local hub cache.

    Parameters
    ----------
    name : str
        For instance ``openai/gpt-oss-20b``.
    revision : str or None
        A commit, branch or tag; None takes the cache's main branch.
    fetch : bool
        Whether to download what lacks of it.

    Returns
    -------
    Path
        ``.../snapshots/<commit>``.

    Raises
    ------
    UserError
        If the cache does not hold it.
    """
    cache = hub_cache(os.environ)
    repository = cache / f"models--{name.replace('/', '--')}"
    named = repository / "refs" / (revision or "main")  # a branch or a tag
    found = named.read_text(encoding="utf-8").strip() if named.is_file() else ""
    commit = found or revision or ""
    snapshot = repository / "snapshots" / commit
    there = bool(commit) and snapshot.is_dir()
    if fetch and not (there and all(not found.lacks for found in weights_findings(snapshot))):
        return fetch_from_hub(name, revision)
    if not there:
        msg = f"{name} (revision {revision or 'main'}) is not in the hub cache {cache}"
        hint = "prepare it where there is a network (docs/models.md); or set HF_HOME"
        raise UserError(msg, hint=hint)
    return snapshot


def hub_cache(environment: Mapping[str, str]) -> Path:
    """Return the folder of the hub cache, by the rules of the hub's own library.

    Parameters
    ----------
    environment : mapping of str to str
        HF_HUB_CACHE stands before HUGGINGFACE_HUB_CACHE, HF_HOME and XDG_CACHE_HOME.

    Returns
    -------
    Path
        It need not be there.
    """
    named = environment.get("HF_HUB_CACHE", environment.get("HUGGINGFACE_HUB_CACHE"))
    if named is None:
        general = environment.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        home = environment.get("HF_HOME", str(Path(general) / "huggingface"))
        named = str(Path(home) / "hub")
    return Path(os.path.expandvars(named)).expanduser()


def fetch_from_hub(name: str, revision: str | None) -> Path:
    """Download what the local hub cache lacks of a model.

    Parameters
    ----------
    name : str
        Name in the hub.
    revision : str or None
        A commit; None takes the main branch.

    Returns
    -------
    Path
        ``.../snapshots/<commit>``.

    Raises
    ------
    UserError
        If it cannot be had.
    """
    from huggingface_hub import snapshot_download

    LOG.info("fetching what the hub cache lacks of %s", name)
    try:
        return Path(snapshot_download(name, revision=revision, ignore_patterns=NOT_LOADED))
    except (OSError, ValueError) as error:  # also the errors of the hub and of its client
        msg = f"{name} (revision {revision or 'main'}) cannot be fetched ({error})"
        raise UserError(msg, hint="is there a network, and is this the model's name?") from error


def check(model: Model, output: Path) -> list[str]:
    """Return what a node without network needs to ask a model, and refuse if anything lacks.

    Parameters
    ----------
    model : Model
        As its file has it.
    output : Path
        Where it was, or would be, prepared.

    Returns
    -------
    list of str
        What is there, also told in the log.

    Raises
    ------
    UserError
        Naming everything that lacks and how to get it.
    """
    if model.engine != "endpoint":
        # converted weights lie where they were laid; others are found by their source
        converted = "package" in model.source and output.is_file()
        model = read_prepared_model(output) if converted else found(model, output)
    lacking, there = [], []
    for finding in findings(model):
        if finding.lacks:
            lacking.append(f"{finding.what} {finding.lacks}: {finding.how}")
        else:
            there.append(finding.what)
            LOG.info("there: %s", finding.what)
    if lacking:
        msg = f"model {model.name!r} is not ready for a node without network:\n  "
        raise UserError(msg + "\n  ".join(lacking), hint="then check again")
    return there


def found(model: Model, output: Path) -> Model:
    """Return a model with its weights, if its source is there; nothing is converted.

    Parameters
    ----------
    model : Model
        As its file has it.
    output : Path
        Where it would be prepared.

    Returns
    -------
    Model
        With `weights`.

    Raises
    ------
    UserError
        If the source is not there, or must be converted first.
    """
    if "package" in model.source:
        msg = f"model {model.name!r}: its weights are not converted yet ({output})"
        raise UserError(msg, hint=f"snakemake {output}")
    if "hub" in model.source:
        weights = hub_snapshot(model.source["hub"], model.source.get("revision"))
    else:
        weights = Path(model.source.get("folder") or model.source["planted"]).expanduser()
    caches = str(output.parent / compile_caches.PREPARED)
    return dataclasses.replace(model, weights=str(weights), caches=caches)


def words_told(model: Model) -> str:
    """Return in words how a model's prompts are rendered.

    Raises
    ------
    UserError
        If they cannot be.
    """
    words = words_finding(model)
    if words.lacks:
        raise UserError(words.lacks, hint=words.how)
    return words.what


def checksum(path: Path) -> str:
    """Return the first 16 hex digits of a file's SHA-256."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()[:16]


@command
def main(
    *,
    file: Path,
    model: Path,
    step: Literal["fetch", "check"],
    tried: Path | None = None,
    ready: Path | None = None,
) -> None:
    """Read the model file; fetch and lay the weights, or check that nothing lacks (after a try)."""
    described = read_model(file)
    if step == "check":
        del tried  # that it is there is what counts
        there = check(described, model)
        if ready:
            write_text(ready, "".join(f"there: {what}\n" for what in there))
        return
    ready_model = prepared(described, model.parent, fetch=True)
    if ready_model.engine == "vllm":
        LOG.info("%s", words_told(ready_model))
    write_text(model, json.dumps(dataclasses.asdict(ready_model), indent=2) + "\n")
    LOG.info("%s is ready", ready_model.title)


if __name__ == "__main__":
    run(main)
