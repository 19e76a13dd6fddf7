"""Biographies: what may stand in one, and what becomes of one that is not finished."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuescape.asking.biographies import (
    CHOICES,
    STATED,
    BiographyRequests,
    Fields,
    read_assigned,
    read_fields,
    row,
)
from valuescape.asking.phrasing import CHAT_SECTIONS, statements
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.engine import Written
from valuescape.study import tables as study_tables
from valuescape.study.models import read_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

CONFIG = Path(__file__).parents[2] / "config"
FIELDS = read_fields(CONFIG / "biography.yaml", CONFIG / "reference/countries.csv")
TEXT = "You are a nurse in a small town. On Sundays, you walk to the lake with your sister."
FACTS = {
    "name": "Amélie Dubois",
    "age": 41,
    "sex": "female",
    "country": "Kenya",
    "settlement": "rural",
    "education": "Tertiary",
    "occupation": "Professionals",
    "household": "with a partner and children",
    "religion": "none",
    "biography": TEXT,
}


def on_one_line(facts: dict[str, object]) -> str:
    """Return the JSON of a biography, its fields in the order asked for."""
    ordered = {field: facts[field] for field in FACTS} | facts
    return json.dumps(ordered, ensure_ascii=False)


def written(text: str, *, finished: bool = True) -> Written:
    return Written(7, text, finished, 50)


words = st.text("abcé-'Z", min_size=1, max_size=9)
sentences = st.builds(
    "{} {}.".format, st.just("You"), st.lists(words, min_size=2, max_size=30).map(" ".join)
)
valid_facts = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[A-Z][a-z]{1,14}( [A-Z][a-z]{1,14}){0,2}", fullmatch=True),
        "age": st.integers(18, 94),
        "sex": st.sampled_from(FIELDS.choices["sex"]),
        "country": st.sampled_from(sorted(FIELDS.continents)),
        **{field: st.sampled_from(FIELDS.choices[field]) for field in CHOICES[1:]},
        "biography": st.lists(sentences, min_size=1, max_size=3).map(
            lambda more: " ".join(["You are a nurse.", *more])
        ),
    }
)


@settings(max_examples=30)
@given(valid_facts)
def test_every_valid_biography_matches_the_pattern_and_is_kept(facts):
    assert re.fullmatch(FIELDS.pattern, on_one_line(facts))
    kept = row(written(on_one_line(facts)), FIELDS)
    assert kept["status"] == "valid"
    assert {field: kept[field] for field in facts} == facts


@pytest.mark.parametrize(
    "changed",
    [
        {"country": "Atlantis"},
        {"age": 17},
        {"age": 95},
        {"age": "41"},
        {"religion": "nothing"},
        {"name": "Amélie 2"},
        {"biography": "You are a nurse in a small town."},  # one sentence
        {"biography": f"{TEXT} {TEXT.replace('You are', 'There')} You sing now."},  # five
        {"biography": TEXT.replace("You are", "She is")},
        {"biography": TEXT.removesuffix(".")},
        {"biography": f"{TEXT}\n"},
    ],
    ids=str,
)
def test_the_pattern_refuses_what_does_not_belong(changed):
    assert re.fullmatch(FIELDS.pattern, on_one_line(FACTS))
    assert not re.fullmatch(FIELDS.pattern, on_one_line(FACTS | changed))


def test_a_longest_sentence_is_kept_to():
    short = Fields(18, 20, 1, 1, 3, FIELDS.choices, {"Kenya": "Africa"})
    facts = FACTS | {"age": 18}
    assert re.fullmatch(short.pattern, on_one_line(facts | {"biography": "You are a good nurse."}))
    too_long = facts | {"biography": "You are a very good nurse."}
    assert not re.fullmatch(short.pattern, on_one_line(too_long))


def test_a_valid_biography_becomes_a_row():
    kept = row(written(on_one_line(FACTS)), FIELDS)
    known = {"status": "valid", "continent": "Africa", "n_tokens": 50}
    whose = {"persona_id": None, "attempts": None}  # the request knows
    assert kept == FACTS | known | whose | dict.fromkeys(STATED.values())
    assert list(kept) == list(study_tables.BIOGRAPHIES.columns)


@pytest.mark.parametrize(
    ("text", "finished", "status"),
    [
        (on_one_line(FACTS), False, "truncated"),
        (on_one_line(FACTS)[:-5], False, "truncated"),
        (on_one_line(FACTS)[:-5], True, "malformed"),
        ("I'm sorry, but I cannot write about a real person.", True, "refused"),
        ('["You are a nurse."]', True, "malformed"),
        (on_one_line(FACTS | {"mood": "good"}), True, "malformed"),
        (on_one_line(FACTS | {"country": "Atlantis"}), True, "out_of_range"),
        (on_one_line(FACTS | {"country": ["Kenya"]}), True, "malformed"),
        (on_one_line(FACTS | {"age": 17}), True, "out_of_range"),
        (on_one_line(FACTS | {"sex": None}), True, "malformed"),
        (on_one_line(FACTS | {"biography": {"text": TEXT}}), True, "malformed"),
    ],
)
def test_any_other_biography_is_counted_and_leaves_nothing(text, finished, status):
    kept = row(written(text, finished=finished), FIELDS)
    assert {key: value for key, value in kept.items() if value is not None} == {
        "status": status,
        "n_tokens": 50,
    }


def test_a_request_is_the_same_in_whatever_shard():
    space = read_space(CONFIG / "persona_space.yaml")
    template = Template(CONFIG / "prompts/biography.md", CHAT_SECTIONS)
    model = read_model(CONFIG / "models/gpt-oss-20b.yaml")
    said = {number: statements(space, number) for number in (3, 4, 5)}
    together = list(map(BiographyRequests(said, template, FIELDS, model, seed=1).request, said))
    alone = BiographyRequests({4: said[4]}, template, FIELDS, model, seed=1).request(4)
    assert together[1] == alone
    assert len({request.seed for request in together}) == 3
    later = BiographyRequests({4: said[4]}, template, FIELDS, model, seed=2).request(4)
    assert later.seed != alone.seed
    system, user = (text for _, text in alone.prompt.messages)
    assert "second person" in system
    assert " ".join(said[4]) in user
    assert alone.prompt.prefill == "<|channel|>final<|message|>"


def test_a_biography_is_asked_for_until_it_is_valid_or_attempts_run_out():
    template = Template(CONFIG / "prompts/biography.md", CHAT_SECTIONS)
    model = read_model(CONFIG / "models/smollm2-135m.yaml")
    requests = BiographyRequests({7: ["You trust."]}, template, FIELDS, model, seed=1, attempts=2)
    first = requests.request(7)
    (second,) = requests.reply(first, written("la la la"))
    assert second.prompt == first.prompt
    assert (second.key, second.seed != first.seed) == ((7, 2), True)
    (last,) = requests.reply(second, written("la la la"))
    assert (last["persona_id"], last["status"], last["attempts"]) == (7, "malformed", 2)
    (kept,) = requests.reply(second, written(on_one_line(FACTS)))
    assert (kept["status"], kept["attempts"]) == ("valid", 2)
    (at_once,) = requests.reply(first, written(on_one_line(FACTS)))
    assert (at_once["status"], at_once["attempts"]) == ("valid", 1)


ASSIGNED = {
    "country": "Kenya", "continent": "Africa", "settlement": "urban", "sex": "male", "age": 63,
    "education": "Tertiary",
}  # fmt: skip


def test_who_a_persona_is_by_design_stands_before_what_its_biography_states():
    kept = row(written(on_one_line(FACTS)), FIELDS, ASSIGNED)
    assert {name: kept[name] for name in ASSIGNED} == ASSIGNED
    stated = {name: kept[column] for name, column in STATED.items()}
    assert stated == {name: FACTS[name] for name in STATED}
    assert (kept["status"], kept["religion"]) == ("valid", "none")
    cut = row(written(on_one_line(FACTS), finished=False), FIELDS, ASSIGNED)
    assert {name: cut[name] for name in ASSIGNED} == ASSIGNED
    assert (cut["status"], cut["religion"], cut["stated_country"]) == ("truncated", None, None)


def test_the_prompt_gives_what_is_assigned_and_no_other_prompt_changes():
    path = CONFIG / "prompts/biography.md"
    model = read_model(CONFIG / "models/smollm2-135m.yaml")
    said = {7: ["You trust."]}
    template = Template(path, ("chat system", "chat user", "chat user assigned"))
    plain = BiographyRequests(said, template, FIELDS, model, seed=1).request(7)
    given = BiographyRequests(said, template, FIELDS, model, 1, 1, {7: ASSIGNED}).request(7)
    assert (given.seed, given.pattern) == (plain.seed, plain.pattern)
    facts = "Age: 63. Sex: male. Country: Kenya. Settlement: urban. Education: Tertiary."
    assert facts in given.prompt.messages[1][1]
    assert "Kenya" not in str(plain.prompt)


def test_what_no_biography_can_state_is_not_assigned(tmp_path):
    table = pl.DataFrame([{"persona_id": 7, **ASSIGNED}, {"persona_id": 8, **ASSIGNED}],
                         schema=dict(study_tables.DEMOGRAPHICS.columns))  # fmt: skip
    file = tmp_path / "demographics.parquet"
    tables.write(table, file, study_tables.DEMOGRAPHICS, {})
    assert read_assigned(file, [7], FIELDS) == {7: ASSIGNED}
    narrow = dataclasses.replace(FIELDS, highest_age=60)
    with pytest.raises(UserError, match="the age 63 is assigned") as caught:
        read_assigned(file, [7], narrow)
    assert "biography_fields" in caught.value.hint
