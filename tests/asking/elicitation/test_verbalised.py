"""Mode verbalised: shares that the model states, held to their form, and checked."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from made_up_plan import CONFIG, IDS, IW, ask, plan_of
from valuescape.asking.elicitation.outcomes import read_shares
from valuescape.asking.elicitation.verbalised import most_tokens, pattern, request_of
from valuescape.asking.phrasing import Phrasing, answer_sections
from valuescape.study.instruments import read_instrument
from valuescape.study.templates import Template


@pytest.mark.parametrize("layout", ["interview", "chat"])
@pytest.mark.parametrize("order", ["forward", "reversed"])
def test_stated_shares_are_the_planted_ones_to_half_a_percent(order, layout):
    answers, engine = ask("verbalised", option_order=order, layout=layout, ids=IDS[:5])
    for (persona_id, code), answer in answers.items():
        n_options = IW.question(code).n_options
        planted = np.exp(engine.log_shares(persona_id, code, n_options))
        assert answer.shares == pytest.approx(planted / planted.sum(), abs=0.0101)
        assert answer.option == np.argmax(answer.shares)


def test_a_drawn_option_follows_the_stated_shares():
    answers, _ = ask("verbalised", readout="drawn")
    for question in IW.asked[:3]:
        own = [answers[number, question.id] for number in IDS]
        drawn = np.bincount([answer.option for answer in own], minlength=question.n_options)
        expected = np.mean([answer.shares for answer in own], axis=0)
        assert drawn / len(IDS) == pytest.approx(expected, abs=4 * 0.5 / len(IDS) ** 0.5)


@pytest.mark.parametrize("form", ["option_text", "label_token"])
@pytest.mark.parametrize("order", ["forward", "reversed"])
@pytest.mark.parametrize("name", ["iw", "wvb_probe", "mfq2"])
def test_every_question_is_listed_and_its_answers_fit_the_pattern(name, order, form):
    answer = {"layout": "interview", "form": form}
    template = Template(CONFIG / "prompts/answer.md", answer_sections(answer, "verbalised"))
    labels = "ABCDEFGHIJ" if form == "label_token" else ()
    phrasing = Phrasing(template, answer, order)
    for question in read_instrument(CONFIG / f"instruments/{name}.yaml").asked:
        values = {"persona": "I.", "instruction": "", "question": question.text}
        prompt, options = phrasing.verbalised(question, values, labels)
        listed = phrasing.as_listed(options)
        lines = prompt.text.splitlines()
        places = [
            next(n for n, line in enumerate(lines) if line.startswith((f"{text}. ", f"- {text}")))
            for text in listed
        ]
        assert places == sorted(places)
        numbers = [100, *[0] * (len(listed) - 1)]
        text = json.dumps(dict(zip(listed, numbers, strict=True)), ensure_ascii=False)
        assert re.fullmatch(pattern(listed), text)
        assert len(text.encode()) < most_tokens(listed)
        status, shares = read_shares(text, options, finished=True)
        assert status == "valid"
        assert phrasing.as_listed(shares)[0] == 1


def test_no_number_beyond_a_hundred_fits():
    for number in ("101", "007", "-1", "1e1", "5.5"):
        assert not re.fullmatch(pattern(["A"]), f'{{"A": {number}}}')


def test_every_attempt_has_a_seed_of_its_own():
    plan, _ = plan_of("verbalised", ids=[7])
    question = IW.asked[0]
    assert len({request_of(plan, 7, IW, question, attempt).seed for attempt in (1, 2, 3)}) == 3
