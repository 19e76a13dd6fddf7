"""What is promised of the code itself, as far as no tool checks it already."""

from __future__ import annotations

import os
import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
LIB = ROOT / "workflow/lib"
MODULES = sorted(LIB.rglob("*.py"))
LONGEST_MODULE = 400
# A change of these changes no result: what a user is told meanwhile, or of a mistake, and who asks.
WITHOUT_INFLUENCE = {
    "valuescape.core.errors",
    "valuescape.core.progress",
    "valuescape.asking.lease",
    "valuescape.core.slurm",
    # what is looked at before anything is asked, and where compiled kernels lie
    "valuescape.engine.compile_caches",
    "valuescape.engine.readiness",
    "valuescape.engine.smoke",
}
# What one engine is made of: `input.engine` takes that of the model's own.
ENGINES = {
    "valuescape.engine.connection",
    "valuescape.engine.endpoint",
    "valuescape.engine.forced_tokens",
    "valuescape.engine.harmony",
    "valuescape.engine.served",
    "valuescape.engine.synthetic",
    "valuescape.engine.token_tree",
    "valuescape.engine.vllm_engine",
}
TEXT = {".py", ".smk", ".yaml", ".md", ".toml", ".sh", ".txt", ".rst", ".cff", ".csv", ".j2", ""}


def rules():
    """Return the text of every rule by its name."""
    found = {}
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        text = file.read_text(encoding="utf-8")
        for part in re.split(r"^(?=rule \w+:)", text, flags=re.MULTILINE)[1:]:
            found[re.match(r"rule (\w+):", part)[1]] = part
    return found


RULES = rules()
COMMANDS = {name: text for name, text in RULES.items() if "-m valuescape." in text}
JOBS = {name: text for name, text in RULES.items() if "shell:" in text}


@pytest.fixture(scope="session")
def imports():
    """Return the graph of the imports that are made when a module runs."""
    return grimp.build_graph("valuescape", exclude_type_checking_imports=True, cache_dir=None)


def listed(text):
    """Return the modules that a rule names in `input.code`."""
    names = re.search(r"code=code\((.*?)\)", text, flags=re.DOTALL)[1]
    found = re.findall(r'"([\w.]+)"', names)
    return {f"valuescape.{name.removesuffix('.__init__')}" for name in found}


def needed(text, imports):
    """Return the modules that the command of a rule runs."""
    module = re.search(r"-m (valuescape[\w.]+)", text)[1]
    found = {module, *imports.find_upstream_modules(module)} - WITHOUT_INFLUENCE
    return {name for name in found if not is_bare_package(name)}


def is_bare_package(module):
    init = LIB.joinpath(*module.split("."), "__init__.py")
    return init.is_file() and "import" not in init.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", RULES)
def test_every_rule_says_in_one_line_what_it_is_for(name):
    assert re.match(r'rule \w+:\n    """[A-Z][^\n]+\."""\n', RULES[name])


@pytest.mark.parametrize("name", JOBS)
def test_every_job_has_log_benchmark_and_environment(name):
    for directive in ("log:", "benchmark:", "conda:"):
        assert f"\n    {directive}\n" in JOBS[name]
    assert re.search(rf"logs/{name}[./]", JOBS[name])
    assert re.search(rf"benchmarks/{name}[./]", JOBS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_code_that_a_rule_lists_is_the_code_that_it_runs(name, imports):
    assert listed(COMMANDS[name]) == needed(COMMANDS[name], imports) - ENGINES


def test_rules_that_ask_list_the_engine_too(imports):
    asking = {name for name, text in COMMANDS.items() if needed(text, imports) & ENGINES}
    listing = {name for name, text in COMMANDS.items() if "engine=engine_code" in text}
    # to prepare and to check a model is to ask nobody
    assert asking - {"prepare_model", "check_model"} == listing
    common = (ROOT / "workflow/rules/common.smk").read_text(encoding="utf-8")
    assert all(f'"{module.removeprefix("valuescape.")}"' in common for module in ENGINES)


@pytest.mark.parametrize(
    "file", sorted((ROOT / "workflow/rules").glob("*.smk")), ids=lambda f: f.stem
)
def test_every_rule_file_opens_with_its_contract(file):
    text = file.read_text(encoding="utf-8")
    assert text.startswith('"""\n')
    if "\nrule " in text:
        assert "REQUIRED INPUTS:" in text
        assert "OUTPUTS:" in text


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(LIB)))
def test_no_module_is_long(module):
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(LIB)))
def test_no_module_has_a_name_that_says_nothing(module):
    assert module.stem not in {"utils", "helpers", "data", "process", "tmp", "manager", "misc"}


def test_every_figure_has_a_rule_a_target_a_caption_and_a_line_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    figures = {name.removeprefix("draw_") for name in RULES if name.startswith("draw_")}
    assert figures == {name.removeprefix("figure_") for name in RULES if name.startswith("figure_")}
    for figure in figures:
        assert (ROOT / f"workflow/report/{figure}.rst").is_file()
        assert f"figure_{figure}" in readme


def test_nothing_names_a_registry_or_a_machine():
    # written in parts, so that this file does not name them
    words = ["pypi" + ".org", "python" + "hosted", "/work" + "/", "/ho" + "me/", "/ro" + "ot/"]
    for path in texts():
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert not [word for word in words if word in text], path


def texts():
    """Yield every text of the checkout that is ours, not what was made or installed in it."""
    for folder, folders, files in os.walk(ROOT):
        made = {"results", "__pycache__", "inference-cpu", "inference-gpu"}
        folders[:] = [name for name in folders if name not in made and not name.startswith(".")]
        # in a linked worktree `.git` is a file, and no text of ours
        ours = (name for name in files if name != ".git" and Path(name).suffix in TEXT)
        yield from (Path(folder, name) for name in ours)
