"""Catalogue of results: every table and figure of the study is shown somewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from valuescape import lenses
from valuescape.core.tables import Table
from valuescape.figures.catalogue import FIGURES
from valuescape.reporting import catalogue

ROOT = Path(__file__).parents[2]
# No wildcard but these is filled in where a table is read.
PLACE = {"model": "gpt", "condition": "base"}


def entries():
    """Return every table of every room."""
    return [
        entry
        for room in catalogue.ROOMS
        for entry in vars(room).values()
        if isinstance(entry, Table)
    ]


def test_every_lens_and_room_with_tables_is_gathered():
    package = Path(lenses.__file__).parent.parent
    modules = {".".join(path.relative_to(package).with_suffix("").parts)
               for path in package.rglob("tables.py") if path.parent.name != "core"}  # fmt: skip
    gathered = {room.__name__.removeprefix("valuescape.") for room in catalogue.ROOMS}
    assert gathered == modules


def test_no_table_is_made_and_shown_nowhere():
    in_figures = {
        source.name
        for figure in FIGURES
        for source in figure.inputs.values()
        if isinstance(source, Table)
    }
    for entry in entries():
        if entry.title or entry.note:
            assert entry.title, entry.name
            assert entry.path, entry.name
            assert entry.section in {*catalogue.SECTIONS, catalogue.OF_STUDY}, entry.name
        elif entry.path:
            # single personas, in the order of thousands: drawn, not printed
            assert entry.name in in_figures, entry.name


def test_no_figure_is_of_an_unknown_section():
    known = {*catalogue.SECTIONS, catalogue.OF_STUDY}
    assert {figure.section for figure in FIGURES} <= known


def test_every_section_shows_something():
    shown = {entry.section for entry in (*catalogue.result_tables(), *FIGURES)}
    assert shown == {*catalogue.SECTIONS, catalogue.OF_STUDY}


def test_what_is_of_the_study_is_of_no_report():
    whole = {entry.name for entry in catalogue.comparison_result_tables()}
    assert whole
    assert not whole & {entry.name for entry in catalogue.result_tables()}
    for entry in catalogue.comparison_result_tables():
        assert "{" not in entry.path, entry.name
    for figure in FIGURES:
        if figure.of_study:
            assert {t.name for t in figure.inputs.values() if isinstance(t, Table)} <= whole


EVERY = (*catalogue.result_tables(), *catalogue.comparison_result_tables())


@pytest.mark.parametrize("entry", EVERY, ids=lambda entry: entry.name)
def test_entries_say_what_a_reader_needs(entry):
    assert "\n" not in entry.title
    assert len(entry.title) <= 100
    assert not entry.title.endswith(".")
    assert not entry.note or entry.note.rstrip().endswith((".", ")"))
    assert entry.path.format(**PLACE).endswith(".parquet")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"path": "other.parquet"}, "2 tables have the name"),
        ({"name": "other"}, "2 tables have the path"),
        ({"name": "other", "path": "other.parquet", "section": "odd"}, "is of section 'odd'"),
    ],
)
def test_names_paths_and_sections_are_checked(monkeypatch, second, message):
    class Room:
        ONE = Table("one", {}, (), path="one.parquet", title="One", section="map")
        OTHER = Table(**{"name": "one", "columns": {}, "key": (), "path": "one.parquet",
                         "title": "Other", "section": "map"} | second)  # fmt: skip

    monkeypatch.setattr(catalogue, "ROOMS", (Room,))
    with pytest.raises(ValueError, match=message):
        catalogue.result_tables()


def test_a_plan_loads_nothing_that_computes():
    code = (
        "import sys, valuescape.reporting.plan;"
        "print({'scipy', 'sklearn', 'matplotlib', 'plotly'} & {*sys.modules})"
    )
    environment = {"PYTHONPATH": str(ROOT / "workflow/lib")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "set()\n"
