"""Conditions: what is left open, what determines an answer, how one passes through a command."""

from __future__ import annotations

import dataclasses

import yaml
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from valuescape.study.conditions import CONTEXT_PARTS, OF_MODE, Condition

STUDY = {"readout": "probabilities", "attempts": 2}


def test_a_study_says_what_an_entry_leaves_open():
    base = Condition.of({"name": "base"}, STUDY)
    assert (base.readout, base.attempts) == ("probabilities", 2)
    assert base.context == CONTEXT_PARTS
    drawn = Condition.of({"name": "drawn", "readout": "drawn", "context": []}, STUDY)
    assert (drawn.readout, drawn.context) == ("drawn", ())


def test_the_parts_of_a_context_have_one_order():
    told = Condition.read({"name": "base", "context": ["biography", "demographics"]})
    assert told.context == ("demographics", "biography")
    assert told.tells_demographics
    assert not Condition("base", ("configuration", "biography")).tells_demographics


@given(
    context=st.sets(st.sampled_from(CONTEXT_PARTS)),
    mode=st.sampled_from(list(OF_MODE)),
    readout=st.sampled_from(["probabilities", "modal", "drawn"]),
    replicate=st.integers(0, 9),
)
def test_a_condition_passes_through_a_command_line_unchanged(context, mode, readout, replicate):
    keys = {"mode": mode, "readout": readout, "replicate": replicate}
    condition = Condition.read({"name": "base", "context": context, **keys})
    assert Condition.parse(condition.json()) == condition


def test_reading_the_mode_of_the_probabilities_asks_nothing_anew():
    of = {readout: Condition("base", readout=readout).determining() for readout in
          ("probabilities", "modal", "drawn")}  # fmt: skip
    assert of["probabilities"] == of["modal"] != of["drawn"]


def test_only_what_a_mode_reads_determines_its_answers():
    single = Condition("base", temperature=0.5, attempts=3).determining()
    assert single == Condition("base").determining()
    sampled = Condition("base", mode="sampled", temperature=0.5).determining()
    assert sampled != Condition("base", mode="sampled").determining()
    assert "scoring" not in sampled


def test_languages_at_their_defaults_determine_nothing_and_others_do():
    base = Condition("base").determining()
    assert not {"language", "context_language", "wording"} & base.keys()
    for key, other in (("language", "de"), ("context_language", "auto"), ("wording", "evs")):
        assert dataclasses.replace(Condition("base"), **{key: other}).determining() == base | {
            key: other
        }


def test_which_biographies_are_told_is_seen_in_what_is_told_not_here():
    other = Condition("base", biography_replicate=1)
    assert other.determining() == Condition("base").determining()
    assert other.tells_a_biography
    assert not Condition("base", ("configuration",)).tells_a_biography


def test_the_schema_has_the_same_keys_and_defaults():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
    entries = schema["properties"]["conditions"]["items"]["properties"]
    known = {field.name: field.default for field in dataclasses.fields(Condition)}
    given = {key: entry["default"] for key, entry in entries.items() if "default" in entry}
    assert tuple(given.pop("context")) == known["context"]
    assert given.items() <= known.items()
    assert set(entries) == set(known) - {"attempts"}
    assert entries["mode"]["enum"] == list(OF_MODE)
    assert tuple(entries["context"]["items"]["enum"]) == CONTEXT_PARTS


def test_a_persona_that_is_told_no_country_yields_no_group():
    """Referee A1: groups were labels that the persona never saw."""
    told = Condition("base", ("demographics", "configuration"))
    assert told.no_groups_because(["continent", "settlement"]) == ""
    untold = Condition("base", ("configuration", "biography"))
    assert untold.no_groups_because(["continent"]) == "persona is not told its country"
    reason = untold.no_groups_because(["continent", "country", "sex"])
    assert reason == "persona is not told its country and sex"
