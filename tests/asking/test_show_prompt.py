"""Prompts: what a persona is told and asked, word by word."""

from __future__ import annotations

from pathlib import Path

import pytest

from valuescape.asking.phrasing import (
    TOLD,
    Phrasing,
    answer_sections,
    demographics_of,
    persona_text,
    statements,
)
from valuescape.asking.show_prompt import main
from valuescape.core.errors import UserError
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


def template(folder: Path, text: str) -> Template:
    path = folder / "mine.md"
    path.write_text(text, encoding="utf-8")
    return Template(path, ["interview"])


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
    ("told", "with_biography", "without"),
    [
        ("configuration", "You are happy. You trust.", "You are happy. You trust."),
        ("biography", "You are Ada.", ""),
        ("both", "You are happy. You trust.\n\nYou are Ada.", "You are happy. You trust."),
        ("nothing", "", ""),
    ],
)
def test_a_persona_is_told_what_the_condition_says(shipped, told, with_biography, without):
    said = ["You are happy.", "You trust."]
    assert persona_text(shipped, told, said, "You are Ada.") == with_biography
    assert persona_text(shipped, told, said, None) == without


def test_demographics_are_told_without_name_views_and_text(shipped):
    life = {
        "name": "Ada", "age": 41, "sex": "female", "country": "Chile",
        "settlement": "urban", "education": "Tertiary", "occupation": "Professionals",
        "household": "with parents", "religion": "none", "biography": "You are Ada.",
    }  # fmt: skip
    who = demographics_of(life)
    text = persona_text(shipped, "demographics", ["You are happy."], "You are Ada.", who)
    assert text == (
        "You are 41 years old and female. You live with parents in Chile, in an urban area. "
        "Your education: Tertiary. Your occupation: Professionals. Your religion: none."
    )
    unknown = demographics_of(dict.fromkeys(life))
    assert persona_text(shipped, "demographics", ["You are happy."], None, unknown) == ""


def test_only_who_is_told_demographics_is_asked_anew_when_their_wording_changes(tmp_path):
    text = (CONFIG / "prompts/answer.md").read_text(encoding="utf-8")
    edited = tmp_path / "answer.md"
    edited.write_text(text.replace("Your religion:", "Your faith:"), encoding="utf-8")
    form = {"layout": "chat"}

    def changes(told):
        sections = answer_sections(form, told=told)
        files = (CONFIG / "prompts/answer.md", edited)
        return len({Template(file, sections).fingerprint for file in files}) > 1

    assert {told for told in TOLD if changes(told)} == {"demographics"}


def test_who_is_told_nothing_is_asked_all_the_same(shipped):
    form = {"form": "option_text", "layout": "interview"}
    prompt, _ = Phrasing(shipped, form).question(QUESTION, VALUES | {"persona": ""}, LABELS)
    assert prompt.text == "Interviewer: How much do you read?\nYou:"


def test_the_statements_are_those_of_the_levels():
    space = read_space(CONFIG / "persona_space.yaml")
    assert statements(space, 0) == [v.levels[0].wording for v in space.variables]
    assert statements(space, 93_311) == [v.levels[-1].wording for v in space.variables]


def test_an_unknown_variable_is_told_with_its_file_and_section(tmp_path):
    mine = template(tmp_path, "## interview\n{{ persona }} {{ mood }}\n")
    with pytest.raises(UserError, match=r"mine\.md, section '## interview': 'mood'") as caught:
        mine.section("interview", persona="You are Ada.")
    assert "persona" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("## chat\nHello\n", r"mine\.md: no section '## interview'; there are \['chat'"),
        ("## interview\n{% if %}\n", r"mine\.md: no valid template"),
    ],
)
def test_a_broken_template_is_told_with_its_file(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        template(tmp_path, text)


def test_a_missing_template_is_told(tmp_path):
    with pytest.raises(UserError, match=r"nowhere.md: cannot be read"):
        Template(tmp_path / "nowhere.md", [])


STUDY = """
study: mine
models: [synthetic]
conditions:
  - {name: base, told: configuration}
  - {name: labels, told: nothing, options: label_token, option_order: reversed}
  - {name: sampled, told: configuration, mode: sampled, answers: chosen}
  - {name: battery, told: configuration, mode: battery, answers: chosen}
  - {name: reasoned, told: configuration, mode: reasoned, reasoning_tokens: 40, answers: chosen}
  - {name: life, told: biography}
"""


@pytest.fixture
def show(tmp_path, monkeypatch, capsys):
    """Return what is printed of persona 4711 and the first item of the MFQ-2 in a condition."""
    monkeypatch.chdir(CONFIG.parent)
    (tmp_path / "mine.yaml").write_text(STUDY, encoding="utf-8")

    def printed(condition: str, *further: str) -> str:
        study = ["--configfile", str(tmp_path / "mine.yaml"), "--condition", condition]
        asked = ["--persona", "4711", "--instrument", "mfq2", "--item", "MFQ1"]
        main(["show", *asked, *study, *further])
        return capsys.readouterr().out

    return printed


MFQ2 = read_instrument(CONFIG / "instruments/mfq2.yaml")
ASKED = f"Interviewer: {MFQ2.instruction} {MFQ2.question('MFQ1').text}"
TEXTS = "\n".join(repr(f" {option.label}") for option in MFQ2.question("MFQ1").options)


def said() -> str:
    return " ".join(statements(read_space(CONFIG / "persona_space.yaml"), 4711))


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("base", "--- options, of which the probabilities are read"),
        ("sampled", "--- the model writes one of these (temperature 1, at most 29 tokens)"),
    ],
)
def test_show_prints_the_exact_prompt(show, condition, answer):
    head, _, rest = show(condition).partition("\n--- prompt\n")
    assert head == f"SYNTHETIC respondent, condition {condition}, mode {MODE_OF[condition]}"
    assert rest == f"{said()}\n\n{ASKED}\nYou:\n\n{answer}\n{TEXTS}\n"


MODE_OF = {"base": "single", "sampled": "sampled"}


def test_show_knows_form_order_and_who_is_told_nothing(show):
    listed = "\n".join(
        f"{label}. {option.label}"
        for label, option in zip("ABCDE", MFQ2.question("MFQ1").options[::-1], strict=True)
    )
    printed = show("labels")
    assert f"--- prompt\n{ASKED}\n{listed}\nYou:\n" in printed
    assert printed.endswith("' E'\n' D'\n' C'\n' B'\n' A'\n")


def test_show_prints_both_requests_of_a_reasoned_answer(show):
    first, second = show("reasoned").split("--- prompt\n")[1:]
    opened = first.partition("\n\n--- the model reasons (temperature 1, at most 40 tokens)")[0]
    assert opened.startswith(f"{said()}\n\n{ASKED} Take a moment to think before you answer.\n- ")
    assert opened.endswith("\nYou think:")
    assert second.startswith(f"{opened} (its reasoning)\nYou answer:\n\n--- the model writes one")
    assert second.endswith(f"{TEXTS}\n")


def test_show_prints_a_whole_battery(show):
    printed = show("battery")
    for question in MFQ2.questions:
        assert f"{question.id}. {question.text}\n" in printed
        assert f"\n{question.id}: 'Does not describe me at all', 'Slightly" in printed
    # five options that all items share stand there once
    assert printed.count("- Does not describe me at all") == 1


def test_show_takes_a_biography_or_says_how_to_get_one(show):
    assert "\nYou are Ada.\n\nInterviewer:" in show("life", "--biography", "You are Ada.")
    with pytest.raises(UserError, match="life tells a biography") as caught:
        show("life")
    assert "--biography" in caught.value.hint


@pytest.mark.parametrize(
    ("further", "message"),
    [
        (("--condition", "bas"), "no condition 'bas'"),
        (("--model", "gpt"), "no model 'gpt'"),
        (("--instrument", "mfq"), "no instrument 'mfq'"),
        (("--item", "MFQ99"), "no question 'MFQ99'"),
        (("--configfile", "nowhere.yaml"), "nowhere.yaml: there is no such file"),
    ],
)
def test_show_tells_what_does_not_exist(show, further, message):
    with pytest.raises(UserError, match=message):
        show("base", *further)
