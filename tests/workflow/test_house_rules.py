"""What is promised of the code itself, as far as no tool checks it already."""

from __future__ import annotations

import importlib
import inspect
import os
import re
from pathlib import Path

import pytest

from valuescape.core.source_files import ENGINES, WITHOUT_INFLUENCE, modules

ROOT = Path(__file__).parents[2]
LIB = ROOT / "workflow/lib"
MODULES = sorted(LIB.rglob("*.py"))
LONGEST_MODULE = 500
LINES_OF_A_RULE = 33
# What `limits()` in common.smk hands over.
LIMITS = {"flush_rows", "flush_seconds", "least_valid", "least_mass"}
TEXT = {".py", ".smk", ".yaml", ".md", ".toml", ".sh", ".txt", ".rst", ".cff", ".csv", ".j2", ""}
NOBODY_ASKED = {
    "prepare_model", "check_model", "take_external_people", "take_external_answers",
    "judge_preflight",
}  # fmt: skip
# They describe, or begin with what only vLLM's environment has, or are tried by all other tests.
WITHOUT_TEST = {"__init__", "tables"}


def rules():
    """Return the text of every rule by its name; rules made in a loop have none."""
    found = {}
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        text = file.read_text(encoding="utf-8")
        # a rule that is used again (`use rule`) is another's with other files
        for part in re.split(r"^(?=(?:use )?rule \w+)", text, flags=re.MULTILINE)[1:]:
            if begun := re.match(r"rule (\w+):", part):
                found[begun[1]] = part
    return found


RULES = rules()
COMMANDS = {name: text for name, text in RULES.items() if "-m valuescape." in text}
JOBS = {name: text for name, text in RULES.items() if "shell:" in text}


def module_of(text):
    """Return the module that a rule runs, without the package's name."""
    return re.search(r"-m valuescape\.([\w.]+)", text)[1]


def names_in(directive, text):
    """Return the names that a directive of a rule gives to its files."""
    found = re.search(rf"^    {directive}:\n((?:        .*\n|\n)+)", text, flags=re.MULTILINE)
    return set(re.findall(r"^        (\w+)=", found[1], flags=re.MULTILINE)) if found else set()


def test_every_rule_says_in_one_line_what_it_is_for():
    for name, text in RULES.items():
        assert re.match(r'rule \w+:\n    """[A-Z][^\n]+\."""\n', text), name


def test_every_job_has_log_benchmark_and_environment():
    for name, text in JOBS.items():
        for directive in ("log:", "benchmark:", "conda:"):
            assert f"\n    {directive}\n" in text, name
        assert re.search(rf"logs/{name}[./]", text), name
        assert re.search(rf"benchmarks/{name}[./]", text), name


def test_a_rule_depends_on_the_source_of_the_command_that_it_runs():
    for name, text in COMMANDS.items():
        own = rf'code=.*code(_asking)?\("{module_of(text)}"\)|code=code_drawing'
        assert re.search(own, text.partition("params:")[2]), name


@pytest.mark.parametrize("name", COMMANDS)
def test_a_rule_hands_over_exactly_what_its_command_takes(name):
    text = COMMANDS[name]
    module = importlib.import_module(f"valuescape.{module_of(text)}")
    # waited for, or found by the names in a condition
    given = (names_in("input", text) | names_in("output", text)) - {"demanded", "languages"}
    shell = text.partition("shell:")[2]
    given |= {flag.replace("-", "_") for flag in re.findall(r'[ "]--([\w-]+) ', shell)}
    given |= {"seed", "replicates"} if "{params.bootstrap}" in shell else set()
    given |= LIMITS if "{params.limits}" in shell else set()
    parameters = inspect.signature(module.main).parameters
    required = {key for key, each in parameters.items() if each.default is each.empty}
    assert required <= given <= set(parameters)
    assert {each.kind for each in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}


def test_rules_that_ask_a_model_depend_on_its_engine_too():
    engines = {f"valuescape.{name}" for name in ENGINES.values()}
    for name, text in COMMANDS.items():
        asks = any(modules(module_of(text), engine) & engines for engine in ENGINES)
        # to prepare a model, to check it, and to read what was answered elsewhere is to ask nobody
        expected = asks and name not in NOBODY_ASKED
        assert ("code_asking(" in text) == expected, name


def test_what_has_no_influence_exists():
    for name in (*WITHOUT_INFLUENCE, *ENGINES.values()):
        assert (LIB / "valuescape" / f"{name.replace('.', '/')}.py").is_file(), name


def test_rules_stay_short():
    # on average, with what their files have in common: a study grows by rules, not by long ones
    text = "".join(file.read_text("utf-8") for file in (ROOT / "workflow/rules").glob("*.smk"))
    n_rules = len(re.findall(r"^ *(?:use )?rule(?: \w.*)?:$", text, flags=re.MULTILINE))
    assert n_rules >= len(RULES)
    assert len(text.splitlines()) <= LINES_OF_A_RULE * n_rules


def test_every_rule_file_says_what_it_is_about():
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        assert re.match(r'"""\n[A-Z][\w ]+: ', file.read_text("utf-8")), file


def test_no_module_is_long():
    for module in MODULES:
        if module.stem not in {"tables", "catalogue"}:  # lists of entries
            assert len(module.read_text("utf-8").splitlines()) <= LONGEST_MODULE, module


def test_no_module_has_a_name_that_says_nothing():
    nothing = {"utils", "helpers", "data", "process", "tmp", "manager", "misc"}
    assert not [module for module in MODULES if module.stem in nothing]


def test_scipy_stats_is_imported_for_what_scipy_special_lacks_alone():
    # it takes a second to import, in each of a hundred jobs; quantiles and tails are in both
    needed = {"binom", "multivariate_normal", "random_table", "rankdata", "spearmanr"}
    for file in (LIB / "valuescape").rglob("*.py"):
        text = file.read_text("utf-8")
        for names in re.findall(r"^from scipy.stats import (.+)$", text, re.MULTILINE):
            assert {*names.split(", ")} <= needed, file


def test_every_module_has_a_test_by_its_name():
    lacking = []
    for module in MODULES:
        place = module.relative_to(LIB / "valuescape")
        # figures are drawn, each by its entry in the catalogue, by tests of the whole room
        drawn = re.search(r"^def draw\(", module.read_text("utf-8"), re.MULTILINE)
        if module.stem in WITHOUT_TEST or drawn:
            continue
        if not (ROOT / "tests" / place.parent / f"test_{place.name}").is_file():
            lacking.append(str(place))
    assert not lacking


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


def test_a_checkout_anywhere_has_the_line_ends_that_shells_read():
    attributes = (ROOT / ".gitattributes").read_text(encoding="utf-8")
    assert "* text=auto eol=lf" in attributes.splitlines()


def test_the_workflows_environment_has_what_snakemakes_report_needs():
    assert "pygments==" in (ROOT / "envs/controller.txt").read_text(encoding="utf-8")
