"""The catalogue: every figure once, what it is drawn from, and as the documentation lists it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from drawn_figures import DRAWN
from valuescape import figures
from valuescape.core.tables import Table
from valuescape.figures import catalogue
from valuescape.figures.catalogue import FIGURES, FILES

ROOT = Path(__file__).parents[2]
SECTIONS = [
    "map", "alignment", "weights", "morality", "robustness", "languages", "surface", "personas",
    "comparison",
]  # fmt: skip


def parameters(function):
    return set(inspect.signature(function).parameters)


def test_every_module_that_draws_has_an_entry_and_the_reverse():
    room = Path(figures.__file__).parent
    drawing = {path.stem for path in room.glob("*.py") if "\ndef draw(" in path.read_text("utf-8")}
    assert drawing == set(DRAWN)
    names = [figure.name for figure in FIGURES]
    assert len(set(names)) == len(names)
    assert set(names) - drawing == {"interactive_map"}
    assert (room / "interactive_map.py").is_file()


@pytest.mark.parametrize("name", DRAWN)
def test_the_functions_of_a_figure_take_just_the_inputs_of_its_entry(name):
    module = import_module(f"valuescape.figures.{name}")
    taken = [parameters(each) for each in (module.draw, module.plotted, module.footer)]
    assert set.union(*taken) == set(DRAWN[name].inputs)


def test_the_page_takes_the_inputs_of_its_entry():
    [page] = [figure for figure in FIGURES if figure.name not in DRAWN]
    module = import_module(f"valuescape.figures.{page.name}")
    assert parameters(module.main) == {*page.inputs, *page.suffixes}


def test_entries_say_what_a_reader_needs():
    found = [figure.section for figure in FIGURES]
    assert found == sorted(found, key=SECTIONS.index)
    assert set(found) == set(SECTIONS)
    for figure in FIGURES:
        assert "\n" not in figure.shows
        assert len(figure.shows) <= 90
        paragraphs = figure.caption.split("\n\n")
        assert all(paragraph and "\n" not in paragraph for paragraph in paragraphs)
        assert all("  " not in paragraph for paragraph in paragraphs)


def test_inputs_are_tables_with_a_place_or_known_files():
    for figure in FIGURES:
        for source in figure.inputs.values():
            if isinstance(source, Table):
                assert source.path, source.name
            else:
                assert source in FILES


def test_the_catalogue_loads_nothing_that_draws():
    code = "import sys, valuescape.figures.catalogue; print('matplotlib' in sys.modules)"
    environment = {"PYTHONPATH": str(ROOT / "workflow/lib")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "False\n"


def test_the_documentation_lists_every_figure(tmp_path):
    page = ROOT / "docs/figures.md"
    again = tmp_path / "figures.md"
    again.write_text(page.read_text("utf-8").replace("| `figure_cultural_map` |", "|"), "utf-8")
    catalogue.main(page=again)
    assert page.read_text("utf-8") == again.read_text("utf-8"), (
        "python -m valuescape.figures.catalogue --page docs/figures.md"
    )
