"""The page of comparison: figures, tables, what the differences come to; or nothing to compare."""

from __future__ import annotations

import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.figures.catalogue import FIGURES
from valuescape.lenses.comparison.runs import runs_of
from valuescape.reporting import comparison
from valuescape.reporting.catalogue import comparison_result_tables

# Any bytes: the page inlines a figure as it is.
PNG = b"\x89PNG"
CONFIG = {"models": ["a-model"], "readout": "modal", "attempts": 1, "shards": 1}
OF_STUDY = [figure.name for figure in FIGURES if figure.of_study]


@pytest.fixture
def written(tmp_path):
    def write(conditions, engine="vllm"):
        config = CONFIG | {"conditions": [{"name": name} for name in conditions]}
        runs = runs_of(config, "results/demo")
        files, figures = [], []
        if len(runs) > 1:
            for entry in comparison_result_tables():
                files.append(tmp_path / entry.path)
                origin = {"engine": engine, "model": "a-model"}
                tables.write(made_up.make(entry), files[-1], entry, origin)
            figures = [tmp_path / f"{name}.png" for name in OF_STUDY]
            for path in figures:
                path.write_bytes(PNG)
        page = tmp_path / "comparison.html"
        comparison.main(study="demo", runs=runs, tables=files, figures=figures, page=page)
        return page.read_text(encoding="utf-8")

    return write


def test_every_figure_and_table_is_shown(written):
    html = written(["base", "null"])
    for name in OF_STUDY:
        assert f'id="figure-{name}"' in html
    for entry in comparison_result_tables():
        assert f'id="table-{entry.name}"' in html
        assert entry.title in html
        if entry.excerpt or not entry.note:
            assert f'href="comparison/tables/{entry.name}.csv"' in html
    assert 'href="a-model/null/report.html"' in html
    assert "LLM personas are not people" in html
    assert "http" not in html.replace("http-equiv", "")


def test_what_differs_is_said_in_words():
    frame = made_up.make(comparison.COMPARISON_DIFFERENCES)
    assert comparison.in_words(frame) == (
        "1 pair of runs that differ in the model or in the condition were compared in 4 numbers. "
        "Of the 3 that can be tested, 1 differ beyond chance (adjusted for all of them, p < 0.05)."
    )


def test_the_surest_difference_stands_first():
    entry = comparison.COMPARISON_DIFFERENCES
    shown = comparison.shown(entry, made_up.make(entry))
    assert [cells[2][0] for cells in shown.content["rows"]][:2] == ["care", "Morality"]
    # a study that is the only one is not named in every row
    assert shown.content["rows"][0][0][0] == "smollm2-135m/base"


def test_one_model_and_condition_have_nothing_to_compare(written):
    html = written(["base"])
    assert "There is nothing to compare: the study has one model, a-model" in html
    assert "<figure" not in html


def test_synthetic_answers_are_marked(written):
    assert "SYNTHETIC RESPONDENT" in written(["base", "null"], engine="synthetic")
