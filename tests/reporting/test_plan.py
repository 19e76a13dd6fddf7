"""Plan: what decides of which models and conditions tables and figures are made."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from valuescape.core.errors import UserError
from valuescape.core.tables import Table
from valuescape.figures.catalogue import FIGURES, Figure
from valuescape.reporting.catalogue import comparison_result_tables, result_tables
from valuescape.reporting.plan import WITHOUT_INFLUENCE, Plan, design_options, instruments_of

CONFIG = Path(__file__).parents[2] / "config"
DEMO = yaml.safe_load((CONFIG / "demo.yaml").read_text(encoding="utf-8"))
ASKED = {"engine": "synthetic"}
PERSONAS = {"engine": "external", "mapping": {"persona": "id"}}
STRANGERS = {"engine": "external", "mapping": {"respondent": "id", "condition": "second"}}
BASE = {"name": "base", "context": ["demographics", "configuration"]}
SECOND = BASE | {"name": "second", "options": "label_token"}
GERMAN = BASE | {"name": "german", "language": "de"}


def plan(*conditions, models=None, **keys):
    models = models or {"one": ASKED}
    changed = {"conditions": list(conditions or [BASE]), "models": list(models)}
    return Plan(DEMO | changed | keys, models)


def test_the_demo_makes_every_table_that_needs_nothing_and_no_other():
    demo = Plan(DEMO, {"smollm2-135m": ASKED})
    expected = {each.name for each in result_tables() if not each.needs and each.of != "external"}
    assert set(demo.tables("smollm2-135m", "base")) == expected
    assert not demo.comparison_tables()
    assert not demo.comparison_figures()


@pytest.mark.parametrize(
    ("needs", "keys", "conditions"),
    [
        ("survey.wvs7", {"survey": {"wvs7": "a.csv", "trend": None}}, [BASE]),
        ("survey.trend", {"survey": {"wvs7": None, "trend": "a.csv"}}, [BASE]),
        ("answers=surface", {"answers": "surface"}, [BASE]),
        ("languages", {}, [BASE, GERMAN]),
        ("conditions.option_order|mode", {}, [BASE, BASE | {"name": "b", "mode": "sampled"}]),
        ("runs", {}, [BASE, SECOND]),
    ],
)
def test_a_study_has_what_an_entry_needs_or_has_not(needs, keys, conditions):
    entry = Table("made_up", {}, (), path="made_up.parquet", needs=needs)
    assert plan(*conditions, **keys).makes(entry)
    assert not plan().makes(entry)
    both = Table("both", {}, (), path="both.parquet", needs=f"{needs} survey.odd")
    odd = {"survey": {"wvs7": None, "trend": None, "odd": None} | keys.get("survey", {})}
    assert not plan(*conditions, **(keys | odd)).makes(both)


@pytest.mark.parametrize(
    ("of", "made"),
    [
        ("anyone", ["one", "personas", "strangers"]),
        ("configured", ["one", "personas"]),
        ("asked", ["one"]),
        ("external", ["personas", "strangers"]),
    ],
)
def test_a_table_is_made_of_those_whose_answers_it_is_of(of, made):
    models = {"one": ASKED, "personas": PERSONAS, "strangers": STRANGERS}
    several = plan(BASE, SECOND, models=models)
    entry = Table("made_up", {}, (), path="{model}/{condition}/made_up.parquet", of=of)
    assert [model for model in models if several.makes(entry, model)] == made
    assert several.places() == [
        ("one", "base"), ("one", "second"), ("personas", "base"), ("strangers", "second"),
    ]  # fmt: skip


def test_what_a_language_lacks_is_not_read_under_its_condition():
    study = plan(BASE, GERMAN)
    assert "mfq2" not in study.instruments("german")
    moral = Table("moral", {}, (), path="{model}/{condition}/morality/moral.parquet")
    assert instruments_of(moral) == {"mfq2"}
    assert study.makes(moral, "one")
    assert study.makes(moral, "one", "base")
    assert not study.makes(moral, "one", "german")
    assert not plan(GERMAN).makes(moral)
    shown = study.tables("one", "german")
    assert "map_summary" in shown
    assert not [name for name, each in shown.items() if each.section == "morality"
                and "{condition}" in each.path]  # fmt: skip


def test_a_figure_is_drawn_where_all_its_tables_are_made():
    made = Table("made", {}, (), path="{model}/{condition}/made.parquet")
    lacking = Table("lacking", {}, (), path="lacking.parquet", needs="survey.wvs7")
    both = {"made": made, "lacking": lacking, "space": "space"}
    assert plan().makes(Figure("a", "", "map", {"made": made, "space": "space"}, ""))
    assert not plan().makes(Figure("b", "", "map", both, ""))
    drawn = plan(BASE, GERMAN).figures("one", "german")
    for figure in FIGURES:
        reads_morality = any("/morality/" in table.path for table in figure.tables)
        assert not (reads_morality and figure.name in drawn), figure.name


def test_two_runs_are_laid_beside_each_other():
    several = plan(BASE, SECOND)
    assert set(several.comparison_tables()) == {each.name for each in comparison_result_tables()}
    assert len(several.comparison_figures()) == sum(each.of_study for each in FIGURES)
    # answers given elsewhere stand beside them, and conditions without a questionnaire do not
    beside = plan(BASE, GERMAN, models={"one": ASKED, "strangers": STRANGERS | {"mapping": {}}})
    assert [run.name for run in beside.runs] == ["demo/one/base", "demo/strangers/base"]
    assert not plan(BASE, GERMAN).comparison_tables()
    with pytest.raises(UserError, match="compare_with"):
        _ = plan(compare_with=["results/nothing"]).runs


def test_answers_elsewhere_are_read_in_groups_and_are_judged_by_nobody_who_is_not_asked():
    study = plan(
        BASE | {"context": ["configuration"]}, models={"one": ASKED, "elsewhere": PERSONAS}
    )
    assert study.condition_of("one", "base").context == ("configuration",)
    assert study.condition_of("elsewhere", "base").context == ("demographics", "configuration")
    assert study.judge_of("elsewhere") == "one"
    assert study.judge_of("one") == "one"
    assert plan(models={"one": ASKED, "two": ASKED}).judge_of("one") == "two"


def test_culture_is_ranked_where_personas_are_told_of_it():
    untold = {"name": "untold", "context": ["demographics"]}
    models = {"one": ASKED, "strangers": STRANGERS}
    assert plan(BASE, untold, SECOND, GERMAN, models=models).cultural_places() == [
        ("one", "base"), ("one", "second"),
    ]  # fmt: skip
    assert plan(untold).cultural_places() == [("one", "untold")]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "oa144"),
        ({"design": "random200"}, "random200 --seed 7"),
        ({"holdout": 20}, "oa144 --holdout 20 --seed 7"),
    ],
)
def test_who_is_asked_depends_on_the_seed_only_where_any_are_drawn(keys, expected):
    assert design_options(DEMO | {"seed": 7} | keys) == expected


def test_keys_without_influence_are_keys_of_a_study():
    assert set(WITHOUT_INFLUENCE) < set(DEMO)
