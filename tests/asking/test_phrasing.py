"""Phrasing: what a persona is told and asked, word by word."""

from __future__ import annotations

from pathlib import Path

import pytest

from valuescape.asking.phrasing import (
    Phrasing,
    answer_sections,
    demographics_of,
    persona_text,
    statements,
)
from valuescape.study.conditions import CONTEXTS
from valuescape.study.instruments import Option, Question, read_instrument
from valuescape.study.space import read_space
from valuescape.study.templates import Template

CONFIG = Path(__file__).parents[2] / "config"
LABELS = "ABCDEFGHIJ"
MODES = ("single", "battery", "reasoned")
SECTIONS = {
    section
    for layout in ("interview", "chat")
    for mode in MODES
    for section in answer_sections({"layout": layout}, mode, "demographics")
}
QUESTION = Question(
    "Q1",
    "How much do you read?",
    (Option(1, "Much", "much"), Option(2, "Some", "some"), Option(3, "None", "not at all")),
)
VALUES = {"persona": "You are Ada.", "instruction": "", "question": QUESTION.text}


@pytest.fixture(scope="module")
def shipped() -> Template:
    return Template(CONFIG / "prompts/answer.md", SECTIONS)


def test_an_interview_goes_on_with_the_spoken_option(shipped):
    form = {"form": "option_text", "layout": "interview"}
    prompt, options = Phrasing(shipped, form).question(QUESTION, VALUES, LABELS)
    assert prompt.text == "You are Ada.\n\nInterviewer: How much do you read?\nYou:"
    assert options == (" Much", " Some", " Not at all")


@pytest.mark.parametrize(
    ("order", "listed", "labels"),
    [
        ("forward", "A. Much\nB. Some\nC. Not at all", (" A", " B", " C")),
        ("reversed", "A. Not at all\nB. Some\nC. Much", (" C", " B", " A")),
    ],
)
def test_labels_come_back_in_survey_order(shipped, order, listed, labels):
    form = {"form": "label_token", "layout": "interview"}
    prompt, options = Phrasing(shipped, form, order).question(QUESTION, VALUES, LABELS)
    assert prompt.text.endswith(f"How much do you read?\n{listed}\nYou:")
    assert options == labels


@pytest.mark.parametrize("order", ["forward", "reversed"])
def test_each_label_stands_beside_its_own_option(shipped, order):
    form = {"form": "label_token", "layout": "chat"}
    for name in ("iw", "wvb_probe", "mfq2"):
        for question in read_instrument(CONFIG / f"instruments/{name}.yaml").questions:
            prompt, labels = Phrasing(shipped, form, order).question(question, VALUES, LABELS)
            lines = prompt.messages[1][1].splitlines()
            for option, label in zip(question.options, labels, strict=True):
                (line,) = [line for line in lines if line.startswith(f"{label}. ")]
                assert line[3:].casefold() == option.spoken.casefold()


def test_a_chat_has_messages_and_opens_the_answer(shipped):
    form = {"form": "label_token", "layout": "chat", "prefill": "<final>"}
    prompt, options = Phrasing(shipped, form).question(
        QUESTION, VALUES | {"instruction": "Please."}, LABELS
    )
    assert [role for role, _ in prompt.messages] == ["system", "user"]
    system, user = (text for _, text in prompt.messages)
    assert system.startswith("You are Ada.\n\nYou answer an interviewer")
    assert user == (
        "Please. How much do you read?\nA. Much\nB. Some\nC. Not at all\nAnswer with one letter."
    )
    assert (prompt.text, prompt.prefill) == ("", "<final>")
    assert options == ("A", "B", "C")  # no space before: the turn is the model's own


def test_more_options_than_labels_are_not_cut_off(shipped):
    form = {"form": "label_token", "layout": "interview"}
    with pytest.raises(ValueError, match="longer"):
        Phrasing(shipped, form).question(QUESTION, VALUES, "AB")


@pytest.mark.parametrize(
    ("context", "with_biography", "without"),
    [
        (["configuration"], "You are happy. You trust.", "You are happy. You trust."),
        (["biography"], "You are Ada.", ""),
        (
            ["configuration", "biography"],
            "You are happy. You trust.\n\nYou are Ada.",
            "You are happy. You trust.",
        ),
        ([], "", ""),
    ],
)
def test_a_persona_is_told_what_the_condition_says(shipped, context, with_biography, without):
    said = ["You are happy.", "You trust."]
    assert persona_text(shipped, context, said, "You are Ada.") == with_biography
    assert persona_text(shipped, context, said, None) == without


def test_demographics_are_told_without_name_views_and_text(shipped):
    biography = {
        "name": "Ada", "age": 41, "sex": "female", "country": "Chile",
        "settlement": "urban", "education": "Tertiary", "occupation": "Professionals",
        "household": "with parents", "religion": "none", "biography": "You are Ada.",
    }  # fmt: skip
    who = demographics_of(biography)
    text = persona_text(shipped, ["demographics"], ["You are happy."], "You are Ada.", who)
    assert text == (
        "You are 41 years old and female. You live with parents in Chile, in an urban area. "
        "Your education: Tertiary. Your occupation: Professionals. Your religion: none."
    )
    unknown = demographics_of(dict.fromkeys(biography))
    assert persona_text(shipped, ["demographics"], ["You are happy."], None, unknown) == ""


def test_only_who_is_told_demographics_is_asked_anew_when_their_wording_changes(tmp_path):
    text = (CONFIG / "prompts/answer.md").read_text(encoding="utf-8")
    edited = tmp_path / "answer.md"
    edited.write_text(text.replace("Your religion:", "Your faith:"), encoding="utf-8")
    form = {"layout": "chat"}

    def changes(context):
        sections = answer_sections(form, context=context)
        files = (CONFIG / "prompts/answer.md", edited)
        return len({Template(file, sections).fingerprint for file in files}) > 1

    assert [context for context in CONTEXTS if changes(context)] == [("demographics",)]


def test_who_is_told_nothing_is_asked_all_the_same(shipped):
    form = {"form": "option_text", "layout": "interview"}
    prompt, _ = Phrasing(shipped, form).question(QUESTION, VALUES | {"persona": ""}, LABELS)
    assert prompt.text == "Interviewer: How much do you read?\nYou:"


def test_the_statements_are_those_of_the_levels():
    space = read_space(CONFIG / "persona_space.yaml")
    assert statements(space, 0) == [v.levels[0].wording for v in space.variables]
    assert statements(space, 93_311) == [v.levels[-1].wording for v in space.variables]
