"""Phrasing: what a persona is told and asked, word by word."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from valuescape.asking.phrasing import (
    Phrasing,
    answer_sections,
    demographics_of,
    persona_text,
    statements,
)
from valuescape.study.conditions import CONTEXT_PARTS
from valuescape.study.instruments import Option, Question, read_instrument
from valuescape.study.space import read_space
from valuescape.study.templates import Template

CONFIG = Path(__file__).parents[2] / "config"
LABELS = "ABCDEFGHIJ"
CONTEXTS = [some for size in range(4) for some in combinations(CONTEXT_PARTS, size)]
MODES = ("single", "battery", "reasoned", "verbalised")
SECTIONS = {
    section
    for layout in ("interview", "chat")
    for mode in MODES
    for section in answer_sections({"layout": layout}, mode, CONTEXT_PARTS)
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


PART_OF = {
    "demographics": (
        "You are 41 years old and female. You live with parents in Chile, in an urban area. "
        "Your education: Tertiary. Your occupation: Professionals. Your religion: none."
    ),
    "configuration": "You are happy. You trust.",
    "biography": "You are Ada.",
}
ADA = {
    "name": "Ada", "age": 41, "sex": "female", "country": "Chile",
    "settlement": "urban", "education": "Tertiary", "occupation": "Professionals",
    "household": "with parents", "religion": "none", "biography": PART_OF["biography"],
}  # fmt: skip


@pytest.mark.parametrize("context", CONTEXTS, ids=" ".join)
def test_a_persona_is_told_the_parts_that_the_condition_says_and_no_other(shipped, context):
    said = ["You are happy.", "You trust."]
    told = persona_text(shipped, context, said, ADA["biography"], demographics_of(ADA))
    assert told == "\n\n".join(PART_OF[part] for part in context)
    # without a valid biography there is its configuration alone
    nobody = dict.fromkeys(ADA)
    rest = persona_text(shipped, context, said, None, demographics_of(nobody))
    assert rest == (PART_OF["configuration"] if "configuration" in context else "")


def test_demographics_that_are_not_known_are_not_told(shipped):
    assigned = ADA | {"country": "United States", "settlement": "rural"}
    assigned |= dict.fromkeys(["occupation", "household", "religion"])
    who = demographics_of(assigned)
    assert persona_text(shipped, ["demographics"], [], None, who) == (
        "You are 41 years old and female. You live in the United States, in a rural area. "
        "Your education: Tertiary."
    )


@pytest.mark.parametrize("part", CONTEXT_PARTS)
def test_only_who_is_told_a_part_is_asked_anew_when_its_wording_changes(tmp_path, part):
    text = (CONFIG / "prompts/answer.md").read_text(encoding="utf-8")
    edited = tmp_path / "answer.md"
    edited.write_text(text.replace(f"## {part}\n", f"## {part}\nYou. "), encoding="utf-8")
    form = {"layout": "chat"}

    def changes(context):
        sections = answer_sections(form, context=context)
        files = (CONFIG / "prompts/answer.md", edited)
        return len({Template(file, sections).fingerprint for file in files}) > 1

    assert [context for context in CONTEXTS if changes(context)] == [
        context for context in CONTEXTS if part in context
    ]


def test_who_is_told_nothing_is_asked_all_the_same(shipped):
    form = {"form": "option_text", "layout": "interview"}
    prompt, _ = Phrasing(shipped, form).question(QUESTION, VALUES | {"persona": ""}, LABELS)
    assert prompt.text == "Interviewer: How much do you read?\nYou:"


def test_the_statements_are_those_of_the_levels():
    space = read_space(CONFIG / "persona_space.yaml")
    assert statements(space, 0) == [v.levels[0].wording for v in space.variables]
    assert statements(space, 93_311) == [v.levels[-1].wording for v in space.variables]
