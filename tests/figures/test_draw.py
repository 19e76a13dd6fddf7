"""Drawing: that a figure can be read, that it says whose answers it shows, and equal bytes."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest
from matplotlib import rcParams
from matplotlib.text import Text

import made_up_results as made_up
from drawn_figures import DRAWN, FILES, boxes, drawn, overlaps
from valuescape.core import tables
from valuescape.core.tables import Table
from valuescape.figures import draw, style
from valuescape.figures.catalogue import FILES as NAMED_FILES
from valuescape.lenses.alignment.tables import QUANTILES

pytestmark = pytest.mark.drawing

REAL = {
    "engine": "vllm",
    "model": "gpt-oss-20b",
    "study design": "oa144",
    "condition": '{"name": "base", "context": ["configuration", "biography"]}',
}
SYNTHETIC = REAL | {"engine": "synthetic", "model": "synthetic"}
NO_LLM = "design_null_map"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Write every table once, as of a real engine."""
    return made_up.write_all(tmp_path_factory.mktemp("real"), REAL)


@pytest.fixture
def coarse(monkeypatch):
    """Draw few pixels, and letters as outlines: to take them out of a font takes half the time."""
    monkeypatch.setattr(style, "DPI", 50)
    monkeypatch.setitem(style.RC, "pdf.fonttype", 3)


def run_figure(name, paths, folder):
    """Draw a figure and return where to."""
    inputs = [
        paths[source.name] if isinstance(source, Table) else FILES[source]
        for source in DRAWN[name].inputs.values()
    ]
    targets = {suffix: folder / f"{name}.{suffix}" for suffix in DRAWN[name].suffixes}
    targets["source"] = folder / f"{name}.source.txt"
    draw.main(figure=name, inputs=inputs, **targets)
    return targets


def test_every_named_file_but_biographies_can_be_read():
    assert {*draw.READERS, "biographies"} == set(NAMED_FILES)


@pytest.mark.parametrize("name", DRAWN)
def test_two_runs_are_equal_to_the_byte(name, results, tmp_path, coarse):
    before = dict(rcParams)
    first = run_figure(name, results, tmp_path / "first")
    second = run_figure(name, results, tmp_path / "second")
    for suffix in DRAWN[name].suffixes:
        assert first[suffix].read_bytes() == second[suffix].read_bytes()
    assert first["pdf"].read_bytes().startswith(b"%PDF")
    assert b"CreationDate" not in first["pdf"].read_bytes()
    opening = "No LLM was asked" if name == NO_LLM else "LLM personas are not people."
    assert first["source"].read_text().startswith(opening)
    assert "SYNTHETIC" not in first["source"].read_text()
    assert pl.read_csv(first["csv"], infer_schema=False).height > 0
    assert dict(rcParams) == before


def test_two_runs_as_readers_get_them_are_equal_to_the_byte(results, tmp_path):
    """At full size, with the letters' own font in the PDF."""
    first, second = (run_figure("quantile_curve", results, tmp_path / run) for run in "ab")
    assert all(first[suffix].read_bytes() == second[suffix].read_bytes() for suffix in first)
    assert b"/FontFile2" in first["pdf"].read_bytes()


def test_the_source_of_a_synthetic_engine_says_so_first(tmp_path, coarse):
    tables.write(made_up.quantiles(), tmp_path / "table.parquet", QUANTILES, SYNTHETIC)
    paths = {QUANTILES.name: tmp_path / "table.parquet"}
    said = run_figure("quantile_curve", paths, tmp_path)["source"].read_text()
    assert said.startswith("SYNTHETIC RESPONDENT - not an LLM\n")
    assert "\nengine: synthetic\n" in said


def test_a_figure_without_tables_comes_from_the_space(results, tmp_path, coarse):
    said = run_figure(NO_LLM, {}, tmp_path)["source"].read_text()
    assert "n = 93,312 configurations, each once\n" in said
    assert "\nspace: " in said


@pytest.mark.parametrize("n", [144, 93_312])
@pytest.mark.parametrize("name", DRAWN)
def test_no_text_overlaps_another_or_leaves_the_page(name, n):
    figure = drawn(name, n)
    found = boxes(figure)
    assert found
    for text, box in found:
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
    clashes = [(one, other) for (one, a), (other, b) in combinations(found, 2) if overlaps(a, b)]
    assert clashes == []


@pytest.mark.parametrize("n", [144, 93_312])
@pytest.mark.parametrize("name", DRAWN)
def test_legends_clear_the_axes_and_the_footer(name, n):
    figure = drawn(name, n)
    footer = style.footer_height(float(figure.get_size_inches()[0])) * figure.dpi
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    drawn_axes = [axes for axes in figure.axes if axes.axison]
    for legend in legends:
        box = legend.get_window_extent()
        assert box.y0 >= footer - 1
        assert box.x0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert not any(overlaps(box, axes.get_tightbbox()) for axes in drawn_axes)
    assert min(axes.get_tightbbox().y0 for axes in drawn_axes) >= footer - 1


@pytest.mark.parametrize("name", DRAWN)
def test_print_is_never_smaller_than_6_5_points(name):
    figure = drawn(name, 144)
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(sizes) >= style.SMALL
    assert figure.get_size_inches()[0] <= style.WIDTH_DOUBLE


@pytest.mark.parametrize("name", DRAWN)
def test_only_a_panel_without_data_says_that_it_is_empty(name):
    figure = drawn(name, 144)
    style.note_empty(figure)
    told = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert style.NOT_DEFINED not in told
