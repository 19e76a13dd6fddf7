"""Runs that are compared: which pairs, and what another study must hold to be laid beside."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from valuescape.core.errors import UserError
from valuescape.lenses.comparison.runs import Run, answered_elsewhere, other_runs, pairs_of, runs_of
from valuescape.lenses.cultural_map.tables import POSITIONS

CONFIG = {
    "study": "test",
    "models": ["small", "large"],
    "conditions": [{"name": "base"}, {"name": "reversed", "option_order": "reversed"}],
    "readout": "probabilities",
    "attempts": 1,
    "shards": 2,
    "grouping": ["continent"],
    "compare_with": [],
}


def test_a_run_passes_through_a_command_line():
    runs = runs_of(CONFIG, "results/test")
    assert [run.name for run in runs] == [
        "test/small/base", "test/small/reversed", "test/large/base", "test/large/reversed",
    ]  # fmt: skip
    assert [Run.parse(run.json()) for run in runs] == runs
    assert [path.as_posix() for path in runs[1].stats] == [
        f"results/test/small/reversed/responses/000{k}-of-0002.json" for k in (1, 2)
    ]


def test_tables_of_all_configurations_stand_beside_the_answers_that_were_asked():
    asked = runs_of(CONFIG, "results/test")[0]
    predicted = replace(asked, lenses="surface")
    assert Run.parse(predicted.json()) == predicted
    assert predicted.table(POSITIONS).as_posix() == (
        "results/test/surface/small/base/map/positions.parquet"
    )
    assert predicted.responses == asked.responses


def test_pairs_differ_in_the_model_or_in_the_condition():
    runs = runs_of(CONFIG, "results/test")
    assert pairs_of(runs) == [(0, 1), (0, 2), (1, 3), (2, 3)]
    # a model of another study, asked in the same way, is another model
    beside = runs_of(CONFIG | {"models": ["small"]}, "results/other")
    assert pairs_of([runs[0], *beside]) == [(0, 1), (1, 2)]
    assert pairs_of(runs[:1]) == []


def test_answers_given_elsewhere_stand_under_a_condition_by_its_name(tmp_path):
    theirs = {"models": ["small", "export", "benchmark"]}
    elsewhere = {"export": ("configured", ["base"]), "benchmark": ("other", ["reversed"])}
    study = CONFIG | theirs | {"study": "other"}
    runs = runs_of(study, tmp_path.as_posix(), elsewhere)
    assert [run.name.partition("/")[2] for run in runs] == [
        "small/base", "small/reversed", "export/base", "benchmark/reversed",
    ]  # fmt: skip
    assert pairs_of(runs) == [(0, 1), (0, 2), (1, 3)]
    *_, export, benchmark = runs
    assert (export.stats, export.is_asked) == ([], False)
    assert export.biographies == tmp_path / "export/biographies.parquet"
    # only what needs configurations is not read of other respondents
    names = [{file.name for file in run.files()} for run in (export, benchmark)]
    assert names[0] - names[1] == {"oracle_agreement.parquet"}
    # a finished study tells it by what lies there
    for run, columns in (
        (export, {"persona_id": [1], "happiness": [0]}),
        (benchmark, {"persona_id": [1]}),
    ):
        (run.responses.parent.parent).mkdir(parents=True)
        pl.DataFrame(columns).write_parquet(run.personas)
        (run.responses.parent.parent / "external_answers.parquet").touch()
    assert answered_elsewhere(study, tmp_path) == elsewhere


@pytest.fixture
def other(tmp_path):
    """Return the results of a finished study, empty files but for its config."""
    folder = tmp_path / "other"
    for run in runs_of(CONFIG, folder.as_posix()):
        for file in run.files():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    (folder / "config.json").write_text(json.dumps(CONFIG | {"study": "other"}), encoding="utf-8")
    return folder


def test_another_study_is_laid_beside(other):
    runs = other_runs(CONFIG | {"compare_with": [str(other)]})
    assert [run.name for run in runs][::2] == ["other/small/base", "other/large/base"]
    assert other_runs(CONFIG) == []


def test_what_another_study_lacks_is_told(other):
    study = CONFIG | {"compare_with": [str(other)]}
    with pytest.raises(UserError, match="this study itself"):
        other_runs(study | {"study": "other"})
    with pytest.raises(UserError, match=r"grouping \['continent'\], this study \['country'\]"):
        other_runs(study | {"grouping": ["country"]})
    (other / "small/base/map/positions.parquet").unlink()
    with pytest.raises(UserError, match=r"1 files are missing, the first is .*positions.parquet"):
        other_runs(study)
    with pytest.raises(UserError, match="no finished study"):
        other_runs(study | {"compare_with": [str(other / "small")]})
