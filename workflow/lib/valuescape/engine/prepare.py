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
from typing import Literal

from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.files import write_text
from valuescape.engine import compile_caches
from valuescape.engine.gguf_weights import convert
from valuescape.engine.readiness import findings, weight_files, weights_findings
from valuescape.study.models import Model, read_model, read_prepared_model

LOG = logging.getLogger(__name__)
# What a hub repository may hold beside what vLLM loads: other formats of the same weights.
NOT_LOADED = ["original/*", "metal/*", "onnx/*", "*.bin", "*.pth", "*.gguf"]


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
        LOG.info("%s says %s", source["base_url"], served)
        return dataclasses.replace(model, weights=source["base_url"], fingerprint=served)
    if "package" in source:
        gguf = package_file(source["package"], source["file"])
        weights = folder / "weights"
        LOG.info("converting %s", gguf.name)
        convert(gguf, weights)
        return dataclasses.replace(model, weights=str(weights), fingerprint=checksum(gguf))
    if "folder" in source:
        path = Path(source["folder"])
        check_weights(model, path)
        fingerprint = ",".join(checksum(path / name) for name in weight_files(path))
        return dataclasses.replace(model, weights=str(path), fingerprint=fingerprint)
    if "hub" in source:
        path = hub_snapshot(source["hub"], source.get("revision"), fetch=fetch)
        check_weights(model, path)
        return dataclasses.replace(model, weights=str(path), fingerprint=path.name)
    msg = f"model {model.name!r}: its source names no package, folder or hub"
    raise UserError(msg, hint="see config/models/smollm2-135m.yaml")


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
        A commit; None takes the cache's main branch.
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
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    repository = home / "hub" / f"models--{name.replace('/', '--')}"
    main = repository / "refs" / "main"
    commit = revision or (main.read_text(encoding="utf-8").strip() if main.is_file() else "")
    snapshot = repository / "snapshots" / commit
    there = bool(commit) and snapshot.is_dir()
    if fetch and not (there and all(not found.lacks for found in weights_findings(snapshot))):
        return fetch_from_hub(name, revision)
    if not there:
        msg = f"{name} (revision {revision or 'main'}) is not in the hub cache {home}"
        hint = "prepare it where there is a network (docs/models.md); or set HF_HOME"
        raise UserError(msg, hint=hint)
    return snapshot


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
        weights = Path(model.source.get("folder") or model.source["planted"])
    caches = str(output.parent / compile_caches.PREPARED)
    return dataclasses.replace(model, weights=str(weights), caches=caches)


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
    laid = prepared(described, model.parent, fetch=True)
    write_text(model, json.dumps(dataclasses.asdict(laid), indent=2) + "\n")
    LOG.info("%s is ready", laid.title)


if __name__ == "__main__":
    run(main)
