"""Source files: the closure of the imports is what Python really loads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

from conftest import ROOT
from valuescape.core.source_files import (
    ENGINES,
    PACKAGE,
    WITHOUT_INFLUENCE,
    digest,
    modules,
    source_files,
)

LIBRARY = ROOT / "workflow/lib"
LOADED = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*(name for name in sys.modules if name.startswith("valuescape.")))
"""


@pytest.mark.parametrize(
    "command", ["lenses.alignment.measure", "humans.distributions", "reporting.report"]
)
def test_the_closure_is_what_python_loads(command):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, f"{PACKAGE}.{command}"],
        env={"PYTHONPATH": str(LIBRARY)},
        text=True,
        capture_output=True,
        check=True,
    )
    passed = {f"{PACKAGE}.{name}" for name in WITHOUT_INFLUENCE}
    # Python also loads the packages that a module lies in, which hold nothing but a docstring
    loaded = {name for name in done.stdout.split() if name not in passed and not is_bare(name)}
    assert modules(command) == loaded


def is_bare(module):
    """Say whether a module is a package of one docstring."""
    package = LIBRARY / module.replace(".", "/") / "__init__.py"
    return package.is_file() and len(ast.parse(package.read_text(encoding="utf-8")).body) == 1


def test_what_is_imported_late_counts_and_what_only_types_need_does_not():
    # a function of the engine imports the one; only annotations name the other
    assert f"{PACKAGE}.engine.forced_tokens" in modules("asking.responses", "vllm")
    assert f"{PACKAGE}.study.instruments" not in modules("answers.scales")


def test_every_module_that_is_passed_over_is_one():
    for name in (*WITHOUT_INFLUENCE, *ENGINES.values()):
        assert (LIBRARY / PACKAGE / f"{name.replace('.', '/')}.py").is_file(), name


def test_an_engine_brings_its_own_modules_and_no_others():
    base = modules("asking.responses")
    of = {engine: modules("asking.responses", engine) - base for engine in ENGINES}
    for engine, name in ENGINES.items():
        assert f"{PACKAGE}.{name}" in of[engine]
        assert f"{PACKAGE}.{name}" not in base
    assert of["synthetic"] <= {
        f"{PACKAGE}.engine.{name}" for name in ("synthetic", "labels", "pace")
    }
    assert f"{PACKAGE}.engine.forced_tokens" in of["vllm"] - of["endpoint"]


def test_files_exist_and_are_told_from_the_checkout():
    found = source_files("asking.responses", "vllm")
    assert list(found) == sorted(found)
    assert all((ROOT / file).is_file() for file in found)
    assert "workflow/lib/valuescape/engine/__init__.py" in found  # it defines something
    assert "workflow/lib/valuescape/study/__init__.py" not in found  # it says what it is


def test_templates_count_where_they_are_named_also_by_one_another():
    own = f"{LIBRARY.relative_to(ROOT)}/{PACKAGE}/reporting/templates"
    assert {f"{own}/report.html.j2", f"{own}/page.html.j2"} <= {*source_files("reporting.report")}
    assert f"{own}/report.html.j2" not in source_files("reporting.bundle")
    assert not any("templates/" in file for file in source_files("lenses.alignment.measure"))


def test_a_digest_tells_contents_and_names_apart_and_says_what_it_is_of(tmp_path, monkeypatch):
    monkeypatch.setattr("valuescape.core.source_files.ROOT", tmp_path)
    for name, text in {"a": "x = 1", "b": "x = 1", "c": "x = 2", "d": "= 1"}.items():
        (tmp_path / f"{name}_of_digest.py").write_text(text, encoding="utf-8")
    digests = {digest((f"{name}_of_digest.py",)) for name in "abcd"}
    assert len(digests) == len("abcd")
    assert all(re.fullmatch(r"source [0-9a-f]{12}", each) for each in digests)


def test_a_module_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"no module valuescape\.lenses\.nothing"):
        modules("lenses.nothing")


def test_what_is_left_out_takes_its_own_imports_along():
    whole, part = modules("figures.draw"), modules("figures.draw", without=("figures.catalogue",))
    assert f"{PACKAGE}.lenses.alignment.tables" in whole - part
