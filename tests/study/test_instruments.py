"""Instruments: the shipped questionnaires, and what the checker says of a broken file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from valuescape.core.errors import UserError
from valuescape.study.instruments import FOUNDATIONS, Instrument, Question, Scale, read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[2] / "config"
N_QUESTIONS = {"iw": 10, "wvb_probe": 36, "mfq2": 36}
INDICATORS = ["A008", "A165", "E018", "E025", "F063", "F118", "F120", "G006", "Y002", "Y003"]
# First question of each of the twelve topics; each topic has three, one after the other.
TOPICS = (1, 46, 57, 106, 112, 121, 131, 158, 164, 176, 199, 235)

SMALL = """\
name: small
title: A small questionnaire
source: made up for a test
licence: none
instruction: Please answer.
response_options:
  answer: &answer
    - {value: 1, label: "Yes"}
    - {value: 2, label: "No"}
questions:
  - id: Q1
    text: Do you read?
    options: *answer
  - id: Q2
    text: How much do you read?
    near_copy: true
    options:
      - {value: 0, label: Nothing}
      - {value: 1, label: "1", spoken: a little}
      - {value: 4, label: Much, spoken: much}
"""


def shipped(name: str) -> Instrument:
    return read_instrument(CONFIG / "instruments" / f"{name}.yaml")


@pytest.fixture
def broken(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return the small questionnaire with one text replaced by another."""
    old, new = request.param
    assert old in SMALL
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("broken", [("Do you read?", "Do you read?")], indirect=True)
def test_reading_by_hand(broken: Path) -> None:
    small = read_instrument(broken)
    first, second = small.questions
    assert [option.value for option in first.options] == [1, 2]
    assert [option.spoken for option in second.options] == ["Nothing", "a little", "much"]
    assert [option.label for option in second.options] == ["Nothing", "1", "Much"]
    assert (first.near_copy, second.near_copy, second.conditioning) == (False, True, False)
    assert second.n_options == 3
    assert second.values.tolist() == [0, 1, 4]
    assert second.scaled.tolist() == [0, 0.25, 1]
    assert small.question("Q2") is second
    with pytest.raises(UserError, match="'small' has no question 'Q3'"):
        small.question("Q3")


@pytest.mark.parametrize(
    ("broken", "line", "reason"),
    [
        (("name: small", "name: large"), 1, "the name 'large' is not that of the file, 'small'"),
        (("licence: none\n", ""), 1, "the key 'licence' is missing"),
        (("near_copy: true", "near_kopy: true"), 16, "unknown key 'near_kopy'"),
        (
            ("near_copy: true", "near_copy: perhaps"),
            16,
            "'near_copy' is 'perhaps', not true or false",
        ),
        (("id: Q2", "id: Q1"), 14, "a second question with the id 'Q1'"),
        (("id: Q2", "id: Q 2"), 14, "'id' is 'Q 2', which is not of the form"),
        (('label: "Yes"', "label: Yes"), 8, "'label' is True, not text"),
        (('label: "No"', 'label: "yes"'), 9, "two options of 'Q1' have the label 'yes'"),
        (("spoken: much", "spoken: A little"), 20, "two options of 'Q2' have the spoken"),
        (("spoken: a little", "spoken: nothing"), 19, "two options of 'Q2' have the spoken"),
        (("value: 4", "value: 1"), 20, "option 1 of 'Q2' stands after option 1; values must rise"),
        (("value: 2", "value: 0"), 9, "option 0 of 'Q1' stands after option 1"),
        (("value: 4", "value: 4.5"), 20, "'value' is 4.5, not a whole number"),
        (("value: 4", "value: 400"), 20, "'value' is 400, more than the most possible, 100"),
        (
            ("questions:", "scales: {s: {items: [Q7]}}\nquestions:"),
            10,
            "'Q7', which is no question",
        ),
        (("questions:", "scales: {s: {items: [Q1, Q2]}}\nquestions:"), 10, "different option val"),
        (
            ("questions:", "scales: {s: {items: [Q1, Q1]}}\nquestions:"),
            10,
            "'items' names an entry twice",
        ),
        (
            ("questions:", "scales: {s: {items: [Q1], reversed: [Q2]}}\nquestions:"),
            10,
            "'Q2', which is none of its items",
        ),
        (("    near_copy: true\n", "    foundation: care\n"), 16, "foundation"),
        (("*answer", "*reply"), 13, "no valid YAML"),
        (("    near_copy: true\n", "    id: Q3\n"), 16, "the key 'id' stands here twice"),
        (('    - {value: 2, label: "No"}\n', ""), 7, "has 1 entries, not at least 2"),
    ],
    indirect=["broken"],
)
def test_a_broken_file_is_refused_by_line(broken: Path, line: int, reason: str) -> None:
    with pytest.raises(UserError, match=rf"small\.yaml, line {line}: .*{re.escape(reason)}"):
        read_instrument(broken)


@pytest.mark.parametrize("broken", [("value: 2", "value: 0")], indirect=True)
def test_all_mistakes_of_the_questions_are_told_at_once(broken: Path) -> None:
    text = broken.read_text(encoding="utf-8").replace("spoken: much", "spoken: A little")
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_instrument(broken)
    assert "line 9: option 0 of 'Q1' stands after" in caught.value.message
    assert "line 20: two options of 'Q2' have the spoken" in caught.value.message


@pytest.mark.parametrize(("name", "n_questions"), N_QUESTIONS.items())
def test_shipped_instruments_have_their_questions(name: str, n_questions: int) -> None:
    instrument = shipped(name)
    assert instrument.name == name
    assert len(instrument.questions) == n_questions


@pytest.mark.parametrize("name", N_QUESTIONS)
def test_what_a_person_would_say_tells_the_options_apart(name: str) -> None:
    for question in shipped(name).asked:
        spoken = [option.spoken.casefold() for option in question.options]
        # no phrase begins another: the shorter would gather the longer's probability
        for one in spoken:
            assert [other for other in spoken if other.startswith(one)] == [one]
        for option in question.options:
            assert not option.spoken.isdigit()
            assert (
                option.label.isdigit()
                or option.label.casefold() in option.spoken.casefold()
                or (option.spoken.startswith("I "))
            )


@pytest.mark.parametrize(
    ("broken", "hint"),
    [
        (("    near_copy: true\n", "    foundation: care\n"), "name the question in a scale"),
        (("response_options:", "scales:"), "lists of options stand under `response_options`"),
    ],
    indirect=["broken"],
)
def test_a_key_of_before_is_refused_and_the_new_one_named(broken: Path, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        read_instrument(broken)
    assert hint in caught.value.hint


def test_an_instrument_that_nobody_knows_needs_no_code(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    scales = "scales: {reads: {items: [Q1, Q3], reversed: [Q3]}, much: {items: [Q2]}}\n"
    further = "  - {id: Q3, text: Do you hate books, options: *answer}\n"
    path.write_text(SMALL.replace("questions:", f"{scales}questions:") + further, encoding="utf-8")
    small = read_instrument(path)
    assert small.scales == {
        "reads": Scale("reads", ("Q1", "Q3"), ("Q3",)),
        "much": Scale("much", ("Q2",)),
    }
    assert [question.scale for question in small.questions] == ["reads", "much", "reads"]


def question_numbers(instrument: Instrument) -> list[int]:
    return [int(question.id.removeprefix("Q")) for question in instrument.questions]


def test_wvb_probe_has_three_questions_a_topic() -> None:
    expected = [first + k for first in TOPICS for k in range(3)]
    assert question_numbers(shipped("wvb_probe")) == expected


def test_wvb_probe_has_the_scales_of_the_survey() -> None:
    n_options = {question.id: question.n_options for question in shipped("wvb_probe").questions}
    by_count = {k: {q for q, n in n_options.items() if n == k} for k in set(n_options.values())}
    assert by_count[2] == {"Q57", "Q165", "Q166"}
    assert by_count[3] == {"Q122", "Q123", "Q200"}
    assert by_count[5] == {"Q47", "Q121", "Q201"}
    assert by_count[10] == {
        f"Q{k}" for k in (48, 106, 107, 108, 112, 158, 159, 160, 164, 176, 177, 178)
    }
    assert set(by_count) == {2, 3, 4, 5, 10}


def test_wvb_probe_values_are_the_codes_of_the_survey() -> None:
    for question in shipped("wvb_probe").questions:
        first = 0 if question.id in {"Q122", "Q123"} else 1
        assert question.values.tolist() == list(range(first, first + question.n_options))


def test_wvb_probe_names_what_the_personas_were_told() -> None:
    questions = shipped("wvb_probe").questions
    assert {q.id for q in questions if q.conditioning} == {"Q46", "Q57", "Q164"}
    assert {q.id for q in questions if q.near_copy} == {"Q165", "Q166"}
    assert len([q for q in questions if not q.conditioning]) == 33
    assert len([q for q in questions if not q.conditioning and not q.near_copy]) == 31
    told = {code for v in read_space(CONFIG / "persona_space.yaml").variables for code in v.wvs7}
    assert {q.id for q in questions} & told == {q.id for q in questions if q.conditioning}


def test_the_known_label_slip_of_the_peer_is_mended() -> None:
    labels = [option.label for option in shipped("wvb_probe").question("Q121").options]
    assert labels == ["Very bad", "Quite bad", "Neither good, nor bad", "Quite good", "Very good"]


def test_no_question_text_repeats_its_scale() -> None:
    for question in shipped("wvb_probe").questions:
        assert "scale of" not in question.text
        assert question.text[0].isupper()
        # those that name a first and a second view ask before them
        assert question.text[-1] == "?" or "? The first view: " in question.text


@pytest.mark.parametrize("name", ["persona_space", "persona_space_autonomy4"])
def test_iw_asks_each_cultural_variable_once(name: str) -> None:
    space = read_space(CONFIG / f"{name}.yaml")
    instrument = shipped("iw")
    assert [question.id for question in instrument.questions] == INDICATORS
    assert {q.id: q.variable for q in instrument.questions} == {
        v.ivs: v.name for v in space.variables
    }
    for variable in space.variables:
        codes = [code for level in variable.levels for code in level.codes]
        assert instrument.question(variable.ivs).values.tolist() == codes


def test_iw_asks_the_batteries_of_its_two_indices() -> None:
    instrument = shipped("iw")
    assert [question.id for question in instrument.asked] == [
        *INDICATORS[:8], "Q154", *(f"Q155after{k}" for k in range(1, 5)), "Q8", "Q14", "Q15", "Q17",
    ]  # fmt: skip
    for first in range(1, 5):  # the second aim leaves the first one out
        assert first not in instrument.question(f"Q155after{first}").values
        named = instrument.question("Q154").options[first - 1].label
        assert f"four aims, {named.lower()} is the most important" in (
            instrument.question(f"Q155after{first}").text
        )


def test_the_condensed_form_has_the_same_values_and_says_what_it_is() -> None:
    condensed = shipped("iw_condensed")
    for question in condensed.questions:
        assert question.values.tolist() == shipped("iw").question(question.id).values.tolist()
        assert question.variable is None
    notes = {question.id: question.note for question in condensed.questions}
    assert "in place of two" in notes["Y002"]
    assert "in place of four" in notes["Y003"]


DERIVED = """\
derived:
  - id: Y1
    text: Reading
    options: *answer
    rule:
      start: 2
      add:
        - {question: Q1, codes: [1], points: -1}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Y1", "Q2", "a second question with the id 'Q2'"),
        ("question: Q1", "question: Q9", "a rule names 'Q9', which is no question here"),
        ("[1]", "[3]", "a rule names the option 3 of 'Q1', which has none such"),
        ("-1}", "-1, after: {Q2: 3}}", "a rule names the option 3 of 'Q2', which has none such"),
        ("points: -1", "points: 1", "the rule of 'Y1' can give 3, which is none of its options"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_told(tmp_path, old, new, message) -> None:
    assert old in DERIVED
    path = tmp_path / "small.yaml"
    path.write_text(SMALL + DERIVED.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(message)):
        read_instrument(path)


def test_a_rule_follows_the_answers_to_one_question(tmp_path) -> None:
    two = "".join(
        f"        - {{question: Q1, codes: [1], points: -1, after: {{{after}: 1}}}}\n"
        for after in ("Q1", "Q2")
    )
    path = tmp_path / "small.yaml"
    path.write_text(SMALL + DERIVED.rpartition("        - ")[0] + two, encoding="utf-8")
    with pytest.raises(UserError, match="follows the answers to several questions"):
        read_instrument(path)


def test_what_an_indicator_is_derived_from_no_lens_reads(tmp_path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL + DERIVED, encoding="utf-8")
    small = read_instrument(path)
    assert [question.id for question in small.questions] == ["Q2", "Y1"]
    assert [question.id for question in small.asked] == ["Q2", "Q1"]
    assert small.question("Q1").text == "Do you read?"


def item(number: int) -> Question:
    return shipped("mfq2").question(f"MFQ{number}")


def test_mfq2_alternates_its_foundations() -> None:
    found = [question.scale for question in shipped("mfq2").questions]
    assert found == list(FOUNDATIONS) * 6


def test_mfq2_items_are_distinct_and_on_one_scale() -> None:
    questions = shipped("mfq2").questions
    assert [question.id for question in questions] == [f"MFQ{k}" for k in range(1, 37)]
    assert len({question.text for question in questions}) == 36
    assert {tuple(question.values) for question in questions} == {(1, 2, 3, 4, 5)}


@pytest.mark.parametrize(
    ("number", "foundation", "word"),
    [
        (1, "care", "Caring"),
        (12, "purity", "chastity"),
        (17, "authority", "obedience to parents"),
        (22, "loyalty", "defend their country"),
        (27, "proportionality", "work hard"),
        (32, "equality", "a lot more money"),
    ],
)
def test_mfq2_items_stand_at_their_foundation(number: int, foundation: str, word: str) -> None:
    assert item(number).scale == foundation
    assert word in item(number).text
