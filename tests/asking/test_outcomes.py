"""Outcomes, scoring and labels: what a written answer is, what shares follow, which labels hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuescape.asking.elicitation.battery import most_tokens, pattern
from valuescape.asking.elicitation.outcomes import Outcome, read_answer, read_battery
from valuescape.asking.elicitation.scoring import scored
from valuescape.asking.job import option_shares
from valuescape.asking.phrasing import Phrasing, answer_sections
from valuescape.core.errors import UserError
from valuescape.engine.labels import fault, safe_labels
from valuescape.engine.regex import longest, one_of
from valuescape.study.instruments import read_instrument
from valuescape.study.templates import Template

CONFIG = Path(__file__).parents[2] / "config"
OPTIONS = (" Good thing", " Don't mind", " Bad thing")
BATTERY = {"Q1": ("A", "B"), "Q2": ("A", "B", "C")}


@pytest.mark.parametrize(
    ("text", "finished", "outcome"),
    [
        (" Good thing", True, Outcome("valid", 0)),
        ("good thing.\n", True, Outcome("valid", 0)),
        (" Good", True, Outcome("malformed")),  # the beginning of an option is none
        (" Good thing", False, Outcome("truncated")),  # it may have gone on
        (" 7", True, Outcome("out_of_range")),
        ("Z", True, Outcome("out_of_range")),
        ("I'm sorry, but I cannot answer that.", True, Outcome("refused")),
        ("As an AI language model, I hold no", False, Outcome("refused")),
        ("", True, Outcome("malformed")),
        ("la la la", True, Outcome("malformed")),
    ],
)
def test_an_answer_is_read_as_it_stands(text, finished, outcome):
    assert read_answer(text, OPTIONS, finished=finished) == outcome


def test_an_option_that_sounds_like_a_refusal_is_an_option():
    options = ("I prefer not to say", "Yes")
    assert read_answer("I prefer not to say", options, finished=True) == Outcome("valid", 0)


@pytest.mark.parametrize(
    ("text", "finished", "first", "second"),
    [
        ('{"Q1": "B", "Q2": "C"}', True, Outcome("valid", 1), Outcome("valid", 2)),
        ('{"Q2": "C", "Q1": "b"}', True, Outcome("valid", 1), Outcome("valid", 2)),
        ('{"Q1": "B"}', True, Outcome("valid", 1), Outcome("malformed")),
        ('{"Q1": "B", "Q2": "Z"}', True, Outcome("valid", 1), Outcome("out_of_range")),
        ('{"Q1": 9, "Q2": null}', True, Outcome("out_of_range"), Outcome("malformed")),
        ('{"Q1": "B", "Q2": "', False, Outcome("valid", 1), Outcome("truncated")),
        ('{"Q1": "B', False, Outcome("truncated"), Outcome("truncated")),
        ("I'm sorry.", True, Outcome("refused"), Outcome("refused")),
        ("B, C", True, Outcome("malformed"), Outcome("malformed")),
        ('["B", "C"]', True, Outcome("malformed"), Outcome("malformed")),
    ],
)
def test_a_battery_accounts_for_each_of_its_questions(text, finished, first, second):
    assert read_battery(text, BATTERY, finished=finished) == {"Q1": first, "Q2": second}


@pytest.mark.parametrize("form", ["option_text", "label_token"])
@pytest.mark.parametrize("order", ["forward", "reversed"])
@pytest.mark.parametrize("name", ["iw", "wvb_probe", "mfq2"])
def test_every_battery_fits_its_pattern_and_comes_back(name, order, form):
    answer = {"layout": "interview", "form": form}
    template = Template(CONFIG / "prompts/answer.md", answer_sections(answer, "battery"))
    instrument = read_instrument(CONFIG / f"instruments/{name}.yaml")
    labels = "ABCDEFGHIJ" if form == "label_token" else ()
    prompt, options = Phrasing(template, answer, order).battery("I.", instrument, labels)
    for question in instrument.questions:
        assert f"{question.id}. {question.text}\n" in prompt.text
    rng = np.random.default_rng(1)
    for _ in range(5):
        drawn = {code: int(rng.integers(len(texts))) for code, texts in options.items()}
        text = json.dumps({code: options[code][k] for code, k in drawn.items()}, ensure_ascii=False)
        assert re.fullmatch(pattern(options), text)
        assert len(text.encode()) < most_tokens(options)
        read = read_battery(text, options, finished=True)
        assert {code: outcome.option for code, outcome in read.items()} == drawn


@given(st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=5, unique=True))
def test_a_pattern_is_of_its_texts_alone(texts):
    for text in texts:
        assert re.fullmatch(one_of(texts), text)
        assert len(text.encode()) < longest(texts)
    assert not re.fullmatch(one_of(texts), "".join(texts) + "?")


def test_scorings_by_hand():
    said, nobody = np.log([0.2, 0.1, 0.1]), np.log([0.4, 0.1, 0.05])
    assert option_shares(scored(said, "raw"))[0] == pytest.approx([0.5, 0.25, 0.25])
    # square roots of the second and third: 0.2, 0.316, 0.316
    by_length = option_shares(scored(said, "length_normalised", (1, 2, 2)))[0]
    assert by_length == pytest.approx(np.array([0.2, 0.1**0.5, 0.1**0.5]) / 0.83246, abs=1e-5)
    # 0.2 / 0.4, 0.1 / 0.1, 0.1 / 0.05
    calibrated = option_shares(scored(said, "calibrated", nobody=nobody))[0]
    assert calibrated == pytest.approx(np.array([0.5, 1.0, 2.0]) / 3.5)


@pytest.mark.parametrize("scoring", ["length_normalised", "calibrated"])
def test_a_scoring_that_lacks_what_it_needs_is_refused(scoring):
    with pytest.raises(UserError, match=f"scoring {scoring}: "):
        scored(np.log([0.5, 0.5]), scoring)


def characters(text: str) -> list[int]:
    """Tokenize as a made-up tokenizer that knows single characters, with a space or without."""
    return [ord(token[-1]) + 1000 * token.startswith(" ") for token in re.findall(" ?[^ ]", text)]


def test_numbers_are_labels_as_long_as_none_begins_another():
    assert safe_labels(9, "numbers", " ", characters)[0] == tuple("123456789")
    labels, told = safe_labels(10, "numbers", " ", characters)
    assert labels == tuple("ABCDEFGHIJ")
    assert "numbers: ' 10' is 2 tokens, so not taken" in told


def test_one_label_that_begins_another_is_seen_even_where_each_is_one_token():
    whole = {" 1": 1, " 10": 10}
    assert fault(["1", "10"], " ", lambda text: [whole[text]]) == "'10' begins with '1'"


def test_labels_of_the_same_token_are_seen():
    assert fault(["A", "B"], "", lambda _: [0]) == "'A' is the same token as 'B'"


def test_where_no_labels_hold_the_user_is_told():
    with pytest.raises(UserError, match="no labels of 3 options apart: letters: ' A' is 2 tokens"):
        safe_labels(3, "letters", " ", lambda text: [ord(c) for c in text])
