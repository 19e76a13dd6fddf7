"""What is promised of a study's configuration."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from snakemake.utils import update_config

from valuescape.core.errors import UserError
from valuescape.study.check import SCHEMA, _laid_over, check_config, read_study

ROOT = Path(__file__).parents[2]
DEMO = Path("config/demo.yaml")
PAPER = Path("config/paper.yaml")


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch):
    monkeypatch.chdir(ROOT)


def content(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def refusal(**keys):
    with pytest.raises(UserError) as caught:
        check_config(content(DEMO) | keys, [DEMO])
    return caught.value


def sections(schema):
    """Yield every mapping of the schema that describes keys."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from sections(part)


def test_the_demo_is_sound():
    check_config(content(DEMO), [DEMO])


def test_the_paper_is_sound_and_holds_only_what_differs():
    demo, paper = content(DEMO), content(PAPER)
    check_config(demo | paper, [PAPER, DEMO])
    assert all(demo[key] != value for key, value in paper.items())


def test_the_schema_is_one():
    Draft202012Validator.check_schema(content(SCHEMA))


def test_every_key_is_described_and_no_other_is_allowed():
    for section in sections(content(SCHEMA)):
        assert section["additionalProperties"] is False
        for key, value in section["properties"].items():
            assert value.get("description"), key


def test_every_key_of_the_demo_has_a_comment():
    lines = DEMO.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"[a-z_]+:", line):
            assert lines[number - 1].startswith("#"), line


def test_every_key_is_read_by_a_rule():
    files = [
        ROOT / "Snakefile",
        *(ROOT / "workflow/rules").glob("*.smk"),
        ROOT / "workflow/lib/valuescape/study/conditions.py",
        ROOT / "workflow/lib/valuescape/lenses/comparison/runs.py",
    ]
    rules = "".join(file.read_text(encoding="utf-8") for file in files)
    config = content(DEMO)
    for key, value in config.items():
        assert re.search(rf"""(config\[|uncompared\()["']{key}["']""", rules), key
        # the report reads every table of `reference`
        if key in {"prompts", "oracle"}:
            for name in value:
                assert f'config["{key}"]["{name}"]' in rules


def test_a_misspelt_key_is_told_with_file_line_and_the_closest_one(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("study: mine\nbootstrap_replicate: 20\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        check_config(content(DEMO) | content(mine), [mine, DEMO])
    assert caught.value.message == f"{mine}, line 2: unknown key 'bootstrap_replicate'"
    assert caught.value.hint == "did you mean 'bootstrap_replicates'?"


def test_all_mistakes_are_told_at_once():
    message = refusal(shards="two", readout="mean", seeds=1).message
    assert all(key in message for key in ("shards", "readout", "'seeds'"))


def test_a_missing_key_is_told():
    config = content(DEMO)
    del config["prompts"]["answer"]
    with pytest.raises(UserError, match=r"line \d+: the key 'answer' is missing"):
        check_config(config, [DEMO])


def test_a_value_from_the_command_line_is_told_so():
    assert refusal(shards="two").message.startswith("--config, shards: ")


def test_a_misspelt_condition_key_is_told():
    error = refusal(conditions=[{"name": "base", "option_ordr": "reversed"}])
    assert "unknown key 'option_ordr'" in error.message
    assert error.hint == "did you mean 'option_order'?"


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ({"told": "both"}, "write context: [] (nothing), or any of demographics"),
        ({"choose": "drawn"}, "write readout: modal (most_probable) or drawn"),
        ({"answers": "chosen"}, "write readout: probabilities, modal or drawn"),
        ({"biographies": 1}, "write biography_replicate"),
    ],
)
def test_a_key_of_before_is_refused_and_the_new_one_named(entry, hint):
    error = refusal(conditions=[{"name": "base", **entry}])
    assert f"unknown key {next(iter(entry))!r}" in error.message
    assert error.hint.startswith(hint)


@pytest.mark.parametrize(
    ("keys", "place", "hint"),
    [
        ({"oracle": {"scale": "mine.yaml"}}, "scale", "write instrument"),
        ({"oracle": {"seeds": 3}}, "seeds", "write draws"),
    ],
)
def test_a_key_of_before_is_refused_wherever_it_stands(tmp_path, keys, place, hint):
    mine = tmp_path / "mine.yaml"
    mine.write_text(yaml.safe_dump(keys), encoding="utf-8")
    with pytest.raises(UserError, match=rf"mine\.yaml, line \d: unknown key '{place}'") as caught:
        read_study([mine])
    assert caught.value.hint == hint


@pytest.mark.parametrize("readout", ["probabilities", "modal"])
@pytest.mark.parametrize("mode", ["sampled", "battery", "reasoned"])
def test_a_mode_that_writes_reads_what_was_drawn(mode, readout):
    error = refusal(conditions=[{"name": "base", "mode": mode, "readout": readout}])
    assert f"no {readout} to read" in error.message
    assert error.hint == "add readout: drawn to 'base'"
    check_config(
        content(DEMO) | {"conditions": [{"name": "base", "mode": mode, "readout": "drawn"}]}, [DEMO]
    )


@pytest.mark.parametrize(
    "context", [["biography", "biography"], ["configuration", "age"], "both"], ids=str
)
def test_a_context_is_any_of_three_parts(context):
    error = refusal(conditions=[{"name": "base", "context": context}])
    assert "conditions.0.context" in error.message


def test_a_study_holds_only_what_differs_from_the_demo(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("study: mine\noracle: {draws: 2}\n", encoding="utf-8")
    study, demo = read_study([PAPER, mine]), content(DEMO)
    assert (study["study"], study["design"], study["seed"]) == ("mine", "full", demo["seed"])
    assert study["oracle"] == demo["oracle"] | {"draws": 2}


@pytest.mark.parametrize(
    ("entry", "reason", "hint"),
    [
        ({"language": "xx"}, "has the language 'xx', which is no folder", "there are "),
        ({"context_language": "xx"}, "has the context_language 'xx'", "auto"),
        ({"wording": "odd"}, "has the wording 'odd', which en does not have", "it has base"),
        (
            {"context_language": "auto", "context": ["configuration"]},
            "in the language of a country, and tells none",
            "add demographics to its context",
        ),
        (
            {"context_language": "auto", "context": ["demographics", "biography"]},
            "tells a biography, which is written in English",
            "leave biography out of its context",
        ),
    ],
)
def test_a_language_that_is_not_there_is_refused(entry, reason, hint):
    error = refusal(conditions=[{"name": "base", "context": ["configuration"], **entry}])
    assert reason in error.message
    assert hint in error.hint


LAYERS = st.recursive(
    st.integers() | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
    max_leaves=8,
)
CONFIGS = st.dictionaries(st.sampled_from("abc"), LAYERS, max_size=3)


@given(below=CONFIGS, above=CONFIGS)
def test_a_file_is_laid_over_another_as_snakemake_does_it(below, above):
    expected: dict[str, Any] = deepcopy(below)
    update_config(expected, deepcopy(above))
    assert _laid_over(below, above) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("study: [", "line [12]: no valid YAML"),
        ("study: mine\nstudy: yours\n", "line 2: the key 'study' stands here twice"),
        ("- study\n", "line 1: a study is a mapping of keys to values"),
    ],
)
def test_a_study_file_that_cannot_be_read_is_told_by_line(tmp_path, text, reason):
    mine = tmp_path / "mine.yaml"
    mine.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=rf"mine\.yaml, {reason}"):
        read_study([mine])


def test_a_study_file_that_is_not_there_is_told():
    with pytest.raises(UserError, match=r"mine\.yaml: no such file"):
        read_study([Path("mine.yaml")])


@pytest.mark.parametrize(
    ("keys", "message", "hint"),
    [
        ({"models": ["synthetik"]}, "no file config/models/synthetik.yaml", "'synthetic'"),
        ({"instruments": ["iw", "wvb_probe", "mfq3"]}, "no file config/instruments/mfq3", "'mfq2'"),
        ({"instruments": ["iw", "wvb_probe"]}, "'mfq2' is missing", "add mfq2"),
        (
            {"persona_space": "config/persona_spaces.yaml"},
            "no file config/persona_spaces",
            "persona_space.yaml",
        ),
        (
            {
                "conditions": [
                    {"name": "base", "context": ["configuration"], "biography_replicate": 1}
                ]
            },
            "'base' has a context without a biography",
            "remove biography_replicate",
        ),
        ({"shards": 145}, "145 shards for the 144 personas", "at most 144"),
        ({"design": "oa200"}, "'oa200' is not one of full, oa144", "design"),
        (
            {"pythons": {"controller": "no-python", "inference-cpu": "x", "inference-gpu": "/x/y"}},
            "there is no interpreter no-python",
            "envs/install.sh",
        ),
        ({"study": "models"}, "a folder of results is called 'models'", "another name"),
        (
            {"study": "My study"},
            "study: 'study' is 'My study', which is not of the form",
            "becomes a folder",
        ),
        (
            {"conditions": [{"name": "base"}, {"name": "base", "replicate": 1}]},
            "'base' stands there 2 times",
            "once",
        ),
        (
            {"conditions": [{"name": "base"}, {"name": "again", "replicate": 1}]},
            "'again' would have the very answers of 'base', for another seed",
            "readout: drawn",
        ),
        (
            {"survey": {"wvs7": "mine/WVS7.sav", "trend": None}},
            "survey.wvs7: no file mine/WVS7.sav",
            "null if you have none",
        ),
        (
            {"grouping": ["continent", "education", "sex"]},
            "no public table knows groups by continent, education",
            "survey.wvs7",
        ),
        ({"grouping": ["religion"]}, "is 'religion', not one of", "A field of a biography"),
        ({"study": "a" * 260}, "'study' has 260 characters, more than 100", "becomes a folder"),
        ({"models": "smollm2-135m"}, "'models' is 'smollm2-135m', not a list", "[smollm2-135m]"),
        (
            {"models": ["gpt-4o"], "conditions": [{"name": "base", "options": "option_text"}]},
            "'base' scores the texts of options, and 'gpt-4o' (api: chat) gives no probability",
            "options: label_token",
        ),
    ],
    ids=[
        "model",
        "instrument",
        "instrument of a lens",
        "persona space",
        "biographies that no persona is told",
        "more shards than personas",
        "design",
        "interpreter",
        "taken name",
        "name that is no folder",
        "double name",
        "replicate that nothing draws",
        "survey file",
        "grouping without microdata",
        "unknown field of a grouping",
        "name too long for a folder",
        "one model and no list",
        "texts scored by a chat server",
    ],
)
def test_what_a_schema_cannot_say_is_refused_with_a_hint(keys, message, hint):
    error = refusal(**keys)
    assert message in error.message
    assert hint in error.hint


def test_a_reference_file_that_is_missing_is_told():
    config = deepcopy(content(DEMO))
    config["reference"]["norms"] = "config/reference/mfq2_country_norm.csv"
    with pytest.raises(UserError, match=r"reference\.norms: no file") as caught:
        check_config(config, [DEMO])
    assert "mfq2_country_norms.csv" in caught.value.hint


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("design: respondents300", "'respondents300' draws respondents, but survey.wvs7 names no"),
        (
            "projection_from: refit",
            "refit needs the EVS/WVS trend file, but survey.trend names no file",
        ),
    ],
)
def test_what_needs_a_survey_file_is_refused_without(keys, message, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    file = tmp_path / "study.yaml"
    file.write_text(keys)
    with pytest.raises(UserError, match=message) as caught:
        read_study([file])
    assert str(file) in caught.value.message
    assert "name" in caught.value.hint


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("answers: surface\ndesign: handful", "surface, but the design is 'handful'"),
        ("answers: surface\ndesign: full", "surface, but the design is 'full'"),
        ("holdout: 20", "20 personas, but nothing is predicted that they check"),
        ("answers: surface\nholdout: 99999", "only 93,168 are left to draw from"),
        ("second_stage: more.csv", "nothing is predicted from them"),
        ("answers: surface\nsecond_stage: more.csv", "more.csv is no CSV file"),
    ],
)
def test_a_surface_needs_a_design_and_a_holdout_a_surface(keys, message, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    file = tmp_path / "study.yaml"
    file.write_text(keys)
    with pytest.raises(UserError, match=message):
        read_study([file])
    file.write_text("answers: surface\ndesign: random300\nholdout: 20")
    assert read_study([file])["holdout"] == 20


FORWARD = {"name": "forward", "options": "label_token"}
BACKWARD = FORWARD | {"name": "backward", "option_order": "reversed"}
MEAN = FORWARD | {"name": "mean", "option_order": "both"}


@pytest.mark.parametrize(
    ("others", "missing"),
    [
        ([FORWARD, BACKWARD], []),
        ([FORWARD], ["reversed"]),
        ([BACKWARD], ["forward"]),
        ([FORWARD, BACKWARD | {"replicate": 1}], ["reversed"]),
        ([FORWARD, BACKWARD | {"biography_replicate": 1}], ["reversed"]),
        ([FORWARD, BACKWARD | {"mode": "verbalised"}], ["reversed"]),
        ([FORWARD, BACKWARD | {"wording": "brief"}], ["reversed"]),
        ([FORWARD, BACKWARD | {"context": ["configuration"]}], ["reversed"]),
        ([FORWARD, BACKWARD | {"options": "option_text"}], ["reversed"]),
        ([MEAN | {"name": "other", "replicate": 1}], ["forward", "reversed"]),
    ],
)
def test_a_mean_of_orders_stands_beside_the_two_whose_mean_it_is(others, missing):
    conditions = [*others, MEAN]
    if not missing:
        check_config(content(DEMO) | {"conditions": conditions}, [DEMO])
        return
    said = str(refusal(conditions=conditions))
    for order in ("forward", "reversed"):
        told = (
            f"'mean' is the mean of two orders, and none differs from it in option_order: {order} "
        )
        assert (told in said) == (order in missing)


@pytest.mark.parametrize("entry", [{"readout": "drawn"}, {"mode": "sampled", "readout": "drawn"}])
def test_answers_that_are_options_have_no_mean_of_orders(entry):
    conditions = [each | entry for each in (FORWARD, BACKWARD, MEAN)]
    assert "answers that are options have no mean" in str(refusal(conditions=conditions))
