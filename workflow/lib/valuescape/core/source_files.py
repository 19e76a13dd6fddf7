"""Source files: which files of the package a command runs, by following its imports."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import grimp

PACKAGE = "valuescape"
LIBRARY = "workflow/lib"
ROOT = Path(__file__).parents[4]
# A change of these changes no result: messages, progress, locks of running jobs, and checks before
# a model is asked.
WITHOUT_INFLUENCE = (
    "asking.guard",
    "asking.lease",
    "core.errors",
    "core.progress",
    "core.slurm",
    "engine.compile_caches",
    "engine.mass",
    "engine.readiness",
    "engine.smoke",
)
# The module that each engine begins with. An edited stand-in must not ask an LLM again, so that
# a command that asks follows the imports of one engine alone.
ENGINES = {
    "endpoint": "engine.endpoint",
    "synthetic": "engine.synthetic",
    "vllm": "engine.vllm_engine",
}


@cache
def _imports() -> grimp.ImportGraph:
    """Return which module imports which when it runs, without what only type checkers read."""
    return grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)


@cache
def modules(
    command: str, engine: str | None = None, without: tuple[str, ...] = ()
) -> frozenset[str]:
    """Return the modules that a command runs.

    Parameters
    ----------
    command : str
        Its module, without the package's name: ``lenses.alignment.measure``.
    engine : {"vllm", "endpoint", "synthetic"}, optional
        The engine whose modules count as well; no engine's unless given.
    without : tuple of str
        Further modules that are passed over, with what only they import.

    Returns
    -------
    frozenset of str
        Modules that determine its results, the command itself among them, with the package's name.

    Raises
    ------
    ValueError
        If the package has no such module.
    """
    graph = _imports()
    first = f"{PACKAGE}.{command}"
    if first not in graph.modules:
        msg = f"no module {first}"
        raise ValueError(msg)
    passed = {f"{PACKAGE}.{name}" for name in (*WITHOUT_INFLUENCE, *without)}
    passed |= {f"{PACKAGE}.{name}" for key, name in ENGINES.items() if key != engine}
    found, waiting = set(), {first}
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= graph.find_modules_directly_imported_by(module) - found - passed
    return frozenset(found)


@cache
def source_files(
    command: str, engine: str | None = None, without: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the files of `modules` and the templates that they name, relative to the checkout.

    Parameters
    ----------
    command, engine, without
        As in `modules`.

    Returns
    -------
    tuple of str
        Sorted; without packages that hold nothing but their description.
    """
    found = set(filter(None, map(_source_file, modules(command, engine, without))))
    waiting = set(found)
    while waiting:
        text = _content(waiting.pop()).decode("utf-8")
        named = {file for name, file in _templates().items() if name in text} - found
        found |= named
        waiting |= named
    return tuple(sorted(found))


@cache
def digest(files: tuple[str, ...]) -> str:
    """Return what tells these files from others, by their paths and contents.

    Parameters
    ----------
    files : tuple of str
        Relative to the checkout, so that a moved one has the same digest.

    Returns
    -------
    str
        Twelve hexadecimal digits after a word that says what they are of.
    """
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file}\0{_digest_of_one(file)}\0".encode())
    return f"source {whole.hexdigest()[:12]}"


@cache
def _digest_of_one(file: str) -> str:
    """Return what tells the content of a file from others."""
    return hashlib.sha256(_content(file)).hexdigest()


@cache
def _content(file: str) -> bytes:
    """Return what stands in a file of the checkout."""
    return (ROOT / file).read_bytes()


@cache
def _templates() -> dict[str, str]:
    """Return by name the files that lie beside modules and are filled or read by them."""
    found = (ROOT / LIBRARY / PACKAGE).glob("*/templates/*")
    return {file.name: str(file.relative_to(ROOT)) for file in found}


@cache
def _source_file(module: str) -> str:
    """Return the file of a module; empty for a package that imports and defines nothing."""
    stem = f"{LIBRARY}/{module.replace('.', '/')}"
    if (ROOT / f"{stem}.py").is_file():
        return f"{stem}.py"
    package = f"{stem}/__init__.py"
    code = _content(package).decode("utf-8")
    return package if "import" in code.partition('"""')[2].partition('"""')[2] else ""
