"""Mode single: shares and the chosen option, from log-probabilities."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from made_up_plan import IDS, ask, plan_of
from valuescape.asking.elicitation import single
from valuescape.asking.elicitation.single import chosen_option
from valuescape.core.errors import UserError
from valuescape.engine import Choice, Chosen


def test_the_most_probable_option_is_the_first_of_equals():
    assert chosen_option(np.array([0.2, 0.4, 0.4]), "modal", seed=1) == 1


def test_a_drawn_option_follows_the_shares_and_its_seed_alone():
    shares = np.array([0.2, 0.5, 0.3])
    drawn = [chosen_option(shares, "drawn", seed) for seed in range(2000)]
    # three standard deviations of a share of 0.5 among 2,000 are 0.034
    assert np.bincount(drawn) / 2000 == pytest.approx(shares, abs=0.034)
    assert drawn[:50] == [chosen_option(shares, "drawn", seed) for seed in range(50)]


def test_calibration_asks_each_question_once_more_whoever_is_asked():
    raw, engine = ask("single")
    assert engine.usage.n_requests == 17 * len(IDS)
    calibrated, engine = ask("single", scoring="calibrated")
    assert engine.usage.n_requests == 17 * len(IDS) + 17
    for key, answer in calibrated.items():
        null_prompt = np.exp(engine.log_shares(None, answer.question, len(answer.shares)))
        expected = raw[key].shares / null_prompt
        assert answer.shares == pytest.approx(expected / expected.sum())
        assert answer.mass == raw[key].mass


def test_a_mode_that_reads_probabilities_counts_babble_as_malformed_and_asks_once():
    answers, engine = ask("single", babble=0.2, attempts=3)
    statuses = Counter(answer.status for answer in answers.values())
    assert set(statuses) == {"valid", "malformed"}
    assert engine.usage.n_requests == len(answers)


def spoken_to(form, *, mass, gain, **keys):
    """Let a model answer whose options hold little, and more after their question."""
    plan, engine = plan_of("single", form=form, ids=range(40), **keys)
    choose = engine.choose

    def little(requests):
        for chosen in choose(requests):
            of_question = chosen.key[0] != single.ELSEWHERE
            added = np.log(mass) + gain * np.array(chosen.n_tokens) * of_question
            values = chosen.log_probabilities + added
            yield dataclasses.replace(chosen, log_probabilities=values)

    engine.choose = little
    return list(single.ask(engine, plan))


def test_a_model_whose_labels_hold_next_to_nothing_stops_its_shard_early():
    with pytest.raises(UserError, match=r"options of 100 questions hold 0.05 of its prob") as told:
        spoken_to("label_token", mass=0.05, gain=0.0)
    assert "check_model" in told.value.hint
    assert len(spoken_to("label_token", mass=0.2, gain=0.0)) == 40 * 17


def test_whole_texts_hold_little_by_nature_and_are_compared_with_other_prompts():
    with pytest.raises(UserError, match=r"0\.\d+ nats likelier"):
        spoken_to("option_text", mass=1e-12, gain=0.1)
    assert len(spoken_to("option_text", mass=1e-60, gain=2.0)) == 40 * 17


def test_a_limit_of_nothing_goes_on_regardless():
    plan, _ = plan_of("single")
    assert plan.least_mass == 0.1
    few = [Choice((0, "iw", "F063"), 0, "F063", None, ("A", "B"), "label_token")]
    low = [Chosen((0, "iw", "F063"), np.log([0.01, 0.01]), (1, 1))]
    asked = {choice.key: choice for choice in few}
    single.check_answered(dataclasses.replace(plan, least_mass=0.0), asked, low, {})
    with pytest.raises(UserError):
        single.check_answered(plan, asked, low, {})
