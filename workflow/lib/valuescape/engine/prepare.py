"""Prepare a model: lay its weights where its engine loads them, and note what they are.

python -m valuescape.engine.prepare --model config/models/M.yaml --output M/model.json
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import logging
import os
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.engine.gguf_weights import convert
from valuescape.errors import UserError, run
from valuescape.models import Model, read_model
from valuescape.progress import set_up_logging

if TYPE_CHECKING:
    from collections.abc import Sequence

LOG = logging.getLogger(__name__)


def prepared(model: Model, folder: Path) -> Model:
    """Return the model with its weights laid ready.

    Parameters
    ----------
    model : Model
        As its file has it.
    folder : Path
        Where converted weights go.

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
    if model.engine == "synthetic":
        # the worker of a language model has no scipy, which the stand-in needs
        from valuescape.engine.synthetic import check_planted

        planted = Path(source["planted"])
        check_planted(planted)
        return dataclasses.replace(model, weights=str(planted), fingerprint=checksum(planted))
    if "package" in source:
        gguf = package_file(source["package"], source["file"])
        weights = folder / "weights"
        LOG.info("converting %s", gguf.name)
        convert(gguf, weights)
        return dataclasses.replace(model, weights=str(weights), fingerprint=checksum(gguf))
    if "folder" in source:
        path = Path(source["folder"])
        shards = sorted(path.glob("*.safetensors"))
        if not shards:
            msg = f"model {model.name!r}: no *.safetensors in {path}"
            raise UserError(msg, hint="name the folder of the weights as source: folder")
        fingerprint = ",".join(checksum(shard) for shard in shards)
        return dataclasses.replace(model, weights=str(path), fingerprint=fingerprint)
    if "hub" in source:
        path = hub_snapshot(source["hub"], source.get("revision"))
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


def hub_snapshot(name: str, revision: str | None) -> Path:
    """Return a model's folder in the local hub cache.

    Parameters
    ----------
    name : str
        For instance ``openai/gpt-oss-20b``.
    revision : str or None
        A commit; None takes the cache's main branch.

    Returns
    -------
    Path
        ``.../snapshots/<commit>``.

    Raises
    ------
    UserError
        If the cache does not hold it. Nothing is ever downloaded here.
    """
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    repository = home / "hub" / f"models--{name.replace('/', '--')}"
    main = repository / "refs" / "main"
    commit = revision or (main.read_text(encoding="utf-8").strip() if main.is_file() else "")
    snapshot = repository / "snapshots" / commit
    if not commit or not snapshot.is_dir():
        msg = f"{name} (revision {revision or 'main'}) is not in the hub cache {home}"
        hint = f"on a machine with network: huggingface-cli download {name}; or set HF_HOME"
        raise UserError(msg, hint=hint)
    return snapshot


def checksum(path: Path) -> str:
    """Return the first 16 hex digits of a file's SHA-256."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()[:16]


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.engine.prepare", description="Prepare a model."
    )
    command.add_argument("--model", type=Path, required=True, help="model file (YAML)")
    command.add_argument("--output", type=Path, required=True, help="what is known of the model")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Read the model file, prepare the weights, write what was prepared."""
    args = parser().parse_args(argv)
    set_up_logging()
    args.output.parent.mkdir(parents=True, exist_ok=True)
    model = prepared(read_model(args.model), args.output.parent)
    args.output.write_text(json.dumps(dataclasses.asdict(model), indent=2) + "\n")
    LOG.info("%s is ready", model.title)


if __name__ == "__main__":
    run(main)
