"""Mode battery: all answers to an instrument in one object, asked for until all are valid."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from made_up_plan import CONFIG, IW, plan_of
from valuescape.asking.elicitation import battery
from valuescape.asking.elicitation.battery import most_tokens, pattern
from valuescape.asking.elicitation.outcomes import read_battery
from valuescape.asking.phrasing import Phrasing, answer_sections
from valuescape.engine import Written
from valuescape.study.instruments import read_instrument
from valuescape.study.templates import Template


@pytest.mark.parametrize("form", ["option_text", "label_token"])
@pytest.mark.parametrize("order", ["forward", "reversed"])
@pytest.mark.parametrize("name", ["iw", "wvb_probe", "mfq2"])
def test_every_battery_fits_its_pattern_and_comes_back(name, order, form):
    answer = {"layout": "interview", "form": form}
    template = Template(CONFIG / "prompts/answer.md", answer_sections(answer, "battery"))
    instrument = read_instrument(CONFIG / f"instruments/{name}.yaml")
    labels = "ABCDEFGHIJ" if form == "label_token" else ()
    prompt, options = Phrasing(template, answer, order).battery("I.", instrument, labels)
    for question in instrument.asked:
        assert f"{question.id}. {question.text}\n" in prompt.text
    rng = np.random.default_rng(1)
    for _ in range(5):
        drawn = {code: int(rng.integers(len(texts))) for code, texts in options.items()}
        text = json.dumps({code: options[code][k] for code, k in drawn.items()}, ensure_ascii=False)
        assert re.fullmatch(pattern(options), text)
        assert len(text.encode()) < most_tokens(options)
        read = read_battery(text, options, finished=True)
        assert {code: outcome.option for code, outcome in read.items()} == drawn


class Improving:
    """An engine that answers the first question alone at first, and all but it the second time."""

    def write(self, requests):
        for attempt in (1, 2):
            request = requests.take()
            given = {posed.question: posed.options[0] for posed in request.posed}
            first = request.posed[0].question
            kept = {code: text for code, text in given.items() if (code == first) == (attempt == 1)}
            yield Written(request.key, json.dumps(kept), finished=True, n_tokens=1)


def test_an_answer_that_was_valid_before_stands():
    plan, _ = plan_of("battery", ids=[7], attempts=2)
    answers = {answer.question: answer for answer in battery.ask(Improving(), plan)}
    assert {answer.status for answer in answers.values()} == {"valid"}
    assert [answers[question.id].attempts for question in IW.asked] == [1] + [2] * 16
